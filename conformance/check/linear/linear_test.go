package linear

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

func sec(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

type op history.Op

func reserved(start, end float64, number, nonce string) op {
	return op{Kind: history.Reserve, Outcome: history.OK, Start: sec(start), End: sec(end), Number: number, Nonce: nonce, Status: 200, Client: "client " + nonce}
}

func timedOut(start, end float64, nonce string) op {
	return op{Kind: history.Reserve, Outcome: history.Indefinite, Start: sec(start), End: sec(end), Nonce: nonce}
}

func refused(start, end float64) op {
	return op{Kind: history.Reserve, Outcome: history.Refused, Start: sec(start), End: sec(end), Status: 404}
}

// dialled is an answered call of this id, up when the history ends unless it is over.
func dialled(start, arrived float64, number, id string) op {
	return op{Kind: history.Call, Outcome: history.OK, Start: sec(start), End: sec(arrived), Number: number, CallID: id, Status: 200}
}

func (o op) on(generator string) op { o.Generator = generator; return o }
func (o op) over(at float64) op     { o.Ended, o.Bye = true, sec(at); return o }

// heard is what the agent says of a call: the nonce it was given, "" for nothing.
func heard(id, nonce, number string) op {
	data := fmt.Sprintf(`{"echo_nonce":null,"echo_attributes":null,"echo_dnis":%q}`, number)
	if nonce != "" {
		data = fmt.Sprintf(`{"echo_nonce":%q,"echo_attributes":{},"echo_dnis":%q}`, nonce, number)
	}
	return op{Kind: history.Handoff, Outcome: history.OK, Start: sec(900), End: sec(900), GotID: id, Data: json.RawMessage(data)}
}

func ops(all ...op) (out []history.Op) {
	for i, o := range all {
		o.ID = i + 1
		out = append(out, history.Op(o))
	}
	return out
}

func with(f reading.Facts, change func(*reading.Facts)) reading.Facts { change(&f); return f }

var (
	roa = reading.Facts{Size: 2, WindowMin: sec(10), WindowMax: sec(11), Release: "arrival", Exclusive: true, CoolDown: new(time.Duration(0)), Strays: new(0.0), Signal: new(time.Duration(0)), Eps: new(time.Duration(0)), Bindings: "once", ServerMax: new(time.Duration(1))}
	roh = with(roa, func(f *reading.Facts) { f.Release = "hangup" })

	h1 = ops(reserved(0, .1, "+442079460001", "x"), reserved(.05, .15, "+442079460001", "y"))
)

const ample = 5 * time.Second

// searched searches for so long.
func searched(ctx context.Context, f reading.Facts, ops []history.Op, budget time.Duration) Result {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	return Search(ctx, reading.New(f, reading.Pointers(ops)))
}

func TestJudge(t *testing.T) {
	h4 := []op{reserved(0, .1, "a", "x"), dialled(.2, 2, "a", "c1").over(30), reserved(.3, .4, "a", "y")}
	h10 := []op{reserved(0, .1, "a", "x"), reserved(0, .1, "b", "y"), dialled(.2, 1, "a", "c1").over(5), dialled(.2, 1, "b", "c2").over(5), heard("c1", "y", "a"), heard("c2", "x", "b")}
	h11 := []op{reserved(0, .1, "a", "x"), reserved(11, 11.1, "a", "y"), dialled(11.5, 12, "a", "c1").over(20), dialled(12.5, 13, "a", "c2").over(20), heard("c1", "y", "a"), heard("c2", "", "a")}
	inTime := []op{reserved(0, .1, "a", "x"), dialled(1, 2, "a", "c1").over(30), heard("c1", "x", "a")}
	lost := []op{reserved(0, .1, "a", "x"), dialled(1, 2, "a", "c1").over(30), heard("c1", "", "a")}
	twice := append(slices.Clone(inTime), dialled(3, 4, "a", "c2").over(5), heard("c2", "x", "a"))
	unsure := []op{timedOut(0, 1, "x"), dialled(2, 3, "a", "c1").over(5), heard("c1", "x", "a")}
	both := append(slices.Clone(unsure), dialled(2, 3, "b", "c2").over(5), heard("c2", "x", "b"))
	foreign := []op{reserved(0, .1, "a", "x"), dialled(20, 21, "a", "c1").over(30), heard("c1", "q", "a")}
	held := []op{reserved(0, .1, "a", "x"), dialled(1, 2, "a", "c1").over(30), heard("c1", "x", "a"), reserved(15, 15.1, "a", "y")}
	restart := func(o history.Outcome) []op {
		return []op{reserved(0, .1, "a", "x"), {Kind: history.Restart, Outcome: o, Start: sec(1), End: sec(2)}, reserved(3, 3.1, "a", "y")}
	}
	cool := func(f *reading.Facts) { f.CoolDown = new(sec(3)) }
	for _, c := range []struct {
		name  string
		facts reading.Facts
		ops   []op
		want  string // statuses by number
	}{
		{"h1", roa, []op{reserved(0, .1, "a", "x"), reserved(.05, .15, "a", "y")}, "a illegal"},
		{"h2", roa, []op{reserved(0, .1, "a", "x"), reserved(9.8, 9.9, "a", "y")}, "a illegal"},
		{"h3", roa, []op{reserved(0, .1, "a", "x"), reserved(9.8, 10.05, "a", "y")}, "a ok"},
		{"h4 arrival", roa, h4, "a ok"},
		{"h4 answer", with(roa, func(f *reading.Facts) { f.Release = "answer" }), h4, "a ok"},
		{"h4 hang-up", roh, h4, "a illegal"},
		{"h4 a slow carrier", with(roa, func(f *reading.Facts) { f.ArrivalMin = sec(.3) }), h4, "a illegal"},
		{"h10", roa, h10, "a illegal, b illegal"},
		{"h11", roa, h11, "a ok"},
		{"expiry within the clocks' difference", with(roa, func(f *reading.Facts) { f.Eps = new(sec(.1)) }), []op{reserved(0, .1, "a", "x").on("g1"), reserved(9.8, 9.9, "a", "y").on("g2")}, "a ok"},
		{"a number rests", with(roa, cool), []op{reserved(0, .1, "a", "x"), reserved(12, 12.5, "a", "y")}, "a illegal"},
		{"a number has rested", with(roa, cool), []op{reserved(0, .1, "a", "x"), reserved(12, 13.5, "a", "y")}, "a ok"},
		{"a chain of three", roa, []op{reserved(0, .1, "a", "x"), reserved(9, 12, "a", "y"), reserved(19, 19.5, "a", "z")}, "a illegal"},
		{"a chain of three that fits", roa, []op{reserved(0, .1, "a", "x"), reserved(9, 12, "a", "y"), reserved(19, 20.5, "a", "z")}, "a ok"},
		{"in time", roa, inTime, "a ok"},
		{"in time and given nothing", roa, lost, "a illegal"},
		{"too late and given it", roa, []op{reserved(0, .1, "a", "x"), dialled(12, 13, "a", "c1").over(30), heard("c1", "x", "a")}, "a illegal"},
		{"taken twice", roa, twice, "a illegal"},
		{"taken twice, of an unknown rule, in the call", with(roh, func(f *reading.Facts) { f.Bindings = "" }), twice, "a ok"},
		{"taken again after the call", with(roh, func(f *reading.Facts) { f.Bindings = "many" }), []op{reserved(0, .1, "a", "x"), dialled(1, 2, "a", "c1").over(3), heard("c1", "x", "a"), dialled(4, 5, "a", "c2").over(6), heard("c2", "x", "a")}, "a illegal"},
		{"held by a call", roh, held, "a illegal"},
		{"held by a call until it is over", roh, append(slices.Clone(held[:3]), reserved(29, 30.1, "a", "y")), "a ok"},
		{"lost in a restart", roa, restart(history.Indefinite), "a ok"},
		{"kept in a restart", roa, restart(history.OK), "a illegal"},
		{"a reservation of unknown outcome that was used", roa, unsure, "a ok"},
		{"a reservation of unknown outcome that was used twice", roa, both, "a unknown, b unknown"},
		{"a reservation of unknown outcome excuses nothing else", roa, append(slices.Clone(lost), timedOut(0, 5, "y")), "a illegal"},
		{"a nonce that nobody sent", roa, foreign, "a illegal"},
		{"a nonce of somebody else", with(roa, func(f *reading.Facts) { f.Exclusive = false }), foreign, "a ok"},
		{"a call that arrived elsewhere", roa, []op{reserved(0, .1, "a", "x"), dialled(1, 2, "a", "c1").over(3), heard("c1", "", "+4420")}, "a ok"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := searched(t.Context(), c.facts, ops(c.ops...), ample)
			var got []string
			for _, n := range r.Numbers {
				got = append(got, n.Number+" "+string(n.Status))
				if (n.Status == OK) != (n.Reason == "") || (n.Status == Illegal) != (n.Certainty == finding.Certain && len(n.LeftOut) > 0) {
					t.Errorf("want a reason unless ok, and a certainty and operations if illegal, got %+v", n)
				}
			}
			if g := strings.Join(got, ", "); g != c.want {
				t.Errorf("got %s (%s), want %s", g, r.Reason, c.want)
			}
		})
	}
}

