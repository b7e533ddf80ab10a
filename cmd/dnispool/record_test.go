package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/fakes/independent"
	"github.com/dnispool/dnispool/fakes/pstn"
)

// stranger starts a platform that is not ours.
func stranger(t *testing.T) (*independent.Platform, independent.Project) {
	t.Helper()
	p, err := independent.Start(independent.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	t.Setenv("ACME_KEYS", p.Projects()[0].DNIKey+","+p.Projects()[0].HandoffKey)
	return p, p.Projects()[0]
}

// recorder is `dnispool record` in front of it, and where to reach it.
func recorder(t *testing.T, dir string, p *independent.Platform, args ...string) (r *process, url, calls string) {
	t.Helper()
	r = start(t, dir, append([]string{"record", "--upstream", p.URL(), "--out", "h.jsonl", "--listen", "127.0.0.1:0", "--calls", "127.0.0.1:0", "--project", "acme=ACME_KEYS"}, args...)...)
	url = strings.Fields(r.line(t, "recording http://"))[1]
	return r, url, strings.Fields(r.line(t, "calls are told at "))[4]
}

func dial(t *testing.T, sip, number string) *pstn.Call {
	t.Helper()
	p := &platform{sip: sip}
	return p.call(t, number)
}

func recorded(t *testing.T, file string) []history.Op {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, err := history.Read(file, f)
	if err != nil {
		t.Fatal(err)
	}
	return h.Ops
}

// TestRecord is a journey through the recorder, told call included, from its first request to its verdict.
func TestRecord(t *testing.T) {
	p, project := stranger(t)
	dir := write(t, map[string]string{"facts.json": `{"acme":{"size":4,"release":"hangup","exclusive":true}}`})
	r, url, calls := recorder(t, dir, p, "--facts", "facts.json", "--source", "a test", "--client", "attribute:who")
	var got struct{ DNI, ID string }
	if status := ask(t, "POST", url+"/v1/conversations/dni-reservation", project.DNIKey, `{"attributes":{"nonce":"n","shared_id":"s","who":"w"}}`, &got); status != 200 || got.DNI == "" {
		t.Fatalf("got %d %q", status, got.DNI)
	}
	tell := func(args ...string) {
		t.Helper()
		if r := dnispool(t, dir, append([]string{"record", "call", "--to", calls, "--call-id", "c", "--client", "w"}, args...)...); r.code != 0 || r.out != "" || r.err != "" {
			t.Fatalf("%+v", r)
		}
	}
	tell("--number", got.DNI, "--dialled", "now", "--nonce", "n", "--shared-id", "s", "--project", "acme")
	c := dial(t, p.SIP(), got.DNI)
	tell("--arrived", "now", "--status", "200")
	over(t, c)
	tell("--ended", "now", "--ended-by", "platform")
	if status := ask(t, "GET", url+"/v1/"+project.Account+"/"+project.ID+"/handoff_state?shared_id=s", project.HandoffKey, "", &got); status != 200 || got.ID == "" {
		t.Fatalf("got %d %+v", status, got)
	}
	if err := r.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if rest, code := r.end(t); code != 0 || rest != "recorded in h.jsonl: reserve 1, call 1, handoff 1; judge them with dnispool judge h.jsonl\n" {
		t.Errorf("got %d %s", code, rest)
	}
	file := filepath.Join(dir, "h.jsonl")
	ops := recorded(t, file)
	if len(ops) != 3 {
		t.Fatalf("want 3 operations, got %+v", ops)
	}
	reserve, call, handoff := ops[0], ops[1], ops[2]
	if reserve.Number != got.DNI || reserve.Nonce != "n" || call.Number != got.DNI || !call.Ended || call.Outcome != history.OK || handoff.GotSharedID != "s" || handoff.GotID != got.ID {
		t.Errorf("got\n%+v\n%+v\n%+v", reserve, call, handoff)
	}
	for _, op := range ops {
		if op.Client != "w" || op.Project != "acme" {
			t.Errorf("want client w of acme, got %+v", op)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), "key-of") || !strings.Contains(string(text), `"source":"a test","facts":{"acme":{"size":4,`) {
		t.Errorf("got %v %s", err, text)
	}
	if r := dnispool(t, dir, "judge", "h.jsonl"); r.code == 1 || r.code == 2 {
		t.Errorf("%+v", r)
	}
}

// TestRecordIsKilled: what has happened by then is in the file, and can be read.
func TestRecordIsKilled(t *testing.T) {
	p, project := stranger(t)
	dir := t.TempDir()
	r, url, calls := recorder(t, dir, p)
	var got struct{ DNI string }
	ask(t, "POST", url+"/v1/conversations/dni-reservation", project.DNIKey, `{"attributes":{"nonce":"n"}}`, &got)
	if r := dnispool(t, dir, "record", "call", "--to", calls, "--call-id", "c", "--number", got.DNI, "--dialled", "now"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if err := r.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.end(t)
	if ops := recorded(t, filepath.Join(dir, "h.jsonl")); len(ops) != 2 || ops[0].Number != got.DNI || ops[1].Outcome != history.Indefinite || ops[1].Number != got.DNI {
		t.Errorf("got %+v", ops)
	}
}

// TestRecordFromStandardInput: a dialler's output is told of its mistakes by line, and of nothing else.
func TestRecordFromStandardInput(t *testing.T) {
	p, _ := stranger(t)
	dir := t.TempDir()
	c := command(t, dir, "record", "--upstream", p.URL(), "--out", "-", "--listen", "127.0.0.1:0", "--calls", "-")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	errOut, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c.Stdout = &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Kill() }()
	fmt.Fprintln(in, `{"number":"+1","dialled":"now","arrived":"now","ended":"now","status":200}`)
	fmt.Fprintln(in, `{"nummer":"+1"}`)
	said := bufio.NewScanner(errOut)
	for said.Scan() && !strings.HasPrefix(said.Text(), "standard input:2: call: want an object of call_id,") {
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	if said.Scan(); said.Text() != "recorded in -: reserve 0, call 1, handoff 0; judge them with dnispool judge -" {
		t.Errorf("got %s", said.Text())
	}
	_, _ = io.Copy(io.Discard, errOut)
	if err := c.Wait(); err != nil || strings.Count(out.String(), "\n") != 3 || !strings.HasPrefix(out.String(), `{"format":"dnispool.history/v1"`) {
		t.Errorf("got %v %s", err, out.String())
	}
}

func TestRecordRefuses(t *testing.T) {
	dir := write(t, map[string]string{"there.jsonl": "evidence", "facts.json": `{"size":4}`})
	up := []string{"--upstream", "http://127.0.0.1:1"}
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, `record: want --upstream and --out, got --upstream "" --out ""; try dnispool record --help`},
		{[]string{"--upstream", "api.example", "--out", "h"}, `record: --upstream: want a URL as in https://api.uk-1.platform.polyai.app, got "api.example"`},
		{append(up, "--out", "there.jsonl", "--listen", "127.0.0.1:0"), "record: --out: want a file that does not exist yet, got there.jsonl; move it away or name another"},
		{append(up, "--out", "no/h", "--listen", "127.0.0.1:0"), "record: --out: open no/h: no such file"},
		{append(up, "--out", "h", "--client", "header:x-api-key"), "record: --client: client: want a header without a secret"},
		{append(up, "--out", "h", "--project", "a", "--project", "b"), "record: --project: want name=VARIABLE for each of several"},
		{append(up, "--out", "h", "--project", "a=NOT_SET"), "record: --project a: want its keys in the environment variable NOT_SET, got none"},
		{append(up, "--out", "h", "--facts", "facts.json"), "facts.json:1:9: want an object of facts, got 4"},
		{append(up, "--out", "h", "--eps", "-1s"), "record: --eps: want 0 or more"},
		{append(up, "--out", "h", "--listen", "127.0.0.1:0", "--calls", "no-port"), "record: --calls: listen tcp"},
		{append(up, "--out", "h", "more"), `record: want flags only, or call first, got "more"`},
		{[]string{"call"}, `record call: want --to and other flags only, got --to ""`},
		{[]string{"call", "--to", "127.0.0.1:1", "--number", "+1"}, "record call: --to: dial tcp 127.0.0.1:1"},
		{[]string{"call", "--too", "x"}, "dnispool record call: no flag --too (did you mean --to?)"},
	} {
		r := dnispool(t, dir, append([]string{"record"}, tc.args...)...)
		if r.code != 2 || !strings.HasPrefix(r.err, tc.want) {
			t.Errorf("%q: want %q, got %+v", tc.args, tc.want, r)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "there.jsonl")); err != nil || string(text) != "evidence" {
		t.Errorf("got %q, %v", text, err)
	}
}

