// Package dialplan reads and writes numbers as people of a country dial them: national numbers with what that country
// puts before them, and those of other countries behind its international prefix. It has no rule of its own: they are
// those of libphonenumber, and this is the only package that imports its Go port.
package dialplan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// nowhere is libphonenumber's region for numbers that need none.
const nowhere = "ZZ"

// Plan is how numbers are dialled in one region. The zero Plan is of no region, and reads nothing.
type Plan struct{ region string }

// Of is the plan of a calling code such as "44", or of a region such as "KZ" (ISO 3166-1) where several that share a
// code differ. A code means the main one of its regions: 7 is Russia. "" is of no region.
func Of(country string) (Plan, error) {
	if country == "" {
		return Plan{}, nil
	}
	region := country
	if code, err := strconv.Atoi(country); err == nil && strconv.Itoa(code) == country {
		region = phonenumbers.GetRegionCodeForCountryCode(code)
	}
	if !phonenumbers.GetSupportedRegions()[region] {
		return Plan{}, fmt.Errorf(`want a calling code like "44" or a region like "GB", got %q`, country)
	}
	return Plan{region}, nil
}

// E164 reads digits, with or without a plus before them, as dialled in the region; false when nothing can be dialled so.
// Only the form counts: the number need not be in use. It takes about 20 µs.
func (p Plan) E164(dialled string) (string, bool) {
	if p.region == "" {
		return "", false
	}
	n, err := phonenumbers.Parse(dialled, p.region)
	if err != nil {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// National is a number in E.164 as it is dialled in its own region, in digits alone: 02079460000 for +442079460000.
// False when it is of no region.
func National(e164 string) (string, bool) {
	n, err := phonenumbers.Parse(e164, nowhere)
	if err != nil {
		return "", false
	}
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phonenumbers.Format(n, phonenumbers.NATIONAL)), true
}
