package reading

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
)

// fact is one fact as a value that can be taken away, and changed. A fact that excuses the platform, as reroutes or
// used_before, is none of them: no verdict rests on it.
type fact struct {
	name    string
	stated  func(Facts) bool
	without func(*Facts)
	value   func(Facts) string
	number  func(*Facts) *time.Duration // nil: it is none, or not a time
	words   []string                    // what else it may be, of a fact that is a word
	word    func(*Facts) *string
}

// removable are the facts on which a verdict can rest, in the order in which they are stated.
var removable = []fact{
	{
		name: "size", stated: func(f Facts) bool { return f.PoolSize() > 0 }, value: func(f Facts) string { return fmt.Sprint(f.PoolSize()) },
		// The list of the numbers says how many there are, too.
		without: func(f *Facts) { f.Size, f.Numbers = 0, nil },
	},
	timed("window_min", func(f *Facts) *time.Duration { return &f.WindowMin }),
	timed("window_max", func(f *Facts) *time.Duration { return &f.WindowMax }),
	optional("cool_down", func(f *Facts) **time.Duration { return &f.CoolDown }, func(f *Facts) { f.CoolDown = nil }),
	optional("cool_down_max", func(f *Facts) **time.Duration { return &f.CoolDownMax }, func(f *Facts) { f.CoolDownMax = new(Forever) }), // else it were cool_down
	worded("release", func(f *Facts) *string { return &f.Release }),
	worded("selection", func(f *Facts) *string { return &f.Selection }),
	worded("bindings", func(f *Facts) *string { return &f.Bindings }),
	flag("exclusive", func(f *Facts) *bool { return &f.Exclusive }),
	{
		name: "visible", stated: func(f Facts) bool { return f.Visible > 0 || f.Handoffs }, value: func(f Facts) string { return f.Visible.String() },
		without: func(f *Facts) { f.unsay(); f.Visible = 0 }, number: func(f *Facts) *time.Duration { return &f.Visible },
	},
	{
		name: "retention", stated: func(f Facts) bool { return f.KeptFor() > 0 }, value: func(f Facts) string { return span(f.KeptFor()) },
		without: func(f *Facts) { f.unsay(); f.Retention = 0 }, number: func(f *Facts) *time.Duration { f.unsay(); return &f.Retention },
	},
	worded("duplicates", func(f *Facts) *string { return &f.Duplicate }),
	worded("abandoned", func(f *Facts) *string { return &f.Abandoned }),
	{
		name: "strays_per_s", stated: func(f Facts) bool { return f.Strays != nil }, value: func(f Facts) string { return fmt.Sprint(*f.Strays) },
		without: func(f *Facts) { f.Strays = nil },
	},
	{
		name: "failures_max", stated: func(f Facts) bool { return f.Failures != nil }, value: func(f Facts) string { return fmt.Sprint(*f.Failures) },
		without: func(f *Facts) { f.Failures = nil },
	},
	optional("eps", func(f *Facts) **time.Duration { return &f.Eps }, func(f *Facts) { f.Eps = nil }),
	optional("server_max", func(f *Facts) **time.Duration { return &f.ServerMax }, func(f *Facts) { f.ServerMax = nil }),
	timed("arrival_min", func(f *Facts) *time.Duration { return &f.ArrivalMin }),
	optional("signal", func(f *Facts) **time.Duration { return &f.Signal }, func(f *Facts) { // where nobody says, it is taken for no more than signalling
		if f.EndsApart() < signalling {
			f.Signal = nil
		}
	}),
}

func timed(name string, at func(*Facts) *time.Duration) fact {
	return fact{
		name: name, number: at, without: func(f *Facts) { *at(f) = 0 },
		stated: func(f Facts) bool { return *at(&f) > 0 }, value: func(f Facts) string { return at(&f).String() },
	}
}

func optional(name string, at func(*Facts) **time.Duration, without func(*Facts)) fact {
	return fact{
		name: name, without: without, stated: func(f Facts) bool { return *at(&f) != nil }, value: func(f Facts) string { return span(**at(&f)) },
		number: func(f *Facts) *time.Duration { // its own: others share what it points to
			own := known(*at(f), 0)
			*at(f) = &own
			return &own
		},
	}
}

func worded(name string, at func(*Facts) *string) fact {
	return fact{
		name: name, words: factWords[name], word: at, without: func(f *Facts) { *at(f) = "" },
		stated: func(f Facts) bool { return *at(&f) != "" }, value: func(f Facts) string { return *at(&f) },
	}
}

func flag(name string, at func(*Facts) *bool) fact {
	return fact{name: name, without: func(f *Facts) { *at(f) = false }, stated: func(f Facts) bool { return *at(&f) }, value: func(Facts) string { return "true" }}
}

