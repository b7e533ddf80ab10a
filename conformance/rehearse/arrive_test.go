package rehearse_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
	"github.com/dnispool/dnispool/sim/sipua"
)

// announced is what a client learns of a caller by a webhook or a file.
type announced struct {
	Lesson   string `json:"lesson"`
	Caller   int    `json:"caller"`
	ANI      string `json:"ani"`
	BaseURL  string `json:"base_url"`
	SIPPeer  string `json:"sip_peer"`
	Account  string `json:"account_id"`
	Project  string `json:"project_id"`
	SharedID string `json:"shared_id"`
}

// office is a client that runs beside the rehearsal: it serves whoever it is told of.
type office struct {
	t      *testing.T
	served sync.WaitGroup

	mu   sync.Mutex
	keys rehearse.Caller // that it was set up with
}

// known is what it was set up with.
func (o *office) known() rehearse.Caller {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.keys
}

// serve takes through a caller of whom JSON tells.
func (o *office) serve(text []byte) {
	var a announced
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil || a.Lesson == "" || a.Caller < 1 || a.BaseURL == "" || a.SIPPeer == "" || a.Account == "" || a.Project == "" {
		o.t.Errorf("want a caller, got %s (%v)", text, err)
		return
	}
	if strings.Contains(string(text), o.known().DNIKey) {
		o.t.Errorf("want no key told, got %s", text)
	}
	o.take(rehearse.Caller{
		Lesson: a.Lesson, Number: a.Caller, ANI: a.ANI, BaseURL: a.BaseURL, SIP: a.SIPPeer, Account: a.Account, Project: a.Project, SharedID: a.SharedID,
	})
}

func (o *office) take(c rehearse.Caller) {
	c.DNIKey, c.HandoffKey = o.known().DNIKey, o.known().HandoffKey
	o.served.Go(func() {
		if err := takenThrough(careful())(context.WithoutCancel(o.t.Context()), c); err != nil {
			o.t.Error(err)
		}
	})
}

