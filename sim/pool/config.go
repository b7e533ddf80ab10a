package pool

import (
	"errors"
	"fmt"
	"time"

	"github.com/dnispool/dnispool/sim/dialplan"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Config says which numbers a pool owns and how it leases them. The platform
// publishes the numbers only; every other field is unspecified there, so it is a
// setting here. Start from Default and change what you know.
type Config struct {
	// Numbers the pool owns.
	Numbers Numbers `yaml:"numbers"`
	// Window is how long a reservation waits for its call: the lease commits at c
	// and lives in [c, c+window).
	Window time.Duration `yaml:"window"`
	// CoolDown is how long a number rests between the end of a lease and its next use.
	CoolDown time.Duration `yaml:"cool_down"`
	// Release is the moment of a bound call that ends its lease.
	Release Release `yaml:"release"`
	// Selection is which free number is issued next.
	Selection Selection `yaml:"selection"`
	// Seed of selection random. The same seed and operations issue the same numbers.
	Seed uint64 `yaml:"seed"`
	// Reaper is when a lease whose window has passed gives its number back.
	Reaper Reaper `yaml:"reaper"`
	// Lag is how late the reaper "lag" comes after the window.
	Lag time.Duration `yaml:"lag"`
	// Bindings is how many calls one reservation serves.
	Bindings Bindings `yaml:"bindings"`
	// Match is what a call must share with a reservation to be bound to it.
	Match Match `yaml:"match"`
	// Format is how a dialled number is compared with the pool's numbers.
	Format Format `yaml:"number_format"`
	// Country is the one whose national numbers and international prefix are dialled,
	// under number_format e164: a calling code without +, or a region such as "KZ"
	// (ISO 3166-1) where several share a code. Empty: neither is understood. Unspecified.
	Country string `yaml:"country"`
}

// Default is a pool of 20 generated numbers held until hang-up, with a window of
// 120 s, no cool-down, and the least recently used number issued first.
func Default() Config {
	return Config{
		Numbers:   Count(20),
		Window:    120 * time.Second,
		Release:   ReleaseHangup,
		Selection: SelectLRU,
		Reaper:    ReaperEager,
		Bindings:  BindOnce,
		Match:     MatchDNI,
		Format:    FormatE164,
		Country:   "44",
	}
}

// Validate reports every problem of the configuration at once, joined; nil when a
// pool can be made of it.
func (c Config) Validate() error {
	_, err := c.resolve()
	return err
}

// resolve is Validate that keeps the expanded numbers, which can be a million.
func (c Config) resolve() (numberSet, error) {
	numbers, err := c.Numbers.Expand()
	if err == nil && len(numbers) == 0 {
		err = errors.New("numbers: want at least 1, got none")
	}
	set, collisions := c.form().index(numbers)
	return set, errors.Join(append(c.problems(), err, collisions)...)
}

// problems are those of the settings other than the numbers.
func (c Config) problems() []error {
	errs := []error{
		strictyaml.Among("release", c.Release, releases...),
		strictyaml.Among("selection", c.Selection, selections...),
		strictyaml.Among("reaper", c.Reaper, reapers...),
		strictyaml.Among("bindings", c.Bindings, bindings...),
		strictyaml.Among("match", c.Match, matches...),
		strictyaml.Among("number_format", c.Format, formats...),
	}
	if c.Window <= 0 {
		errs = append(errs, fmt.Errorf("window: want more than 0s, got %v", c.Window))
	}
	if c.CoolDown < 0 {
		errs = append(errs, fmt.Errorf("cool_down: want 0s or more, got %v", c.CoolDown))
	}
	if c.Reaper == ReaperLag && c.Lag <= 0 {
		errs = append(errs, fmt.Errorf("lag: want more than 0s with reaper: lag, got %v", c.Lag))
	}
	if c.Reaper != ReaperLag && c.Lag != 0 {
		errs = append(errs, fmt.Errorf("lag: want it only with reaper: lag, got %v with reaper: %s", c.Lag, c.Reaper))
	}
	if _, err := dialplan.Of(c.Country); err != nil {
		errs = append(errs, fmt.Errorf("country: %w", err))
	}
	return errs
}

// Release is the moment of a bound call at which its number leaves the lease.
type Release string

// The values of Release.
const (
	ReleaseArrival Release = "arrival" // the INVITE reaches the platform
	ReleaseAnswer  Release = "answer"  // the call is answered, or ends before that
	ReleaseHangup  Release = "hangup"  // the call ends
)

// Selection is which of the free numbers is issued next.
type Selection string

// The values of Selection.
const (
	SelectLRU        Selection = "lru"         // free for the longest time
	SelectRoundRobin Selection = "round-robin" // the next one after the last issued, in list order
	SelectRandom     Selection = "random"      // any, with equal chance
	SelectLIFO       Selection = "lifo"        // freed last
	SelectFirst      Selection = "first"       // lowest in list order
)

// Reaper is when an uncalled lease really ends. A call that arrives before that
// is still bound, even after the window.
type Reaper string

// The values of Reaper.
const (
	ReaperEager Reaper = "eager" // at c+window exactly
	ReaperLag   Reaper = "lag"   // at c+window+lag exactly
	ReaperLazy  Reaper = "lazy"  // when a Reserve finds nothing free
)

// Bindings is how many calls one reservation serves.
type Bindings string

// The values of Bindings.
const (
	BindOnce Bindings = "once" // the first call; further ones are unbound
	BindMany Bindings = "many" // every call until the lease is released
)

// Match is what a call must share with a reservation to be bound to it.
type Match string

// The values of Match.
const (
	MatchDNI    Match = "dni"     // the number dialled
	MatchDNIANI Match = "dni+ani" // the number dialled, and the caller's number where the reservation names one
)

// Format is how numbers are compared.
type Format string

// The values of Format.
const (
	FormatE164   Format = "e164"    // after conversion to E.164 from the usual dialled forms
	FormatExact  Format = "exact"   // byte for byte
	FormatLast4  Format = "last-4"  // by the last 4 digits
	FormatLast7  Format = "last-7"  // by the last 7 digits
	FormatLast10 Format = "last-10" // by the last 10 digits
)

var (
	releases   = []Release{ReleaseArrival, ReleaseAnswer, ReleaseHangup}
	selections = []Selection{SelectLRU, SelectRoundRobin, SelectRandom, SelectLIFO, SelectFirst}
	reapers    = []Reaper{ReaperEager, ReaperLazy, ReaperLag}
	bindings   = []Bindings{BindOnce, BindMany}
	matches    = []Match{MatchDNI, MatchDNIANI}
	formats    = []Format{FormatE164, FormatExact, FormatLast4, FormatLast7, FormatLast10}
)

// UnmarshalText accepts the values of Release.
func (r *Release) UnmarshalText(text []byte) error {
	return strictyaml.Pick("release", r, text, releases...)
}

// UnmarshalText accepts the values of Selection.
func (s *Selection) UnmarshalText(text []byte) error {
	return strictyaml.Pick("selection", s, text, selections...)
}

// UnmarshalText accepts the values of Reaper.
func (r *Reaper) UnmarshalText(text []byte) error {
	return strictyaml.Pick("reaper", r, text, reapers...)
}

// UnmarshalText accepts the values of Bindings.
func (b *Bindings) UnmarshalText(text []byte) error {
	return strictyaml.Pick("bindings", b, text, bindings...)
}

// UnmarshalText accepts the values of Match.
func (m *Match) UnmarshalText(text []byte) error {
	return strictyaml.Pick("match", m, text, matches...)
}

// UnmarshalText accepts the values of Format.
func (f *Format) UnmarshalText(text []byte) error {
	return strictyaml.Pick("number_format", f, text, formats...)
}
