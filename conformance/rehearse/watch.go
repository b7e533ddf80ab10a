package rehearse

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/sipua"
)

// Kind is what a request asks for.
type Kind string

// The kinds.
const (
	Reserve Kind = "reserve" // Reserve DNI
	Handoff Kind = "handoff" // Get Handoff
	Other   Kind = "other"   // neither: a path or a method that the platform does not have
)

// Request is one HTTP request of the client and what it was sent back.
type Request struct {
	finding.Exchange
	Kind     Kind
	Done     time.Time // when the reply was sent, or the client gave up; zero while it waits
	GaveUp   bool      // the client went away before the reply was whole
	Query    url.Values
	Secure   bool   // it came over TLS
	SharedID string // of the attributes, or asked for
	ANI      string // of the attributes
	DNI      string // that the client was sent; "" when the reply has none
}

// Call is one SIP call of the client over the trunk, as the messages tell it.
type Call struct {
	ID         string
	Dialled    string // the user part of the Request-URI, unescaped
	From       string
	Route      pstn.Route
	At         time.Time // of the INVITE
	Status     int       // of the final response; 0 while there is none
	AnsweredAt time.Time
	EndedAt    time.Time // of the BYE, the CANCEL or the refusal
	EndedBy    string    // client or carrier; the carrier passes on what the platform or the desk did
	Referred   bool      // it is no call of the client's: the caller was put through by REFER
	Told       bool      // it is no call: the client has said that it put the caller through

	Alone bool // it is to a queue, and the caller was to be joined to it and was not

	fromTag, toTag string // the client's, and that of who answered
}

// Answered reports whether the call was up. One that the client had given up when the answer came was not.
func (c *Call) Answered() bool {
	return c.Status == http.StatusOK && (!c.Over() || !c.EndedAt.Before(c.AnsweredAt))
}

// Through reports whether the call is one in which a caller is put through to whoever has answered it.
func (c *Call) Through() bool { return c.Answered() && !c.Alone }

// Over reports whether the call has ended, or never came to be.
func (c *Call) Over() bool { return !c.EndedAt.IsZero() }

// The parties of a ladder.
const (
	client   = "client"
	carrier  = "carrier"
	platform = "platform"
)

// watch sees what the client does in one lesson. It is safe for concurrent use.
type watch struct {
	routes  func(user string) pstn.Route
	changed chan struct{} // has a value after something happened

	answered chan struct{} // closed when the platform has answered for the first time
	once     sync.Once

	mu       sync.Mutex
	requests []*Request
	calls    []*Call
	messages []finding.SIPMessage
	refers   map[string]*referTo // by Call-ID and CSeq
	keys     []string            // that no call is to show
	leaks    []string            // the methods of messages that do
	refusals int                 // of the certificate
	last     time.Time           // when something happened last
	most     int                 // requests and messages that are kept
	kept     int                 // of them
	bytes    int                 // that they hold
	flooded  bool                // there were more, and nothing is kept any more
}

// What is kept of one lesson, so that a client without bounds does not fill the memory: far more than any that is judged by it sends.
const (
	mostKept      = 10_000 // requests and SIP messages
	mostKeptEach  = 200    // more of them for each caller
	mostKeptBytes = 64 << 20
)

func newWatch(routes func(string) pstn.Route, callers int) *watch {
	return &watch{most: mostKept + mostKeptEach*callers, routes: routes, changed: make(chan struct{}, 1), answered: make(chan struct{}), refers: make(map[string]*referTo), last: time.Now()}
}

