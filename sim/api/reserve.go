package api

import (
	"bytes"
	"context"
	"encoding/json"
	"mime"
	"strings"
)

// exhausted is how an empty pool says so. Source: OpenAPI.
const exhausted = "no available route found"

func (x *exchange) reserve(ctx context.Context) *problem {
	attributes, p := x.readAttributes()
	if p != nil {
		return p
	}
	if ctx.Err() != nil { // the last moment at which nothing has happened yet
		return x.cancelled(context.Cause(ctx))
	}
	dni, err := x.backend.Reserve(ctx, x.key, attributes)
	if err != nil {
		return x.refused(err)
	}
	body := make([]byte, 0, 64)
	body = append(body, `{"dni":`...)
	body = appendString(body, dni)
	body = append(body, '}')
	closed := ctx.Err() != nil // asked before the reply: a client that has read it may close at once
	err = x.reply(200, body)
	if err == nil && closed {
		err = ErrClosedEarly
	}
	if err != nil {
		x.onUndelivered(Undelivered{x.id, dni, err})
	}
	return nil
}

func (x *exchange) readAttributes() (json.RawMessage, *problem) {
	var few [4]member
	members, body, p := x.readObject(few[:0])
	if p != nil {
		return nil, p
	}
	var attributes []byte
	for _, m := range members {
		if string(m.key) == "attributes" {
			attributes = m.value
		} else if x.c.StrictBody == Reject {
			return nil, badRequest("body: want no key but attributes, got " + quote(m.key))
		}
	}
	if attributes == nil {
		return nil, badRequest("attributes: want an object, got none")
	}
	if attributes[0] != '{' {
		return nil, badRequest("attributes: want an object, got " + kindOf(attributes[0]))
	}
	if 2*len(attributes) < len(body) {
		return bytes.Clone(attributes), nil // else a large body would live as long as its small attributes
	}
	return attributes[:len(attributes):len(attributes)], nil
}

// readObject reads the body and takes its outermost object apart.
func (x *exchange) readObject(into []member) (members []member, body []byte, p *problem) {
	if x.c.ContentType == JSONRequired && !isJSON(x.r.Header.Get("Content-Type")) {
		return nil, nil, &problem{status: 415, message: "content-type: want application/json, got " + quote(x.r.Header.Get("Content-Type"))}
	}
	coding := x.r.Header.Get("Content-Encoding")
	packed := x.c.ContentEncoding == Gzip && strings.EqualFold(coding, "gzip")
	if coding != "" && !packed && !strings.EqualFold(coding, "identity") {
		return nil, nil, &problem{status: 415, message: "content-encoding: want " + x.c.ContentEncoding.wanted() + ", got " + quote(coding)}
	}
	body, p = x.readBody()
	if packed && p == nil {
		body, p = x.unpack(body)
	}
	x.sent = body
	if p != nil {
		return nil, nil, p
	}
	members, err := scanObject(body, x.c.MaxDepth, x.c.Duplicates, into)
	if err != nil {
		return nil, nil, badRequest(err.Error())
	}
	return members, body, nil
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

func badRequest(message string) *problem { return &problem{status: 400, message: message} }
