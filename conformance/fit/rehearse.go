package fit

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// likeness is in what the reference is like the deployment, besides its facts.
type likeness int

const (
	foreignIDs likeness = 1 << iota // conversations have names of the platform's own
	oneCaller                       // calls come from the one number that calls.from allows
	ownNames                        // accounts, projects and keys are called otherwise than the reference's
	slowly                          // a request takes time, and nobody can act to the millisecond
	stepwise                        // not like it: clients who act at the same time do so step by step
	clientwise                      // not like it: they do so one after the other
	all        = foreignIDs | oneCaller | ownNames | slowly
)

// rehearsed is what came of a scenario on the reference.
type rehearsed struct {
	result finding.Result
	used   deployment.Usage
	held   []deployment.Hold // at its end
	did    touched
}

// rehearse plays a scenario on the reference, made like the deployment: by its facts, what is unknown by the default or as
// otherwise says.
func (r *rehearsal) rehearse(ctx context.Context, s *scenario.Scenario, otherwise *alternative, like likeness) rehearsed {
	t := &stand{rehearsal: r, like: like}
	played := *s
	played.Given = r.worldOf(s.Given, otherwise, like)
	result := replay.Play(ctx, &played, t, r.play)
	if t.stage == nil {
		return rehearsed{result: result}
	}
	return rehearsed{result: result, used: t.stage.ledger.Used(), held: t.stage.left, did: t.stage.touched}
}

// holds reports whether a scenario passes, and what came of it; it is rehearsed once more where it does not, for what only a busy
// machine did does not come twice.
func (r *rehearsal) holds(ctx context.Context, s *scenario.Scenario, otherwise *alternative, like likeness) (played rehearsed, passes bool) {
	for range 2 {
		played = r.rehearse(ctx, s, otherwise, like)
		if passes = played.result.Verdict() == finding.Passed; passes || played.endless() {
			break
		}
	}
	return played, passes
}

// worldOf is the given that makes the reference like the deployment: what the scenario asks for is among the facts.
func (r *rehearsal) worldOf(given *yaml.Node, otherwise *alternative, like likeness) *yaml.Node {
	facts := []targetfile.Facts{r.file.Facts}
	if r.file.Second != nil {
		facts = append(facts, r.file.Second.Facts)
	}
	w, _ := world.Read("", given) // read before
	var projects []string
	offset := 0
	for i, name := range w.Projects() {
		f := facts[min(i, len(facts)-1)]
		settings := known(f, offset)
		if otherwise != nil {
			otherwise.apply(settings)
		}
		offset += 1000
		project := map[string]any{"name": name, "pool": settings["pool"], "handoff": settings["handoff"]}
		if like&ownNames != 0 {
			r.rename(project, i)
		}
		projects = append(projects, string(asJSON(project)))
	}
	root, _ := strictyaml.Parse("", fmt.Appendf(nil, `{"projects":[%s]}`, strings.Join(projects, ",")))
	for key, value := range strictyaml.Pairs(given) {
		if key.Value == "carrier" {
			root.Content = append(root.Content, key, value)
		}
	}
	return root
}

// rename gives a project the deployment's identifiers and keys that nobody knows: what a scenario writes of them itself is
// the reference's.
func (r *rehearsal) rename(project map[string]any, i int) {
	account, name := r.file.Account, r.file.Project
	if s := r.file.Second; s != nil && i == 1 {
		account, name = s.Account, s.Project
	} else if i > 0 {
		name = fmt.Sprintf("%s-%d", name, i)
	}
	project["account"] = map[string]string{"id": account, "slug": account}
	project["project"] = map[string]string{"id": name, "slug": name}
	project["dni_key"], project["handoff_key"] = fmt.Sprintf("rehearsed-dni-key-%d", i), fmt.Sprintf("rehearsed-handoff-key-%d", i)
}

func asJSON(v any) []byte {
	b, _ := json.Marshal(v) // texts, numbers and maps of them
	return b
}

