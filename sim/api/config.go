package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Config says how strict the HTTP edge is and how its errors look.
type Config struct {
	// ErrorStyle is the shape of error bodies. Source: OpenAPI for spec; published docs for envelope; the others are
	// not published.
	ErrorStyle ErrorStyle `yaml:"error_style" json:"error_style"`
	// KeyError is the status for a missing or unknown key: 401, 403 or 404. Source: OpenAPI says 401; published docs
	// also say 403 after a rotation and 404 for another region.
	KeyError int `yaml:"key_error" json:"key_error"`
	// ScopeError is the status for a known key that may not do this: 401, 403 or 404. Source: OpenAPI says 403 for
	// handoff; Reserve DNI declares none.
	ScopeError int `yaml:"scope_error" json:"scope_error"`
	// MaxBody is the longest request body in bytes. Source: unspecified.
	MaxBody int `yaml:"max_body" json:"max_body"`
	// OversizeStatus is the status for a longer one: 413 or 400. Source: unspecified.
	OversizeStatus int `yaml:"oversize_status" json:"oversize_status"`
	// MaxDepth is how deep objects and arrays of a body may nest, the body itself counted. Source: unspecified.
	MaxDepth int `yaml:"max_depth" json:"max_depth"`
	// StrictBody is what becomes of keys beside `attributes`. Source: OpenAPI does not forbid them.
	StrictBody StrictBody `yaml:"strict_body" json:"strict_body"`
	// ContentType is which Content-Type a body must have. Source: unspecified: OpenAPI declares application/json and
	// no 415.
	ContentType ContentType `yaml:"content_type" json:"content_type"`
	// Duplicates is what becomes of an object in a body that has a key twice. Source: unspecified: JSON leaves it open,
	// and most readers take the last.
	Duplicates Duplicates `yaml:"duplicate_keys" json:"duplicate_keys"`
	// ContentEncoding is what a body may be compressed with. Source: unspecified: OpenAPI declares nothing.
	ContentEncoding ContentEncoding `yaml:"content_encoding" json:"content_encoding"`
	// DeclaredOnly answers 400 (401 for a key) where the status would be one that OpenAPI does not declare for the
	// endpoint: 403 of Reserve DNI, 405, 408, 413, 415, 429. Unknown paths and what is not HTTP belong to no endpoint.
	// Source: OpenAPI for the statuses; that nothing else is ever answered is unspecified.
	DeclaredOnly bool `yaml:"declared_only" json:"declared_only"`
	// LegacyPaths serves the paths that were published before today's, too. Source: history of the published docs.
	LegacyPaths bool `yaml:"legacy_paths" json:"legacy_paths"`
	// RateLimit is how many requests per second a key may make, 0 for any number. Source: unspecified: published docs
	// describe 429 without a number.
	RateLimit int `yaml:"rate_limit" json:"rate_limit"`
	// RateBurst is how many requests a key that was idle may make at once. Source: unspecified.
	RateBurst int `yaml:"rate_burst" json:"rate_burst"`
	// MaxHeader is the longest request line and header together, in bytes; beyond it the answer is 431. Source: unspecified.
	MaxHeader int `yaml:"max_header" json:"max_header"`
	// MaxConnections is how many connections are open at once; one more closes the one that has been idle longest, or
	// waits when each has a request under way. With MaxBody and MaxHeader it bounds what unfinished requests take.
	// Source: unspecified: a limit of this simulator.
	MaxConnections int `yaml:"max_connections" json:"max_connections"`
	// ReadTimeout is the time a client has to send a request, 0 for any time; after it the answer is 408, or 400
	// when the header is not complete. Source: unspecified.
	ReadTimeout time.Duration `yaml:"read_timeout" json:"read_timeout"`
	// IdleTimeout is the time a connection is kept without a request, 0 for as long as ReadTimeout. Source: unspecified.
	IdleTimeout time.Duration `yaml:"idle_timeout" json:"idle_timeout"`
}

// Default returns what OpenAPI says where it says something, and generous limits elsewhere.
func Default() Config {
	return Config{
		ErrorStyle:      Spec,
		KeyError:        401,
		ScopeError:      403,
		MaxBody:         256 << 10,
		OversizeStatus:  413,
		MaxDepth:        64,
		StrictBody:      Ignore,
		ContentType:     AnyType,
		Duplicates:      Refuse,
		ContentEncoding: Identity,
		RateBurst:       100,
		MaxHeader:       64 << 10,
		MaxConnections:  1000,
		ReadTimeout:     30 * time.Second,
		IdleTimeout:     2 * time.Minute,
	}
}

