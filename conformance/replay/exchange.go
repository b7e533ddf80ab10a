package replay

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/targets"
)

// maxBody bounds what is kept of a body; more is read to its end and dropped.
const maxBody = 1 << 20

// maxKept bounds what the bodies of a scenario's exchanges take together: of those before the newest ones only the heads
// are kept.
const maxKept = 64 << 20

// exchange is one request and what came back, as the player sees it.
type exchange struct {
	finding.Exchange
	reqBody  []byte
	header   http.Header
	body     []byte
	err      error
	sent     time.Time // the target's time when a body in halves was out; zero for any other
	contract contract.Report
	injected *targets.Injected // by this side; nil: what came is the platform's
	untaken  bool              // it was refused for its key, the run's own, which the platform has not taken once
}

// altered reports whether what came back was made, cut or lost on this side: it says nothing of the platform.
func (x *exchange) altered() bool { return x.injected != nil && x.injected.Altered }

// recorder sends requests and keeps every exchange. It is safe for concurrent use.
type recorder struct {
	stage   targets.Stage
	checker *contract.Checker

	mu        sync.Mutex
	exchanges []*exchange
	bytes     int // of the bodies of exchanges[whole:]
	whole     int // those before it have none any more
}

// send performs the request, reads the whole reply, and holds both against the contract; of a request that is wrong on
// purpose, the reply alone. A reply that is not the platform's is held against nothing.
func (rec *recorder) send(step string, r *http.Request, onPurpose bool) (*exchange, *http.Response) {
	x := &exchange{Exchange: finding.Exchange{At: time.Now(), Step: step, Method: r.Method, URL: r.URL.String(), RequestHeaders: headers(r.Header), OwnKey: rec.ownKey(r)}}
	slow, inHalves := r.Body.(*halves)
	switch {
	case inHalves:
		x.reqBody = slow.whole
	case r.Body != nil:
		x.reqBody, _ = io.ReadAll(r.Body) // a request of ours: its body is in memory
		r.Body = io.NopCloser(bytes.NewReader(x.reqBody))
	}
	x.RequestBody = string(x.reqBody)
	watched, injected := targets.Watch(r.Context())
	res, err := rec.stage.Do(r.WithContext(watched))
	if x.injected = injected(); x.injected != nil {
		x.Injected = x.injected.Fault
	}
	if err == nil {
		x.Status, x.StatusText = res.StatusCode, http.StatusText(res.StatusCode)
		x.header, x.ResponseHeaders = res.Header, headers(res.Header)
		x.body, x.Truncated, err = readBody(res)
		x.ResponseBody = string(x.body)
		res.Body = &body{bytes.NewReader(x.body), err}
		keyed, ok := rec.stage.(targets.Keyed)
		x.untaken = ok && x.OwnKey && targets.Refused(x.Status) && !keyed.Taken(targets.Key(r))
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // method and URL are known
	}
	x.Duration = time.Since(x.At)
	x.err = err
	x.Definite = err == nil || targets.Unreached(err)
	if inHalves {
		cut := false
		x.sent, cut = slow.went()
		x.Definite = x.Definite || cut // half a request changes nothing
	}
	if err != nil {
		x.Error = err.Error()
	} else if !x.Truncated && !x.altered() {
		x.contract = rec.checker.Check(contract.Exchange{
			Method: r.Method, URL: r.URL.RequestURI(), RequestHeader: r.Header, RequestBody: x.reqBody,
			Status: x.Status, ResponseHeader: x.header, ResponseBody: x.body, ResponseOnly: onPurpose,
		})
	}
	rec.keep(x)
	return x, res
}

// ownKey reports whether r asks an endpoint of a project with the key that is for it.
func (rec *recorder) ownKey(r *http.Request) bool {
	key := targets.Key(r)
	return key != "" && slices.ContainsFunc(rec.stage.Projects(), func(name string) bool {
		p, _ := rec.stage.Project(name)
		return r.URL.Path == reservePath && key == p.DNIKey || r.URL.Path == "/v1/"+p.Account+"/"+p.Project+"/handoff_state" && key == p.HandoffKey
	})
}

// keep adds an exchange, and takes the bodies of the oldest ones when there are too many bytes. Whoever has sent one may
// still read it, so what is kept of it is a copy.
func (rec *recorder) keep(x *exchange) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.exchanges = append(rec.exchanges, x)
	rec.bytes += x.bytes()
	for ; rec.bytes > maxKept && rec.whole < len(rec.exchanges)-1; rec.whole++ {
		old := *rec.exchanges[rec.whole]
		rec.bytes -= old.bytes()
		old.Truncated = old.Truncated || old.bytes() > 0
		old.reqBody, old.body, old.RequestBody, old.ResponseBody = nil, nil, "", ""
		rec.exchanges[rec.whole] = &old
	}
}

// bytes is how long the bodies are; each is there as text and as bytes.
func (x *exchange) bytes() int { return 2 * (len(x.reqBody) + len(x.body)) }

func readBody(res *http.Response) (b []byte, truncated bool, err error) {
	defer res.Body.Close()
	if b, err = io.ReadAll(io.LimitReader(res.Body, maxBody)); err != nil {
		return b, false, err
	}
	more, err := io.Copy(io.Discard, res.Body)
	return b, more > 0, err
}

// body replays what was read, with the error that ended the reading.
type body struct {
	*bytes.Reader
	err error
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF && b.err != nil {
		err = b.err
	}
	return n, err
}

func (b *body) Close() error { return nil }

// all returns the exchanges so far, in the order in which they ended.
func (rec *recorder) all() []*exchange {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(rec.exchanges)
}

func headers(h http.Header) []finding.Header {
	var out []finding.Header
	for name, values := range h {
		for _, v := range values {
			out = append(out, finding.Header{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(out, func(a, b finding.Header) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// unreachable reports whether the target cannot be reached at all: nothing is known about it then.
func unreachable(err error) bool {
	return targets.Unreached(err) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)
}