// TestDialler is no test: it is the dialler of the Python example.
func TestDialler(t *testing.T) {
	sip := os.Getenv("TEST_DIALLER_SIP")
	if sip == "" {
		t.Skip("want TEST_DIALLER_SIP, which the test of the Python example sets")
	}
	c := dial(t, sip, flag.Arg(0))
	fmt.Println("arrived")
	over(t, c)
	fmt.Println("over")
}

// TestPythonExample writes a history from a client's own code, without us.
func TestPythonExample(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("want python3 on the path, got none")
	}
	p, project := stranger(t)
	example, err := filepath.Abs("../../specs/examples/record.py")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := exec.CommandContext(t.Context(), python, example, p.URL(), project.Account+"/"+project.ID, "h.jsonl", os.Args[0], "-test.run=^TestDialler$")
	c.Dir = dir
	c.Env = append(os.Environ(), "DNI_KEY="+project.DNIKey, "HANDOFF_KEY="+project.HandoffKey, "TEST_DIALLER_SIP="+p.SIP())
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ops := recorded(t, filepath.Join(dir, "h.jsonl"))
	if len(ops) != 3 {
		t.Fatalf("want 3 operations, got %+v", ops)
	}
	reserve, call, handoff := ops[0], ops[1], ops[2]
	if reserve.Outcome != history.OK || call.Outcome != history.OK || call.Number != reserve.Number || !call.Ended || call.Bye < call.End || handoff.Outcome != history.OK ||
		handoff.GotSharedID != reserve.SharedID || !strings.Contains(string(handoff.Data), reserve.Nonce) {
		t.Errorf("got\n%+v\n%+v\n%+v", reserve, call, handoff)
	}
	if r := dnispool(t, dir, "judge", "h.jsonl"); r.code == 1 || r.code == 2 {
		t.Errorf("%+v", r)
	}
}
