// Package broken has integrators' clients that are wrong in one thing each: mutants of the client beside it. They prove that
// each lesson of conformance/rehearse finds what it is there for. Nothing but a test ever makes one.
package broken

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/dnispool/dnispool/fakes/client"
)

// Client is what is wrong with one of them. What is nil is right.
type Client struct {
	Name   string // in the words of a reviewer
	Lesson string // that finds it
	Config func(*client.Config)
	Caller func(*client.Caller)
	HTTP   func(client.Doer) client.Doer
	Phone  func(client.Phone) client.Phone
}

// All are the broken clients. Each call makes them anew, as some remember what they have seen.
func All() []Client {
	var all []Client
	for _, of := range []func() []Client{reserving, refusing, dialling, asking, reading, naming} {
		all = append(all, of()...)
	}
	return all
}

// set is a client that is wrong by its settings.
func set(name, lesson string, wrong func(*client.Config)) Client {
	return Client{Name: name, Lesson: lesson, Config: wrong}
}

// doer is a function as client.Doer.
type doer func(*http.Request) (*http.Response, error)

// Do implements client.Doer.
func (f doer) Do(r *http.Request) (*http.Response, error) { return f(r) }

// answer is what came of a request, as a client sees it that looks before the careful one does.
type answer struct {
	asks   bool // for the handoff, else for a number
	status int  // 0: no reply came
	header http.Header
	body   string
}

// misreads is a client that makes something else of replies.
func misreads(name, lesson string, read func(*answer)) Client {
	return Client{Name: name, Lesson: lesson, HTTP: func(next client.Doer) client.Doer {
		return doer(func(r *http.Request) (*http.Response, error) {
			res, err := next.Do(r)
			a := answer{asks: r.Method == http.MethodGet}
			if err != nil {
				read(&a)
				return nil, err
			}
			body, readErr := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if readErr != nil {
				read(&a)
				return nil, readErr
			}
			a.status, a.header, a.body = res.StatusCode, res.Header, string(body)
			read(&a)
			res.StatusCode, res.Body = a.status, io.NopCloser(strings.NewReader(a.body))
			return res, nil
		})
	}}
}

// crashes is a client that does not survive a reply.
func crashes(name, lesson string, at func(answer) bool) Client {
	return misreads(name, lesson, func(a *answer) {
		if at(*a) {
			panic(name)
		}
	})
}

// rewrites is a client that sends other requests.
func rewrites(name, lesson string, change func(*http.Request)) Client {
	return Client{Name: name, Lesson: lesson, HTTP: func(next client.Doer) client.Doer {
		return doer(func(r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			change(r)
			return next.Do(r)
		})
	}}
}

// withBody gives a request another body.
func withBody(r *http.Request, change func(string) string) {
	if r.Body == nil {
		return
	}
	body, _ := io.ReadAll(r.Body) // of the careful client's, which is in memory
	changed := []byte(change(string(body)))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(changed)), int64(len(changed))
	r.GetBody = nil
}

// member is a member of the object that a text is; nil when there is none, and "null" as it is written.
func member(text, name string) json.RawMessage {
	var object map[string]json.RawMessage
	_ = json.Unmarshal([]byte(text), &object)
	return object[name]
}

// soon is a time that no test waits long for.
const soon = time.Millisecond
