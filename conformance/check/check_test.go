package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

func sec(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func reserved(start, end float64, number string) history.Op {
	return history.Op{Kind: history.Reserve, Outcome: history.OK, Start: sec(start), End: sec(end), Number: number}
}

func refused(start, end float64) history.Op {
	return history.Op{Kind: history.Reserve, Outcome: history.Refused, Start: sec(start), End: sec(end)}
}

func timedOut(start, end float64) history.Op {
	return history.Op{Kind: history.Reserve, Outcome: history.Indefinite, Start: sec(start), End: sec(end)}
}

func call(start, arrived float64, number string) history.Op {
	return history.Op{Kind: history.Call, Outcome: history.OK, Start: sec(start), End: sec(arrived), Number: number}
}

func ended(o history.Op, at float64) history.Op {
	o.Ended, o.Bye = true, sec(at)
	return o
}

func with(o history.Op, nonce, shared string) history.Op {
	o.Nonce, o.SharedID = nonce, shared
	return o
}

func withID(o history.Op, id string) history.Op { o.CallID = id; return o }

func drained(ops ...history.Op) []history.Op {
	for i := range ops {
		ops[i].Drain = true
	}
	return ops
}

func read(at float64, asked, got, id, data string) history.Op {
	return history.Op{Kind: history.Handoff, Outcome: history.OK, Start: sec(at), End: sec(at), AskedSharedID: asked, GotSharedID: got, GotID: id, Data: json.RawMessage(data)}
}

func missing(at float64, asked string) history.Op {
	return history.Op{Kind: history.Handoff, Outcome: history.Refused, Start: sec(at), End: sec(at), AskedSharedID: asked, Status: 404}
}

// roa and roh are a pool of two numbers whose window is known to lie in 10 to 11 seconds.
var (
	roa = Facts{Size: 2, WindowMin: sec(10), WindowMax: sec(11), Release: "arrival", Exclusive: true}
	roh = Facts{Size: 2, WindowMin: sec(10), WindowMax: sec(11), Release: "hangup", Exclusive: true}
)

func rest(f Facts, d time.Duration) Facts { f.CoolDown = d; return f }

func TestChecks(t *testing.T) {
	echo := func(nonce, dnis string) string {
		return fmt.Sprintf(`{"echo_nonce":%s,"echo_dnis":"%s"}`, nonce, dnis)
	}
	for _, tc := range []struct {
		name  string
		check string
		facts Facts
		ops   []history.Op
		want  string // "" is clean, "not judged: …" or the violation's text
	}{
		{"two at once", "no-double-lease", roa, []history.Op{reserved(0, .1, "a"), reserved(.05, .15, "a")},
			"a was given twice: the first reservation could not end before 10s, and the second was answered at 150ms"},
		{"just before the window closes", "no-double-lease", roa, []history.Op{reserved(0, .1, "a"), reserved(9.8, 9.9, "a")},
			"a was given twice: the first reservation could not end before 10s, and the second was answered at 9.9s"},
		{"the commit can lie after the window", "no-double-lease", roa, []history.Op{reserved(0, .1, "a"), reserved(9.8, 10.05, "a")}, ""},
		{"a call on its way frees the number on arrival", "no-double-lease", roa, []history.Op{reserved(0, .1, "a"), call(.2, 2, "a"), reserved(.3, .4, "a")}, ""},
		{"it does not on hang-up", "no-double-lease", roh, []history.Op{reserved(0, .1, "a"), ended(call(.2, 2, "a"), 5), reserved(.3, .4, "a")},
			"a was given twice: the first reservation could not end before 5s, and the second was answered at 400ms"},
		{"after the hang-up it is free", "no-double-lease", roh, []history.Op{reserved(0, .1, "a"), ended(call(.2, 2, "a"), 5), reserved(5, 5.1, "a")}, ""},
		{"a late call of an earlier holder may free it", "no-double-lease", roa,
			[]history.Op{reserved(0, .1, "a"), call(.2, 12, "a"), reserved(11, 11.1, "a"), reserved(11.5, 11.6, "a")}, ""},
		{"other numbers do not matter", "no-double-lease", roa, []history.Op{reserved(0, .1, "a"), reserved(0, .1, "b")}, ""},
		{"the cool-down counts", "no-double-lease", rest(roh, sec(3)), []history.Op{reserved(0, .1, "a"), ended(call(.2, .3, "a"), 5), reserved(7, 7.9, "a")},
			"a was given twice: the first reservation could not end before 5s, and the second was answered at 7.9s"},
		{"and is over", "no-double-lease", rest(roh, sec(3)), []history.Op{reserved(0, .1, "a"), ended(call(.2, .3, "a"), 5), reserved(8, 8.1, "a")}, ""},
		{"nothing known", "no-double-lease", Facts{}, []history.Op{reserved(0, .1, "a")}, "not judged: the window or the release rule of the pool is not known"},

		{"three in a pool of two", "capacity-respected", roa, []history.Op{reserved(0, 0, "a"), reserved(0, 0, "b"), reserved(1, 1, "c")},
			"3 reservations were live at 1s, the pool has 2 numbers"},
		{"one after the other", "capacity-respected", roa, []history.Op{reserved(0, 0, "a"), reserved(0, 0, "b"), reserved(10, 10, "a")}, ""},

		{"both held", "exhaustion-justified", roa, []history.Op{reserved(0, .1, "a"), reserved(.1, .2, "b"), refused(1, 1.1)}, ""},
		{"one held", "exhaustion-justified", roa, []history.Op{reserved(0, .1, "a"), refused(1, 1.1)},
			"refused at 1.1s although at most 1 of 2 numbers can have been held"},
		{"a lost reply may hold one", "exhaustion-justified", roa, []history.Op{reserved(0, .1, "a"), timedOut(0, 2), refused(3, 3.1)}, ""},
		{"but not for ever", "exhaustion-justified", roa, []history.Op{reserved(0, .1, "a"), timedOut(0, 2), refused(20, 20.1)},
			"refused at 20.1s although at most 0 of 2 numbers can have been held"},
		{"the reaper may be late", "exhaustion-justified", roa, []history.Op{reserved(0, .1, "a"), reserved(9, 9.1, "b"), refused(10.5, 10.6)}, ""},
		{"a call holds the number under hang-up", "exhaustion-justified", roh,
			[]history.Op{reserved(0, .1, "a"), ended(call(.2, .3, "a"), 100), reserved(50, 50.1, "b"), refused(55, 55.1)}, ""},
		{"not under arrival", "exhaustion-justified", roa,
			[]history.Op{reserved(0, .1, "a"), ended(call(.2, .3, "a"), 100), reserved(50, 50.1, "b"), refused(55, 55.1)},
			"refused at 55.1s although at most 1 of 2 numbers can have been held"},
		{"a shared pool cannot be judged", "exhaustion-justified", Facts{Size: 2, WindowMin: 1, WindowMax: 1, Release: "hangup"}, []history.Op{refused(0, 1)},
			"not judged: somebody else may be using the pool"},

		{"all back", "no-lost-number", roa, drained(reserved(0, 0, "a"), reserved(0, 0, "b"), refused(0, 0)), ""},
		{"one lost", "no-lost-number", roa, drained(reserved(0, 0, "a"), refused(0, 0)),
			"1 of 2 numbers came back after all calls were over and all windows had closed: 1 lost"},
		{"the same one twice", "no-lost-number", roa, drained(reserved(0, 0, "a"), reserved(0, 0, "a")),
			"1 of 2 numbers came back after all calls were over and all windows had closed: 1 lost"},
		{"not drained", "no-lost-number", roa, []history.Op{reserved(0, 0, "a")}, "not judged: the pool was not drained"},

		{"own attributes", "no-cross-talk", roa, []history.Op{with(reserved(0, 0, "a"), "x", "s1"), withID(with(call(1, 1, "a"), "x", "s1"), "c1"),
			read(2, "s1", "s1", "c1", echo(`"x"`, "a"))}, ""},
		{"lost attributes are no cross-talk", "no-cross-talk", roa, []history.Op{with(reserved(0, 0, "a"), "x", "s1"), withID(with(call(1, 1, "a"), "x", "s1"), "c1"),
			read(2, "", "", "c1", echo(`null`, "a"))}, ""},
		{"somebody else's", "no-cross-talk", roa, []history.Op{with(reserved(0, 0, "a"), "x", ""), with(reserved(0, 0, "b"), "y", ""),
			withID(with(call(1, 1, "a"), "x", ""), "c1"), read(2, "", "", "c1", echo(`"y"`, "a"))},
			"call to a was given the attributes of another reservation: want nonce x, got y"},
		{"a stray is given any", "no-cross-talk", roa, []history.Op{with(reserved(0, 0, "a"), "x", ""), withID(call(1, 1, "a"), "c1"), read(2, "", "", "c1", echo(`"x"`, "a"))},
			"call to a, placed without a reservation, was given the attributes of another caller"},
		{"fabricated", "no-cross-talk", roa, []history.Op{withID(with(call(1, 1, "a"), "x", ""), "c1"), read(2, "", "", "c1", echo(`"z"`, "a"))},
			"call to a was given attributes that nobody sent (nonce z)"},
		{"taken twice", "no-cross-talk", roa, []history.Op{with(reserved(0, 0, "a"), "x", ""), withID(with(call(1, 1, "a"), "x", ""), "c1"), withID(with(call(2, 2, "a"), "x", ""), "c2"),
			read(3, "", "", "c1", echo(`"x"`, "a")), read(3, "", "", "c2", echo(`"x"`, "a"))},
			"two calls were given the attributes of one reservation (nonce x)"},
		{"no echo", "no-cross-talk", roa, []history.Op{withID(call(1, 1, "a"), "c1"), read(2, "", "", "c1", `{"handoff_to":null}`)},
			"not judged: no handoff state of a call carries echo_nonce: the agent does not echo, or nobody asked"},

		{"of another shared_id", "handoff-matches-call", roa, []history.Op{read(2, "s1", "s2", "c1", `{}`)}, `asked for shared_id "s1", got the state of shared_id "s2"`},
		{"of another number", "handoff-matches-call", roa, []history.Op{withID(call(1, 1, "a"), "c1"), read(2, "s1", "s1", "c1", echo(`null`, "b"))},
			"the state of the call to a says that b was dialled"},
		{"agrees", "handoff-matches-call", roa, []history.Op{withID(call(1, 1, "a"), "c1"), read(2, "s1", "s1", "c1", echo(`null`, "a"))}, ""},
		{"nothing read", "handoff-matches-call", roa, nil, "not judged: no handoff state was read"},

		{"found", "no-fail-open-drop", roa, []history.Op{with(call(1, 1, "a"), "", "s1"), missing(1.5, "s1"), read(2, "s1", "s1", "c1", `{}`)}, ""},
		{"never found", "no-fail-open-drop", roa, []history.Op{with(call(1, 1, "a"), "", "s1"), missing(2, "s1")},
			`fail-open drop: the call to a was answered, yet there is no handoff state under shared_id "s1"; ` +
				"a client that follows the documented rule takes the call as complete and drops a caller who may need a human"},
		{"asked before the call", "no-fail-open-drop", roa, []history.Op{missing(.5, "s1"), with(call(1, 1, "a"), "", "s1")}, "not judged: no answered call's shared_id was asked for"},

		{"dialable", "dialable-numbers", roa, []history.Op{reserved(0, 0, "+442079460000")}, ""},
		{"empty", "dialable-numbers", roa, []history.Op{reserved(0, 0, "")}, `dni: want a number like +442079460000, got ""`},
		{"foreign", "dialable-numbers", Facts{Numbers: []string{"+442079460000"}}, []history.Op{reserved(0, 0, "+442079460001")},
			"dni: +442079460001 is not one of the pool's 1 numbers"},
	} {
		t.Run(tc.check+"/"+tc.name, func(t *testing.T) {
			c, ok := Named(tc.check)
			if !ok {
				t.Fatalf("check %q is not registered", tc.check)
			}
			for i := range tc.ops {
				tc.ops[i].ID = i + 1
			}
			out := c.Judge(tc.facts, tc.ops)
			var got []string
			if out.NotJudged != "" {
				got = append(got, "not judged: "+out.NotJudged)
			}
			for _, v := range out.Violations {
				got = append(got, v.Text)
			}
			if g := strings.Join(got, "\n"); g != tc.want {
				t.Errorf("got  %s\nwant %s", g, tc.want)
			}
		})
	}
}

func TestEveryCheckIsNamedOnce(t *testing.T) {
	names := Names()
	if slices.Sort(names); len(slices.Compact(names)) != len(All()) {
		t.Errorf("names are not unique: %v", names)
	}
	for _, c := range All() {
		if c.Invariant == "" || c.Says == "" {
			t.Errorf("%s: want its invariant and a sentence", c.Name)
		}
	}
}
