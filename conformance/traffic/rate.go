package traffic

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Rate is calls a second. In YAML and on the command line it is a number and a unit: 5/s, 300/min, 1000/h.
type Rate float64

// units from the longest, in seconds.
var units = []struct {
	name    string
	seconds float64
}{{"h", 3600}, {"min", 60}, {"s", 1}}

// UnmarshalText reads a rate.
func (r *Rate) UnmarshalText(text []byte) error {
	count, unit, _ := strings.Cut(string(text), "/")
	value, err := strconv.ParseFloat(strings.TrimSpace(count), 64)
	for _, u := range units {
		if err == nil && strings.TrimSpace(unit) == u.name && value >= 0 && !math.IsInf(value, 0) {
			*r = Rate(value / u.seconds)
			return nil
		}
	}
	return fmt.Errorf("rate: want calls and a unit like 5/s, 300/min or 1000/h, got %q", text)
}

// String writes the rate in the shortest unit in which it is a whole number, else a second where it is one or more.
func (r Rate) String() string {
	for i := len(units) - 1; i >= 0; i-- {
		value := float64(r) * units[i].seconds
		if whole := math.Round(value); whole >= 1 && math.Abs(value-whole) < 1e-9*whole {
			return fmt.Sprintf("%.0f/%s", whole, units[i].name)
		}
	}
	for i := len(units) - 1; i > 0; i-- {
		if value := float64(r) * units[i].seconds; value >= 1 {
			return fmt.Sprintf("%.4g/%s", value, units[i].name)
		}
	}
	return fmt.Sprintf("%.4g/h", float64(r)*3600)
}

// MarshalText implements encoding.TextMarshaler.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Set implements flag.Value.
func (r *Rate) Set(text string) error { return r.UnmarshalText([]byte(text)) }
