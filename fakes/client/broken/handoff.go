package broken

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/fakes/client"
)

// asking are wrong in when and how often they ask for the handoff.
func asking() []Client {
	once := func(c *client.Config) { c.Poll, c.OnMissing = client.Poll{Every: soon, For: soon}, client.Complete }
	believes := func(name, lesson string, status int) Client {
		c := misreads(name, lesson, func(a *answer) {
			if a.asks && a.status == status {
				a.status, a.body = http.StatusNotFound, `{"error_message":"not found"}`
			}
		})
		c.Config = once
		return c
	}
	return []Client{
		set("asks once", "handoff-late", once),
		asksTwice(),
		set("takes 404 for a completed call", "handoff-404-for-ever", func(c *client.Config) { c.OnMissing = client.Complete }),
		asksManyTimes(),
		set("asks for ever", "handoff-500-for-ever", func(c *client.Config) { c.Poll.For = time.Hour }),
		believes("takes an error for a completed call", "handoff-500-then-there", http.StatusInternalServerError),
		believes("takes a refused key for a completed call", "handoff-refused", http.StatusUnauthorized),
	}
}

// asksManyTimes sends each question several times at once, and takes what comes first.
func asksManyTimes() Client {
	const atOnce = 10
	return Client{Name: "asks many times at once", Lesson: "handoff-polled-with-pauses", HTTP: func(next client.Doer) client.Doer {
		return doer(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodGet {
				return next.Do(r)
			}
			var others sync.WaitGroup
			defer others.Wait()
			for range atOnce - 1 {
				others.Go(func() {
					if res, err := next.Do(r.Clone(r.Context())); err == nil {
						_ = res.Body.Close()
					}
				})
			}
			return next.Do(r)
		})
	}}
}

// asksTwice believes the second reply, whatever the first was.
func asksTwice() Client {
	return Client{Name: "asks twice and believes the second reply", Lesson: "handoff-seen-once", Config: func(c *client.Config) { c.OnMissing = client.Complete },
		HTTP: func(next client.Doer) client.Doer {
			return doer(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet {
					if first, err := next.Do(r.Clone(r.Context())); err == nil {
						_ = first.Body.Close()
					}
				}
				return next.Do(r)
			})
		}}
}

// reading are wrong in what they read.
func reading() []Client {
	state := func(a answer) bool { return a.asks && a.status == http.StatusOK }
	known := map[string]bool{"handoff_to": true, "handoff_reason": true}
	transfers := func(name, lesson, instead string) Client {
		return misreads(name, lesson, func(a *answer) {
			if to := member(string(member(a.body, "data")), "handoff_to"); state(*a) && (to == nil || string(to) == instead) {
				a.body = `{"id":"1","data":{"handoff_to":"default"}}`
			}
		})
	}
	return []Client{
		misreads("looks for the queue beside data", "happy-transfer", func(a *answer) {
			if to := member(a.body, "handoff_to"); state(*a) && to == nil {
				a.body = `{"id":"1","data":{}}`
			}
		}),
		transfers("transfers whoever has a handoff state", "contained-call-ends", "null"),
		transfers("takes empty data for a handoff", "handoff-empty-data", "none"),
		transfers("takes an empty text for a queue", "handoff-empty-text", `""`),
		set("calls a queue named CONTAINED", "handoff-contained", func(c *client.Config) { c.Contained = []string{} }),
		crashes("does not survive null data", "handoff-null-data", func(a answer) bool { return state(a) && string(member(a.body, "data")) == "null" }),
		crashes("wants the shared_id in every state", "handoff-without-shared-id", func(a answer) bool { return state(a) && member(a.body, "shared_id") == nil }),
		crashes("wants an id in every state", "handoff-null-id", func(a answer) bool { return state(a) && string(member(a.body, "id")) == "null" }),
		crashes("knows two members of data", "handoff-extra-fields", func(a answer) bool {
			var data map[string]json.RawMessage
			_ = json.Unmarshal(member(a.body, "data"), &data)
			for name := range data {
				if !known[name] {
					return true
				}
			}
			return false
		}),
	}
}

// naming are wrong in the names and keys that they send.
func naming() []Client {
	return []Client{
		{Name: "has one shared_id for all", Lesson: "shared-ids-are-unique", Caller: func(c *client.Caller) { c.SharedID = "caller" }},
		rewrites("puts the shared_id into the URL as it is", "shared-id-is-encoded", func(r *http.Request) {
			r.URL.RawQuery = strings.NewReplacer("%26", "&", "%2B", "+").Replace(r.URL.RawQuery)
		}),
		asksForOthers(),
		trustsAnybody(),
		rewrites("shows its key in the URL", "keys-in-headers", func(r *http.Request) { r.URL.RawQuery += "&api_key=" + r.Header.Get("x-api-key") }),
		rewrites("shows its key as a bearer's too", "keys-in-their-own-header", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+r.Header.Get("x-api-key")) }),
		showsItsKeyInCalls(),
		rewrites("sends the card number along", "attributes-without-secrets", func(r *http.Request) {
			withBody(r, func(body string) string {
				return strings.Replace(body, `{"attributes":{`, `{"attributes":{"paid_with":"4111 1111 1111 1111",`, 1)
			})
		}),
	}
}

// asksForOthers asks for the handoff of the caller beside its own, and takes that for its own.
func asksForOthers() Client {
	beside := func(id string) string { // caller-1 is beside caller-2, and so on
		n, err := strconv.Atoi(strings.TrimPrefix(id, "caller-"))
		if err != nil {
			return id
		}
		return fmt.Sprintf("caller-%d", n-1+n%2*2)
	}
	return Client{Name: "asks for the handoff of another caller", Lesson: "callers-keep-their-queues", HTTP: func(next client.Doer) client.Doer {
		return doer(func(r *http.Request) (*http.Response, error) {
			id := r.URL.Query().Get("shared_id")
			if r.Method != http.MethodGet || beside(id) == id {
				return next.Do(r)
			}
			r = r.Clone(r.Context())
			r.URL.RawQuery = url.Values{"shared_id": {beside(id)}}.Encode()
			res, err := next.Do(r)
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			res.Body = io.NopCloser(strings.NewReader(strings.ReplaceAll(string(body), beside(id), id)))
			return res, err
		})
	}}
}

// showsItsKeyInCalls calls a number with the key for a name beside the caller's number.
func showsItsKeyInCalls() Client {
	key := make(chan string, 1)
	c := rewrites("shows its key in a call", "keys-stay-out-of-calls", func(r *http.Request) {
		select {
		case key <- r.Header.Get("x-api-key"):
		default:
		}
	})
	c.Phone = func(p client.Phone) client.Phone {
		return dialler{p, func(ctx context.Context, to, from string) (client.Call, error) {
			return p.Dial(ctx, to, from+";token="+<-key)
		}}
	}
	return c
}

// trustsAnybody does not look at certificates.
func trustsAnybody() Client {
	return Client{Name: "trusts every certificate", Lesson: "reserve-untrusted-certificate", HTTP: func(client.Doer) client.Doer {
		return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	}}
}
