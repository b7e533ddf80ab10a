package reading

import (
	"testing"

	"github.com/nyaruka/phonenumbers"
)

func TestAsDialled(t *testing.T) {
	for _, same := range []string{"+442079460000", "442079460000", "00442079460000", "02079460000", "011442079460000", "60000", "+44 20 7946 0000", "+44 (0)20 7946 0000", "sip:+442079460000@gw"} {
		if !SameNumber(same, "+442079460000") {
			t.Errorf("%s: want it taken for the number", same)
		}
	}
	for _, other := range []string{"+442079460001", "02079460001", "000", "", "a"} {
		if SameNumber(other, "+442079460000") {
			t.Errorf("%s: want it taken for another number", other)
		}
	}
}

func TestAsDialledWithAnEight(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"84951234567", "+74951234567", true},
		{"80152450911", "+375152450911", true},
		{"84951234567", "+74951234568", false},
		{"+84951234567", "+74951234567", false}, // Vietnam
		{"81234", "+71234", false},
	} {
		if got := SameNumber(c.a, c.b); got != c.same || SameNumber(c.b, c.a) != got {
			t.Errorf("%s and %s: want %t, got %t", c.a, c.b, c.same, got)
		}
	}
}

// TestAsDialledEverywhere takes the national form, and that from abroad, of numbers of every region and kind that
// libphonenumber knows for the number.
func TestAsDialledEverywhere(t *testing.T) {
	cases := 0
	for region := range phonenumbers.GetSupportedRegions() {
		for kind := phonenumbers.FIXED_LINE; kind < phonenumbers.UNKNOWN; kind++ {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil || region == "AR" && kind == phonenumbers.MOBILE { // 15 stands in the middle of it: another number, if nobody knows Argentina
				continue
			}
			number := phonenumbers.Format(n, phonenumbers.E164)
			for _, dialled := range []string{phonenumbers.Format(n, phonenumbers.NATIONAL), phonenumbers.FormatOutOfCountryCallingNumber(n, "AU"), number[1:]} {
				cases++
				if !SameNumber(dialled, number) {
					t.Errorf("%s: %q: want it taken for %s", region, dialled, number)
				}
			}
		}
	}
	if cases < 2000 {
		t.Errorf("want thousands of numbers, got %d", cases)
	}
}
