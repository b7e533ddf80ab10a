package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dnispool/dnispool/conformance/jsonvalue"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

func testScope() *Scope {
	scope := NewScope()
	scope.Set("seed", uint64(1<<63))
	scope.Set("lease", map[string]any{
		"status":  200,
		"headers": map[string]string{"x-id": "7"},
		"body":    map[string]any{"dni": "+441", "n": 1.5, "yes": true, "none": nil, "list": []int{1, 2}},
		"raw":     struct{ A int }{1},
		"odd":     make(chan int),
	})
	return scope
}

func TestValueResolve(t *testing.T) {
	for _, test := range []struct{ in, want, problem string }{
		{in: `{z: 1, a: [x, null, 1.50, true]}`, want: `{"z":1,"a":["x",null,1.50,true]}`},
		{in: `"${lease.body.dni}"`, want: `"+441"`},
		{in: `"${lease.status}"`, want: `200`},
		{in: `"${lease.body.yes}"`, want: `true`},
		{in: `"${lease.body.none}"`, want: `null`},
		{in: `"${lease.body.list}"`, want: `[1,2]`},
		{in: `"${lease.body.list.1}"`, want: `2`},
		{in: `"${lease.raw}"`, want: `{"A":1}`},
		{in: `"${lease.headers.X-Id}"`, want: `"7"`},
		{in: `"${seed}"`, want: `9223372036854775808`},
		{in: `"n ${lease.status}/${lease.body.n}/${lease.body.yes}/${lease.body.dni}."`, want: `"n 200/1.5/true/+441."`},
		{in: `"$${lease.status} ${lease.status} $ {x} $"`, want: `"${lease.status} 200 $ {x} $"`},
		{in: `"$${a}"`, want: `"${a}"`},
		{in: `{k: "${lease.body.dni}", l: ["a${seed}"]}`, want: `{"k":"+441","l":["a9223372036854775808"]}`},
		{in: `"<&> é"`, want: `"<&> é"`},
		{in: `"a ${lease.body.none}"`, problem: "reference: want ${lease.body.none}, got null, which cannot stand inside text"},
		{in: `"a ${lease.body.list}"`, problem: "reference: want ${lease.body.list}, got [1,2], which cannot stand inside text"},
		{in: `["${nope.x}"]`, problem: "reference: want ${nope.x}, got no result of that name"},
		{in: `{a: "${lease.body.dn}"}`, problem: "reference: want ${lease.body.dn}, got nothing: lease.body has dni, list, n, none, yes"},
		{in: `"${lease.body.dni.x}"`, problem: `reference: want ${lease.body.dni.x}, got nothing: lease.body.dni is "+441"`},
		{in: `"${lease.body.list.2}"`, problem: "reference: want ${lease.body.list.2}, got nothing: lease.body.list is a list of 2"},
	} {
		t.Run(test.in, func(t *testing.T) {
			root, ps := strictyaml.Parse("f", []byte("v: "+test.in))
			var v Value
			ps = append(ps, v.UnmarshalStrict("f", strictyaml.Lookup(root, "v"))...)
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			raw, err := v.JSON(testScope())
			checkText(t, "JSON", string(raw), err, test.want, test.problem)
			resolved, err := v.Resolve(testScope())
			if err != nil || test.problem != "" {
				checkText(t, "Resolve", "", err, "", test.problem)
				return
			}
			wanted, err := decodeJSON([]byte(test.want))
			if err != nil || !jsonvalue.Equal(resolved, wanted) {
				t.Errorf("Resolve: got %#v, want %#v", resolved, wanted)
			}
		})
	}
}

func checkText(t *testing.T, what, got string, err error, want, problem string) {
	t.Helper()
	var gotProblem string
	if err != nil {
		gotProblem = err.Error()
		if _, ok := errors.AsType[*ReferenceError](err); !ok {
			t.Errorf("%s: want a *ReferenceError, got %T", what, err)
		}
	}
	if got != want || gotProblem != problem {
		t.Errorf("%s: got %s %s, want %s %s", what, got, gotProblem, want, problem)
	}
}

