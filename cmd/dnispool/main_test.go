package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

var update = flag.Bool("update", false, "write the golden files anew")

// binary is the tool as a user has it.
var binary string

func TestMain(m *testing.M) {
	if os.Getenv("TEST_DIALLER_SIP")+os.Getenv("TEST_BUSY_HISTORY") != "" { // this process dials for TestPythonExample, or writes for BenchmarkJudgeFile
		os.Exit(m.Run())
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "dnispool-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if err := flag.Set("test.parallel", "8"); err != nil { // most tests wait for other processes; the command line may say otherwise
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		binary = filepath.Join(dir, "dnispool")
		build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", binary, ".") // as make build does, which shares what was compiled
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// ran is what a run of the tool left.
type ran struct {
	code     int
	out, err string
}

// dnispool runs the binary in a directory of the test's own.
func dnispool(t *testing.T, dir string, args ...string) ran {
	t.Helper()
	return feed(t, dir, "", args...)
}

// feed is dnispool with something to read on standard input.
func feed(t *testing.T, dir, in string, args ...string) ran {
	t.Helper()
	c := command(t, dir, args...)
	c.Stdin = strings.NewReader(in)
	return finish(t, c)
}

// finish runs a command that has been made ready.
func finish(t *testing.T, c *exec.Cmd) ran {
	t.Helper()
	var out, errOut bytes.Buffer
	c.Stdout, c.Stderr = &out, &errOut
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ran{c.ProcessState.ExitCode(), out.String(), errOut.String()}
}

func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	c := exec.CommandContext(t.Context(), binary, args...)
	c.Dir = dir
	c.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return strings.HasPrefix(name, "DNISPOOL_") || name == "CI" || name == "GITHUB_ACTIONS" // what a run shows depends on them
	}), "TMPDIR="+t.TempDir())
	return c
}

// write fills a directory with files and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const head = `scenario: v1
summary: A reservation gives a number.
requirement: A number is given to one client at a time.
source: a test
`

// The scenarios that the tests play, each in a file of its own under mine/.
var mine = map[string]string{
	"mine/pool/fine.yaml": head + `level: must
labels: [smoke]
steps:
  - {reserve: {attributes: {shared_id: a-1}}, expect: {status: 200}}
`,
	"mine/pool/wrong.yaml": head + `level: must
given: {pool: {numbers: 2}, agent: {echo: {talk: 5s}}}
steps:
  - {reserve: {attributes: {shared_id: a-1}}, as: first, expect: {status: 200}}
  - {dial: {to: "${first.body.dni}", from: "+442079460001"}, expect: {answered: true}}
  - reserve: {attributes: {shared_id: a-2}}
    note: The pool has one number.
    expect:
      status: 404
`,
	"mine/pool/lenient.yaml": head + `level: should
steps:
  - {reserve: {attributes: {}}, expect: {status: 404}}
`,
	"mine/wire/doubt.yaml": head + `level: must
steps:
  - {fault: {http: {drop_reply: eof}}}
  - {reserve: {attributes: {}}, expect: {status: 200}}
`,
	"mine/wire/slow.yaml": head + `level: must
timeout: 60s
steps:
  - {fault: {http: {drop_reply: timeout}}}
  - {reserve: {attributes: {}, timeout: 50s}, expect: {status: 200}}
`,
}

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s (go test -update writes it anew):\nwant\n%s\ngot\n%s", path, want, got)
	}
}

// What differs between two runs.
var unsteady = []struct {
	text *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`(?m)^dnispool \S+`), "dnispool VERSION"},
	{regexp.MustCompile(` +\d+(\.\d+)? (µs|ms|s)\b`), " TIME"},
	{regexp.MustCompile(`(?m)^ +\d+\.\d  \|`), "        0.0  |"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+ SIP/2\.0 -*`), "127.0.0.1:PORT SIP/2.0 "},
	{regexp.MustCompile(`Date: [^\n]* GMT`), "Date: DATE"},
}

