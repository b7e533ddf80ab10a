package aim_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/sipua"
)

const dayHead = "scenario: v1\nsummary: It works.\nrequirement: It works on a bad day, %s.\nsource: a test\nlevel: must\nsteps:\n"

// onBadDays is what is played on a bad day: a reservation, and a call that carries its attributes to the agent and back.
var onBadDays = fstest.MapFS{
	"day/http.yaml": {Data: fmt.Appendf(nil, dayHead+`  - handoff: {shared_id: nobody-1}
    expect: {status: 404}
  - reserve: {attributes: {shared_id: http-1}}
    expect: {status: 200, body: {dni: {matches: e164}}}
  - handoff: {shared_id: nobody-2}
    expect: {status: 404}
`, "over HTTP")},
	"day/call.yaml": {Data: fmt.Appendf(nil, dayHead+`  - reserve: {attributes: {shared_id: call-1, nonce: n-1, want_handoff_to: billing}}
    as: lease
    expect: {status: 200}
  - dial: {to: "${lease.body.dni}", from: "+442079460514"}
    as: call
    expect: {answered: true}
  - await: {call: call, within: 2s}
    expect: {ended_by: platform}
  - handoff: {shared_id: call-1}
    within: 1s
    expect: {status: 200, body: {data: {handoff_to: billing, echo_nonce: n-1}}}
check: [attributes-delivered, no-fail-open-drop]
`, "in a call")},
	"talk/on.yaml": {Data: fmt.Appendf(nil, dayHead+`  - reserve: {attributes: {shared_id: talk-1, want_talk: 2.1}}
    as: lease
    expect: {status: 200}
  - dial: {to: "${lease.body.dni}"}
    as: call
    expect: {answered: true}
  - await: {call: call, within: 4s}
    expect: {ended_by: platform}
`, "in a conversation")},
	"slow/request.yaml": {Data: fmt.Appendf(nil, dayHead+`  - reserve: {attributes: {shared_id: slow-1, nonce: slow-line, want_handoff_to: billing}, send: {pause: 200ms}}
    as: lease
    expect: {status: 200}
  - dial: {to: "${lease.body.dni}"}
    as: call
  - await: {call: call, within: 2s}
  - handoff: {shared_id: slow-1}
    within: 1s
    expect: {status: 200, body: {data: {echo_nonce: slow-line}}}
check: [attributes-delivered, no-double-lease]
`, "with a slow request")},
}

// day is what is wrong with a platform, and what a run on it must come to.
type day struct {
	name            string
	http            func(w http.ResponseWriter, r *http.Request) bool // reports whether it has answered in the platform's place
	body            func(r *http.Request, body string) string         // changes a reply's body
	chunked         bool                                              // what is between reads each request and reply to its end before it passes them on, the reply in pieces
	account         string                                            // instead of the platform's
	key             string                                            // instead of both of the platform's
	call            func(leg *sipua.Leg)                              // takes calls in the platform's place
	trunk           pstn.Format                                       // calls reach the platform by a trunk that writes numbers in this form
	tls             *tls.Config
	more            string        // of the target file
	longest         string        // call; "" is 2s
	base, trunkName string        // instead of the platform's URL and SIP address
	leap            time.Duration // of the wall clock, in the middle of day/http
	mute            bool          // the platform sends no audio
	spare           bool          // a second host takes calls on to the platform
	play            string        // "" is day/http
	code            int
	want            []string // somewhere in the report
}

func status(code int, text string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text)
		return true
	}
}

func refused(code int) day {
	return day{
		name: fmt.Sprintf("SIP %d", code), play: "day/call", code: finding.ExitNotConformant,
		call: func(leg *sipua.Leg) { _ = leg.Reject(code, "") }, want: []string{fmt.Sprintf("%d ", code), "the one call that was placed was not answered"},
	}
}

// arrived is the time at which an agent says that its call arrived.
var arrived = regexp.MustCompile(`20\d\d-\d\d-\d\dT[0-9:.]+Z`)

// at sets the Date of each reply, off by so much.
func at(off time.Duration) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
		return false
	}
}

// throttled answers the first request with 429.
func throttled(after string) func(http.ResponseWriter, *http.Request) bool {
	var seen atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) bool {
		if seen.Add(1) > 1 {
			return false
		}
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		return status(http.StatusTooManyRequests, `{"message":"slower"}`)(w, r)
	}
}

// refusing answers requests of a method with 401 when so many have been let through.
func refusing(method string, after int32) func(http.ResponseWriter, *http.Request) bool {
	var seen atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == method && seen.Add(1) > after && status(http.StatusUnauthorized, `{"error_message":"x"}`)(w, r)
	}
}

