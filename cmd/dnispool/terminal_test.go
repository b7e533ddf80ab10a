package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// onTerminal runs a command line on a terminal of so many columns.
func onTerminal(t *testing.T, dir, columns, line string, env ...string) string {
	t.Helper()
	if _, err := exec.LookPath("script"); err != nil {
		t.Skip("script, which makes a terminal, is not installed")
	}
	c := command(t, dir)
	c.Path, _ = exec.LookPath("script")
	c.Args = []string{"script", "-qec", "stty cols " + columns + "; exec " + binary + " " + line, "/dev/null"}
	c.Env = append(c.Env, append([]string{"TERM=xterm"}, env...)...)
	r := finish(t, c)
	return strings.ReplaceAll(r.out, "\r\n", "\n")
}

// TestOnATerminal there are colours, what is running, and lines that fit; in a log there are none.
func TestOnATerminal(t *testing.T) {
	t.Parallel()
	dir := write(t, mine)
	const line = "check --scenarios mine --workers 1 --seed 7 pool/*"
	out := onTerminal(t, dir, "60", line)
	for _, want := range []string{"run   1 of 3, pool/fine\r\x1b[K", "\x1b[32mok", "run   3 of 3, pool/wrong", "\x1b[1;31mFAIL"} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q on a terminal, got none in %q", want, out)
		}
	}
	codes := regexp.MustCompile("\x1b\\[[0-9;]*[mK]|.*\r")
	for _, l := range strings.Split(out, "\n") {
		if l = codes.ReplaceAllString(l, ""); len([]rune(l)) > 60 && !strings.Contains(l, " scenarios: ") && !strings.HasPrefix(l, "dnispool ") && !strings.Contains(l, "|") {
			t.Errorf("want at most 60 columns, got %d: %s", len([]rune(l)), l)
		}
	}
	for _, env := range []string{"CI=true", "TERM=dumb"} {
		if out := onTerminal(t, dir, "60", line, env); strings.Contains(out, "\x1b") {
			t.Errorf("%s: want plain lines, got %q", env, out)
		}
	}
	if out := onTerminal(t, dir, "60", line, "NO_COLOR=1"); strings.Contains(out, "\x1b[32m") || !strings.Contains(out, "run   1 of 3") {
		t.Errorf("NO_COLOR: want no colour, and what is running, got %q", out)
	}
	if out := onTerminal(t, dir, "60", line+" --color=false"); strings.Contains(out, "\x1b[32m") {
		t.Errorf("--color=false: want no colour, got %q", out)
	}
}

// TestVariablesThatSayYes: whoever sets CI or GITHUB_ACTIONS means it, however it is written.
func TestVariablesThatSayYes(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"": false, "false": false, "False": false, "0": false, "no": false, "off": false, "true": true, "1": true, "TRUE": true, "yes": true, "woodpecker": true} {
		e := env{getenv: func(string) string { return value }}
		if got := e.onGitHub(); got != want {
			t.Errorf("GITHUB_ACTIONS=%s: want %t, got %t", value, want, got)
		}
		if got := (readerFlags{}).reader(e, func(string) bool { return false }).FirstWhole; got != want {
			t.Errorf("CI=%s: want the first failure alone in full %t, got %t", value, want, got)
		}
	}
}

// TestOnGitHub the first failure stands whole and the others in a line, and the lines of the files are marked.
func TestOnGitHub(t *testing.T) {
	t.Parallel()
	dir := write(t, mine)
	c := command(t, dir, "check", "--scenarios", "mine", "--seed", "7", "--strict", "pool/*")
	c.Env = append(c.Env, "GITHUB_ACTIONS=1")
	r := finish(t, c)
	for want, times := range map[string]int{
		"\n  requires": 1, "\nFAIL  pool/lenient   should": 1,
		"\nFAIL  pool/wrong   status: want 404, got 200\n":                                                    1,
		"\n::error file=mine/pool/lenient.yaml,line=7,title=pool/lenient failed::status: want 404, got 200\n": 1,
		"\n::error file=mine/pool/wrong.yaml,line=13,title=pool/wrong failed::status: want 404, got 200\n":    1,
	} {
		if n := strings.Count(r.out, want); n != times {
			t.Errorf("want %q %d times, got %d in\n%s", want, times, n, r.out)
		}
	}
}
