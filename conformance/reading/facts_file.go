package reading

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// duration is the type of the facts that may also be written as text, as "window_min": "120s" for window_min_ns.
var duration = reflect.TypeFor[time.Duration]()

// factFields are the fields of Facts by their names in a file.
var factFields = func() map[string]reflect.StructField {
	fields := make(map[string]reflect.StructField)
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Facts]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = f
	}
	return fields
}()

// factWords are the values of those facts that are one of a few words.
var factWords = map[string][]string{
	"release": {OnArrival, OnAnswer, OnHangup}, "match": {"dni", "dni+ani"}, "bindings": {"once", "many"}, "no_handoff": {AsState, NotFound},
	"duplicates": {"last", "first", "conflict"}, "abandoned": {"keep", "drop"},
}

// ParseFacts reads the facts of each project, a JSON object by the projects' names; "" is every project that has none of
// its own. It refuses what it does not know, so that a slip of the pen does not become a fact that nobody knows. Every
// error begins with file:line:column.
func ParseFacts(t Text) (map[string]Facts, error) {
	const what = "each project's facts by its name"
	if err := json.Unmarshal(t.JSON, new(json.RawMessage)); err != nil {
		at := len(t.JSON)
		if bad := new(json.SyntaxError); errors.As(err, &bad) && at > 0 {
			at = int(bad.Offset) - 1
		}
		return nil, t.errorf(at, "want an object of %s: %w", what, err)
	}
	projects, problems := t.members(0, len(t.JSON), what)
	out := make(map[string]Facts, len(projects))
	for _, p := range projects {
		facts, errs := t.facts(p)
		out[p.name] = facts
		problems = append(problems, errs...)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return out, nil
}

// FactsOfNobody refuses the facts of a project that no operation is of, where an operation is of a project that has no
// facts: then a name is written in two ways. t has been parsed.
func FactsOfNobody(t Text, ops []history.Op) error {
	stated, _ := t.members(0, len(t.JSON), "")
	seen := make(map[string]bool)
	last := ""
	for i := range ops {
		if p := ops[i].Project; p != last {
			seen[p], last = true, p
		}
	}
	delete(seen, "")
	var problems []error
	names := slices.Sorted(maps.Keys(seen))
	for _, p := range stated {
		delete(seen, p.name)
	}
	for _, p := range stated {
		switch {
		case p.name == "":
			return nil
		case len(seen) > 0 && !slices.Contains(names, p.name):
			problems = append(problems, t.errorf(p.at, "want the name of a project in the history, got %q%s", p.name, hint(p.name, names)))
		}
	}
	return errors.Join(problems...)
}

// hint names the known word that is meant, or all that there are.
func hint(word string, known []string) string {
	return cmp.Or(near(word, known), "; there is "+strings.Join(known, ", "))
}

func (t Text) facts(project member) (f Facts, problems []error) {
	members, problems := t.members(project.from, project.end, "facts")
	at := make(map[string]int)
	problem := func(where int, err error) {
		problems = append(problems, t.errorf(where, "%s: %w", cmp.Or(project.name, `""`), err))
	}
	for _, m := range members {
		at[m.name] = m.from
		if err := f.set(m.name, m.value(t)); err != nil {
			where := m.from
			if errors.Is(err, errUnknown) {
				where = m.at
			}
			problem(where, err)
		}
	}
	for _, m := range members {
		if _, twice := at[m.name+"_ns"]; twice {
			problem(m.at, fmt.Errorf("want %s or %s_ns, got both", m.name, m.name))
		}
		if m.name == "sources" {
			t.sources(m, problem)
		}
	}
	for _, c := range f.contradictions() {
		where := project.from
		for _, name := range []string{c.fact, c.fact + "_ns"} {
			if from, said := at[name]; said {
				where = from
			}
		}
		problem(where, c.error)
	}
	return f, problems
}

// sources checks the names and words of a member "sources".
func (t Text) sources(of member, problem func(int, error)) {
	members, _ := t.members(of.from, of.end, "")
	for _, m := range members {
		if !slices.Contains(FactNames(), m.name) {
			problem(m.at, fmt.Errorf("sources: unknown fact %q%s", m.name, hint(m.name, FactNames())))
		}
		var s Source
		if err := json.Unmarshal(m.value(t), &s); err == nil && s != Documented && s != Measured && s != Assumed {
			words := []string{string(Documented), string(Measured), string(Assumed)}
			problem(m.from, fmt.Errorf("sources: %s: want one of %s, got %q%s", m.name, strings.Join(words, ", "), s, near(string(s), words)))
		}
	}
}

// near is hint for a list that has been said.
func near(word string, known []string) string {
	if s := strictyaml.Suggest(word, known); s != "" {
		return fmt.Sprintf(" (did you mean %q?)", s)
	}
	return ""
}

// FactNames are the names of all facts, as they are written when a duration is text.
func FactNames() []string {
	var out []string
	for name := range factFields {
		out = append(out, strings.TrimSuffix(name, "_ns"))
	}
	slices.Sort(out)
	return out
}

var errUnknown = errors.New("unknown fact")

// set takes one fact from a file.
func (f *Facts) set(name string, text []byte) error {
	field, ok := factFields[name]
	if !ok {
		if field, ok = factFields[name+"_ns"]; !ok {
			if s := near(name, slices.Sorted(maps.Keys(factFields))); s != "" && strings.HasSuffix(name, "_ns") {
				return fmt.Errorf("%w %q%s", errUnknown, name, s)
			}
			return fmt.Errorf("%w %q%s", errUnknown, name, hint(name, FactNames()))
		}
		var s string
		_ = json.Unmarshal(text, &s) // What is no text is no duration either.
		d, err := time.ParseDuration(s)
		if err != nil {
			if _, err := strconv.ParseInt(string(text), 10, 64); err == nil {
				return fmt.Errorf("%s: want a duration like \"120s\", got %s; nanoseconds are %s_ns", name, text, name)
			}
			return fmt.Errorf("%s: want a duration like \"120s\", got %s", name, text)
		}
		text = strconv.AppendInt(nil, int64(d), 10)
	}
	if string(text) == "null" {
		return fmt.Errorf("%s: want %s, got null; leave out what is not known", name, wanted(field.Type))
	}
	into := reflect.ValueOf(f).Elem().FieldByIndex(field.Index)
	if err := json.Unmarshal(text, into.Addr().Interface()); err != nil {
		return fmt.Errorf("%s: want %s, got %s", name, wanted(field.Type), text)
	}
	if into.Kind() == reflect.Pointer {
		into = into.Elem()
	}
	if into.CanInt() && into.Int() < 0 || into.CanFloat() && into.Float() < 0 {
		return fmt.Errorf("%s: want 0 or more, got %s", name, text)
	}
	if words, ok := factWords[name]; ok && !slices.Contains(words, into.String()) {
		return fmt.Errorf("%s: want one of %s, got %s%s", name, strings.Join(words, ", "), text, near(into.String(), words))
	}
	return nil
}

func wanted(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == duration:
		return "a whole number of nanoseconds"
	case t.Kind() == reflect.Int:
		return "a whole number"
	case t.Kind() == reflect.Float64:
		return "a number"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Slice:
		return "a list of texts"
	case t.Kind() == reflect.Map:
		return "an object of texts"
	}
	return "text"
}

// contradiction is about a fact that cannot be true together with another.
type contradiction struct {
	fact string
	error
}

// contradictions are the facts that cannot all be true.
func (f *Facts) contradictions() (problems []contradiction) {
	if f.WindowMax > 0 && f.WindowMin > f.WindowMax {
		problems = append(problems, contradiction{"window_min", fmt.Errorf("window_min is %v, more than window_max, which is %v", f.WindowMin, f.WindowMax)})
	}
	if rest := known(f.CoolDownMax, Forever); f.ShortestRest() > rest {
		problems = append(problems, contradiction{"cool_down", fmt.Errorf("cool_down is %v, more than cool_down_max, which is %v", f.ShortestRest(), rest)})
	}
	if f.Failures != nil && *f.Failures > 1 {
		problems = append(problems, contradiction{"failures_max", fmt.Errorf("failures_max is %v, and a share is 1 at most", *f.Failures)})
	}
	if f.Size > 0 && len(f.Numbers) > f.Size {
		problems = append(problems, contradiction{"size", fmt.Errorf("size is %d, less than the %d numbers that are listed", f.Size, len(f.Numbers))})
	}
	return problems
}
