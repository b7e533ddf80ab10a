package telephony

import (
	"testing"

	"github.com/dnispool/dnispool/sim/sipua"
)

func TestWithheldNumbers(t *testing.T) {
	for from, want := range map[string]string{
		"<sip:anonymous@anonymous.invalid>":          "",
		"<sip:Anonymous@anonymous.invalid>":          "",
		"<sip:+442079460500@Anonymous.Invalid>":      "",
		"<sip:Restricted@10.0.0.1>":                  "",
		"<sip:unavailable@unknown.invalid>":          "",
		`"Unknown" <sip:unknown@10.0.0.1>`:           "",
		"<sip:PRIVATE@10.0.0.1>":                     "",
		`"Anonymous" <sip:+442079460500@10.0.0.1>`:   "+442079460500",
		"<sip:alice@10.0.0.1>":                       "alice",
		"<tel:+44-20-7946-0500;phone-context=x.org>": "+442079460500",
	} {
		uri, err := sipua.ParseURI(from)
		if err != nil {
			t.Fatal(err)
		}
		if got := number(uri); got != want {
			t.Errorf("%s: want %q, got %q", from, want, got)
		}
	}
}
