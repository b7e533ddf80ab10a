package pstn

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/dnispool/dnispool/sim/dialplan"
	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Format is the form in which a carrier delivers the dialled number.
type Format string

// The forms, for +442071838750 and country 44.
const (
	E164        Format = "e164"         // sip:+442071838750@
	E164NoPlus  Format = "e164-no-plus" // sip:442071838750@
	CC00        Format = "cc00"         // sip:00442071838750@; also written 00
	CC011       Format = "011"          // sip:011442071838750@
	National    Format = "national"     // sip:02071838750@; as each country dials it
	Last10      Format = "last10"       // sip:2071838750@
	Last4       Format = "last4"        // sip:8750@
	Tel         Format = "tel"          // tel:+442071838750
	UserPhone   Format = "user-phone"   // sip:+442071838750@...;user=phone
	PercentPlus Format = "percent-plus" // sip:%2B442071838750@
	Separators  Format = "separators"   // sip:+44-207-183-8750@
)

// Formats returns all forms.
func Formats() []Format {
	return []Format{E164, E164NoPlus, CC00, CC011, National, Last10, Last4, Tel, UserPhone, PercentPlus, Separators}
}

// UnmarshalText accepts the names of the forms, and 00 for cc00.
func (f *Format) UnmarshalText(text []byte) error {
	if string(text) == "00" {
		text = []byte(CC00)
	}
	return strictyaml.Pick("format", f, text, Formats()...)
}

// uri writes a number in the form, addressed to host.
func (f Format) uri(number, country, host string) string {
	if country == "" {
		country = "44"
	}
	d := digits(number)
	sip := func(user string) string { return "sip:" + user + "@" + host }
	switch f {
	case E164NoPlus:
		return sip(d)
	case CC00:
		return sip("00" + d)
	case CC011:
		return sip("011" + d)
	case National:
		return sip(national(d, country))
	case Last10:
		return sip(d[max(len(d)-10, 0):])
	case Last4:
		return sip(d[max(len(d)-4, 0):])
	case Tel:
		return "tel:+" + d
	case UserPhone:
		return sip("+"+d) + ";user=phone"
	case PercentPlus:
		return sip("%2B" + d)
	case Separators:
		return sip("+" + separated(d))
	}
	return sip("+" + d)
}

// national is a number as it is dialled in its country, when that is the one; else behind 00.
func national(d, country string) string {
	if strings.HasPrefix(d, country) {
		if n, ok := dialplan.National("+" + d); ok {
			return n
		}
	}
	return "00" + d
}

func separated(d string) string {
	var groups []string
	for _, size := range []int{2, 3, 3} {
		n := min(size, len(d))
		groups = append(groups, d[:n])
		d = d[n:]
	}
	return strings.TrimRight(strings.Join(append(groups, d), "-"), "-")
}

// digits returns the digits of a number, or "" for what is none.
func digits(number string) string {
	var b strings.Builder
	for i, c := range number {
		switch {
		case c >= '0' && c <= '9':
			b.WriteRune(c)
		case c == '+' && i == 0, strings.ContainsRune(" -.()", c):
		default:
			return ""
		}
	}
	return b.String()
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// escape writes any text as the user part of a SIP URI.
func escape(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.+", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// deskName is the reverse of escape.
func deskName(u sipua.URI) string {
	if name, err := url.PathUnescape(u.User); err == nil {
		return name
	}
	return u.User
}
