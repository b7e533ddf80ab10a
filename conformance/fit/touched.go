package fit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// touched is what a scenario did, as far as an unknown fact may have a bearing on it. Two platforms that differ in one fact do the
// same up to the moment at which that fact decides something; a scenario that has no such moment need not be played on the other one.
type touched struct {
	odd         bool // the carrier treated some numbers otherwise, or one was called that nobody had reserved
	tampered    bool // replies may not be the platform's, or not come
	doubtful    bool // what such a reply leaves open: a number may have been given, and at any time
	numbers     int  // given, or perhaps given
	refused     bool // a reservation was
	named       bool // a reservation names a caller, or may
	shared      map[string]bool
	sharedTwice bool // two reservations have one shared_id, or may have
	journeys    int
	reserving   int // reservations under way
	calls       int
	crossed     bool                 // a reservation was under way once a call had been placed
	callerEnded bool                 // a call ended otherwise than by the platform's BYE, or may have
	reads       bool                 // a handoff state was asked for once a call had been placed
	readAfter   bool                 // and one once a caller had ended a call
	empty       bool                 // a state without a handoff was read, or one that cannot be understood
	waiting     map[string]time.Time // since when a number that was given waits for its call
	expires     bool                 // one may have waited for longer than its window
	lasted      time.Duration
	talks       bool // a reservation says how long its agent is to stay on the line, or may
}

// The shortest of the alternative windows and retentions, and the smallest of the pools.
const (
	shortestWindow    = 20 * time.Second
	shortestRetention = 30 * time.Second
	smallestPool      = 3
)

// waits notes that a number was given at a time.
func (t *touched) waits(number string, now time.Time) {
	t.called(number, now)
	if number == "" { // its reply was lost
		number = fmt.Sprint("lost ", len(t.waiting))
	}
	if t.waiting == nil {
		t.waiting = make(map[string]time.Time)
	}
	t.waiting[number] = now
}

// called notes that a number waits no more at a time.
func (t *touched) called(number string, now time.Time) {
	if since, there := t.waiting[number]; there && now.Sub(since) >= shortestWindow {
		t.expires = true
	}
	delete(t.waiting, number)
}

// ends notes the end of a scenario that began at a time.
func (t *touched) ends(began, now time.Time) {
	t.lasted = now.Sub(began)
	for number := range t.waiting {
		t.called(number, now)
	}
}

// reuses reports whether a number may have been free again when one was asked for.
func (t touched) reuses() bool { return t.crossed || t.expires || t.doubtful && t.calls > 0 }

// matters reports whether a fact, by its first key, may decide what comes of the scenario.
func (t touched) matters(fact string) bool {
	if t.odd {
		return true
	}
	switch fact { // as alternatives has them
	case "size":
		return t.numbers > smallestPool || t.refused
	case "window_min":
		return t.expires
	case "cool_down", "release":
		return t.reuses() || t.calls > 1
	case "selection":
		return t.reuses() // until then each number is given once, in whatever order
	case "bindings":
		return t.calls > 1
	case "match":
		return t.calls > 0 && t.named
	case "visible":
		return t.reads
	case "retention":
		return t.reads && t.lasted >= shortestRetention
	case "duplicates":
		return t.reads && t.calls > 1 && (t.sharedTwice || t.calls > t.numbers)
	case "abandoned":
		return t.readAfter
	case "no_handoff":
		return t.empty
	}
	return true
}

// asks notes a request that is about to be sent; the returned function notes its reply.
func (s *standStage) asks(r *http.Request, reserves bool) (replied func(status int, body []byte)) {
	body, readable := bodyOf(r)
	state := r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/handoff_state")
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.touched
	if reserves {
		t.attributes(body, readable)
		t.crossed = t.crossed || t.calls > 0
		t.reserving++
	}
	if state && t.calls > 0 {
		t.reads = true
		t.readAfter = t.readAfter || t.callerEnded
	}
	return func(status int, body []byte) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case reserves:
			t.reserving--
			t.doubtful = t.doubtful || status == 0 || t.tampered && status != http.StatusOK
			if t.doubtful || status == http.StatusOK {
				t.numbers++
				t.waits(dniIn(body), s.Now())
			}
			t.refused = t.refused || status == http.StatusNotFound
		case state && (status == http.StatusOK || t.tampered || status == 0):
			t.empty = t.empty || !hasHandoff(body)
		}
	}
}

