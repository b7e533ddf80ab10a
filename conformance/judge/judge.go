// Package judge judges histories that were saved earlier, by this machine or another, and says what it finds so that
// a person can act on it. It plays nothing: the same history gives the same verdict every time.
package judge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/check/linear"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// Plan says what to judge.
type Plan struct {
	Files []string
	Eps   time.Duration          // how far the clocks of the files' generators may be apart, besides what the files say
	Facts map[string]check.Facts // by project, instead of those in the files; nil: the files'
	Only  []string               // names of checks; nil: all
	// Linear is how long to search for a legal order of what happened to each number; 0: not at all.
	Linear time.Duration
}

// Report is what there is to say about the histories together.
type Report struct {
	Plan
	Source string // what was played
	Ops    []history.Op
	check.Judgement
	Linear map[string]linear.Result // by project; nil: not searched

	facts map[string]check.Facts
	eps   time.Duration
}

// Each judges several files: those in which generators give themselves names as the parts of one run, and each of the
// others by itself. It shows every report to see, one at a time. A file that cannot be read does not keep it from those
// that are runs of their own; the errors come at the end, unless see returns one.
func Each(ctx context.Context, p Plan, see func(Report) error) error {
	var parts []history.File // of one run
	var names []string
	var errs []error
	for _, name := range p.Files {
		f, err := read(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if len(p.Files) > 1 && len(f.Ops) > 0 && f.Ops[0].Generator != "" {
			parts, names = append(parts, f), append(names, name)
			continue
		}
		if err := p.report(ctx, []string{name}, []history.File{f}, see, &errs); err != nil {
			return err
		}
	}
	switch {
	case len(parts) == 0:
	case len(errs) > 0: // a run without one of its parts looks broken
		errs = append(errs, fmt.Errorf("judge: %s: not judged, for what cannot be read may be of the same run", strings.Join(names, ", ")))
	default:
		if err := p.report(ctx, names, parts, see, &errs); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

// report shows the report of one run to see, whose error it returns.
func (p Plan) report(ctx context.Context, names []string, files []history.File, see func(Report) error, errs *[]error) error {
	p.Files = names
	r, err := p.judge(ctx, files)
	if err != nil {
		*errs = append(*errs, err)
		return nil
	}
	return see(r)
}

// judge judges the files of one run. It keeps nothing of what is merged.
func (p Plan) judge(ctx context.Context, files []history.File) (Report, error) {
	merged, err := merge(p.Eps, files)
	if err != nil {
		return Report{}, err
	}
	facts := maps.Clone(p.Facts)
	if facts == nil {
		if facts, err = factsOf(p.Files[0], merged.Header); err != nil {
			return Report{}, err
		}
	}
	for name, f := range facts {
		f.Eps = max(f.Eps, merged.Eps)
		facts[name] = f
	}
	r := Report{Plan: p, Source: merged.Source, Ops: merged.Ops, Judgement: check.Judge(facts, merged.Ops, p.Only), facts: facts, eps: merged.Eps}
	if p.Linear > 0 {
		r.Linear = linear.JudgeAll(ctx, facts, r.Ops, p.Linear)
	}
	return r, nil
}

// merge joins the histories; one alone is not copied for it.
func merge(eps time.Duration, files []history.File) (history.File, error) {
	if len(files) == 1 {
		files[0].Eps = max(files[0].Eps, eps)
		return files[0], nil
	}
	merged, err := history.Merge(eps, files...)
	clear(files)
	runtime.GC() // of what was read, a million operations are some hundred megabytes: they go before the checks need room
	return merged, err
}

func read(name string) (history.File, error) {
	f, err := open(name)
	if err != nil {
		return history.File{}, err
	}
	defer f.Close()
	return history.Read(name, f)
}

func open(name string) (*os.File, error) {
	f, err := os.Open(name)
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return nil, fmt.Errorf("%s: %w", name, pathErr.Err)
	}
	return f, err
}

func factsOf(name string, h history.Header) (map[string]check.Facts, error) {
	facts := make(map[string]check.Facts)
	if len(h.Facts) == 0 {
		return facts, nil
	}
	if err := json.Unmarshal(h.Facts, &facts); err != nil {
		return nil, fmt.Errorf("%s:1: history: facts: %w", name, err)
	}
	return facts, nil
}

// Violations counts the breaches.
func (r Report) Violations() (n int) {
	for _, res := range r.Results {
		n += len(res.Violations) + res.Omitted
	}
	return n
}

// Certain counts the breaches that neither a stray nor a clock can explain.
func (r Report) Certain() (n int) {
	for _, res := range r.Results {
		for _, v := range res.Violations {
			if v.Certainty != finding.ModuloClocks {
				n++
			}
		}
	}
	return n
}

// cases counts what the checks looked at, and how much of it they decided.
func (r Report) cases() (all, decided int) {
	for _, res := range r.Results {
		if res.NotJudged == "" {
			all, decided = all+res.Cases, decided+res.Cases-res.Undecided
		}
	}
	return all, decided
}

// ExitCode is 1 for a breach; 3 when all that was found may be the clocks' doing, a search was given up, or nothing at all
// could be decided; 2 when there was nothing to judge; else 0.
func (r Report) ExitCode() int {
	all, decided := r.cases()
	switch {
	case r.Certain() > 0 || r.linear() == linear.Illegal:
		return finding.ExitNotConformant
	case r.Violations() > 0 || r.linear() == linear.Unknown:
		return finding.ExitInconclusive
	case all == 0 && !r.searched():
		return finding.ExitNotJudged
	case decided <= 0 && all > 0:
		return finding.ExitInconclusive
	}
	return finding.ExitConformant
}

// of is what is known of a project; of all, when they have one name for it.
func (r Report) of(project string) check.Facts {
	if f, ok := r.facts[project]; ok {
		return f
	}
	if f, ok := r.facts[""]; ok || len(r.facts) != 1 {
		return f
	}
	for _, f := range r.facts {
		return f
	}
	return check.Facts{}
}
