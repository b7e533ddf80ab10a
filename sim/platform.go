package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/handoff"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/pool"
	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/telephony"
)

// platform is what stands between the two edges: it is api.Backend to the one and telephony.Platform to the other.
type platform struct {
	clock   clock.Clock
	epoch   time.Time // pool time counts from here
	journal *journal.Journal
	parts   Parts
	witness Witness // nil: nobody
	runner  *runner

	residents context.Context // of agents that live outside of this process: ends when the platform has closed
	letGo     func()
	dismissed sync.WaitGroup // those that are not in use any more

	ids      *conversation.IDs
	ends     sync.Map // the function that ends a call, by conversation id; of a platform that is watched
	deadline *deadline

	resizing  sync.Mutex // guards the numbers of every project, so that two projects do not take one
	projects  []*project
	byDNIKey  map[string]*project
	byHandoff map[string]*project
}

// project is one tenant at work. Its mutex guards pool and records, which know nothing of goroutines.
type project struct {
	Project
	numbers *pool.Numbers // of its pool, in the place of the project's; nil: those

	mu       sync.Mutex
	engaged  // of the calls from now on
	pool     Pool
	records  Records
	arriving string            // the call that the pool is looking at
	holders  map[uint64]string // the call of each lease that is in one
	evicted  uint64            // records that have made room before their time
}

func newPlatform(c Config, k clock.Clock, j *journal.Journal, agents Agents, parts Parts, w Witness) (*platform, error) {
	p := &platform{clock: k, epoch: k.Now(), journal: j, parts: parts, witness: w, runner: newRunner(), ids: conversation.NewIDs(), byDNIKey: make(map[string]*project), byHandoff: make(map[string]*project)}
	p.residents, p.letGo = context.WithCancel(context.Background())
	p.deadline = newDeadline(k, p.epoch, p.settle)
	for _, cfg := range c.Projects {
		given, err := agents(cfg)
		if err != nil {
			return nil, fmt.Errorf("project %s: agent: %w", cfg.Name, err)
		}
		store := handoff.NewStore(cfg.Handoff)
		t := &project{Project: cfg, engaged: p.engage(cfg, given), records: wrapFor(parts.Records, cfg, Records(store))}
		store.Observe(func(e handoff.Evicted) { p.evicted(t, e) })
		if t.pool, t.holders, err = p.newPool(t); err != nil {
			return nil, err
		}
		p.projects = append(p.projects, t)
		p.byDNIKey[cfg.DNIKey], p.byHandoff[cfg.HandoffKey] = t, t
	}
	return p, nil
}

// newPool returns an empty pool of the project's, which has what happens to it written in the journal, and who holds its
// leases.
func (p *platform) newPool(t *project) (Pool, map[uint64]string, error) {
	settings := t.Pool
	if t.numbers != nil {
		settings.Numbers = *t.numbers
	}
	numbers, err := pool.New(settings)
	if err != nil {
		return nil, nil, fmt.Errorf("project %s: %w", t.Name, err)
	}
	holders := make(map[uint64]string)
	numbers.Observe(func(e pool.Event) { p.observe(t, holders, e) })
	return wrapFor(p.parts.Pool, t.Project, Pool(numbers)), holders, nil
}

// forget gives every project a pool without leases, as a store does that keeps them in memory and is restarted.
func (p *platform) forget() error {
	for _, t := range p.projects {
		if err := p.empty(t); err != nil {
			return err
		}
	}
	p.note(journal.Event{Kind: journal.Restarted, Cause: "leases lost"})
	return nil
}

// now is pool time.
func (p *platform) now() time.Duration { return p.clock.Now().Sub(p.epoch) }

// note appends to the journal at the present.
func (p *platform) note(e journal.Event) {
	e.At = p.clock.Now()
	p.journal.Append(e)
}

// observe writes what happens to a lease as it happens. It is called with the project's mutex held.
func (p *platform) observe(t *project, holders map[uint64]string, e pool.Event) {
	j := journal.Event{
		At: p.epoch.Add(e.At), Kind: journal.Kind(e.Kind), Cause: string(e.Cause), Project: t.Name, Number: e.Number, Lease: uint64(e.Lease),
	}
	switch e.Kind {
	case pool.Unbound:
		j.Call, j.Lease = t.arriving, 0 // the number's last lease is not the call's
		if e.Ended != "" {
			j.Cause += fmt.Sprintf(": lease %d %s %v before, at %s", e.Lease, e.Ended, e.At-e.EndedAt, p.epoch.Add(e.EndedAt).Format(time.RFC3339Nano))
		}
	case pool.Bound:
		j.Call = t.arriving
		holders[j.Lease] = t.arriving
	case pool.Expired, pool.Released, pool.Freed:
		if e.Kind == pool.Released {
			delete(holders, j.Lease)
		}
		if t.Pool.Reaper == pool.ReaperLazy && (e.Cause == pool.CauseSweep || e.Cause == pool.CauseExpiry) {
			j.At, j.Detail = p.clock.Now(), "as of "+j.At.Format(time.RFC3339Nano) // a lazy reaper sweeps what was over before
		}
	default:
		return
	}
	p.journal.Append(j)
}

