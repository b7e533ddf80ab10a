package conversation_test

import (
	"regexp"
	"testing"

	"github.com/dnispool/dnispool/sim/conversation"
)

func TestIDsAreUniqueAndInTheFormAskedFor(t *testing.T) {
	for _, c := range []struct {
		form          conversation.IDForm
		first, second string // for one Call-ID twice
	}{
		{conversation.IDUUID, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, ""},
		{conversation.IDCallSID, `^CA[0-9a-f]{32}$`, ""},
		{conversation.IDConv, `^CONV-[0-9]{10}$`, ""},
		{conversation.IDCallID, `^1-7@10\.0\.0\.5$`, `^1-7@10\.0\.0\.5-[0-9a-f]{16}$`},
	} {
		t.Run(string(c.form), func(t *testing.T) {
			ids := conversation.NewIDs()
			seen := map[string]bool{}
			for i, want := 0, c.first; i < 1000; i++ {
				id := ids.Next(c.form, "1-7@10.0.0.5")
				if !regexp.MustCompile(want).MatchString(id) {
					t.Fatalf("id: want %s, got %s", want, id)
				}
				if seen[id] {
					t.Fatalf("id: want each once, got %s again", id)
				}
				seen[id] = true
				if c.second != "" {
					want = c.second
				}
			}
		})
	}
}
