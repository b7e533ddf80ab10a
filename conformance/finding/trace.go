package finding

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// Root names the violation from which another one follows.
type Root struct {
	Check   string `json:"check"`
	Project string `json:"project,omitempty"`
	Text    string `json:"text"`
}

// traced is one violation while what follows from what is looked for.
type traced struct {
	of   *Judged
	v    *Violation
	at   time.Duration // when it came about
	root *traced       // nil: it follows from none
}

// Trace finds what follows from what. Of violations of two checks that are about one reservation or call, the later one is
// taken to follow from the earlier: a call that was given another's attributes is followed by a number that seems to be
// given twice, a caller who loses attributes and a state that belongs to nobody. What is not held against the platform is
// no root of what is.
func (j *Judgement) Trace() {
	var all []*traced
	for i := range j.Results {
		for k := range j.Results[i].Violations {
			v := &j.Results[i].Violations[k]
			all = append(all, &traced{of: &j.Results[i], v: v, at: v.cameAbout()})
		}
	}
	slices.SortStableFunc(all, func(a, b *traced) int { return cmp.Compare(a.at, b.at) })
	first := make(map[opKey]*traced)
	for _, t := range all {
		for _, o := range t.v.Ops {
			if o.Kind != history.Reserve && o.Kind != history.Call {
				continue
			}
			k := opKey{o.Generator, o.ID}
			if before := first[k]; before == nil {
				first[k] = t
			} else if t.root == nil {
				t.root = before.rootOf(t)
			}
		}
		if t.root != nil {
			t.v.Follows = &Root{Check: t.root.of.Name, Project: t.root.of.Project, Text: t.root.v.Text}
			t.root.v.follow(t.of.Name)
		}
	}
}

// opKey names an operation.
type opKey struct {
	generator string
	id        int
}

// rootOf is where t comes from, which is about the same operation as before; nil when it need not come from there. Two of
// one check are each a breach of its own, unless the first came from elsewhere.
func (before *traced) rootOf(t *traced) *traced {
	root := before
	if before.root != nil {
		root = before.root
	}
	if root.of == t.of || root == t || t.v.Proven() && !root.v.Proven() {
		return nil
	}
	return root
}

// cameAbout is when the last of what the violation is about began: of reservations and calls, or of questions where there
// is nothing else.
func (v *Violation) cameAbout() time.Duration {
	at, asked := time.Duration(-1), time.Duration(0)
	for _, o := range v.Ops {
		if o.Kind == history.Handoff {
			asked = max(asked, o.Start)
			continue
		}
		at = max(at, o.Start)
	}
	if at < 0 {
		return asked
	}
	return at
}

func (v *Violation) follow(check string) {
	for i := range v.Followed {
		if v.Followed[i].Check == check {
			v.Followed[i].Violations++
			return
		}
	}
	v.Followed = append(v.Followed, Followed{Check: check, Violations: 1})
}

// Followed is how many violations of a check follow from one.
type Followed struct {
	Check      string `json:"check"`
	Violations int    `json:"violations"`
}

// Consequences says what follows from the violation, or from what it follows; "" when it stands alone.
func (v Violation) Consequences() string {
	if r := v.Follows; r != nil {
		return fmt.Sprintf("this follows from %s: %s", r.Check, r.Text)
	}
	n := 0
	var parts []string
	for _, f := range v.Followed {
		n += f.Violations
		parts = append(parts, fmt.Sprintf("%d of %s", f.Violations, f.Check))
	}
	switch n {
	case 0:
		return ""
	case 1:
		return "from this follows 1 more: " + parts[0]
	}
	return fmt.Sprintf("from this follow %d more: %s", n, strings.Join(parts, ", "))
}

// Roots are the violations that follow from no other.
func (j Judged) Roots() (out []Violation) {
	for _, v := range j.Violations {
		if v.Follows == nil {
			out = append(out, v)
		}
	}
	return out
}

// Following counts the violations that follow from others.
func (j Judgement) Following() (n int) {
	for _, r := range j.Results {
		n += len(r.Violations) - len(r.Roots())
	}
	return n
}
