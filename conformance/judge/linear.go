package judge

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/check/linear"
	"github.com/dnispool/dnispool/conformance/history"
)

// search asks of each number of each project whether any order of what happened to it is legal.
func (r *Report) search(ctx context.Context, budget time.Duration) {
	r.Linear = make(map[string]linear.Result)
	names := slices.Sorted(maps.Keys(r.Ledgers)) // the projects
	for _, name := range names {
		r.Linear[name] = linear.Judge(ctx, r.of(name), r.concerning(name), budget/time.Duration(len(names)))
	}
}

// concerning are the operations that concern a project: its reservations, the calls to its numbers, and every reading and restart.
func (r *Report) concerning(project string) (out []history.Op) {
	owner := make(map[string]string)
	for _, o := range r.Ops {
		if o.Kind == history.Reserve && o.Number != "" {
			owner[o.Number] = o.Project
		}
	}
	for _, o := range r.Ops {
		name, known := owner[o.Number]
		switch {
		case o.Kind == history.Reserve && o.Project != project:
		case o.Kind == history.Call && known && name != project:
		default:
			out = append(out, o)
		}
	}
	return out
}

// searched tells that a search came to an end.
func (r Report) searched() bool {
	for _, res := range r.Linear {
		if res.Status == linear.OK {
			return true
		}
	}
	return false
}

// linear is the worst that the search found.
func (r Report) linear() linear.Status {
	worst := linear.OK
	for _, res := range r.Linear {
		switch {
		case res.Status == linear.Illegal:
			return linear.Illegal
		case res.Status == linear.Unknown:
			worst = linear.Unknown
		}
	}
	return worst
}

// SavePicture draws the first number of which no order is legal, as a page at path. It returns linear.ErrNothingToDraw
// when there is none.
func (r Report) SavePicture(path string) error {
	for _, name := range slices.Sorted(maps.Keys(r.Linear)) {
		if err := r.Linear[name].SaveHTML(path); !errors.Is(err, linear.ErrNothingToDraw) {
			return err
		}
	}
	return linear.ErrNothingToDraw
}
