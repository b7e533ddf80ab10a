package linebuf_test

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"
	"unicode"

	"github.com/dnispool/dnispool/sim/linebuf"
)

func TestJSON(t *testing.T) {
	for in, want := range map[string]string{
		"{\"a\":1}\n":  "{\"a\":1}\n",
		"\"é 😀 日本\"\n": "\"é 😀 日本\"\n",
		"\"\x7f\u0085\u009b[2J\u202eback\ufeff\"\n":    `"\u007f\u0085\u009b[2J\u202eback\ufeff"` + "\n",
		"\"\U000e0041\U000f0000 \u2028\"\n":            `"\udb40\udc41\udb80\udc00 \u2028"` + "\n",
		"{\"k\u200b\":\"\\u001b\"}\n{\"second\":true}": "{\"k\\u200b\":\"\\u001b\"}\n{\"second\":true}",
	} {
		var b bytes.Buffer
		if n, err := io.WriteString(linebuf.JSON(&b), in); n != len(in) || err != nil || b.String() != want {
			t.Errorf("%q: want %q, got %q (%d, %v)", in, want, b.String(), n, err)
		}
	}
	if n, err := linebuf.JSON(broken{}).Write([]byte("\u202e")); n != 0 || err == nil {
		t.Errorf("want the error of the stream, got %d, %v", n, err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// FuzzJSON encodes any text: it comes back as it was, and nothing of it is hidden.
func FuzzJSON(f *testing.F) {
	f.Add("a\u202eb\x00\x7f\U000e0041")
	f.Fuzz(func(t *testing.T, text string) {
		in, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := linebuf.JSON(&b).Write(in); err != nil {
			t.Fatal(err)
		}
		var want, got string
		if err := json.Unmarshal(in, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil || got != want {
			t.Errorf("want %q, got %q from %q (%v)", want, got, b.Bytes(), err)
		}
		if bytes.ContainsFunc(b.Bytes(), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("want it printable, got %q", b.Bytes())
		}
	})
}
