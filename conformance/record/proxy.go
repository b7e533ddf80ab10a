package record

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// maxSeen bounds how much of a body is looked at, in bytes. What is longer is passed on like anything else, and recorded
// without its content.
const maxSeen = 1 << 20

// Config says what a Proxy stands in front of and how it names what it sees.
type Config struct {
	Upstream *url.URL // scheme and host, and a path to put in front of all others
	Log      *Log
	Clients  Clients
	Projects []Project
	Nonce    string // the attribute that is different in each reservation; "" is nonce
	SharedID string // the attribute that a state is asked for by; "" is shared_id
	// Transport reaches the upstream; nil is a plain one. It must not decompress replies.
	Transport http.RoundTripper
}

// Project is one project of the platform, told from others by its keys. A project without keys is the only one.
type Project struct {
	Name string
	Keys []string
}

// Proxy passes every request on, and its reply back as it came; those of the two endpoints are recorded. It never waits
// longer than its client does.
type Proxy struct {
	config  Config
	forward *httputil.ReverseProxy
	names   *names
	conns   atomic.Int64
}

// NewProxy returns a handler; NewServer serves it.
func NewProxy(c Config) *Proxy {
	if c.Nonce == "" {
		c.Nonce = "nonce"
	}
	if c.SharedID == "" {
		c.SharedID = "shared_id"
	}
	if c.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.DisableCompression, t.MaxIdleConnsPerHost = true, 256
		c.Transport = t
	}
	p := &Proxy{config: c, names: newNames()}
	p.forward = &httputil.ReverseProxy{
		Transport: c.Transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(c.Upstream)
			r.Out.URL.RawQuery = r.In.URL.RawQuery // also what cannot be parsed
			for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
				if values, ok := r.In.Header[name]; ok { // the recorder is nobody that an upstream should know of
					r.Out.Header[name] = values
				}
			}
		},
		ModifyResponse: seeReply,
		ErrorHandler:   noReply,
		ErrorLog:       log.New(io.Discard, "", 0), // the history says what broke off
	}
	return p
}

// NewServer returns a server for the proxy that tells connections apart.
func NewServer(p *Proxy) *http.Server {
	return &http.Server{
		Handler: p, ReadHeaderTimeout: 30 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, p.conns.Add(1))
		},
	}
}

type (
	connKey   struct{} // the number of a connection
	recordKey struct{} // the *exchange of a request
)

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{proxy: p}
	switch {
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/dni-reservation"):
		x.reserve(r)
	case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/handoff_state"):
		x.handoff(r)
	default:
		p.forward.ServeHTTP(w, r)
		return
	}
	ctx := context.WithValue(r.Context(), recordKey{}, x)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { x.reached.Store(true) }})
	defer x.brokenOff() // the proxy gives up with a panic
	p.forward.ServeHTTP(w, r.WithContext(ctx))
}

// exchange is a request of one of the endpoints and what is known of its reply.
type exchange struct {
	proxy   *Proxy
	op      history.Op
	key     string
	reached atomic.Bool // the upstream may have got something
	done    bool
}

func (x *exchange) begin(op history.Op, r *http.Request) {
	x.key = r.Header.Get("x-api-key")
	op.Project = x.proxy.project(x.key)
	op.Outcome = history.Indefinite
	op.Attributes = x.clean(op.Attributes)
	for _, s := range []*string{&op.Client, &op.Nonce, &op.SharedID, &op.AskedID, &op.AskedSharedID} {
		*s = x.cleanText(*s)
	}
	x.op = x.proxy.config.Log.begin(op, false)
}

// reserve reads the request's body, as far as it is looked at, and leaves it to be read again.
func (x *exchange) reserve(r *http.Request) {
	op := history.Op{Kind: history.Reserve}
	seen, err := io.ReadAll(io.LimitReader(r.Body, maxSeen+1))
	rest := r.Body
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(seen), &after{rest, err}), rest}
	if err == nil && len(seen) <= maxSeen {
		var body struct {
			Attributes json.RawMessage `json:"attributes"`
		}
		if json.Unmarshal(seen, &body) == nil && string(body.Attributes) != "null" {
			op.Attributes = body.Attributes
		}
	}
	var named map[string]json.RawMessage
	_ = json.Unmarshal(op.Attributes, &named) // attributes that are no object name nothing
	op.Nonce, op.SharedID = text(named[x.proxy.config.Nonce]), text(named[x.proxy.config.SharedID])
	op.Client = x.proxy.client(r, named, op.SharedID)
	x.begin(op, r)
}

// after is the rest of a body, or the error that it ended with.
type after struct {
	io.Reader
	err error
}

func (a *after) Read(b []byte) (int, error) {
	if a.err != nil {
		return 0, a.err
	}
	return a.Reader.Read(b)
}

func (x *exchange) handoff(r *http.Request) {
	query := r.URL.Query()
	op := history.Op{Kind: history.Handoff, AskedID: query.Get("id"), AskedSharedID: query.Get("shared_id")}
	op.Client = x.proxy.client(r, nil, op.AskedSharedID)
	x.begin(op, r)
}

// brokenOff ends what no reply has ended: nobody knows what became of it, unless nothing ever left.
func (x *exchange) brokenOff() {
	if x.done {
		return
	}
	if !x.reached.Load() {
		x.op.Outcome = history.Rejected
	}
	x.end(x.proxy.config.Log.now())
}

func (x *exchange) end(at time.Duration) {
	x.done = true
	x.op.End = at
	x.proxy.config.Log.update(&x.op)
}

// noReply answers in the upstream's stead.
func noReply(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) { // the client has gone
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadGateway)
	_, _ = io.WriteString(w, `{"success":false,"error":"Bad Gateway","message":"dnispool record: the upstream did not answer"}`+"\n")
}

// seeReply has the reply's body read by the exchange while it is passed on.
func seeReply(res *http.Response) error {
	if x, ok := res.Request.Context().Value(recordKey{}).(*exchange); ok {
		x.op.Status = res.StatusCode
		res.Body = &reply{ReadCloser: res.Body, exchange: x, header: res.Header, left: res.ContentLength, at: x.proxy.config.Log.now()}
	}
	return nil
}

// reply is a body that is looked at. It is over when its last byte came, which is before the client has it.
type reply struct {
	io.ReadCloser
	exchange *exchange
	header   http.Header
	seen     bytes.Buffer
	left     int64         // bytes to come; less than 0: nobody said
	at       time.Duration // when the last of them came
}

func (r *reply) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	if n > 0 {
		r.at = r.exchange.proxy.config.Log.now()
		if room := maxSeen + 1 - r.seen.Len(); room > 0 {
			r.seen.Write(b[:min(n, room)])
		}
		if r.left > 0 {
			r.left -= int64(n)
		}
	}
	if err == io.EOF || r.left == 0 {
		r.finish()
	}
	return n, err
}

func (r *reply) Close() error {
	if r.left == 0 {
		r.finish()
	}
	return r.ReadCloser.Close()
}

func (r *reply) finish() {
	if r.exchange.done {
		return
	}
	r.exchange.saw(r.content())
	r.exchange.end(r.at)
}

// content is the body as its sender meant it, nil when it is too long or cannot be read.
func (r *reply) content() []byte {
	if r.seen.Len() > maxSeen {
		return nil
	}
	if r.header.Get("Content-Encoding") != "gzip" {
		return r.seen.Bytes()
	}
	z, err := gzip.NewReader(&r.seen)
	if err != nil {
		return nil
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxSeen+1))
	if err != nil || len(plain) > maxSeen {
		return nil
	}
	return plain
}
