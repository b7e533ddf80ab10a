package dialplan

import (
	"strconv"
	"strings"
)

// The lengths of a national number, of a number that can be dialled, and of a calling code, in digits.
const (
	shortest    = 2
	longest     = 17
	longestCode = 3
	longestText = 250
)

// read tells the calling code and the national number of what is dialled in a region, or anywhere, when it is nil: then a
// plus must be before it. The steps and their order are those of libphonenumber's parser.
func read(dialled string, from *region) (code, number string, ok bool) {
	digits := strings.TrimLeft(dialled, "+")
	plus := len(digits) < len(dialled)
	if strings.Trim(digits, "0123456789") != "" || len(dialled) > longestText || len(digits) < shortest || plus && len(digits) <= shortest || from == nil && !plus {
		return "", "", false
	}
	of, number, ok := abroad(digits, plus, from)
	if !ok && plus { // what follows the plus may be dialled as if there were none
		of, number, ok = abroad(digits, false, from)
		ok = ok && of != nil
	}
	if !ok {
		return "", "", false
	}
	home := of
	if of == nil {
		of, home, number = from, from, digits
	} else if from != nil && of.code == from.code && of.name == from.name {
		home = from
	}
	if len(number) < shortest {
		return "", "", false
	}
	rest := home.stripped(number)
	if l := home.length(rest); l == possible || l == tooLong { // else it may be a short number as it is
		number = rest
	}
	return strconv.Itoa(int(of.code)), number, len(number) >= shortest && len(number) <= longest
}

// abroad tells the main region of the calling code that was dialled, and the number after it. No region: there was none.
// False: what was dialled as a calling code is none.
func abroad(digits string, plus bool, from *region) (of *region, number string, ok bool) {
	rest, international := digits, plus
	if !plus && from != nil {
		rest, international = behindPrefix(digits, from)
	}
	if international {
		if len(rest) <= shortest {
			return nil, "", false
		}
		return codeOf(rest)
	}
	if from == nil {
		return nil, "", true
	}
	code := strconv.Itoa(int(from.code))
	if !strings.HasPrefix(digits, code) {
		return nil, "", true
	}
	number = from.stripped(digits[len(code):])
	if !from.has(digits) && from.has(number) || from.length(digits) == tooLong {
		main, _ := coded(from.code) // each code of the table has one
		return main, number, true
	}
	return nil, "", true
}

// behindPrefix is what was dialled after the region's international prefix, if it was. No calling code begins with 0.
func behindPrefix(digits string, from *region) (rest string, ok bool) {
	if from.international == "" {
		return digits, !strings.HasPrefix(digits, "0")
	}
	at := compiled("^(?:" + from.international + ")").FindStringIndex(digits)
	if at == nil || strings.HasPrefix(digits[at[1]:], "0") {
		return digits, false
	}
	return digits[at[1]:], true
}

// codeOf splits a number in international form.
func codeOf(digits string) (of *region, number string, ok bool) {
	for n := 1; n <= min(longestCode, len(digits)) && digits[0] != '0'; n++ {
		code, _ := strconv.ParseUint(digits[:n], 10, 16) // of digits
		if r, ok := coded(uint16(code)); ok {
			return r, digits[n:], true
		}
	}
	return nil, "", false
}
