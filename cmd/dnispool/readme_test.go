package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/fakes/independent"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
)

// What the README, the banner of dnispool sim and the help texts print is typed in by people, so it is run here as it
// stands. In a transcript a command begins with "$ "; in a block of sh every line is one.

// shell runs text as a user would who has the binary on the path, and returns what it printed.
func shell(t *testing.T, dir, text string) (out string, code int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "sh", "-e", "-c", text)
	c.Dir = dir
	c.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "DNISPOOL_") }),
		"PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"))
	b, err := c.CombinedOutput()
	if c.ProcessState == nil {
		t.Fatal(err)
	}
	return string(b), c.ProcessState.ExitCode()
}

func has(tool string) bool {
	_, err := exec.LookPath(tool)
	return err == nil
}

// TestBannerCommands runs what dnispool sim prints, in every profile.
func TestBannerCommands(t *testing.T) {
	for _, profile := range sim.Profiles() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			if !has("curl") {
				t.Skip("curl is not installed")
			}
			dir := t.TempDir()
			p := serve(t, dir, "--profile", profile, "-q")
			_, steps, _ := strings.Cut(p.seen.String(), "\n1. ")
			var commands []string
			for command := range strings.SplitSeq(strings.ReplaceAll(steps, "\\\n", "\\\x00"), "\n") {
				if text, ok := strings.CutPrefix(command, "   "); ok {
					commands = append(commands, strings.ReplaceAll(text, "\x00", "\n"))
				}
			}
			if len(commands) != 3 {
				t.Fatalf("want three commands, got %q", commands)
			}
			if !has("sipp") {
				t.Log("sipp is not installed: the call is placed by other means")
				number, code := shell(t, dir, commands[0])
				if code != 0 {
					t.Fatalf("reserve: got %d, %s", code, number)
				}
				over(t, p.call(t, strings.TrimSpace(number)))
				commands = commands[2:]
			}
			out, code := shell(t, dir, strings.Join(commands, "\n"))
			if code != 0 || !strings.Contains(out, `"handoff_to":"billing"`) {
				t.Errorf("want the handoff to billing, got %d\n%s", code, out)
			}
		})
	}
}

// TestNineSteps types in the page of that name, in every profile.
func TestNineSteps(t *testing.T) {
	var commands []string
	for _, b := range document(t, "specs/nine-steps.md").blocks {
		commands = append(commands, b.commands()...)
	}
	if len(commands) < 6 {
		t.Fatalf("want the commands of the page, got %q", commands)
	}
	for _, profile := range sim.Profiles() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			if !has("curl") {
				t.Skip("curl is not installed")
			}
			dir := t.TempDir()
			p := serve(t, dir, "--profile", profile, "-q")
			address := strings.NewReplacer("127.0.0.1:8080", find(t, p.reserve.url, `http://([^/]+)`)[1], "127.0.0.1:5060", p.sip)
			var last string
			for _, command := range commands {
				switch {
				case strings.HasPrefix(command, "export PATH="), command == "dnispool sim": // both done
				case strings.HasPrefix(command, "dnispool sim "):
					other := serve(t, dir, strings.Fields(command)[2:]...)
					other.stop(t, syscall.SIGTERM)
				case strings.HasPrefix(command, "sipp ") && !has("sipp"):
					t.Log("sipp is not installed: the call is placed by other means")
					over(t, p.call(t, "+442079460000"))
				default:
					out, code := shell(t, dir, address.Replace(command))
					if code != 0 {
						t.Fatalf("%s\ngot %d\n%s", command, code, out)
					}
					last = out
				}
			}
			for _, want := range []string{`"shared_id":"demo-1"`, `"handoff_to":"billing","handoff_reason":"card declined"`} {
				if !strings.Contains(last, want) {
					t.Errorf("the last command: want %s, got %s", want, last)
				}
			}
		})
	}
}

// TestReadmeShowsTheBanner that a user will see.
func TestReadmeShowsTheBanner(t *testing.T) {
	_, after, _ := strings.Cut(document(t, "README.md").text, "$ dnispool sim\n")
	shown, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("README: want the command and its output, got neither")
	}
	p := serve(t, t.TempDir(), "-q")
	address := strings.NewReplacer(find(t, p.reserve.url, `http://([^/]+)`)[1], "127.0.0.1:8080", p.sip, "127.0.0.1:5060", p.control, "http://127.0.0.1:8081")
	if got := address.Replace(p.seen.String()); got != shown {
		t.Errorf("README: want it to show\n%s\ngot\n%s", got, shown)
	}
}

