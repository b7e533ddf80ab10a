package check

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

func sec(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// op is an operation that is written down in one line.
type op history.Op

func reserved(start, end float64, number string) op {
	return op{Kind: history.Reserve, Outcome: history.OK, Start: sec(start), End: sec(end), Number: number, Status: 200}
}

func refused(start, end float64) op {
	return op{Kind: history.Reserve, Outcome: history.Refused, Start: sec(start), End: sec(end), Status: 404}
}

func timedOut(start, end float64) op {
	return op{Kind: history.Reserve, Outcome: history.Indefinite, Start: sec(start), End: sec(end)}
}

func failed(start, end float64, status int) op {
	return op{Kind: history.Reserve, Outcome: history.Rejected, Start: sec(start), End: sec(end), Status: status}
}

// dialled is a call that was answered. When it ended is not known, unless it is ended.
func dialled(start, arrived float64, number string) op {
	return op{Kind: history.Call, Outcome: history.OK, Start: sec(start), End: sec(arrived), Number: number, Status: 200}
}

// turnedAway is a call that was refused.
func turnedAway(start, end float64, number string, status int, by string) op {
	o := dialled(start, end, number)
	o.Outcome, o.Status, o.EndedBy = history.Refused, status, by
	return o
}

func restarted(start, end float64, outcome history.Outcome) op {
	return op{Kind: history.Restart, Outcome: outcome, Start: sec(start), End: sec(end)}
}

// found is a handoff state that was read by shared_id.
func found(at float64, sharedID, id, data string) op {
	return op{Kind: history.Handoff, Outcome: history.OK, Start: sec(at), End: sec(at), AskedSharedID: sharedID, GotSharedID: sharedID, GotID: id, Data: json.RawMessage(data), Status: 200}
}

func missing(at float64, sharedID string) op {
	return op{Kind: history.Handoff, Outcome: history.Refused, Start: sec(at), End: sec(at), AskedSharedID: sharedID, Status: 404}
}

func (o op) nonce(s string) op      { o.Nonce = s; return o }
func (o op) shared(s string) op     { o.SharedID = s; return o }
func (o op) id(s string) op         { o.CallID = s; return o }
func (o op) project(s string) op    { o.Project = s; return o }
func (o op) client(s string) op     { o.Client = s; return o }
func (o op) on(generator string) op { o.Generator = generator; return o }
func (o op) draining() op           { o.Drain = true; return o }
func (o op) sent(at float64) op     { o.Sent = sec(at); return o }
func (o op) attributes(s string) op { o.Attributes = json.RawMessage(s); return o }
func (o op) over(at float64) op     { o.Ended, o.Bye, o.EndedBy = true, sec(at), "platform"; return o }
func (o op) upUntil(at float64) op  { o.Bye = sec(at); return o }
func (o op) overBy(who string, at float64) op {
	o = o.over(at)
	o.EndedBy = who
	return o
}
func (o op) unknown() op            { o.Outcome = history.Indefinite; return o }
func (o op) got(sharedID string) op { o.GotSharedID = sharedID; return o }
func (o op) askedID(id string) op   { o.AskedID, o.AskedSharedID = id, ""; return o }

// says is what the echo agent writes of a call that was given the attributes with this nonce; "" is none.
func says(nonce, number string) string {
	if nonce == "" {
		return fmt.Sprintf(`{"echo_nonce":null,"echo_attributes":null,"echo_dnis":%q}`, number)
	}
	return fmt.Sprintf(`{"echo_nonce":%q,"echo_attributes":{"nonce":%q},"echo_dnis":%q}`, nonce, nonce, number)
}

// heard is a reading by id of what the agent says.
func heard(at float64, id, nonce, number string) op {
	o := found(at, "", id, says(nonce, number))
	o.AskedID = id
	return o
}

// ops are operations with the ids that a recorder would have given them: in the order in which they began.
func ops(all ...op) []history.Op {
	out, order := make([]history.Op, len(all)), make([]*history.Op, len(all))
	for i, o := range all {
		out[i] = history.Op(o)
		order[i] = &out[i]
	}
	slices.SortStableFunc(order, func(a, b *history.Op) int { return cmp.Compare(a.Start, b.Start) })
	for i, o := range order {
		o.ID = i + 1
	}
	return out
}

func drained(all ...op) []op {
	for i := range all {
		all[i] = all[i].draining()
	}
	return all
}

// roa and roh are a pool of two numbers whose window is known to lie in 10 to 11 seconds, released on arrival and on
// hang-up.
var (
	roa = reading.Facts{Size: 2, WindowMin: sec(10), WindowMax: sec(11), Release: "arrival", Exclusive: true, CoolDown: new(time.Duration(0)), Strays: new(0.0), Signal: new(time.Duration(0)), Eps: new(time.Duration(0)), Bindings: "once", ServerMax: new(time.Duration(1))}
	roh = with(roa, func(f *reading.Facts) { f.Release = "hangup" })
)

func with(f reading.Facts, change func(*reading.Facts)) reading.Facts {
	change(&f)
	return f
}

// judgeAll applies the checks that are applied when nobody names any.
func judgeAll(facts map[string]reading.Facts, ops []history.Op) []finding.Judged {
	return Judge(context.Background(), reading.Of(facts, ops), Default(), 0).Results
}

// judgeBy applies the checks of these names.
func judgeBy(t *testing.T, facts map[string]reading.Facts, ops []history.Op, names ...string) finding.Judgement {
	t.Helper()
	checks, err := Named(names...)
	if err != nil {
		t.Fatal(err)
	}
	return Judge(t.Context(), reading.Of(facts, ops), checks, Budget)
}

// outcome is what one check says of the history of one project.
func outcome(t *testing.T, name string, f reading.Facts, ops []history.Op) finding.Outcome {
	t.Helper()
	return judgeBy(t, map[string]reading.Facts{"": f}, ops, name).Results[0].Outcome
}

// tables are the rows of all checks. The test of a check that has a file of its own adds them there.
var tables = []func() map[string][]row{poolRows, orderRows, echoRows, handoffRows, endsRows, servedRows}

// row is a tiny history and what one check says of it.
type row struct {
	name      string
	facts     reading.Facts
	ops       []op
	want      string // the texts of the violations, or "not judged: …"; "" is clean
	undecided int
	hazards   int
	certainty finding.Certainty // of the first violation; "" is certain
}

func (r row) run(t *testing.T, name string) (violated, clean bool) {
	t.Helper()
	t.Run(name+"/"+r.name, func(t *testing.T) {
		out := outcome(t, name, r.facts, ops(r.ops...))
		var got []string
		if out.NotJudged != "" {
			got = append(got, "not judged: "+out.NotJudged)
		}
		for _, v := range out.Violations {
			got = append(got, v.Text)
			if v.Rule == "" || v.Cause == "" || len(v.Ops) == 0 && name != "capacity-respected" {
				t.Errorf("want a rule, a cause and operations, got %+v", v)
			}
		}
		if g := strings.Join(got, "\n"); g != r.want {
			t.Errorf("got  %s\nwant %s", g, r.want)
		}
		if out.Undecided != r.undecided || len(out.Hazards) != r.hazards {
			t.Errorf("got %d undecided and %d hazards %v, want %d and %d", out.Undecided, len(out.Hazards), out.Hazards, r.undecided, r.hazards)
		}
		want := r.certainty
		if want == "" {
			want = finding.Certain
		}
		if len(out.Violations) > 0 && out.Violations[0].Certainty != want {
			t.Errorf("got %q, want %q", out.Violations[0].Certainty, want)
		}
		violated, clean = len(out.Violations) > 0, out.NotJudged == "" && len(out.Violations) == 0
	})
	return violated, clean
}
