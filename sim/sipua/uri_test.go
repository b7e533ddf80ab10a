package sipua_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim/sipua"
)

func TestDialled(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:+442071838750@host":                                       "+442071838750",
		"sip:442071838750@host":                                        "442071838750",
		"sip:00442071838750@host":                                      "00442071838750",
		"sip:011442071838750@host":                                     "011442071838750",
		"sip:02071838750@host":                                         "02071838750",
		"sip:8750@host":                                                "8750",
		"sips:+442071838750@host:5061;transport=tls":                   "+442071838750",
		"SIP:+442071838750@host;user=phone":                            "+442071838750",
		"sip:+44-20-7183.8750@host":                                    "+442071838750",
		"sip:+44%20(20)%207183%208750@host":                            "+442071838750",
		"sip:(020)71838750@host":                                       "02071838750",
		"sip:%2B442071838750@host":                                     "+442071838750",
		"sip:%2b442071838750@host":                                     "+442071838750",
		"sip:+442071838750;npdi;rn=+441230000000@host":                 "+442071838750",
		"sip:+442071838750;ext=12@host":                                "+442071838750",
		"sip:+442071838750%3Bnpdi@host":                                "+442071838750",
		"sip:2071838750;phone-context=+44@host;user=phone":             "+442071838750",
		"sip:2071838750;Phone-Context=%2B44@host":                      "+442071838750",
		"sip:2071838750@host;phone-context=+44":                        "+442071838750",
		"sip:2071838750;phone-context=example.com@host":                "2071838750",
		"sip:+442071838750;phone-context=+1@host":                      "+442071838750",
		"sip:+442071838750:secret@host":                                "+442071838750",
		"tel:+442071838750":                                            "+442071838750",
		"tel:+44-20-7183-8750;isub=1":                                  "+442071838750",
		"tel:2071838750;phone-context=+44":                             "+442071838750",
		"tel:8750;phone-context=pbx.example.com":                       "8750",
		"tel:*31#":                                                     "*31#",
		`"The \"Desk\" <x>" <sip:+442071838750@host;user=phone>;tag=1`: "+442071838750",
		"<tel:+442071838750>":                                          "+442071838750",
		"sip:front-desk@host":                                          "front-desk",
		"sip:Anonymous@anonymous.invalid":                              "Anonymous",
		"sip:1-800-FLOWERS@host":                                       "1-800-FLOWERS",
		"sip:%zz12@host":                                               "%zz12",
		"sip:+@host":                                                   "+",
		"sip:host.example":                                             "",
		"sip:[2001:db8::1]:5070;transport=udp":                         "",
		"urn:service:sos":                                              "",
	} {
		u, err := sipua.ParseURI(uri)
		if err != nil {
			t.Errorf("%s: %v", uri, err)
		}
		equal(t, uri, u.Dialled(), want)
	}
}

func TestParseURI(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:alice:pw@example.net:5070;Transport=TCP;lr?Subject=x": "{sip alice example.net 5070 map[lr: transport:TCP] sip:alice:pw@example.net:5070;Transport=TCP;lr?Subject=x}",
		"sip:[2001:db8::1]:5070":                                   "{sip  2001:db8::1 5070 map[] sip:[2001:db8::1]:5070}",
		"sip:a@[::1];x=y":                                          "{sip a ::1 0 map[x:y] sip:a@[::1];x=y}",
		"TEL:+1-555;ext=5":                                         "{tel +1-555  0 map[ext:5] TEL:+1-555;ext=5}",
		"urn:service:sos":                                          "{urn   0 map[] urn:service:sos}",
	} {
		u, err := sipua.ParseURI(uri)
		if err != nil {
			t.Errorf("%s: %v", uri, err)
		}
		equal(t, uri, fmt.Sprint(u), want)
	}
	for uri, want := range map[string]string{
		"":               `uri: want scheme:address, got ""`,
		"alice":          `uri: want scheme:address, got "alice"`,
		"s p:alice@b":    `uri: want scheme:address, got "s p:alice@b"`,
		"sip:":           `uri: want a host, got "sip:"`,
		"sip:alice@":     `uri: want a host, got "sip:alice@"`,
		"sip:a@b:70000":  `uri: want a port from 0 to 65535, got "70000"`,
		"sip:a@b:sip":    `uri: want a port from 0 to 65535, got "sip"`,
		`"never closed`:  `uri: want scheme:address, got "\"never closed"`,
		`"x" <sip:a@b:>`: `uri: want a port from 0 to 65535, got ""`,
	} {
		_, err := sipua.ParseURI(uri)
		equal(t, uri, fmt.Sprint(err), want)
	}
}

// A number that was taken out of a URI once stays what it is when it is put into another.
func FuzzDialled(f *testing.F) {
	for _, s := range []string{"sip:+44@h", "tel:1;phone-context=+1", `"x" <sip:%2B1;npdi@h>`, "sip:[::1]:5", "sip:a%@b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := sipua.ParseURI(s)
		if err != nil {
			return
		}
		number := u.Dialled()
		if number == "" || strings.Trim(number, "+0123456789*#") != "" {
			return
		}
		again, err := sipua.ParseURI("tel:" + number)
		if err != nil || again.Dialled() != number {
			t.Errorf("%q: want %q again, got %q (%v)", s, number, again.Dialled(), err)
		}
	})
}
