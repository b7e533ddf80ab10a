package pstn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/sipua"
)

// platform answers calls the way its handler says and remembers them.
type platform struct {
	*sipua.Endpoint
	mu   sync.Mutex
	legs []*sipua.Leg
}

// calls returns the calls that came so far.
func (p *platform) calls() []*sipua.Leg {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.legs)
}

// answerAndStay answers and leaves the rest to the caller.
func answerAndStay(leg *sipua.Leg) {
	_ = leg.Provisional(180, "Ringing", nil)
	_ = leg.Answer(context.Background(), nil)
}

// answerAndBye is a conversation that the platform ends.
func answerAndBye(leg *sipua.Leg) {
	if leg.Answer(context.Background(), nil) == nil {
		_ = leg.Bye(context.Background(), sipua.Header{Name: "Reason", Value: "Q.850;cause=16"})
	}
}

// reject refuses every call.
func reject(code int, reason string) func(*sipua.Leg) {
	return func(leg *sipua.Leg) { _ = leg.Reject(code, reason, sipua.Header{Name: "Retry-After", Value: "9"}) }
}

// ringOn rings until the caller gives up.
func ringOn(leg *sipua.Leg) {
	_ = leg.Provisional(180, "Ringing", nil)
	<-leg.Done()
}

// start runs a platform and a carrier in front of it, and checks at the end that both leave nothing.
func start(t *testing.T, handle func(*sipua.Leg), config pstn.Config) (*pstn.Carrier, *platform) {
	t.Helper()
	before := runtime.NumGoroutine()
	p := &platform{}
	var err error
	p.Endpoint, err = sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", TCP: true, OnCall: func(leg *sipua.Leg) {
		p.mu.Lock()
		p.legs = append(p.legs, leg)
		p.mu.Unlock()
		handle(leg)
	}})
	if err != nil {
		t.Fatal(err)
	}
	config.Platform, config.TCP = p.Addr(), true
	if config.Logger == nil {
		config.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	c, err := pstn.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("carrier: close: %v", err)
		}
		if n := c.Active(); n != 0 {
			t.Errorf("carrier: %d calls left", n)
		}
		if err := p.Close(); err != nil {
			t.Errorf("platform: close: %v", err)
		}
		deadline := time.Now().Add(5 * time.Second)
		for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
			runtime.Gosched()
		}
		if n := runtime.NumGoroutine(); n > before {
			stacks := make([]byte, 1<<16)
			t.Errorf("%d goroutines, want %d\n%s", n, before, stacks[:runtime.Stack(stacks, true)])
		}
	})
	return c, p
}

// cancelled gives a trace, and a function that waits until it has seen the answer to a CANCEL: only then is everything
// about the call over.
func cancelled(t *testing.T) (trace func(sipua.Message), wait func()) {
	seen := make(chan struct{}, 1)
	trace = func(m sipua.Message) {
		if !m.Sent && strings.HasPrefix(m.StartLine, "SIP/2.0 200") && strings.HasSuffix(m.CSeq, " CANCEL") {
			select {
			case seen <- struct{}{}:
			default:
			}
		}
	}
	return trace, func() {
		t.Helper()
		select {
		case <-seen:
		case <-time.After(20 * time.Second):
			t.Error("the CANCEL is not answered")
		}
	}
}

