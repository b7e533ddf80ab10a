package handoff

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Config says what of a conversation's state is exposed, under which names, from when and for how long.
type Config struct {
	// StateKeys are the keys of conv.state that `data` shows, in this order, each null when unset. None: the Handoff
	// API is not configured, and `data` is {}. Source: ADK schema (handoff_api.state_keys).
	StateKeys []string `yaml:"state_keys" json:"state_keys"`
	// Aliases renames exposed keys: internal name to public name. Source: ADK schema (handoff_api.aliases).
	Aliases map[string]string `yaml:"aliases" json:"aliases"`
	// SharedIDStateKey is the state key that holds the shared_id. Source: ADK schema (handoff_api.shared_id_state_key);
	// the default is the name that the published docs use.
	SharedIDStateKey string `yaml:"shared_id_state_key" json:"shared_id_state_key"`
	// SharedIDSource is where the shared_id comes from. Source: ADK schema for state; published docs list shared_id
	// among the keys that the platform fills in by itself, hence the others.
	SharedIDSource SharedIDSource `yaml:"shared_id_source" json:"shared_id_source"`
	// NumberStyle is how an integer shared_id is spelled. Source: unspecified: the docs show strings only; the ADK
	// changelog says that integers may come back as doubles.
	NumberStyle NumberStyle `yaml:"number_style" json:"number_style"`
	// VisibleAfter is the time from the end of the call until a GET can see its state.
	// Source: unspecified: the published docs ask right after BYE, which 0 serves.
	VisibleAfter time.Duration `yaml:"visible_after" json:"visible_after"`
	// Retention is the time from the end of the call until its state is gone; 0 keeps it while there is room.
	// Source: unspecified.
	Retention time.Duration `yaml:"retention" json:"retention"`
	// MaxRecords and MaxBytes bound the memory of a project: with one more, the oldest records make room, be their
	// retention over or not, and each is told to the store's observer. A single record may be larger than MaxBytes.
	// Source: unspecified: limits of this simulator.
	MaxRecords int `yaml:"max_records" json:"max_records"`
	MaxBytes   int `yaml:"max_bytes" json:"max_bytes"`
	// Duplicates is which record a shared_id finds when several calls carried it. Source: unspecified.
	Duplicates Duplicates `yaml:"duplicates" json:"duplicates"`
	// Snapshot is whether what end_function writes is exposed. Source: unspecified: published docs say that
	// end_function runs after the call and can write state, and the one published project with a configured Handoff
	// API writes its only exposed key there and nowhere else, hence the default.
	Snapshot Snapshot `yaml:"snapshot" json:"snapshot"`
	// Empty is how "no handoff" looks: a known call whose exposed keys are all null. Source: ADK schema for nulls;
	// published docs say "if present" and "non-empty", hence the others.
	Empty Empty `yaml:"empty" json:"empty"`
	// Abandoned is whether a call that the caller hung up leaves a record. Source: unspecified.
	Abandoned Abandoned `yaml:"abandoned" json:"abandoned"`
	// MidCallRead is what a GET finds while the call is up. Source: unspecified.
	MidCallRead MidCallRead `yaml:"midcall_read" json:"midcall_read"`
}

// Default returns the published behaviour where there is one, with no key exposed.
func Default() Config {
	return Config{
		SharedIDStateKey: "shared_id",
		SharedIDSource:   FromState,
		NumberStyle:      Digits,
		Retention:        24 * time.Hour,
		MaxRecords:       100_000,
		MaxBytes:         128 << 20,
		Duplicates:       Last,
		Snapshot:         EndFunction,
		Empty:            Nulls,
		Abandoned:        Keep,
		MidCallRead:      NotFoundMidCall,
	}
}

// SharedIDSource is where the shared_id of a call comes from.
type SharedIDSource string

const (
	FromState      SharedIDSource = "state"      // the state key named by shared_id_state_key
	FromAttributes SharedIDSource = "attributes" // the attribute shared_id of the reservation
	FromBoth       SharedIDSource = "both"       // state, and attributes when the state has none
	FromNowhere    SharedIDSource = "none"       // no call has one, as with a project that names no state key for it
)

// NumberStyle is how an integer becomes a shared_id.
type NumberStyle string

const (
	Digits NumberStyle = "digits" // 123
	Double NumberStyle = "double" // 123.0, as a platform that keeps numbers as doubles prints it
)

// Duplicates is which of several calls with one shared_id is found.
type Duplicates string

const (
	Last     Duplicates = "last"     // the call that ended last, among those visible
	First    Duplicates = "first"    // the call that ended first, among those kept
	Conflict Duplicates = "conflict" // none, while more than one is kept
)

