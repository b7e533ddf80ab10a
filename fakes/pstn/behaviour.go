package pstn

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Behaviour is how a carrier treats calls. The zero value delivers every call at once, as +E.164. It is what a
// scenario's `carrier:` holds.
type Behaviour struct {
	Format  Format `yaml:"format"`  // of dialled numbers; default e164
	Country string `yaml:"country"` // calling code for national forms; default "44"

	PostDialDelay wire.Delay `yaml:"post_dial_delay"` // between dialling and the INVITE reaching the platform
	Refuse        Refuse     `yaml:"refuse"`          // calls that never reach the platform
	Dead          []string   `yaml:"dead"`            // numbers that are not in service
	Outage        bool       `yaml:"outage"`          // no new call to the platform goes through; those that are up stay
	// ChannelsPerNumber is how many calls to one number may be up; more are busy. 0: no limit.
	ChannelsPerNumber int `yaml:"channels_per_number"`
	// Rewrite delivers calls for one number to another, as a forwarding or a routing mistake does.
	Rewrite map[string]string `yaml:"rewrite"`

	LoseInvites      Chance `yaml:"lose_invites"`      // of each INVITE datagram; the carrier repeats it after 0.5 s, 1 s, 2 s...
	DuplicateInvites Chance `yaml:"duplicate_invites"` // of each INVITE datagram: it arrives twice
	// Reattempt is of each call: it reaches the platform, is dropped by the carrier and is placed again, as a new call.
	Reattempt Chance `yaml:"reattempt"`
	// CrossByes is of calls over a trunk: when their caller hangs up, the carrier's own BYE is on its way to them.
	CrossByes bool `yaml:"cross_byes"`

	// Desks says how the desks answer, by name; "*" is every other name. Without it a desk that Desk did not set
	// up is an unknown number.
	Desks    map[string]Answering `yaml:"desks"`
	NoAnswer time.Duration        `yaml:"no_answer"` // how long a desk that does not answer rings; default 20s
}

// Refuse gives the calls that the carrier itself refuses.
type Refuse struct {
	Busy       Chance `yaml:"busy"`       // 486, Q.850 cause 17
	NoRoute    Chance `yaml:"no_route"`   // 404, Q.850 cause 3
	Congestion Chance `yaml:"congestion"` // 503, Q.850 cause 42
}

// Chance says which events are hit: `0.1` is one in ten, `{times: 2}` the next two, both together the next two that
// the dice choose. The zero value is never.
type Chance struct {
	Probability float64
	Times       int // 0: no end
}

// UnmarshalStrict reads a number or a mapping with probability and times.
func (c *Chance) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	var m struct {
		Probability *float64 `yaml:"probability"`
		Times       int      `yaml:"times"`
	}
	var ps strictyaml.Problems
	if n.Kind == yaml.MappingNode {
		ps = strictyaml.Decode(file, n, &m)
	} else {
		m.Probability = new(float64)
		ps = strictyaml.Decode(file, n, m.Probability)
	}
	read := Chance{Times: m.Times}
	if m.Probability != nil {
		read.Probability = *m.Probability
	} else if m.Times > 0 {
		read.Probability = 1
	}
	if err := read.validate(); err != nil && len(ps) == 0 {
		ps = append(ps, strictyaml.At(file, n, "chance: %v", err))
	}
	*c = read
	return ps
}

func (c Chance) validate() error {
	if !(c.Probability >= 0 && c.Probability <= 1) {
		return fmt.Errorf("want a probability of 0 to 1, got %v", c.Probability)
	}
	if c.Times < 0 {
		return fmt.Errorf("want times of 0 or more, got %d", c.Times)
	}
	return nil
}

// Always is a chance that hits every time.
func Always() Chance { return Chance{Probability: 1} }

// Next is a chance that hits the next n times.
func Next(n int) Chance { return Chance{Probability: 1, Times: n} }

