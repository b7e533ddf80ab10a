package scenario

import (
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

func someScenarios() []*Scenario {
	lines := make([]string, 30)
	return []*Scenario{
		{ID: "core/happy", File: "scenarios/core/happy.yaml", Level: finding.Must, Labels: []string{"smoke"}, Lines: lines},
		{ID: "pool/race", File: "scenarios/pool/race.yaml", Level: finding.Must, Labels: []string{"concurrency", "slow"}, Lines: lines},
		{ID: "pool/size/ten", File: "scenarios/pool/size/ten.yaml", Level: finding.May, Labels: []string{"slow"}, Lines: lines},
		{ID: "top", File: "scenarios/top.yaml", Level: finding.Should, Lines: lines},
	}
}

func TestSelect(t *testing.T) {
	for _, test := range []struct{ patterns, label, want, problem string }{
		{want: "core/happy pool/race pool/size/ten top"},
		{patterns: "pool/race", want: "pool/race"},
		{patterns: "top core/happy top", want: "core/happy top"},
		{patterns: "pool/*", want: "pool/race pool/size/ten"},
		{patterns: "p*e*", want: "pool/race pool/size/ten"},
		{patterns: "pool/rac? top", want: "pool/race top"},
		{patterns: "scenarios/pool/race.yaml", want: "pool/race"},
		{patterns: "pool/race.yaml:3", want: "pool/race"},
		{patterns: "./scenarios/pool/race.yaml:30:5", want: "pool/race"},
		{patterns: `/home/me/scenarios\pool\race.yaml`, want: "pool/race"},
		{patterns: "pool/race.yaml:31", problem: "scenario: want a line of scenarios/pool/race.yaml (1 to 30), got 31"},
		{patterns: "pool/race.yaml:0", problem: "scenario: want a line of scenarios/pool/race.yaml (1 to 30), got 0"},
		{patterns: "pool", problem: `scenario: want an id, got the area "pool" (did you mean "pool/*"?)`},
		{patterns: "pool/", problem: `scenario: want an id, got the area "pool/" (did you mean "pool/*"?)`},
		{patterns: "race", problem: `scenario: want an id, a glob or file:line, got "race" (did you mean "pool/race"?)`},
		{patterns: "pool/rcae nothing", problem: `scenario: want an id, a glob or file:line, got "pool/rcae" (did you mean "pool/race"?)
scenario: want an id, a glob or file:line, got "nothing", which fits none of 4`},
		{patterns: "nothing.yaml", problem: `scenario: want an id, a glob or file:line, got "nothing.yaml", which fits none of 4 and is no file that was found`},
		{patterns: "none/*", problem: `scenario: want an id, a glob or file:line, got "none/*", which fits none of 4`},
		{patterns: "pool/[ab]", problem: `scenario: want an id, a glob or file:line, got "pool/[ab]" (did you mean "pool/race"?)`},

		{label: "smoke", want: "core/happy"},
		{label: "pool", want: "pool/race pool/size/ten"},
		{label: "must and not smoke", want: "pool/race"},
		{label: "smoke or slow and may", want: "core/happy pool/size/ten"},
		{label: "(smoke or slow) and must", want: "core/happy pool/race"},
		{label: "not not smoke", want: "core/happy"},
		{label: "not(slow)", want: "core/happy top"},
		{label: "top", want: "top"},
		{label: "  ", want: "core/happy pool/race pool/size/ten top"},
		{patterns: "pool/*", label: "may", want: "pool/size/ten"},
		{patterns: "top", label: "may", problem: `label: want at least one scenario, got none of 1 for "may"`},
		{label: "smoke and not smoke", problem: `label: want at least one scenario, got none of 4 for "smoke and not smoke"`},
		{label: "somke", problem: `label: want a label, area or level, got "somke" (did you mean "smoke"?)`},
		{label: "not zzz", problem: `label: want one of concurrency, core, may, must, pool, should, slow, smoke or top, got "zzz"`},
		{label: "smoke slow", problem: `label: want and, or or the end, got "slow" in "smoke slow"`},
		{label: "smoke and", problem: `label: want a label, got the end in "smoke and"`},
		{label: "and smoke", problem: `label: want a label, got "and" in "and smoke"`},
		{label: "(smoke", problem: `label: want ), got the end in "(smoke"`},
		{label: "smoke)", problem: `label: want and, or or the end, got ")" in "smoke)"`},
		{label: "()", problem: `label: want a label, got ")" in "()"`},
		{label: "smoke && slow", problem: `label: want at least one scenario, got none of 4 for "smoke && slow"`},
		{label: "pool && !may", want: "pool/race"},
		{label: "smoke||(slow&&may)", want: "core/happy pool/size/ten"},
		{label: "smoke & slow", problem: `label: want words, and, or, not and parentheses, got "& slow"`},
		{label: strings.Repeat("(", 200) + "smoke", problem: "label: want at most 100 levels, got more"},
		{patterns: "nothing", label: "zzz and", problem: `scenario: want an id, a glob or file:line, got "nothing", which fits none of 4
label: want one of concurrency, core, may, must, pool, should, slow, smoke or top, got "zzz"`},
	} {
		t.Run(test.patterns+" "+test.label, func(t *testing.T) {
			selected, err := Select(someScenarios(), Filter{Patterns: strings.Fields(test.patterns), Label: test.label})
			var ids []string
			for _, s := range selected {
				ids = append(ids, s.ID)
			}
			var problem string
			if err != nil {
				problem, ids = err.Error(), nil
			}
			if got := strings.Join(ids, " "); got != test.want || problem != test.problem {
				t.Errorf("\n got %s %s\nwant %s %s", got, problem, test.want, test.problem)
			}
		})
	}
}
