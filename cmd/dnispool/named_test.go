package main

import (
	"strings"
	"testing"
)

// TestFilesByName: scenarios are taken by their files and directories, alone or beside the bundled ones.
func TestFilesByName(t *testing.T) {
	t.Parallel()
	files := map[string]string{"my.yaml": mine["mine/pool/fine.yaml"], "dir/sub/wrong.yaml": mine["mine/pool/wrong.yaml"], "empty/readme.txt": ""}
	for name, text := range mine {
		files[name] = text
	}
	dir := write(t, files)
	for _, c := range []struct {
		args string
		code int
		out  []string // the first word of each line
		err  string
	}{
		{"list my.yaml", 0, []string{"my"}, ""},
		{"list ./my.yaml:3 dir/", 0, []string{"dir/sub/wrong", "my"}, ""},
		{"list my.yaml my.yaml dir dir/sub/wrong.yaml", 0, []string{"dir/sub/wrong", "my"}, ""},
		{"list my.yaml core/nine-steps", 0, []string{"core/nine-steps", "my"}, ""},
		{"list my.yaml dir --label smoke", 0, []string{"my"}, ""},
		{"list --scenarios mine my.yaml mine/pool/fine.yaml wire/doubt", 0, []string{"my", "pool/fine", "wire/doubt"}, ""},
		{"lint my.yaml dir", 0, []string{"2"}, ""},
		{"list my.yaml:9", 2, nil, "scenario: want a line of my.yaml (1 to 8), got 9\n"},
		{"list mi.yaml", 2, nil, "scenario: want an id, a glob or file:line, got \"mi.yaml\" (did you mean \"my.yaml\"?)\n"},
		{"list dri/sub", 2, nil, "scenario: want an id, a glob or file:line, got \"dri/sub\", which fits none of "},
		{"list dir/sbu", 2, nil, "scenario: want an id, a glob or file:line, got \"dir/sbu\" (did you mean \"dir/sub\"?)\n"},
		{"list empty", 2, nil, "empty:1:1: scenarios: want at least one .yaml file, got none\n"},
		{"list empty/readme.txt", 2, nil, "scenario empty/readme.txt: want a file that ends in .yaml, or a directory\n"},
	} {
		r := dnispool(t, dir, append([]string{"scenarios"}, strings.Fields(c.args)...)...)
		var got []string
		for line := range strings.Lines(r.out) {
			got = append(got, strings.Fields(line)[0])
		}
		if r.code != c.code || strings.Join(got, " ") != strings.Join(c.out, " ") || !strings.HasPrefix(r.err, c.err) || c.err == "" && r.err != "" {
			t.Errorf("%s: want %d, %q and %q, got %+v", c.args, c.code, c.out, c.err, r)
		}
	}
	r := dnispool(t, dir, "check", "dir/", "my.yaml", "--seed", "7", "--json", "r.json")
	if r.code != 1 || !strings.Contains(r.out, "again     dnispool check dir/sub/wrong.yaml --seed 7\n") || !strings.Contains(r.out, "\n2 scenarios: 1 passed, 1 failed. ") {
		t.Errorf("want those two played, and a command that names the file, got %+v", r)
	}
	if r := dnispool(t, dir, "check", "--again", "r.json"); r.code != 1 || !strings.Contains(r.out, "  failed         dir/sub/wrong (was failed)\n") {
		t.Errorf("want the file played again, got %+v", r)
	}
}
