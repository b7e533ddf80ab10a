package check

import (
	"maps"
	"slices"
	"testing"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// rows are, for each check, the smallest histories that separate two readings. Where a row violates, its neighbour
// shows what is missing to the proof.
func poolRows() map[string][]row {
	resting := func(f reading.Facts) reading.Facts {
		return with(f, func(f *reading.Facts) { f.CoolDown = new(sec(3)) })
	}
	lazy := with(roa, func(f *reading.Facts) { f.WindowMax = sec(30 * 24 * 3600) })
	many := with(roh, func(f *reading.Facts) { f.Bindings = "many" })
	answering := with(roa, func(f *reading.Facts) { f.Release = "answer" })
	slow := with(roa, func(f *reading.Facts) { f.ServerMax = new(sec(30)) })
	twice := func(end, second string) string {
		return "a was given twice: the first reservation could not end before " + end + ", and the second was answered at " + second
	}
	full := func(n string) string {
		return "refused at 1.1s although at most " + n + " of 2 numbers can have been held"
	}
	const nobody = "not judged: no call came to a number that was certainly reserved for it and for nobody else"
	return map[string][]row{
		"dialable-numbers": {
			{name: "a number in E.164", facts: roa, ops: []op{reserved(0, 0, "+442079460000")}},
			{name: "empty", facts: roa, ops: []op{reserved(0, 0, "")}, want: `dni: want a number like +442079460000, got ""`},
			{name: "without plus", facts: roa, ops: []op{reserved(0, 0, "442079460000")}, want: `dni: want a number like +442079460000, got "442079460000"`},
			{name: "too short", facts: roa, ops: []op{reserved(0, 0, "+4420")}, want: `dni: want a number like +442079460000, got "+4420"`},
			{name: "short, but long enough", facts: roa, ops: []op{reserved(0, 0, "+12345")}},
			{name: "foreign", facts: reading.Facts{Numbers: []string{"+442079460000"}}, ops: []op{reserved(0, 0, "+442079460001")}, want: "dni: +442079460001 is not one of the pool's 1 numbers"},
			{name: "of the drain as well", facts: roa, ops: drained(reserved(0, 0, "x")), want: `dni: want a number like +442079460000, got "x"`},
		},
		"no-double-lease": {
			{name: "a late call of an earlier holder may free it", facts: roa, undecided: 2,
				ops: []op{reserved(0, .1, "a"), dialled(.2, 12, "a"), reserved(11, 11.1, "a"), reserved(11.5, 11.6, "a")}},
			{name: "not when the agent says that it took nothing", facts: roa, want: twice("21s", "11.6s"), undecided: 1, // the lost call counts as unbound
				ops: []op{reserved(0, .1, "a"), dialled(.2, 12, "a").id("c1"), reserved(11, 11.1, "a").nonce("y"), reserved(11.5, 11.6, "a"), heard(20, "c1", "", "a")}},
			{name: "other numbers do not matter", facts: roa, ops: []op{reserved(0, .1, "a"), reserved(0, .1, "b")}},
			{name: "after the hang-up it is free", facts: roh, ops: []op{reserved(0, .1, "a"), dialled(.2, 2, "a").over(5), reserved(5, 5.1, "a")}},
			{name: "during the call it is not", facts: roh, ops: []op{reserved(0, .1, "a"), dialled(.2, 2, "a").over(5), reserved(4.7, 4.9, "a")}, want: twice("5s", "4.9s")},
			{name: "a refused call may have freed it", facts: roh, undecided: 1, ops: []op{reserved(0, .1, "a"), turnedAway(.2, 2, "a", 487, "caller"), reserved(1, 1.1, "a")}},
			{name: "a call that the carrier refused cannot", facts: roh, want: twice("10s", "1.1s"), ops: []op{reserved(0, .1, "a"), turnedAway(.2, 2, "a", 503, "carrier"), reserved(1, 1.1, "a")}},
			{name: "a call that nobody answered may have", facts: roa, undecided: 1, ops: []op{reserved(0, .1, "a"), turnedAway(.2, 2, "a", 408, "carrier"), reserved(1, 1.1, "a")}},
			{name: "a call that never was cannot", facts: roa, want: twice("10s", "1.1s"),
				ops: []op{reserved(0, .1, "a"), func() op { o := dialled(.2, 2, "a"); o.Outcome = history.Rejected; return o }(), reserved(1, 1.1, "a")}},
			{name: "an INVITE whose caller gave up may still arrive", facts: slow, undecided: 1, ops: []op{reserved(5, 5.1, "a"), dialled(.2, 2, "a").unknown(), reserved(6, 6.1, "a")}},
			{name: "but not for ever", facts: roa, want: twice("15s", "6.1s"), ops: []op{reserved(5, 5.1, "a"), dialled(.2, 2, "a").unknown(), reserved(6, 6.1, "a")}},
			{name: "still up when the history ends", facts: roh, ops: []op{reserved(0, .1, "a"), dialled(.2, 2, "a").upUntil(60), reserved(50, 50.1, "a"), missing(60, "s")},
				want: twice("1m0s", "50.1s")},
			{name: "the cool-down counts", facts: resting(roh), ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(5), reserved(7, 7.9, "a")}, want: twice("5s", "7.9s")},
			{name: "and is over", facts: resting(roh), ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(5), reserved(8, 8.1, "a")}},
			{name: "a window counted from when the request was out", facts: roa, want: twice("12s", "11.9s"), ops: []op{reserved(0, 2.1, "a").sent(2), reserved(11, 11.9, "a")}},
			{name: "and not from when it was begun", facts: roa, undecided: 1, ops: []op{reserved(0, 2.1, "a"), reserved(11, 11.9, "a")}},
			{name: "the agent says which call took it", facts: roh, want: twice("9s", "6s"), // the call that ended at 5 was another's
				ops: []op{reserved(0, .1, "a").nonce("x"), dialled(.2, .3, "a").id("c1").over(5), dialled(.2, .3, "a").nonce("x").id("c2").over(9), reserved(5.5, 6, "a"),
					heard(10, "c1", "", "a"), heard(10, "c2", "x", "a")}},
			{name: "it does not say", facts: roh, undecided: 1,
				ops: []op{reserved(0, .1, "a").nonce("x"), dialled(.2, .3, "a").id("c1").over(5), dialled(.2, .3, "a").nonce("x").id("c2").over(9), reserved(5.5, 6, "a")}},
			{name: "a retry leaves two reservations with one nonce", facts: roa, undecided: 1, // the first may have followed on a
				ops: []op{timedOut(0, 1).nonce("x"), reserved(1, 1.1, "a").nonce("x"), dialled(1.2, 14, "a").nonce("x").id("c1"), reserved(12, 12.5, "a"), heard(20, "c1", "x", "a")}},
			{name: "the platform ends a call a little before its BYE is seen", facts: with(roh, func(f *reading.Facts) { f.Signal = new(sec(.2)) }), undecided: 1,
				ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(5), reserved(4.8, 4.9, "a")}},
			{name: "leases lost in a restart", facts: roa, undecided: 1, ops: []op{reserved(0, .1, "a"), restarted(.5, .6, history.Refused), reserved(1, 1.1, "a")}},
			{name: "leases kept in a restart", facts: roa, want: twice("10s", "1.1s"), ops: []op{reserved(0, .1, "a"), restarted(.5, .6, history.OK), reserved(1, 1.1, "a")}},
			{name: "each is blamed once", facts: roa, want: twice("10s", "1.1s") + "\n" + twice("11s", "2.1s"), ops: []op{reserved(0, .1, "a"), reserved(1, 1.1, "a"), reserved(2, 2.1, "a")}},
			{name: "the reaper may be lazy", facts: lazy, undecided: 1, ops: []op{reserved(0, .1, "a"), reserved(50, 50.1, "a")}},
			{name: "nothing known", facts: reading.Facts{}, ops: []op{reserved(0, .1, "a")}, want: "not judged: the window or the release rule of the pool is not known"},
		},
		"capacity-respected": {
			{name: "three in a pool of two", facts: roa, ops: []op{reserved(0, 0, "a"), reserved(0, 0, "b"), reserved(1, 1, "b")}, want: "3 reservations were live at 1s, the pool has 2 numbers"},
			{name: "one after the other", facts: roa, ops: []op{reserved(0, 0, "a"), reserved(0, 0, "b"), reserved(10, 10, "a")}},
			{name: "more numbers than it has", facts: roa, ops: []op{reserved(0, 0, "a"), reserved(20, 20, "b"), reserved(40, 40, "c")}, want: "3 different numbers were given, the pool has 2"},
			{name: "whatever its window", facts: reading.Facts{Size: 1}, ops: []op{reserved(0, 0, "a"), reserved(20, 20, "b")}, want: "2 different numbers were given, the pool has 1"},
			{name: "the list tells the size", facts: with(roa, func(f *reading.Facts) { f.Size, f.Numbers = 0, []string{"a"} }), ops: []op{reserved(0, 0, "a"), reserved(1, 1, "b")},
				want: "2 reservations were live at 1s, the pool has 1 numbers"},
			{name: "nothing known", facts: reading.Facts{Size: 1}, want: "not judged: the size, the window or the release rule of the pool is not known"},
		},
		"exhaustion-justified": {
			{name: "a call holds the number under hang-up", facts: roh, ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(100), reserved(50, 50.1, "b"), refused(55, 55.1)}},
			{name: "not under arrival", facts: roa, ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(100), reserved(50, 50.1, "b"), refused(55, 55.1)},
				want: "refused at 55.1s although at most 1 of 2 numbers can have been held"},
			{name: "nor under answer, but only the end bounds the answer", facts: answering, ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(.5), reserved(.6, .7, "b"), refused(1, 1.1)}, want: full("1")},
			{name: "it rings", facts: answering, undecided: 1, ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(5), reserved(.6, .7, "b"), refused(1, 1.1)}},
			{name: "a server's failure may hold one", facts: roa, undecided: 1, ops: []op{reserved(0, .1, "a"), failed(0, .1, 500), refused(1, 1.1)}},
			{name: "a client's failure does not", facts: roa, ops: []op{reserved(0, .1, "a"), failed(0, .1, 401), refused(1, 1.1)}, want: full("1")},
			{name: "a success without a number may hold one", facts: roa, undecided: 1, ops: []op{reserved(0, .1, "a"), reserved(0, .1, ""), refused(1, 1.1)}},
			{name: "a lost reply that a stranger's call keeps", facts: roh, undecided: 1, // b may be what the first request took
				ops: []op{timedOut(0, .1), reserved(10, 10.1, "a"), dialled(5, 5.1, "b").over(100), refused(15, 15.1)}},
			{name: "a lost reply that nobody calls", facts: roh, ops: []op{timedOut(0, .1), reserved(10, 10.1, "a"), refused(15, 15.1)}, want: "refused at 15.1s although at most 1 of 2 numbers can have been held"},
			{name: "unless its server is slow", facts: with(roh, func(f *reading.Facts) { f.ServerMax = nil }), undecided: 1, ops: []op{timedOut(0, .1), reserved(10, 10.1, "a"), refused(15, 15.1)}},
			{name: "a call whose agent says nothing came keeps nothing", facts: roh, want: "refused at 15.1s although at most 1 of 2 numbers can have been held",
				ops: []op{reserved(0, .1, "a").nonce("x"), dialled(10.5, 10.6, "a").nonce("x").id("c1").over(100), reserved(10, 10.1, "b"), refused(15, 15.1), heard(101, "c1", "", "a")}},
			{name: "a call that came at the last moment may", facts: roh, undecided: 1,
				ops: []op{reserved(0, .1, "a").nonce("x"), dialled(10.5, 10.6, "a").nonce("x").id("c1").over(100), reserved(10, 10.1, "b"), refused(15, 15.1)}},
			{name: "a second call keeps the number where it is bound too", facts: many, undecided: 1,
				ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(5), dialled(4, 4.1, "a").over(100), reserved(15, 15.1, "b"), refused(16, 16.1)}},
			{name: "where it is not, it does not", facts: roh, want: "refused at 16.1s although at most 1 of 2 numbers can have been held",
				ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(5), dialled(4, 4.1, "a").over(100), reserved(15, 15.1, "b"), refused(16, 16.1)}},
			{name: "a lazy reaper may hold it", facts: lazy, undecided: 1, ops: []op{reserved(0, .1, "a"), reserved(99, 99.1, "b"), refused(100, 100.1)}},
			{name: "not once it was given again", facts: lazy, want: "refused at 1m40.1s although at most 1 of 2 numbers can have been held",
				ops: []op{reserved(0, .1, "a"), reserved(50, 50.1, "a"), dialled(50.2, 50.3, "a"), reserved(99, 99.1, "b"), refused(100, 100.1)}},
			{name: "the instant of the hang-up", facts: roh, ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(1), reserved(0, .1, "b"), refused(1, 1.1)}, undecided: 1},
			{name: "just after it", facts: roh, ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(.99), reserved(0, .1, "b"), refused(1, 1.1)}, want: full("1")},
			{name: "a request that was long on its way", facts: roh, ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(.9), reserved(0, .1, "b"), refused(.5, 1.1).sent(1)}, want: full("1")},
			{name: "a shared pool cannot be judged", facts: with(roa, func(f *reading.Facts) { f.Exclusive = false }), ops: []op{refused(0, 1)}, want: "not judged: somebody else may be using the pool"},
			{name: "nobody was refused", want: "not judged: no reservation was refused", facts: reading.Facts{}, ops: []op{reserved(0, .1, "a")}},
		},
		"no-lost-number": {
			{name: "all back", facts: roa, ops: drained(reserved(0, 0, "a"), reserved(0, 0, "b"), refused(0, 0))},
			{name: "one lost", facts: roa, ops: drained(reserved(0, 0, "a"), refused(0, 0)),
				want: "1 of 2 numbers came back after all calls were over and all windows had closed: 1 lost"},
			{name: "a lost reply may hold one", facts: roa, undecided: 1, ops: drained(reserved(0, 0, "a"), timedOut(0, 0), refused(1, 1))},
			{name: "so may one that was lost shortly before", facts: roa, undecided: 1, ops: append([]op{timedOut(0, 2)}, drained(reserved(3, 3, "a"), refused(4, 4))...)},
			{name: "and a call that is still up", facts: roh, undecided: 1, ops: append([]op{reserved(0, 0, "b"), dialled(1, 1, "b")}, drained(reserved(30, 30, "a"), refused(31, 31))...)},
			{name: "not one that is over", facts: roh, ops: append([]op{reserved(0, 0, "b"), dialled(1, 1, "b").over(5)}, drained(reserved(30, 30, "a"), refused(31, 31))...),
				want: "1 of 2 numbers came back after all calls were over and all windows had closed: 1 lost"},
			{name: "nobody was refused", facts: roa, ops: drained(reserved(0, 0, "a"), reserved(20, 20, "a")), want: "not judged: the drain ended before a reservation was refused"},
			{name: "not drained", facts: roa, ops: []op{reserved(0, 0, "a")}, want: "not judged: the pool was not drained"},
			{name: "with others", facts: with(roa, func(f *reading.Facts) { f.Exclusive = false }), ops: drained(refused(0, 0)), want: "not judged: somebody else may be using the pool"},
		},
		"reserved-number-answers": {
			{name: "refused", facts: roh, ops: []op{reserved(0, .1, "a").nonce("x"), turnedAway(.2, .3, "a", 486, "platform").nonce("x")}, want: "the call to the reserved number a was refused with 486"},
			{name: "by the carrier", want: nobody, facts: roh, ops: []op{reserved(0, .1, "a").nonce("x"), turnedAway(.2, .3, "a", 486, "carrier").nonce("x")}},
			{name: "the platform is full", facts: roh, want: nobody, ops: []op{reserved(0, .1, "a").nonce("x"), turnedAway(.2, .3, "a", 503, "platform").nonce("x")}},
			{name: "the caller gave up", facts: roh, want: nobody, ops: []op{reserved(0, .1, "a").nonce("x"), turnedAway(.2, .3, "a", 487, "caller").nonce("x")}},
			{name: "by nobody knows whom", facts: roh, undecided: 1, hazards: 1, ops: []op{reserved(0, .1, "a").nonce("x"), turnedAway(.2, .3, "a", 404, "").nonce("x")}},
			{name: "by nobody knows whom, of a number that may have been free again", facts: roh, want: nobody, ops: []op{reserved(0, .1, "a").nonce("x"), turnedAway(10.2, 10.3, "a", 486, "").nonce("x")}},
			{name: "no answer, which may be the carrier's", facts: roh, want: nobody, ops: []op{reserved(0, .1, "a").nonce("x"), turnedAway(.2, .3, "a", 0, "").nonce("x")}},
			{name: "answered", facts: roh, ops: []op{reserved(0, .1, "a").nonce("x"), dialled(.2, .3, "a").nonce("x")}},
			{name: "too late", want: nobody, facts: roh, ops: []op{reserved(0, .1, "a").nonce("x"), turnedAway(9.8, 10, "a", 480, "platform").nonce("x")}},
			{name: "a second time", facts: roh, ops: []op{reserved(0, .1, "a").nonce("x"), dialled(.2, .3, "a").nonce("x"), turnedAway(.4, .5, "a", 480, "platform").nonce("x")}},
			{name: "without a reservation", want: nobody, facts: roh, ops: []op{turnedAway(.4, .5, "a", 480, "platform")}},
		},
	}
}

