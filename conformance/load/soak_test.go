//go:build linux

package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/telephony"
)

var (
	soak   = flag.Duration("soak", 2*time.Minute, "how long the soak is, in virtual time")
	soakAt = flag.Int("soak-rate", 10, "callers a second in it")
)

// TestSoak is a load test of any length in virtual time: the generator, the callers, the recorder, the looks of the checks while it
// goes on, and the judgement at the end are those of `dnispool load`; the platform is the reference, in this process and without
// sockets. Otherwise than in real time there are no HTTP and SIP messages, all processors' time costs no time, no calibration is
// made, and the checks look every two minutes and not every few seconds, so that each look takes more. What the process takes is
// logged at each tenth: what grows with the length shows there.
func TestSoak(t *testing.T) {
	dir := t.TempDir()
	report := Report{}
	var facts map[string]reading.Facts
	var of Test
	begun, before := time.Now(), cpu()
	tenth := 1
	synctest.Test(t, func(t *testing.T) {
		numbers := max(*soakAt*75, 60)
		stage := offlineStage(t, fmt.Sprintf("pool: {numbers: %d, window: 2m}\nhandoff: {retention: 10m}", numbers))
		facts = map[string]reading.Facts{"acme": stage.Facts("")}
		p := profile(t, fmt.Sprintf(`
load: v1
arrivals: %d/s
for: %v
grace: 1h
journey: {talk: {mean: 60s, cv: 0.5}, attributes: {customer: "42", queue: billing, language: en-GB}}
thresholds: [{want: violations == 0, abort: true}, wrong_context == 0, fail_open == 0]
`, *soakAt, *soak))
		of = Test{File: filepath.Join(dir, "h.jsonl"), lookEvery: 2 * time.Minute}
		of.Plan = Plan{Profile: p, Stage: stage, Seed: 1, Prefix: "t-", See: func(s Sample) {
			if tenth <= 10 && s.At*10 >= time.Duration(tenth)*(*soak) {
				t.Logf("%v: %d callers, %s, %v of the processor", s.At.Round(time.Second), s.Result.Whole.Begun, memory(), (cpu() - before).Round(time.Second))
				tenth++
			}
		}}
		if err := of.recorded(t.Context(), &report, facts); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("offered: %d callers, %d operations, %s, %v of the processor", report.Measured.Whole.Begun, report.Recorded, memory(), (cpu() - before).Round(time.Second))
	if err := of.judge(&report, facts); err != nil {
		t.Fatal(err)
	}
	t.Logf("judged (%s): %d cases, %s, %v of the processor", report.Judged.Source, report.Judged.Operations, memory(), (cpu() - before).Round(time.Second))
	t.Logf("took %v; looked until %v", time.Since(begun).Round(time.Second), report.Watched.Until.Round(time.Second))
	if report.Aborted != "" || report.CutOff > 0 || report.Watched.Missed != "" || report.NotJudged != "" || report.Judged.Violations() > 0 || report.Watched.Violations > 0 {
		t.Errorf("want nothing found and nothing missed, got aborted %q, cut off %d, %+v, not judged %q, %d violations",
			report.Aborted, report.CutOff, report.Watched, report.NotJudged, report.Judged.Violations())
	}
	if want := int(soak.Seconds()) * *soakAt; report.Recorded < 2*want {
		t.Errorf("want about %d callers' operations, got %d", want, report.Recorded)
	}
}

// memory is what this process takes and has taken at most, as Linux counts it, and what of it is in use.
func memory() string {
	status, _ := os.ReadFile("/proc/self/status")
	mb := func(key string) int {
		m := regexp.MustCompile(key + `:\s+(\d+) kB`).FindSubmatch(status)
		if m == nil {
			return 0
		}
		kb, _ := strconv.Atoi(string(m[1]))
		return kb >> 10
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("%d MiB resident, %d at most, heap %d", mb("VmRSS"), mb("VmHWM"), m.HeapAlloc>>20)
}

// offlineStage is the reference without sockets.
func offlineStage(t *testing.T, given string) *offline {
	t.Helper()
	g := worldOf(t, given)
	s, err := sim.New(g.Platform, func(p sim.Project) (conversation.Agent, error) { return g.Agents[p.Name], nil })
	if err != nil {
		t.Fatal(err)
	}
	return &offline{sim: s, given: g}
}

// offline is a Stage on a platform without sockets.
type offline struct {
	sim   *sim.Sim
	given world.World
	mu    sync.Mutex
	calls int
}

// BaseURL implements Stage.
func (o *offline) BaseURL() string { return "http://127.0.0.1" }

// Project implements Stage.
func (o *offline) Project(name string) (targets.Project, bool) { return o.given.Project(name) }

// Facts implements Stage.
func (o *offline) Facts(project string) reading.Facts {
	s, _ := o.given.Settings(project)
	return world.Facts(s)
}

// Do implements Stage.
func (o *offline) Do(r *http.Request) (*http.Response, error) {
	key := r.Header.Get("X-Api-Key")
	if r.Method == http.MethodPost {
		var body struct {
			Attributes json.RawMessage `json:"attributes"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return nil, err
		}
		number, err := o.sim.Reserve(r.Context(), key, body.Attributes)
		return reply(map[string]string{"dni": number}, err, api.ErrNoNumber)
	}
	query := r.URL.Query()
	state, err := o.sim.Handoff(r.Context(), key, api.Query{
		ID: query.Get("id"), HasID: query.Has("id"), SharedID: query.Get("shared_id"), HasSharedID: query.Has("shared_id"),
	})
	return reply(map[string]any{"id": state.ID, "shared_id": state.SharedID, "data": state.Data}, err, api.ErrNotFound)
}

// reply is 200 with a body, or 404.
func reply(body any, err, missing error) (*http.Response, error) {
	status := http.StatusOK
	switch {
	case errors.Is(err, missing):
		status, body = http.StatusNotFound, map[string]any{"success": false, "error": "Not Found", "error_message": err.Error()}
	case err != nil:
		return nil, err
	}
	text, err := json.Marshal(body)
	return &http.Response{StatusCode: status, Body: io.NopCloser(bytes.NewReader(text)), Header: http.Header{"Content-Type": {"application/json"}}}, err
}

// Dial implements Stage.
func (o *offline) Dial(ctx context.Context, d targets.Dial) (targets.Call, error) {
	o.mu.Lock()
	o.calls++
	id := fmt.Sprintf("call-%d", o.calls)
	o.mu.Unlock()
	s := o.sim.Call(telephony.Arrival{CallID: id, Number: d.To, ANI: d.From})
	if s == nil {
		return nil, fmt.Errorf("%s: no number of a pool", d.To)
	}
	s.Answered()
	c := &offlineCall{id: id, session: s, gone: make(chan struct{}), ended: make(chan struct{})}
	go c.live()
	return c, nil
}

// offlineCall is a call that was answered.
type offlineCall struct {
	id      string
	session telephony.Session
	once    sync.Once
	gone    chan struct{} // the caller has hung up
	ended   chan struct{}
	end     targets.CallEnd
}

// live is the call's life.
func (c *offlineCall) live() {
	step := c.session.Begin(context.Background())
	for {
		wait := time.NewTimer(step.Wait)
		select {
		case <-c.gone:
			wait.Stop()
			c.over("caller", conversation.CauseCaller)
			return
		case <-wait.C:
		}
		if step.Hangup {
			c.over("platform", step.Cause)
			return
		}
		step = c.session.Next(context.Background())
	}
}

func (c *offlineCall) over(by, cause string) {
	c.session.Hangup(cause)
	if by == "platform" {
		c.session.ByeLeft()
	}
	c.end = targets.CallEnd{By: by, How: "bye", At: time.Now()}
	close(c.ended)
	c.session.Finish(context.Background())
}

func (c *offlineCall) ID() string                                         { return c.id }
func (c *offlineCall) Answered() bool                                     { return true }
func (c *offlineCall) Status() int                                        { return http.StatusOK }
func (c *offlineCall) Reason() string                                     { return "OK" }
func (c *offlineCall) Press(context.Context, string, string) (int, error) { return http.StatusOK, nil }
func (c *offlineCall) Ended() <-chan struct{}                             { return c.ended }
func (c *offlineCall) End() targets.CallEnd                               { return c.end }
func (c *offlineCall) Hangup(ctx context.Context) (int, error) {
	c.once.Do(func() { close(c.gone) })
	select {
	case <-c.ended:
		return http.StatusOK, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
