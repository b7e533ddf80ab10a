package telephony

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/sim/sipua"
)

// arrival reads the INVITE; false when the number is not the platform's.
func (e *Edge) arrival(leg *sipua.Leg) (Arrival, bool) {
	a := Arrival{CallID: leg.CallID()}
	private, asserted := false, ""
	for _, h := range leg.Headers(isCallers) {
		switch {
		case strings.EqualFold(h.Name, privacy):
			private = private || strings.Contains(strings.ToLower(h.Value), "id")
		case strings.EqualFold(h.Name, assertedIdentity):
			for _, value := range sipua.SplitValues(h.Value) {
				if u, err := sipua.ParseURI(value); err == nil && !isNumber(asserted) {
					if caller := number(u); asserted == "" || isNumber(caller) {
						asserted = caller
					}
				}
			}
		default:
			if a.Headers == nil {
				a.Headers = make(map[string]string)
			}
			a.Headers[h.Name] = h.Value // as sent: agents look them up case-sensitively
		}
	}
	if !private {
		a.ANI = cmp.Or(asserted, number(leg.From()))
	}
	var ok bool
	a.Number, ok = e.dialled(leg.RequestURI().Dialled(), leg.To().Dialled())
	return a, ok
}

// dialled is the number that an INVITE is for, by its Request-URI or, behind a trunk, its To; false when it is not the platform's.
func (e *Edge) dialled(request, to string) (string, bool) {
	if number, ok := e.platform.Dialled(request); ok {
		return number, true
	}
	if number, ok := e.platform.Dialled(to); ok {
		return number, true
	}
	return request, false
}

// The headers that say who calls (RFC 3323, RFC 3325).
const (
	privacy          = "Privacy"
	assertedIdentity = "P-Asserted-Identity"
)

// isCallers reports whether arrival reads a header: who calls, and the caller's own.
func isCallers(name string) bool {
	return len(name) > 2 && strings.EqualFold(name[:2], "x-") || strings.EqualFold(name, assertedIdentity) || strings.EqualFold(name, privacy)
}

// isNumber reports whether a caller is a number: of two asserted identities, a sip name and a tel number (RFC 3325 9.1), that is the one.
func isNumber(caller string) bool {
	return strings.Trim(caller, "+0123456789") == "" && caller != ""
}

// withheld are the names that carriers put in the place of a number that is not to be seen (RFC 3323 4.1.1.3 has the first).
var withheld = []string{"anonymous", "restricted", "unavailable", "unknown", "private", "withheld"}

// number is that of a From, "" when the caller withholds it.
func number(from sipua.URI) string {
	if strings.EqualFold(from.Host, "anonymous.invalid") || slices.ContainsFunc(withheld, func(w string) bool { return strings.EqualFold(from.User, w) }) {
		return ""
	}
	return from.Dialled()
}
