package sipua_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/icholy/digest"

	"github.com/dnispool/dnispool/sim/sipua"
)

// guarded answers INVITEs that have the right credentials for its challenge, and asks the others for them.
func guarded(t *testing.T, code int, password string) func(p *peer, m msg) {
	asks, answers := "WWW-Authenticate", "authorization"
	if code == 407 {
		asks, answers = "Proxy-Authenticate", "proxy-authorization"
	}
	challenge := &digest.Challenge{Realm: "trunk", Nonce: "n-1", Algorithm: "MD5", QOP: []string{"auth"}}
	return func(p *peer, m msg) {
		if m.method != "INVITE" || m.code > 0 {
			callee(p, m)
			return
		}
		got, err := digest.ParseCredentials(m.get(answers))
		if err != nil {
			p.reply(m, code, "c1", "", asks+": "+challenge.String())
			return
		}
		want, err := digest.Digest(challenge, digest.Options{Method: "INVITE", URI: got.URI, Username: "u", Password: password, Count: got.Nc, Cnonce: got.Cnonce})
		if err != nil {
			t.Error(err)
		}
		if got.Response != want.Response || got.URI != strings.Fields(m.start)[1] {
			p.reply(m, code, "c2", "", asks+": "+challenge.String())
			return
		}
		callee(p, m)
	}
}

// TestDigest: a challenge is answered once, in a transaction of its own.
func TestDigest(t *testing.T) {
	for _, code := range []int{401, 407} {
		dialling(t, guarded(t, code, "p"), func(t *testing.T, e *sipua.Endpoint, p *peer) {
			d := call()
			d.User, d.Password, d.Headers = "u", "p", []sipua.Header{{Name: "X-Case", Value: "7"}}
			l, err := e.Dial(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "bye", l.Bye(t.Context()), nil)
			p.want("INVITE ACK INVITE ACK BYE")
			first, second := p.received()[0], p.received()[2]
			equal(t, "case", second.get("x-case"), "7")
			equal(t, "one call", second.get("call-id")+second.tag("from"), first.get("call-id")+first.tag("from"))
			equal(t, "new transaction", second.branch() != first.branch() && second.seq() != first.seq(), true)
		})
		dialling(t, guarded(t, code, "another"), func(t *testing.T, e *sipua.Endpoint, p *peer) {
			d := call()
			d.User, d.Password = "u", "p"
			_, err := e.Dial(t.Context(), d)
			var refused *sipua.StatusError
			settle()
			equal(t, "refused", errors.As(err, &refused) && refused.Code == code, true)
			p.want("INVITE ACK INVITE ACK")
		})
		dialling(t, guarded(t, code, "p"), func(t *testing.T, e *sipua.Endpoint, p *peer) {
			_, err := e.Dial(t.Context(), call())
			settle()
			equal(t, "refused", strings.Contains(fmt.Sprint(err), fmt.Sprint(code)), true)
			p.want("INVITE ACK")
		})
	}
}
