package sipua_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
)

// A REFER is taken in a call that was placed with OnRefer, and what comes of it is told.
func TestReferIsTakenInACallThatWePlaced(t *testing.T) {
	for _, c := range []struct {
		name         string
		head         []string
		ladder, told string // what the peer is sent, and whom the caller is to call
	}{
		{"to a queue", []string{"Refer-To: <sip:billing@10.0.0.9>"}, "202 NOTIFY NOTIFY", "billing"},
		{"compact", []string{"r: sip:billing@10.0.0.9"}, "202 NOTIFY NOTIFY", "billing"},
		{"to a number", []string{"Refer-To: <tel:+442071838750>"}, "202 NOTIFY NOTIFY", "+442071838750"},
		{"attended", []string{"Refer-To: <sip:billing@10.0.0.9?Subject=a&Replaces=id%40host%3Bto-tag%3D1%3Bfrom-tag%3D2>"}, "202 NOTIFY NOTIFY", "billing id@host 1 2"},
		{"to nobody", nil, "400", ""},
		{"to two", []string{"Refer-To: <sip:a@10.0.0.9>", "Refer-To: <sip:b@10.0.0.9>"}, "400", ""},
		{"to two in a line", []string{"Refer-To: <sip:a@10.0.0.9>, <sip:b@10.0.0.9>"}, "400", ""},
		{"to what is no URI", []string{"Refer-To: billing"}, "400", ""},
		{"to a page", []string{"Refer-To: <https://example.net/billing>"}, "416", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dialling(t, callee, func(t *testing.T, e *sipua.Endpoint, p *peer) {
				told := ""
				d := call()
				d.OnRefer = func(_ context.Context, r sipua.Referral) int {
					told = strings.TrimSpace(fmt.Sprint(r.To.Dialled(), " ", r.Replaces.CallID, " ", r.Replaces.ToTag, " ", r.Replaces.FromTag))
					return 404
				}
				l, err := e.Dial(t.Context(), d)
				if err != nil {
					t.Fatal(err)
				}
				pass(time.Second)
				invite := p.last("INVITE")
				equal(t, "allowed", strings.HasSuffix(invite.get("allow"), ", REFER"), true)
				in := req{method: "REFER", callID: l.CallID(), fromTag: "b1", toTag: invite.tag("from"), head: c.head}
				var events []string
				for _, seq := range []string{"7", "8"} {
					before := len(p.received())
					in.branch, in.cseq = "refer"+seq, seq
					p.send(in)
					pass(time.Second)
					var got []string
					for _, m := range p.received()[before:] {
						got = append(got, m.short())
					}
					equal(t, "messages", strings.Join(got, " "), c.ladder)
					if strings.HasSuffix(c.ladder, "NOTIFY") {
						n := p.last("NOTIFY")
						events = append(events, n.get("event"))
						equal(t, "state", n.get("subscription-state"), "terminated;reason=noresource")
						equal(t, "outcome", n.get("content-type")+" "+n.body, "message/sipfrag;version=2.0 SIP/2.0 404 Not Found\r\n")
					}
				}
				equal(t, "told", told, c.told)
				if c.told != "" {
					equal(t, "events", fmt.Sprint(events), "[refer refer;id=8]")
				}
				equal(t, "bye", l.Bye(t.Context()), nil)
			})
		})
	}
}