// TestPrintedCommands runs every other command that the README and its pages show, in the order in which they stand
// there. One that several pages show runs once.
func TestPrintedCommands(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs some fifty commands")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	makefile := document(t, "Makefile").text
	dir := userFolder(t, root)
	running := serve(t, t.TempDir(), "-q") // what is asked and waited for
	toReport := keysToReport(t)
	ran := make(map[string]bool)
	run := func(dir, command, text string, want ...int) {
		if out, code := shell(t, dir, text); !slices.Contains(want, code) {
			t.Errorf("%s\nwant %d, got %d\n%s", command, want, code, out)
		}
	}
	for _, p := range pages(t) {
		for _, command := range p.typed(t, dir) {
			command, _, _ = strings.Cut(command, " #")
			command = strings.TrimSpace(command)
			if ran[command] {
				continue
			}
			ran[command] = true
			switch {
			case strings.Contains(makefile, "\t"+strings.Replace(command, "dnispool ", "$(BIN) ", 1)+"\n"): // make runs it, for minutes
			case strings.HasPrefix(command, "dnispool ctl "), strings.HasPrefix(command, "dnispool ready "):
				run(dir, command, "DNISPOOL_CONTROL_URL="+running.control+" "+command, 0)
			case strings.HasPrefix(command, "make "): // a test that runs all tests would not end
				run(root, command, strings.Replace(command, "make ", "make -n ", 1), 0)
			case strings.HasPrefix(command, "docker run "): // by TestReadmeContainer
			case strings.HasPrefix(command, "go install "): // TestMain builds the same, and there is nothing to be downloaded yet
			case slices.Contains(toReport, command): // by TestFromKeysToReport
			case strings.HasPrefix(command, "go test ./conformance/suite "): // by the test of that package, which is built already
			case strings.HasPrefix(command, "dnispool sim"): // by TestReadmeSimulators, and by TestNineSteps
			case strings.HasPrefix(command, "DNISPOOL_REHEARSE_"), strings.HasPrefix(command, "dnispool rehearse") && !strings.HasPrefix(command, "dnispool rehearse list"): // waits for a client
			case strings.HasPrefix(command, "dnispool agent ") && !has("python3"):
				t.Logf("%s: not run, python3 is not installed", command)
			case strings.HasPrefix(command+" ", "dnispool load ") && !strings.HasPrefix(command, "dnispool load init"): // in short, which proves little; not every seed has a caller in so short a time
				run(dir, command, strings.Replace(command, "dnispool load", "dnispool load --warm-up 0s --for 500ms --seed 1", 1), 0, finding.ExitInconclusive)
			case strings.HasPrefix(command, "dnispool scenarios list --target "): // in short: it plays what it lists, some with many a fact
				run(dir, command, command+" 'core/*'", 0)
			case strings.HasPrefix(command, "dnispool explore --mutant"):
				run(dir, command, command, 1)
			default:
				run(dir, command, command, 0)
			}
		}
	}
	if len(ran) < 30 {
		t.Errorf("want at least 30 commands, got %d", len(ran))
	}
}

