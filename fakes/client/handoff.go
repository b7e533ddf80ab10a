package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// answer is what Get Handoff came to.
type answer struct {
	record Record
	queue  string
	why    string
}

// ask polls Get Handoff until there is an answer, or until the time for it is used up.
func (r *run) ask(ctx context.Context) answer {
	var spent time.Duration
	failures := 0
	for {
		p := r.exchange(ctx, r.config.HandoffTimeout, http.MethodGet, r.handoffURL(), r.config.HandoffKey, nil)
		r.Polls++
		spent += p.took
		a, final := r.read(p)
		r.note("handoff", "%s", a.why)
		if final {
			return a
		}
		wait := r.config.Poll.Every
		if a.record == Unreadable {
			failures++
			wait = max(wait, r.pause(p, r.backoff(failures)))
		}
		if spent+wait >= r.config.Poll.For {
			a.why = fmt.Sprintf("%s after %d polls", a.why, r.Polls)
			return a
		}
		if r.clock.Sleep(ctx, wait) != nil || ctx.Err() != nil {
			return answer{Unreadable, "", fmt.Sprintf("handoff: %v", context.Cause(ctx))}
		}
		spent += wait
	}
}

// handoffURL asks by shared_id, and by the call's own id only when there is none.
func (r *run) handoffURL() string {
	query := url.Values{"shared_id": {r.SharedID}}
	if r.SharedID == "" {
		query = url.Values{"id": {r.CallID}}
	}
	return r.config.BaseURL + r.config.HandoffPath + "?" + query.Encode()
}

// read understands one reply. What is not final may be better at the next poll.
func (r *run) read(p reply) (a answer, final bool) {
	switch {
	case p.err != nil:
		return answer{Unreadable, "", fmt.Sprintf("handoff: %v", p)}, false
	case p.status == http.StatusNotFound:
		// The API's own 404 says no more than error_message; a gateway's, for a URL that is not there, has other members.
		if object, err := p.object(); err != nil || object["error_message"] == nil || object["error_code"] != nil {
			return answer{Missing, "", "handoff: no record (404, not the handoff's own: " + p.message() + ": is the URL right?)"}, false
		}
		return answer{Missing, "", "handoff: no record (" + p.message() + ")"}, false
	case p.status == http.StatusNoContent:
		r.warn("handoff: want 200 or 404, got 204")
		return answer{None, "", "no handoff (204)"}, true
	case p.status >= 200 && p.status < 300:
		return r.readRecord(p)
	}
	return answer{Unreadable, "", fmt.Sprintf("handoff: %v", p)}, !p.retryable()
}

func (r *run) readRecord(p reply) (a answer, final bool) {
	object, err := p.object()
	if err != nil {
		return answer{Unreadable, "", fmt.Sprintf("handoff: %d, %v", p.status, err)}, false
	}
	if text(object["id"]) == "" {
		r.warn("handoff: id: want text, got %s", shown(object["id"]))
	}
	if raw, present := object["shared_id"]; r.SharedID != "" && (!present || isNull(raw)) {
		r.warn("handoff: shared_id: want %q, got none", r.SharedID)
	} else if got := text(raw); r.SharedID != "" && got != r.SharedID {
		return answer{Unreadable, "", fmt.Sprintf("handoff: shared_id: want %q, got %s: this is the record of another call", r.SharedID, shown(raw))}, true
	}
	r.Data = object["data"]
	return r.readData(object["data"]), true
}

// readData finds the destination in data. An agent's project decides which keys there are, so only two are looked at.
func (r *run) readData(raw json.RawMessage) answer {
	if raw == nil || isNull(raw) {
		r.warn("handoff: data: want an object, got %s", shown(raw))
		return answer{Unreadable, "", "handoff: no data"}
	}
	var data map[string]json.RawMessage
	if json.Unmarshal(raw, &data) != nil {
		r.warn("handoff: data: want an object, got %s", shown(raw))
		if string(bytes.TrimSpace(raw)) == "[]" {
			return answer{None, "", "no handoff (empty data)"}
		}
		return answer{Unreadable, "", "handoff: data is no object"}
	}
	r.HandoffReason = text(data[r.config.HandoffReason])
	to, present := data[r.config.HandoffTo]
	queue := strings.TrimSpace(text(to))
	switch {
	case !present || isNull(to):
		return answer{None, "", fmt.Sprintf("no handoff (%s is not set)", r.config.HandoffTo)}
	case queue == "" && string(bytes.TrimSpace(to))[0] != '"':
		r.warn("handoff: %s: want text, got %s", r.config.HandoffTo, shown(to))
		return answer{Unreadable, "", fmt.Sprintf("handoff: %s is no destination", r.config.HandoffTo)}
	case queue == "" || slices.ContainsFunc(r.config.Contained, func(s string) bool { return strings.EqualFold(s, queue) }):
		return answer{None, "", fmt.Sprintf("no handoff (%s is %q)", r.config.HandoffTo, queue)}
	}
	return answer{Handoff, queue, "handoff to " + queue}
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

func shown(raw json.RawMessage) string {
	if raw == nil {
		return "nothing"
	}
	return clip(string(raw))
}
