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
