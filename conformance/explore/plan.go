package explore

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// Plan is everything that will happen, decided beforehand: how the platform is set up, and what each client and the
// carrier do and when. Nothing in it depends on what the platform answers, so that parts of it can be left out.
type Plan struct {
	Seed     uint64
	Options  Options
	Journeys []Journey
	Probes   []Probe
	Restarts []Restart
	Drain    bool // at the end, reserve whatever can be reserved
}

// Journey is one caller: a reservation, the call for it, and what is asked afterwards. Times without a base are from
// the step before.
type Journey struct {
	ID      int // from 1; it stays when others are left out
	Client  int
	Project int

	At     time.Duration // from the beginning: the request is sent
	Commit time.Duration // the platform acts on it
	Reply  time.Duration // from then: its reply is read
	Shared int           // the journey whose shared_id is used; 0: its own
	Large  int           // bytes of padding in the attributes

	Lost  bool          // the reply never comes
	Cut   time.Duration // the client closes its connection after so long, with half of the request sent; 0: never
	Retry time.Duration // without a reply: asks again after so long; 0: never

	Dial     bool
	Think    time.Duration // reply to dialling
	Delay    time.Duration // dialling to arrival
	NoRoute  bool          // the call never arrives
	Format   string        // how the carrier writes the number
	Twice    time.Duration // the carrier delivers the call again after so long; 0: not
	HangUp   time.Duration // from arrival: the caller hangs up; 0: never
	Polls    []Poll
	Withheld bool
}

// Poll is a question for the handoff state.
type Poll struct {
	After  time.Duration // from the call's end, or from its arrival
	Early  bool          // After counts from the call's arrival
	Shared bool          // by shared_id, else by id
	Both   bool          // by shared_id, and by the id of some other call, which must not count
}

// Probe is a call without a reservation.
type Probe struct {
	At      time.Duration
	Project int
	Number  int // its place in the pool's list, modulo its size
	HangUp  time.Duration
	Asks    bool // for the state of the call, once it is over
}

// Restart is a restart of the platform's store, which keeps its leases.
type Restart struct{ At time.Duration }

// timeout is how long a client waits for a reply.
const timeout = 2 * time.Second

// limit is the longest that a caller stays with an agent who talks for ever.
const limit = 3 * time.Minute

// Draw draws a plan: the same for the same seed and limits.
func Draw(seed uint64, limits Limits) Plan {
	r := source(seed)
	return drawPlan(r, seed, drawOptions(r, limits))
}

// DrawFor draws a plan for options that are known.
func DrawFor(seed uint64, o Options) Plan { return drawPlan(source(seed), seed, o) }

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x646e6973706f6f6c)) }

func drawPlan(r *rand.Rand, seed uint64, o Options) Plan {
	p := Plan{Seed: seed, Options: o, Drain: true}
	at := time.Duration(0)
	for i := range o.Journeys {
		at += o.gap(r, i)
		p.Journeys = append(p.Journeys, o.journey(r, i+1, at))
	}
	for range o.Journeys {
		if chance(r, o.Faults.Probe) {
			p.Probes = append(p.Probes, Probe{
				At: spread(r, at+o.Window), Project: r.IntN(o.Projects), Number: r.IntN(o.Size), HangUp: time.Millisecond + spread(r, limit),
				Asks: true,
			})
		}
		if chance(r, o.Faults.Restart) {
			p.Restarts = append(p.Restarts, Restart{At: spread(r, at+o.Window)})
		}
	}
	slices.SortStableFunc(p.Probes, func(a, b Probe) int { return int(a.At - b.At) })
	slices.SortStableFunc(p.Restarts, func(a, b Restart) int { return int(a.At - b.At) })
	return p
}

// gap is the time between journey i and the one before it.
func (o Options) gap(r *rand.Rand, i int) time.Duration {
	switch o.Arrivals {
	case "metronome":
		return o.Gap
	case "burst": // all clients at one instant, again and again
		if i%max(o.Clients, 1) != 0 {
			return 0
		}
		return o.Gap * time.Duration(o.Clients)
	}
	return time.Duration(r.ExpFloat64() * float64(o.Gap)).Round(time.Millisecond)
}