// keysToReport are the commands of that chapter, without what they say of themselves.
func keysToReport(t *testing.T) (commands []string) {
	t.Helper()
	for _, b := range document(t, "README.md").chapter(t, "From two keys to a report").blocks {
		for _, command := range b.commands() {
			command, _, _ = strings.Cut(command, " #")
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	return commands
}

// TestFromKeysToReport types in the chapter of that name, at a platform that shares nothing with ours and has a defect. What would
// ask is answered, and of the scenarios some are played.
func TestFromKeysToReport(t *testing.T) {
	t.Parallel()
	p, err := independent.Start(independent.Options{Projects: independent.DefaultProjects(1, 20), Window: 2 * time.Second, Defects: []string{"F55"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	project := p.Projects()[0]
	answers := strings.Join([]string{"", p.URL(), project.Account, project.ID, "", "", p.SIP(), "20", "2s"}, `\n`) + `\n`
	const some = " --yes handoff/shared-id-wins-over-id handoff/found-by-id core/platform-sends-the-bye 'auth/*-key*'"
	keys := ""
	dir := t.TempDir()
	steps := []struct {
		begins, before, after string
		code                  int
		says                  []string
	}{
		{"export DNI_KEY=", "", "", 0, nil},
		{"dnispool target init ", "printf '" + answers + "' | ", "", 0, []string{"staging.yaml is written. Export DNI_KEY and HANDOFF_KEY"}},
		{"dnispool target check --call ", "", "", 0, []string{"DNI key ", "reserved, called and read back, twice"}},
		{"dnispool target questions ", "", "", 0, []string{"# Questions about staging", "[release]"}},
		{"dnispool check --target ", "", some, 1, []string{"shared-id-wins-over-id", " rules shown, 1 broken"}},
		{"dnispool check --again ", "", " --yes", 1, []string{"failed         handoff/shared-id-wins-over-id (was failed)"}},
		{"dnispool report html ", "", "", 0, []string{"later.html: ", "broke 1 of the "}},
	}
	commands := keysToReport(t)
	if len(commands) != len(steps) {
		t.Fatalf("want %d commands in the chapter, got %q", len(steps), commands)
	}
	for i, step := range steps {
		if !strings.HasPrefix(commands[i], step.begins) {
			t.Fatalf("command %d: want %s, got %s", i+1, step.begins, commands[i])
		}
		if keys == "" {
			keys = strings.NewReplacer("your-dni-key", project.DNIKey, "your-handoff-key", project.HandoffKey).Replace(commands[i]) + "; "
		}
		out, code := shell(t, dir, keys+step.before+commands[i]+step.after)
		if code != step.code {
			t.Fatalf("%s\nwant %d, got %d\n%s", commands[i], step.code, code, out)
		}
		for _, want := range step.says {
			if !strings.Contains(out, want) {
				t.Errorf("%s: want %q, got\n%s", commands[i], want, out)
			}
		}
	}
	for _, name := range []string{"report.html", "later.html"} {
		page := read(t, dir, name)
		if !strings.Contains(page, "handoff/shared-id-wins-over-id") || strings.Contains(page, project.DNIKey) || strings.Contains(page, project.HandoffKey) {
			t.Errorf("%s: want what failed named and no key, got %d bytes", name, len(page))
		}
	}
}

// TestOwnAgent types in the chapter on agents of one's own, and starts what its page configures.
func TestOwnAgent(t *testing.T) {
	t.Parallel()
	needPython(t)
	chapter := document(t, "README.md").chapter(t, "Your own agent")
	files := map[string]string{}
	var commands []string
	for _, b := range chapter.blocks {
		if b.language == "yaml" {
			files["checks/billing.yaml"] = b.text
		} else {
			commands = append(commands, b.commands()...)
		}
	}
	for _, b := range document(t, "specs/adk.md").chapter(t, "Your own agent").blocks {
		files["agent.yaml"] = b.text
	}
	dir := write(t, files)
	for _, command := range append(commands, "dnispool agent run --config agent.yaml") {
		out, code := shell(t, dir, command)
		if code != 0 {
			t.Errorf("%s\nwant 0, got %d\n%s", command, code, out)
		}
		if strings.HasPrefix(command, "dnispool agent lint") && !strings.Contains(chapter.text, "\n"+out) {
			t.Errorf("%s: want it to print what the page shows, got %s", command, out)
		}
	}
	if len(commands) != 4 || len(files) != 2 {
		t.Errorf("want the four commands of the chapter, its scenario and a configuration, got %q and %q", commands, files)
	}
	p := serve(t, dir, "--config", "agent.yaml", "-q")
	p.stop(t, syscall.SIGTERM)
}

// TestOwnAgentInLessonsAndLoad reads the files that the chapter shows, beside a project, and offers a little of the load.
func TestOwnAgentInLessonsAndLoad(t *testing.T) {
	t.Parallel()
	needPython(t)
	files := map[string]string{}
	for _, b := range document(t, "specs/adk.md").chapter(t, "In lessons and under load").blocks {
		kind, _, _ := strings.Cut(b.text, ":")
		files[map[string]string{"lesson": "lessons/ours.yaml", "load": "busy.yaml"}[kind]] = b.text
	}
	dir := write(t, files)
	for _, command := range []string{
		"dnispool agent new my-agent", "dnispool rehearse list --lessons lessons", "dnispool load --warm-up 0s --for 2s --seed 1 busy.yaml",
	} {
		if out, code := shell(t, dir, command); code != 0 {
			t.Errorf("%s\nwant 0, got %d\n%s", command, code, out)
		}
	}
}

// served fails unless a simulator starts with that configuration, and serves all of its projects.
func served(t *testing.T, config string) {
	t.Helper()
	dir := write(t, map[string]string{"f.yaml": config})
	p := serve(t, dir, "--config", "f.yaml", "-q")
	if out := p.seen.String(); strings.Count(out, "DNI key ") != strings.Count(config, "name: ") {
		t.Errorf("want every project served, got %s", out)
	}
	p.number(t)
	p.stop(t, syscall.SIGTERM)
}

// TestReadmeSimulators starts every simulator that the README shows in a line, and reserves a number.
func TestReadmeSimulators(t *testing.T) {
	started := 0
	for _, m := range regexp.MustCompile("`dnispool sim (--(?:set|profile|fault) [^`]+)`").FindAllStringSubmatch(document(t, "README.md").text, -1) {
		t.Run(m[1], func(t *testing.T) {
			t.Parallel()
			words, code := shell(t, t.TempDir(), `printf '%s\n' `+m[1])
			if code != 0 {
				t.Fatalf("want words, got %d %s", code, words)
			}
			p := serve(t, t.TempDir(), append([]string{"-q"}, strings.Split(strings.TrimSpace(words), "\n")...)...)
			if strings.HasPrefix(m[1], "--fault") {
				p.wantBroken(t)
			}
			p.number(t)
			p.stop(t, syscall.SIGTERM)
		})
		started++
	}
	if started < 5 {
		t.Errorf("want the simulators of the table, got %d", started)
	}
}

// wantBroken tries what the README says of a broken platform.
func (p *platform) wantBroken(t *testing.T) {
	t.Helper()
	reserve := func() (int, string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.reserve.url, strings.NewReader(p.reserve.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Api-Key", p.reserve.key)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, "", err
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		return res.StatusCode, string(b), err
	}
	if status, body, err := reserve(); status != 500 || !strings.HasPrefix(body, `{"success":false`) {
		t.Errorf("first: want 500, got %d %s (%v)", status, body, err)
	}
	if _, body, err := reserve(); !strings.HasPrefix(body, "<html>") {
		t.Errorf("second: want a page of HTML, got %s (%v)", body, err)
	}
	if status, body, err := reserve(); err == nil {
		t.Errorf("third: want the connection reset, got %d %s", status, body)
	}
	control, err := client.New(p.link(t))
	if err != nil {
		t.Fatal(err)
	}
	if pools, err := control.Pools(t.Context()); err != nil || pools[0].Pending != 1 {
		t.Errorf("third: want its number taken, got %+v (%v)", pools, err)
	}
	for _, want := range []int{503, 200} {
		if placed, err := control.Place(t.Context(), client.Dial{To: "+442079460000"}); err != nil || placed.Status != want {
			t.Errorf("call: want %d, got %+v (%v)", want, placed, err)
		}
	}
}

// TestHelpCommands runs the commands that the help texts name.
func TestHelpCommands(t *testing.T) {
	dir := t.TempDir()
	other := regexp.MustCompile(`(?m)^.*dnispool record call.*$`) // a line about a command that has a help of its own
	for _, v := range append([]verb{{name: "help"}, {name: "record call"}}, verbs()...) {
		help := append(strings.Fields(v.name), "--help")
		if v.name == "help" {
			help = help[:1]
		}
		got := dnispool(t, dir, help...)
		if got.code != 0 || got.out == "" || got.err != "" {
			t.Errorf("%s: want a help text, got %+v", v.name, got)
		}
		for _, name := range regexp.MustCompile(`(?m)dnispool ([a-z]+)\b`).FindAllStringSubmatch(got.out, -1) {
			if known := slices.ContainsFunc(verbs(), func(other verb) bool { return other.name == name[1] }); !known && name[1] != "is" {
				t.Errorf("%s: want commands that there are, got %q", v.name, name[0])
			}
		}
		text := got.out
		switch v.name {
		case "record":
			text = other.ReplaceAllString(text, "")
		case "record call": // whose text speaks of flags of other commands
			text, _, _ = strings.Cut(text, "\n")
		}
		for _, flag := range regexp.MustCompile(`(?m)(?:^|[ (])(--?[a-z][a-z-]*)`).FindAllStringSubmatch(text, -1) {
			if !strings.Contains(got.out, "\n  "+flag[1]+" ") && flag[1] != "--help" && v.name != "sipp" {
				t.Errorf("%s: want flags that are listed, got %q", v.name, flag[1])
			}
		}
	}
}

// TestReadmeReliability: what the rows of that table are repeated by is there, and so are the settings that they name.
// The commands take minutes, so what they run is listed, and not run.
func TestReadmeReliability(t *testing.T) {
	chapter := document(t, "README.md").chapter(t, "Reliability").text
	makefile := document(t, "Makefile").text
	rows := 0
	for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(chapter, -1) {
		words := strings.Fields(code[1])
		switch {
		case words[0] == "make":
			if !strings.Contains(makefile, "\n"+words[1]+":") {
				t.Errorf("%s: want the target, got none", code[1])
			}
		case slices.Contains(words, "go"):
			rows++
			at := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "./") })
			wanted := words[slices.Index(words, "-run")+1]
			if b := slices.Index(words, "-bench"); b >= 0 {
				wanted = words[b+1]
			}
			if !declares(t, words[at], wanted) {
				t.Errorf("%s: want what it runs in %s, got nothing of that name", code[1], words[at])
			}
		case regexp.MustCompile(`^[a-z]+\.[a-z_]+$`).MatchString(code[1]):
			if !slices.Contains(sim.Paths(), code[1]) {
				t.Errorf("%s: want a setting, got none", code[1])
			}
		}
	}
	if rows < 7 {
		t.Errorf("want each row's command, got %d", rows)
	}
}

// declares reports whether the tests of a package have a test or a benchmark whose name begins or goes on like that.
func declares(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	is := regexp.MustCompile(`(?m)^func (?:Test|Benchmark)?\w*` + name)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if is.Match(text) {
			return true
		}
	}
	return false
}
