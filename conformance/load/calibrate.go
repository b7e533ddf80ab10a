package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// Calibration is what the generator itself takes on this machine: the same callers at the highest rate of the run, offered to
// a handler that does nothing. What a run shows beyond it is the platform's and the network's.
type Calibration struct {
	Rate     traffic.Rate        `json:"rate_per_s"`
	Achieved float64             `json:"achieved_per_s"`
	Reached  bool                `json:"reached"`
	Reserve  measure.Percentiles `json:"reserve"`
	Lag      measure.Percentiles `json:"send_lag"`
}

// calibrated is how long a calibration takes, and slowest its rate: fewer callers make no percentile.
const (
	calibrated = time.Second
	slowest    = traffic.Rate(200)
)

// Calibrate offers the profile's highest rate to a bare handler.
func Calibrate(ctx context.Context, p Profile) (Calibration, error) {
	s, err := serveBare()
	if err != nil {
		return Calibration{}, fmt.Errorf("calibration: %w", err)
	}
	defer s.close()
	rate, _ := p.Arrivals.Rates.Peak()
	c := Calibration{Rate: max(rate, slowest)}
	q := Default()
	q.Arrivals, q.For, q.InFlight, q.Grace = traffic.Arrivals{Rates: traffic.Steady(c.Rate)}, calibrated, p.InFlight, time.Second
	q.Journey.Attributes = p.Journey.Attributes
	out, err := Run(ctx, Plan{Profile: q, Stage: s, Seed: 1, Prefix: "calibration-", NoCalls: true})
	if err != nil {
		return Calibration{}, fmt.Errorf("calibration: %w", err)
	}
	whole := out.Measured.Whole
	c.Achieved, c.Reached = whole.Achieved(), whole.Reached()
	c.Reserve, c.Lag = out.Measured.Times[measure.TimeReserve], out.Measured.Times[measure.TimeLag]
	return c, nil
}

// bare is a platform that gives one number to everybody.
type bare struct {
	transport *http.Transport
	server    *http.Server
	address   string
}

func serveBare() (*bare, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	reply := []byte(`{"dni":"+442079460000"}`)
	s := &bare{transport: &http.Transport{DisableCompression: true, MaxConnsPerHost: 512, MaxIdleConnsPerHost: 512}, address: l.Addr().String()}
	s.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(reply)
	})}
	go func() { _ = s.server.Serve(l) }() // until close
	return s, nil
}

func (s *bare) close() {
	s.transport.CloseIdleConnections()
	_ = s.server.Close()
}

// Do implements Stage.
func (s *bare) Do(r *http.Request) (*http.Response, error) { return s.transport.RoundTrip(r) }

// BaseURL implements Stage.
func (s *bare) BaseURL() string { return "http://" + s.address }

// Project implements Stage.
func (s *bare) Project(string) (targets.Project, bool) { return targets.Project{}, true }

// Facts implements Stage.
func (s *bare) Facts(string) reading.Facts { return reading.Facts{} }

// Dial implements Stage.
func (s *bare) Dial(context.Context, targets.Dial) (targets.Call, error) {
	return nil, errors.New("calls: want a platform, got a handler")
}
