package load

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/judge"
	"github.com/dnispool/dnispool/conformance/reading"
)

// callers writes the history of 90 callers, one every 50 ms, on a pool of twelve numbers. Each reserves, calls and reads its
// handoff within 40 ms. Agents say that they were given what given returns for each caller.
func callers(t *testing.T, given func(i int) int) []byte {
	t.Helper()
	var b bytes.Buffer
	r, err := newRecord(&b, history.Header{})
	if err != nil {
		t.Fatal(err)
	}
	const ms = time.Millisecond
	for i := 1; i <= 90; i++ {
		at := time.Duration(i) * 50 * ms
		id, nonce, number, call := fmt.Sprintf("t-%d", i), fmt.Sprintf("t-n%d", i), fmt.Sprintf("+44207946%04d", i%12), fmt.Sprintf("c%d", i)
		reserve := r.begin(history.Op{Client: id, Kind: history.Reserve, Project: "acme", Start: at, Nonce: nonce, SharedID: id, Attributes: fmt.Appendf(nil, `{"nonce":%q,"shared_id":%q}`, nonce, id)})
		reserve.Outcome, reserve.Status, reserve.End, reserve.Number = history.OK, 200, at+ms, number
		r.update(reserve)
		dial := r.begin(history.Op{Client: id, Kind: history.Call, Project: "acme", Start: at + 2*ms, Number: number, Nonce: nonce, SharedID: id})
		dial.Outcome, dial.Status, dial.End, dial.CallID = history.OK, 200, at+3*ms, call
		dial.Ended, dial.EndedBy, dial.Bye = true, "platform", at+20*ms
		r.update(dial)
		ask := r.begin(history.Op{Client: id, Kind: history.Handoff, Project: "acme", Start: at + 21*ms, AskedSharedID: id})
		ask.Outcome, ask.Status, ask.End, ask.GotID, ask.GotSharedID = history.OK, 200, at+22*ms, call, id
		echo := fmt.Sprintf("t-n%d", given(i))
		ask.Data = fmt.Appendf(nil, `{"echo_nonce":%q,"echo_attributes":{"nonce":%q,"shared_id":%q},"echo_dnis":%q}`, echo, echo, id, number)
		r.update(ask)
	}
	if err := r.flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestALongHistoryIsJudgedInParts: as it is judged whole, and what is wrong is found once, wherever it is.
func TestALongHistoryIsJudgedInParts(t *testing.T) {
	t.Parallel()
	facts := reading.Facts{
		Size: 12, WindowMin: 100 * time.Millisecond, WindowMax: 100 * time.Millisecond, CoolDown: new(time.Duration(0)), Release: reading.OnHangup, Bindings: "once",
		Exclusive: true, Handoffs: true, Strays: new(0.0), Signal: new(time.Duration(0)), ServerMax: new(time.Second), Eps: new(time.Duration(0)),
	}
	for wrong := 0; wrong <= 90; wrong += 6 {
		t.Run(fmt.Sprint(wrong), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "h.jsonl")
			text := callers(t, func(i int) int {
				if i == wrong && i > 0 {
					return i - 1
				}
				return i
			})
			if err := os.WriteFile(file, text, 0o666); err != nil {
				t.Fatal(err)
			}
			var whole finding.HistoryReport
			err := judge.Each(context.Background(), judge.Plan{Files: []string{file}, Facts: map[string]reading.Facts{"acme": facts}, Checks: check.Default()}, func(h finding.HistoryReport) error {
				whole = h
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			parted := &parts{file: file, prefix: "t-", facts: map[string]reading.Facts{"acme": facts}, most: 60, overlap: 200 * time.Millisecond}
			h, err := parted.judge(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if n := len(parted.cuts()); n < 4 || h.Operations != 270 {
				t.Errorf("want 4 parts or more and 270 operations, got %d and %d", n, h.Operations)
			}
			if h.Violations() != whole.Violations() || (wrong > 0) != (h.Violations() > 0) {
				t.Errorf("violations: want %d as in the whole, got %d: %+v", whole.Violations(), h.Violations(), h.Findings())
			}
		})
	}
}

func TestALongHistoryOfAnUnknownPoolIsNotJudged(t *testing.T) {
	t.Parallel()
	if _, err := (&parts{}).judge(context.Background()); err == nil {
		t.Error("want it refused without a window, got nothing")
	}
}
