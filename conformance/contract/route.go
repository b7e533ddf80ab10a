package contract

import (
	"net/url"
	"strings"
)

// An operation is one method on one documented path, seen through both documents.
type operation struct {
	id        string
	method    string
	template  []string // segments; "{name}" is a parameter
	published *view
	strict    *view
}

// route finds the operation whose path ends the URL's: a deployment behind a gateway may have a prefix.
// Methods match exactly, so HEAD on a GET is no operation. A trailing slash is another path.
func (c *Checker) route(method string, u *url.URL) (*operation, map[string]string) {
	if u == nil {
		return nil, nil
	}
	segments := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	for _, op := range c.operations {
		if op.method != method {
			continue
		}
		if vars, ok := match(op.template, segments); ok {
			return op, vars
		}
	}
	return nil, nil
}

func match(template, segments []string) (map[string]string, bool) {
	prefix := len(segments) - len(template)
	if prefix < 0 {
		return nil, false
	}
	var vars map[string]string
	for i, want := range template {
		got, err := url.PathUnescape(segments[prefix+i])
		if err != nil {
			return nil, false
		}
		name, isParameter := parameterName(want)
		switch {
		case isParameter && got != "":
			if vars == nil {
				vars = map[string]string{}
			}
			vars[name] = got
		case want != got:
			return nil, false
		}
	}
	return vars, true
}

func parameterName(segment string) (string, bool) {
	if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}