func TestPool(t *testing.T) { runRows(t, poolRows()) }

func runRows(t *testing.T, rows map[string][]row) {
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		violated, clean := false, false
		for _, r := range rows[name] {
			v, c := r.run(t, name)
			violated, clean = violated || v, clean || c
		}
		if !violated || !clean {
			t.Errorf("%s: want a row that violates and one that does not", name)
		}
	}
}

// Every check has rows, and these show both of its answers.
func TestEveryCheckHasRows(t *testing.T) {
	rows := make(map[string]int)
	for _, table := range tables {
		for name, some := range table() {
			rows[name] += len(some)
		}
	}
	for _, c := range All() {
		if rows[c.Name] < 2 {
			t.Errorf("%s: want rows", c.Name)
		}
	}
}

func TestEveryCheckIsNamedOnce(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range All() {
		if seen[c.Name] || c.Invariant == "" || c.Says == "" {
			t.Errorf("%q: want a name of its own, its invariant and a sentence", c.Name)
		}
		seen[c.Name] = true
		if again, err := Named(c.Name); err != nil || len(again) != 1 || again[0].Name != c.Name {
			t.Errorf("Named(%q): got %+v, %v", c.Name, again, err)
		}
	}
	if _, err := Named("no-such-check"); err == nil || len(Names()) != len(seen) {
		t.Errorf("got a check of no name, or %d names for %d checks", len(Names()), len(seen))
	}
}
