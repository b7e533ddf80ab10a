package finding

import (
	"fmt"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// TestTrace has violations of several checks, each about operations of these ids; an id of 10 or more is a question's.
func TestTrace(t *testing.T) {
	type found struct {
		check string
		ids   []int
		sure  Certainty
	}
	for _, c := range []struct {
		name  string
		found []found
		want  string // of each, by check: what it follows from, and how many follow
	}{
		{"one alone", []found{{"a", []int{1, 2}, ""}}, "a:0 "},
		{"two of one check are two", []found{{"a", []int{1, 2}, ""}, {"a", []int{2, 3}, ""}}, "a:0 a:0 "},
		{"a later one about the same", []found{{"a", []int{1, 2}, ""}, {"b", []int{2, 3}, ""}}, "a:1 b<a "},
		{"whichever check is asked first", []found{{"a", []int{2, 3}, ""}, {"b", []int{1, 2}, ""}}, "a<b b:1 "},
		{"a chain of one check", []found{{"a", []int{1, 2}, ""}, {"b", []int{2, 3}, ""}, {"b", []int{3, 4}, ""}, {"b", []int{4, 5}, ""}}, "a:3 b<a b<a b<a "},
		{"through another check", []found{{"a", []int{1, 2}, ""}, {"b", []int{2, 3}, ""}, {"c", []int{3, 4}, ""}}, "a:2 b<a c<a "},
		{"another number", []found{{"a", []int{1, 2}, ""}, {"b", []int{3, 4}, ""}}, "a:0 b:0 "},
		{"one question is no link", []found{{"a", []int{1, 12}, ""}, {"b", []int{3, 12}, ""}}, "a:0 b:0 "},
		{"what is not proven is no root of what is", []found{{"a", []int{1, 2}, ModuloUnseen}, {"b", []int{2, 3}, ""}}, "a:0 b:0 "},
		{"it is one of what is not", []found{{"a", []int{1, 2}, ModuloUnseen}, {"b", []int{2, 3}, ModuloUnseen}}, "a:1 b<a "},
	} {
		t.Run(c.name, func(t *testing.T) {
			var j Judgement
			for _, f := range c.found {
				if n := len(j.Results); n == 0 || j.Results[n-1].Name != f.check {
					j.Results = append(j.Results, Judged{Rule: Rule{Name: f.check}})
				}
				v := Violation{Text: f.check, Certainty: f.sure}
				for _, id := range f.ids {
					o := history.Op{ID: id, Kind: history.Reserve, Start: time.Duration(id)}
					if id >= 10 {
						o.Kind = history.Handoff
					}
					v.Ops = append(v.Ops, o)
				}
				j.Results[len(j.Results)-1].Add(v)
			}
			j.Trace()
			got := ""
			for _, r := range j.Results {
				for _, v := range r.Violations {
					n := 0
					for _, f := range v.Followed {
						n += f.Violations
					}
					if v.Follows != nil {
						got += fmt.Sprintf("%s<%s ", r.Name, v.Follows.Check)
						continue
					}
					got += fmt.Sprintf("%s:%d ", r.Name, n)
				}
			}
			if got != c.want {
				t.Errorf("want %s, got %s", c.want, got)
			}
		})
	}
}

// TestOfViolation has what every report of a scenario shows of a violation: its root or what follows, and the facts.
func TestOfViolation(t *testing.T) {
	for want, v := range map[string]Violation{
		"both replies": {},
		"both replies; from this follows 1 more: 1 of isolation":                                              {Followed: []Followed{{"isolation", 1}}},
		"both replies; from this follow 3 more: 2 of isolation, 1 of rotation":                                {Followed: []Followed{{"isolation", 2}, {"rotation", 1}}},
		"both replies; this follows from isolation: a number of two":                                          {Follows: &Root{Check: "isolation", Text: "a number of two"}},
		"both replies; it rests on size 3 (measured), release hangup (documented)":                            {Rests: []Basis{{Fact: "size", Value: "3", Source: "measured"}, {Fact: "release", Value: "hangup", Source: "documented"}}},
		"both replies (modulo strays); from this follows 1 more: 1 of rotation; it rests on size 3 (assumed)": {Certainty: ModuloStrays, Followed: []Followed{{"rotation", 1}}, Rests: []Basis{{Fact: "size", Value: "3", Source: "assumed"}}},
	} {
		v.Rule = "both replies"
		if v.Certainty == "" {
			v.Certainty = Certain
		}
		if got := OfViolation(Finding{Violation: v}).Because; got != want {
			t.Errorf("want %q, got %q", want, got)
		}
	}
}
