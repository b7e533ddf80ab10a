package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ownLesson is one that nothing has to wait for.
const ownLesson = `lesson: v1
summary: It asks for a number.
requirement: A client asks for a number.
source: "a test"
level: must
advice: Ask for one.
budget: 1s
expect:
  - reserves: {least: 1}
`

// TestRehearse: what the verb makes of its arguments, and of clients that do little.
func TestRehearse(t *testing.T) {
	t.Parallel()
	free := []string{"rehearse", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0"}
	dir := write(t, map[string]string{
		"mine.yaml": ownLesson, "settings.yaml": "rehearse: v1\nhttp: 127.0.0.1:0\nsip: 127.0.0.1:0\nlessons: mine.yaml\narrival: {run: 'true'}\n",
		"wrong.yaml": "rehearse: v1\narival: self\n", "own/mine.yaml": ownLesson,
	})
	asks := `curl -s -o reply -H "x-api-key: $DNI_KEY" -H 'content-type: application/json' -d '{"attributes":{"shared_id":"a"}}' "$BASE_URL/v1/conversations/dni-reservation"`
	for _, c := range []struct {
		name string
		args []string
		code int
		out  string // that is in it
		err  string // that it begins with
	}{
		{"a client that asks", append(free, "--lessons", "own", "--run", asks), 0, "1 lesson: 1 passed.", ""},
		{"a lesson by its file", append(free, "own/mine.yaml", "--run", asks), 0, "mine ", ""},
		{"a client that does nothing", append(free, "happy-transfer", "--run", "true"), 1, "got never asked for a number", ""},
		{"the same, by a file of settings", []string{"rehearse", "--config", "settings.yaml"}, 1, "Each caller is a run of true.\n", ""},
		{"a page at an address of its own", append(free, "--control", "127.0.0.1:0", "own/mine.yaml", "--run", "true"), 1, "again     dnispool rehearse own/mine.yaml --control 127.0.0.1:0 --", ""},
		{"what the lessons that can be played may take", append(free, "happy-transfer", "bye-crossing", "dial-no-answer", "--run", "true"), 1, "\nThe lessons may take 1m30s in all (1 of 30s, 1 of 1m0s); a client", ""},
		{"what one may take", append(free, "happy-transfer", "--run", "true"), 1, "\nThe lesson may take 30s; a client", ""},
		{"none that can be played", append(free, "bye-crossing", "--run", "true"), 2, "\nNone of the lessons can be played so.", ""},
		{"nobody starts a caller", append(free, "--lessons", "mine.yaml", "--wait-for", "50ms"), 2, "start a caller in the client while the lesson waits", ""},
		{"a client that cannot be told", append(free, "happy-transfer", "--webhook", "http://127.0.0.1:1/"), 2, "telling the client of a caller: webhook:", ""},
		{"two ways to tell", append(free, "--run", "a", "--file", "b"), 2, "", "arrival: want one way, got run and file; the flags are"},
		{"a file of settings that is wrong", []string{"rehearse", "--config", "wrong.yaml"}, 2, "", `wrong.yaml:2:1: unknown key "arival" (did you mean "arrival"?)`},
		{"no such lesson", append(free, "hapy-transfer"), 2, "", `lesson: want an id, a glob or file:line, got "hapy-transfer" (did you mean "happy-transfer"?)`},
		{"a mistyped flag", append(free, "--web-hook", "x"), 2, "", "dnispool rehearse: no flag --web-hook (did you mean --webhook?)"},
		{"a list", []string{"rehearse", "list", "happy-transfer"}, 0, "happy-transfer                     must     30s  no hook", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := dnispool(t, dir, c.args...)
			if r.code != c.code || !strings.Contains(r.out, c.out) || !strings.HasPrefix(r.err, c.err) || c.err == "" && r.err != "" {
				t.Errorf("want %d, %q and %q, got %+v", c.code, c.out, c.err, r)
			}
		})
	}
}

