package report

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/dnispool/dnispool/conformance/finding"
)

// idColumns is the room for a scenario's id; longer ids push the rest of their line. A narrow terminal gives it what is
// left beside the status and the time.
const (
	idColumns   = 48
	restColumns = len("skip  ") + len("  ") + len("123456 ms")
)

func (p *page) idColumns() int { return min(idColumns, p.width-restColumns) }

// Text writes a run for a person while it happens: one line a scenario, whatever did not pass in full at once, and
// at the end a summary whose last line says what was tested, what was skipped and why. It may be used by several
// goroutines. A failed write is kept and returned by Finish.
type Text struct {
	opts Options

	mu    sync.Mutex
	out   io.Writer
	err   error
	run   finding.Run // seed and strictness, from Begin
	total int         // scenarios, from Begin
	ended int         // of those
	whole bool        // one that did not pass has been shown whole
	apart bool        // the last line written is empty, or nothing is written
	live  []string    // scenarios that are running, when they are shown
	shown bool        // the live line is on the screen
}

// NewText returns a Text that writes to w.
func NewText(w io.Writer, o Options) *Text { return &Text{opts: o, out: w, apart: true} }

// Begin says what is about to run, and must be called first. Of run only what is known at the start is read;
// scenarios is how many will be reported.
func (t *Text) Begin(run finding.Run, scenarios int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.run, t.total = finding.Run{Seed: run.Seed, Strict: run.Strict, Noun: run.Noun}, scenarios
	if t.opts.Quiet {
		return
	}
	parts := []string{strings.TrimSpace(run.Tool + " " + run.Version)}
	if run.Target != "" {
		parts = append(parts, "target "+run.Target)
	}
	parts = append(parts, count(scenarios, run.Of()))
	if run.Filter != "" {
		parts = append(parts, "selected by "+run.Filter)
	}
	if run.Strict {
		parts = append(parts, "strict")
	}
	parts = append(parts, fmt.Sprintf("seed %d", run.Seed))
	t.write(oneLine(t.opts.Redactor.Text(strings.TrimSpace(strings.Join(parts, "   ")))) + "\n\n")
}

// Started shows that a scenario runs, on a live terminal.
func (t *Text) Started(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.opts.Live || t.opts.Quiet {
		return
	}
	t.live = append(t.live, oneLine(id))
	t.write("")
}

// Finished writes what became of a scenario. Results that were filtered out are written only when verbose.
func (t *Text) Finished(res finding.Result) {
	res = tidy(res, t.opts.Redactor)
	p := newPage(t.opts)

	t.mu.Lock()
	defer t.mu.Unlock()
	for i, id := range t.live {
		if id == res.ID {
			t.live = append(t.live[:i], t.live[i+1:]...)
			break
		}
	}
	t.ended++
	switch {
	case res.Stopped(): // the summary lists it
	case res.Status == finding.Passed || res.Status.Skipped():
		if t.opts.Quiet || res.Status == finding.Filtered && !t.opts.Verbose {
			break
		}
		p.oneLine(res)
	case t.opts.FirstWhole && t.whole:
		p.oneLine(res)
	default:
		p.result(res, t.run, t.opts.Verbose)
		t.whole = true
	}
	if t.opts.Verbose && !t.opts.Quiet && !res.Status.Skipped() && !res.Stopped() {
		if res.Status != finding.Passed {
			p.line("")
		}
		p.details(res)
	}
	if strings.Count(p.String(), "\n") > 1 {
		t.block(p.String() + "\n")
		return
	}
	t.write(p.String())
}

// block writes text apart from the line before it.
func (t *Text) block(text string) {
	if !t.apart {
		text = "\n" + text
	}
	t.write(text)
}

// Finish writes the summary and returns the first error of any write.
func (t *Text) Finish(run finding.Run) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.live = nil
	p := newPage(t.opts)
	p.summary(tidyRun(run, t.opts.Redactor), t.opts.Verbose)
	t.block(p.String())
	return t.err
}

func tidyRun(run finding.Run, red *Redactor) finding.Run {
	results := run.Results
	run.Results = nil
	run = red.Run(run)
	for _, s := range []*string{&run.Tool, &run.Version, &run.Target, &run.Filter} {
		*s = oneLine(*s)
	}
	for i := range run.NotPlayed {
		run.NotPlayed[i] = oneLine(run.NotPlayed[i])
	}
	run.GaveUp = clean(run.GaveUp)
	cleanAll(run.Warnings)
	for _, res := range results {
		run.Results = append(run.Results, tidy(res, red))
	}
	return run
}

// write writes text in place of the live line, which it then puts back.
func (t *Text) write(text string) {
	if t.err != nil {
		return
	}
	if text != "" {
		t.apart = strings.HasSuffix(text, "\n\n")
	}
	if t.shown {
		text = "\r\x1b[K" + text
	}
	t.shown = len(t.live) > 0
	if t.shown {
		last := t.live[len(t.live)-1]
		if n := len(t.live) - 1; n > 0 {
			last += fmt.Sprintf(" and %d more", n)
		}
		last = fmt.Sprintf("%d of %d, %s", min(t.ended+1, t.total), t.total, last)
		text += "run   " + shorten(last, t.opts.width()-len("run   ")-1)
	}
	if text == "" {
		return
	}
	_, t.err = io.WriteString(t.out, text)
}

// oneLine writes a scenario that passed, or was not played, or of which there is no room for more, on one line.
func (p *page) oneLine(res finding.Result) {
	word, st := statusWord(res)
	word = p.paint(st, pad(word, 4))
	id := pad(res.ID, p.idColumns())
	switch {
	case res.Status == finding.Passed:
		p.line("%s  %s  %9s", word, id, human(res.Duration))
	case res.Status.Skipped():
		p.line("%s  %s  %s", word, id, p.paint(dim, shorten(statusName(res.Status)+": "+reasonText(res.Reason), p.width-p.idColumns()-len("skip    "))))
	default:
		head, _ := statusWord(res)
		room := p.width - columns(pad(head, 4)+"  "+res.ID+"   ")
		p.line("%s  %s   %s", word, res.ID, shorten(message(res), max(room, minWidth/2)))
	}
}

// statusName is the status as prose has it.
func statusName(s finding.Status) string { return strings.ReplaceAll(string(s), "-", " ") }

func reasonText(s string) string {
	if s == "" {
		return finding.NoReason
	}
	return strings.Join(strings.Fields(s), " ")
}
