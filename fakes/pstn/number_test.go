package pstn_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/pstn"
)

func TestNumberFormats(t *testing.T) {
	c, p := start(t, reject(480, "Temporarily Unavailable"), pstn.Config{})
	cases := []struct {
		to      string
		format  pstn.Format
		country string
		want    string // of the Request-URI, without the platform's address
	}{
		{dni, "", "", "sip:+442071838750@"},
		{dni, pstn.E164, "", "sip:+442071838750@"},
		{"+44 (20) 7183-8750", pstn.E164, "", "sip:+442071838750@"},
		{dni, pstn.E164NoPlus, "", "sip:442071838750@"},
		{dni, pstn.CC00, "", "sip:00442071838750@"},
		{dni, pstn.CC011, "", "sip:011442071838750@"},
		{dni, pstn.National, "", "sip:02071838750@"},
		{dni, pstn.National, "1", "sip:00442071838750@"},
		{"+12125550123", pstn.National, "1", "sip:2125550123@"},
		{dni, pstn.Last10, "", "sip:2071838750@"},
		{"+12345", pstn.Last10, "", "sip:12345@"},
		{dni, pstn.Last4, "", "sip:8750@"},
		{dni, pstn.Tel, "", "tel:+442071838750"},
		{dni, pstn.UserPhone, "", "sip:+442071838750@;user=phone"},
		{dni, pstn.PercentPlus, "", "sip:%2B442071838750@"},
		{dni, pstn.Separators, "", "sip:+44-207-183-8750@"},
		{"sip:pilot@example.invalid;x=1", "", "", "sip:pilot@example.invalid;x=1"},
	}
	for _, tc := range cases {
		t.Run(fmt.Sprint(tc.to, " ", tc.format, tc.country), func(t *testing.T) {
			if err := c.Behave(pstn.Behaviour{Format: tc.format, Country: tc.country}); err != nil {
				t.Fatal(err)
			}
			dial(t, c, pstn.Dial{To: tc.to})
			legs := p.calls()
			leg := legs[len(legs)-1]
			if got := strings.Replace(leg.RequestURI().Raw, "@"+p.Addr(), "@", 1); got != tc.want {
				t.Errorf("Request-URI %s, want %s", got, tc.want)
			}
			if got := strings.Replace(leg.To().Raw, "@"+p.Addr(), "@", 1); got != tc.want {
				t.Errorf("To %s, want %s", got, tc.want)
			}
		})
	}
}

func TestDialFormatGoesBeforeTheCarriers(t *testing.T) {
	c, p := start(t, reject(480, "Temporarily Unavailable"), pstn.Config{Behaviour: pstn.Behaviour{Format: pstn.Last4}})
	dial(t, c, pstn.Dial{To: dni, Format: pstn.E164NoPlus})
	if got := p.calls()[0].RequestURI().User; got != "442071838750" {
		t.Errorf("dialled %s", got)
	}
}

func TestNumberInToOnly(t *testing.T) {
	c, p := start(t, answerAndBye, pstn.Config{})
	ended(t, dial(t, c, pstn.Dial{To: dni, NumberInToOnly: true}))
	leg := p.calls()[0]
	if leg.RequestURI().User != "trunk" || leg.To().Dialled() != dni {
		t.Errorf("Request-URI %s, To %s", leg.RequestURI().Raw, leg.To().Raw)
	}
}

func TestTCP(t *testing.T) {
	c, _ := start(t, answerAndBye, pstn.Config{})
	call := dial(t, c, pstn.Dial{To: dni, Transport: "tcp"})
	ended(t, call)
	if call.EndedBy() != pstn.ByPlatform {
		t.Errorf("ended by %s, want platform", call.EndedBy())
	}
}
