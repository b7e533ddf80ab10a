//go:build unix

package load

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// BenchmarkWatch is a soak of 100 callers a second, each up for a minute, of whose history as much is written as in ten seconds
// before each look: b.N looks. It reports what the process took at most, and the time of the processor for a look.
func BenchmarkWatch(b *testing.B) {
	file := filepath.Join(b.TempDir(), "h.jsonl")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r, err := newRecord(f, history.Header{})
	if err != nil {
		b.Fatal(err)
	}
	facts := small()
	facts.Size, facts.WindowMin, facts.WindowMax = 20_000, 2*time.Minute, 2*time.Minute
	w := newWatch(file, "t-", map[string]reading.Facts{"acme": facts}, Default().Journey)
	const rate, up = 100, time.Minute
	type over struct{ call, ask *history.Op }
	ends := make(chan over, rate*int(up/time.Second)+1) // in order of time
	before, i := cpu(), 0
	for b.Loop() {
		for range 10 * rate {
			i++
			at := time.Duration(i) * time.Second / rate
			id, nonce, number := fmt.Sprintf("t-%d", i), fmt.Sprintf("t-n%d", i), fmt.Sprintf("+4420%08d", i%facts.Size)
			given := fmt.Appendf(nil, `{"nonce":%q,"shared_id":%q,"customer":"42","queue":"billing","language":"en-GB"}`, nonce, id)
			reserve := r.begin(history.Op{Client: id, Kind: history.Reserve, Project: "acme", Start: at, Nonce: nonce, SharedID: id, Attributes: given})
			reserve.Outcome, reserve.Status, reserve.End, reserve.Number = history.OK, 200, at+time.Millisecond, number
			r.update(reserve)
			call := r.begin(history.Op{Client: id, Kind: history.Call, Project: "acme", Start: at + 2*time.Millisecond, Number: number, Nonce: nonce, SharedID: id})
			call.Outcome, call.Status, call.End, call.CallID = history.OK, 200, at+3*time.Millisecond, "c"+id
			r.update(call)
			ended := *call
			ended.Ended, ended.EndedBy, ended.Bye = true, "platform", at+up
			ask := &history.Op{Client: id, Kind: history.Handoff, Project: "acme", Start: at + up + time.Millisecond, AskedSharedID: id}
			ask.Data = fmt.Appendf(nil, `{"echo_nonce":%q,"echo_attributes":%s,"echo_dnis":%q}`, nonce, given, number)
			ends <- over{&ended, ask}
			if len(ends) == cap(ends) {
				o := <-ends
				r.update(o.call)
				asked := r.begin(*o.ask)
				asked.Outcome, asked.Status, asked.End, asked.GotID, asked.GotSharedID = history.OK, 200, asked.Start+time.Millisecond, o.call.CallID, o.call.Client
				r.update(asked)
			}
		}
		if err := r.flush(); err != nil {
			b.Fatal(err)
		}
		if err := w.look(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	if s := w.soFar(); s.Violations > 0 || s.Missed != "" {
		b.Errorf("want nothing found, got %+v", s)
	}
	b.ReportMetric(float64(u.Maxrss)/1024, "MB")
	b.ReportMetric((cpu()-before).Seconds()/float64(b.N), "cpu-s/look")
	b.ReportMetric(float64(len(w.callers)), "callers-kept")
}
