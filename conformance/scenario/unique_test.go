package scenario_test

import (
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/scenario"
)

const uniqueHead = "scenario: v1\nsummary: s\nrequirement: r\nsource: x\nlevel: must\n"

func TestUnique(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		complete         bool
	}{
		{"attributes and expectations",
			"steps:\n  - {reserve: {attributes: {shared_id: a-1, nonce: \"n 1\", ani: '+44'}}, expect: {status: 200}}\n" +
				"  - {handoff: {shared_id: a-1}, expect: {body: {shared_id: a-1, data: {echo_nonce: n 1, handoff_to: a-1}}}}\n",
			"steps:\n  - {reserve: {attributes: {shared_id: p-a-1, nonce: \"p-n 1\", ani: '+44'}}, expect: {status: 200}}\n" +
				"  - {handoff: {shared_id: p-a-1}, expect: {body: {shared_id: p-a-1, data: {echo_nonce: p-n 1, handoff_to: a-1}}}}\n", true},
		{"templates", "steps:\n  - {handoff: {shared_id: \"ä-${seed}\"}, expect: {body: {shared_id: \"ä-${seed}\"}}}\n",
			"steps:\n  - {handoff: {shared_id: \"p-ä-${seed}\"}, expect: {body: {shared_id: \"p-ä-${seed}\"}}}\n", true},
		{"queries", "steps:\n  - {handoff: {query: \"id=x&shared_id=%C3%A4&shared_id=\"}, expect: {status: 404}}\n",
			"steps:\n  - {handoff: {query: \"id=x&shared_id=p-%C3%A4&shared_id=\"}, expect: {status: 404}}\n", true},
		{"matchers", "steps:\n  - {handoff: {shared_id: a}, expect: {body: {shared_id: {not: b}, data: {echo_nonce: {absent: true}}}}}\n",
			"steps:\n  - {handoff: {shared_id: p-a}, expect: {body: {shared_id: {not: p-b}, data: {echo_nonce: {absent: true}}}}}\n", true},
		{"a number", "steps:\n  - {reserve: {attributes: {shared_id: 12}}, expect: {status: 200}}\n",
			"steps:\n  - {reserve: {attributes: {shared_id: 12}}, expect: {status: 200}}\n", false},
		{"null and nothing", "steps:\n  - {reserve: {attributes: {shared_id: \"\", nonce: null}}, expect: {status: 200}}\n",
			"steps:\n  - {reserve: {attributes: {shared_id: \"\", nonce: null}}, expect: {status: 200}}\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, problems := scenario.Parse("x.yaml", []byte(uniqueHead+c.text), scenario.Options{})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			s.ID = "a/x"
			u, complete, problems := s.Unique("p-", scenario.Options{})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if got := strings.Join(u.Lines, "\n") + "\n"; got != uniqueHead+c.want || complete != c.complete || u.ID != "a/x" {
				t.Errorf("want %s, complete %v\ngot  %s, complete %v", c.want, c.complete, strings.TrimPrefix(got, uniqueHead), complete)
			}
		})
	}
}
