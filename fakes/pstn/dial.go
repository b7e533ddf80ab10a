package pstn

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Dial is one call to be placed. Only To is due.
type Dial struct {
	To       string // a number, or a sip: or tel: URI that is sent as it is
	From     string // the caller's number; empty is withheld
	Withheld bool   // From is not shown
	Format   Format // default: the behaviour's
	// Transport is "udp" (also when empty), "tcp" or "tls".
	Transport string
	SDP       SDP
	// NumberInToOnly addresses the call to the trunk, and has the number in To alone.
	NumberInToOnly bool
	// Contact is the sip: URI to which a redirect has sent the call: the INVITE goes there, and To stays.
	Contact      string
	Copies       int           // how often the INVITE is sent, at once (UDP); 0 is 1
	CancelAfter  time.Duration // the caller gives up so long after dialling; 0: never
	CancelOnRing bool          // the caller gives up at the first ringing
	Unheard      time.Duration // how long no reply at all may come until the call has failed, with 408; 0: until SIP gives up, 32 s
	SkipAck      bool          // the answer is never acknowledged
	Headers      []sipua.Header
	CallID       string // default: a random one

	progress func(code int) // hears of each 1xx
}

// SDP is what a call says about its media.
type SDP string

// The kinds of session description.
const (
	Offer    SDP = "offer"     // PCMU offered in the INVITE; also when empty
	Late     SDP = "late"      // offered by the platform, answered in the ACK
	NoSDP    SDP = "none"      // neither side's is answered
	BadCodec SDP = "bad-codec" // an offer without PCMU
)

var kinds = []SDP{Offer, Late, NoSDP, BadCodec}

// UnmarshalText accepts the four names.
func (s *SDP) UnmarshalText(text []byte) error {
	return strictyaml.Pick("sdp", s, text, kinds...)
}

// errGaveUp is the caller's doing, as against the end of Dial's context, and errUnheard the network's.
var (
	errGaveUp  = errors.New("the caller gave up")
	errUnheard = errors.New("no reply came")
)

func (d Dial) validate() error {
	var errs []error
	if digits(d.To) == "" && !isURI(d.To) {
		errs = append(errs, fmt.Errorf("dial: want a number, got %q", d.To))
	}
	if d.Format != "" {
		errs = append(errs, new(Format).UnmarshalText([]byte(d.Format)))
	}
	if d.SDP != "" {
		errs = append(errs, new(SDP).UnmarshalText([]byte(d.SDP)))
	}
	if !slices.Contains([]string{"", "udp", "tcp", "tls"}, d.Transport) {
		errs = append(errs, fmt.Errorf("dial: transport: want udp, tcp or tls, got %q", d.Transport))
	}
	if d.Copies < 0 || d.Copies > 1 && d.Transport != "" && d.Transport != "udp" {
		errs = append(errs, fmt.Errorf("dial: copies: want 0 or more, over UDP, got %d", d.Copies))
	}
	if d.CancelAfter < 0 {
		errs = append(errs, fmt.Errorf("dial: cancel_after: want 0 or more, got %v", d.CancelAfter))
	}
	for _, uri := range []string{d.To, d.From} {
		if isURI(uri) && strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>"`, r) }) {
			errs = append(errs, fmt.Errorf("dial: want a URI without blanks and quotes, got %q", uri))
		}
	}
	for _, h := range d.Headers {
		if h.Name == "" || strings.ContainsAny(h.Name, " :\t") || strings.ContainsFunc(h.Name+h.Value, unicode.IsControl) {
			errs = append(errs, fmt.Errorf("dial: want a header, got %q: %q", h.Name, h.Value))
		}
	}
	return errors.Join(errs...)
}

func isURI(s string) bool { return strings.HasPrefix(s, "sip:") || strings.HasPrefix(s, "tel:") }