// evicted writes that a record is gone which its retention would have kept. It is called with the project's mutex held.
func (p *platform) evicted(t *project, e handoff.Evicted) {
	t.evicted++
	event := journal.Event{Kind: journal.HandoffEvicted, Cause: "handoff." + e.Limit, Project: t.Name, Call: e.Record.ID, SharedID: e.Record.SharedID}
	if e.Left > 0 {
		event.Detail = "of its retention " + e.Left.String() + " were left"
	}
	p.note(event)
}

// AuthorizeReserve implements api.Authorizer: a bad key is refused before the request is looked at, as a gateway does.
func (p *platform) AuthorizeReserve(_ context.Context, key string) error {
	if _, ok := p.byDNIKey[key]; !ok {
		return api.ErrUnauthorized
	}
	return nil
}

// AuthorizeHandoff implements api.Authorizer. A path without account and project means the key's own.
func (p *platform) AuthorizeHandoff(_ context.Context, key, account, project string) error {
	t, ok := p.byHandoff[key]
	if !ok {
		return api.ErrUnauthorized
	}
	if account+project != "" && !(t.Account.Is(account) && t.Project.Project.Is(project)) {
		return api.ErrForbidden
	}
	return nil
}

// Reserve takes a number for attributes. It implements api.Backend; AuthorizeReserve has seen the key.
func (p *platform) Reserve(ctx context.Context, key string, attributes json.RawMessage) (string, error) {
	t, ok := p.byDNIKey[key]
	if !ok {
		return "", api.ErrUnauthorized
	}
	ani := ""
	if t.Pool.Match == pool.MatchDNIANI {
		ani = reservedANI(attributes)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := ctx.Err(); err != nil { // the client is gone: change nothing
		return "", err
	}
	r, ok := t.pool.Reserve(p.now(), attributes, ani)
	if !ok {
		p.note(journal.Event{Kind: journal.ReserveRefused, Cause: "no number free", Project: t.Name})
		return "", api.ErrNoNumber
	}
	p.expect(t)
	p.note(journal.Event{Kind: journal.ReserveAccepted, Project: t.Name, Number: r.Number, Lease: uint64(r.Lease)})
	return r.Number, nil
}

// reservedANI is the caller that a reservation names, for pools that match by it.
func reservedANI(attributes json.RawMessage) string {
	var named map[string]json.RawMessage // a struct would take ANI for ani
	var ani string
	if json.Unmarshal(attributes, &named) != nil || json.Unmarshal(named["ani"], &ani) != nil {
		return ""
	}
	return ani
}

// Handoff reads what a call left. It implements api.Backend; AuthorizeHandoff has seen key and path.
func (p *platform) Handoff(_ context.Context, key, _, _ string, q api.Query) (api.Record, error) {
	t, ok := p.byHandoff[key]
	if !ok {
		return api.Record{}, api.ErrUnauthorized
	}
	t.mu.Lock()
	r, found := t.records.Get(p.clock.Now(), handoff.Query(q))
	evicted := t.evicted
	t.mu.Unlock()
	if !found {
		missed := journal.Event{Kind: journal.HandoffMissed, Project: t.Name, Call: q.ID, SharedID: q.SharedID}
		if evicted > 0 { // it cannot be known that it was not among them
			missed.Cause = fmt.Sprintf("not among those kept; %d have made room for newer ones", evicted)
		}
		p.note(missed)
		return api.Record{}, api.ErrNotFound
	}
	p.note(journal.Event{Kind: journal.HandoffRead, Project: t.Name, Call: r.ID, SharedID: r.SharedID})
	return api.Record{ID: r.ID, SharedID: r.SharedID, HasSharedID: r.HasSharedID, Data: r.Data}, nil
}

// Dialled implements telephony.Platform.
func (p *platform) Dialled(number string) (string, bool) {
	for _, t := range p.projects {
		if number, ok := t.knows(number); ok {
			return number, true
		}
	}
	return "", false
}

func (t *project) knows(dialled string) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pool.Lookup(dialled)
}

// Arrive implements telephony.Platform. The number is one that Dialled gave.
func (p *platform) Arrive(a telephony.Arrival) telephony.Session {
	for _, t := range p.projects {
		if _, ok := t.knows(a.Number); ok {
			return p.arrive(t, a)
		}
	}
	return p.arrive(p.projects[0], a) // withdrawn since: an unbound call like any other
}

