package mutants

import (
	"math"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
)

// callWithoutEnd ends a call only when the agent or a limit that the project has set says so: who forgot to set one has
// calls that stay up for as long as the caller does.
func callWithoutEnd() Mutant {
	return Mutant{
		ID: "M38", Name: "call-without-end", Kill: "timeout", ScenariosOnly: true,
		Says: "a call has no end of its own: the limits of its length, of silence and of failures count only where they are set",
		Config: projects(func(p *sim.Project) {
			c, usual := &p.Conversation, conversation.Default()
			if c.MaxDuration == usual.MaxDuration {
				c.MaxDuration = conversation.Forever
			}
			for limit, usual := range map[*int]int{
				&c.MaxTurns: usual.MaxTurns, &c.MaxSilence: usual.MaxSilence, &c.MaxTurnFailures: usual.MaxTurnFailures,
			} {
				if *limit == usual {
					*limit = math.MaxInt
				}
			}
		}),
	}
}
