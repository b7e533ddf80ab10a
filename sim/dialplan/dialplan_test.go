package dialplan_test

import (
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/dnispool/dnispool/sim/dialplan"
	"github.com/dnispool/dnispool/sim/pool"
)

// prefixes are international ones of regions that have several. Of those that have one, libphonenumber knows it.
var prefixes = map[string]string{
	"BO": "0010", "BR": "0014", "CL": "1230", "CO": "009", "ID": "008", "IL": "00", "KH": "001", "KP": "00", "KR": "001",
	"PW": "011", "SB": "00", "TH": "001", "TW": "002", "TZ": "000", "UG": "000",
}

// TestEveryRegion dials a number of every region that libphonenumber knows, from there and from abroad, and one of
// another region from there: a pool that has them and is told the country finds them.
func TestEveryRegion(t *testing.T) {
	regions := slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions()))
	if len(regions) < 240 {
		t.Fatalf("want every region, got %d", len(regions))
	}
	for _, region := range regions {
		domestic, foreign := example(region), example("FR")
		if region == "FR" {
			foreign = example("ES")
		}
		code := strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region))
		forms := map[string]string{"+" + domestic: domestic, domestic: domestic, "00" + domestic: domestic, "+" + foreign: foreign, foreign: foreign, "00" + foreign: foreign}
		forms[national(t, domestic)] = domestic
		prefix, ok := prefixes[region]
		if !ok {
			n, _ := phonenumbers.Parse("+"+foreign, "ZZ")
			prefix = phonenumbers.NormalizeDigitsOnly(phonenumbers.FormatOutOfCountryCallingNumber(n, region))
			prefix = prefix[:len(prefix)-len(foreign)]
		}
		forms[prefix+foreign] = foreign
		countries := []string{region}
		if phonenumbers.GetRegionCodeForCountryCode(phonenumbers.GetCountryCodeForRegion(region)) == region {
			countries = append(countries, code)
		}
		for _, country := range countries {
			p := owns(t, country, domestic, foreign)
			for dialled, number := range forms {
				if got, ok := p.Lookup(dialled); !ok || got != "+"+number {
					t.Errorf("%s: %q dialled in %s: want +%s, got %q", region, dialled, country, number, got)
				}
			}
		}
	}
}

// example are the digits of a number of a region, with its calling code.
func example(region string) string {
	return phonenumbers.Format(phonenumbers.GetExampleNumber(region), phonenumbers.E164)[1:]
}

func national(t *testing.T, digits string) string {
	t.Helper()
	n, ok := dialplan.National("+" + digits)
	if !ok {
		t.Fatalf("+%s: want its national form, got none", digits)
	}
	return n
}

// owns is a pool of these numbers.
func owns(t *testing.T, country string, digits ...string) *pool.Pool {
	t.Helper()
	c := pool.Default()
	c.Country = country
	c.Numbers = pool.Numbers{}
	for _, d := range digits {
		c.Numbers.List = append(c.Numbers.List, "+"+d)
	}
	p, err := pool.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlan(t *testing.T) {
	for _, c := range []struct{ country, dialled, want string }{
		{"44", "02079460000", "+442079460000"},
		{"44", "+4402079460000", "+442079460000"},
		{"GB", "00999", ""},
		{"34", "911234567", "+34911234567"},
		{"7", "84951234567", "+74951234567"},
		{"KZ", "87710009998", "+77710009998"},
		{"36", "0611234567", "+3611234567"},
		{"61", "001161255501234", "+61255501234"},
		{"39", "0612345678", "+390612345678"},
		{"1", "2025550123", "+12025550123"},
		{"44", "", ""},
		{"", "02079460000", ""},
		{"", "+442079460000", ""},
	} {
		p, err := dialplan.Of(c.country)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := p.E164(c.dialled); got != c.want {
			t.Errorf("%q in %q: want %q, got %q", c.dialled, c.country, c.want, got)
		}
	}
}

func TestNoCountry(t *testing.T) {
	for _, country := range []string{"+44", "044", "4444", "999", "800", "0", "-1", "gb", "GBR", "ZZ", "001"} {
		if _, err := dialplan.Of(country); err == nil || err.Error() != `want a calling code like "44" or a region like "GB", got `+strconv.Quote(country) {
			t.Errorf("%q: want it refused, got %v", country, err)
		}
	}
	if got, ok := dialplan.National("+999123456"); ok {
		t.Errorf("want no national form of a number of no country, got %q", got)
	}
}