// ErrorStyle is the shape of error bodies.
type ErrorStyle string

const (
	// Spec has each endpoint answer in its own shape; an unknown path, which belongs to neither, answers in the
	// envelope, so that a mistyped URL does not look like an empty pool.
	Spec ErrorStyle = "spec"
	// Envelope answers every error in the six fields that the docs claim for all APIs.
	Envelope ErrorStyle = "envelope"
	// Gateway is Spec with bodies of the API gateway in front for key errors, unknown paths and rate limits.
	Gateway ErrorStyle = "gateway"
	// Draft is Spec with the three-field 403 that a draft of the docs gives for a project of another account.
	Draft ErrorStyle = "draft"
)

// StrictBody is what becomes of unknown keys at the top of a body.
type StrictBody string

const (
	Ignore StrictBody = "ignore"
	Reject StrictBody = "reject" // 400
)

// ContentType is which Content-Type a body must have.
type ContentType string

const (
	AnyType      ContentType = "any"
	JSONRequired ContentType = "json-required" // application/json, else 415, or 400 with declared_only
)

// Duplicates is what becomes of a key that an object has twice.
type Duplicates string

const (
	Refuse Duplicates = "refuse" // 400: two readers may differ about which one counts
	Last   Duplicates = "last"   // the last counts; attributes go to the agent as they came
)

// ContentEncoding is what a body may be compressed with.
type ContentEncoding string

const (
	Identity ContentEncoding = "identity" // nothing, else 415
	Gzip     ContentEncoding = "gzip"     // gzip or nothing; MaxBody bounds it on the wire and unpacked
)

// The errors name the setting: a strict reader shows them as they are.

func (s *ErrorStyle) UnmarshalText(b []byte) error {
	return strictyaml.Pick("error_style", s, b, Spec, Envelope, Gateway, Draft)
}

func (s *StrictBody) UnmarshalText(b []byte) error {
	return strictyaml.Pick("strict_body", s, b, Ignore, Reject)
}

func (c *ContentType) UnmarshalText(b []byte) error {
	return strictyaml.Pick("content_type", c, b, AnyType, JSONRequired)
}

func (d *Duplicates) UnmarshalText(b []byte) error {
	return strictyaml.Pick("duplicate_keys", d, b, Refuse, Last)
}

func (c *ContentEncoding) UnmarshalText(b []byte) error {
	return strictyaml.Pick("content_encoding", c, b, Identity, Gzip)
}

// Validate returns every problem of c, joined; each begins with the setting's name in YAML.
func (c Config) Validate() error {
	errs := []error{
		c.ErrorStyle.UnmarshalText([]byte(c.ErrorStyle)),
		c.StrictBody.UnmarshalText([]byte(c.StrictBody)),
		c.ContentType.UnmarshalText([]byte(c.ContentType)),
		c.Duplicates.UnmarshalText([]byte(c.Duplicates)),
		c.ContentEncoding.UnmarshalText([]byte(c.ContentEncoding)),
		status("key_error", c.KeyError, 401, 403, 404),
		status("scope_error", c.ScopeError, 401, 403, 404),
		status("oversize_status", c.OversizeStatus, 400, 413),
		within("max_body", c.MaxBody, 2, 1<<30),
		within("max_depth", c.MaxDepth, 2, 1000),
		within("rate_limit", c.RateLimit, 0, 1_000_000),
		within("rate_burst", c.RateBurst, 1, 1_000_000),
		within("max_header", c.MaxHeader, 1<<10, 1<<30),
		within("max_connections", c.MaxConnections, 1, 1_000_000),
		notNegative("read_timeout", c.ReadTimeout),
		notNegative("idle_timeout", c.IdleTimeout),
	}
	return errors.Join(errs...)
}

func status(key string, got int, allowed ...int) error {
	if slices.Contains(allowed, got) {
		return nil
	}
	return fmt.Errorf("%s: want %s, got %d", key, strictyaml.OneOf(strings.Fields(strings.Trim(fmt.Sprint(allowed), "[]"))), got)
}

func within(key string, got, least, most int) error {
	if least <= got && got <= most {
		return nil
	}
	return fmt.Errorf("%s: want %d to %d, got %d", key, least, most, got)
}

func notNegative(key string, got time.Duration) error {
	if got >= 0 {
		return nil
	}
	return fmt.Errorf("%s: want 0s or more, got %v", key, got)
}
