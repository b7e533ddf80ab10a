package strictyaml

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

type release string

func (r *release) UnmarshalText(text []byte) error {
	switch s := release(text); s {
	case "arrival", "hangup", "off":
		*r = s
		return nil
	}
	return fmt.Errorf("release: want arrival, hangup or off, got %q", text)
}

type percent int

// phone reads itself and says nothing of its key.
type phone struct{ text string }

func (p *phone) UnmarshalStrict(file string, n *yaml.Node) Problems {
	return Decode(file, n, &p.text)
}

func (p *percent) UnmarshalStrict(file string, n *yaml.Node) Problems {
	if n.Kind != yaml.ScalarNode || n.Value != "half" {
		return Problems{At(file, n, "percent: want half, got %s", Got(n))}
	}
	*p = 50
	return nil
}

type inner struct {
	Text string         `yaml:"text"`
	Map  map[string]int `yaml:"map"`
}

type config struct {
	Text     string             `yaml:"text"`
	Flag     bool               `yaml:"flag"`
	Int      int                `yaml:"int"`
	Small    int8               `yaml:"small"`
	Count    uint16             `yaml:"count"`
	Big      uint64             `yaml:"big"`
	Float    float64            `yaml:"float"`
	Number   json.Number        `yaml:"number"`
	Window   time.Duration      `yaml:"window"`
	Release  release            `yaml:"release"`
	Percent  percent            `yaml:"percent"`
	Phone    phone              `yaml:"phone"`
	Phones   []phone            `yaml:"phones"`
	Inner    inner              `yaml:"inner"`
	Pointer  *inner             `yaml:"pointer"`
	IntPtr   *int               `yaml:"int_ptr"`
	List     []string           `yaml:"list"`
	Releases map[string]release `yaml:"releases"`
	Named    map[string]inner   `yaml:"named"`
	Raw      json.RawMessage    `yaml:"raw"`
	Any      any                `yaml:"any"`
	Node     yaml.Node          `yaml:"node"`
	NodePtr  *yaml.Node         `yaml:"node_ptr"`
	Chan     chan int           `yaml:"chan"`
	ByInt    map[int]string     `yaml:"by_int"`
	Untagged string
	Hidden   string `yaml:"-"`
}