func (p *platform) arrive(t *project, a telephony.Arrival) *session {
	id := p.ids.Next(t.Conversation.ID, a.CallID)
	t.mu.Lock()
	numbers, engaged := t.pool, t.engaged
	numbers.Settle(p.now()) // what is over by now comes before the call in the journal
	p.note(journal.Event{Kind: journal.Invite, Project: t.Name, Number: a.Number, Call: id, CallID: a.CallID, Detail: "from " + orWithheld(a.ANI)})
	t.arriving = id
	at := numbers.Arrive(p.now(), a.Number, a.ANI)
	p.expect(t)
	t.mu.Unlock()
	call := conversation.Call{
		ID: id, Account: t.Account.ID, Project: t.Project.Project.ID, DNIS: a.Number, ANI: a.ANI,
		ArrivedAt: p.clock.Now(), Bound: at.Bound, Headers: a.Headers,
	}
	s := &session{
		platform: p, project: t, pool: numbers, resident: engaged.resident, arrival: at, call: call, callID: a.CallID,
		entry: conversation.NewEntry(engaged.entries), talk: conversation.New(t.Conversation, engaged.agent, call, at.Attributes),
	}
	if p.witness != nil && a.End != nil {
		p.ends.Store(id, a.End)
	}
	s.watched = p.watched(Arrived{
		Call: call, Project: t.Name, CallID: a.CallID, Lease: uint64(at.Lease), Unbound: at.Cause,
		Attributes: at.Attributes, Given: t.Conversation.Given(call.Bound, at.Attributes),
	})
	return s
}

// Refused implements telephony.Platform.
func (p *platform) Refused(a telephony.Arrival, status int, cause string) {
	e := journal.Event{Number: a.Number, CallID: a.CallID}
	for _, t := range p.projects {
		if _, ok := t.knows(a.Number); ok {
			e.Project = t.Name
			break
		}
	}
	e.Kind, e.Detail = journal.Invite, "from "+orWithheld(a.ANI)
	p.note(e)
	e.Kind, e.Cause, e.Detail = journal.CallRejected, cause, strconv.Itoa(status)
	p.note(e)
}

// Rejected implements telephony.Platform.
func (p *platform) Rejected(r sipua.Rejection) {
	e := journal.Event{
		Kind: journal.RequestRejected, Number: r.Dialled, CallID: r.CallID, Cause: r.Cause,
		Detail: fmt.Sprintf("%d %s from %s", r.Status, r.Method, r.Peer),
	}
	if r.Method == "INVITE" {
		e.Kind = journal.CallRejected
	}
	p.note(e)
}

// Tolerated implements telephony.Platform.
func (p *platform) Tolerated(t sipua.Tolerance) {
	p.note(journal.Event{Kind: journal.Tolerated, Number: t.Dialled, CallID: t.CallID, Cause: t.What, Detail: fmt.Sprintf("%s: %s from %s", t.Section, t.Method, t.Peer)})
}

// Leave implements telephony.Platform.
func (p *platform) Leave() { p.runner.leave() }

func orWithheld(ani string) string {
	if ani == "" {
		return "a withheld number"
	}
	return ani
}

// resize gives t other numbers, none of which may be another project's.
func (p *platform) resize(t *project, numbers []string) error {
	p.resizing.Lock()
	defer p.resizing.Unlock()
	expanded, err := pool.List(numbers...).Expand()
	if err != nil {
		return err
	}
	for _, other := range p.projects {
		if other == t {
			continue
		}
		for _, n := range expanded {
			if _, taken := other.knows(n); taken {
				return fmt.Errorf("numbers: want none of another project, got %s of %s", n, other.Name)
			}
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.pool.Resize(p.now(), numbers); err != nil {
		return err
	}
	t.numbers = new(pool.List(numbers...))
	p.expect(t)
	p.note(journal.Event{Kind: journal.Resized, Project: t.Name, Detail: fmt.Sprintf("%d numbers", len(expanded))})
	return nil
}

// configured are the projects' settings with the numbers that their pools have by now. When some were changed all are spelled out: those
// that are generated follow from how many the projects before have.
func (p *platform) configured(projects []Project) []Project {
	p.resizing.Lock()
	defer p.resizing.Unlock()
	if !slices.ContainsFunc(p.projects, func(t *project) bool { return t.numbers != nil }) {
		return projects
	}
	out := slices.Clone(projects)
	for i, t := range p.projects {
		out[i].Pool.Numbers = out[i].Pool.Numbers.Spelled()
		if t.numbers != nil {
			out[i].Pool.Numbers = *t.numbers
		}
	}
	return out
}

// named returns a project by its name.
func (p *platform) named(name string) (*project, bool) {
	i := slices.IndexFunc(p.projects, func(t *project) bool { return t.Name == name })
	if i < 0 {
		return nil, false
	}
	return p.projects[i], true
}
