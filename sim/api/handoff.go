package api

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"unicode/utf8"
)

func (x *exchange) handoffByQuery(ctx context.Context) *problem {
	q, err := parseQuery(x.r.URL.RawQuery)
	if err != "" {
		return badRequest(err)
	}
	return x.handoff(ctx, q)
}

// handoffByBody serves the oldest call of the docs: POST /handoff with {"shared_id": "…"}.
func (x *exchange) handoffByBody(ctx context.Context) *problem {
	var few [4]member
	members, _, p := x.readObject(few[:0])
	if p != nil {
		return p
	}
	var q Query
	for _, m := range members {
		if string(m.key) != "shared_id" {
			continue
		}
		if m.value[0] != '"' {
			return badRequest("shared_id: want a string, got " + kindOf(m.value[0]))
		}
		_ = json.Unmarshal(m.value, &q.SharedID) // the scan has checked it
		q.HasSharedID = q.SharedID != ""
	}
	return x.handoff(ctx, q)
}

func (x *exchange) handoff(ctx context.Context, q Query) *problem {
	if !q.HasID && !q.HasSharedID {
		return badRequest("query: want id or shared_id, got neither")
	}
	r, err := x.backend.Handoff(ctx, x.key, x.route.account, x.route.project, q)
	if err != nil {
		return x.refused(err)
	}
	body := make([]byte, 0, 64+len(r.ID)+len(r.SharedID)+len(r.Data))
	body = append(body, `{"id":`...)
	body = appendString(body, r.ID)
	if r.HasSharedID {
		body = append(body, `,"shared_id":`...)
		body = appendString(body, r.SharedID)
	}
	body = append(body, `,"data":`...)
	if r.Data == nil {
		body = append(body, "{}"...)
	}
	body = append(body, r.Data...)
	body = append(body, '}')
	_ = x.reply(200, body) // a read that nobody gets changes nothing
	return nil
}

// parseQuery reads id and shared_id, and says what is wrong, else "". An empty value counts as none, of repeated ones
// the last counts, and other names are ignored. Only & separates: unlike net/url, which refuses a semicolon, it takes
// one as part of the value.
func parseQuery(raw string) (q Query, problem string) {
	whole := len(raw)
	defer func() {
		if 2*(len(q.ID)+len(q.SharedID)) < whole { // else a long request line would live as long as a short id
			q.ID, q.SharedID = strings.Clone(q.ID), strings.Clone(q.SharedID)
		}
	}()
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil || !utf8.ValidString(name) || !utf8.ValidString(value) {
			return Query{}, "query: want percent-encoded UTF-8, got " + quote(pair)
		}
		switch name {
		case "id":
			q.ID, q.HasID = value, value != ""
		case "shared_id":
			q.SharedID, q.HasSharedID = value, value != ""
		}
	}
	return q, ""
}
