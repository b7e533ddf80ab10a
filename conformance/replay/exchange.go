package replay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/target"
	"github.com/dnispool/dnispool/conformance/verdict"
)

// maxBody bounds what is kept of a body; more is read to its end and dropped.
const maxBody = 1 << 20

// exchange is one request and what came back, as the player sees it.
type exchange struct {
	verdict.Exchange
	request  *http.Request
	reqBody  []byte
	header   http.Header
	body     []byte
	err      error
	contract contract.Report
}

// recorder sends requests and keeps every exchange. It is safe for concurrent use.
type recorder struct {
	stage   target.Stage
	checker *contract.Checker

	mu        sync.Mutex
	exchanges []*exchange
}

// stepDoer is the recorder for one step: the fake integrator's requests are kept under its name.
type stepDoer struct {
	*recorder
	step string
}

// Do implements target.Doer.
func (d stepDoer) Do(r *http.Request) (*http.Response, error) {
	x, res := d.send(d.step, r)
	return res, x.err
}

// send performs the request, reads the whole reply, and holds both against the contract.
func (rec *recorder) send(step string, r *http.Request) (*exchange, *http.Response) {
	x := &exchange{request: r, Exchange: verdict.Exchange{At: time.Now(), Step: step, Method: r.Method, URL: r.URL.String(), RequestHeaders: headers(r.Header)}}
	if r.Body != nil {
		x.reqBody, _ = io.ReadAll(r.Body) // a request of ours: its body is in memory
		r.Body = io.NopCloser(bytes.NewReader(x.reqBody))
		x.RequestBody = string(x.reqBody)
	}
	res, err := rec.stage.Do(r)
	if err == nil {
		x.Status, x.StatusText = res.StatusCode, http.StatusText(res.StatusCode)
		x.header, x.ResponseHeaders = res.Header, headers(res.Header)
		x.body, err = readBody(res)
		x.ResponseBody = string(x.body)
		res.Body = &body{bytes.NewReader(x.body), err}
	}
	x.Duration = time.Since(x.At)
	x.err = err
	x.Definite = err == nil || errors.Is(err, syscall.ECONNREFUSED)
	if err != nil {
		x.Error = err.Error()
	} else {
		x.contract = rec.checker.Check(contract.Exchange{
			Method: r.Method, URL: r.URL.RequestURI(), RequestHeader: r.Header, RequestBody: x.reqBody,
			Status: x.Status, ResponseHeader: x.header, ResponseBody: x.body,
		})
	}
	rec.mu.Lock()
	rec.exchanges = append(rec.exchanges, x)
	rec.mu.Unlock()
	return x, res
}

func readBody(res *http.Response) ([]byte, error) {
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return b, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return b, err
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

func headers(h http.Header) []verdict.Header {
	var out []verdict.Header
	for name, values := range h {
		for _, v := range values {
			out = append(out, verdict.Header{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(out, func(a, b verdict.Header) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// unreachable tells that the target cannot be reached at all: nothing is known about it then.
func unreachable(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)
}

func timedOut(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