func TestDecodeProblems(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"text: hello", ""},
		{"text: 'it''s'", ""},
		{"text: 2026-01-31", ""},
		{"text: no", ""},
		{"text: +442071838750", `f:1:7: text: want text, got +442071838750; quote it: "+442071838750"`},
		{"text: 0442", `f:1:7: text: want text, got 0442; quote it: "0442"`},
		{"text: 12.5", `f:1:7: text: want text, got 12.5; quote it: "12.5"`},
		{"text: 1e999", `f:1:7: text: want text, got 1e999; quote it: "1e999"`},
		{"text: true", `f:1:7: text: want text, got true; quote it: "true"`},
		{"text:", `f:1:6: text: want text, got nothing`},
		{"text: ~", `f:1:7: text: want text, got ~`},
		{"text: [a]", `f:1:7: text: want text, got a list`},
		{"flag: true", ""},
		{"flag: yes", `f:1:7: flag: want true or false, got "yes"`},
		{"flag: 'true'", `f:1:7: flag: want true or false, got "true"`},
		{"flag: 1", `f:1:7: flag: want true or false, got 1`},
		{"int: -3", ""},
		{"int: 0442", `f:1:6: int: want a whole number, got 0442`},
		{"int: 0x1F", `f:1:6: int: want a whole number, got 0x1F`},
		{"int: 1_000", `f:1:6: int: want a whole number, got 1_000`},
		{"int: 1.0", `f:1:6: int: want a whole number, got 1.0`},
		{"int: '3'", `f:1:6: int: want a whole number, got "3"`},
		{"int: 9223372036854775808", `f:1:6: int: want a whole number, got 9223372036854775808`},
		{"small: 128", `f:1:8: small: want a whole number of 8 bits, got 128`},
		{"count: -1", `f:1:8: count: want a whole number from 0 to 65535, got -1`},
		{"count: 65536", `f:1:8: count: want a whole number from 0 to 65535, got 65536`},
		{"big: 18446744073709551615", ""},
		{"big: -1", `f:1:6: big: want a whole number from 0 up, got -1`},
		{"float: 1e3", ""},
		{"float: .inf", `f:1:8: float: want a number, got .inf`},
		{"float: half", `f:1:8: float: want a number, got "half"`},
		{"number: 123456789012345678901234567890", ""},
		{"number: '1'", `f:1:9: number: want a number, got "1"`},
		{"window: 120s", ""},
		{"window: 12", `f:1:9: window: want a duration like 120s, got 12`},
		{"window: 0", `f:1:9: window: want a duration like 120s, got 0`},
		{"window: 2 minutes", `f:1:9: window: want a duration like 120s, got "2 minutes"`},
		{"window: null", `f:1:9: window: want a duration like 120s, got null`},
		{"release: off", ""},
		{"release: later", `f:1:10: release: want arrival, hangup or off, got "later"`},
		{"release: 5", `f:1:10: release: want arrival, hangup or off, got "5"`},
		{"release: {}", `f:1:10: release: want text, got a mapping`},
		{"release:", `f:1:9: release: want text, got nothing`},
		{"percent: half", ""},
		{"percent: null", `f:1:10: percent: want half, got null`},
		{"phone: 5", `f:1:8: phone: want text, got 5; quote it: "5"`},
		{"phones: ['1', 5]", `f:1:15: phones[1]: want text, got 5; quote it: "5"`},
		{"inner: {txet: a}", `f:1:9: unknown key "txet" in inner (did you mean "text"?)`},
		{"inner: {zzz: a}", `f:1:9: unknown key "zzz" in inner; want map or text`},
		{"inner: [a]", `f:1:8: inner: want a mapping, got a list`},
		{"inner: null", `f:1:8: inner: want a mapping, got null`},
		{"pointer: null", `f:1:10: pointer: want a mapping, got null`},
		{"int_ptr: a", `f:1:10: int_ptr: want a whole number, got "a"`},
		{"inner: {map: {a: x, b: 1, 2: 3}}", `f:1:18: a: want a whole number, got "x"
f:1:27: key: want text, got 2; quote it: "2"`},
		{"list: a", `f:1:7: list: want a list, got "a"`},
		{"list: [a, 1, b, null]", `f:1:11: list[1]: want text, got 1; quote it: "1"
f:1:17: list[3]: want text, got null`},
		{"releases: {a: hangup, b: x}", `f:1:26: release: want arrival, hangup or off, got "x"`},
		{"raw: {a: .nan}", `f:1:10: value: want a number as JSON writes it, got .nan; quote it: ".nan" if it is text`},
		{"any: {a: +44}", `f:1:10: value: want a number as JSON writes it, got +44; quote it: "+44" if it is text`},
		{"any: null", ""},
		{"chan: 1", `f:1:7: decode: chan int is not a type for YAML`},
		{"by_int: {1: a}", `f:1:9: decode: map[int]string is not a type for YAML`},
		{"untagged: a", `f:1:1: unknown key "untagged"`},
		{"hidden: a", `f:1:1: unknown key "hidden"`},
		{"txt: a\nint: b\nflag: c", `f:1:1: unknown key "txt" (did you mean "text"?)
f:2:6: int: want a whole number, got "b"
f:3:7: flag: want true or false, got "c"`},
	} {
		t.Run(test.in, func(t *testing.T) {
			n, ps := Parse("f", []byte(test.in))
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			var c config
			if got := Decode("f", n, &c).Error(); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestDecodeSetsOnlyWhatIsPresent(t *testing.T) {
	shared := &inner{Text: "default", Map: map[string]int{"a": 1}}
	c := config{
		Text: "kept", Int: 7, Window: time.Minute, Pointer: shared, List: []string{"x", "y"},
		Inner: inner{Text: "kept too"}, Named: map[string]inner{"n": {Text: "old", Map: map[string]int{"k": 1}}},
	}
	named := c.Named
	const text = `
int: 8
window: 1m30s
release: hangup
percent: half
inner: {map: {z: 26}}
pointer: {map: {b: 2}}
int_ptr: 5
list: [z]
named: {n: {text: new}, m: {}}
number: 12345678901234567890
raw: {b: 1, a: [x, null, true]}
any: {n: 9007199254740993, s: "é"}
node: [1, two]
node_ptr: {k: v}
big: 18446744073709551615
`
	n, ps := Parse("f", []byte(text))
	if ps = append(ps, Decode("f", n, &c)...); len(ps) > 0 {
		t.Fatal(ps)
	}
	if c.Node.Kind != yaml.SequenceNode || c.Node.Line != 14 || c.NodePtr != Lookup(n, "node_ptr") {
		t.Errorf("nodes: got %+v and %+v", c.Node, c.NodePtr)
	}
	five := 5
	want := config{
		Text: "kept", Int: 8, Window: 90 * time.Second, Release: "hangup", Percent: 50,
		Inner:   inner{Text: "kept too", Map: map[string]int{"z": 26}},
		Pointer: &inner{Text: "default", Map: map[string]int{"a": 1, "b": 2}},
		IntPtr:  &five, List: []string{"z"}, Number: "12345678901234567890", Big: 1<<64 - 1,
		Named: map[string]inner{"n": {Text: "new", Map: map[string]int{"k": 1}}, "m": {}},
		Raw:   json.RawMessage(`{"b":1,"a":["x",null,true]}`),
		Any:   map[string]any{"n": json.Number("9007199254740993"), "s": "é"},
		Node:  c.Node, NodePtr: c.NodePtr,
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("\n got %+v\nwant %+v", c, want)
	}
	if len(shared.Map) != 1 || len(named) != 1 || named["n"].Text != "old" {
		t.Errorf("a shared default changed: %+v, %+v", shared, named)
	}
}

func TestDecodeNeedsAPointer(t *testing.T) {
	n, _ := Parse("f", []byte("a: 1"))
	if got, want := Decode("f", n, config{}).Error(), "f:1:1: decode: want a pointer, got strictyaml.config"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := Decode("f", nil, &config{}).Error(), "f:1:1: file: want a value, got nothing"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDecodeKey(t *testing.T) {
	n, _ := Parse("f", []byte("inner: {txet: a, text: 5}\ncount: many\n"))
	var in inner
	got := DecodeKey("f", "inner", Lookup(n, "inner"), &in)
	var count int
	got = append(got, DecodeKey("f", "count", Lookup(n, "count"), &count)...)
	want := `f:1:9: unknown key "txet" in inner (did you mean "text"?)
f:1:24: text: want text, got 5; quote it: "5"
f:2:8: count: want a whole number, got "many"`
	if got.Error() != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestJSON(t *testing.T) {
	for _, test := range []struct{ in, want, problem string }{
		{in: `{z: 1, a: "x", m: {}}`, want: `{"z":1,"a":"x","m":{}}`},
		{in: `[]`, want: `[]`},
		{in: `null`, want: `null`},
		{in: `[~, null, "null", ]`, want: `[null,null,"null"]`},
		{in: `[true, False]`, want: `[true,false]`},
		{in: `123456789012345678901234567890`, want: `123456789012345678901234567890`},
		{in: `[9007199254740993, -0, 1.50, 1E+2, 1e999]`, want: `[9007199254740993,-0,1.50,1E+2,1e999]`},
		{in: `["+442071838750", 'é 😀 <&> "q"', "\u2028"]`, want: "[\"+442071838750\",\"é 😀 <&> \\\"q\\\"\",\"\\u2028\"]"},
		{in: `2026-01-31`, want: `"2026-01-31"`},
		{in: "|\n  two\n  lines\n", want: `"two\nlines\n"`},
		{in: `{null: 1}`, problem: `f:1:5: key: want text, got null; quote it: "null"`},
		{in: `{5: 1, true: 2}`, problem: "f:1:5: key: want text, got 5; quote it: \"5\"\nf:1:11: key: want text, got true; quote it: \"true\""},
		{in: `{on: 1}`, problem: `f:1:5: key: want text, got "on"; quote it: "on"`},
		{in: `yes`, problem: `f:1:4: value: yes is a boolean to some readers of YAML and text to others; write true or false, or quote it: "yes"`},
		{in: `[.inf, -.INF, .nan]`, problem: `f:1:5: value: want a number as JSON writes it, got .inf; quote it: ".inf" if it is text
f:1:11: value: want a number as JSON writes it, got -.INF; quote it: "-.INF" if it is text
f:1:18: value: want a number as JSON writes it, got .nan; quote it: ".nan" if it is text`},
		{in: `+442071838750`, problem: `f:1:4: value: want a number as JSON writes it, got +442071838750; quote it: "+442071838750" if it is text`},
		{in: `0442`, problem: `f:1:4: value: want a number as JSON writes it, got 0442; quote it: "0442" if it is text`},
		{in: `.5`, problem: `f:1:4: value: want a number as JSON writes it, got .5; quote it: ".5" if it is text`},
	} {
		t.Run(test.in, func(t *testing.T) {
			root, ps := Parse("f", []byte("v: "+test.in))
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			got, ps := JSON("f", Lookup(root, "v"))
			if string(got) != test.want || ps.Error() != test.problem {
				t.Errorf("\n got %s %s\nwant %s %s", got, ps, test.want, test.problem)
			}
			if test.problem == "" && !json.Valid(got) {
				t.Errorf("not JSON: %s", got)
			}
		})
	}
}

func FuzzParseDecode(f *testing.F) {
	f.Add([]byte("text: hello\nany: {a: [1, .inf, &x y, *x]}\nraw: 1e999\n"))
	f.Add([]byte("inner: {map: {a: 0442}}\n---\nb: 1\n"))
	f.Add([]byte("? {a: 1}\n: [<<: x, ! y]\nnode: |\n  text\n# foot\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, ps := Parse("f", data)
		if n == nil {
			if len(ps) == 0 {
				t.Fatal("no node and no problem")
			}
			return
		}
		var c config
		ps = append(ps, Decode("f", n, &c)...)
		for _, p := range ps {
			if p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Fatalf("a problem without a place or text: %+v", p)
			}
		}
		if raw, ps := JSON("f", n); len(ps) == 0 && !json.Valid(raw) {
			t.Fatalf("not JSON: %q", raw)
		}
	})
}

func TestDecodeEmbedded(t *testing.T) {
	type Inner struct {
		Depth int `yaml:"depth"`
	}
	var got struct {
		Listen string `yaml:"listen"`
		Inner
	}
	root, ps := Parse("f", []byte("{listen: here, depth: 3}"))
	if ps = append(ps, Decode("f", root, &got)...); len(ps) > 0 {
		t.Fatal(ps)
	}
	if got.Listen != "here" || got.Depth != 3 {
		t.Errorf("got %+v, want listen here and depth 3", got)
	}
}
