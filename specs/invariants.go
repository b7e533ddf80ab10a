package specs

import (
	"fmt"
	"strings"
)

// An Invariant is one numbered promise of a number pool, as invariants.md words it.
type Invariant struct {
	ID      string // "I1" … "I22"
	Title   string // "Exclusive lease"
	Kind    string // safety | liveness | bounded liveness | end-to-end | accounting
	Says    string // the promise
	Broken  string // what breaks it
	Outside string // how far a black box can tell
}

// Invariants returns the invariants in the order of invariants.md. The error names the first section
// that lacks a part.
func Invariants() ([]Invariant, error) {
	text, err := files.ReadFile("invariants.md")
	if err != nil {
		return nil, err
	}
	return parseInvariants(string(text))
}

// parseInvariants reads sections of the form
//
//	## I1 Exclusive lease
//	- **Kind:** safety
//	- **Says:** …
//	- **Broken by:** …
//	- **From outside:** …
//
// where a part runs on over indented lines.
func parseInvariants(text string) ([]Invariant, error) {
	var all []Invariant
	sections := strings.Split("\n"+text, "\n## I")
	for _, section := range sections[1:] {
		head, body, _ := strings.Cut(section, "\n")
		number, title, _ := strings.Cut(head, " ")
		part := parts(body)
		v := Invariant{
			ID:      "I" + number,
			Title:   strings.TrimSpace(title),
			Kind:    part["Kind"],
			Says:    part["Says"],
			Broken:  part["Broken by"],
			Outside: part["From outside"],
		}
		if v.Title == "" || v.Kind == "" || v.Says == "" || v.Broken == "" || v.Outside == "" {
			return nil, fmt.Errorf("invariant %s: want a title, Kind, Says, Broken by and From outside, got %+v", v.ID, v)
		}
		all = append(all, v)
	}
	return all, nil
}

// parts reads "- **Name:** text" items; the next heading ends them.
func parts(body string) map[string]string {
	body, _, _ = strings.Cut(body, "\n## ")
	found := map[string]string{}
	for item := range strings.SplitSeq("\n"+body, "\n- **") {
		name, text, ok := strings.Cut(item, ":** ")
		if ok {
			found[name] = strings.Join(strings.Fields(text), " ")
		}
	}
	return found
}