// judged plays a lesson for an office whose callers arrive in one way.
func (o *office) judged(l *rehearse.Lesson, how rehearse.Ways) finding.Result {
	o.t.Helper()
	arrival, err := how.Arrival()
	if err != nil {
		o.t.Fatal(err)
	}
	r, err := rehearse.New(o.t.Context(), rehearse.Options{Arrival: arrival, Quiet: 200 * time.Millisecond})
	if err != nil {
		o.t.Fatal(err)
	}
	o.mu.Lock()
	o.keys = r.Surroundings()
	o.mu.Unlock()
	got := r.Play(o.t.Context(), l)
	o.served.Wait()
	if err := r.Close(); err != nil {
		o.t.Error(err)
	}
	return got
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	o := &office{t: t}
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("want a POST of JSON, got %s %v (%v)", r.Method, r.Header, err)
		}
		o.serve(b)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer at.Close()
	if got := o.judged(named(t, "happy-transfer"), rehearse.Ways{Webhook: rehearse.Webhook(at.URL)}); got.Status != finding.Passed {
		t.Error(told(got))
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	o := &office{t: t}
	path := filepath.Join(t.TempDir(), "callers")
	if err := os.WriteFile(path, []byte("a line from before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	done := make(chan struct{})
	go func() { // as tail -f does
		defer close(done)
		read := bufio.NewReader(f)
		for n, text := 0, ""; n < 2 && t.Context().Err() == nil; {
			line, err := read.ReadString('\n')
			if text += line; errors.Is(err, io.EOF) {
				time.Sleep(5 * time.Millisecond)
				continue
			}
			if n++; n == 2 {
				o.serve([]byte(text))
			}
			text = ""
		}
	}()
	if got := o.judged(named(t, "happy-transfer"), rehearse.Ways{File: rehearse.File(path)}); got.Status != finding.Passed {
		t.Error(told(got))
	}
	<-done
}

// TestInbound: the caller calls the client, which takes the call, and hangs up or leaves that to the caller.
func TestInbound(t *testing.T) {
	t.Parallel()
	for _, hangsUp := range []bool{true, false} {
		t.Run(fmt.Sprintf("the client hangs up: %t", hangsUp), func(t *testing.T) {
			t.Parallel()
			o := &office{t: t}
			uri, over := o.answers(0, func(leg *sipua.Leg) {
				if hangsUp {
					o.served.Wait()
					_ = leg.Bye(context.WithoutCancel(t.Context()))
				}
			})
			got := o.judged(named(t, "happy-transfer"), rehearse.Ways{SIP: uri})
			if got.Status != finding.Passed || len(got.Warnings) > 0 || !strings.Contains(fmt.Sprint(got.Ladder), "carrier client INVITE sip:ivr@") {
				t.Errorf("%s\n%v\n%v", told(got), got.Warnings, got.Ladder)
			}
			over()
		})
	}
}

// TestInboundCallerHangsUp: the client learns of it by the BYE, and ends its own call.
func TestInboundCallerHangsUp(t *testing.T) {
	t.Parallel()
	o := &office{t: t}
	uri, over := o.answers(300*time.Millisecond, func(*sipua.Leg) {})
	got := o.judged(named(t, "caller-hangs-up-first"), rehearse.Ways{SIP: uri})
	if got.Status != finding.Passed || !strings.Contains(fmt.Sprint(got.Ladder), "carrier client BYE sip:") {
		t.Errorf("%s\n%v", told(got), got.Ladder)
	}
	over()
}

// answers is a telephone at which the client takes its callers, each of whom hangs up so long after the answer of the platform; 0: never.
// then does what the client does with the caller's call meanwhile. over waits until all calls are over.
func (o *office) answers(hangsUp time.Duration, then func(*sipua.Leg)) (uri rehearse.Inbound, over func()) {
	o.t.Helper()
	var legs sync.WaitGroup
	line, err := sipua.Listen(o.t.Context(), sipua.Config{Listen: "127.0.0.1:0", OnCall: func(leg *sipua.Leg) {
		if err := leg.Answer(o.t.Context(), nil); err != nil {
			o.t.Error(err)
			return
		}
		c := o.known()
		c.Lesson, c.ANI, c.HangsUp = "inbound", leg.From().User, hangsUp
		o.take(c)
		legs.Go(func() {
			then(leg)
			<-leg.Done()
		})
	}})
	if err != nil {
		o.t.Fatal(err)
	}
	return rehearse.Inbound("sip:ivr@" + line.Addr()), func() {
		legs.Wait()
		if err := line.Close(); err != nil {
			o.t.Error(err)
		}
	}
}

// TestClientThatCannotBeTold is not judged: nobody knows what it would have done.
func TestClientThatCannotBeTold(t *testing.T) {
	t.Parallel()
	refuses := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(refuses.Close)
	moved := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound))
	t.Cleanup(moved.Close)
	busy, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", OnCall: func(leg *sipua.Leg) { _ = leg.Reject(486, "") }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = busy.Close() })
	for _, tc := range []struct {
		name   string
		how    rehearse.Ways
		want   string
		silent bool // nothing comes of telling the client, for as long as the lesson goes on
	}{
		{"a webhook that refuses", rehearse.Ways{Webhook: rehearse.Webhook(refuses.URL)}, "webhook: want 2xx of " + refuses.URL + ", got 404 Not Found 404 page not found", false},
		{"a webhook elsewhere", rehearse.Ways{Webhook: rehearse.Webhook(moved.URL)}, "got 302 Found", false},
		{"nobody at a webhook", rehearse.Ways{Webhook: "http://127.0.0.1:1/"}, "connection refused", false},
		{"a busy client", rehearse.Ways{SIP: rehearse.Inbound("sip:ivr@" + busy.Addr())}, "sip: want the caller taken at sip:ivr@" + busy.Addr() + ", got 486 Busy Here", false},
		{"nobody at a SIP address", rehearse.Ways{SIP: "sip:ivr@127.0.0.1:1"}, "sip: ", true},
		{"a file that is a directory", rehearse.Ways{File: "."}, "file: open .: is a directory", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := *named(t, "happy-transfer")
			if tc.silent {
				l.Budget = 300 * time.Millisecond
			}
			got := (&office{t: t}).judged(&l, tc.how)
			if got.Status != finding.Error || !strings.Contains(got.Reason, "never asked for a number") || !strings.Contains(got.Reason, tc.want) {
				t.Errorf("want %s, got %s", tc.want, told(got))
			}
		})
	}
}

