package broken

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/fakes/client"
)

// reserving are wrong in when and how often they ask for a number.
func reserving() []Client {
	return []Client{
		set("has no fallback queue", "reserve-404-falls-back", func(c *client.Config) { c.Fallback = "" }),
		set("drops a crowd's callers for whom no number is free", "crowd-is-served", func(c *client.Config) { c.Fallback = "" }),
		set("asks for a crowd's callers in a storm", "crowd-without-a-storm", storm),
		exchangesNumbers(),
		set("waits for a slow reply as long as it takes", "reserve-slow", func(c *client.Config) { c.ReserveTimeout, c.ReserveBudget = time.Hour, time.Hour }),
		set("tries again at once, and again, after a lost reply", "reserve-reply-lost", storm),
		set("does not heed Retry-After", "reserve-429-seconds", storm),
		set("asks a full pool in a storm", "reserve-exhausted-without-a-storm", storm),
		asksOn(),
		misreads("takes a Retry-After that is a date for nothing", "reserve-429-date", func(a *answer) {
			if a.header.Get("Retry-After") != "" {
				a.header.Set("Retry-After", "0")
			}
		}),
		dialsAnything("dials null", "reserve-null-dni-falls-back", "null", "None"),
		dialsAnything("dials an empty number", "reserve-empty-dni-falls-back", `""`, ""),
	}
}

// storm is a client that tries again without a pause. Its number of tries is bounded for the sake of whoever runs it.
func storm(c *client.Config) { c.Storm, c.ReserveRetries, c.ReserveBudget = true, 25, time.Minute }

// refusing do not survive how they are refused.
func refusing() []Client {
	status := func(code int) func(answer) bool {
		return func(a answer) bool { return !a.asks && a.status == code }
	}
	without := func(name string) func(answer) bool {
		return func(a answer) bool { return !a.asks && a.status >= 500 && member(a.body, name) == nil }
	}
	return []Client{
		crashes("knows no 401", "reserve-401-falls-back", status(http.StatusUnauthorized)),
		crashes("knows no 403", "reserve-403-falls-back", status(http.StatusForbidden)),
		crashes("knows no 503", "reserve-503-falls-back", status(http.StatusServiceUnavailable)),
		crashes("knows no 429", "reserve-429-bare", status(http.StatusTooManyRequests)),
		crashes("reads the error_message of every error", "reserve-error-reserve-falls-back", without("error_message")),
		crashes("reads the message of every error", "reserve-error-handoff-falls-back", without("message")),
		crashes("reads the error of every error", "reserve-error-draft-falls-back", without("error")),
		crashes("reads the success of every error", "reserve-error-gateway-falls-back", without("success")),
		crashes("reads what is in the data of an error", "reserve-error-envelope-falls-back", func(a answer) bool {
			return !a.asks && a.status >= 500 && string(member(a.body, "data")) == "null"
		}),
		crashes("takes the error of an error for words", "reserve-error-code-falls-back", func(a answer) bool {
			return !a.asks && a.status >= 500 && strings.Contains(string(member(a.body, "error")), "_")
		}),
		crashes("reads a success without a look whether there is a body", "reserve-empty-reply-falls-back", func(a answer) bool {
			return !a.asks && a.status == http.StatusOK && a.body == ""
		}),
		crashes("reads every page as JSON", "reserve-html-falls-back", func(a answer) bool { return strings.HasPrefix(a.body, "<") }),
		crashes("reads half a reply", "reserve-truncated-falls-back", func(a answer) bool { return a.status == http.StatusOK && !strings.HasSuffix(a.body, "}") }),
		crashes("takes dni from every success", "reserve-without-dni-falls-back", func(a answer) bool {
			return !a.asks && a.status == http.StatusOK && member(a.body, "dni") == nil
		}),
		crashes("does not survive a broken connection", "reserve-reset-falls-back", func(a answer) bool { return a.status == 0 }),
		crashes("takes a gateway's 404 for its own mistake and stops", "reserve-wrong-region-falls-back", func(a answer) bool {
			return a.status == http.StatusNotFound && member(a.body, "error") == nil
		}),
	}
}

// dialsAnything dials what stands where the number should be, as its language writes that.
func dialsAnything(name, lesson, dni, written string) Client {
	const placeholder = "+999000" // what passes for a number with the client that is wrapped
	c := misreads(name, lesson, func(a *answer) {
		if string(member(a.body, "dni")) == dni {
			a.body = `{"dni":"` + placeholder + `"}`
		}
	})
	c.Phone = func(p client.Phone) client.Phone {
		return dialler{p, func(ctx context.Context, to, from string) (client.Call, error) {
			if to == placeholder {
				to = written
			}
			return p.Dial(ctx, to, from)
		}}
	}
	return c
}

// exchangesNumbers dials for each of two callers who come at once the number of the other.
func exchangesNumbers() Client {
	var mu sync.Mutex
	var first chan string // takes the second caller's number; nil: nobody waits
	var given string
	other := func(dni string) string {
		mu.Lock()
		if first != nil {
			first <- dni
			mine := given
			first = nil
			mu.Unlock()
			return mine
		}
		given, first = dni, make(chan string, 1)
		wait := first
		mu.Unlock()
		select {
		case dni = <-wait:
		case <-time.After(5 * time.Second): // nobody else came
		}
		return dni
	}
	return misreads("dials for one caller the number of another", "callers-keep-their-numbers", func(a *answer) {
		var dni string
		if json.Unmarshal(member(a.body, "dni"), &dni) == nil && dni != "" {
			a.body = `{"dni":"` + other(dni) + `"}`
		}
	})
}

// asksOn asks a full pool again until it gives a number, and goes by the first reply all the same.
func asksOn() Client {
	const tries, pause = 10, 60 * time.Millisecond
	patient := func(c *client.Config) { // to the client that is wrapped all tries are one
		c.ReserveTimeout, c.ReserveBudget = 20*time.Second, 20*time.Second
	}
	return Client{Name: "asks on when its caller is elsewhere", Lesson: "reserve-exhausted-then-free", Config: patient, HTTP: func(next client.Doer) client.Doer {
		return doer(func(r *http.Request) (*http.Response, error) {
			full, err := next.Do(r)
			if err != nil || r.Method != http.MethodPost || full.StatusCode != http.StatusNotFound {
				return full, err
			}
			for range tries {
				time.Sleep(pause)
				again := r.Clone(r.Context())
				if again.Body, err = r.GetBody(); err != nil {
					break
				}
				res, err := next.Do(again)
				if err != nil {
					break
				}
				_ = res.Body.Close()
				if res.StatusCode == http.StatusOK {
					break
				}
			}
			return full, nil
		})
	}}
}