// unsay writes out what handoffs says of visible and retention, so that either can be taken away.
func (f *Facts) unsay() {
	if f.Handoffs && f.Retention == 0 {
		f.Retention = Forever
	}
	if f.Handoffs && f.Visible == 0 {
		f.Visible = 1 // at once, as nearly as it can be written
	}
	f.Handoffs = false
}

func span(d time.Duration) string {
	if d == Forever {
		return "for ever"
	}
	return d.String()
}

func factOf(name string) (fact, bool) {
	i := slices.IndexFunc(removable, func(x fact) bool { return x.name == name })
	if i < 0 {
		return fact{}, false
	}
	return removable[i], true
}

// Stated are the names of the facts that are known and on which a verdict can rest.
func (f Facts) Stated() (names []string) {
	for _, x := range removable {
		if x.stated(f) {
			names = append(names, x.name)
		}
	}
	return names
}

// choosing are facts on which no verdict rests, but what can be asked of the platform at all.
var choosing = []fact{
	worded("match", func(f *Facts) *string { return &f.Match }),
	worded("no_handoff", func(f *Facts) *string { return &f.NoHandoff }),
}

// Known lists the facts that are known, each with its value and from where, and the names of those that are not.
func (f Facts) Known() (known []finding.Basis, unknown []string) {
	for _, x := range slices.Concat(removable, choosing) {
		if !x.stated(f) {
			unknown = append(unknown, x.name)
			continue
		}
		known = append(known, finding.Basis{Fact: x.name, Value: x.value(f), Source: string(f.SourceOf(x.name))})
	}
	return known, unknown
}

// Assumed are those of Stated that are no more than assumed.
func (f Facts) Assumed() []string {
	return slices.DeleteFunc(f.Stated(), func(name string) bool { return f.SourceOf(name) != Assumed })
}

// SourceOf is from where a fact of Stated is known, which another one may have said for it.
func (f Facts) SourceOf(name string) Source {
	switch {
	case f.Handoffs && f.Sources[name] == "" && (name == "visible" && f.Visible == 0 || name == "retention" && f.Retention == 0):
		return f.Source("handoffs")
	case name == "size" && f.Size == 0:
		return f.Source("numbers")
	}
	return f.Source(name)
}

// Without are the facts as they are when one of them is not known: every rule says the same as before, or less.
func (f Facts) Without(name string) Facts {
	if x, ok := factOf(name); ok && x.stated(f) {
		x.without(&f)
	}
	return f
}

// Value is a fact as text; "" when it is not known.
func (f Facts) Value(name string) string {
	if x, ok := factOf(name); ok && x.stated(f) {
		return x.value(f)
	}
	return ""
}

// Words are what else a fact may be that is a word.
func (f Facts) Words(name string) []string {
	x, _ := factOf(name)
	return slices.DeleteFunc(slices.Clone(x.words), func(word string) bool { return word == *x.word(&f) })
}

// WithWord are the facts with another word for one of them.
func (f Facts) WithWord(name, word string) Facts {
	if x, _ := factOf(name); x.word != nil {
		*x.word(&f) = word
	}
	return f
}

// Number is the number of a fact: nanoseconds, or how many. It reports whether it is one.
func (f Facts) Number(name string) (n int64, ok bool) {
	x, _ := factOf(name)
	switch {
	case name == "size":
		return int64(f.PoolSize()), f.PoolSize() > 0
	case x.number == nil || !x.stated(f):
		return 0, false
	}
	return int64(*x.number(&f)), true
}

// WithNumber are the facts with another number for one of them. What must be as large, or is stated as one with it,
// follows: a window whose two ends are the same is moved as a whole.
func (f Facts) WithNumber(name string, n int64) Facts {
	x, _ := factOf(name)
	whole := f.WindowMin == f.WindowMax
	switch {
	case name == "size":
		f.Size, f.Numbers = int(n), nil
	case x.number != nil:
		*x.number(&f) = time.Duration(n)
	}
	switch {
	case name == "window_min" && f.WindowMax > 0 && (whole || f.WindowMax < f.WindowMin):
		f.WindowMax = f.WindowMin
	case name == "window_max" && (whole || f.WindowMax < f.WindowMin):
		f.WindowMin = f.WindowMax
	case name == "cool_down" && f.CoolDownMax != nil && *f.CoolDownMax < *f.CoolDown:
		f.CoolDownMax = f.CoolDown
	}
	return f
}

// Unit says a number of a fact as text.
func Unit(name string, n int64) string {
	if name == "size" {
		return fmt.Sprint(n)
	}
	return span(time.Duration(n))
}

// Word is the name of a fact as a sentence has it: window for both its ends when these are the same.
func (f Facts) Word(name string) string {
	if strings.HasPrefix(name, "window_") && f.WindowMin == f.WindowMax {
		return "window"
	}
	return name
}
