package pool

import (
	"testing"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		format  Format
		country string
		in      string
		want    string
	}{
		{FormatE164, "44", "+442079460000", "+442079460000"},
		{FormatE164, "44", "442079460000", "+442079460000"},
		{FormatE164, "44", "00442079460000", "+442079460000"},
		{FormatE164, "44", "011442079460000", "+442079460000"},
		{FormatE164, "44", "01112025550123", "+12025550123"},
		{FormatE164, "44", "02079460000", "+442079460000"},
		{FormatE164, "44", "01134960000", "+441134960000"}, // Leeds, not a 011 prefix
		{FormatE164, "44", "\t+44 (20) 7946-0000 ", "+442079460000"},
		{FormatE164, "44", "020.7946/0000", "+442079460000"},
		{FormatE164, "44", "\u00a0020 7946 0000\n", "+442079460000"},
		{FormatE164, "", "02079460000", "02079460000"},
		{FormatE164, "", "01134960000", "+34960000"},
		{FormatE164, "", "00442079460000", "+442079460000"},
		{FormatE164, "1", "2025550123", "+12025550123"},
		{FormatE164, "1", "12025550123", "+12025550123"},
		{FormatE164, "1", "(202) 555-0123", "+12025550123"},
		{FormatE164, "1", "011442079460000", "+442079460000"},
		{FormatE164, "1", "01134960000", "+34960000"},
		{FormatE164, "1", "442079460000", "+442079460000"},
		{FormatE164, "1", "0442079460000", "0442079460000"},
		{FormatE164, "39", "0612345678", "+390612345678"},
		{FormatE164, "49", "030123456", "+4930123456"},
		{FormatE164, "44", "", ""},
		{FormatE164, "44", "  ", ""},
		{FormatE164, "44", " anonymous ", "anonymous"},
		{FormatE164, "44", "+", "+"},
		{FormatE164, "44", "++442079460000", "++442079460000"},
		{FormatE164, "44", "4420+79460000", "4420+79460000"},
		{FormatE164, "44", "+0442079460000", "+0442079460000"},
		{FormatE164, "44", "1234", "1234"},
		{FormatE164, "44", "+1234567890123456", "+1234567890123456"},
		{FormatE164, "44", "+44207946000x", "+44207946000x"},
		{FormatExact, "44", " 02079460000", " 02079460000"},
		{FormatLast4, "44", "+442079460123", "0123"},
		{FormatLast4, "44", "+44 2079 46 01 23 ", "0123"},
		{FormatLast4, "44", "123", "123"},
		{FormatLast7, "44", "02079460123", "9460123"},
		{FormatLast10, "1", "+1 (202) 555-0123", "2025550123"},
		{FormatLast10, "1", " restricted ", "restricted"},
	} {
		got := Canonical(c.format, c.country, c.in)
		if got != c.want {
			t.Errorf("Canonical(%s, %q, %q): want %q, got %q", c.format, c.country, c.in, c.want, got)
		}
	}
}

func TestCanonicalDoesNotAllocate(t *testing.T) {
	for _, c := range []struct {
		format Format
		in     string
	}{
		{FormatE164, "+442079460000"},
		{FormatE164, "anonymous"},
		{FormatExact, "02079460000"},
		{FormatLast4, "+442079460000"},
		{FormatLast10, "2079460000"},
	} {
		if n := testing.AllocsPerRun(100, func() { Canonical(c.format, "44", c.in) }); n != 0 {
			t.Errorf("Canonical(%s, %q): want no allocation, got %v", c.format, c.in, n)
		}
	}
}

func TestKeyDoesNotAllocate(t *testing.T) {
	for _, format := range formats {
		f := form{format: format, country: "44"}
		for _, s := range []string{"+442079460000", "020 7946 0000", "anonymous"} {
			if n := testing.AllocsPerRun(100, func() { f.key(s) }); n != 0 {
				t.Errorf("key of %q under %s: want no allocation, got %v", s, format, n)
			}
		}
	}
}

// FuzzCanonical checks that a canonical form is its own canonical form, and that
// two texts have the same key exactly when they have the same canonical number.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"+442079460000", "02079460000", "01134960000", "011442079460000", " (202) 555-0123 ", "", "+0", "0000"} {
		f.Add(s, "+44 20 7946 0000", uint8(0))
		f.Add(s, "0000", uint8(7))
	}
	countries := []string{"44", "1", "", "39"}
	f.Fuzz(func(t *testing.T, a, b string, kind uint8) {
		form := form{format: formats[int(kind)%len(formats)], country: countries[int(kind)/len(formats)%len(countries)]}
		canonical := func(s string) string { return Canonical(form.format, form.country, s) }
		ca, cb := canonical(a), canonical(b)
		if again := canonical(ca); again != ca {
			t.Fatalf("%v: %q became %q and then %q", form, a, ca, again)
		}
		ka, oka := form.key(a)
		kb, okb := form.key(b)
		if oka && okb && (ka == kb) != (ca == cb) {
			t.Fatalf("%v: %q and %q: keys %d and %d, forms %q and %q", form, a, b, ka, kb, ca, cb)
		}
		if oka != okb && ca == cb {
			t.Fatalf("%v: %q and %q: both are %q but only one has a key", form, a, b, ca)
		}
		if kc, okc := form.key(ca); okc != oka || kc != ka {
			t.Fatalf("%v: %q has key %d %t, its form %q has %d %t", form, a, ka, oka, ca, kc, okc)
		}
	})
}