func TestNotJudged(t *testing.T) {
	for name, c := range map[string]struct {
		facts reading.Facts
		ops   []history.Op
		want  string
	}{
		"no window":   {reading.Facts{Release: "hangup"}, h1, "the window or the release rule of the pool is not known"},
		"other rule":  {with(roa, func(f *reading.Facts) { f.Release = "lookup" }), h1, `release rule: want arrival, answer or hangup, got "lookup"`},
		"dni and ani": {with(roa, func(f *reading.Facts) { f.Match = "dni+ani" }), h1, "the pool matches callers by their number, which carriers change"},
		"nothing":     {roa, ops(refused(0, 1)), "no number was reserved"},
	} {
		if r := searched(t.Context(), c.facts, c.ops, ample); r.Status != NotJudged || r.Reason != c.want {
			t.Errorf("%s: got %s %q, want not-judged %q", name, r.Status, r.Reason, c.want)
		}
	}
}

func TestStraysMakeItUncertain(t *testing.T) {
	strays := with(roa, func(f *reading.Facts) { f.Strays = new(1e-6) })
	lost := ops(reserved(0, .1, "a", "x"), dialled(1, 2, "a", "c1").over(30), heard("c1", "", "a"))
	if r := searched(t.Context(), strays, lost, ample); r.Status != Illegal || r.Numbers[0].Certainty != finding.ModuloStrays {
		t.Errorf("got %+v, want illegal modulo strays", r.Numbers)
	}
	late := ops(reserved(0, .1, "a", "x"), dialled(12, 13, "a", "c1").over(30), heard("c1", "x", "a"))
	if r := searched(t.Context(), strays, late, ample); r.Status != Illegal || r.Numbers[0].Certainty != finding.Certain {
		t.Errorf("got %+v, want illegal for certain", r.Numbers)
	}
}

