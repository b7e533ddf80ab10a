package targetfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

var today = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// least is a file with nothing but what is due.
const least = `target: v1
region: uk-1
account: acme-uk
project: acme-support
keys: {dni: {env: DNI_KEY}, handoff: {file: handoff.key}}
`

func TestParse(t *testing.T) {
	f, problems := targetfile.Parse("t.yaml", []byte(least+`
calls: {trunk: {host: "sbc.example.net:5060", transport: tcp, headers: {X-PolyAI-SIP-Trunk-ID: tr-1}}, from: "+442079460999"}
facts: {size: {is: 20, source: measured}, window_min: 60s, window_max: 60s, release: hangup, exclusive: true}
limits: {reservations: 20, duration: 10m}
consent: {reservations: "Jo, PolyAI, 2026-11-01: staging may be drained at night", duration: "the same"}
waivers: [{area: pool, reason: known, by: Jo, until: 2026-11-28}]
`), today)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	switch {
	case f.BaseURL != "https://api.uk-1.platform.polyai.app", f.Name != "api.uk-1.platform.polyai.app":
		t.Errorf("want the region's host, got %q, %q", f.BaseURL, f.Name)
	case f.Facts.Size != 20, f.Facts.WindowMin != time.Minute, f.Facts.CoolDown != nil, !f.Facts.Exclusive:
		t.Errorf("want the facts, got %+v", f.Facts.Facts)
	case f.Facts.Source("size") != reading.Measured, f.Facts.Source("release") != reading.Documented:
		t.Errorf("want size measured, release documented, got %v", f.Facts.Sources)
	case f.Limits.Requests != 5, f.Limits.Reservations != 20, f.Limits.Duration != 10*time.Minute:
		t.Errorf("want two limits raised, got %+v", f.Limits)
	case !f.Waivers[0].Covers("pool/exhaustion-is-404"), f.Waivers[0].Covers("core/nine-steps"):
		t.Error("want the area waived and no other")
	case !f.Facts.Has("size"), f.Facts.Has("cool_down"):
		t.Errorf("want what is stated, got %v", f.Facts.Stated)
	}
}