func TestTextResolve(t *testing.T) {
	for _, test := range []struct{ in, want, problem string }{
		{in: `plain`, want: "plain"},
		{in: `"${lease.status}"`, want: "200"},
		{in: `"${lease.body.dni};x=1"`, want: "+441;x=1"},
		{in: `"${lease.body.none}"`, problem: "reference: want ${lease.body.none}, got null, which cannot stand inside text"},
	} {
		root, _ := strictyaml.Parse("f", []byte("v: "+test.in))
		var text Text
		if ps := text.UnmarshalStrict("f", strictyaml.Lookup(root, "v")); len(ps) > 0 {
			t.Fatal(ps)
		}
		got, err := text.Resolve(testScope())
		checkText(t, test.in, got, err, test.want, test.problem)
	}
	var unset Text
	if got, err := unset.Resolve(testScope()); got != "" || err != nil || unset.IsSet() {
		t.Errorf("unset: got %q, %v", got, err)
	}
}

func TestScopeChild(t *testing.T) {
	parent := testScope()
	child := parent.Child()
	child.Set("client", map[string]any{"index": 3})
	if got, err := child.Lookup("client.index"); err != nil || describe(got) != "3" {
		t.Errorf("child: got %v, %v", got, err)
	}
	if got, err := child.Lookup("lease.status"); err != nil || describe(got) != "200" {
		t.Errorf("child sees its parent: got %v, %v", got, err)
	}
	if _, err := parent.Lookup("client.index"); err == nil {
		t.Error("parent: want an error for what only the child knows, got none")
	}
}

func TestScopeVars(t *testing.T) {
	s, ps := Parse("f", []byte(head+"vars: {a: {b: [1, \"$${x}\"]}}\nsteps:\n  - reserve: {body: \"${vars.a}\"}\n    expect: {status: 200}\n"), Options{})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	raw, err := s.Steps[0].Args.(*Reserve).Body.JSON(s.Scope(7))
	if string(raw) != `{"b":[1,"${x}"]}` || err != nil {
		t.Errorf("got %s, %v", raw, err)
	}
}

func TestWidths(t *testing.T) {
	for _, test := range []struct {
		in   string
		want int
	}{
		{"abc", 3}, {"abc # note", 3}, {`"a\"b" # x`, 6}, {`'it''s'`, 7}, {`""`, 2}, {"é", 1}, {"null", 4},
		{"[1, 2]", 6}, {`["]", '[']`, 10}, {`[it's, a] # x`, 9}, {"{exactly: {a: \"}\"}}", 8}, {"|\n          text\n", 1}, {`"open`, 1},
	} {
		s, ps := Parse("f", []byte(head+"steps:\n  - reserve: {attributes: {}}\n    expect:\n      body:\n        x: "+test.in+"\n"), Options{})
		if test.in == `"open` {
			if len(ps) == 0 {
				t.Error("an open quote: want a problem, got none")
			}
			continue
		}
		if len(ps) > 0 {
			t.Fatal(test.in, ps)
		}
		if got := s.Steps[0].Expect[0].Pos.Width; got != test.want {
			t.Errorf("%s: want %d, got %d", test.in, test.want, got)
		}
	}
}

func TestRoots(t *testing.T) {
	root, _ := strictyaml.Parse("f", []byte(`v: {a: "${lease.body.dni}${seed}", b: ["${lease.status}", "$${no}"]}`))
	var v Value
	if ps := v.UnmarshalStrict("f", strictyaml.Lookup(root, "v")); len(ps) > 0 {
		t.Fatal(ps)
	}
	if got := v.Roots(); !slices.Equal(got, []string{"lease", "seed"}) {
		t.Errorf("want lease and seed, got %v", got)
	}
}

func TestLongValuesAreCutInMessages(t *testing.T) {
	got := describe(strings.Repeat("é", 1000))
	if len(got) > 210 || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
		t.Errorf("want valid text of about 200 bytes, got %d: %s", len(got), got)
	}
	fields := map[string]any{}
	for i := range 100 {
		fields[fmt.Sprint("field", i)] = i
	}
	if got := has(fields); !strings.HasSuffix(got, ", …") || len(got) > 210 {
		t.Errorf("want a short list, got %s", got)
	}
}

func TestStepLabel(t *testing.T) {
	for want, step := range map[string]Step{"lease": {Name: "lease", Verb: VerbReserve}, "reserve": {Verb: VerbReserve}} {
		if got := step.Label(); got != want {
			t.Errorf("want %s, got %s", want, got)
		}
	}
}