// known are the settings that the facts decide.
func known(f targetfile.Facts, offset int) map[string]map[string]any {
	pool, handoff := map[string]any{}, map[string]any{}
	set := func(section map[string]any, key string, value any, stated bool) {
		if stated {
			section[key] = value
		}
	}
	switch {
	case len(f.Numbers) > 0 && len(f.Numbers) == f.PoolSize():
		pool["numbers"] = f.Numbers
	case f.PoolSize() > 0:
		pool["numbers"] = generated(f.PoolSize(), offset)
	default:
		pool["numbers"] = generated(20, offset)
	}
	set(pool, "window", cmp.Or(f.WindowMin, f.WindowMax).String(), f.WindowMin > 0 || f.WindowMax > 0)
	set(pool, "cool_down", f.ShortestRest().String(), f.CoolDown != nil)
	set(pool, "release", f.Release, f.Has("release"))
	set(pool, "selection", f.Selection, slices.Contains([]string{"lru", "round-robin", "random", "lifo", "first"}, f.Selection))
	set(pool, "bindings", f.Bindings, f.Has("bindings"))
	set(pool, "match", f.Match, f.Has("match"))
	set(handoff, "visible_after", f.Visible.String(), f.Has("visible"))
	set(handoff, "retention", f.Retention.String(), f.Retention > 0)
	set(handoff, "duplicates", f.Duplicate, f.Has("duplicates"))
	set(handoff, "abandoned", f.Abandoned, f.Has("abandoned"))
	set(handoff, "empty", "not-found", f.NoHandoff == reading.NotFound)
	return map[string]map[string]any{"pool": pool, "handoff": handoff}
}

// generated are numbers that no subscriber has: country code 999 is not assigned.
func generated(n, offset int) []string {
	return []string{fmt.Sprintf("+9992%07d..+9992%07d", offset, offset+n-1)}
}

// stand stands in for the deployment: it is the reference, seen as the deployment is.
type stand struct {
	reference.Target
	*rehearsal
	like  likeness
	stage *standStage
}

// atMost is how long a rehearsal may take besides what its scenario may: what it decides goes by virtual time, and how long that
// takes on a busy machine must decide nothing.
const atMost = 2 * time.Minute

// Timeout implements targets.Target.
func (t *stand) Timeout(s *scenario.Scenario) time.Duration { return s.Timeout + atMost }

// endless reports whether a rehearsal was given up because its time was over.
func (r rehearsed) endless() bool {
	return slices.ContainsFunc(r.result.Failures, func(f finding.Failure) bool { return f.Kind == finding.KindTimeout && f.Path == "" })
}

// Open implements targets.Target.
func (t *stand) Open(ctx context.Context, w targets.World) (targets.Stage, error) {
	on := reference.Target{}
	if t.like&foreignIDs != 0 {
		on.Break = func(c *sim.Config) {
			for i := range c.Projects {
				c.Projects[i].Conversation.ID = conversation.IDUUID
			}
		}
	}
	opened, err := on.Open(ctx, w)
	if err != nil {
		return nil, err
	}
	t.stage = &standStage{Stage: opened, stand: t, ledger: deployment.NewLedger(opened.Facts), opened: opened.Now()}
	t.stage.touched.odd = peculiar(strictyaml.Lookup(w.Given, "carrier"))
	return t.stage, nil
}

// standStage counts what goes through it, as the gate of a deployment does.
type standStage struct {
	targets.Stage
	stand  *stand
	ledger *deployment.Ledger
	left   []deployment.Hold

	opened time.Time

	mu      sync.Mutex
	calls   []*standCall // not yet counted as over
	touched touched
}

// Order implements targets.Ordered.
func (s *standStage) Order() targets.Order {
	switch {
	case s.stand.like&stepwise != 0:
		return targets.StepByStep
	case s.stand.like&clientwise != 0:
		return targets.ClientByClient
	}
	return targets.AsTheyCome
}

// Patience implements targets.Stage.
func (s *standStage) Patience() time.Duration { return s.stand.file.Limits.Patience }

// MayDrain implements targets.Stage.
func (s *standStage) MayDrain(project string) bool {
	f := s.stand.file.Facts.Facts
	if names := s.Projects(); len(names) > 1 && project == names[1] && s.stand.file.Second != nil {
		f = s.stand.file.Second.Facts.Facts
	}
	return deployment.MayDrain(s.stand.file, f)
}

// Wait implements targets.Stage.
func (s *standStage) Wait(ctx context.Context, d time.Duration) error {
	s.ledger.Waits(d)
	return s.Stage.Wait(ctx, d)
}

// Close implements targets.Stage.
func (s *standStage) Close() error {
	s.settleCalls()
	s.left = s.ledger.Holds(s.Now())
	s.touched.ends(s.opened, s.Now())
	err := s.Stage.Close()
	s.settleCalls()
	return err
}