// Snapshot is when the exposed state is taken.
type Snapshot string

const (
	CallEnd     Snapshot = "call-end"     // at the end of the call, for good
	EndFunction Snapshot = "end-function" // at the end of the call, and again after end_function
)

// Empty is how a call without handoff looks.
type Empty string

const (
	Nulls    Empty = "nulls"     // every exposed key, null
	NoKeys   Empty = "empty"     // {}
	NotFound Empty = "not-found" // as if the call were unknown; it still hides older calls with its shared_id
)

// Abandoned is what is kept of a call that the caller ended.
type Abandoned string

const (
	Keep Abandoned = "keep"
	Drop Abandoned = "drop"
)

// MidCallRead is what can be read before a call has ended.
type MidCallRead string

const (
	NotFoundMidCall MidCallRead = "not-found"
	Current         MidCallRead = "current" // the state as of the last turn
)

// The errors name the setting: a strict reader shows them as they are.

func (s *SharedIDSource) UnmarshalText(b []byte) error {
	return strictyaml.Pick("shared_id_source", s, b, FromState, FromAttributes, FromBoth, FromNowhere)
}

func (s *NumberStyle) UnmarshalText(b []byte) error {
	return strictyaml.Pick("number_style", s, b, Digits, Double)
}

func (d *Duplicates) UnmarshalText(b []byte) error {
	return strictyaml.Pick("duplicates", d, b, Last, First, Conflict)
}

func (s *Snapshot) UnmarshalText(b []byte) error {
	return strictyaml.Pick("snapshot", s, b, CallEnd, EndFunction)
}

func (e *Empty) UnmarshalText(b []byte) error {
	return strictyaml.Pick("empty", e, b, Nulls, NoKeys, NotFound)
}

func (a *Abandoned) UnmarshalText(b []byte) error {
	return strictyaml.Pick("abandoned", a, b, Keep, Drop)
}

func (m *MidCallRead) UnmarshalText(b []byte) error {
	return strictyaml.Pick("midcall_read", m, b, NotFoundMidCall, Current)
}

// Validate returns every problem of c, joined; each begins with the setting's name in YAML.
func (c Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf(key+": "+format, args...))
	}
	c.validateKeys(bad)
	if c.SharedIDStateKey == "" {
		bad("shared_id_state_key", `want a state key, got ""`)
	}
	if c.VisibleAfter < 0 {
		bad("visible_after", "want 0s or more, got %v", c.VisibleAfter)
	}
	if c.Retention < 0 {
		bad("retention", "want 0s or more, got %v", c.Retention)
	}
	if c.Retention > 0 && c.VisibleAfter >= c.Retention {
		bad("visible_after", "want less than retention (%v), or nothing is ever visible, got %v", c.Retention, c.VisibleAfter)
	}
	if c.MaxRecords < 1 {
		bad("max_records", "want 1 or more, got %d", c.MaxRecords)
	}
	if c.MaxBytes < 1 {
		bad("max_bytes", "want 1 or more, got %d", c.MaxBytes)
	}
	errs = append(errs,
		c.SharedIDSource.UnmarshalText([]byte(c.SharedIDSource)),
		c.NumberStyle.UnmarshalText([]byte(c.NumberStyle)),
		c.Duplicates.UnmarshalText([]byte(c.Duplicates)),
		c.Snapshot.UnmarshalText([]byte(c.Snapshot)),
		c.Empty.UnmarshalText([]byte(c.Empty)),
		c.Abandoned.UnmarshalText([]byte(c.Abandoned)),
		c.MidCallRead.UnmarshalText([]byte(c.MidCallRead)),
	)
	return errors.Join(errs...)
}

func (c Config) validateKeys(bad func(key, format string, args ...any)) {
	listed, exposed := map[string]bool{}, map[string]string{}
	for _, key := range c.StateKeys {
		if key == "" {
			bad("state_keys", `want a state key, got ""`)
		}
		if listed[key] {
			bad("state_keys", "want each key once, got %q again", key)
			continue
		}
		listed[key] = true
		name := c.publicName(key)
		if other, taken := exposed[name]; taken {
			bad("aliases", "want one key per public name, got %q and %q both as %q", other, key, name)
		}
		exposed[name] = key
	}
	for _, key := range slices.Sorted(maps.Keys(c.Aliases)) {
		if !listed[key] {
			bad("aliases", "want a key that is in state_keys, got %q", key)
		}
		if c.Aliases[key] == "" {
			bad("aliases", `want a public name for %q, got ""`, key)
		}
	}
}

func (c Config) publicName(key string) string {
	if name, ok := c.Aliases[key]; ok {
		return name
	}
	return key
}