func TestUnknownIsNeverOK(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, r := range map[string]Result{
		"no budget": searched(t.Context(), roa, h1, 0), "ended": searched(ended, roa, h1, ample), "hard": searched(t.Context(), rests, hard(), 50*time.Millisecond),
	} {
		if r.Status != Unknown || r.Numbers[0].Status != Unknown || r.Reason == "" {
			t.Errorf("%s: got %+v, want unknown", name, r)
		}
	}
}

// rests is a pool whose numbers rest for ten seconds after each call.
var rests = with(roa, func(f *reading.Facts) { f.CoolDown = new(sec(10)) })

// hard has so many orders that not one of them can be ruled out in time: each reservation is told from the others by the
// call that took it, and a few too many are made in so short a time.
func hard() []history.Op {
	var all []op
	for i := range 60 {
		nonce := fmt.Sprint(i)
		all = append(all, reserved(0, 500, "a", nonce), dialled(0, 500, "a", nonce), heard(nonce, nonce, "a"))
	}
	return ops(all...)
}

// A search that ends without an answer says what ended it, and it is the time that it was given or the memory.
func TestGivenUp(t *testing.T) {
	r := searched(t.Context(), rests, hard(), 50*time.Millisecond)
	if want := regexp.MustCompile(`^a: the search for a legal order of 120 operations was given up: its \d+ms were over$`); !want.MatchString(r.Reason) {
		t.Errorf("want %s, got %q", want, r.Reason)
	}
	events := gather(reading.New(rests, reading.Pointers(hard())))[0].events
	if v, _, why := search(t.Context(), model{Facts: rests, memory: 2 << 20}, events, time.Hour); v != porcupine.Unknown || why != "its 2 MiB of memory were full" {
		t.Errorf("want the memory, got %s, %q", v, why)
	}
}

