package contract

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"
)

// decode accepts what encoding/json accepts, less other encodings, and gives the same value. Counting members finds
// a repeated one exactly when walking the text does.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		``, ` `, `{}`, `{"a":1,"a":2}`, `{"a":{"a":1},"a":{}}`, `[{"a":":","\"":"\\"}]`, `{"a":1}x`, `nul`, `1e999`,
		"\"\xff\"", `"\ud800"`, `{"":{"":{"":1,"":1}}}`, `[1,]`, `{"a":[{"b":1},{"b":1}]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := decode(text)
		if want := json.Valid(text) && utf8.Valid(text); (got.err == nil) != want {
			t.Fatalf("accepted: want %v, got %v", want, got.err)
		}
		if got.err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.value, want) {
			t.Errorf("value: want %#v, got %#v", want, got.value)
		}
		w := walker{tokens: numbers(text)}
		if _, err := w.value(); err != nil || !reflect.DeepEqual(w.repeated, got.repeated) {
			t.Errorf("repeated: want %q, got %q, %v", w.repeated, got.repeated, err)
		}
	})
}

// Whatever comes back, judging it ends, and says little.
func FuzzCheck(f *testing.F) {
	c := newChecker(f)
	f.Add("GET", "/v1/a/p/handoff_state?id=1", 200, "application/json", []byte(`{"id":"1","data":{}}`))
	f.Add("POST", "/v1/conversations/dni-reservation?x=%zz;", 404, "application/json; charset=x", []byte(`{"success":1}`))
	f.Add("POST", "::", 0, "", []byte(`[[[`))
	f.Fuzz(func(t *testing.T, method, url string, status int, contentType string, text []byte) {
		report := c.Check(Exchange{
			Method: method, URL: url, Status: status, RequestBody: text, ResponseBody: text,
			RequestHeader: header("Content-Type", contentType), ResponseHeader: header("Content-Type", contentType),
		})
		for _, p := range append(report.Published, report.Strict...) {
			if p.Message == "" || len(p.Message) > 500 || len(p.Pointer) > 50_000 {
				t.Errorf("want a short message, got %q", p)
			}
		}
	})
}
