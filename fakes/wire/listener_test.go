package wire_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/wire"
)

func TestListenerLeavesOthersAlone(t *testing.T) {
	w := wire.New(1, nil)
	if err := w.Set(wire.Fault{Path: "elsewhere", Reply: &wire.Reply{Status: 418}}); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 1<<20)
	client, url := sides[1].start(t, w, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(rw, r.Body)
	}))
	for range 3 { // on one connection
		req, err := http.NewRequestWithContext(t.Context(), "POST", url, strings.NewReader(big))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Expect", "100-continue")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil || string(body) != big {
			t.Fatalf("echo of %d bytes, %v; want %d", len(body), err, len(big))
		}
		_ = res.Body.Close()
	}
}

func TestListenerCutsChunkedReplies(t *testing.T) {
	for _, keep := range []int{3, 1000} {
		w := wire.New(1, nil)
		if err := w.Set(wire.Fault{Truncate: &keep}); err != nil {
			t.Fatal(err)
		}
		client, url := sides[1].start(t, w, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(rw, reply)
			rw.(http.Flusher).Flush()
		}))
		got := post(client, url, time.Minute)
		if !errors.Is(got.err, io.ErrUnexpectedEOF) || !strings.HasPrefix(reply, got.body) {
			t.Errorf("cut at %d: body %q, %v; want an unexpected end", keep, got.body, got.err)
		}
	}
}

func TestListenerIgnoresWhatIsNotHTTP(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := wire.New(1, nil)
	if err := w.Set(wire.Fault{DropRequest: wire.RequestReset}); err != nil {
		t.Fatal(err)
	}
	l := w.Listener(inner)
	defer func() { _ = l.Close() }()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.Copy(c, c)
		_ = c.Close()
	}()
	c, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, text := range []string{"\x16\x03\x01 a TLS hello", "ODD LINE\r\n"} {
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(text))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
			t.Errorf("echo %q, %v; want %q", got, err, text)
		}
	}
}
