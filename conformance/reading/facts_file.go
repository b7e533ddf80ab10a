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
	"release": {OnArrival, OnAnswer, OnHangup}, "match": {"dni", "dni+ani"}, "bindings": {"once", "many"}, "no_handoff": {"state", NotFound},
	"duplicates": {"last", "first", "conflict"}, "abandoned": {"keep", "drop"},
}

// ParseFacts reads the facts of each project, a JSON object by the projects' names; "" is every project that has none of
// its own. It refuses what it does not know, so that a slip of the pen does not become a fact that nobody knows. Every
// error begins with file.
func ParseFacts(file string, text []byte) (map[string]Facts, error) {
	projects, err := object(text)
	if err != nil {
		return nil, fmt.Errorf("%s: want an object of each project's facts by its name: %w", file, err)
	}
	out := make(map[string]Facts, len(projects))
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(projects)) {
		facts, errs := parseFacts(projects[name])
		for _, err := range errs {
			problems = append(problems, fmt.Errorf("%s: %s: %w", file, cmp.Or(name, `""`), err))
		}
		out[name] = facts
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return out, nil
}

func parseFacts(text []byte) (f Facts, problems []error) {
	members, err := object(text)
	if err != nil {
		return f, []error{fmt.Errorf("want an object of facts: %w", err)}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if err := f.set(name, members[name]); err != nil {
			problems = append(problems, err)
		}
		if _, twice := members[name+"_ns"]; twice {
			problems = append(problems, fmt.Errorf("want %s or %s_ns, got both", name, name))
		}
	}
	return f, append(problems, f.contradictions()...)
}

// set takes one fact from a file.
func (f *Facts) set(name string, text []byte) error {
	field, ok := factFields[name]
	if !ok {
		if field, ok = factFields[name+"_ns"]; !ok {
			return fmt.Errorf("unknown fact %q; the facts are %s", name, strings.Join(slices.Sorted(maps.Keys(factFields)), ", "))
		}
		var s string
		_ = json.Unmarshal(text, &s) // What is no text is no duration either.
		d, err := time.ParseDuration(s)
		if err != nil {
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
		return fmt.Errorf("%s: want one of %s, got %s", name, strings.Join(words, ", "), text)
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

// contradictions are the facts that cannot all be true.
func (f *Facts) contradictions() (problems []error) {
	if f.WindowMax > 0 && f.WindowMin > f.WindowMax {
		problems = append(problems, fmt.Errorf("window_min is %v, more than window_max, which is %v", f.WindowMin, f.WindowMax))
	}
	if rest := known(f.CoolDownMax, Forever); f.ShortestRest() > rest {
		problems = append(problems, fmt.Errorf("cool_down is %v, more than cool_down_max, which is %v", f.ShortestRest(), rest))
	}
	for _, name := range slices.Sorted(maps.Keys(f.Sources)) {
		_, whole := factFields[name]
		_, timed := factFields[name+"_ns"]
		if !whole && !timed {
			problems = append(problems, fmt.Errorf("sources: unknown fact %q", name))
		}
		if s := f.Sources[name]; s != Documented && s != Measured && s != Assumed {
			problems = append(problems, fmt.Errorf("sources: %s: want one of %s, %s, %s, got %q", name, Documented, Measured, Assumed, s))
		}
	}
	return problems
}

// object parts a JSON object into its members.
func object(text []byte) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	err := json.Unmarshal(text, &members)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return nil, fmt.Errorf("got %s", kind.Value)
	}
	if err == nil && members == nil {
		return nil, errors.New("got null")
	}
	return members, err
}
