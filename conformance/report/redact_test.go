package report

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
)

func TestRedactorHeader(t *testing.T) {
	r := NewRedactor("secret-value-1")
	for _, c := range []struct{ in, want finding.Header }{
		{finding.Header{Name: "x-api-key", Value: "k"}, finding.Header{Name: "x-api-key", Value: "***"}},
		{finding.Header{Name: "X-Api-Key", Value: "k"}, finding.Header{Name: "X-Api-Key", Value: "***"}},
		{finding.Header{Name: "Authorization", Value: "Bearer abc"}, finding.Header{Name: "Authorization", Value: "***"}},
		{finding.Header{Name: "X-PolyAi-Auth-Token", Value: "abc"}, finding.Header{Name: "X-PolyAi-Auth-Token", Value: "***"}},
		{finding.Header{Name: "Set-Cookie", Value: "a=b"}, finding.Header{Name: "Set-Cookie", Value: "***"}},
		{finding.Header{Name: "x-api-key", Value: ""}, finding.Header{Name: "x-api-key", Value: ""}},
		{finding.Header{Name: "x-api-key-id", Value: "readable"}, finding.Header{Name: "x-api-key-id", Value: "readable"}},
		{finding.Header{Name: "X-State", Value: "handoff"}, finding.Header{Name: "X-State", Value: "handoff"}},
		{finding.Header{Name: "X-Token-Count", Value: "7"}, finding.Header{Name: "X-Token-Count", Value: "7"}},
		{finding.Header{Name: "X-Echo", Value: "got secret-value-1"}, finding.Header{Name: "X-Echo", Value: "got ***"}},
	} {
		if got := r.Header(c.in); got != c.want {
			t.Errorf("header %v: want %v, got %v", c.in, c.want, got)
		}
	}
}

func TestRedactorText(t *testing.T) {
	for _, c := range []struct {
		name    string
		secrets []string
		in      string
		want    string
	}{
		{"none", nil, "plain text", "plain text"},
		{"plain", []string{"sk-12345678"}, "key sk-12345678 refused", "key *** refused"},
		{"inside a word", []string{"sk-12345678"}, "xsk-12345678y", "x***y"},
		{"twice", []string{"sk-12345678"}, "sk-12345678sk-12345678", "******"},
		{"one begins with the other", []string{"sk-12345678", "sk-12345678-long"}, "sk-12345678-long sk-12345678", "*** ***"},
		{"a short one stands alone", []string{"test"}, `latest tested "test" test_a test`, `latest tested "***" ***_a ***`},
		{"a short one at the edges of other letters", []string{"test"}, "étest testé test", "étest testé ***"},
		{"too short to look for", []string{"abc", "a", ""}, "a abc", "a abc"},
		{"a token of somebody's", nil, `{"debug":"Authorization: Bearer eyJhbGciOi.J9-x_y"}, a Bearer of news`, `{"debug":"Authorization: Bearer ***"}, a Bearer of news`},
		{"a mask is no secret", []string{"***", "*****"}, "*** *****", "*** *****"},
		{"in JSON", []string{`p"ss\word`}, `{"k":"p\"ss\\word"}`, `{"k":"***"}`},
		{"in JSON with HTML escapes", []string{"a<b>c&d-key"}, `"a\u003cb\u003ec\u0026d-key"`, `"***"`},
		{"in a query", []string{"pass word+1&2"}, "?key=pass+word%2B1%262", "?key=***"},
		{"in a path", []string{"pass word/1"}, "/a/pass%20word%2F1", "/a/***"},
		{"a password in a URL", nil, "GET https://user:hunter2@host/path?a=b:c@d", "GET https://user:***@host/path?a=b:c@d"},
		{"a password with an at", nil, "https://user:p@ss@host", "https://user:***@host"},
		{"a user in a URL", nil, "https://user@host:8080/", "https://user@host:8080/"},
		{"an address after a URL", nil, `see https://host:80 "a:b@c"`, `see https://host:80 "a:b@c"`},
		{"a SIP address", nil, "sip:+442071838750:x@host", "sip:+442071838750:x@host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewRedactor(c.secrets...)
			got := r.Text(c.in)
			if got != c.want {
				t.Errorf("text: want %q, got %q", c.want, got)
			}
			if again := r.Text(got); again != got {
				t.Errorf("redacted twice: want %q, got %q", got, again)
			}
		})
	}
}

