package strictyaml

import (
	"fmt"
	"slices"
	"strings"
)

// Pick sets into to the allowed word that text spells, or says which words key allows and leaves into as it was. It is
// for the UnmarshalText of settings that are one of a few words.
func Pick[T ~string](key string, into *T, text []byte, allowed ...T) error {
	if i := slices.Index(allowed, T(text)); i >= 0 {
		*into = allowed[i]
		return nil
	}
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	return fmt.Errorf("%s: want %s, got %q", key, strings.Join(words, " | "), text)
}
