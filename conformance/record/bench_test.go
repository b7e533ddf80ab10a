package record

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/history"
)

// BenchmarkReserve is a reservation on one connection: of a handler that does nothing, and through the recorder.
func BenchmarkReserve(b *testing.B) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"dni":"+12025550000"}`)
	}))
	defer upstream.Close()
	file, err := os.Create(filepath.Join(b.TempDir(), "h.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	log, err := NewLog(file, history.Header{}, "")
	if err != nil {
		b.Fatal(err)
	}
	u, err := url.Parse(upstream.URL)
	if err != nil {
		b.Fatal(err)
	}
	proxy := httptest.NewServer(NewProxy(Config{Upstream: u, Log: log}))
	defer proxy.Close()
	for name, base := range map[string]string{"direct": upstream.URL, "recorded": proxy.URL} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				res, err := http.Post(base+reservePath, "application/json", strings.NewReader(`{"attributes":{"nonce":"n","shared_id":"s"}}`))
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
		})
	}
}