func (w *watch) stir(at time.Time) {
	w.last = at
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// keeps reports whether one thing more is kept, which holds so many bytes. The caller holds mu.
func (w *watch) keeps(bytes int) bool {
	w.kept++
	w.bytes += bytes
	w.flooded = w.flooded || w.kept > w.most || w.bytes > mostKeptBytes
	return !w.flooded
}

// begin takes a request that came in. What becomes of it is told with finish.
func (w *watch) begin(r *http.Request, body []byte) *Request {
	x := &Request{Exchange: finding.Exchange{
		At: time.Now(), Method: r.Method, URL: r.URL.RequestURI(), RequestHeaders: headersOf(r.Header), RequestBody: string(body), Definite: true,
	}, Kind: kindOf(r), Secure: isSecure(r.Context()), Query: r.URL.Query()}
	if x.Kind == Reserve {
		var sent struct {
			Attributes struct {
				SharedID json.RawMessage `json:"shared_id"`
				ANI      json.RawMessage `json:"ani"`
			} `json:"attributes"`
		}
		_ = json.Unmarshal(body, &sent)
		x.SharedID, x.ANI = plainText(sent.Attributes.SharedID), plainText(sent.Attributes.ANI)
	} else {
		x.SharedID = x.Query.Get("shared_id")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.keeps(len(x.URL) + len(body)) {
		w.requests = append(w.requests, x)
	}
	w.stir(x.At)
	return x
}

// refuse notes that the client broke off when it had seen the certificate.
func (w *watch) refuse(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusals++
	w.stir(at)
}

// finish notes what the client was sent.
func (w *watch) finish(x *Request, status int, header http.Header, body []byte, broken string, gaveUp bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x.Done = time.Now()
	x.Duration = x.Done.Sub(x.At)
	x.Status, x.ResponseHeaders, x.ResponseBody = status, headersOf(header), string(body)
	if x.GaveUp = gaveUp; gaveUp {
		broken = "the client gave up"
	}
	x.Error, x.Definite = broken, broken == ""
	if x.Kind == Reserve && status == http.StatusOK && broken == "" {
		var got struct {
			DNI json.RawMessage `json:"dni"`
		}
		_ = json.Unmarshal(body, &got)
		x.DNI = plainText(got.DNI)
	}
	w.bytes += len(body)
	w.stir(x.Done)
}

// plainText is a JSON string's value, or what else it is as it is written; null is "".
func plainText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func kindOf(r *http.Request) Kind {
	switch {
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/dni-reservation"):
		return Reserve
	case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/handoff_state"):
		return Handoff
	}
	return Other
}

func headersOf(h http.Header) (out []finding.Header) {
	for name, values := range h {
		for _, v := range values {
			out = append(out, finding.Header{Name: name, Value: v})
		}
	}
	slices.SortFunc(out, func(a, b finding.Header) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// message takes a SIP message between the client and the carrier.
func (w *watch) message(m sipua.Message) {
	v := finding.SIPMessage{At: m.At, From: client, To: carrier, Summary: m.StartLine, CallID: m.CallID}
	if m.Sent {
		v.From, v.To = v.To, v.From
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.keeps(len(m.StartLine)) {
		w.stir(m.At)
		return
	}
	w.messages = append(w.messages, v)
	if !m.Sent && holds(m.Raw, w.keys) {
		method, _, _ := strings.Cut(m.StartLine, " ")
		w.leaks = append(w.leaks, method)
	}
	w.follow(m)
	w.declines(m)
	w.stir(m.At)
}

// follow reads from a message what became of a call. Repeats change nothing. The caller holds mu.
func (w *watch) follow(m sipua.Message) {
	i := slices.IndexFunc(w.calls, func(c *Call) bool { return c.ID == m.CallID })
	method, rest, _ := strings.Cut(m.StartLine, " ")
	if i < 0 {
		if method != "INVITE" || m.Sent {
			return
		}
		target, _, _ := strings.Cut(rest, " ")
		uri, err := sipua.ParseURI(target)
		if err != nil {
			uri.User = target
		}
		user := unescaped(uri.User)
		w.calls = append(w.calls, &Call{ID: m.CallID, Dialled: user, From: sipFrom(m.Raw), Route: w.routes(user), At: m.At, fromTag: tagIn(m.Raw, "From", "f")})
		return
	}
	c := w.calls[i]
	side := client
	if m.Sent {
		side = carrier
	}
	switch {
	case method == "SIP/2.0" && m.Sent && strings.HasSuffix(m.CSeq, " INVITE") && c.Status == 0:
		status, _, _ := strings.Cut(rest, " ")
		if code := number(status); code >= 200 {
			c.Status, c.toTag = code, tagIn(m.Raw, "To", "t")
			if c.AnsweredAt = m.At; code >= 300 {
				c.AnsweredAt = time.Time{}
				c.end(m.At, carrier)
			} else if c.Route == pstn.ToPlatform {
				w.once.Do(func() { close(w.answered) })
			}
		}
	case method == "BYE", method == "CANCEL" && c.Status == 0:
		c.end(m.At, side)
	}
}

func (c *Call) end(at time.Time, by string) {
	if c.EndedAt.IsZero() {
		c.EndedAt, c.EndedBy = at, by
	}
}

// transferred takes the client's word that it has put a caller through, in a way that is no call.
func (w *watch) transferred(to string) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, &Call{Dialled: to, Route: pstn.ToDesk, At: now, Status: http.StatusOK, AnsweredAt: now, EndedAt: now, EndedBy: client, Told: true})
	w.messages = append(w.messages, finding.SIPMessage{At: now, From: client, To: client, Summary: "the client says that it put the caller through to " + to})
	w.stir(now)
}

// seen is what was seen so far, at one moment.
type seen struct {
	requests []Request
	calls    []Call
	messages []finding.SIPMessage
	leaks    []string
	refusals int
	last     time.Time
	flooded  bool // there was more, at which the lesson is over
}

func (w *watch) seen() seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := seen{messages: slices.Clone(w.messages), leaks: slices.Clone(w.leaks), refusals: w.refusals, last: w.last, flooded: w.flooded}
	for _, r := range w.requests {
		s.requests = append(s.requests, *r)
	}
	for _, c := range w.calls {
		s.calls = append(s.calls, *c)
	}
	return s
}

// reserved are the shared_ids for which numbers were asked.
func (w *watch) reserved() (ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.requests {
		if r.Kind == Reserve && r.SharedID != "" {
			ids = append(ids, r.SharedID)
		}
	}
	return ids
}

// unescaped is a user part as it was meant, without its parameters.
func unescaped(user string) string {
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	user, _, _ = strings.Cut(user, ";")
	return user
}

// sipFrom is the number or name in the From of a message; "" when there is none to read.
func sipFrom(raw string) string {
	uri, _ := sipua.ParseURI(headerIn(raw, "From", "f"))
	return uri.Dialled()
}

// tagIn is the tag in the From or the To of a message; "" when there is none.
func tagIn(raw, name, compact string) string {
	value := headerIn(raw, name, compact)
	if end := strings.LastIndexByte(value, '>'); end >= 0 {
		value = value[end:]
	}
	for p := range strings.SplitSeq(value, ";") {
		if key, tag, _ := strings.Cut(strings.TrimSpace(p), "="); strings.EqualFold(key, "tag") {
			return strings.TrimSpace(tag)
		}
	}
	return ""
}

// headerIn is the first value of a header of a message, by its name or its compact form; "" when there is none.
func headerIn(raw, name, compact string) string {
	for line := range strings.Lines(raw) {
		key, value, ok := strings.Cut(line, ":")
		if key = strings.TrimSpace(key); ok && (strings.EqualFold(key, name) || strings.EqualFold(key, compact)) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// number is what the digits say; 0 for what is no number.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
