// Package judge judges histories that were saved earlier, by this machine or another, and returns what it finds.
// It plays nothing: the same history gives the same verdict every time.
package judge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/verdict"
)

// Plan says what to judge.
type Plan struct {
	Files  []string
	Eps    time.Duration            // how far the clocks of the files' generators may be apart, besides what the files say
	Facts  map[string]reading.Facts // by project, instead of those in the files; nil: the files'
	Stated reading.Text             // where Facts are written; empty when they are in no file
	Checks []check.Check
	Named  bool          // the checks were asked for by their names: one that cannot be applied is inconclusive
	Stdin  io.Reader     // is read where a file is named StandardInput
	Budget time.Duration // of those checks that are searches
}

// StandardInput is the name of what is no file.
const StandardInput = "-"

// charted bounds the violations of one check that are shown over time: a chart is made of the whole history.
const charted = 5

// Each judges several files: those in which generators give themselves names as the parts of one run, and each of the
// others by itself. It shows every report to see, one at a time. A file that cannot be read does not keep it from those
// that are runs of their own; the errors come at the end, unless see returns one.
func Each(ctx context.Context, p Plan, see func(finding.HistoryReport) error) error {
	var parts []history.File // of one run
	var names []string
	var errs []error
	for _, name := range p.Files {
		f, err := p.read(name)
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
func (p Plan) report(ctx context.Context, names []string, files []history.File, see func(finding.HistoryReport) error, errs *[]error) error {
	p.Files = names
	r, err := p.judge(ctx, files)
	if err != nil {
		*errs = append(*errs, err)
		return nil
	}
	return see(r)
}

// judge judges the files of one run. It keeps nothing of what is merged.
func (p Plan) judge(ctx context.Context, files []history.File) (finding.HistoryReport, error) {
	warnings := headers(p.Files, files, p.Facts != nil)
	merged, err := merge(p.Eps, files)
	if err != nil {
		return finding.HistoryReport{}, err
	}
	facts, err := p.facts(merged)
	if err != nil {
		return finding.HistoryReport{}, err
	}
	if len(facts) == 0 { // the header may say how far the clocks are apart, and nothing else
		facts[""] = reading.Facts{}
	}
	for name, f := range facts {
		if f.Eps == nil && merged.Eps > 0 || f.Eps != nil && *f.Eps < merged.Eps {
			f.Eps = &merged.Eps
		}
		facts[name] = f
	}
	h, j := verdict.Judge(ctx, facts, merged.Ops, p.Checks, p.Budget)
	j.Warnings = slices.Concat(merged.Warnings, warnings, j.Warnings)
	for _, r := range j.Results {
		for i := range r.Violations[:min(len(r.Violations), charted)] {
			v := &r.Violations[i]
			v.Chart = h.Chart(r.Project, *v)
		}
	}
	return finding.HistoryReport{Files: p.Files, Source: merged.Source, Eps: merged.Eps, Named: p.Named, Unnamed: len(merged.Ops) > 0 && merged.Ops[0].Generator == "", Judgement: j}, nil
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

func (p Plan) read(name string) (history.File, error) {
	if name == StandardInput && p.Stdin != nil {
		return history.Read("standard input", p.Stdin)
	}
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

// facts are those by which a history is judged.
func (p Plan) facts(f history.File) (map[string]reading.Facts, error) {
	facts, stated := maps.Clone(p.Facts), p.Stated
	if facts == nil {
		facts = make(map[string]reading.Facts)
		stated = reading.Text{File: p.Files[0], Line: f.FactsLine, Column: f.FactsColumn, JSON: f.Facts}
		if len(f.Facts) > 0 {
			var err error
			if facts, err = reading.ParseFacts(stated); err != nil {
				return nil, err
			}
		}
	}
	if len(stated.JSON) == 0 {
		return facts, nil
	}
	return facts, reading.FactsOfNobody(stated, f.Ops)
}
