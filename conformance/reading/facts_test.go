package reading

import (
	"reflect"
	"testing"
	"time"
)

func TestCommonFacts(t *testing.T) {
	f := Facts{Size: 2, WindowMin: 10, WindowMax: 20, CoolDown: new(time.Duration(3)), Release: "hangup", Match: "dni", Bindings: "once", Exclusive: true, Handoffs: true, Visible: 5, Retention: 7, Duplicate: "last"}
	g := f
	g.WindowMin, g.WindowMax, g.CoolDown, g.Release, g.Match, g.Retention, g.Visible, g.Eps, g.Strays = 5, 30, new(time.Duration(4)), "arrival", "dni+ani", 0, 6, new(time.Duration(1)), new(2.0)
	got := common(map[string]Facts{"p": f, "q": g})
	want := Facts{
		Size: 4, WindowMin: 5, WindowMax: 30, CoolDown: new(time.Duration(3)), CoolDownMax: new(time.Duration(4)), Match: "dni+ani", Bindings: "once", Exclusive: true, Handoffs: true, Visible: 6, Retention: 7, Duplicate: "last",
		Sources: map[string]Source{},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	f.Eps, f.Strays = new(time.Duration(3)), new(1.0)
	if got := common(map[string]Facts{"p": f, "q": g}); *got.Eps != 3 || *got.Strays != 2 {
		t.Errorf("want the larger of two bounds that are known, got %s and %v", *got.Eps, *got.Strays)
	}
	g.WindowMax = 0
	if got := common(map[string]Facts{"p": f, "q": g}); got.WindowMax != 0 {
		t.Errorf("want no longest window when one is not known, got %s", got.WindowMax)
	}
}
