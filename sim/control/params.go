package control

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// params reads the query of a request. The first thing that is wrong is kept, and the rest reads as nothing.
type params struct {
	values url.Values
	err    error
	near   string // what was probably meant
}

func paramsOf(r *http.Request) *params { return &params{values: r.URL.Query()} }

// refused answers with what is wrong, if anything is.
func (p *params) refused(w http.ResponseWriter) bool {
	if p.err != nil {
		refuseNear(w, http.StatusBadRequest, p.near, "%v", p.err)
	}
	return p.err != nil
}

func (p *params) wrong(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

func (p *params) text(name string) string { return p.values.Get(name) }

// number reads an integer from least to most; without one it is preset.
func (p *params) number(name string, preset, least, most int) int {
	if !p.values.Has(name) {
		return preset
	}
	n, err := strconv.Atoi(p.values.Get(name))
	if err != nil || n < least || n > most {
		p.wrong("%s: want %d to %d, got %.50q", name, least, most, p.values.Get(name))
		return preset
	}
	return n
}

func (p *params) id(name string) uint64 {
	if !p.values.Has(name) {
		return 0
	}
	n, err := strconv.ParseUint(p.values.Get(name), 10, 64)
	if err != nil {
		p.wrong("%s: want a number, got %.50q", name, p.values.Get(name))
	}
	return n
}

// oneOf reads one of the words, "" when there is none.
func (p *params) oneOf(name string, words ...string) string {
	word := p.values.Get(name)
	if word != "" && !slices.Contains(words, word) {
		if p.err == nil {
			p.near = strictyaml.Suggest(word, words)
		}
		p.wrong("%s: want one of %s, got %.50q", name, strings.Join(words, ", "), word)
	}
	return word
}

// someOf reads words separated by commas, or given several times.
func (p *params) someOf(name string, words []string) (out []string) {
	for _, list := range p.values[name] {
		for word := range strings.SplitSeq(list, ",") {
			word = strings.TrimSpace(word)
			if !slices.Contains(words, word) {
				if p.err == nil {
					p.near = strictyaml.Suggest(word, words)
				}
				p.wrong("%s: want words like %s, got %.50q", name, words[0], word)
			}
			out = append(out, word)
		}
	}
	return out
}

func (p *params) bool(name string) *bool {
	if !p.values.Has(name) {
		return nil
	}
	b, err := strconv.ParseBool(p.values.Get(name))
	if err != nil {
		p.wrong("%s: want true or false, got %.50q", name, p.values.Get(name))
	}
	return &b
}

func (p *params) time(name string) time.Time {
	if !p.values.Has(name) {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, p.values.Get(name))
	if err != nil {
		p.wrong("%s: want a time like 2026-01-02T15:04:05Z, got %.50q", name, p.values.Get(name))
	}
	return t
}

func (p *params) duration(name string, most time.Duration) time.Duration {
	if !p.values.Has(name) {
		return 0
	}
	d, err := time.ParseDuration(p.values.Get(name))
	if err != nil || d < 0 || d > most {
		p.wrong("%s: want a duration like 5s, at most %s, got %.50q", name, most, p.values.Get(name))
	}
	return d
}
