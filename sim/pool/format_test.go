package pool

import (
	"slices"
	"testing"

	"github.com/dnispool/dnispool/sim/dialplan"
)

func formOf(t testing.TB, format Format, country string) form {
	t.Helper()
	if _, err := dialplan.Of(country); err != nil {
		t.Fatal(err)
	}
	return Config{Format: format, Country: country}.form()
}

// TestDialled says of each text which of the numbers it can be.
func TestDialled(t *testing.T) {
	numbers := []string{
		"+442079460000", "+441134960000", "+441614960000", "+34911234567", "+34960000", "+74951234567", "+3611234567", "+61255501234",
		"+12025550123", "+390612345678", "+4930123456", "+99910000000",
	}
	for _, c := range []struct {
		format  Format
		country string
		in      string
		want    []string
	}{
		{FormatE164, "44", "+442079460000", []string{"+442079460000"}},
		{FormatE164, "44", "442079460000", []string{"+442079460000"}},
		{FormatE164, "44", "00442079460000", []string{"+442079460000"}},
		{FormatE164, "44", "011442079460000", []string{"+442079460000"}},
		{FormatE164, "44", "01112025550123", []string{"+12025550123"}},
		{FormatE164, "44", "02079460000", []string{"+442079460000"}},
		{FormatE164, "44", "01134960000", []string{"+441134960000", "+34960000"}}, // Leeds, or Spain from America: a pool has one
		{FormatE164, "44", "\t+44 (20) 7946-0000 ", []string{"+442079460000"}},
		{FormatE164, "44", "+44 (0)20 7946 0000", []string{"+442079460000"}},
		{FormatE164, "44", "+4402079460000", []string{"+442079460000"}},
		{FormatE164, "44", "004402079460000", []string{"+442079460000"}},
		{FormatE164, "44", "020.7946/0000", []string{"+442079460000"}},
		{FormatE164, "44", "0099910000000", []string{"+99910000000"}},
		{FormatE164, "34", "911234567", []string{"+34911234567"}},
		{FormatE164, "34", "00442079460000", []string{"+442079460000"}},
		{FormatE164, "7", "84951234567", []string{"+74951234567"}},
		{FormatE164, "KZ", "810442079460000", []string{"+442079460000"}},
		{FormatE164, "36", "0611234567", []string{"+3611234567"}},
		{FormatE164, "61", "001161255501234", []string{"+61255501234"}},
		{FormatE164, "61", "0255501234", []string{"+61255501234"}},
		{FormatE164, "", "02079460000", nil},
		{FormatE164, "", "01134960000", []string{"+34960000"}},
		{FormatE164, "", "00442079460000", []string{"+442079460000"}},
		{FormatE164, "", "+4402079460000", nil},
		{FormatE164, "1", "2025550123", []string{"+12025550123"}},
		{FormatE164, "1", "12025550123", []string{"+12025550123"}},
		{FormatE164, "1", "(202) 555-0123", []string{"+12025550123"}},
		{FormatE164, "1", "011442079460000", []string{"+442079460000"}},
		{FormatE164, "1", "01134960000", []string{"+34960000"}},
		{FormatE164, "1", "442079460000", []string{"+442079460000"}},
		{FormatE164, "1", "0442079460000", nil},
		{FormatE164, "39", "0612345678", []string{"+390612345678"}},
		{FormatE164, "49", "030123456", []string{"+4930123456"}},
		{FormatE164, "49", "442079460000", []string{"+442079460000"}}, // also a number in Wilhelmshaven
		{FormatE164, "44", "", nil},
		{FormatE164, "44", "  ", nil},
		{FormatE164, "44", " anonymous ", nil},
		{FormatE164, "44", "+", nil},
		{FormatE164, "44", "++442079460000", nil},
		{FormatE164, "44", "4420+79460000", nil},
		{FormatE164, "44", "+0442079460000", nil},
		{FormatE164, "44", "1234", nil},
		{FormatE164, "44", "9#+442079460000", nil},
		{FormatE164, "44", "+1234567890123456", nil},
		{FormatE164, "44", "+44207946000x", nil},
		{FormatE164, "44", "00000000000000000000000000000000000000", nil},
		{FormatExact, "44", " 02079460000", nil},
		{FormatExact, "44", "+442079460000", []string{"+442079460000"}},
		{FormatLast4, "44", "+44 2079 46 45 67 ", []string{"+34911234567", "+74951234567", "+3611234567"}},
		{FormatLast4, "44", "123", nil},
		{FormatLast7, "44", "9#02079460000", []string{"+442079460000"}},
		{FormatLast10, "1", "+1 (202) 555-0123", []string{"+12025550123"}},
		{FormatLast10, "44", "9#+442079460000", []string{"+442079460000"}},
		{FormatLast10, "44", "*67#9112079460000", []string{"+442079460000"}},
		{FormatLast10, "44", "00000000000000000000000000000000442079460000", []string{"+442079460000"}},
		{FormatLast10, "44", "x2079460000", nil},
		{FormatLast10, "1", " restricted ", nil},
	} {
		f := formOf(t, c.format, c.country)
		var got []string
		for _, n := range numbers {
			p := Config{Numbers: List(n), Window: 1, Release: ReleaseHangup, Selection: SelectLRU, Reaper: ReaperEager, Bindings: BindOnce, Match: MatchDNI, Format: c.format, Country: c.country}
			pool, err := New(p)
			if err != nil {
				if f.tail() > len(n)-1 {
					continue
				}
				t.Fatal(err)
			}
			if _, ok := pool.Lookup(c.in); ok {
				got = append(got, n)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s, country %q, %q: want %q, got %q", c.format, c.country, c.in, c.want, got)
		}
	}
}

// TestSame compares callers, none of which need be a number.
func TestSame(t *testing.T) {
	for _, c := range []struct {
		format Format
		a, b   string
		want   bool
	}{
		{FormatE164, "+442079460500", "02079460500", true},
		{FormatE164, "02079460500", "020 7946 0500", true},
		{FormatE164, "+44 (0)20 7946 0500", "442079460500", true},
		{FormatE164, " anonymous ", "anonymous", true},
		{FormatE164, "anonymous", "anonymous2", false},
		{FormatE164, "", "", true},
		{FormatE164, "", "+442079460500", false},
		{FormatE164, "+442079460500", "+442079460501", false},
		{FormatExact, "+442079460500", "02079460500", false},
		{FormatExact, "a ", "a", false},
		{FormatLast4, "9#0500", "+442079460500", true},
		{FormatLast4, "500", "+442079460500", false},
		{FormatLast4, "500", "5-00", true},
		{FormatLast4, "x", "y", false},
		{FormatLast10, "restricted", "private", false},
	} {
		f := formOf(t, c.format, "44")
		if f.same(c.a, c.b) != c.want || f.same(c.b, c.a) != c.want {
			t.Errorf("%s: %q and %q: want %t, got %t and %t", c.format, c.a, c.b, c.want, f.same(c.a, c.b), f.same(c.b, c.a))
		}
	}
}

func TestKeyDoesNotAllocate(t *testing.T) {
	for _, format := range formats {
		f := formOf(t, format, "44")
		for _, s := range []string{"+442079460000", "020 7946 0000", "anonymous"} {
			if n := testing.AllocsPerRun(100, func() { f.key(s) }); n != 0 {
				t.Errorf("key of %q under %s: want no allocation, got %v", s, format, n)
			}
		}
	}
}

// FuzzForm checks that comparing is fair to both sides, and that texts with the same key are the same.
func FuzzForm(f *testing.F) {
	for _, s := range []string{"+442079460000", "02079460000", "01134960000", "011442079460000", " (202) 555-0123 ", "", "+0", "0000", "9#0000"} {
		f.Add(s, "+44 20 7946 0000", uint8(0))
		f.Add(s, "0000", uint8(7))
	}
	countries := []string{"44", "1", "", "39", "7", "AU"}
	f.Fuzz(func(t *testing.T, a, b string, kind uint8) {
		form := formOf(t, formats[int(kind)%len(formats)], countries[int(kind)/len(formats)%len(countries)])
		if !form.same(a, a) {
			t.Fatalf("%v: %q is not the same as itself", form, a)
		}
		if form.same(a, b) != form.same(b, a) {
			t.Fatalf("%v: %q and %q: which stands first matters", form, a, b)
		}
		ka, oka := form.key(a)
		kb, okb := form.key(b)
		if oka && okb && ka == kb && !form.same(a, b) {
			t.Fatalf("%v: %q and %q have one key %d and are not the same", form, a, b, ka)
		}
	})
}