// TestRehearseByVariables: each flag is a variable as well, under the flag and over the file; and what the client is to be set up
// with is printed as a shell takes it, but for what it keeps itself.
func TestRehearseByVariables(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"mine.yaml": ownLesson, "settings.yaml": "rehearse: v1\nhttp: 127.0.0.1:0\nsip: 127.0.0.1:0\ncontrol: 'off'\nlessons: mine.yaml\nclient: {queue: sales, fallback: in-file}\n",
	})
	const says = "RUN=true"
	for _, c := range []struct {
		name      string
		variables []string // without DNISPOOL_REHEARSE_
		args      []string
		code      int
		want, not string // in what is printed
	}{
		{"a variable", []string{says}, nil, 1, "Each caller is a run of true.\n", "start a caller"},
		{"over the file", []string{says, "FALLBACK=in-variable"}, nil, 1, "  export FALLBACK_QUEUE=in-variable\n", "in-file"},
		{"under the flag", []string{says, "FALLBACK=in-variable"}, []string{"--fallback", "in-flag"}, 1, "  export FALLBACK_QUEUE=in-flag\n", "in-variable"},
		{"the file alone", []string{says}, nil, 1, "  export HANDOFF_QUEUE=sales\n  export FALLBACK_QUEUE=in-file\n", "DEFAULT_QUEUE"},
		{"an empty one", []string{says, "FALLBACK="}, nil, 1, "  export FALLBACK_QUEUE=in-file\n", ""},
		{"what a shell would split", []string{says, "DEFAULT_QUEUE=it's a desk"}, nil, 1, `  export DEFAULT_QUEUE='it'\''s a desk'` + "\n", ""},
		{"the client's own key", []string{"DNI_KEY=of-its-own", `RUN=test "$DNI_KEY" = of-its-own && exit 3`}, nil, 2, `run: exit status 3`, "of-its-own\n"},
		{"no setting of that value", []string{"QUIET_FOR=long"}, nil, 2, `DNISPOOL_REHEARSE_QUIET_FOR: want what --quiet-for takes, got "long"`, ""},
		{"no setting of that name", []string{"QUIETFOR=1s"}, nil, 2, "DNISPOOL_REHEARSE_QUIETFOR: no flag of that name (did you mean DNISPOOL_REHEARSE_QUIET_FOR?)", ""},
		{"a Service of a cluster", []string{says, "SERVICE_HOST=10.0.0.1"}, nil, 1, "Each caller is a run of true.\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := command(t, dir, append([]string{"rehearse", "--config", "settings.yaml"}, c.args...)...)
			for _, v := range c.variables {
				k.Env = append(k.Env, "DNISPOOL_REHEARSE_"+v)
			}
			r := finish(t, k)
			all := r.out + r.err
			if r.code != c.code || !strings.Contains(all, c.want) || c.not != "" && strings.Contains(all, c.not) {
				t.Errorf("want %d, %q and no %q, got %+v", c.code, c.want, c.not, r)
			}
		})
	}
}

// TestRehearsalIsReported in every form, with what was done about each caller.
func TestRehearsalIsReported(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"mine.yaml": ownLesson})
	r := dnispool(t, dir, "rehearse", "--lessons", "mine.yaml", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--file", "callers", "--quiet-for", "50ms", "--junit", "j.xml", "--json", "r.json", "--html", "r.html")
	if r.code != 1 || r.err != "" {
		t.Fatalf("want 1, got %+v", r)
	}
	for name, want := range map[string]string{
		"callers": `{"lesson":"mine","caller":1,"ani":"+442079460501","base_url":"http://127.0.0.1:`, "j.xml": `failures="1"`,
		"r.json": `never asked for a number`, "r.html": "never asked for a number", "./r.html": `<th class="num">lessons</th>`,
	} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s: want %q, got %.400s (%v)", name, want, b, err)
		}
	}
}

// TestRehearsalIsInterrupted: the report says which lessons were not played.
func TestRehearsalIsInterrupted(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"l/one.yaml": ownLesson + "arrival: {run: 'true'}\n", "l/two.yaml": ownLesson, "l/zoo.yaml": ownLesson})
	b := startBeside(t, dir, "dnispool rehearse --lessons l --json r.json")
	b.until(t, "2 of 3, two: start a caller in your client now, within 5m0s; it has 1s then")
	if err := b.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	b.until(t, "two zoo")
	for b.lines.Scan() {
	}
	_ = b.Wait()
	report, err := os.ReadFile(filepath.Join(dir, "r.json"))
	if code := b.ProcessState.ExitCode(); code != 130 || err != nil || !strings.Contains(string(report), `"not_played": [`) {
		t.Errorf("want 130 and what was not played, got %d and %.600s (%v)", code, report, err)
	}
}
