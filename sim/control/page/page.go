// Package page is the live page of the control API: HTML, CSS and JavaScript modules, embedded as they are written. There
// is no build step, and the page loads nothing from anywhere else. Everything that it shows it asks the API for.
package page

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed assets
var embedded embed.FS

// Assets is the directory in which everything but the page itself is served, relative to the page.
const Assets = "/page/"

// policy lets the page load its own files, speak to its own server, and nothing else: no script in an attribute, no markup
// made of text, no frame around it, no form that leaves it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// Handler serves the page at / and its files below Assets.
func Handler() http.Handler {
	files := make(map[string][]byte)
	entries, err := embedded.ReadDir("assets")
	for _, e := range entries {
		if err == nil {
			files[e.Name()], err = fs.ReadFile(embedded, "assets/"+e.Name())
		}
	}
	if err != nil {
		panic(err) // what was embedded can be read
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := strings.CutPrefix(r.URL.Path, Assets)
		if r.URL.Path == "/" {
			name, ok = "index.html", true
		}
		b, found := files[name]
		if !ok || !found {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", contentType(name))
		h.Set("Content-Length", strconv.Itoa(len(b)))
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer") // the link may hold the token
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		_, _ = w.Write(b) // whoever has gone needs no answer
	})
}

// contentType is that of a file by its name; the machine's own table of types is not asked.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "text/html; charset=utf-8"
}
