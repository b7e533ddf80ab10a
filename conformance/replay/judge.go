package replay

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
)

// contract holds a step's exchange against the contract. The published contract decides; the strict one warns, or
// decides too in a strict run.
func (cl *client) contract(st *scenario.Step, out outcome) []finding.Failure {
	x := out.exchange
	if x == nil || x.err != nil || st.Contract.Mode == scenario.ContractNone {
		return nil
	}
	problems := x.contract.Published
	if st.Contract.Mode != scenario.ContractPublished {
		if cl.options.Strict {
			problems = append(slices.Clone(problems), x.contract.Strict...)
		} else if len(x.contract.Strict) > 0 {
			cl.warn("%s: strict contract: %s", cl.stepName(st), sentence(x.contract.Strict))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return []finding.Failure{cl.at(st, st.Pos, finding.Failure{
		Kind: finding.KindContract, Path: x.contract.Operation, Got: sentence(problems), Exchange: &x.Exchange, Contract: contractLines(x),
	})}
}

func sentence(problems []contract.Problem) string {
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "; ")
}

// contractLines says what both documents think of an exchange.
func contractLines(x *exchange) string {
	if x.err != nil || x.contract.Operation == "" {
		return ""
	}
	says := func(problems []contract.Problem) string {
		if len(problems) == 0 {
			return "valid"
		}
		return sentence(problems)
	}
	return "published: " + says(x.contract.Published) + "\nstrict: " + says(x.contract.Strict)
}

// mismatch makes a failure of an expectation that does not hold.
func (cl *client) mismatch(st *scenario.Step, out outcome, m scenario.Mismatch, tries int) finding.Failure {
	f := finding.Failure{Kind: finding.KindExpectation, Path: m.Path, Want: m.Want, Got: m.Got, Because: st.Note, Likely: likely(st, out, m)}
	if tries > 1 {
		f.Because = strings.TrimSpace(fmt.Sprintf("%s (asked %d times within %s; this is the last answer)", st.Note, tries, cl.within(st)))
	}
	if x := out.exchange; x != nil {
		f.Exchange, f.Contract = &x.Exchange, contractLines(x)
	}
	return cl.at(st, m.Pos, f)
}

// at puts a failure of a step to its place in the scenario's text.
func (cl *client) at(st *scenario.Step, pos scenario.Pos, f finding.Failure) finding.Failure {
	f = cl.player.at(min(st.Pos.Line, pos.Line), pos, f)
	f.Step = cl.stepName(st)
	if cl.parent != nil {
		f.Step += " (" + cl.name + ")"
	}
	return f
}

// at puts a failure to its place, and shows the line where it begins and what leads to the caret.
func (p *player) at(first int, pos scenario.Pos, f finding.Failure) finding.Failure {
	f.File, f.Line, f.Column, f.Width = p.scenario.File, pos.Line, pos.Column, pos.Width
	for n := max(first, 1); n <= pos.Line && n <= len(p.scenario.Lines); n++ {
		if n == first || n >= pos.Line-2 {
			f.Source = append(f.Source, finding.SourceLine{Line: n, Text: p.scenario.Lines[n-1]})
		}
	}
	return f
}

// stepName is the same for all clients of concurrently.
func (cl *client) stepName(st *scenario.Step) string {
	if cl.parent != nil {
		return fmt.Sprintf("step %d of each client %q", st.Index, st.Label())
	}
	return fmt.Sprintf("step %d of %d %q", st.Index, len(cl.scenario.Steps), st.Label())
}

// complete gives the failures what they have in common.
func (p *player) complete(failures []finding.Failure, before []finding.Step) {
	for i := range failures {
		f := &failures[i]
		f.Before = before
		if p.options.Again != nil {
			f.Again = p.options.Again(p.scenario.ID)
		}
	}
}

// judge applies the scenario's checks to the history.
func (p *player) judge(ctx context.Context) (judged, error) {
	for _, c := range p.placed() {
		p.ended(c)
	}
	checks, err := check.Named(checkNames(p.scenario)...)
	if err != nil {
		return judged{}, err
	}
	var spared []string // checks that ask for more numbers than the target may be asked for
	if slices.ContainsFunc(checks, func(c check.Check) bool { return c.Drains }) {
		if p.mayDrain() {
			err = p.drain(ctx)
		} else {
			checks, spared = withoutDrain(checks)
		}
		if err != nil {
			return judged{}, fmt.Errorf("the pool could not be drained: %w", err)
		}
	}
	if err := p.history.Flush(); err != nil { // what was seen must not depend on what is made of it
		return judged{}, fmt.Errorf("history: %w", err)
	}
	switch {
	case len(checks) == 0 && !p.scenario.Expects: // nothing tested is never green
		return judged{doubts: spared}, nil
	case len(checks) == 0:
		return judged{notes: spared}, nil
	}
	out, err := p.applyChecks(ctx, checks)
	out.notes = append(out.notes, spared...)
	if len(out.failures) > 0 || err != nil { // what is proven stays proven when the time is up
		return out, err
	}
	return out, ctx.Err()
}

func (p *player) mayDrain() bool {
	return !slices.ContainsFunc(p.reserved(), func(project string) bool { return !p.stage.MayDrain(project) })
}

// reserved are the projects that the scenario has reserved from, and the first.
func (p *player) reserved() []string {
	first, _ := p.stage.Project("")
	projects := map[string]bool{first.Name: true}
	for _, o := range p.history.Ops() {
		if o.Kind == history.Reserve {
			projects[o.Project] = true
		}
	}
	return slices.Sorted(maps.Keys(projects))
}

// withoutDrain leaves out the checks that drain the pool, and says so.
func withoutDrain(all []check.Check) (rest []check.Check, notes []string) {
	for _, c := range all {
		if c.Drains {
			notes = append(notes, c.Name+" was not judged: it reserves every number of the pool, which the target does not allow")
			continue
		}
		rest = append(rest, c)
	}
	return rest, notes
}

// drain ends all calls, lets every window close, and reserves until the pool is empty: what does not come back is lost.
func (p *player) drain(ctx context.Context) error {
	for _, c := range p.placed() {
		if c.Answered() && !c.over() {
			if _, err := c.Hangup(ctx); err != nil {
				return err
			}
			p.ended(c)
		}
	}
	p.stage.Settle()
	for _, name := range p.reserved() {
		f := p.stage.Facts(name)
		if f.Size == 0 {
			continue
		}
		if err := p.stage.Wait(ctx, f.WindowMax+2*f.ShortestRest()+time.Millisecond); err != nil {
			return err
		}
		if err := p.drainProject(ctx, name, f.Size); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) drainProject(ctx context.Context, name string, size int) error {
	if err := p.stage.Fault(nil); err != nil {
		return err
	}
	project, _ := p.stage.Project(name)
	cl := p.newClient("drain", scenario.NewScope())
	for i := 0; i <= size; i++ {
		op := p.history.Begin(history.Op{Client: "drain", Kind: history.Reserve, Drain: true, Project: name, Start: p.now(), Outcome: history.Indefinite})
		x, err := cl.post(ctx, "drain", p.stage.BaseURL()+reservePath, project.DNIKey, []byte(`{"attributes":{}}`), scenario.Send{}, cl.replyWithin(), false)
		if err != nil {
			return err
		}
		p.history.Update(op, func(o *history.Op) {
			o.End, o.Status, o.Number = p.now(), x.Status, dniOf(x)
			switch {
			case x.err != nil:
				o.Outcome = history.Indefinite
			case o.Number != "":
				o.Outcome = history.OK
			default:
				o.Outcome = history.Refused
			}
		})
	}
	return nil
}