func TestRedactorConfig(t *testing.T) {
	r := NewRedactor("literal-secret")
	for _, c := range []struct{ name, in, want string }{
		{"by name", `{"dni_key":"k1","handoff_key":"k2","url":"http://x"}`, `{"dni_key":"***","handoff_key":"***","url":"http://x"}`},
		{"everything below keys", `{"keys":{"dni":"a","more":["b",1,null,true]},"dni":"+441"}`, `{"keys":{"dni":"***","more":["***","***",null,true]},"dni":"+441"}`},
		{"longer names stay", `{"state_keys":["a"],"token_count":3,"handoff_state":"x","shared_id_state_key":"y"}`, `{"state_keys":["a"],"token_count":3,"handoff_state":"x","shared_id_state_key":"y"}`},
		{"names are exact", `{"DNI_KEY":"k","dni_key ":"k"}`, `{"DNI_KEY":"k","dni_key ":"k"}`},
		{"an empty key stays empty", `{"dni_key":""}`, `{"dni_key":""}`},
		{"of an ADK project", `{"agent":{"adk":{"secrets":{"crm":"0000","more":[1]},"turns":[{"said":"secrets"}]}}}`, `{"agent":{"adk":{"secrets":{"crm":"***","more":["***"]},"turns":[{"said":"secrets"}]}}}`},
		{"values anywhere", `{"a":["x literal-secret y"],"literal-secret":1}`, `{"a":["x *** y"],"***":1}`},
		{"order and numbers stay", `{"z":1.50,"a":12345678901234567890,"m":1e3}`, `{"z":1.50,"a":12345678901234567890,"m":1e3}`},
		{"HTML is not escaped", `{"a":"<&>"}`, `{"a":"<&>"}`},
		{"empty list and map", `{"a":[],"b":{}}`, `{"a":[],"b":{}}`},
		{"not JSON", `{"a": literal-secret`, `"{\"a\": ***"`},
		{"cut off", `{"a":`, `"{\"a\":"`},
		{"two values", `{} {}`, `"{} {}"`},
		{"null", `null`, `null`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := r.Config(json.RawMessage(c.in))
			if string(got) != c.want {
				t.Errorf("config: want %s, got %s", c.want, got)
			}
			if !json.Valid(got) {
				t.Errorf("config: want valid JSON, got %s", got)
			}
			if again := r.Config(got); string(again) != string(got) {
				t.Errorf("redacted twice: want %s, got %s", got, again)
			}
		})
	}
	if got := r.Config(json.RawMessage("  ")); got != nil {
		t.Errorf("no config: want none, got %q", got)
	}
}

// fill puts a secret into every text of v.
func fill(v reflect.Value, secret string, places *int) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString("before " + secret + " after")
			*places++
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1, 0).UTC()))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), secret, places)
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes(fmt.Appendf(nil, `{"a":%q}`, secret))
			*places++
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), secret, places)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), secret, places)
	}
}

// occurrences counts a word in every text of v, those that JSON does not show among them.
func occurrences(v reflect.Value, word string) (n int) {
	switch v.Kind() {
	case reflect.String:
		return strings.Count(v.String(), word)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				n += occurrences(v.Field(i), word)
			}
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			return strings.Count(string(v.Bytes()), word)
		}
		for i := range v.Len() {
			n += occurrences(v.Index(i), word)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return occurrences(v.Elem(), word)
		}
	}
	return n
}

func TestNoTextOfARunKeepsASecret(t *testing.T) {
	const secret = "s3cr3t-value"
	var run finding.Run
	places := 0
	fill(reflect.ValueOf(&run).Elem(), secret, &places)
	before, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	if n := occurrences(reflect.ValueOf(run), secret); n != places || n < 100 {
		t.Fatalf("filled run: want %d secrets (and at least 100), got %d", places, n)
	}

	red := NewRedactor(secret).Run(run)
	after, err := json.Marshal(red)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(after), secret) {
		t.Errorf("redacted run: want no %q, got %s", secret, after)
	}
	if n := occurrences(reflect.ValueOf(red), Mask); n != places {
		t.Errorf("redacted run: want %d masks, got %d", places, n)
	}
	if again := NewRedactor(secret).Run(red); !reflect.DeepEqual(again, red) {
		t.Error("redacted twice: want no change, got one")
	}
	untouched, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	if string(untouched) != string(before) {
		t.Error("redaction: want the run that was given unchanged, got a change")
	}
}

func TestRedactKeepsTheRest(t *testing.T) {
	run := finding.Run{Tool: "dnispool", Results: []finding.Result{{ID: "a", Status: finding.Failed, Started: time.Unix(5, 0), Labels: []string{}, Failures: []finding.Failure{{Kind: finding.KindCheck}}}}}
	if got := (*Redactor)(nil).Run(run); !reflect.DeepEqual(got, run) {
		t.Errorf("run without secrets: want %+v, got %+v", run, got)
	}
	if got := NewRedactor().Run(run); !reflect.DeepEqual(got, run) {
		t.Errorf("run without secrets: want %+v, got %+v", run, got)
	}
}