// journeys notes that a client sets out, whose caller may hang up. One whose call is seen only when it is answered may have crossed
// the reservation of another.
func (s *standStage) journeys() {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.touched
	t.journeys++
	t.callerEnded = true
	t.crossed = t.crossed || t.journeys > 1
}

// dialling notes a call that is about to be placed, or a journey's that was. plain is as in deployment.Plain: in another form the
// platform need not know the number, which then goes on waiting.
func (s *standStage) dialling(number string, plain, odd, callerEnds bool) {
	now := s.Now()
	s.calling(1, odd, callerEnds)
	if plain {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.touched.called(number, now)
	}
}

// calling notes that calls are placed, or what happens to them.
func (s *standStage) calling(n int, odd, callerEnds bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.touched
	t.calls += n
	t.odd = t.odd || odd
	t.crossed = t.crossed || t.reserving > 0
	t.callerEnded = t.callerEnded || callerEnds
}

// attributes notes what a reservation says of its caller and its call; what cannot be read may say anything.
func (t *touched) attributes(body []byte, readable bool) {
	var sent struct {
		Attributes struct {
			SharedID json.RawMessage `json:"shared_id"`
			ANI      json.RawMessage `json:"ani"`
			Talk     json.RawMessage `json:"want_talk"`
		} `json:"attributes"`
	}
	if !readable || bytes.Contains(body, []byte(`\`)) || json.Unmarshal(body, &sent) != nil {
		t.named, t.sharedTwice, t.talks = true, true, true
		return
	}
	t.named = t.named || sent.Attributes.ANI != nil
	t.talks = t.talks || sent.Attributes.Talk != nil
	if id := string(sent.Attributes.SharedID); id != "" {
		if t.shared == nil {
			t.shared = make(map[string]bool)
		}
		t.sharedTwice = t.sharedTwice || t.shared[id] || id[0] != '"' // a number can be written in several ways
		t.shared[id] = true
	}
}

// bodyOf is the body of a request, which is still to be sent; false when it cannot be read twice.
func bodyOf(r *http.Request) ([]byte, bool) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, true
	}
	if r.GetBody == nil {
		return nil, false
	}
	copied, err := r.GetBody()
	if err != nil {
		return nil, false
	}
	body, err := io.ReadAll(copied)
	return body, err == nil
}

// dniIn is the number in a reply; "" when it is cut.
func dniIn(body []byte) string {
	var reply struct {
		DNI string `json:"dni"`
	}
	_ = json.Unmarshal(body, &reply)
	return reply.DNI
}

// hasHandoff reports whether a handoff state says something.
func hasHandoff(body []byte) bool {
	var state struct {
		Data map[string]any `json:"data"`
	}
	if json.Unmarshal(body, &state) != nil {
		return false
	}
	for _, v := range state.Data {
		if v != nil {
			return true
		}
	}
	return false
}

// peculiar reports whether a carrier, as its mapping says, treats some numbers otherwise, or places a call more than once.
func peculiar(carrier *yaml.Node) bool {
	for key := range strictyaml.Pairs(carrier) {
		if slices.Contains([]string{"rewrite", "dead", "channels_per_number", "reattempt"}, key.Value) {
			return true
		}
	}
	return false
}

// Fault implements targets.Stage.
func (s *standStage) Fault(faults *yaml.Node) error {
	for key, value := range strictyaml.Pairs(faults) {
		if key.Value == "http" {
			s.mu.Lock()
			s.touched.tampered = true
			s.mu.Unlock()
			continue
		}
		s.calling(0, key.Value != "carrier" || peculiar(value), false)
	}
	return s.Stage.Fault(faults)
}
