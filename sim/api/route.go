package api

import (
	"net/url"
	"strings"
)

type endpoint int

const (
	nowhere endpoint = iota
	reserveDNI
	getHandoff
	handoffByPost // legacy: POST with a body, and a bearer token for a key
)

// The two paths of the contract. Source: OpenAPI.
const (
	reservePath   = "/v1/conversations/dni-reservation"
	handoffPrefix = "/v1/"
	handoffSuffix = "/handoff_state"
)

type route struct {
	endpoint         endpoint
	account, project string
}

func (r route) method() string {
	if r.endpoint == getHandoff {
		return "GET"
	}
	return "POST"
}

func (r route) scheme() string {
	if r.endpoint == handoffByPost {
		return "Bearer"
	}
	return "Key"
}

// findRoute compares paths as they are: a trailing or doubled slash is another path, which does not exist.
func (h *handler) findRoute(u *url.URL) route {
	path := u.Path
	if path == reservePath && u.RawPath == "" {
		return route{endpoint: reserveDNI}
	}
	if u.RawPath != "" && strings.Contains(strings.ToLower(u.RawPath), "%2f") {
		return route{} // an encoded slash is data, and no name in these paths has one
	}
	if path == reservePath {
		return route{endpoint: reserveDNI}
	}
	if inner, ok := cutBoth(path, handoffPrefix, handoffSuffix); ok {
		if r := scoped(inner); r.endpoint != nowhere {
			return r
		}
	}
	if h.c.LegacyPaths {
		return legacyRoute(path)
	}
	return route{}
}

// legacyRoute knows the paths of earlier editions of the docs.
func legacyRoute(path string) route {
	switch path {
	case "/v1/reserve-dni", "/v1/dni-reservation", "/v3/conversations/dni-reservation":
		return route{endpoint: reserveDNI}
	case "/v1/handoff_state":
		return route{endpoint: getHandoff}
	case "/handoff":
		return route{endpoint: handoffByPost}
	}
	for _, prefix := range [...]string{"/v3/", "/"} {
		if inner, ok := cutBoth(path, prefix, handoffSuffix); ok {
			if r := scoped(inner); r.endpoint != nowhere {
				return r
			}
		}
	}
	return route{}
}

// scoped reads "account/project".
func scoped(inner string) route {
	account, project, _ := strings.Cut(inner, "/")
	if account == "" || project == "" || strings.Contains(project, "/") {
		return route{}
	}
	return route{endpoint: getHandoff, account: account, project: project}
}

func cutBoth(s, prefix, suffix string) (string, bool) {
	s, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(s, suffix)
}