func badDays() []day {
	return []day{
		{name: "a good one", play: "day/*", code: finding.ExitConformant},
		{name: "keys of another region, or expired", key: "somebodys", code: finding.ExitInconclusive, want: []string{
			"want 404, got 401", "the key is wrong, expired or revoked, or of another region, which a 401 does not tell apart"}},
		{name: "one key that was revoked", http: func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodPost && status(401, `{"success":false,"error":"Unauthorized","message":"x"}`)(w, r)
		}, play: "*/*", code: finding.ExitInconclusive, want: []string{"want 200, got 401", "the key is wrong, expired or revoked, or of another region, which a 401 does not tell apart"}},
		{name: "one key that is refused after it was taken", http: refusing(http.MethodGet, 1), play: "day/*", code: finding.ExitNotConformant, want: []string{
			"got 401", "the key is wrong, expired or revoked, or of another region, which a 401 does not tell apart"}},
		{name: "a wrong account", account: "other", code: finding.ExitInconclusive, want: []string{
			"want 404, got 403", "the key is of another account or project, or it was revoked, which a 403 does not tell apart"}},
		{name: "a wrong account that is not said to be one", play: "day/call", http: func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodGet && status(404, `{"error_message":"no handoff state found"}`)(w, r)
		}, code: finding.ExitNotConformant, want: []string{"want 200, got 404", "requests for a handoff state was answered 404: the account or project may be wrong"}},
		{name: "a key for another project", http: func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodGet && status(403, `{"error_message":"x"}`)(w, r)
		}, code: finding.ExitInconclusive, want: []string{"want 404, got 403", "the key is of another account or project, or it was revoked"}},
		{name: "a page instead of JSON", http: func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>Welcome</html>")
			return true
		}, code: finding.ExitNotConformant, want: []string{"text/html", "want 404, got 200", "a page of HTML: this is no API"}},
		{name: "429 with Retry-After", http: throttled("0"), code: finding.ExitConformant, want: []string{"the platform limited the rate: 1 request was answered"}},
		{name: "429 without", http: throttled(""), code: finding.ExitConformant, want: []string{"the platform limited the rate"}},
		{name: "a proxy that holds replies back", http: func(http.ResponseWriter, *http.Request) bool {
			time.Sleep(100 * time.Millisecond)
			return false
		}, play: "day/*", code: finding.ExitConformant},
		{name: "a proxy that passes on what it has read to its end", chunked: true, play: "*/*", longest: "10s", code: finding.ExitConformant},
		{name: "a proxy that holds replies back for longer than anybody waits", http: func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost {
				time.Sleep(3 * time.Second)
			}
			return false
		}, code: finding.ExitInconclusive, want: []string{"no reply came within 2.", "s, and a proxy or a network may still have it: raise limits.patience"}},
		{name: "a clock that is off, in what the agent tells too", play: "day/*", http: at(5 * time.Second), body: func(_ *http.Request, body string) string {
			return arrived.ReplaceAllStringFunc(body, func(at string) string {
				when, err := time.Parse(time.RFC3339Nano, at)
				if err != nil {
					return at
				}
				return when.Add(5 * time.Second).Format(time.RFC3339Nano)
			})
		}, code: finding.ExitConformant, want: []string{"the platform's clock is about 5s ahead of this one"}},
		{name: "a clock that is off", http: at(5 * time.Second), code: finding.ExitConformant, want: []string{"the platform's clock is about 5s ahead of this one"}},
		{name: "a name that leads nowhere", base: "https://platform.invalid", code: finding.ExitNotJudged, want: []string{"cannot be reached", "lookup platform.invalid", "nothing that was sent was answered: dnispool target check says what is wrong"}},
		{name: "a trunk's name that leads nowhere", play: "day/call", trunkName: "trunk.invalid:5060", code: finding.ExitNotJudged, want: []string{"calls.trunk trunk.invalid:5060: ", "lookup trunk.invalid"}},
		{name: "a laptop that sleeps", play: "day/*", leap: 5 * time.Minute, code: finding.ExitInconclusive, want: []string{
			"this machine slept, or its clock was set: it has not counted 5m0s; times from before", ": 1 passed, 1 inconclusive", "5m0s; what was played meanwhile is"}},
		{name: "a laptop that sleeps before a failure", leap: 5 * time.Minute, http: status(500, `{}`), code: finding.ExitInconclusive, want: []string{"seen all the same: step 1", "want 404, got 500"}},
		{name: "a clock that is set back", leap: -time.Hour, code: finding.ExitInconclusive, want: []string{"this machine's clock was set back by 1h0m0s; times from before"}},
		{name: "dies in the middle", http: func() func(http.ResponseWriter, *http.Request) bool {
			var seen atomic.Int32
			return func(http.ResponseWriter, *http.Request) bool {
				if seen.Add(1) > 2 {
					panic(http.ErrAbortHandler)
				}
				return false
			}
		}(), code: finding.ExitInconclusive, want: []string{"EOF"}},
		{name: "a certificate of another name", tls: new(tls.Config), more: "tls: {server_name: other.example, ca: ca.pem}", code: finding.ExitNotJudged, want: []string{"cannot be reached", "certificate is valid for"}},
		{name: "a certificate of nobody", tls: new(tls.Config), code: finding.ExitNotJudged, want: []string{"cannot be reached", "certificate signed by unknown authority"}},
		{name: "a certificate that has ended", tls: expired(), code: finding.ExitNotJudged, want: []string{"cannot be reached", "certificate has expired"}},
		{name: "a trunk whose first host is out of service", play: "day/call", spare: true, call: func(leg *sipua.Leg) { _ = leg.Reject(503, "") }, code: finding.ExitConformant},
		{name: "one-way audio", play: "talk/on", mute: true, longest: "10s", code: finding.ExitConformant, want: []string{"one-way audio: in 1 call of 2s or longer no audio came in, of 1 that were answered"}},
		refused(302), refused(403), refused(407), refused(480), refused(486), refused(488), refused(503),
		{name: "no answer", play: "day/call", call: func(leg *sipua.Leg) {
			_ = leg.Provisional(180, "Ringing", nil)
			<-leg.Done()
		}, code: finding.ExitNotConformant, want: []string{"487 ", "the caller gave up before it was answered"}},
		{name: "a BYE that never comes", play: "day/call", call: func(leg *sipua.Leg) {
			_ = leg.Answer(context.Background(), nil)
			<-leg.Done()
		}, code: finding.ExitNotConformant, want: []string{
			`ended_by: want "platform", got "caller"`, "no BYE came: the agent has not ended the call, or its BYE did not get here"}},
		{name: "a BYE that never comes, to a call that is up", play: "day/call", longest: "20s", call: func(leg *sipua.Leg) {
			_ = leg.Answer(context.Background(), nil)
			<-leg.Done()
		}, code: finding.ExitNotConformant, want: []string{"want to have ended within 2s, got it is still up", "no BYE came: the agent has not ended the call"}},
		{name: "a trunk that changes the number", play: "day/call", trunk: pstn.Last4, code: finding.ExitNotConformant, want: []string{"or it writes them in another form"}},
		{name: "a trunk that leaves the plus out", play: "day/call", trunk: pstn.E164NoPlus, code: finding.ExitConformant},
		{name: "an agent that does not echo", play: "day/call", body: func(r *http.Request, body string) string {
			if r.Method == http.MethodGet {
				return strings.NewReplacer(`"echo_nonce"`, `"x"`, `"echo_attributes"`, `"y"`).Replace(body)
			}
			return body
		}, code: finding.ExitNotConformant, want: []string{"echo_nonce", "the agent is not the echo agent"}},
	}
}