// Dial places a call and returns when it is up, or has come to nothing in a way that calls do: the Call says which.
// The error is for calls that cannot be placed at all (then the Call is nil), and ctx's when ctx ends first: the call
// is then cancelled, and the Call is there too. On a virtual clock Dial is to be called by work that the clock counts
// (Run or Hold), since it may sleep.
func (c *Carrier) Dial(ctx context.Context, d Dial) (*Call, error) {
	if err := d.validate(); err != nil {
		return nil, err
	}
	if d.Transport == "tls" && c.config.PlatformTLS == "" {
		return nil, errors.New("dial: transport: want udp or tcp where the platform takes no calls over TLS, got tls")
	}
	if err := c.begin(); err != nil {
		return nil, err
	}
	defer c.wg.Done()
	call := c.newCall(ByPlatform)
	call.id = cmp.Or(d.CallID, call.id)
	port, err := c.openAudio(call, d)
	if err != nil {
		return nil, err
	}
	setup, giveUp := c.within(ctx)
	defer c.patience(setup, d.CancelAfter, giveUp, errGaveUp)()
	unheard, heard := context.WithCancel(setup)
	defer heard()
	defer c.patience(unheard, d.Unheard, giveUp, errUnheard)()

	number, format, country, delay := c.route(d)
	call.number = number
	if delay > 0 && c.clock.Sleep(setup, delay) != nil {
		call.fail(c.outcome(setup, setup.Err(), ByPlatform))
		return call, ctx.Err()
	}
	if refusal := c.admit(call, number); refusal != nil {
		call.fail(*refusal)
		return call, nil
	}
	invite := c.invite(d, number, format, country)
	invite.AudioPort = port
	if c.reattempts() {
		c.falseStart(setup, call, invite)
	}
	c.repeat(call.id, d.Copies)
	invite.OnProgress = func(code int, _ string) {
		heard()
		call.heard(code)
		if d.progress != nil {
			d.progress(code)
		}
		if d.CancelOnRing && code >= 180 {
			giveUp(errGaveUp)
		}
	}
	c.place(setup, call, invite)
	return call, call.cutShort(ctx)
}

// Transfer calls a desk of the carrier's by its name. It is otherwise like Dial.
func (c *Carrier) Transfer(ctx context.Context, destination, from string) (*Call, error) {
	if destination == "" {
		return nil, errors.New("transfer: want a destination, got none")
	}
	if err := c.begin(); err != nil {
		return nil, err
	}
	defer c.wg.Done()
	call := c.newCall(ByDesk)
	call.number = destination
	setup, giveUp := c.within(ctx)
	defer giveUp(nil)
	invite := c.caller(Dial{From: from})
	invite.Target, invite.To = c.desks.Addr(), "<sip:"+escape(destination)+"@"+c.desks.Addr()+">"
	invite.OnProgress = func(code int, _ string) { call.heard(code) }
	c.place(setup, call, invite)
	return call, call.cutShort(ctx)
}

func (c *Carrier) newCall(far string) *Call {
	return &Call{carrier: c, id: rand.Text() + "@" + c.line.Addr(), far: far, started: c.clock.Now(), ended: make(chan struct{})}
}

// within ends ctx also when the carrier closes, or by the returned function.
func (c *Carrier) within(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.ctx, func() { cancel(ErrClosed) })
	return ctx, func(cause error) {
		stop()
		cancel(cause)
	}
}

// patience gives the call up for a cause after d, unless ctx ends before. The returned function ends it, and the call's set-up.
func (c *Carrier) patience(ctx context.Context, d time.Duration, giveUp context.CancelCauseFunc, cause error) (end func()) {
	var waiting sync.WaitGroup
	if d > 0 {
		release := c.clock.Hold() // from now on, or virtual time could pass before the wait begins
		waiting.Go(func() {
			defer release()
			if c.clock.Sleep(ctx, d) == nil {
				giveUp(cause)
			}
		})
	}
	return func() {
		giveUp(nil)
		waiting.Wait()
	}
}

// route decides where a call goes, in which form, and how long that takes.
func (c *Carrier) route(d Dial) (number string, format Format, country string, delay time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := &c.net.Behaviour
	number = d.To
	for from, to := range b.Rewrite {
		if digits(from) == digits(number) {
			number = to
			break
		}
	}
	return number, cmp.Or(d.Format, b.Format, E164), b.Country, b.PostDialDelay.Draw(c.rng)
}

// admit lets a call to a number through and counts it until it ends, or returns how the carrier refuses it.
func (c *Carrier) admit(call *Call, number string) *result {
	key := cmp.Or(digits(number), number)
	c.mu.Lock()
	defer c.mu.Unlock()
	if refusal := c.refusal(key); refusal != nil {
		return refusal
	}
	c.onLine[key]++
	call.release = func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.onLine[key]--; c.onLine[key] == 0 {
			delete(c.onLine, key)
		}
	}
	return nil
}

func (c *Carrier) refusal(key string) *result {
	n := &c.net
	switch {
	case n.Outage:
		return refused(503, "Service Unavailable", 38)
	case slices.ContainsFunc(n.Dead, func(dead string) bool { return digits(dead) == key }):
		return refused(404, "Not Found", 1)
	case n.ChannelsPerNumber > 0 && c.onLine[key] >= n.ChannelsPerNumber, n.fires(&n.Refuse.Busy, c.rng):
		return refused(486, "Busy Here", 17)
	case n.fires(&n.Refuse.NoRoute, c.rng):
		return refused(404, "Not Found", 3)
	case n.fires(&n.Refuse.Congestion, c.rng):
		return refused(503, "Service Unavailable", 42)
	}
	return nil
}

// refused is a call that the carrier turns down with a Q.850 cause.
func refused(status int, reason string, cause int) *result {
	return &result{status: status, reason: reason, cause: cause, by: ByCarrier, how: sipua.HowReject, headers: q850(cause)}
}

