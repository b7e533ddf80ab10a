// Package dialplan reads and writes numbers as people of a country dial them: national numbers with what that country
// puts before them, and those of other countries behind its international prefix. It has no rule of its own: it goes by
// libphonenumber's metadata, in table.go, and its tests hold it to the library's Go port number by number. The port
// itself would be a third of the program, and 10 ms of each of its starts.
package dialplan

import (
	"fmt"
	"strconv"
	"strings"
)

// Plan is how numbers are dialled in one region. The zero Plan is of no region, and reads nothing.
type Plan struct{ region *region }

// Of is the plan of a calling code such as "44", or of a region such as "KZ" (ISO 3166-1) where several that share a
// code differ. A code means the main one of its regions: 7 is Russia. "" is of no region.
func Of(country string) (Plan, error) {
	if country == "" {
		return Plan{}, nil
	}
	r, ok := named(country)
	if code, err := strconv.ParseUint(country, 10, 16); err == nil && strconv.FormatUint(code, 10) == country {
		r, ok = coded(uint16(code))
	}
	if !ok || r.name == world {
		return Plan{}, fmt.Errorf(`want a calling code like "44" or a region like "GB", got %q`, country)
	}
	return Plan{r}, nil
}

// E164 reads digits, with or without a plus before them, as dialled in the region; false when nothing can be dialled so.
// Only the form counts: the number need not be in use.
func (p Plan) E164(dialled string) (string, bool) {
	if p.region == nil {
		return "", false
	}
	code, number, ok := read(dialled, p.region)
	if !ok {
		return "", false
	}
	return "+" + code + number, true
}

// National is a number in E.164 as it is dialled in its own region, in digits alone: 02079460000 for +442079460000.
// False when it is of no region.
func National(e164 string) (string, bool) {
	code, number, ok := read(e164, nil)
	if !ok {
		return "", false
	}
	n, _ := strconv.ParseUint(code, 10, 16) // of the table
	r, _ := coded(uint16(n))
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, r.written(number)), true
}