// TestBadDays: whatever is wrong, a run comes to a verdict that names it, and leaves a report.
func TestBadDays(t *testing.T) {
	t.Parallel()
	for _, d := range badDays() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			r := d.run(t)
			t.Log(written(t, r)["text"])
			var text, page bytes.Buffer
			if err := report.JSON(&text, r, nil); err != nil {
				t.Fatal(err)
			}
			if err := report.HTML(&page, r, nil); err != nil {
				t.Fatal(err)
			}
			if got := r.Conclusion().ExitCode(); got != d.code {
				t.Errorf("want %d, got %d: %s\n%s", d.code, got, r.Sentence(), summary(r))
			}
			for _, want := range d.want {
				if !strings.Contains(summary(r), want) {
					t.Errorf("want %q, got %s", want, summary(r))
				}
			}
			if strings.Contains(text.String(), "goroutine ") {
				t.Errorf("want no stack trace, got %s", text.String())
			}
		})
	}
}

// TestAudioOnTheTrunk: silence goes out and what comes in is counted, in the report and beside the call.
func TestAudioOnTheTrunk(t *testing.T) {
	t.Parallel()
	r := day{play: "talk/on", longest: "10s"}.run(t)
	a := r.Audio
	if a == nil || a.Calls != 1 || a.Heard != 1 || a.PacketsOut < 50 || a.PacketsIn < a.PacketsOut/2 || a.PacketsIn > a.PacketsOut || a.Warning() != "" {
		t.Errorf("want a call of 2.1 s with audio both ways, got %+v", a)
	}
	ladder := r.Results[slices.IndexFunc(r.Results, func(r finding.Result) bool { return r.ID == "talk/on" })].Ladder
	if len(ladder) == 0 || !strings.HasPrefix(ladder[len(ladder)-1].Summary, "RTP: ") || !strings.Contains(ladder[len(ladder)-1].Summary, " in from ") {
		t.Errorf("want the ladder to end with the audio, got %v", ladder)
	}
}

// summary is what a report says in words.
func summary(r finding.Run) string {
	var b strings.Builder
	_ = report.NewText(&b, report.Options{}).Finish(r)
	for _, res := range r.Results {
		fmt.Fprintln(&b, res.Reason)
		fmt.Fprintln(&b, strings.Join(res.Notes, "\n"))
		for _, f := range res.Failures {
			fmt.Fprintln(&b, f.Headline(), f.Got, f.Because, f.Likely)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