func dial(t *testing.T, c *pstn.Carrier, d pstn.Dial) *pstn.Call {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	call, err := c.Dial(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	return call
}

func ended(t *testing.T, call *pstn.Call) {
	t.Helper()
	select {
	case <-call.Ended():
	case <-time.After(20 * time.Second):
		t.Fatal("the call does not end")
	}
}

const dni = "+442071838750"

func TestPlatformEndsTheCall(t *testing.T) {
	c, p := start(t, answerAndBye, pstn.Config{})
	call := dial(t, c, pstn.Dial{To: dni, From: "+15550100", Headers: []sipua.Header{{Name: "X-Test", Value: "1"}}})
	if !call.Answered() || call.Status() != 200 || call.Reason() != "OK" || call.Attempts() != 1 {
		t.Fatalf("answered %v, %d %s, %d attempts", call.Answered(), call.Status(), call.Reason(), call.Attempts())
	}
	ended(t, call)
	if call.EndedBy() != pstn.ByPlatform || call.How() != sipua.HowBye {
		t.Errorf("ended by %s, %s; want platform, bye", call.EndedBy(), call.How())
	}
	if !slices.Contains(call.EndHeaders(), sipua.Header{Name: "Reason", Value: "Q.850;cause=16"}) {
		t.Errorf("headers of the BYE %v, want the Reason", call.EndHeaders())
	}
	if err := call.Hangup(t.Context()); err != nil {
		t.Errorf("hangup of an ended call: %v", err)
	}
	leg := p.calls()[0]
	if leg.CallID() != call.ID() || leg.From().Dialled() != "+15550100" || leg.RequestURI().Dialled() != dni {
		t.Errorf("platform saw %s from %s to %s", leg.CallID(), leg.From().Raw, leg.RequestURI().Raw)
	}
	if got := leg.Header("P-Asserted-Identity"); len(got) != 1 || got[0] != "<sip:+15550100@"+c.Addr()+">" {
		t.Errorf("P-Asserted-Identity %v", got)
	}
	if got := leg.Header("X-Test"); len(got) != 1 || got[0] != "1" {
		t.Errorf("X-Test %v", got)
	}
}

func TestCallerEndsTheCall(t *testing.T) {
	c, p := start(t, answerAndStay, pstn.Config{})
	call := dial(t, c, pstn.Dial{To: dni})
	if by := call.EndedBy(); by != "" {
		t.Errorf("up, but ended by %s", by)
	}
	if got := call.Progress(); !slices.Contains(got, 180) {
		t.Errorf("progress %v, want 180 in it", got)
	}
	if call.PDD() <= 0 {
		t.Errorf("post-dial delay %v", call.PDD())
	}
	if err := call.Hangup(t.Context(), sipua.Header{Name: "X-Why", Value: "bored"}); err != nil {
		t.Fatal(err)
	}
	if call.EndedBy() != pstn.ByCaller || call.How() != sipua.HowBye {
		t.Errorf("ended by %s, %s; want caller, bye", call.EndedBy(), call.How())
	}
	leg := p.calls()[0]
	<-leg.Done()
	if !slices.Contains(leg.End().Headers, sipua.Header{Name: "X-Why", Value: "bored"}) {
		t.Errorf("platform saw the BYE's headers %v", leg.End().Headers)
	}
	for name, want := range map[string]string{"From": "anonymous", "Privacy": "id"} {
		got := leg.From().User
		if name == "Privacy" {
			got = strings.Join(leg.Header(name), ",")
		}
		if got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	if got := leg.Header("P-Asserted-Identity"); got != nil || leg.From().Host != "anonymous.invalid" {
		t.Errorf("withheld, but From %s and P-Asserted-Identity %v", leg.From().Raw, got)
	}
}

func TestPlatformRefuses(t *testing.T) {
	c, _ := start(t, reject(486, "Busy Here"), pstn.Config{})
	call := dial(t, c, pstn.Dial{To: dni})
	ended(t, call)
	if call.Answered() || call.Status() != 486 || call.Reason() != "Busy Here" || call.EndedBy() != pstn.ByPlatform || call.How() != sipua.HowReject || call.Cause() != 0 {
		t.Errorf("answered %v, %d %s by %s, %s", call.Answered(), call.Status(), call.Reason(), call.EndedBy(), call.How())
	}
	if !slices.Contains(call.EndHeaders(), sipua.Header{Name: "Retry-After", Value: "9"}) {
		t.Errorf("headers %v", call.EndHeaders())
	}
}

func TestCallerGivesUp(t *testing.T) {
	cases := []struct {
		name string
		dial pstn.Dial
	}{
		{"after a while", pstn.Dial{To: dni, CancelAfter: 30 * time.Millisecond}},
		{"at the first ring", pstn.Dial{To: dni, CancelOnRing: true}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			trace, wait := cancelled(t)
			c, p := start(t, ringOn, pstn.Config{Trace: trace})
			call := dial(t, c, tc.dial)
			wait()
			if call.Answered() || call.Status() != 487 || call.EndedBy() != pstn.ByCaller || call.How() != sipua.HowCancel {
				t.Errorf("answered %v, %d by %s, %s; want 487 by the caller's CANCEL", call.Answered(), call.Status(), call.EndedBy(), call.How())
			}
			leg := p.calls()[0]
			<-leg.Done()
			if leg.End().How != sipua.HowCancel {
				t.Errorf("platform saw %s, want a CANCEL", leg.End().How)
			}
		})
	}
}

func TestContextCancelsTheCall(t *testing.T) {
	trace, wait := cancelled(t)
	c, p := start(t, ringOn, pstn.Config{Trace: trace})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	call, err := c.Dial(ctx, pstn.Dial{To: dni})
	wait()
	if !errors.Is(err, context.DeadlineExceeded) || call.Status() != 487 || call.EndedBy() != pstn.ByCaller {
		t.Errorf("%v, %d by %s; want the context's error, 487 by caller", err, call.Status(), call.EndedBy())
	}
	leg := p.calls()[0]
	<-leg.Done()
	if leg.End().How != sipua.HowCancel {
		t.Errorf("platform saw %s, want a CANCEL", leg.End().How)
	}
}

func TestSessionDescriptions(t *testing.T) {
	cases := []struct {
		sdp    pstn.SDP
		offer  bool
		status int
	}{
		{pstn.Offer, true, 200}, {pstn.Late, false, 200}, {pstn.NoSDP, false, 200}, {pstn.BadCodec, true, 488},
	}
	for _, tc := range cases {
		t.Run(string(tc.sdp), func(t *testing.T) {
			settled := make(chan struct{}) // the platform has the ACK, or has refused
			c, p := start(t, func(leg *sipua.Leg) { answerAndStay(leg); close(settled) }, pstn.Config{})
			call := dial(t, c, pstn.Dial{To: dni, SDP: tc.sdp})
			<-settled
			leg := p.calls()[0]
			if call.Status() != tc.status || (leg.Offer() != nil) != tc.offer {
				t.Errorf("status %d, offer %q", call.Status(), leg.Offer())
			}
			if err := call.Hangup(t.Context()); err != nil {
				t.Error(err)
			}
			<-leg.Done()
			if answered := leg.RemoteSDP() != nil; answered != (tc.sdp != pstn.NoSDP) {
				t.Errorf("session description from the caller: %v", answered)
			}
		})
	}
}

func TestCallsThatCannotBePlaced(t *testing.T) {
	c, p := start(t, answerAndBye, pstn.Config{})
	cases := []struct {
		dial pstn.Dial
		want string
	}{
		{pstn.Dial{}, `dial: want a number, got ""`},
		{pstn.Dial{To: "queue"}, `dial: want a number, got "queue"`},
		{pstn.Dial{To: dni, Format: "e.164"}, `format: want e164, e164-no-plus, cc00, 011, national, last10, last4, tel, user-phone, percent-plus or separators, got "e.164"`},
		{pstn.Dial{To: dni, SDP: "video"}, `sdp: want offer, late, none or bad-codec, got "video"`},
		{pstn.Dial{To: dni, Transport: "sctp"}, `dial: transport: want udp, tcp or tls, got "sctp"`},
		{pstn.Dial{To: dni, Transport: "tls"}, `dial: transport: want udp or tcp where the platform takes no calls over TLS, got tls`},
		{pstn.Dial{To: dni, Transport: "tls", Copies: 2}, `dial: copies: want 0 or more, over UDP, got 2`},
		{pstn.Dial{To: dni, Transport: "tcp", Copies: 2}, `dial: copies: want 0 or more, over UDP, got 2`},
		{pstn.Dial{To: "sip:a b@c"}, `dial: want a URI without blanks and quotes, got "sip:a b@c"`},
		{pstn.Dial{To: dni, Headers: []sipua.Header{{Name: "X-A", Value: "1\r\nX-B: 2"}}}, `dial: want a header, got "X-A": "1\r\nX-B: 2"`},
		{pstn.Dial{To: dni, CancelAfter: -1}, `dial: cancel_after: want 0 or more, got -1ns`},
	}
	for _, tc := range cases {
		if _, err := c.Dial(t.Context(), tc.dial); err == nil || err.Error() != tc.want {
			t.Errorf("got %v, want %s", err, tc.want)
		}
	}
	if n := len(p.calls()); n != 0 {
		t.Errorf("%d calls came, want none", n)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Dial(t.Context(), pstn.Dial{To: dni}); !errors.Is(err, pstn.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if _, err := c.Transfer(t.Context(), "billing", ""); !errors.Is(err, pstn.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

func TestCloseEndsCallsThatAreUp(t *testing.T) {
	c, p := start(t, answerAndStay, pstn.Config{})
	call := dial(t, c, pstn.Dial{To: dni})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	<-call.Ended()
	if call.EndedBy() != pstn.ByCarrier || call.How() != sipua.HowBye {
		t.Errorf("ended by %s, %s; want carrier, bye", call.EndedBy(), call.How())
	}
	leg := p.calls()[0]
	<-leg.Done()
	if leg.End().How != sipua.HowBye {
		t.Errorf("platform saw %s, want a BYE", leg.End().How)
	}
}

func TestNewRefusesBadConfig(t *testing.T) {
	cases := []struct {
		config pstn.Config
		want   string
	}{
		{pstn.Config{}, `carrier: platform: want host:port, got ""`},
		{pstn.Config{Platform: "127.0.0.1:5060", Listen: "here"}, `carrier: listen: want host:port, got "here"`},
		{pstn.Config{Platform: "127.0.0.1:5060", Behaviour: pstn.Behaviour{Country: "GB"}}, `country: want a calling code like "44", got "GB"`},
	}
	for _, tc := range cases {
		if _, err := pstn.New(t.Context(), tc.config); err == nil || err.Error() != tc.want {
			t.Errorf("got %v, want %s", err, tc.want)
		}
	}
}

func TestHundredsOfCallsAtOnce(t *testing.T) {
	c, p := start(t, answerAndBye, pstn.Config{})
	var wg sync.WaitGroup
	calls := make([]*pstn.Call, 300)
	for i := range calls {
		wg.Go(func() {
			call, err := c.Dial(t.Context(), pstn.Dial{To: fmt.Sprintf("+4420718%05d", i), From: "+15550100"})
			if err != nil {
				t.Error(err)
				return
			}
			<-call.Ended()
			calls[i] = call
		})
	}
	wg.Wait()
	seen := map[string]string{}
	for _, leg := range p.calls() {
		seen[leg.CallID()] = leg.RequestURI().Dialled()
	}
	for i, call := range calls {
		if call == nil || !call.Answered() || call.EndedBy() != pstn.ByPlatform || seen[call.ID()] != call.Number() {
			t.Fatalf("call %d: %+v", i, call)
		}
	}
}
