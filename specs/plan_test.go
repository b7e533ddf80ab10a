package specs_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/dnispool/dnispool/conformance/plan"
	"github.com/dnispool/dnispool/conformance/plan/sheet"
	"github.com/dnispool/dnispool/conformance/traffic"
)

func TestPlanSchemaHasEveryField(t *testing.T) {
	sameNames(t, "plan", "json", load(t, "plan"), reflect.TypeFor[sheet.Document](), isText)
}

func TestPlansFitTheirSchema(t *testing.T) {
	schema := compile(t, "plan")
	day := plan.Default()
	day.Day, day.Numbers, day.Release = traffic.Rates{{From: 0.1, To: 0.1, For: 900e9}}, 20, plan.OnAnswer
	known := plan.Default()
	known.Forecast, known.SetUp, known.Talks, known.Abandoned, known.Window, known.CoolDown = 0, plan.Known(1), plan.Known(1), plan.Known(0.02), plan.Known(60), plan.Known(0)
	width := 0.01
	several := plan.Default()
	several.Projects = plan.Projects{{Name: "acme", Share: 0.7}, {Name: "globex", Share: 0.3}}
	for name, in := range map[string]plan.Inputs{"default": plan.Default(), "day": day, "known": known, "several": several} {
		p, err := plan.Make(in)
		if err != nil {
			t.Fatal(err)
		}
		p.Assumed = plan.Sources()
		p.Simulated = []plan.Simulated{{Release: plan.OnHangup, HalfWidth: &width}, {Release: plan.OnArrival}}
		if len(p.Projects) > 0 {
			p.Projects[0].Cases[0].Simulated = &plan.ProjectRun{}
		}
		var b bytes.Buffer
		if err := sheet.JSON(&b, p); err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, b.Bytes()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
