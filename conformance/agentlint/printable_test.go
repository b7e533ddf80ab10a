package agentlint

import "testing"

func TestPrintable(t *testing.T) {
	for line, want := range map[string]string{"\tx = 'é'\r": "\tx = 'é'", "\x1b[31m\x00\xff": "\ufffd[31m\ufffd\ufffd"} {
		if got := printable(line); got != want {
			t.Errorf("%q: want %q, got %q", line, want, got)
		}
	}
}
