package page_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/journal"
)

// over has the recorder keep a call that is over, as the platform would tell it of one.
func (w *world) over(i int) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Second)
	c := w.recorder.Arrived(sim.Arrived{
		Call:    conversation.Call{ID: fmt.Sprintf("call-%05d", i), DNIS: fmt.Sprintf("+4420794600%02d", i%20), ANI: "+442079460500", Bound: i%10 > 0, ArrivedAt: at},
		Project: "acme", CallID: fmt.Sprintf("%d@carrier", i), Attributes: fmt.Appendf(nil, `{"shared_id":"order-%05d"}`, i), Unbound: "not reserved",
	})
	c.Answered(at)
	c.Over(at.Add(time.Minute), "agent", true)
}

// TestTenThousandConversations: of a list that long as much is in the page as is seen, whatever is done with it.
func TestTenThousandConversations(t *testing.T) {
	t.Parallel()
	const calls = 10_000
	w := start(t, "pool: {numbers: 500}")
	for i := range calls {
		w.over(i)
	}
	b := w.open(t, wide, high)
	bounded := func() {
		t.Helper()
		rows := eval[int](b, `document.querySelectorAll('[data-conversation]').length`)
		cells := eval[int](b, `document.querySelectorAll('.cell').length`)
		nodes := eval[int](b, `document.querySelectorAll('*').length`)
		if rows < 10 || rows > 80 || cells < 6 || cells > 100 || nodes > 1500 {
			t.Errorf("want as much as is seen in the page, got %d rows, %d numbers, %d elements", rows, cells, nodes)
		}
	}
	b.see(".cell", "+442079460000")
	b.see("#conversations .total", "10000")
	b.see("[data-conversation]", "order-09999")
	bounded()
	b.picture("many")

	b.do(chromedp.Focus(chromedp.CSS("#conversations .list")), chromedp.KeyEvent(kb.End))
	b.see(`[data-conversation="call-00000"]`, "none: not reserved")
	bounded()
	b.do(chromedp.KeyEvent(kb.PageUp), chromedp.KeyEvent(kb.ArrowDown))
	bounded()
	b.fill("#conversations [name=text]", "order-0123")
	b.see("#conversations .total", "10")
	b.wait(`document.querySelectorAll('[data-conversation]').length === 10`)
	eval[bool](b, `(document.querySelector('#conversations .filter').reset(), document.querySelector('#conversations .filter').dispatchEvent(new Event('input')))`)
	b.see("[data-conversation]", "order-09999")

	// Whoever has scrolled down goes on seeing the same calls while new ones come in.
	eval[bool](b, `(document.querySelector('#conversations .list').scrollTop = 36 * 5000, true)`)
	b.see("[data-conversation]", "order-04995")
	first := `[...document.querySelectorAll('[data-conversation]')].map((row) => [row.getBoundingClientRect().top, row.dataset.conversation]).filter(([top]) => top > 180).sort((a, b) => a[0] - b[0])[0][1]`
	before := eval[string](b, first)
	for range 3 {
		w.over(calls)
	}
	if _, err := w.Reserve(t.Context(), client.ReserveRequest{}); err != nil { // an event, so that the page looks again
		t.Fatal(err)
	}
	b.see("#conversations .total", "3 older that made room")
	if after := eval[string](b, first); after != before {
		t.Errorf("want %s still seen first, got %s", before, after)
	}
	bounded()
}

// TestThePageKnowsEveryKind of event, and no fault that the simulator does not.
func TestThePageKnowsEveryKind(t *testing.T) {
	t.Parallel()
	w := start(t, "pool: {numbers: 1}")
	b := w.open(t, wide, high)
	groups := eval[map[string][]string](b, `import('/page/journal.js').then((module) => module.groups)`)
	known := make(map[string]bool)
	for _, kinds := range groups {
		for _, kind := range kinds {
			known[kind] = true
		}
	}
	wrong := make(map[string]bool)
	for _, kind := range groups["what went wrong"] {
		wrong[kind] = true
	}
	for _, kind := range journal.Kinds() {
		if !known[string(kind)] || wrong[string(kind)] != (kind.Trouble() || kind == journal.FaultHit) {
			t.Errorf("%s: want it in a group, and what went wrong among that, got %v and %v", kind, known[string(kind)], wrong[string(kind)])
		}
		delete(known, string(kind))
	}
	if len(known) > 0 {
		t.Errorf("want no kind that the journal has not, got %v", known)
	}
	faults := eval[map[string][][2]json.RawMessage](b, `import('/page/faults.js').then((module) => module.known)`)
	if len(faults) != 4 {
		t.Errorf("faults: want four parts, got %v", faults)
	}
	for part, some := range faults {
		for _, fault := range some {
			if _, err := w.SetFaults(t.Context(), fmt.Appendf(nil, `{%q: [%s]}`, part, fault[1])); err != nil {
				t.Errorf("%s: want one that the simulator has, got %v", fault[0], err)
			}
		}
	}
}