// TestProblems: every problem has its place, and says what is to be done.
func TestProblems(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "t.yaml:1:1: file: want a mapping, got nothing"},
		{"a key in the file", strings.Replace(least, "{env: DNI_KEY}", "abc", 1), "t.yaml:5:13: dni: want {env: NAME} or {file: path}, got text; a secret does not belong in this file"},
		{"two places for a key", strings.Replace(least, "{env: DNI_KEY}", "{env: A, file: b}", 1), "t.yaml:5:13: dni: want one of env and file"},
		{"no key", strings.Replace(least, "dni: {env: DNI_KEY}, ", "", 1), "t.yaml:5:7: keys: want dni: {env: NAME} or {file: path}, got none"},
		{"a region", strings.Replace(least, "uk-1", "uk", 1), `t.yaml:2:9: region: want one of euw-1, uk-1, us-1, got "uk"`},
		{"no place", strings.Replace(least, "region: uk-1\n", "", 1), "t.yaml:1:1: target: want the key region (euw-1, uk-1 or us-1) or base_url, or simulator, got none"},
		{"a simulator with facts", "target: v1\nsimulator: {control: http://a:1}\nfacts: {size: 3}\n", "t.yaml:3:8: facts: want it of a deployment only, got it beside simulator"},
		{"a simulator without a control API", "target: v1\nsimulator: {control: a:1, sip: b}\n", "t.yaml:2:22: control: want a URL like http://127.0.0.1:8081, got \"a:1\"\nt.yaml:2:32: sip: want host:port, got \"b\""},
		{"two places", least + "base_url: https://x.example\n", "t.yaml:6:11: base_url: want a region or a base_url, got both"},
		{"a proxy's password", least + "proxy: http://me:secret@p.example:3128\n", "t.yaml:6:8: proxy: want no user and password, which do not belong in this file; leave proxy out, and set HTTPS_PROXY in the environment"},
		{"a path", strings.Replace(least, "region: uk-1", "base_url: https://x.example/v1", 1), `t.yaml:2:11: base_url: want scheme and host alone, got "https://x.example/v1"; the paths are those of the contract`},
		{"keys in the clear", strings.Replace(least, "region: uk-1", "base_url: http://x.example", 1), "t.yaml:2:11: base_url: want https, got http to x.example: the keys would be sent in the clear"},
		{"a version", strings.Replace(least, "v1", "v2", 1), `t.yaml:1:9: target: want v1, got "v2"`},
		{"a key of ours", least + "acount: x\n", `t.yaml:6:1: unknown key "acount" (did you mean "account"?)`},
		{"a fact", least + "facts: {sise: 20}\n", `t.yaml:6:9: unknown fact "sise" (did you mean "size"?)`},
		{"a fact in nanoseconds", least + "facts: {window_min_ns: 20}\n", "t.yaml:6:9: window_min_ns: want window_min with a duration like 60s"},
		{"a fact's value", least + "facts: {release: {is: hang-up, source: measured}}\n", `t.yaml:6:18: release: want one of arrival, answer, hangup, got "hang-up" (did you mean "hangup"?)`},
		{"a fact's source", least + "facts: {size: {is: 20, source: guessed}}\n", `t.yaml:6:15: sources: size: want one of documented, measured, assumed, got "guessed"`},
		{"a source of nothing", least + "facts: {size: {source: measured}}\n", "t.yaml:6:15: fact: want {is: …, source: documented, measured or assumed}, got no is"},
		{"facts that contradict", least + "facts: {window_min: 2m, window_max: 1m}\n", "t.yaml:6:8: window_min is 2m0s, more than window_max, which is 1m0s"},
		{"a limit", least + "limits: {reservations: 11}\n", "t.yaml:6:24: reservations: want at most 10, or a line consent.reservations that says who allowed more and why"},
		{"a limit in time", least + "limits: {call: 1h}\nconsent: {call: ' '}\n", "t.yaml:6:16: call: want at most 2m0s, or a line consent.call that says who allowed more and why"},
		{"no requests", least + "limits: {requests_per_second: 0}\n", "t.yaml:6:31: requests_per_second: want more than 0, got 0"},
		{"consent to nothing", least + "consent: {reservation: x}\n", `t.yaml:6:11: unknown key "reservation" in consent (did you mean "reservations"?)`},
		{"an ended waiver", least + "waivers: [{area: pool, reason: r, by: b, until: 2026-11-27}]\n", "t.yaml:6:49: waiver: ended on 2026-11-27: what it excused counts again; renew it with whoever decided, or take it out"},
		{"a waiver for ever", least + "waivers: [{area: pool, reason: r, by: b}]\n", "t.yaml:6:11: waiver: want the key until with a day like 2026-12-31, got none"},
		{"a waiver of nobody", least + "waivers: [{scenario: pool/x, reason: r, until: 2027-01-01}]\n", "t.yaml:6:11: waiver: want the key by, got none"},
		{"a waiver of all", least + "waivers: [{reason: r, by: b, until: 2027-01-01}]\n", "t.yaml:6:11: waiver: want one of scenario and area"},
		{"two ways to call", least + "calls: {exec: [dial, '{dni}'], trunk: {host: 'a:1'}}\n", "t.yaml:6:15: calls: want trunk or exec, got both"},
		{"a command for nobody", least + "calls: {exec: [dial]}\n", `t.yaml:6:15: exec: want a command with "{dni}" among its arguments, which stands for the number to call`},
		{"TLS to the trunk", least + "calls: {trunk: {host: 'a:1', transport: tls}}\n", `t.yaml:6:41: transport: want udp or tcp, got "tls": TLS and SRTP are not supported yet; place the calls by an exec command`},
		{"a redirect without a port", least + "calls: {trunk: {host: 'a:1', redirects: [b]}}\n", `t.yaml:6:41: redirects: want host:port like sbc2.example.net:5060, got "b"`},
		{"a header that no request can carry", least + "calls: {trunk: {host: 'a:1', headers: {X-A: \"b\\r\\nX-B: c\", 'X C': d}}}\n",
			"t.yaml:6:45: X-A: want one line of text, got control characters in it\nt.yaml:6:60: headers: want the name of a header, got \"X C\""},
		{"a user without a password", least + "calls: {trunk: {host: 'a:1', user: u}}\n", "t.yaml:6:36: trunk: want user and password, got one of them"},
		{"one project twice", least + "second_project: {account: acme-uk, project: acme-support, keys: {dni: {env: A}, handoff: {env: B}}}\n", "t.yaml:6:45: second_project: want another project, got the first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := targetfile.Parse("t.yaml", []byte(c.text), today)
			if err := problems.Err(); err == nil || err.Error() != c.want {
				t.Errorf("want %s\ngot  %v", c.want, err)
			}
		})
	}
}