// What is left out of the search changes no answer.
func TestChainsChangeNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	said := make(map[porcupine.CheckResult]int)
	for range 3000 {
		var all []op
		for i := range 2 + rng.IntN(4) {
			from := float64(rng.IntN(8))
			all = append(all, reserved(from, from+float64(rng.IntN(30)), "a", []string{"", fmt.Sprint("n", i)}[rng.IntN(2)]))
		}
		for i := range rng.IntN(4) {
			from, id := float64(rng.IntN(30)), fmt.Sprint("c", i)
			all = append(all, dialled(from, from+float64(rng.IntN(9)), "a", id))
			switch rng.IntN(4) {
			case 0:
				all = append(all, heard(id, "", "a"))
			case 1:
				all = append(all, heard(id, all[0].Nonce, "a"))
			}
		}
		m := model{Facts: with([]reading.Facts{roa, roh, rests}[rng.IntN(3)], func(f *reading.Facts) { f.Bindings = []string{"once", "many"}[rng.IntN(2)] }), memory: memory}
		events := gather(reading.New(m.Facts, reading.Pointers(ops(all...))))[0].events
		got, _, _ := search(t.Context(), m, events, ample)
		for _, e := range events {
			e.chain = 0
		}
		want, _, _ := search(t.Context(), m, events, ample)
		if said[want]++; got != want {
			t.Fatalf("want %s, got %s of %v", want, got, events)
		}
	}
	if said[porcupine.Ok] < 100 || said[porcupine.Illegal] < 100 {
		t.Errorf("want many of both, got %v", said)
	}
}

// Of what is alike, one order is tried: hundreds of reservations that overlap are decided, whichever way.
func TestAlike(t *testing.T) {
	crowd := func(n int, within float64, others ...op) []history.Op {
		all := slices.Clone(others)
		for i := range n {
			all = append(all, reserved(float64(i)/1000, within+float64(i)/1000, "a", fmt.Sprint("n", i)))
		}
		return ops(all...)
	}
	silent := dialled(5, 6, "a", "quiet")
	deaf := []op{dialled(5, 600, "a", "c1"), heard("c1", "", "a"), dialled(5, 700, "a", "c2"), heard("c2", "", "a")}
	for name, c := range map[string]struct {
		ops  []history.Op
		want Status
	}{
		"one too many":                {crowd(102, 1000), Illegal},
		"as many as there is room":    {crowd(101, 1000), OK},
		"with calls given nothing":    {crowd(101, 1000, deaf...), OK},
		"one too many, with those":    {crowd(102, 1000, deaf...), Illegal},
		"a call may have taken one":   {crowd(3, 15, silent), OK},
		"but not two":                 {crowd(4, 15, silent), Illegal},
		"an end that comes before":    {ops(reserved(0, 25, "a", "x"), reserved(1, 2, "a", "y"), reserved(2, 21.5, "a", "z")), OK},
		"and one that comes too soon": {ops(reserved(0, 19, "a", "x"), reserved(1, 2, "a", "y"), reserved(2, 20, "a", "z")), Illegal},
	} {
		if r := searched(t.Context(), roa, c.ops, ample); r.Status != c.want {
			t.Errorf("%s: want %s, got %s: %s", name, c.want, r.Status, r.Reason)
		}
	}
}

func TestPicture(t *testing.T) {
	r := searched(t.Context(), roa, h1, ample)
	var page bytes.Buffer
	if err := r.Picture()(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<html", "#1 client x: reserve +442079460001 with nonce x [0s to 100ms]", "#2 client y: reserve +442079460001 with nonce y", "nonce x waits since 0s"} {
		if !bytes.Contains(page.Bytes(), []byte(want)) {
			t.Errorf("want %q on the page", want)
		}
	}
	if want := "+442079460001: no order of its 2 operations is legal; the longest legal one has 1 and no place for #2 client y: reserve +442079460001 at 50ms–150ms: ok"; r.Reason != want {
		t.Errorf("got %q, want %q", r.Reason, want)
	}
}

func TestNoPictureOfAPass(t *testing.T) {
	for _, r := range []Result{searched(t.Context(), roa, ops(reserved(0, 1, "a", "x")), ample), searched(t.Context(), roa, h1, 0), {}} {
		if r.Picture() != nil {
			t.Errorf("%s: want no picture, got one", r.Status)
		}
	}
}
