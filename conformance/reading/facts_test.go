package reading

import (
	"fmt"
	"testing"
)

func TestCommonFacts(t *testing.T) {
	f := Facts{Size: 2, WindowMin: 10, WindowMax: 20, CoolDown: 3, Release: "hangup", Match: "dni", Bindings: "once", Exclusive: true, Handoffs: true, Visible: 5, Retention: 7, Duplicate: "last"}
	g := f
	g.WindowMin, g.WindowMax, g.CoolDown, g.Release, g.Match, g.Retention, g.Visible, g.Eps, g.Strays = 5, 30, 4, "arrival", "dni+ani", 0, 6, 1, 2
	got := common(map[string]Facts{"p": f, "q": g})
	want := Facts{
		Size: 4, WindowMin: 5, WindowMax: 30, CoolDown: 3, CoolDownMax: 4, Match: "dni+ani", Bindings: "once", Exclusive: true, Handoffs: true, Visible: 6, Retention: 7, Duplicate: "last",
		Eps: 1, Strays: 2, ServerMax: lateCommit,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	g.WindowMax = 0
	if got := common(map[string]Facts{"p": f, "q": g}); got.WindowMax != 0 {
		t.Errorf("want no longest window when one is not known, got %s", got.WindowMax)
	}
}
