package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/targets/reference"
)

// earlier reads the report that --again names, and has the plan play what did not pass in it; nil when none is named.
func (f *checkFlags) earlier(e env, patterns []string, p *run.Plan) (*finding.Run, error) {
	switch {
	case f.times < 1:
		return nil, fmt.Errorf("%s check: --times: want 1 or more, got %d", tool, f.times)
	case f.again == "" && f.times > 1:
		return nil, fmt.Errorf("%s check: --times: want it with --again run.json, got it alone", tool)
	case f.again == "":
		return nil, nil
	case len(patterns) > 0 || f.label != "":
		return nil, fmt.Errorf("%s check: want --again, or scenarios by name or label, got both", tool)
	}
	earlier, err := readReport(e, f.again)
	if err != nil {
		return nil, err
	}
	if on := (reference.Target{}).Name(); f.target == "" && earlier.Target != on {
		return nil, fmt.Errorf("report %s: it is of %s; say with --target what to play on", f.again, earlier.Target)
	}
	failed := earlier.ToRepeat()
	for i, id := range failed {
		at := slices.IndexFunc(earlier.Results, func(r finding.Result) bool { return r.ID == id })
		if file := earlier.Results[at].File; run.IDOf(file) == id && f.dir == "" && !missing(file) {
			failed[i] = file
		}
	}
	p.Named(failed)
	if len(failed) == 0 {
		return nil, fmt.Errorf("report %s: want a scenario that did not pass, got none: %s", f.again, earlier.Sentence())
	}
	p.Selects = "what did not pass in " + f.again
	p.Strict = p.Strict || earlier.Strict
	if f.seed == 0 {
		p.Seed = earlier.Seed
	}
	return &earlier, nil
}

// elsewhere says where else scenarios of a report may be that are not found.
func (f *checkFlags) elsewhere(err error) error {
	if f.again == "" || f.dir != "" {
		return err
	}
	return fmt.Errorf("%w\n(%s may be of scenarios of your own: name their directory with --scenarios)", err, f.again)
}

// loadAndFit reads the scenarios of a plan, and settles which of them its target can be played.
func loadAndFit(ctx context.Context, p run.Plan) (run.Loaded, error) {
	l, err := run.Load(p)
	if err == nil && p.Fit != nil {
		err = p.Fit(ctx, &l)
	}
	return l, err
}

// repeat plays a plan as often as --times says, the first time apart, and says what became of each scenario. Each time it is
// read and fitted anew: on a deployment no two plays may use the same names.
func (f *checkFlags) repeat(ctx context.Context, earlier, first finding.Run, l run.Loaded, text *report.Text) (finding.Run, error) {
	plays := []finding.Run{first}
	for len(plays) < f.times && ctx.Err() == nil {
		next, err := loadAndFit(ctx, l.Plan)
		if err != nil {
			return finding.Run{}, err
		}
		r, err := next.Play(ctx, text)
		if err != nil {
			return finding.Run{}, err
		}
		plays = append(plays, r)
	}
	return finding.Repeated(earlier, plays), nil
}