// TestSchemaAgrees: what a schema can say of a file it says as the loader does.
func TestSchemaAgrees(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	schema, err := compiler.Compile("../../../specs/target.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		least: true,
		least + "facts: {numbers: [\"+442079460000\"], window_min: {is: 60s, source: assumed}, strays_per_s: 0.5}\n":                   true,
		least + "second_project: {account: a, project: b, keys: {dni: {env: A}, handoff: {env: B}}, facts: {size: 3}}\n":               true,
		least + "tls: {ca: ca.pem, server_name: x.example, insecure: true}\nproxy: http://p.example:3128\n":                            true,
		least + "calls: {trunk: {host: \"a:1\", secret_headers: {X-PolyAI-SIP-Trunk-Token: {env: T}}, user: u, password: {env: P}}}\n": true,
		least + "waivers: [{scenario: pool/x, reason: r, by: b, until: 2027-01-01}]\n":                                                 true,
		least + "calls: {exec: [./dial.sh, \"{dni}\"]}\n":                                                                              true,
		"target: v1\nsimulator: {control: http://a:1, token: {env: T}, http: http://a:2, sip: \"a:3\"}\n":                              true,
		"target: v1\nsimulator: {control: http://a:1}\nregion: uk-1\n":                                                                 false,
		"target: v1\nsimulator: {token: {env: T}}\n":                                                                                   false,
		strings.Replace(least, "region: uk-1\n", "", 1):                                                                                false,
		strings.Replace(least, "{env: DNI_KEY}", "abc", 1):                                                                             false,
		least + "facts: {size: many}\n":                                                                                                false,
		least + "facts: {window_min_ns: 3}\n":                                                                                          false,
		least + "facts: {size: {is: 3, source: guessed}}\n":                                                                            false,
		least + "limits: {requests_per_second: 0}\n":                                                                                   false,
		least + "proxy: http://me:secret@p.example:3128\n":                                                                             false,
		least + "waivers: [{reason: r, by: b, until: 2027-01-01}]\n":                                                                   false,
		least + "calls: {trunk: {host: 'a:1', others: ['b:1'], redirects: ['c:1']}}\n":                                                 true,
		least + "calls: {trunk: {host: 'a:1', redirects: [c]}}\n":                                                                      false,
		least + "calls: {trunk: {host: a}}\n":                                                                                          false,
		least + "nonsense: 1\n":                                                                                                        false,
		least + "consent: {everything: yes please}\n":                                                                                  false,
	} {
		_, problems := targetfile.Parse("t.yaml", []byte(text), today)
		root, _ := strictyaml.Parse("t.yaml", []byte(text))
		raw, more := strictyaml.JSON("t.yaml", root)
		if len(more) > 0 {
			t.Fatal(more)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); (err == nil) != want || (len(problems) == 0) != want {
			t.Errorf("%s\nwant accepted to be %v; loader: %v; schema: %v", text, want, problems, err)
		}
	}
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"good.key": " k-1\n", "empty.key": "\n", "two.key": "a\nb\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	from := targetfile.Source{Dir: dir, Getenv: func(name string) string { return map[string]string{"K": "k-2 "}[name] }}
	for _, c := range []struct {
		secret    targetfile.Secret
		want, err string
	}{
		{targetfile.Secret{File: "good.key"}, "k-1", ""},
		{targetfile.Secret{Env: "K"}, "k-2", ""},
		{targetfile.Secret{Env: "NONE"}, "", "environment variable NONE: want a secret, got nothing; export it before the run"},
		{targetfile.Secret{File: "none.key"}, "", "secret " + filepath.Join(dir, "none.key") + ": no such file or directory"},
		{targetfile.Secret{File: "empty.key"}, "", "secret " + filepath.Join(dir, "empty.key") + ": want text, got nothing"},
		{targetfile.Secret{File: "two.key"}, "", "secret " + filepath.Join(dir, "two.key") + ": want one line of text, got control characters in it"},
	} {
		got, err := c.secret.Read(from)
		switch {
		case c.err == "" && (err != nil || got != c.want):
			t.Errorf("%+v: want %q, got %q, %v", c.secret, c.want, got, err)
		case c.err != "" && (err == nil || err.Error() != c.err):
			t.Errorf("%+v: want %s, got %v", c.secret, c.err, err)
		}
	}
}

// FuzzParse: no text is too strange for it, and what it accepts can be shown.
func FuzzParse(f *testing.F) {
	f.Add(least)
	f.Add(least + "facts: {size: {is: 20, source: measured}}\ncalls: {exec: [\"{dni}\"]}\nwaivers: [{area: x, reason: r, by: b, until: 2027-01-01}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, problems := targetfile.Parse("t.yaml", []byte(text), today)
		if len(problems) == 0 && len(file.Config()) == 0 {
			t.Error("want it shown, got nothing")
		}
	})
}

// testdata/v1 holds a target file as the first version of the form allowed it. It is never written anew.
func TestParseOpensWhatEarlierVersionsAllowed(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "v1", "target.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	f, problems := targetfile.Parse("target.yaml", data, today)
	if len(problems) > 0 || f.Second == nil || f.Facts.Size != 20 || len(f.Waivers) != 1 || f.Calls.Trunk == nil {
		t.Errorf("want it read, got %+v\n%v", f, problems.Err())
	}
}

// TestASimulatorIsWhoseControlItIs: a file cannot have the scenarios of a simulator sent, past every limit, to somebody else.
func TestASimulatorIsWhoseControlItIs(t *testing.T) {
	for text, want := range map[string]string{
		`control: "http://sim.example:1", http: "http://sim.example:2", sip: "127.0.0.1:3"`:   "",
		`control: "http://127.0.0.1:1", http: "http://localhost:2"`:                           "",
		`control: "http://127.0.0.1:1", http: "https://api.uk-1.platform.polyai.app"`:         "http: want this machine or the host of control, 127.0.0.1, got api.uk-1.platform.polyai.app: ",
		`control: "http://127.0.0.1:1", sip: "sbc.example.net:5060"`:                          "sip: want this machine or the host of control, 127.0.0.1, got sbc.example.net: ",
		`control: "http://127.0.0.1:1", sip: "edge:5060", consent: "ours, in the CI network"`: "",
	} {
		_, problems := targetfile.Parse("t.yaml", []byte("target: v1\nsimulator: {"+text+"}\n"), today)
		switch err := problems.Err(); {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: want %q, got %v", text, want, err)
		}
	}
}
