package reading

import (
	"maps"
	"testing"

	"github.com/dnispool/dnispool/conformance/history"
)

func reserved(project, number string) history.Op {
	return history.Op{Kind: history.Reserve, Outcome: history.OK, Project: project, Number: number}
}

// A call that belongs to nobody is read with the first project, not as a project of its own.
func TestWhatHasNoProject(t *testing.T) {
	strange := history.Op{Kind: history.Call, Outcome: history.OK, Number: "+443333"}
	known := map[string]Facts{"q": {Size: 1}, "p": {Size: 1}}
	for name, c := range map[string]struct {
		facts map[string]Facts
		ops   []history.Op
		want  map[string]int
	}{
		"one project":   {nil, []history.Op{reserved("p", "+441111"), strange}, map[string]int{"p": 2}},
		"two projects":  {nil, []history.Op{reserved("p", "+441111"), reserved("q", "+442222"), strange}, map[string]int{"p": 2, "q": 1}},
		"nobody's call": {known, []history.Op{strange}, map[string]int{"p": 1}},
		"nothing":       {known, nil, map[string]int{"p": 0}},
		"no names":      {nil, []history.Op{reserved("", "+441111"), strange}, map[string]int{"": 2}},
		"a call to another's number, and a restart": {nil, []history.Op{
			reserved("p", "+441111"), reserved("q", "+442222"), {Kind: history.Call, Outcome: history.OK, Project: "p", Number: "+442222"}, {Kind: history.Restart, Outcome: history.OK},
		}, map[string]int{"p": 2, "q": 3}},
	} {
		got := make(map[string]int)
		for project, ops := range split(c.facts, Pointers(c.ops)) {
			got[project] = len(ops)
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("%s: want %v operations, got %v", name, c.want, got)
		}
	}
}

// Generators count their own operations from 1, or all together: either way the ids show what is missing.
func TestMissing(t *testing.T) {
	type of struct {
		generator string
		id        int
	}
	for name, c := range map[string]struct {
		ops  []of
		want int
	}{
		"nothing":                        {nil, 0},
		"all of one":                     {[]of{{"", 1}, {"", 2}}, 0},
		"one of one":                     {[]of{{"", 1}, {"", 3}}, 1},
		"all of two":                     {[]of{{"a", 1}, {"a", 2}, {"b", 1}}, 0},
		"one of two":                     {[]of{{"a", 1}, {"a", 3}, {"b", 1}}, 1},
		"all of two that share a count":  {[]of{{"a", 1}, {"b", 2}, {"a", 3}}, 0},
		"one of two that share a count":  {[]of{{"a", 1}, {"b", 2}, {"a", 4}}, 1},
		"one each of two":                {[]of{{"a", 2}, {"b", 2}}, 2},
		"an id twice, as recorders slip": {[]of{{"", 1}, {"", 1}, {"", 2}}, 0},
	} {
		var ops []history.Op
		for _, o := range c.ops {
			ops = append(ops, history.Op{Generator: o.generator, ID: o.id})
		}
		if got := missing(ops); got != c.want {
			t.Errorf("%s: want %d missing, got %d", name, c.want, got)
		}
	}
}
