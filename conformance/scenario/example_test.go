package scenario_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/dnispool/dnispool/conformance/scenario"
)

// A player loads everything, then walks the steps of each scenario with a scope.
func Example() {
	scenarios, problems := scenario.Load(os.DirFS("testdata"), "valid", scenario.Options{Dir: "testdata"})
	if err := problems.Err(); err != nil {
		fmt.Println(err)
		return
	}
	selected, err := scenario.Select(scenarios, scenario.Filter{Patterns: []string{"core/happy*"}, Label: "smoke and must"})
	if err != nil {
		fmt.Println(err)
		return
	}
	s := selected[0]
	fmt.Println(s.ID, s.Level, s.Timeout)

	scope := s.Scope(42)
	for _, step := range s.Steps {
		result := play(step, scope)
		if step.Name != "" {
			scope.Set(step.Name, result)
		}
		mismatches, err := step.Expect.Check(scope, result)
		if err != nil {
			fmt.Println(err) // a reference without a value
			continue
		}
		for _, m := range mismatches {
			fmt.Printf("%s:%d  step %d of %d %q\n", s.File, m.Pos.Line, step.Index, len(s.Steps), step.Label())
			fmt.Println(s.Lines[m.Pos.Line-1])
			fmt.Printf("%s%s %s: want %s, got %s\n", strings.Repeat(" ", m.Pos.Column-1), strings.Repeat("^", m.Pos.Width), m.Path, m.Want, m.Got)
		}
	}
	// Output:
	// core/happy-path must 5s
	// POST {"attributes":{"shared_id":"acme-0001","ani":"+442071838750"}}
	// INVITE +442071838001 as national
	// testdata/valid/core/happy-path.yaml:42  step 4 of 4 "handoff"
	//       status: 200
	//               ^^^ status: want 200, got 404
}

// play stands for the real thing: here everything works but the handoff.
func play(step scenario.Step, scope *scenario.Scope) map[string]any {
	switch args := step.Args.(type) {
	case *scenario.Reserve:
		attributes, _ := args.Attributes.JSON(scope)
		fmt.Printf("POST {\"attributes\":%s}\n", attributes)
		return map[string]any{
			"status": 200, "headers": map[string]string{"content-type": "application/json"},
			"body": map[string]any{"dni": "+442071838001"},
		}
	case *scenario.Dial:
		to, _ := args.To.Resolve(scope)
		fmt.Printf("INVITE %s as %s\n", to, args.Format)
		return map[string]any{"id": "call-1", "status": 200, "answered": true}
	case *scenario.Await:
		return map[string]any{"ended_by": "platform", "how": "bye"}
	case *scenario.Handoff:
		return map[string]any{
			"status": 404,
			"body": map[string]any{
				"id": "call-1", "shared_id": "acme-0001",
				"data": map[string]any{"handoff_to": "billing", "handoff_reason": nil},
			},
		}
	}
	return nil
}