func q850(cause int) []sipua.Header {
	return []sipua.Header{{Name: "Reason", Value: fmt.Sprintf("Q.850;cause=%d", cause)}}
}

// invite writes the call as SIP.
func (c *Carrier) invite(d Dial, number string, format Format, country string) sipua.Dial {
	out := c.caller(d)
	platform := c.config.Platform
	if d.Transport == "tls" {
		platform = c.config.PlatformTLS
	}
	out.Target, out.Transport, out.SkipAck = platform, d.Transport, d.SkipAck
	out.User, out.Password = c.config.User, c.config.Password
	if out.RequestURI = number; !isURI(number) {
		out.RequestURI = format.uri(number, country, platform)
	}
	out.To = "<" + out.RequestURI + ">"
	if d.NumberInToOnly {
		out.RequestURI = "sip:trunk@" + platform
	}
	if d.Contact != "" {
		out.RequestURI, out.Target = d.Contact, ""
	}
	switch d.SDP {
	case Late:
		out.LateOffer = true
	case NoSDP:
		out.LateOffer, out.AckSDP = true, []byte{}
	case BadCodec:
		out.SDP = []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n")
	}
	return out
}

// caller writes who calls: the number in From and P-Asserted-Identity, or nobody (RFC 3323, RFC 3325).
func (c *Carrier) caller(d Dial) sipua.Dial {
	if d.Withheld || d.From == "" {
		return sipua.Dial{
			From:    `"Anonymous" <sip:anonymous@anonymous.invalid>`,
			Headers: append([]sipua.Header{{Name: "Privacy", Value: "id"}}, d.Headers...),
		}
	}
	uri := d.From
	switch number := digits(d.From); {
	case isURI(uri):
	case number != "":
		uri = "sip:+" + number + "@" + c.line.Addr()
	default:
		uri = "sip:" + escape(d.From) + "@" + c.line.Addr()
	}
	return sipua.Dial{
		From:    "<" + uri + ">",
		Headers: append([]sipua.Header{{Name: "P-Asserted-Identity", Value: "<" + uri + ">"}}, d.Headers...),
	}
}

func (c *Carrier) reattempts() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.net.fires(&c.net.Reattempt, c.rng)
}

// repeat has the INVITE of a call sent more than once.
func (c *Carrier) repeat(id string, copies int) {
	if copies < 2 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.copies[id] = copies
}

// falseStart places a call that the carrier drops as soon as the platform has it: its first route failed.
func (c *Carrier) falseStart(ctx context.Context, call *Call, invite sipua.Dial) {
	call.attempted()
	leg, err := c.line.Dial(ctx, invite)
	if err == nil {
		_ = leg.Bye(ctx, q850(38)...)
	}
}

// place sends the INVITE and settles the call.
func (c *Carrier) place(ctx context.Context, call *Call, invite sipua.Dial) {
	invite.CallID = call.id
	call.attempted()
	var s sent
	c.track(call.id, &s)
	leg, err := c.line.Dial(ctx, invite)
	c.track(call.id, nil)
	if err != nil {
		r := c.outcome(ctx, err, call.far)
		r.lost = s.lost && !s.left
		call.fail(r)
		return
	}
	call.up(leg)
	c.wg.Go(call.watch)
}

// sent is what became of the INVITE datagrams of a call that is being placed.
type sent struct{ left, lost bool }

// track notes in s what becomes of the INVITEs of a call from now on; nil ends that.
func (c *Carrier) track(id string, s *sent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.placing[id] = s; s == nil {
		delete(c.placing, id)
	}
}

// outcome reads why a call did not come up.
func (c *Carrier) outcome(ctx context.Context, err error, far string) result {
	status, refused := errors.AsType[*sipua.StatusError](err)
	silent := errors.Is(context.Cause(ctx), errUnheard) || errors.Is(err, sipua.ErrTimeout)
	switch {
	case silent && !refused:
		return result{status: 408, reason: "Request Timeout", by: ByNetwork, how: sipua.HowTimeout}
	case ctx.Err() != nil && (!refused || status.Code == 487):
		r := result{status: 487, reason: "Request Terminated", by: ByCaller, how: sipua.HowCancel}
		if errors.Is(context.Cause(ctx), ErrClosed) {
			r.by = ByCarrier
		}
		return r
	case refused:
		return result{status: status.Code, reason: status.Reason, by: far, how: sipua.HowReject, headers: status.Headers}
	case errors.Is(err, sipua.ErrClosed):
		return result{status: 487, reason: "Request Terminated", by: ByCarrier, how: sipua.HowError}
	}
	return result{status: 503, reason: err.Error(), by: ByNetwork, how: sipua.HowError} // RFC 3261 8.1.3.1
}