// Validate returns every problem, joined.
func (b Behaviour) Validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if b.Format != "" {
		errs = append(errs, new(Format).UnmarshalText([]byte(b.Format)))
	}
	if b.Country != "" && !allDigits(b.Country) {
		problem("country: want a calling code like \"44\", got %q", b.Country)
	}
	if err := b.PostDialDelay.Validate(); err != nil {
		problem("post_dial_delay: %w", err)
	}
	for name, c := range map[string]Chance{
		"refuse.busy": b.Refuse.Busy, "refuse.no_route": b.Refuse.NoRoute, "refuse.congestion": b.Refuse.Congestion,
		"lose_invites": b.LoseInvites, "duplicate_invites": b.DuplicateInvites, "reattempt": b.Reattempt,
	} {
		if err := c.validate(); err != nil {
			problem("%s: %w", name, err)
		}
	}
	if b.ChannelsPerNumber < 0 {
		problem("channels_per_number: want 0 or more, got %d", b.ChannelsPerNumber)
	}
	if b.NoAnswer < 0 {
		problem("no_answer: want 0 or more, got %v", b.NoAnswer)
	}
	for _, number := range b.Dead {
		if digits(number) == "" {
			problem("dead: want a number, got %q", number)
		}
	}
	for _, from := range slices.Sorted(maps.Keys(b.Rewrite)) {
		if to := b.Rewrite[from]; digits(from) == "" || digits(to) == "" {
			problem("rewrite: want a number to a number, got %q to %q", from, to)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.Desks)) {
		errs = append(errs, new(Answering).UnmarshalText([]byte(b.Desks[name])))
	}
	return errors.Join(errs...)
}

// network is a behaviour with the counters of its chances. The carrier's mutex guards it.
type network struct {
	Behaviour
	hits map[*Chance]int
}

// fires decides one event. chance is a field of the network.
func (n *network) fires(chance *Chance, rng *rand.Rand) bool {
	if chance.Probability == 0 || chance.Times > 0 && n.hits[chance] >= chance.Times {
		return false
	}
	if chance.Probability < 1 && rng.Float64() >= chance.Probability {
		return false
	}
	if n.hits == nil {
		n.hits = map[*Chance]int{}
	}
	n.hits[chance]++
	return true
}

// Behave changes the carrier's behaviour from now on, with fresh counters. Calls that are up are not touched. It
// changes nothing when b is not valid.
func (c *Carrier) Behave(b Behaviour) error {
	if err := b.Validate(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.net = network{Behaviour: b}
	return nil
}

// Behaviour returns the behaviour as it was last set.
func (c *Carrier) Behaviour() Behaviour {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.net.Behaviour
}

// SetOutage turns an outage on or off and leaves the rest of the behaviour.
func (c *Carrier) SetOutage(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.net.Outage = on
}

// datagramFault returns what happens to a datagram of the carrier. Only INVITEs to the platform have faults.
func (c *Carrier) datagramFault(p sipua.Packet, chance *rand.Rand) sipua.Fault {
	if !p.Sent || !bytes.HasPrefix(p.Data, []byte("INVITE ")) || p.Peer == c.desks.Addr() { // before the first INVITE there may be no desks
		return sipua.Fault{}
	}
	id := p.Message().CallID
	c.mu.Lock()
	defer c.mu.Unlock()
	var f sipua.Fault
	f.Drop = c.net.fires(&c.net.LoseInvites, chance)
	if s := c.placing[id]; s != nil {
		s.left, s.lost = s.left || !f.Drop, s.lost || f.Drop
	}
	f.Copies = max(c.copies[id]-1, 0)
	delete(c.copies, id)
	if c.net.fires(&c.net.DuplicateInvites, chance) {
		f.Copies++
	}
	return f
}

// Usual is a carrier that delivers every call at once, and whose desks all answer.
func Usual() Behaviour { return Behaviour{Desks: map[string]Answering{"*": Answer}} }

// ReadBehaviour reads how a carrier behaves; what is not said is as usual. n may be nil.
func ReadBehaviour(file string, n *yaml.Node) (Behaviour, strictyaml.Problems) {
	b := Usual()
	if n == nil || n.IsZero() {
		return b, nil
	}
	problems := strictyaml.Decode(file, n, &b)
	if err := b.Validate(); err != nil && len(problems) == 0 {
		problems = append(problems, strictyaml.At(file, n, "%v", err))
	}
	return b, problems
}
