package scenario

import (
	"slices"

	"github.com/dnispool/dnispool/sim/strictyaml"
	"go.yaml.in/yaml/v3"
)

// decodeWord reads one of a closed set of words, quoted when YAML takes it for a number.
func decodeWord[T ~string](file string, n *yaml.Node, noun string, words []T, into *T) strictyaml.Problems {
	var got string
	if ps := strictyaml.DecodeKey(file, noun, n, &got); len(ps) > 0 {
		return ps
	}
	if slices.Contains(words, T(got)) {
		*into = T(got)
		return nil
	}
	known := make([]string, len(words))
	for i, word := range words {
		known[i] = string(word)
	}
	p := strictyaml.At(file, n, "%s: want %s, got %q", noun, oneOf(known), got)
	p.Hint = strictyaml.Suggest(got, known)
	return strictyaml.Problems{p}
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *Level) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return decodeWord(file, n, "level", []Level{Must, Should, May}, v)
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *ContractMode) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return decodeWord(file, n, "mode", []ContractMode{ContractPublished, ContractNone}, v)
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *Format) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return decodeWord(file, n, "format", Formats(), v)
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *Transport) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return decodeWord(file, n, "transport", []Transport{UDP, TCP}, v)
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *Leases) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return decodeWord(file, n, "leases", []Leases{LeasesKeep, LeasesLose}, v)
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *SDP) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return decodeWord(file, n, "sdp", []SDP{SDPOffer, SDPLate, SDPNone, SDPBadCodec}, v)
}
