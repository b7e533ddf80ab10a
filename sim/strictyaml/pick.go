package strictyaml

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// OneOf lists words as a sentence does: "a, b or c".
func OneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Among says which words key allows when got is none of them; "" is no key.
func Among[T ~string](key string, got T, allowed ...T) error {
	if slices.Contains(allowed, got) {
		return nil
	}
	if key != "" {
		key += ": "
	}
	return fmt.Errorf("%swant %s, got %q", key, OneOf(texts(allowed)), string(got))
}

// Pick sets into to the allowed word that text spells, or says which words key allows and leaves into as it was. It is
// for the UnmarshalText of settings that are one of a few words.
func Pick[T ~string](key string, into *T, text []byte, allowed ...T) error {
	err := Among(key, T(text), allowed...)
	if err == nil {
		*into = T(text)
	}
	return err
}

// PickAt is Pick for a node, with its place and, where a word is nearly right, a hint.
func PickAt[T ~string](file string, n *yaml.Node, key string, into *T, allowed ...T) Problems {
	var got string
	if ps := DecodeKey(file, key, n, &got); len(ps) > 0 {
		return ps
	}
	err := Pick(key, into, []byte(got), allowed...)
	if err == nil {
		return nil
	}
	p := At(file, n, "%v", err)
	p.Hint = Suggest(got, texts(allowed))
	return Problems{p}
}

func texts[T ~string](words []T) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return out
}
