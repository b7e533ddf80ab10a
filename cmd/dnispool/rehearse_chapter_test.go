package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// beside is a rehearsal that runs in a terminal of its own.
type beside struct {
	*exec.Cmd
	lines *bufio.Scanner
	names map[string]string // its variables
	page  string
}

// startBeside starts a command of the document on free ports.
func startBeside(t *testing.T, dir, typed string) *beside {
	t.Helper()
	args := append(strings.Fields(typed)[1:], "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--control", "127.0.0.1:0")
	b := &beside{Cmd: command(t, dir, args...), names: map[string]string{}}
	out, err := b.StdoutPipe()
	if err == nil {
		err = b.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Process.Kill(); _ = b.Wait() })
	b.lines = bufio.NewScanner(out)
	return b
}

var exported = regexp.MustCompile(`^  export (\w+)=(\S+)$`)

// until reads on to a line that has the text, and notes what is to be set.
func (b *beside) until(t *testing.T, text string) {
	t.Helper()
	for b.lines.Scan() {
		line := b.lines.Text()
		if m := exported.FindStringSubmatch(line); m != nil {
			b.names[m[1]] = m[2]
		}
		if page, found := strings.CutPrefix(line, "The page "); found {
			b.page, _, _ = strings.Cut(page, " ")
		}
		if strings.Contains(line, text) {
			return
		}
	}
	t.Fatalf("want a line with %q, got none", text)
}

// TestRehearseChapter types in specs/rehearse.md, from a directory with the client that it speaks of.
func TestRehearseChapter(t *testing.T) {
	t.Parallel()
	for _, need := range []string{"curl", "sipp"} {
		if !has(need) {
			t.Skip(need + " is not installed")
		}
	}
	text, err := os.ReadFile("../../specs/rehearse.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../fakes/foreign/client.sh")
	if err != nil {
		t.Fatal(err)
	}
	dir := write(t, map[string]string{"client.sh": string(script)})
	var running *beside
	ran := 0
	for _, m := range fences.FindAllStringSubmatch(string(text), -1) {
		for _, typed := range (fence{m[1], m[2]}).commands() {
			ran++
			typed, comment, _ := strings.Cut(typed, "   # ")
			want := 0
			if strings.HasPrefix(comment, "exits 1") {
				want = 1
			}
			switch {
			case typed == "dnispool rehearse --serve":
				running = startBeside(t, dir, typed)
				running.until(t, "Ctrl-C ends it.")
				continue
			case typed == "dnispool rehearse happy-transfer":
				running = startBeside(t, dir, typed)
				running.until(t, "start a caller in your client now")
				continue
			case strings.HasPrefix(typed, "export "): // which running says with its own ports
				for _, pair := range strings.Fields(typed)[1:] {
					name, _, _ := strings.Cut(pair, "=")
					if running.names[name] == "" {
						t.Errorf("%s: want a variable that is printed", pair)
					}
				}
				continue
			}
			if strings.Contains(typed, "dnispool rehearse --run") || strings.HasPrefix(typed, "DNISPOOL_REHEARSE_") {
				typed += " --http 127.0.0.1:0 --sip 127.0.0.1:0 --control off"
			}
			environment := "DNISPOOL_CONTROL=" + running.page
			for name, value := range running.names {
				environment += " " + name + "=" + value
			}
			if out, code := shell(t, dir, "export "+environment+"\n"+typed); code != want {
				t.Errorf("%s\nwant %d, got %d\n%s", typed, want, code, out)
			}
			if typed == "sh client.sh" && running.page != "" && !slices.Contains(running.Args, "--serve") {
				running.until(t, "1 passed")
			}
		}
	}
	if ran < 16 {
		t.Errorf("want the commands of the document, got %d", ran)
	}
	for _, name := range []string{"rehearsal.xml", "rehearsal.json", "rehearsal.html"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if err := running.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	running.until(t, "1 passed")
}
