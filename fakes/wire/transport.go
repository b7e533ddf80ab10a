package wire

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
)

// maxBody bounds what a cut reply keeps in memory. Replies of this contract are far smaller.
const maxBody = 16 << 20

// RoundTripper puts the wire's faults in front of next. A nil next means http.DefaultTransport.
func (w *Wire) RoundTripper(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return transport{wire: w, next: next}
}

type transport struct {
	wire *Wire
	next http.RoundTripper
}

// RoundTrip sends the request unless its fault says otherwise. Errors are those that net/http gives for the real thing.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	h, ok := t.wire.pick(req.Context(), req.Method, req.URL.Path, keyOf(req.Header), true)
	if !ok {
		return t.next.RoundTrip(req)
	}
	if !h.reaches() {
		return t.keepBack(req, h)
	}
	res, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if h.DropReply != "" || h.Reply != nil {
		_, _ = io.Copy(io.Discard, res.Body) // the server is to finish
		_ = res.Body.Close()
	}
	if h.DropReply == ReplyEOF {
		return nil, io.EOF
	}
	if h.DropReply == ReplyTimeout {
		return nil, hold(req.Context(), h)
	}
	return t.applyToReply(req, res, h)
}

// keyOf is the key that a request shows.
func keyOf(h http.Header) string {
	if key := h.Get("X-Api-Key"); key != "" {
		return key
	}
	return strings.TrimPrefix(h.Get("Authorization"), "Bearer ")
}

// keepBack answers a request that the server never sees.
func (t transport) keepBack(req *http.Request, h hit) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	switch h.DropRequest {
	case RequestRefused:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case RequestReset:
		return nil, reset()
	case RequestTimeout:
		return nil, hold(req.Context(), h)
	}
	return t.applyToReply(req, nil, h)
}

func reset() error { return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET} }

// hold waits until the client gives up or the wire is reset.
func hold(ctx context.Context, h hit) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-h.released.Done():
		return io.EOF
	}
}

// applyToReply does to a reply what the fault says, where it leaves one. res is nil when the server has not been asked.
func (t transport) applyToReply(req *http.Request, res *http.Response, h hit) (*http.Response, error) {
	if h.Latency != nil {
		if err := t.wire.sleep(req.Context(), h, h.Latency.Draw(h.rng)); err != nil {
			if res != nil {
				_ = res.Body.Close()
			}
			return nil, err
		}
	}
	if h.Reply != nil {
		res = h.Reply.response(req)
	}
	if h.Reset != nil || h.Truncate != nil {
		if err := cut(res, h); err != nil {
			return nil, err
		}
	}
	if h.Slow != nil {
		res.Body = &slowBody{ReadCloser: res.Body, hit: h, ctx: req.Context(), wire: t.wire}
	}
	return res, nil
}

func (r Reply) response(req *http.Request) *http.Response {
	status, header, body := r.full()
	if bodiless(req.Method, status) {
		body = ""
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	return &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)),
		Request: req,
	}
}

// cut replaces the body by its beginning and an error. At least the last byte is lost: a cut that a client cannot
// see is no fault.
func cut(res *http.Response, h hit) error {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	_ = res.Body.Close()
	if err != nil {
		return err
	}
	keep, failure := h.Truncate, error(io.ErrUnexpectedEOF)
	if h.Reset != nil {
		keep, failure = h.Reset, reset()
	}
	res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:min(*keep, max(len(body)-1, 0))]), failingReader{failure}))
	return nil
}

// failingReader fails as a body does whose connection has ended.
type failingReader struct{ err error }

func (b failingReader) Read([]byte) (int, error) { return 0, b.err }

// slowBody returns a body in small pieces, with a pause before each but the first.
type slowBody struct {
	io.ReadCloser
	hit     hit
	ctx     context.Context
	wire    *Wire
	started bool
}

func (d *slowBody) Read(p []byte) (int, error) {
	if d.started {
		if err := d.wire.sleep(d.ctx, d.hit, d.hit.Slow.Every); err != nil {
			return 0, err
		}
	}
	d.started = true
	return d.ReadCloser.Read(p[:min(len(p), d.hit.Slow.Bytes)])
}
