package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Share is one of 0 to 1 on the command line: 2% or 0.02.
type Share float64

// String implements flag.Value.
func (s *Share) String() string { return percent(float64(*s)) }

// Set implements flag.Value.
func (s *Share) Set(text string) error {
	v, err := share(text)
	*s = Share(v)
	return err
}

// Shares is a Range of shares on the command line: 2%, or what it may be from low to high: 1%..5%, 1%..2%..5%.
type Shares Range

// String implements flag.Value.
func (r *Shares) String() string { return (*Range)(r).text(percent) }

// Set implements flag.Value.
func (r *Shares) Set(text string) (err error) {
	*(*Range)(r), err = parseRange(text, share)
	return err
}

// Span is a time in seconds, on the command line as 60s.
type Span float64

// String implements flag.Value.
func (s *Span) String() string { return seconds(float64(*s)).String() }

// Set implements flag.Value.
func (s *Span) Set(text string) error {
	v, err := span(text)
	*s = Span(v)
	return err
}

// String implements flag.Value.
func (r *Release) String() string { return string(*r) }

// Set implements flag.Value.
func (r *Release) Set(text string) error {
	return strictyaml.Pick("release", r, []byte(text), Releases()...)
}

// Seconds is a Range of times on the command line: 60s, or 30s..180s, or 30s..60s..180s.
type Seconds Range

// String implements flag.Value.
func (r *Seconds) String() string {
	return (*Range)(r).text(func(s float64) string { return seconds(s).String() })
}

// Set implements flag.Value.
func (r *Seconds) Set(text string) (err error) {
	*(*Range)(r), err = parseRange(text, span)
	return err
}

func span(text string) (float64, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("want a duration like 60s, got %q", text)
	}
	return d.Seconds(), nil
}

// parseRange reads one, two or three values with dots between. What is likely between two is their middle.
func parseRange(text string, value func(string) (float64, error)) (Range, error) {
	parts := strings.Split(text, "..")
	if len(parts) > 3 {
		return Range{}, fmt.Errorf("want one value, low..high or low..likely..high, got %q", text)
	}
	values := make([]float64, len(parts))
	for i, part := range parts {
		v, err := value(strings.TrimSpace(part))
		if err != nil {
			return Range{}, err
		}
		values[i] = v
	}
	low, high := values[0], values[len(values)-1]
	r := Range{low, (low + high) / 2, high}
	if len(values) == 3 {
		r.Likely = values[1]
	}
	return r, nil
}

func share(text string) (float64, error) {
	number, isPercent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || v != v {
		return 0, fmt.Errorf("want a share like 2%% or 0.02, got %q", text)
	}
	if isPercent {
		v /= 100
	}
	return v, nil
}

func (r Range) text(of func(float64) string) string {
	if !r.Uncertain() {
		return of(r.Likely)
	}
	return of(r.Low) + ".." + of(r.Likely) + ".." + of(r.High)
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'g', 4, 64) + "%" }
