package scenario

import (
	"encoding/json"
	"strings"
	"testing"
)

// expectOf loads one reserve step with the text after `expect: `.
func expectOf(t *testing.T, text string) Expect {
	t.Helper()
	s, ps := Parse("f", []byte(head+"steps:\n  - reserve: {attributes: {}}\n    expect: "+text+"\n"), Options{})
	if len(ps) > 0 {
		t.Fatalf("%s: %v", text, ps)
	}
	return s.Steps[0].Expect
}

func TestMatchers(t *testing.T) {
	const absent = "-"
	for _, test := range []struct{ matcher, value, want, got string }{
		// Equality: exact types, numbers by value. An empty want means that it matches.
		{"200", "200", "", ""},
		{"1", "1.0", "", ""},
		{"100", "1e2", "", ""},
		{"0", "-0.0", "", ""},
		{"9007199254740993", "9007199254740992", "9007199254740993", "9007199254740992"},
		{"9007199254740993", "9007199254740993.0", "", ""},
		{"1e999999999", "1e999999999", "", ""},
		{"1e999999999", "1e999999998", "1e999999999", "1e999999998"},
		{"123456789012345678901234567890", "1.2345678901234567890123456789e29", "", ""},
		{"'200'", "200", `"200"`, "200"},
		{"true", "true", "", ""},
		{"true", `"true"`, "true", `"true"`},
		{"null", "null", "", ""},
		{"null", absent, "null", "nothing: body is empty"},
		{"a", absent, `"a"`, "nothing: body is empty"},
		{"[1, {a: 2}]", `[1.0, {"a": 2}]`, "", ""},
		{"[1, {a: 2}]", `[1, {"a": 2, "b": 3}]`, `[1,{"a":2}]`, `[1,{"a":2,"b":3}]`},
		{"[1, 2]", "[2, 1]", "[1,2]", "[2,1]"},
		{"{exactly: {a: 1}}", `{"a": 1}`, "", ""},
		{"{exactly: {a: 1}}", `{"a": 1, "b": 2}`, `exactly {"a":1}`, `{"a":1,"b":2}`},
		{"{exactly: {}}", `{}`, "", ""},
		{"{exactly: {}}", `[]`, "exactly {}", "[]"},
		{"{exactly: null}", `[]`, "exactly null", "[]"},

		{"{not: 1}", "2", "", ""},
		{"{not: 1}", "1.0", "anything but 1", "1.0"},
		{"{not: 1}", absent, "anything but 1", "nothing: body is empty"},
		{"{not: null}", "0", "", ""},
		{"{not: null}", "null", "anything but null", "null"},
		{"{not: {one_of: [1, 2]}}", "3", "", ""},
		{"{not: {one_of: [1, 2]}}", "2", "not one of 1, 2", "2"},
		{"{not: {matches: e164}}", `"+441"`, "not text in the form e164", `"+441"`},
		{"{not: {contains: a}}", absent, `not a value that contains "a"`, "nothing: body is empty"},
		{"{not: {exactly: {a: 1}}}", `{"a": 2}`, "", ""},

		{"{one_of: [200, a, null]}", "null", "", ""},
		{"{one_of: [200, a]}", `"b"`, `one of 200, "a"`, `"b"`},

		{"{matches: e164}", `"+442071838750"`, "", ""},
		{"{matches: e164}", `"442071838750"`, "text in the form e164", `"442071838750"`},
		{"{matches: e164}", `"+042"`, "text in the form e164", `"+042"`},
		{"{matches: e164}", `"+1234567890123456"`, "text in the form e164", `"+1234567890123456"`},
		{"{matches: e164}", `"+44 20"`, "text in the form e164", `"+44 20"`},
		{"{matches: e164}", `442071838750`, "text in the form e164", `442071838750`},
		{"{matches: uuid}", `"0190d0c6-7c1e-7e60-8f5a-0f9b3c1d2e3F"`, "", ""},
		{"{matches: uuid}", `"0190d0c6-7c1e-7e60-8f5a-0f9b3c1d2e3g"`, "text in the form uuid", `"0190d0c6-7c1e-7e60-8f5a-0f9b3c1d2e3g"`},
		{"{matches: uuid}", `"0190d0c67c1e7e608f5a0f9b3c1d2e3f"`, "text in the form uuid", `"0190d0c67c1e7e608f5a0f9b3c1d2e3f"`},
		{"{matches: uuid}", `"0190d0c6a7c1e-7e60-8f5a-0f9b3c1d2e3f"`, "text in the form uuid", `"0190d0c6a7c1e-7e60-8f5a-0f9b3c1d2e3f"`},
		{"{matches: rfc3339}", `"2026-01-31T12:00:00.123Z"`, "", ""},
		{"{matches: rfc3339}", `"2026-01-31"`, "text in the form rfc3339", `"2026-01-31"`},
		{"{matches: '^a.c$'}", `"abc"`, "", ""},
		{"{matches: '^a.c$'}", `"xabc"`, "text that matches ^a.c$", `"xabc"`},

		{"{present: true}", "null", "", ""},
		{"{present: true}", absent, "any value", "nothing: body is empty"},
		{"{absent: true}", absent, "", ""},
		{"{absent: true}", "null", "nothing", "null"},

		{"{type: string}", `""`, "", ""},
		{"{type: number}", `1.5`, "", ""},
		{"{type: integer}", `2.0`, "", ""},
		{"{type: integer}", `1.5e1`, "", ""},
		{"{type: integer}", `1e99999999999999999999`, "", ""},
		{"{type: integer}", `0`, "", ""},
		{"{type: integer}", `1e-99999999999999999999`, "a value of type integer", "1e-99999999999999999999"},
		{"{type: integer}", `2.5`, "a value of type integer", "2.5"},
		{"{type: boolean}", `false`, "", ""},
		{"{type: object}", `{}`, "", ""},
		{"{type: array}", `[]`, "", ""},
		{"{type: 'null'}", `null`, "", ""},
		{"{type: number}", `"1"`, "a value of type number", `"1"`},

		{"{at_least: 2}", "2.0", "", ""},
		{"{at_least: 2}", "10", "", ""},
		{"{at_least: 2}", "1.99", "at least 2", "1.99"},
		{"{at_least: -2}", "-10", "at least -2", "-10"},
		{"{at_least: -2}", "-1", "", ""},
		{"{at_most: 0}", "-0.1", "", ""},
		{"{at_most: 2}", "20", "at most 2", "20"},
		{"{at_most: 0.5}", "0.49", "", ""},
		{"{at_most: 2}", `"1"`, "at most 2", `"1"`},

		{"{contains: bc}", `"abcd"`, "", ""},
		{"{contains: bc}", `["a", "bc"]`, "", ""},
		{"{contains: 2}", `[1, 2.0]`, "", ""},
		{"{contains: bc}", `["abcd"]`, `a value that contains "bc"`, `["abcd"]`},
		{"{contains: a}", `{"a": 1}`, `a value that contains "a"`, `{"a":1}`},
		{"{contains: 1}", `"1"`, `a value that contains 1`, `"1"`},

		{"{length: 2}", `"é😀"`, "", ""},
		{"{length: 0}", `[]`, "", ""},
		{"{length: 1}", `{"a": 1}`, "", ""},
		{"{length: 1}", `5`, "length 1", "5"},
		{"{length: 1}", `[1, 2]`, "length 1", "[1,2]"},
	} {
		t.Run(test.matcher+" of "+test.value, func(t *testing.T) {
			body := map[string]any{}
			if test.value != absent {
				body["v"] = json.RawMessage(test.value)
			}
			mismatches, err := expectOf(t, "{body: {v: "+test.matcher+"}}").Check(NewScope(), map[string]any{"body": body})
			if err != nil {
				t.Fatal(err)
			}
			var want, got string
			for _, m := range mismatches {
				want, got = m.Want, m.Got
			}
			if want != test.want || got != test.got {
				t.Errorf("want %q, got %q; should be %q and %q", want, got, test.want, test.got)
			}
		})
	}
}

