package specs

import (
	"fmt"
	"slices"
	"testing"
)

func TestInvariants(t *testing.T) {
	all, err := Invariants()
	if err != nil {
		t.Fatalf("Invariants: %v", err)
	}
	if len(all) != 22 {
		t.Errorf("want 22 invariants, got %d", len(all))
	}
	kinds := []string{"safety", "liveness", "bounded liveness", "end-to-end", "accounting"}
	for i, v := range all {
		if want := fmt.Sprintf("I%d", i+1); v.ID != want {
			t.Errorf("want %s, got %s", want, v.ID)
		}
		if !slices.Contains(kinds, v.Kind) {
			t.Errorf("%s: kind: want one of %v, got %q", v.ID, kinds, v.Kind)
		}
	}
	if v := all[1]; v.Title != "Numbers of this pool" || v.Outside != "Yes, from the replies, once the numbers of the pool are known." {
		t.Errorf("I2: want its title and its parts on one line each, got %+v", v)
	}
}

func TestParseInvariants(t *testing.T) {
	const body = "\n- **Kind:** k\n- **Says:** s\n  on and on\n- **Broken by:** b\n- **From outside:** o\n"
	tests := []struct{ name, text, want string }{
		{"none", "# Title\n", ""},
		{"one", "# Title\n\n## I1 Name" + body, ""},
		{"another heading after it", "## I1 Name" + body + "\n## More\n", ""},
		{"no title", "## I1" + body, "invariant I1: want a title, Kind, Says, Broken by and From outside, got {ID:I1 Title: Kind:k Says:s on and on Broken:b Outside:o}"},
		{"no kind", "## I1 Name\n- **Says:** s", "invariant I1: want a title, Kind, Says, Broken by and From outside, got {ID:I1 Title:Name Kind: Says:s Broken: Outside:}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if _, err := parseInvariants(tt.text); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}
