package rehearse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// front is the HTTP address that the client knows. Behind it stands the world of the lesson that is being played; between
// two lessons a request waits for the next. Whatever the world does to a connection is done to the client's.
type front struct {
	listener net.Listener
	server   *http.Server
	served   chan struct{}

	mu    sync.Mutex
	world *world
	next  chan struct{}   // closed when there is a world
	past  map[string]bool // the shared_ids of earlier lessons
}

func openFront(address string) (*front, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	f := &front{listener: l, served: make(chan struct{}), next: make(chan struct{}), past: make(map[string]bool)}
	f.server = &http.Server{Handler: f, ReadHeaderTimeout: time.Minute, ConnContext: withConn, ErrorLog: log.New(io.Discard, "", 0)}
	either := &eitherListener{Listener: l, refused: func() {
		if w := f.now(); w != nil {
			w.watch.refuse(time.Now())
		}
	}}
	go func() {
		defer close(f.served)
		_ = f.server.Serve(either) // until close
	}()
	return f, nil
}

func (f *front) close() {
	_ = f.server.Close()
	<-f.served
}

// show puts a world behind the address; nil takes it away.
func (f *front) show(w *world) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.world != nil {
		for _, id := range f.world.watch.reserved() {
			f.past[id] = true
		}
	}
	f.world = w
	if w == nil {
		f.next = make(chan struct{})
	} else {
		close(f.next)
	}
}

// now is the world of the lesson that is being played; nil between two.
func (f *front) now() *world {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.world
}

// betweenLessons is how long a request waits for the next lesson.
const betweenLessons = 10 * time.Second

func (f *front) current(ctx context.Context) *world {
	ctx, cancel := context.WithTimeout(ctx, betweenLessons)
	defer cancel()
	for {
		f.mu.Lock()
		w, next := f.world, f.next
		f.mu.Unlock()
		if w != nil {
			return w
		}
		select {
		case <-next:
		case <-ctx.Done():
			return nil
		}
	}
}

const (
	maxRequest = 4 << 20 // bytes of a body that are passed on; the platform refuses far less
	maxKept    = 64 << 10
)

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w := f.current(r.Context())
	if w == nil {
		http.Error(out, "no lesson is being played", http.StatusServiceUnavailable)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		return // the client has gone
	}
	p := &passage{world: w, request: r, out: out}
	if f.isLate(w, r) {
		p.pass(body)
	} else {
		x := w.watch.begin(r, body[:min(len(body), maxKept)])
		p.pass(body)
		w.watch.finish(x, p.status, p.header, p.sent, p.broken, r.Context().Err() != nil && !p.whole)
	}
	if p.cut != nil {
		p.cut()
	}
}

// isLate reports whether a client still asks for the handoff of a caller of an earlier lesson, which is no part of this one.
func (f *front) isLate(w *world, r *http.Request) bool {
	id := r.URL.Query().Get("shared_id")
	f.mu.Lock()
	past := f.past[id]
	f.mu.Unlock()
	return past && kindOf(r) == Handoff && !slices.Contains(w.watch.reserved(), id)
}

// passage is one request on its way to the platform and back.
type passage struct {
	world   *world
	request *http.Request
	out     http.ResponseWriter

	status int // that the client was sent; 0: none
	header http.Header
	sent   []byte
	whole  bool   // the client was sent all of the reply: it may well have gone since
	broken string // in which way the reply broke off
	cut    func() // ends the connection as the world did
}

func (p *passage) pass(body []byte) {
	target := &url.URL{Scheme: "http", Host: p.world.upstream, Path: p.request.URL.Path, RawPath: p.request.URL.RawPath, RawQuery: p.request.URL.RawQuery}
	ahead, err := http.NewRequestWithContext(p.request.Context(), p.request.Method, target.String(), bytes.NewReader(body))
	if err != nil {
		p.breakOff(err)
		return
	}
	ahead.Header = p.request.Header.Clone()
	ahead.Host = p.request.Host
	res, err := p.world.transport.RoundTrip(ahead)
	if err != nil {
		p.breakOff(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	res.Header.Del("Connection") // of the world's connection, which carries one request
	if p.world.fillsIn {
		fillIn(res, p.request.URL.Query().Get("shared_id"))
	}
	p.status, p.header = res.StatusCode, res.Header.Clone()
	for name, values := range res.Header {
		p.out.Header()[name] = values
	}
	if p.out.Header().Get("Date") == "" {
		p.out.Header()["Date"] = nil // as it came
	}
	p.out.WriteHeader(res.StatusCode)
	p.copy(res.Body)
}

// fillIn puts the shared_id that was asked for into a reply of the lesson's that wants it.
func fillIn(res *http.Response, sharedID string) {
	body, err := io.ReadAll(res.Body)
	if err == nil && bytes.Contains(body, []byte(sharedIDHere)) {
		quoted, _ := json.Marshal(sharedID) // a text always can
		body = bytes.ReplaceAll(body, []byte(sharedIDHere), quoted[1:len(quoted)-1])
		res.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), failing{err}), res.Body}
}

// failing ends a body that broke off as it did, and a whole one.
type failing struct{ err error }

// Read implements io.Reader.
func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// copy passes a body on as it comes, so that one that drips does.
func (p *passage) copy(body io.Reader) {
	flusher := http.NewResponseController(p.out)
	p.whole = true
	buffer := make([]byte, 32<<10)
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			p.sent = append(p.sent, buffer[:min(n, maxKept-min(len(p.sent), maxKept))]...)
			_, failed := p.out.Write(buffer[:n])
			p.whole = p.whole && errors.Join(failed, flusher.Flush()) == nil
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			p.whole = false
			p.breakOff(err)
			return
		}
	}
}

// breakOff ends the client's connection as that to the platform has ended: with a reset, or without a word.
func (p *passage) breakOff(err error) {
	p.broken = "the connection was closed"
	reset := isReset(err)
	if reset {
		p.broken = "the connection was reset"
	}
	p.cut = func() {
		conn, _, err := http.NewResponseController(p.out).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if either, ok := conn.(*eitherConn); ok {
			conn = either.Conn
		}
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNREFUSED)
}