func TestExpectCheck(t *testing.T) {
	result := map[string]any{
		"status":  404,
		"headers": map[string]string{"content-type": "text/plain; charset=utf-8"},
		"body": map[string]any{
			"data": map[string]any{"a": 1, "b": nil}, "list": []any{map[string]any{"x": true}}, "text": "t",
		},
	}
	for _, test := range []struct{ expect, want string }{
		{"{status: 404, body: {data: {a: 1}}}", ""},
		{"{status: 200}", "status: want 200, got 404 at 8:22"},
		{"{headers: {Content-Type: {contains: plain}}}", ""},
		{"{headers: {CONTENT-TYPE: text/html}}", `headers.content-type: want "text/html", got "text/plain; charset=utf-8" at 8:38`},
		{"{headers: {retry-after: {absent: true}}}", ""},
		{"{headers: {retry-after: '1'}}", `headers.retry-after: want "1", got nothing: headers has content-type at 8:37`},
		{"{outcome: definite}", `outcome: want "definite", got nothing at 8:23`},
		{"{body: {data: {a: 2, b: null, c: 3}}}", `body.data.a: want 2, got 1 at 8:31
body.data.c: want 3, got nothing: body.data has a, b at 8:46`},
		{"{body: {list: {'0': {x: true}}}}", ""},
		{"{body: {list: {'1': {x: true}}}}", "body.list.1.x: want true, got nothing: body.list is a list of 1 at 8:37"},
		{"{body: {nope: {x: 1}}}", "body.nope.x: want 1, got nothing: body has data, list, text at 8:31"},
		{"{body: {nope: {x: {absent: true}}}}", ""},
		{"{body: {text: {x: {absent: true}}}}", `body.text.x: want no such field in an object, got nothing: body.text is "t" at 8:40`},
		{"{body: {data: {b: {x: {absent: true}}}}}", `body.data.b.x: want no such field in an object, got nothing: body.data.b is null at 8:44`},
		{"{body: {x: '${nope.y}'}}", "reference: want ${nope.y}, got no result of that name"},
		{"{body: {x: {at_least: '${limit}'}}}", `at_least: want a number, got "text"`},
		{"{body: {data: {a: {at_least: '${one}', }}}}", ""},
	} {
		t.Run(test.expect, func(t *testing.T) {
			s, _ := Parse("f", []byte(head+"steps:\n  - reserve: {attributes: {}}\n    expect: "+test.expect+"\n"), Options{})
			scope := NewScope()
			scope.Set("limit", "text")
			scope.Set("one", 1)
			mismatches, err := s.Steps[0].Expect.Check(scope, result)
			if got := mismatchText(mismatches, err); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

func mismatchText(mismatches []Mismatch, err error) string {
	if err != nil {
		return err.Error()
	}
	var lines []string
	for _, m := range mismatches {
		lines = append(lines, m.Path+": want "+m.Want+", got "+m.Got+" at "+place(m.Pos))
	}
	return strings.Join(lines, "\n")
}

func place(p Pos) string {
	return string(marshal(p.Line)) + ":" + string(marshal(p.Column))
}

func TestTally(t *testing.T) {
	lease := func(status int, dni any) map[string]any {
		return map[string]any{"status": status, "body": map[string]any{"dni": dni}}
	}
	won, other, same := lease(200, "+441"), lease(200, "+442"), lease(200, "+441")
	lost, odd := lease(404, nil), map[string]any{"status": 200, "body": "text"}
	type results = []map[string]any
	for _, test := range []struct {
		expect     string
		results    results
		indefinite int
		want       string
	}{
		{"{lease: [{status: 200, count: 2, distinct: body.dni}, {status: 404, count: 1}], indefinite: 0}", results{won, lost, other}, 0, ""},
		{"{lease: [{count: 3}]}", results{won, lost, other}, 5, ""},
		{"{lease: [{status: 200, count: 1}, {status: 404, count: {at_least: 2}}]}", results{won, lost, other}, 0, `lease[0].count: want 1, got 2 at 8:43
lease[1].count: want at least 2, got 1 at 8:79`},
		{"{lease: [{status: 200, distinct: body.dni}]}", results{won, lost, same}, 0, `lease[0].distinct: want 2 different values of body.dni, got "+441" more than once at 8:46`},
		{"{lease: [{status: 200, distinct: body.dni}]}", results{won, odd}, 0, `lease[0].distinct: want 2 different values of body.dni, got nothing: a result.body is "text" at 8:46`},
		{"{lease: [{status: 503, count: 0, distinct: body.dni}]}", nil, 0, ""},
		{"{lease: [{body: {dni: '${first}'}, count: 1}]}", results{won, other}, 0, ""},
		{"{lease: [{count: 0}], indefinite: {at_most: 1}}", nil, 2, "indefinite: want at most 1, got 2 at 8:57"},
		{"{lease: [{count: '${nope.x}'}]}", nil, 0, "reference: want ${nope.x}, got no result of that name"},
		{"{lease: [{status: '${nope.x}', count: 1}]}", nil, 0, "reference: want ${nope.x}, got no result of that name"},
	} {
		t.Run(test.expect, func(t *testing.T) {
			s, _ := Parse("f", []byte(head+"steps:\n  - concurrently: {clients: 5, steps: [{reserve: {body: {}}, as: lease}]}\n    expect: "+test.expect+"\n"), Options{})
			scope := NewScope()
			scope.Set("first", "+441")
			mismatches, err := s.Steps[0].Tally.Check(scope, map[string][]map[string]any{"lease": test.results}, test.indefinite)
			if got := mismatchText(mismatches, err); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}
