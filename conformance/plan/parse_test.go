package plan

import (
	"flag"
	"testing"
)

func TestRangesAreReadAndWritten(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		into flag.Value
		text string
		want string // what is written, or the error
	}{
		{new(Shares), "2%", "2%"}, {new(Shares), "0.02", "2%"}, {new(Shares), "1%..5%", "1%..3%..5%"}, {new(Shares), "1%..2%..5%", "1%..2%..5%"},
		{new(Shares), "0", "0%"},
		{new(Shares), "few", `want a share like 2% or 0.02, got "few"`},
		{new(Shares), "1..2..3..4", `want one value, low..high or low..likely..high, got "1..2..3..4"`},
		{new(Seconds), "60s", "1m0s"}, {new(Seconds), "30s..180s", "30s..1m45s..3m0s"}, {new(Seconds), "0s..0s..5s", "0s..0s..5s"},
		{new(Seconds), "60", `want a duration like 60s, got "60"`},
		{new(Share), "0.1%", "0.1%"}, {new(Share), "NaN", `want a share like 2% or 0.02, got "NaN"`},
	} {
		got := ""
		if err := test.into.Set(test.text); err != nil {
			got = err.Error()
		} else {
			got = test.into.String()
		}
		if got != test.want {
			t.Errorf("%s: want %s, got %s", test.text, test.want, got)
		}
	}
}
