package client

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Config is how an integrator's system behaves. Zero values mean the defaults that each field names.
type Config struct {
	BaseURL    string `yaml:"base_url"` // of the platform's API, as https://api.uk-1.platform.polyai.app
	DNIKey     string `yaml:"dni_key"`
	HandoffKey string `yaml:"handoff_key"`
	Account    string `yaml:"account"`
	Project    string `yaml:"project"`
	// ReservePath and HandoffPath replace the published paths, for a platform that serves others.
	ReservePath string `yaml:"reserve_path"`
	HandoffPath string `yaml:"handoff_path"`

	Fallback     string   `yaml:"fallback"`      // the queue for callers who get no number; empty: such journeys fail
	DefaultQueue string   `yaml:"default_queue"` // the queue for callers whose handoff cannot be learned; empty: none
	Contained    []string `yaml:"contained"`     // values of handoff_to that mean "no transfer"; default "CONTAINED" and ""
	// Queues maps what handoff_to names to what is dialled. What is not in it is dialled as it is.
	Queues map[string]string `yaml:"queues"`
	// HandoffTo and HandoffReason are the keys in the handoff's data; default handoff_to and handoff_reason.
	HandoffTo     string `yaml:"handoff_to"`
	HandoffReason string `yaml:"handoff_reason"`
	// OnMissing decides what a record that never appears means; default: default-queue when there is one, else complete.
	OnMissing OnMissing `yaml:"on_missing"`

	ReserveTimeout time.Duration `yaml:"reserve_timeout"` // of one attempt; default 2s
	// ReserveRetries is how often a reservation is tried again after an attempt that failed without a refusal.
	// After a timeout or a 5xx the number of the first attempt may be lost until its window closes. Default 0.
	ReserveRetries int           `yaml:"reserve_retries"`
	ReserveBudget  time.Duration `yaml:"reserve_budget"` // attempts and waits together; default reserve_timeout x (retries + 1), with a Backoff an hour
	// Storm makes of a careful client one that tries again at once, and also when it was refused for want of a number.
	Storm bool `yaml:"storm"`
	// Backoff draws the wait between two tries to reserve. nil: 200 ms, doubled each time up to 5 s, up to a half of it off at random.
	Backoff        func(*rand.Rand) time.Duration `yaml:"-"`
	DialAttempts   int                            `yaml:"dial_attempts"` // numbers tried before falling back; default 2
	RingTimeout    time.Duration                  `yaml:"ring_timeout"`  // of a call to a number or a queue, in real time; 0: as long as the network lets it ring
	HandoffTimeout time.Duration                  `yaml:"handoff_timeout"`
	Poll           Poll                           `yaml:"poll"`
	Seed           uint64                         `yaml:"seed"` // of the jitter
}

// Poll says how often and how long the client asks for a handoff after the call. The first question comes at once.
type Poll struct {
	Every time.Duration `yaml:"every"` // default 1s
	For   time.Duration `yaml:"for"`   // default 10s
}

// OnMissing is what the client does when the handoff's record never appears.
type OnMissing string

// The documented rule reads a missing record as "no handoff". It drops the caller whose attributes were lost.
const (
	Complete       OnMissing = "complete"
	ToDefaultQueue OnMissing = "default-queue"
)

// UnmarshalText accepts the two names.
func (o *OnMissing) UnmarshalText(text []byte) error {
	return strictyaml.Pick("on_missing", o, text, Complete, ToDefaultQueue)
}

// The published paths (OpenAPI).
const (
	reservePath = "/v1/conversations/dni-reservation"
	handoffPath = "/v1/{account_id}/{project_id}/handoff_state"
)

// Validate returns every problem, joined.
func (c Config) Validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if u, err := url.Parse(c.BaseURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		problem("base_url: want an http or https URL, got %q", c.BaseURL)
	}
	for name, key := range map[string]string{"dni_key": c.DNIKey, "handoff_key": c.HandoffKey} {
		if strings.ContainsAny(key, "\r\n\x00") {
			problem("%s: want a header value, got one with a line break", name)
		}
	}
	for name, d := range map[string]time.Duration{
		"reserve_timeout": c.ReserveTimeout, "reserve_budget": c.ReserveBudget, "ring_timeout": c.RingTimeout, "handoff_timeout": c.HandoffTimeout,
		"poll.every": c.Poll.Every, "poll.for": c.Poll.For,
	} {
		if d < 0 {
			problem("%s: want 0 or more, got %v", name, d)
		}
	}
	if c.ReserveRetries < 0 {
		problem("reserve_retries: want 0 or more, got %d", c.ReserveRetries)
	}
	if c.DialAttempts < 0 {
		problem("dial_attempts: want 0 or more, got %d", c.DialAttempts)
	}
	if c.OnMissing != "" {
		errs = append(errs, new(OnMissing).UnmarshalText([]byte(c.OnMissing)))
	}
	if c.OnMissing == ToDefaultQueue && c.DefaultQueue == "" {
		problem("on_missing: want a default_queue to go to, got none")
	}
	return errors.Join(errs...)
}

// full returns the config with its defaults.
func (c Config) full() Config {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	text := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&c.ReserveTimeout, 2*time.Second)
	if c.Backoff != nil {
		def(&c.ReserveBudget, time.Hour)
	}
	def(&c.ReserveBudget, c.ReserveTimeout*time.Duration(c.ReserveRetries+1))
	def(&c.HandoffTimeout, 5*time.Second)
	def(&c.Poll.Every, time.Second)
	def(&c.Poll.For, 10*time.Second)
	text(&c.ReservePath, reservePath)
	text(&c.HandoffPath, strings.NewReplacer("{account_id}", url.PathEscape(c.Account), "{project_id}", url.PathEscape(c.Project)).Replace(handoffPath))
	text(&c.HandoffTo, "handoff_to")
	text(&c.HandoffReason, "handoff_reason")
	if c.DialAttempts == 0 {
		c.DialAttempts = 2
	}
	if c.Contained == nil {
		c.Contained = []string{"CONTAINED", ""}
	}
	if c.OnMissing == "" {
		c.OnMissing = ToDefaultQueue
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	return c
}
