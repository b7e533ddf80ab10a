// Package html is what the HTML reports of all verbs have in common: a page in one file that needs no network, reads in
// light and in dark, on a phone and on paper, and by the keyboard; and pictures in SVG of figures (Plot), of what lasts for
// a time (Lanes), of messages between parties (Ladder), and of a few figures in a line of text (Sparkline).
//
// Whatever comes from outside goes through html/template, and the page allows no script but its own by the hash of its
// text: what a platform writes is never run.
package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"sync"
)

// Tone is the colour of a verdict or of one line. It never stands alone: words say the same.
type Tone string

// The tones.
const (
	Good Tone = "good" // as it should be
	Bad  Tone = "bad"  // broken
	Open Tone = "open" // neither: inconclusive, not judged, interrupted
	Dull Tone = "dull" // not looked at
)

// Page is one report.
type Page struct {
	Title    string // of the window
	Made     string // by which tool, of which version
	Tone     Tone   // of the verdict
	Verdict  string // in one sentence that needs no other
	Says     []string
	About    []Pair // what was looked at, when, with which seed
	Sections []Section
}

// Pair is a name and what it stands for.
type Pair struct{ Name, Value string }

// Section is a part of a page with a heading. The page begins with links to all of them.
type Section struct {
	ID    string // of its heading, as in #failures
	Title string
	Count string // beside the title, where a number says how much there is
	Body  template.HTML
}

var (
	//go:embed page.css
	style string
	//go:embed page.js
	script string
	//go:embed page.tmpl
	frame string
)

var page = Parts("page", frame, nil)

// Write writes the page in one piece, so that a report is never written by half because it cannot be made.
func (p Page) Write(w io.Writer) error {
	var b bytes.Buffer
	err := page().Execute(&b, struct {
		Page
		Policy        string
		Style, Script template.HTML
	}{
		p, fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hash(style), hash(script)),
		template.HTML("<style>" + style + "</style>"), template.HTML("<script>" + script + "</script>"),
	})
	if err != nil {
		return fmt.Errorf("report: make HTML: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("report: write HTML: %w", err)
	}
	return nil
}

// hash names a text as a content security policy does.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Parts returns templates that are read when they are first needed: most commands write no page.
func Parts(name, text string, funcs template.FuncMap) func() *template.Template {
	return sync.OnceValue(func() *template.Template { return template.Must(template.New(name).Funcs(funcs).Parse(text)) })
}

// Body executes one of a verb's own templates for a Section.
func Body(parts func() *template.Template, name string, data any) (template.HTML, error) {
	var b bytes.Buffer
	if err := parts().ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("report: make HTML: %w", err)
	}
	return template.HTML(b.String()), nil // escaped by the template
}