func TestWaysAreChecked(t *testing.T) {
	for _, tc := range []struct {
		arrival, want string // of a lesson; line 7 has it
	}{
		{"self", ""}, {"{run: ./client}", ""}, {"{sip: 'sip:ivr@host:5080;transport=tcp'}", ""}, {"{webhook: 'https://host/a'}", ""},
		{"elf", `f:7:10: arrival: want self, or one of webhook, run, sip and file with its argument, got "elf"`},
		{"{run: a, file: b}", "f:7:10: arrival: want self, or one of webhook, run, sip and file with its argument, got a mapping"},
		{"{rum: a}", `f:7:11: unknown key "rum" (did you mean "run"?)`},
		{"{run: ' '}", `f:7:16: run: want a command of the shell, got " "`},
		{"{run: ''}", `f:7:16: run: want its argument, got none`},
		{"{webhook: host/a}", `f:7:20: webhook: want a URL as in http://127.0.0.1:9000/callers, got "host/a"`},
		{"{sip: 'tel:+44'}", `f:7:16: sip: want a URI as in sip:ivr@127.0.0.1:5080, with ;transport=tcp where it is, got "tel:+44"`},
		{"{file: /nowhere/at/all}", `f:7:17: file: want a path in a directory that is there, got "/nowhere/at/all"`},
	} {
		text := "lesson: v1\nsummary: s\nrequirement: r\nsource: x\nlevel: must\nadvice: a\narrival: " + tc.arrival + "\nexpect: [{dials: once}]\n"
		_, problems := rehearse.Parse("f", []byte(text))
		got := ""
		if err := problems.Err(); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s:\nwant %q\ngot  %q", tc.arrival, tc.want, got)
		}
	}
	if _, err := (rehearse.Ways{Run: "a", File: "b"}).Arrival(); err == nil || err.Error() != "arrival: want one way, got run and file" {
		t.Errorf("two ways: got %v", err)
	}
}

// TestLateQuestionsAreNotTheNextLessons: a client that still asks for the handoff of an earlier lesson is not judged by it.
func TestLateQuestionsAreNotTheNextLessons(t *testing.T) {
	t.Parallel()
	r, err := rehearse.New(t.Context(), rehearse.Options{Arrival: rehearse.Func(func(ctx context.Context, c rehearse.Caller) error {
		if c.Lesson == "contained-call-ends" {
			late, err := http.NewRequestWithContext(ctx, http.MethodGet, c.BaseURL+"/v1/"+c.Account+"/"+c.Project+"/handoff_state?shared_id=happy-transfer-1", http.NoBody)
			if err != nil {
				return err
			}
			res, err := http.DefaultClient.Do(late)
			if err != nil {
				return err
			}
			_ = res.Body.Close()
		}
		return takenThrough(careful())(ctx, c)
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for _, id := range []string{"happy-transfer", "contained-call-ends"} {
		got := r.Play(t.Context(), named(t, id))
		if got.Status != finding.Passed {
			t.Error(told(got))
		}
		for _, x := range got.Exchanges {
			if id == "contained-call-ends" && strings.Contains(x.URL, "happy-transfer") {
				t.Errorf("want nothing of the lesson before, got %s", x.URL)
			}
		}
	}
}
