package replay

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/verdict"
)

const lostNumbers = "no-lost-number"

// contract holds a step's exchange against the contract. The published contract decides; the strict one warns, or
// decides too in a strict run.
func (l *lane) contract(st *scenario.Step, out outcome) []verdict.Failure {
	x := out.exchange
	if x == nil || x.err != nil || st.Contract.Mode == scenario.ContractOff {
		return nil
	}
	problems := x.contract.Published
	if st.Contract.Mode != scenario.ContractPublished {
		if l.options.Strict {
			problems = append(slices.Clone(problems), x.contract.Strict...)
		} else if len(x.contract.Strict) > 0 {
			l.warn("%s: strict contract: %s", l.stepName(st), sentence(x.contract.Strict))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return []verdict.Failure{l.at(st, st.Pos, verdict.Failure{
		Kind: verdict.KindContract, Path: x.contract.Operation, Got: sentence(problems), Exchange: &x.Exchange, Contract: contractLines(x),
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
func (l *lane) mismatch(st *scenario.Step, out outcome, m scenario.Mismatch, tries int) verdict.Failure {
	f := verdict.Failure{Kind: verdict.KindExpectation, Path: m.Path, Want: m.Want, Got: m.Got, Because: st.Note}
	if tries > 1 {
		f.Because = strings.TrimSpace(fmt.Sprintf("%s (asked %d times within %s; this is the last answer)", st.Note, tries, st.Within))
	}
	if x := out.exchange; x != nil {
		f.Exchange, f.Contract = &x.Exchange, contractLines(x)
	}
	return l.at(st, m.Pos, f)
}

// at puts a failure to its place in the scenario's text. st may be nil.
func (p *player) at(st *scenario.Step, pos scenario.Pos, f verdict.Failure) verdict.Failure {
	f.File, f.Line, f.Column, f.Width = p.scenario.File, pos.Line, pos.Column, pos.Width
	first := pos.Line
	if st != nil {
		f.Step = p.stepName(st)
		first = min(st.Pos.Line, pos.Line)
	}
	for n := first; n <= pos.Line && n <= len(p.scenario.Lines); n++ {
		if n == first || n >= pos.Line-2 { // the step's first line and what leads to the caret
			f.Source = append(f.Source, verdict.SourceLine{Line: n, Text: p.scenario.Lines[n-1]})
		}
	}
	return f
}

func (p *player) stepName(st *scenario.Step) string {
	return fmt.Sprintf("step %d of %d %q", st.Index, len(p.scenario.Steps), st.Label())
}

// complete gives the failures what they have in common.
func (p *player) complete(failures []verdict.Failure, l *lane) []verdict.Failure {
	before := l.before
	if len(before) > 0 && len(failures) > 0 && failures[0].Kind != verdict.KindCheck {
		before = before[:max(0, len(before)-1)] // the last line is the failing step's own
	}
	for i := range failures {
		f := &failures[i]
		if f.File == "" {
			f.File, f.Line = p.scenario.File, p.scenario.Line
		}
		f.Before = before
		if p.options.Again != nil {
			f.Again = p.options.Again(p.scenario.ID)
		}
	}
	return failures
}

// judge applies the scenario's checks to the history, and says which of them could not be judged.
func (p *player) judge(ctx context.Context) (failures []verdict.Failure, notJudged []string) {
	for _, c := range p.placed() {
		p.ended(c)
	}
	if slices.ContainsFunc(p.scenario.Checks, func(c scenario.Check) bool { return c.Name == lostNumbers }) {
		if err := p.drain(ctx); err != nil {
			return []verdict.Failure{p.at(nil, p.scenario.Checks[0].Pos, verdict.Failure{Kind: verdict.KindError, Got: "the pool could not be drained: " + err.Error()})}, nil
		}
	}
	ops := p.history.Ops()
	for _, named := range p.scenario.Checks {
		c, ok := check.Named(named.Name)
		if !ok { // the loader knows the names
			continue
		}
		for _, part := range p.parts(c, ops) {
			out := c.Judge(part.facts, part.ops)
			if out.NotJudged != "" {
				notJudged = append(notJudged, fmt.Sprintf("%s was not judged: %s", c.Name, out.NotJudged))
			}
			for _, v := range out.Violations {
				failures = append(failures, p.at(nil, named.Pos, verdict.Failure{
					Kind: verdict.KindCheck, Path: c.Name, Want: c.Says, Got: v.Text, Because: because(c, v),
				}))
			}
		}
	}
	return failures, notJudged
}

// part is what one check judges at a time: one project's operations, or all of them.
type part struct {
	facts check.Facts
	ops   []history.Op
}

func (p *player) parts(c check.Check, ops []history.Op) []part {
	if !c.PerProject {
		return []part{{p.stage.Facts(""), ops}}
	}
	byProject := make(map[string][]history.Op)
	var order []string
	for _, o := range ops {
		name := o.Project
		if o.Kind == history.Call {
			name = p.owner(o)
		}
		if _, seen := byProject[name]; !seen {
			order = append(order, name)
		}
		byProject[name] = append(byProject[name], o)
	}
	var out []part
	for _, name := range order {
		out = append(out, part{p.stage.Facts(name), byProject[name]})
	}
	return out
}

// owner is the project whose number was called: that of the reservation that was given it, whoever the call was meant for.
func (p *player) owner(call history.Op) string {
	for _, o := range p.history.Ops() {
		if o.Kind == history.Reserve && o.Number == call.Number && o.Number != "" {
			return o.Project
		}
	}
	return call.Project
}

func because(c check.Check, v check.Violation) string {
	lines := []string{"invariant " + c.Invariant}
	for _, o := range v.Ops {
		lines = append(lines, o.String())
	}
	return strings.Join(lines, "\n")
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
	projects := make(map[string]bool)
	for _, o := range p.history.Ops() {
		if o.Kind == history.Reserve {
			projects[o.Project] = true
		}
	}
	for name := range projects {
		f := p.stage.Facts(name)
		if f.Size == 0 {
			continue
		}
		if err := p.stage.Wait(ctx, f.WindowMax+2*f.CoolDown+time.Millisecond); err != nil {
			return err
		}
		if err := p.drainProject(ctx, name, f.Size); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) drainProject(ctx context.Context, name string, size int) error {
	if err := p.stage.Fault(nil, nil); err != nil {
		return err
	}
	project, _ := p.stage.Project(name)
	l := p.newLane("drain", scenario.NewScope())
	for i := 0; i <= size; i++ {
		op := p.history.Begin(history.Op{Client: "drain", Kind: history.Reserve, Drain: true, Project: name, Start: p.now(), Outcome: history.Indefinite})
		x, err := l.post(ctx, "drain", p.stage.BaseURL()+reservePath, project.DNIKey, []byte(`{"attributes":{}}`), replyTimeout)
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

func joinAnd(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
