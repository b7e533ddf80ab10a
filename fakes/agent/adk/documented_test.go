package adk_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocumented: specs/adk.md names every member that is refused, and each that the conversation has.
func TestDocumented(t *testing.T) {
	read := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	document, code := read("../../../specs/adk.md"), read("python/conversation.py")
	_, refused, _ := strings.Cut(code, "UNSUPPORTED = (")
	refused, _, _ = strings.Cut(refused, ")")
	_, conversation, _ := strings.Cut(code, "class Conversation:")
	conversation, _, _ = strings.Cut(conversation, "class Flow:")
	names := regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(refused, -1)
	names = append(names, regexp.MustCompile(`self\.([a-z]\w*)[, ]`).FindAllStringSubmatch(conversation, -1)...)
	names = append(names, regexp.MustCompile(`def ([a-z]\w*)\(self`).FindAllStringSubmatch(conversation, -1)...)
	if len(names) < 60 {
		t.Fatalf("want the names of the members, got %d", len(names))
	}
	for _, name := range names {
		if !strings.Contains(document, "`"+name[1]+"`") {
			t.Errorf("specs/adk.md: want %s, got nothing", name[1])
		}
	}
}
