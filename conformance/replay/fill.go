package replay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/scenario"
)

var _ = register(scenario.VerbFill, (*client).fill, func(a *scenario.Fill, out outcome, s *finding.Step) {
	s.With, s.Came = fmt.Sprintf("leave %d", a.Leave), fmt.Sprintf("%v reserved", out.result["reserved"])
})

var errNoSize = errors.New("want a target of whose pool the size is known, got none")

// fill reserves what is free, one after the other. Each reservation is one of the history's like any other.
func (cl *client) fill(ctx context.Context, st *scenario.Step, a *scenario.Fill) (outcome, error) {
	project, err := cl.project(&a.Project)
	if err != nil {
		return outcome{}, err
	}
	size := cl.stage.Facts(project.Name).PoolSize()
	if size == 0 {
		return outcome{}, errNoSize
	}
	most := size - a.Leave
	if a.Leave == 0 {
		most = size + 1 // of a pool that gives more than it has, one is enough
	}
	out := outcome{result: map[string]any{}}
	given := 0
	for ; given < most; given++ {
		op := cl.beginReserve(st, project)
		body := fmt.Appendf(nil, `{"attributes":{"nonce":"fill-%x-%x-%d-%d"}}`, cl.seed, cl.base.UnixNano(), st.Index, given+1)
		x, err := cl.post(ctx, st.Label(), cl.stage.BaseURL()+reservePath, project.DNIKey, body, scenario.Send{}, cl.replyWithin(), false)
		if err != nil {
			return outcome{}, err
		}
		cl.history.Update(op, func(o *history.Op) { cl.sawReserve(o, x) })
		if notTheirs := notThePlatforms(outcome{exchange: x}); notTheirs != "" {
			return outcome{}, inconclusive{fmt.Errorf("reservation %d: %s, so the count says nothing of the platform", given+1, notTheirs)}
		}
		if x.err != nil {
			return outcome{}, inconclusive{fmt.Errorf("the reply to reservation %d never came: %w", given+1, x.err)}
		}
		if x.Status != http.StatusOK {
			if a.Leave > 0 || x.Status != http.StatusNotFound {
				out.failures = []finding.Failure{cl.at(st, st.Pos, finding.Failure{
					Kind: finding.KindExpectation, Path: "fill", Want: fmt.Sprintf("%d numbers of the pool's %d, one after the other", size-a.Leave, size),
					Got: fmt.Sprintf("%d for number %d", x.Status, given+1), Because: st.Note, Exchange: &x.Exchange, Contract: contractLines(x),
				})}
			}
			break
		}
	}
	out.result["reserved"] = given
	return out, nil
}

// theWindow is how long to wait until a reservation that nobody calls is over; 0 where that is not one time, but for what a
// network that is not ours takes.
func theWindow(f reading.Facts, patience time.Duration) time.Duration {
	if f.WindowMin == 0 || f.WindowMax-f.WindowMin > patience {
		return 0
	}
	return f.WindowMax
}
