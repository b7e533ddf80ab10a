package rehearse

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// definition is one kind of expectation: everything that is known of it.
type definition struct {
	name string
	read func(file string, n *yaml.Node) (rule, strictyaml.Problems)
}

// definitions are all expectations, in the order in which people are told of them.
func definitions() []definition {
	return []definition{
		define("reserves", reserves), define("dials", dials), define("asks", asks), define("routes", routes, NeedTransfers),
		define("connects_within", connectsWithin), define("dials_within", dialsWithin), define("hangs_up_within", endsWithCaller),
		define("rests", rests), define("heeds", heeds), define("leaves_numbers", leavesNumbers),
		define("dialled", dialled), define("shared_ids", sharedIDs), define("asks_for", asksFor),
		define("keys", keys), define("trusts", trusts), define("attributes", attributes),
	}
}

// rule is an expectation with its argument.
type rule struct {
	judge func(*view) judgement
	needs []Need
}

// define makes a definition of a judge, whose argument is read as its type says.
func define[A any](name string, judge func(*view, A) judgement, needs ...Need) definition {
	return definition{name, func(file string, n *yaml.Node) (rule, strictyaml.Problems) {
		var arg A
		problems := strictyaml.DecodeKey(file, name, n, &arg)
		return rule{func(v *view) judgement { return judge(v, arg) }, needs}, problems
	}}
}

// judgement is what one expectation comes to.
type judgement struct {
	met    bool
	final  bool // whatever the client does from now on changes nothing
	want   string
	got    string // empty: the story says it
	unseen string // why it cannot be told whether the client does it; then met says nothing
}

// Times is how often something is to happen: `never`, `once`, a number, or {least, most}.
type Times struct {
	Least int
	Most  int // -1: any number
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (t *Times) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	*t = Times{0, -1}
	if n.Kind == yaml.MappingNode {
		var m struct {
			Least *int `yaml:"least"`
			Most  *int `yaml:"most"`
		}
		ps := strictyaml.Decode(file, n, &m)
		if m.Least != nil {
			t.Least = *m.Least
		}
		if m.Most != nil {
			t.Most = *m.Most
		}
		switch {
		case len(ps) > 0:
		case m.Least == nil && m.Most == nil:
			ps = append(ps, strictyaml.At(file, n, "times: want least, most or both, got neither"))
		case t.Least < 0 || m.Most != nil && t.Most < t.Least:
			ps = append(ps, strictyaml.At(file, n, "times: want least up to most, of 0 or more, got %d and %d", t.Least, t.Most))
		}
		return ps
	}
	count, err := strconv.Atoi(n.Value)
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "never":
		count = 0
	case n.Kind == yaml.ScalarNode && n.Value == "once":
		count = 1
	case n.Kind != yaml.ScalarNode || err != nil || count < 0:
		return strictyaml.Problems{strictyaml.At(file, n, "times: want never, once, a number or {least, most}, got %s", strictyaml.Got(n))}
	}
	*t = Times{count, count}
	return nil
}

// String is how often, in words.
func (t Times) String() string {
	switch {
	case t.Most == 0:
		return "never"
	case t.Least == t.Most:
		return times(t.Least)
	case t.Most < 0 && t.Least == 1:
		return "at least once"
	case t.Most < 0:
		return fmt.Sprintf("at least %d times", t.Least)
	case t.Least == 0:
		return "at most " + times(t.Most)
	}
	return fmt.Sprintf("%d to %d times", t.Least, t.Most)
}

// says is how often something is to be done, in a sentence.
func (t Times) says(what, done string) string {
	if t.Most == 0 {
		return fmt.Sprintf("%s never %s", what, done)
	}
	return fmt.Sprintf("%s %s %s", what, done, t)
}

// times says how often something happened.
func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// has reports whether n fits, and whether more could change that.
func (t Times) has(n int) (met, final bool) {
	over := t.Most >= 0 && n > t.Most
	return n >= t.Least && !over, over
}
