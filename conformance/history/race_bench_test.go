package history

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkRecordedRace has fifty clients at once post to a server, with and without recording what they see. The two
// take turns, so that both meet the same machine. Metric: the time with recording to the time without.
func BenchmarkRecordedRace(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"dni":"+442079460000"}`)
	}))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 50}}
	defer client.CloseIdleConnections()
	w, err := NewWriter(io.Discard, Header{})
	if err != nil {
		b.Fatal(err)
	}
	post := func() {
		res, err := client.Post(server.URL, "application/json", strings.NewReader(`{"attributes":{"shared_id":"s1","nonce":"n1"}}`))
		if err != nil {
			b.Error(err)
			return
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	base := time.Now()
	recorder := NewRecorder(w, "f")
	recorded := func() {
		op := recorder.Begin(Op{Client: "client 1", Kind: Reserve, Outcome: Indefinite, Start: time.Since(base), Nonce: "n1", SharedID: "s1"})
		post()
		recorder.Update(op, func(o *Op) {
			o.End, o.Outcome, o.Status, o.Number = time.Since(base), OK, 200, "+442079460000"
		})
	}
	race := func(f func()) time.Duration {
		var clients sync.WaitGroup
		start := time.Now()
		for range 50 {
			clients.Go(func() {
				for range 20 {
					f()
				}
			})
		}
		clients.Wait()
		return time.Since(start)
	}
	race(post) // connections
	var plain, with time.Duration
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 {
			plain, with = plain+race(post), with+race(recorded)
		} else {
			with, plain = with+race(recorded), plain+race(post)
		}
		recorder = NewRecorder(w, "f")
	}
	b.ReportMetric(float64(with)/float64(plain), "x-unrecorded")
}
