package mutants

import (
	"regexp"
	"strings"

	"github.com/dnispool/dnispool/sim/conversation"
)

// tidiedNumbers knows a phone number when it sees one, and writes it the way it likes.
func tidiedNumbers() Mutant {
	dialled := regexp.MustCompile(`^(\+|00)[0-9 ]{7,20}$`)
	return Mutant{
		ID: "M44", Name: "tidied-numbers", Fault: "F45", Kill: "expectation", ScenariosOnly: true,
		Says: "a text in the attributes that looks like a phone number is rewritten in E.164",
		Parts: agents(func(a conversation.Agent) conversation.Agent {
			return changingAgent{guarded{a}, func(value any) any {
				text, ok := value.(string)
				if !ok || !dialled.MatchString(text) {
					return value
				}
				return "+" + strings.ReplaceAll(strings.TrimLeft(text, "+0"), " ", "")
			}}
		}),
	}
}