func TestRedactionMovesTheCaret(t *testing.T) {
	const secret = "long-secret-key"
	for _, c := range []struct {
		name, text      string
		column, width   int
		wantCol, wantWd int
	}{
		{"secret before", `{key: long-secret-key, status: 404}`, 32, 3, 20, 3},
		{"secret is the value", `key: long-secret-key`, 6, 15, 6, 3},
		{"secret inside the value", `key: "long-secret-key"`, 6, 17, 6, 5},
		{"secret after", `{status: 404, key: long-secret-key}`, 10, 3, 10, 3},
		{"secret over the edge", `key: long-secret-key`, 8, 3, 0, 0},
		{"no secret", `{status: 404}`, 10, 3, 10, 3},
		{"column past the end", `a`, 10, 3, 10, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := finding.Result{Failures: []finding.Failure{{Line: 7, Column: c.column, Width: c.width, Source: []finding.SourceLine{{Line: 6, Text: "x"}, {Line: 7, Text: c.text}}}}}
			r := NewRedactor(secret)
			once := r.Result(res)
			f := once.Failures[0]
			if f.Column != c.wantCol || f.Width != c.wantWd {
				t.Errorf("caret: want %d+%d, got %d+%d in %q", c.wantCol, c.wantWd, f.Column, f.Width, f.Source[1].Text)
			}
			if again := r.Result(once); !reflect.DeepEqual(again, once) {
				t.Errorf("redacted twice: want %+v, got %+v", once, again)
			}
		})
	}
}

// A key that was sent in its header is hidden wherever else it stands.
func TestRedactWhatWasSentUnderASecretName(t *testing.T) {
	run := finding.Run{Results: []finding.Result{
		{ID: "a", Exchanges: []finding.Exchange{{
			URL:            "/v1/x/sk-live-0123/handoff_state?api_key=sk-live-0123&token=bearer-4567",
			RequestHeaders: []finding.Header{{Name: "x-api-key", Value: "sk-live-0123"}, {Name: "Authorization", Value: "Bearer bearer-4567"}, {Name: "x-api-key", Value: "wrong"}},
		}}},
		{ID: "b", Notes: []string{"the key sk-live-0123 is wrong"}},
	}}
	var r *Redactor
	got := r.Run(run)
	if want := "/v1/x/***/handoff_state?api_key=***&token=***"; got.Results[0].Exchanges[0].URL != want {
		t.Errorf("url: want %s, got %s", want, got.Results[0].Exchanges[0].URL)
	}
	if want := "the key *** is wrong"; got.Results[1].Notes[0] != want {
		t.Errorf("note: want %s, got %s", want, got.Results[1].Notes[0])
	}
	if !reflect.DeepEqual(r.Run(got), got) {
		t.Errorf("want no change the second time, got %+v", r.Run(got))
	}
}

// TestNumbersOfOthersAreHidden: what is not the run's own number is not shown, in whatever form it stands.
func TestNumbersOfOthersAreHidden(t *testing.T) {
	t.Parallel()
	r := NewRedactor().OnlyNumbers(func(number string) bool { return number == "+12025550001" || number == "12025550001" })
	for in, want := range map[string]string{
		`{"dni":"+12025550001"}`:                                       `{"dni":"+12025550001"}`,
		`{"to":"+447700900123"}`:                                       `{"to":"+44***"}`,
		`GET /x?to=%2B447700900123`:                                    `GET /x?to=+44***`,
		`INVITE sip:447700900123@127.0.0.1:5060 SIP/2.0`:               `INVITE sip:44***@127.0.0.1:5060 SIP/2.0`,
		`INVITE sip:12025550001@127.0.0.1:5060 SIP/2.0`:                `INVITE sip:12025550001@127.0.0.1:5060 SIP/2.0`,
		`Contact: <tel:447700900123>, <SIP:00447700900123;x=1@h>`:      `Contact: <tel:44***>, <SIP:00***;x=1@h>`,
		`{"handoff_to":"447700900123","postcode":"0123456"}`:           `{"handoff_to":"44***","postcode":"0123456"}`,
		`ACK sip:127.0.0.1:15090 SIP/2.0 at 1764374400000, took 34 ms`: `ACK sip:127.0.0.1:15090 SIP/2.0 at 1764374400000, took 34 ms`,
	} {
		got := r.Text(in)
		if got != want || r.Text(got) != want {
			t.Errorf("%s: want %s, got %s", in, want, got)
		}
	}
}
