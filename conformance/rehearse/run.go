package rehearse

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
)

// Noun is what a report calls what is played.
const Noun = "lesson"

// Playable are the lessons that the client can be asked. The others take no time.
func (r *Rehearsal) Playable(lessons []*Lesson) (out []*Lesson) {
	for _, l := range lessons {
		if r.lacks(l, r.Arrival(l)) == "" {
			out = append(out, l)
		}
	}
	return out
}

// Listener hears of each lesson: that it begins, and what became of it.
type Listener interface {
	Started(*Lesson)
	Finished(finding.Result)
}

// PlayAll plays the selected lessons one after another and returns the report of the run, which begins as run. Those of all
// that are not selected are in it too. When ctx ends, the rest is not played. listen may be nil.
func (r *Rehearsal) PlayAll(ctx context.Context, all, selected []*Lesson, run finding.Run, listen Listener) finding.Run {
	run.Noun, run.Started = Noun, time.Now()
	chosen := make(map[*Lesson]bool, len(selected))
	for _, l := range selected {
		chosen[l] = true
	}
	for _, l := range all {
		if !chosen[l] {
			skipped := l.result()
			skipped.Status, skipped.Reason = finding.Filtered, strings.TrimSpace("not selected by "+run.Filter)
			run.Results = append(run.Results, skipped)
			continue
		}
		if ctx.Err() != nil {
			run.NotPlayed = append(run.NotPlayed, l.ID)
			continue
		}
		if listen != nil {
			listen.Started(l)
		}
		res := r.Play(ctx, l)
		if listen != nil {
			listen.Finished(res)
		}
		if res.Stopped() {
			run.NotPlayed = append(run.NotPlayed, l.ID)
			continue
		}
		run.Results = append(run.Results, res)
	}
	run.Duration = time.Since(run.Started)
	run.Interrupted = errors.Is(ctx.Err(), context.Canceled)
	return run
}
