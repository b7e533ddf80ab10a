package dialplan

import (
	"cmp"
	"regexp"
	"slices"
	"sync"
)

// region is how numbers are dialled in one region, in the regular expressions of libphonenumber's metadata. Each is to
// be matched at the beginning; pattern and those of formats are to match a whole number.
type region struct {
	name          string // ISO 3166-1, or 001 for a calling code of no region
	code          uint16
	international string  // what is dialled before a number of another region
	national      string  // what is dialled before a national number
	transform     string  // what becomes of a national prefix whose last group has matched; "" when it is left out
	pattern       string  // of national numbers
	lengths       []uint8 // that they may have, ascending
	local         []uint8 // those of numbers that can be dialled without an area code alone
	formats       []format
}

// format is how some of a region's numbers are written there: template is what is to replace what pattern matches.
type format struct{ leading, pattern, template string }

// named is a region by its name.
func named(name string) (*region, bool) {
	at, ok := slices.BinarySearchFunc(table, name, func(r region, name string) int { return cmp.Compare(r.name, name) })
	if !ok || name == world {
		return nil, false
	}
	return &table[at], true
}

// world is the name of what is in no region, as numbers that are free of charge everywhere.
const world = "001"

// coded is the main region of a calling code.
func coded(code uint16) (*region, bool) {
	if main, ok := slices.BinarySearchFunc(mains, code, func(m mainRegion, code uint16) int { return cmp.Compare(m.code, code) }); ok {
		return named(mains[main].name)
	}
	at, ok := slices.BinarySearchFunc(elsewhere, code, func(r region, code uint16) int { return cmp.Compare(r.code, code) })
	if !ok {
		return nil, false
	}
	return &elsewhere[at], true
}

type mainRegion struct {
	code uint16
	name string
}

// has reports whether a national number is of a form that is in use.
func (r *region) has(number string) bool { return wholly(r.pattern, number) }

// stripped is a national number without what is dialled before it; the number itself when there is nothing, or when only
// with it the number is of a form that is in use.
func (r *region) stripped(number string) string {
	if number == "" || r.national == "" {
		return number
	}
	prefix := compiled("^(?:" + r.national + ")")
	groups := prefix.FindStringSubmatchIndex(number)
	if groups == nil {
		return number
	}
	rest := number[groups[1]:]
	if r.transform != "" && groups[len(groups)-2] >= 0 {
		rest = prefix.ReplaceAllString(number, r.transform)
	}
	if r.has(number) && !r.has(rest) {
		return number
	}
	return rest
}

// length is what the length of a national number says of it.
type length int

const (
	possible length = iota
	localOnly
	tooShort
	tooLong
	between // lengths that others have
)

func (r *region) length(number string) length {
	n := len(number)
	is := func(l uint8) bool { return int(l) == n }
	switch {
	case slices.ContainsFunc(r.local, is):
		return localOnly
	case n < int(r.lengths[0]):
		return tooShort
	case n > int(r.lengths[len(r.lengths)-1]):
		return tooLong
	case slices.ContainsFunc(r.lengths, is):
		return possible
	}
	return between
}

// written is a national number as it is written in its region.
func (r *region) written(number string) string {
	for _, f := range r.formats {
		if (f.leading == "" || compiled("^(?:"+f.leading+")").MatchString(number)) && wholly(f.pattern, number) {
			return compiled(f.pattern).ReplaceAllString(number, f.template)
		}
	}
	return number
}

func wholly(pattern, number string) bool {
	return compiled("^(?:" + pattern + ")$").MatchString(number)
}

// expressions are those of the table that were needed so far, compiled.
var expressions sync.Map

func compiled(expression string) *regexp.Regexp {
	if e, ok := expressions.Load(expression); ok {
		return e.(*regexp.Regexp)
	}
	e, _ := expressions.LoadOrStore(expression, regexp.MustCompile(expression))
	return e.(*regexp.Regexp)
}
