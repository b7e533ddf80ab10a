package show

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/load"
	"github.com/dnispool/dnispool/conformance/load/measure"
)

// Metrics serves how a run stands at /metrics, in the text format that Prometheus reads. It is written here, because the client
// library would add 2.7 MB to the binary for two dozen lines.
type Metrics struct {
	server *http.Server
	served chan error

	mu   sync.Mutex
	size int
	last load.Sample
}

// Serve listens at an address, as 127.0.0.1:9464. size is how many numbers the pool has; 0: not known.
func Serve(address string, size int) (*Metrics, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("metrics: want an address like 127.0.0.1:9464, got %q", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	m := &Metrics{served: make(chan error, 1), size: size}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = m.Write(w) // whoever asked is gone
	})
	m.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, Addr: l.Addr().String()}
	go func() { m.served <- m.server.Serve(l) }()
	return m, nil
}

// Address is where it listens.
func (m *Metrics) Address() string { return m.server.Addr }

// Close stops serving.
func (m *Metrics) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := m.server.Shutdown(ctx)
	if served := <-m.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// See takes in a sample.
func (m *Metrics) See(s load.Sample) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = s
}

// Write writes the metrics. Counters are of the whole run, the warm-up included; shares and times leave it out.
func (m *Metrics) Write(w io.Writer) error {
	m.mu.Lock()
	s, size := m.last, m.size
	m.mu.Unlock()
	var b exposition
	c := s.Result.Counts
	b.family("callers_total", "counter", "Callers who were due, by what the generator made of them.",
		figure{`result="begun"`, float64(c.Begun)}, figure{`result="dropped"`, float64(c.Dropped)})
	for _, request := range []string{measure.Reserve, measure.Handoff} {
		var rows []figure
		for _, status := range slices.Sorted(maps.Keys(s.Result.Statuses[request])) {
			rows = append(rows, figure{fmt.Sprintf("code=%q", strconv.Itoa(status)), float64(s.Result.Statuses[request][status])})
		}
		b.family(request+"_requests_total", "counter", "Requests by the status of their reply; 0 is no reply.", rows...)
	}
	b.family("calls_total", "counter", "Calls that were placed, by how they came out.",
		figure{`result="answered"`, float64(c.Answered)}, figure{`result="given_up"`, float64(c.GaveUp)}, figure{`result="refused"`, float64(c.CallRefused)}, figure{`result="failed"`, float64(c.CallFailed)})
	b.family("contexts_total", "counter", "Calls by whose attributes their agent was given.",
		figure{`context="own"`, float64(c.Own)}, figure{`context="none"`, float64(c.None)}, figure{`context="foreign"`, float64(c.Foreign)})
	b.family("violations_total", "counter", "What is seen at once to be wrong.",
		figure{`kind="no_context"`, float64(c.None)}, figure{`kind="foreign_context"`, float64(c.Foreign)}, figure{`kind="given_twice"`, float64(c.Twice)}, figure{`kind="fail_open"`, float64(c.FailOpen)})
	if s.SoFar != nil {
		b.family("check_violations_total", "counter", "Violations that the checks have found in what was recorded so far.", figure{"", float64(s.SoFar.Violations)})
		b.family("checked_seconds", "gauge", "Until when, since the beginning, the checks have looked.", figure{"", s.SoFar.Until.Seconds()})
	}
	b.family("calls_up", "gauge", "Calls that are up.", figure{"", float64(s.Up)})
	b.family("numbers_held", "gauge", "Numbers that must have been held in the last second at one time, and that may have been.", figure{`bound="must"`, float64(s.Must)}, figure{`bound="may"`, float64(s.May)})
	if size > 0 {
		b.family("pool_numbers", "gauge", "Numbers of the pool.", figure{"", float64(size)})
	}
	whole := s.Result.Whole
	b.family("blocked_ratio", "gauge", "Share of the reservations that were refused.", figure{"", whole.Blocked.Share})
	if whole.Predicted != nil {
		b.family("predicted_blocked_ratio", "gauge", "The share that the formula predicts of the load that was measured.", figure{"", *whole.Predicted})
	}
	var refused, predicted []figure
	for _, p := range s.Result.Projects {
		of := fmt.Sprintf("project=%q", p.Name)
		refused = append(refused, figure{of, p.Whole.Blocked.Share})
		if p.Whole.Predicted != nil {
			predicted = append(predicted, figure{of, *p.Whole.Predicted})
		}
	}
	if len(refused) > 0 {
		b.family("project_blocked_ratio", "gauge", "The same by project, where there are several.", refused...)
		b.family("project_predicted_blocked_ratio", "gauge", "And what the formula predicts of the load of each pool.", predicted...)
	}
	if whole.Offered != nil {
		b.family("offered_erlangs", "gauge", "The load that was offered, as measured.", figure{"", *whole.Offered})
	}
	b.times(s.Result)
	_, err := b.WriteTo(w)
	return err
}

// exposition is text in Prometheus' format.
type exposition struct{ bytes.Buffer }

// figure is a value with its labels.
type figure struct {
	labels string
	value  float64
}

// prefix begins the name of every metric.
const prefix = "dnispool_load_"

func (b *exposition) head(name, kind, help string) {
	fmt.Fprintf(b, "# HELP %s%s %s\n# TYPE %s%s %s\n", prefix, name, help, prefix, name, kind)
}

func (b *exposition) line(name, labels string, value float64) {
	if labels != "" {
		labels = "{" + labels + "}"
	}
	fmt.Fprintf(b, "%s%s%s %s\n", prefix, name, labels, strconv.FormatFloat(value, 'g', -1, 64))
}

func (b *exposition) family(name, kind, help string, rows ...figure) {
	b.head(name, kind, help)
	for _, f := range rows {
		b.line(name, f.labels, f.value)
	}
}

// times are summaries: quantiles of the whole run so far.
func (b *exposition) times(r measure.Result) {
	for _, name := range measure.Timed() {
		p := r.Times[name]
		full := name + "_seconds"
		b.head(full, "summary", "See the report: "+name+".")
		for _, q := range []struct {
			quantile string
			at       time.Duration
		}{{"0.5", p.P50}, {"0.9", p.P90}, {"0.95", p.P95}, {"0.99", p.P99}, {"0.999", p.P999}} {
			b.line(full, `quantile="`+q.quantile+`"`, q.at.Seconds())
		}
		b.line(full+"_sum", "", p.Mean.Seconds()*float64(p.Count))
		b.line(full+"_count", "", float64(p.Count))
	}
}
