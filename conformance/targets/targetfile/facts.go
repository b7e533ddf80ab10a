package targetfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Facts are facts of a pool in YAML, by the names that they have in the facts of a history: `size: 20`, which somebody has
// documented, or `size: {is: 20, source: measured}`. What is left out is not known.
type Facts struct {
	reading.Facts
	Stated []string // the names of the facts that are stated, in the order of the file
}

// Has reports whether one of the facts is stated.
func (f Facts) Has(names ...string) bool {
	for _, stated := range f.Stated {
		for _, name := range names {
			if stated == name {
				return true
			}
		}
	}
	return false
}

// MarshalJSON writes the facts alone.
func (f Facts) MarshalJSON() ([]byte, error) { return json.Marshal(f.Facts) }

// UnmarshalStrict implements strictyaml.Unmarshaler. The vocabulary, and what each fact can be, is the reading's own.
func (f *Facts) UnmarshalStrict(file string, n *yaml.Node) (problems strictyaml.Problems) {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Problems{strictyaml.At(file, n, "want a mapping, got %s", strictyaml.Got(n))}
	}
	sources := map[string]string{}
	all := []byte("{")
	for key, value := range strictyaml.Pairs(n) {
		if key.Value == "sources" {
			problems = append(problems, strictyaml.At(file, key, "sources: want the source beside its fact, as in size: {is: 20, source: measured}"))
			continue
		}
		if name, inNanoseconds := strings.CutSuffix(key.Value, "_ns"); inNanoseconds {
			problems = append(problems, strictyaml.At(file, key, "%s: want %s with a duration like 60s", key.Value, name))
			continue
		}
		is, source, more := sourced(file, value)
		problems = append(problems, more...)
		if len(more) > 0 {
			continue
		}
		raw, more := strictyaml.JSON(file, is)
		if len(more) > 0 {
			problems = append(problems, more...)
			continue
		}
		one := fmt.Appendf(nil, "%s:%s", quoted(key.Value), raw)
		if source != "" {
			one = fmt.Appendf(one, `,"sources":{%s:%s}`, quoted(key.Value), quoted(source))
		}
		if more := parse(file, key, value, fmt.Appendf(nil, "{%s}", one)); len(more) > 0 {
			problems = append(problems, more...)
			continue
		}
		if source != "" {
			sources[key.Value] = source
		}
		if len(all) > 1 {
			all = append(all, ',')
		}
		all = fmt.Appendf(all, "%s:%s", quoted(key.Value), raw)
		f.Stated = append(f.Stated, key.Value)
	}
	said, _ := json.Marshal(sources) // texts
	if len(all) > 1 {
		all = append(all, ',')
	}
	all = fmt.Appendf(all, `"sources":%s}`, said)
	whole, err := reading.ParseFacts(reading.FileText(file, fmt.Appendf(nil, `{"":%s}`, all)))
	if err != nil && len(problems) == 0 { // facts that contradict one another
		return append(problems, told(file, n, err)...)
	}
	f.Facts = whole[""]
	if len(f.Sources) == 0 {
		f.Sources = nil
	}
	return problems
}

// parse holds one fact against the reading's rules.
func parse(file string, key, value *yaml.Node, object []byte) strictyaml.Problems {
	_, err := reading.ParseFacts(reading.FileText(file, fmt.Appendf(nil, `{"":%s}`, object)))
	if err == nil {
		return nil
	}
	at := value
	if strings.Contains(err.Error(), "unknown fact") {
		at = key
	}
	problems := told(file, at, err)
	return problems[:1] // a fact that is not known has no source either
}

// told puts what the reading says to the place in the YAML.
func told(file string, n *yaml.Node, err error) (problems strictyaml.Problems) {
	errs := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		errs = joined.Unwrap()
	}
	for _, e := range errs {
		if inner := errors.Unwrap(e); inner != nil { // without the place in a text that nobody wrote
			e = inner
		}
		problems = append(problems, strictyaml.At(file, n, "%s", strings.TrimPrefix(e.Error(), `"": `)))
	}
	return problems
}

// sourced takes a fact apart into what it is and from where it is known.
func sourced(file string, n *yaml.Node) (is *yaml.Node, source string, problems strictyaml.Problems) {
	if n.Kind != yaml.MappingNode {
		return n, "", nil
	}
	fact := struct {
		Is     *yaml.Node `yaml:"is"`
		Source string     `yaml:"source"`
	}{}
	problems = strictyaml.DecodeKey(file, "", n, &fact)
	if fact.Is == nil && len(problems) == 0 {
		problems = append(problems, strictyaml.At(file, n, "fact: want {is: …, source: documented, measured or assumed}, got no is"))
	}
	return fact.Is, fact.Source, problems
}

func quoted(s string) []byte {
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(s) // a text always encodes
	return bytes.TrimSpace(b.Bytes())
}
