package deployment_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/sim/sipua"
)

// hosts answer calls by their names, and remember whom they were called as.
type hosts struct {
	mu   sync.Mutex
	at   map[string]string // address, by name
	came []string          // names, in the order of the calls
	legs []*sipua.Leg
}

// moved answers 302 with Contacts in which {a}, {b} and {c} stand for addresses.
func moved(contacts ...string) func(*hosts, *sipua.Leg) {
	return func(h *hosts, leg *sipua.Leg) {
		var headers []sipua.Header
		for _, c := range contacts {
			headers = append(headers, sipua.Header{Name: "Contact", Value: h.named(c)})
		}
		_ = leg.Reject(302, "", headers...)
	}
}

func answers(_ *hosts, leg *sipua.Leg) { _ = leg.Answer(context.Background(), nil) }

func outOfService(_ *hosts, leg *sipua.Leg) { _ = leg.Reject(503, "") }

// onAndOn sends a call to itself, each time by another URI.
func onAndOn(h *hosts, leg *sipua.Leg) {
	_, legs := h.seen()
	moved(fmt.Sprintf("<sip:+12025550100@{b};hop=%d>", len(legs)))(h, leg)
}

// named is a text with the addresses that {a}, {b} and {c} stand for.
func (h *hosts) named(text string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, at := range h.at {
		text = strings.ReplaceAll(text, "{"+name+"}", at)
	}
	return text
}

// seen are the names of the hosts that were called, and the calls.
func (h *hosts) seen() (came string, legs []*sipua.Leg) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.came, ", "), slices.Clone(h.legs)
}

func listenAs(t *testing.T, handle map[string]func(*hosts, *sipua.Leg)) *hosts {
	t.Helper()
	h := &hosts{at: make(map[string]string)}
	for name, do := range handle {
		e, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", TCP: true, OnCall: func(leg *sipua.Leg) {
			h.mu.Lock()
			h.came = append(h.came, name)
			h.legs = append(h.legs, leg)
			h.mu.Unlock()
			do(h, leg)
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		h.mu.Lock()
		h.at[name] = e.Addr()
		h.mu.Unlock()
	}
	return h
}

// TestRedirects are followed in the order that the platform wishes, and nowhere that nobody has allowed.
func TestRedirects(t *testing.T) {
	t.Parallel()
	const number = "+12025550100"
	type does = func(*hosts, *sipua.Leg)
	for _, c := range []struct {
		name    string
		a, b, c does
		more    string // of the trunk
		came    string
		status  int
		reason  string // somewhere in it
		uri     string // its user, at last; "" is what was dialled
	}{
		{"to a host that is listed", moved("<sip:+12025550100@{b}>"), answers, answers, "others: ['{b}']", "a, b", 200, "", ""},
		{"to one that redirects may lead to", moved("<sip:+12025550100@{c}>"), answers, answers, "redirects: ['{c}']", "a, c", 200, "", ""},
		{"to one that nobody has named", moved("<sip:+12025550100@{c}>"), answers, answers, "others: ['{b}']", "a", 302, "calls.trunk lists no such host; it may be named under redirects", ""},
		{"by q, and on where one is out of service", moved(`<sip:+12025550100@{b}>;q=0.2`, `"C" <sip:+12025550100@{c}>;q=0.9`), answers, outOfService, "redirects: ['{b}', '{c}']", "a, c, b", 200, "", ""},
		{"in one header", moved(`<sip:+12025550100@{b}>;q=0.2, <sip:+12025550100@{c}>`), answers, answers, "redirects: ['{b}', '{c}']", "a, c", 200, "", ""},
		{"past one that is not listed", moved(`<sip:+12025550100@192.0.2.1>`, `<sip:+12025550100@{c}>;q=0.5`), answers, answers, "redirects: ['{c}']", "a, c", 200, "", ""},
		{"round and round", moved("<sip:+12025550100@{b}>"), moved("<sip:+12025550100@{a}>"), answers, "redirects: ['{b}']", "a, b", 302, "the call was there before", ""},
		{"on and on", moved("<sip:+12025550100@{b}>"), onAndOn, answers, "redirects: ['{b}']", "a, b, b, b, b, b", 302, "it was sent on 5 times before", ""},
		{"to another number", moved("<sip:+442079460999@{b}>"), answers, answers, "redirects: ['{b}']", "a", 302, "another number than was dialled", ""},
		{"to the number in another form", moved("<sip:0012025550100@{b}>"), answers, answers, "redirects: ['{b}']", "a, b", 200, "", "0012025550100"},
		{"over TCP", moved("<sip:+12025550100@{b};transport=tcp>"), answers, answers, "redirects: ['{b}']", "a, b", 200, "", ""},
		{"over TLS", moved("<sips:+12025550100@{b}>", "<sip:+12025550100@{b};transport=tls>"), answers, answers, "redirects: ['{b}']", "a", 302, "this trunk calls sip: over udp and tcp alone", ""},
		{"to nowhere", moved(), answers, answers, "", "a", 302, "names no Contact to follow", ""},
		{"to a host that is out of service", moved("<sip:+12025550100@{b}>"), outOfService, answers, "redirects: ['{b}'], others: ['{c}']", "a, b, c", 200, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := listenAs(t, map[string]does{"a": c.a, "b": c.b, "c": c.c})
			more := h.named(fmt.Sprintf("calls: {trunk: {host: '{a}', %s}}\n", c.more))
			s := stage(t, target(t, "http://127.0.0.1:1", more))
			call, err := s.Dial(t.Context(), targets.Dial{To: number})
			if err != nil {
				t.Fatal(err)
			}
			came, legs := h.seen()
			if came != c.came || call.Status() != c.status || !strings.Contains(call.Reason(), c.reason) {
				t.Errorf("want calls at %s, then %d %s, got %s, then %d %s", c.came, c.status, c.reason, came, call.Status(), call.Reason())
			}
			last := legs[len(legs)-1]
			if last.To().User != number || c.uri != "" && last.RequestURI().User != c.uri {
				t.Errorf("want a call for %s, and in To %s, got %s and %s", c.uri, number, last.RequestURI().Raw, last.To().Raw)
			}
			if !call.Answered() {
				return
			}
			if _, err := call.Hangup(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