func (o Options) journey(r *rand.Rand, id int, at time.Duration) Journey {
	f := o.Faults
	j := Journey{
		ID: id, Client: (id-1)%o.Clients + 1, Project: r.IntN(o.Projects), At: at,
		Commit: lognormal(r, 20*time.Millisecond, 0.8), Reply: lognormal(r, 10*time.Millisecond, 0.5),
		Dial: !chance(r, f.Abandon), Think: lognormal(r, 200*time.Millisecond, 0.9), Delay: o.delay(r),
		Format: pick(r, "e164", "e164", "e164-no-plus", "cc00", "national"),
	}
	if chance(r, 0.3) {
		j.Commit, j.Reply = 0, 0 // on one instant
	}
	switch {
	case chance(r, f.Lost):
		j.Lost = true
	case chance(r, f.Cut):
		j.Cut = time.Millisecond
	}
	if (j.Lost || j.Cut > 0) && chance(r, f.Retry) {
		j.Retry = time.Millisecond + spread(r, 500*time.Millisecond)
	}
	if chance(r, f.Same) && id > 1 {
		j.Shared = 1 + r.IntN(id-1)
	}
	if chance(r, f.Large) {
		j.Large = 500 + r.IntN(3000)
	}
	if chance(r, f.Late) {
		j.Delay = o.late(r, j)
	}
	j.NoRoute, j.Withheld = chance(r, f.NoRoute), o.Match == "dni+ani" && chance(r, 0.03)
	if chance(r, f.Twice) {
		j.Twice = pick(r, time.Millisecond, 500*time.Millisecond, 5*time.Second)
	}
	if o.Talk == Forever || chance(r, f.HangUp) {
		j.HangUp = time.Millisecond + spread(r, min(max(2*o.Talk, time.Second), limit))
	}
	j.Polls = polls(r, o)
	return j
}

// polls asks from the BYE on, by both keys, and now and then during the call.
func polls(r *rand.Rand, o Options) []Poll {
	var out []Poll
	after := time.Duration(0)
	for range 1 + r.IntN(4) {
		p := Poll{After: after, Shared: chance(r, 0.6)}
		p.Both = p.Shared && chance(r, 0.1)
		out = append(out, p)
		after += pick(r, 100*time.Millisecond, time.Second, 5*time.Second)
	}
	out = append(out, Poll{After: max(after, o.Visible) + time.Second, Shared: false})
	if chance(r, 0.1) {
		out = append(out, Poll{After: spread(r, 5*time.Second), Early: true, Shared: chance(r, 0.5)})
	}
	return out
}

// delay is the carrier's, from dialling to arrival.
func (o Options) delay(r *rand.Rand) time.Duration {
	switch o.Carrier {
	case "fast":
		return 200*time.Millisecond + spread(r, 600*time.Millisecond)
	case "slow":
		return lognormal(r, 6*time.Second, 0.7)
	}
	return lognormal(r, 2500*time.Millisecond, 0.532)
}

// late makes the call arrive around the moment at which its reservation expires: on it, just beside it, or at twice
// the window and more.
func (o Options) late(r *rand.Rand, j Journey) time.Duration {
	beside := pick(r, 0, -1, 1, -time.Millisecond, time.Millisecond, -50*time.Millisecond, 50*time.Millisecond, time.Second, o.Lag, o.Window, spread(r, 2*o.Window))
	return max(0, o.Window+beside-j.Reply-j.Think)
}

func spread(r *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(r.Float64() * float64(d)).Round(time.Millisecond)
}

// lognormal draws with this median, to the millisecond.
func lognormal(r *rand.Rand, median time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(sigma*r.NormFloat64())).Round(time.Millisecond)
}

// nonce and sharedID are the names of a journey's attributes. They depend on nothing but the seed and the journey, so
// that they stay when others are left out.
func (p Plan) nonce(j Journey) string {
	return "n" + strconv.FormatUint(p.Seed, 10) + "-" + strconv.Itoa(j.ID)
}

func (p Plan) sharedID(j Journey) string {
	return "s" + strconv.FormatUint(p.Seed, 10) + "-" + strconv.Itoa(cmp.Or(j.Shared, j.ID))
}

// caller is the caller's number, ani what the platform sees of it.
func (j Journey) caller() string { return fmt.Sprintf("+44207946%04d", 5000+j.ID%5000) }

func (j Journey) ani() string {
	if j.Withheld {
		return ""
	}
	return j.caller()
}

// clone copies what a change could reach.
func (p Plan) clone() Plan {
	p.Journeys = slices.Clone(p.Journeys)
	for i := range p.Journeys {
		p.Journeys[i].Polls = slices.Clone(p.Journeys[i].Polls)
	}
	p.Probes, p.Restarts = slices.Clone(p.Probes), slices.Clone(p.Restarts)
	return p
}

// starts are the times at which anything begins, in order, each once.
func (p Plan) starts() []time.Duration {
	var out []time.Duration
	for _, j := range p.Journeys {
		out = append(out, j.At)
	}
	for _, c := range p.Probes {
		out = append(out, c.At)
	}
	for _, s := range p.Restarts {
		out = append(out, s.At)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// first is when anything begins.
func (p Plan) first() time.Duration {
	if starts := p.starts(); len(starts) > 0 {
		return starts[0]
	}
	return 0
}

// shift moves all that begins at from or later by d.
func (p *Plan) shift(from, d time.Duration) {
	move := func(at *time.Duration) {
		if *at >= from {
			*at += d
		}
	}
	for i := range p.Journeys {
		move(&p.Journeys[i].At)
	}
	for i := range p.Probes {
		move(&p.Probes[i].At)
	}
	for i := range p.Restarts {
		move(&p.Restarts[i].At)
	}
}
