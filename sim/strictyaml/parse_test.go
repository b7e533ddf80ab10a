package strictyaml

import (
	"slices"
	"strings"
	"testing"
)

func TestParseProblems(t *testing.T) {
	deep := strings.Repeat("[", 101) + strings.Repeat("]", 101)
	for _, test := range []struct{ name, in, want string }{
		{"fine", "a: 1\nb: {c: [x, null]}\n", ""},
		{"one marker is fine", "---\na: 1\n...\n", ""},
		{"same key at two levels", "a: {a: {a: 1}}\n", ""},
		{"byte order mark", "\ufeffa: 1\n", ""},
		{"directive", "%YAML 1.2\n---\na: 1\n", "f:1:1: yaml: found incompatible YAML document"},
		{"empty", "", "f:1:1: file: want a mapping, got nothing"},
		{"only a comment", "# nothing\n", "f:1:1: file: want a mapping, got nothing"},
		{"only a marker", "---\n", "f:2:1: file: want a mapping, got nothing"},
		{"list", "- a\n", "f:1:1: file: want a mapping, got a list"},
		{"text", "hello\n", `f:1:1: file: want a mapping, got "hello"`},
		{"second document", "a: 1\n---\nb: 2\n", "f:2:1: file: want one document, got a second one"},
		{"third document", "a: 1\n---\nb: 2\n---\nc: 3\n", "f:2:1: file: want one document, got a second one"},
		{"broken second document", "a: 1\n---\n]\n", "f:2:1: yaml: did not find expected node content"},
		{"duplicate keys, each of them", "a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n", `f:2:11: duplicate key "c", first on line 2
f:3:1: duplicate key "a", first on line 1
f:4:1: duplicate key "a", first on line 1`},
		{"duplicate across quotes", "1: x\n\"1\": y\n", `f:2:1: duplicate key "1", first on line 1`},
		{"anchor", "a: &x 1\nb: 2\n", "f:1:4: anchor &x: anchors are not allowed; write the value out"},
		{"anchor and alias", "a: &x [1]\nb: *x\n", `f:1:4: anchor &x: anchors are not allowed; write the value out
f:2:4: alias *x: aliases are not allowed; write the value out`},
		{"anchored key", "&k a: 1\n", "f:1:1: anchor &k: anchors are not allowed; write the value out"},
		{"alias of itself", "a: &x [*x]\n", `f:1:4: anchor &x: anchors are not allowed; write the value out
f:1:8: alias *x: aliases are not allowed; write the value out`},
		{"alias of nothing", "a: 1\nb: *nope\n", "f:2:4: alias *nope: aliases are not allowed; write the value out, or quote the text"},
		{"merge key", "a: 1\n<<: {b: 2}\n", "f:2:1: key <<: merge keys are not allowed; write the keys out"},
		{"custom tag", "a: !thing 1\n", "f:1:4: tag !thing: tags are not allowed; quote a value to make it text"},
		{"standard tag", "a: !!str 12\n", "f:1:4: tag !!str: tags are not allowed; quote a value to make it text"},
		{"tagged mapping", "a: !m {b: 1}\n", "f:1:4: tag !m: tags are not allowed; quote a value to make it text"},
		{"key that is a mapping", "{a: 1}: 2\n", "f:1:1: key: want text, got a mapping"},
		{"key that is a list", "? [a]\n: 2\n", "f:1:3: key: want text, got a list"},
		{"not UTF-8", "a: 1\nb: é\xff\n", "f:2:5: file: want UTF-8, got byte 0xff"},
		{"UTF-16", "\xff\xfea\x00", "f:1:1: file: want UTF-8, got byte 0xff"},
		{"too deep", "a: " + deep + "\n", "f:1:103: file: want at most 100 levels, got more"},
		{"too large", strings.Repeat("#", 1<<20) + "\n", "f:1:1: file: want at most 1 MiB, got 1048577 bytes"},
		{"syntax on the first line", "a: [1\n", "f:1:1: yaml: did not find expected ',' or ']'"},
		{"syntax further down", "a: 1\nb:\n    c: 1\n  d: 2\n", "f:3:5: yaml: did not find expected key"},
		{"tab", "a:\n\tb: 1\n", "f:2:2: yaml: found character that cannot start any token"},
		{"colon in plain text", "a: b: c\n", "f:1:1: yaml: mapping values are not allowed in this context"},
		{"template braces", "a: {{ x }}\n", "f:1:5: key: want text, got a mapping"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, ps := Parse("f", []byte(test.in))
			if got := ps.Error(); got != test.want {
				t.Errorf("problems of %q\n got %s\nwant %s", clip(test.in), got, test.want)
			}
		})
	}
}

func TestParseReturnsTheRootWithItsProblems(t *testing.T) {
	n, ps := Parse("f", []byte("a: 1\na: 2\nb: 3\n"))
	if n == nil || len(ps) != 1 {
		t.Fatalf("want a node and one problem, got %v and %v", n, ps)
	}
	var keys []string
	for k := range Pairs(n) {
		keys = append(keys, k.Value)
	}
	if want := []string{"a", "a", "b"}; !slices.Equal(keys, want) {
		t.Errorf("keys: want %v, got %v", want, keys)
	}
	if got := Lookup(n, "b"); got == nil || got.Value != "3" || got.Line != 3 || got.Column != 4 {
		t.Errorf("lookup: want 3 at 3:4, got %+v", got)
	}
	if got := Lookup(n, "c"); got != nil {
		t.Errorf("lookup: want nothing, got %+v", got)
	}
}

func TestProblemsErr(t *testing.T) {
	if err := (Problems{}).Err(); err != nil {
		t.Fatalf("want nil, got %v", err)
	}
	ps := Problems{
		{File: "b", Line: 1, Column: 1, Message: "later"},
		{File: "a", Line: 2, Column: 9, Message: "second", Hint: "hint"},
		{File: "a", Line: 2, Column: 3, Message: "first"},
		{File: "a", Line: 2, Column: 3, Message: "first"},
		{Line: 7, Column: 1, Message: "no file"},
	}
	want := `7:1: no file
a:2:3: first
a:2:9: second (did you mean "hint"?)
b:1:1: later`
	if got := ps.Err().Error(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if ps[0].File != "b" {
		t.Error("Err changed the order of its receiver")
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"reserve", "dial", "hangup", "await", "handoff", "cool_down", "ani"}
	for word, want := range map[string]string{
		"dail": "dial", "Dial": "dial", "hang_up": "hangup", "handof": "handoff", "reserv": "reserve",
		"cool-down": "cool_down", "cooldown": "cool_down", "an": "ani", "xyz": "", "": "", "completely": "",
		strings.Repeat("a", 1<<16): "", "dial": "",
	} {
		if got := Suggest(word, known); got != want {
			t.Errorf("Suggest(%q): want %q, got %q", clip(word), want, got)
		}
	}
}
