package traffic

import (
	"math/rand/v2"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Manner is how callers go through their journey, and the client that takes them: the words that a load profile and the
// scenarios' verb journey share. Each caller is drawn from it.
type Manner struct {
	ReserveTimeout time.Duration `yaml:"reserve_timeout"` // of one try; 0: the client's default
	Retries        int           `yaml:"retries"`         // further tries to reserve, after a reply that did not come or was a 5xx
	Backoff        *Distribution `yaml:"backoff"`         // from a failed try to the next; nil: the client's own, which doubles
	Storm          bool          `yaml:"storm"`           // tries follow each other at once, also when there was no number free
	Think          Distribution  `yaml:"think"`           // from the number to dialling it
	Patience       *Distribution `yaml:"patience"`        // from the number until the caller gives up unless somebody has answered; nil: never
	Talk           *Distribution `yaml:"talk"`            // from the answer to the end; nil: as the agent likes
	HangsUp        float64       `yaml:"hangs_up"`        // share of calls that the caller ends and not the platform, 0 to 1
	Handoff        float64       `yaml:"handoff"`         // share of callers whom the agent hands over to Queue, 0 to 1
	Poll           Poll          `yaml:"poll"`
}

// Poll is how a client asks for the handoff after the call.
type Poll struct {
	Every time.Duration `yaml:"every"` // 0: the client's default
	For   time.Duration `yaml:"for"`   // gives up after so long; 0: the client's default
}

// Queue is where callers go whom the agent hands over.
const Queue = "human"

// Problems are what is wrong with the values that are written at n.
func (m Manner) Problems(file string, n *yaml.Node) (problems strictyaml.Problems) {
	bad := func(at *yaml.Node, key string, ok bool, want string, got any) {
		if v := strictyaml.Lookup(at, key); v != nil && !ok {
			problems = append(problems, strictyaml.At(file, v, "%s: want %s, got %v", key, want, got))
		}
	}
	bad(n, "reserve_timeout", m.ReserveTimeout > 0, "more than 0", m.ReserveTimeout)
	bad(n, "retries", m.Retries >= 0, "at least 0", m.Retries)
	bad(n, "hangs_up", m.HangsUp >= 0 && m.HangsUp <= 1, "a share of 0 to 1", m.HangsUp)
	bad(n, "hangs_up", m.HangsUp == 0 || m.Talk != nil, "talk beside it, after which the caller hangs up", "none")
	bad(n, "handoff", m.Handoff >= 0 && m.Handoff <= 1, "a share of 0 to 1", m.Handoff)
	if poll := strictyaml.Lookup(n, "poll"); poll != nil {
		bad(poll, "every", m.Poll.Every > 0, "more than 0", m.Poll.Every)
		bad(poll, "for", m.Poll.For > 0, "more than 0", m.Poll.For)
	}
	return problems
}

// Pause draws how long to wait between two tries to reserve; nil where the client's own way holds.
func (m Manner) Pause() func(*rand.Rand) time.Duration {
	if m.Backoff == nil {
		return nil
	}
	return m.Backoff.Draw
}

// Caller is one of whom everything is settled that is random.
type Caller struct {
	Think    time.Duration
	Patience time.Duration // 0: without end
	Talk     time.Duration // 0: as the agent likes
	HangsUp  bool          // ends the call, and not the platform
	Handoff  bool          // is handed over to Queue
}

// Draw makes one caller. The lengths do not depend on each other.
func (m Manner) Draw(r *rand.Rand) Caller {
	c := Caller{Think: m.Think.Draw(r)}
	if m.Talk != nil {
		c.Talk = max(m.Talk.Draw(r), time.Millisecond) // 0 has another meaning
	}
	c.HangsUp, c.Handoff = r.Float64() < m.HangsUp, r.Float64() < m.Handoff
	if m.Patience != nil {
		c.Patience = max(m.Patience.Draw(r), time.Nanosecond)
	}
	return c
}

// Leaves reports whether the caller gives up before the number is dialled.
func (c Caller) Leaves() bool { return c.Patience > 0 && c.Patience <= c.Think }

// Wants is how long the agent is asked to stay on the line: longer than a caller who hangs up. 0: as it likes.
func (c Caller) Wants() time.Duration {
	if c.HangsUp {
		return 2*c.Talk + time.Minute
	}
	return c.Talk
}