func steady(s string) string {
	for _, u := range unsteady {
		s = u.text.ReplaceAllString(s, u.to)
	}
	return s
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args     []string
		code     int
		out, err string // each the start of it
	}{
		{[]string{}, 2, "", "dnispool is a reference of PolyAI's DNIs Pool integration"},
		{[]string{"help"}, 0, "dnispool is a reference of PolyAI's DNIs Pool integration", ""},
		{[]string{"--help"}, 0, "dnispool is a reference of PolyAI's DNIs Pool integration", ""},
		{[]string{"version"}, 0, "dnispool ", ""},
		{[]string{"--version"}, 0, "dnispool ", ""},
		{[]string{"chek"}, 2, "", `dnispool: no command "chek" (did you mean "check"?); try dnispool help` + "\n"},
		{[]string{"frobnicate"}, 2, "", `dnispool: no command "frobnicate"; try dnispool help` + "\n"},
		{[]string{"check", "--labell", "pool"}, 2, "", "dnispool check: no flag --labell (did you mean --label?); try dnispool check --help\n"},
		{[]string{"check", "--seed", "many"}, 2, "", `dnispool check: invalid value "many" for flag --seed: want a whole number; try dnispool check --help` + "\n"},
		{[]string{"check", "--label"}, 2, "", "dnispool check: flag needs an argument: --label; try dnispool check --help\n"},
		{[]string{"check", "--list=perhaps"}, 2, "", `dnispool check: invalid boolean value "perhaps" for --list: parse error; try dnispool check --help` + "\n"},
		{[]string{"sim", "--profil", "x"}, 2, "", "dnispool sim: no flag --profil (did you mean --profile?); try dnispool sim --help\n"},
		{[]string{"sipp"}, 0, `<?xml version="1.0"`, ""},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			r := dnispool(t, t.TempDir(), c.args...)
			if r.code != c.code || !strings.HasPrefix(r.out, c.out) || !strings.HasPrefix(r.err, c.err) || (c.out == "") != (r.out == "") || (c.err == "") != (r.err == "") {
				t.Errorf("want %d, %q and %q, got %+v", c.code, c.out, c.err, r)
			}
		})
	}
}

// TestUsageTellsTheExitCodes as they are.
func TestUsageTellsTheExitCodes(t *testing.T) {
	r := dnispool(t, t.TempDir(), "help")
	for code, word := range map[int]string{
		finding.ExitConformant: "conformant", finding.ExitNotConformant: "not conformant", finding.ExitNotJudged: "could not judge",
		finding.ExitInconclusive: "inconclusive", finding.ExitInterrupted: "interrupted",
	} {
		if !regexp.MustCompile(fmt.Sprintf(`\b%d\s+%s`, code, word)).MatchString(r.out) {
			t.Errorf("usage: want %d %s, got %s", code, word, r.out)
		}
	}
}

// TestHelpMatchesTheFlags of each verb.
func TestHelpMatchesTheFlags(t *testing.T) {
	for name, f := range map[string]*flags{"check": newCheckFlags().flags, "sim": newSimFlags().flags, "record": newRecordFlags().flags} {
		t.Run(name, func(t *testing.T) {
			r := dnispool(t, t.TempDir(), name, "--help")
			if r.code != 0 || r.err != "" || !strings.HasPrefix(r.out, "usage: dnispool "+name+" ") {
				t.Fatalf("want the usage, got %+v", r)
			}
			var told, known []string
			for _, m := range regexp.MustCompile(`(?m)^  --?([a-z-]+)`).FindAllStringSubmatch(r.out, -1) {
				told = append(told, m[1])
			}
			f.VisitAll(func(d *flag.Flag) { known = append(known, d.Name) })
			if !slices.Equal(told, known) {
				t.Errorf("want %q, got %q", known, told)
			}
			for _, h := range []string{"-h", "-help"} {
				if again := dnispool(t, t.TempDir(), name, "x", h); again != r {
					t.Errorf("%s: want the same, got %+v", h, again)
				}
			}
		})
	}
	for _, v := range verbs() {
		if r := dnispool(t, t.TempDir(), v.name, "--help"); r.code != 0 || !strings.HasPrefix(r.out, "usage: dnispool "+v.name) || r.err != "" {
			t.Errorf("%s: want the usage, got %+v", v.name, r)
		}
		if all := dnispool(t, t.TempDir(), "help").out; !strings.Contains(all, "  "+v.name+" ") {
			t.Errorf("help: want %s, got %s", v.name, all)
		}
	}
}
