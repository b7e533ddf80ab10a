package record

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// told records lines, whose times are so many milliseconds behind the log's base, and returns the operations and the errors.
func told(t *testing.T, lines ...string) ([]history.Op, []error) {
	t.Helper()
	s := &stand{T: t}
	var err error
	if s.log, err = NewLog(s, history.Header{}, "g"); err != nil {
		t.Fatal(err)
	}
	for i := range lines {
		for ms := 100; ms < 1000; ms += 100 {
			lines[i] = strings.ReplaceAll(lines[i], fmt.Sprintf(`"%d"`, ms), fmt.Sprintf("%q", s.log.base.Add(time.Duration(ms)*time.Millisecond).Format(time.RFC3339Nano)))
		}
	}
	var errs []error
	if err := NewCalls(s.log, "acme").Read(strings.NewReader(strings.Join(lines, "\n")), func(_ int, err error) { errs = append(errs, err) }); err != nil {
		t.Fatal(err)
	}
	ops := s.ops()
	for i := range ops {
		for _, at := range []*time.Duration{&ops[i].Start, &ops[i].End, &ops[i].Bye} {
			*at = at.Round(10 * time.Millisecond)
		}
	}
	return ops, errs
}

func TestCallsAreTold(t *testing.T) {
	ms := time.Millisecond
	for _, tc := range []struct {
		name  string
		lines []string
		want  history.Op
	}{
		{"in one line", []string{`{"number":"+1","dialled":"100","arrived":"200","ended":"300","ended_by":"platform","status":200,"client":"c","nonce":"n","shared_id":"s"}`},
			history.Op{Outcome: history.OK, Start: 100 * ms, End: 200 * ms, Ended: true, Bye: 300 * ms, EndedBy: "platform", Status: 200, Client: "c", Nonce: "n", SharedID: "s", Number: "+1", Project: "acme"}},
		{"as it goes", []string{`{"call_id":"x","number":"+1","dialled":"100","project":"p"}`, "", `{"call_id":"x","arrived":"200","generator":""}`, `{"call_id":"x","ended":"300"}`},
			history.Op{Outcome: history.OK, Start: 100 * ms, End: 200 * ms, Ended: true, Bye: 300 * ms, CallID: "x", Number: "+1", Project: "p"}},
		{"still up", []string{`{"call_id":"x","number":"+1","dialled":"100"}`, `{"call_id":"x","arrived":"200"}`},
			history.Op{Outcome: history.OK, Start: 100 * ms, End: 200 * ms, CallID: "x", Number: "+1", Project: "acme"}},
		{"refused", []string{`{"number":"+1","dialled":"100","ended":"200","status":486,"ended_by":"carrier"}`},
			history.Op{Outcome: history.Refused, Start: 100 * ms, End: 200 * ms, Status: 486, EndedBy: "carrier", Number: "+1", Project: "acme"}},
		{"nobody knows whether it arrived", []string{`{"number":"+1","dialled":"100","ended":"200","ended_by":"caller"}`},
			history.Op{Outcome: history.Indefinite, Start: 100 * ms, End: 200 * ms, Ended: true, Bye: 200 * ms, EndedBy: "caller", Number: "+1", Project: "acme"}},
		{"nothing but begun", []string{`{"call_id":"x","number":"+1","dialled":"100"}`},
			history.Op{Outcome: history.Indefinite, Start: 100 * ms, End: 100 * ms, CallID: "x", Number: "+1", Project: "acme"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ops, errs := told(t, tc.lines...)
			tc.want.ID, tc.want.Kind, tc.want.Generator = 1, history.Call, "g"
			if len(ops) != 1 || !reflect.DeepEqual(ops[0], tc.want) || errors.Join(errs...) != nil {
				t.Errorf("\ngot  %+v %v\nwant %+v", ops, errs, tc.want)
			}
		})
	}
}

func TestCallsThatMakeNoSense(t *testing.T) {
	for line, want := range map[string]string{
		`{"x":1}`:           `call: want an object of call_id, number, project, client, generator, nonce, shared_id, dialled, arrived, ended, ended_by and status: unknown field "x"`,
		`{"status":"200"}`:  "and status: status: got a JSON string",
		`[]`:                "call: want an object of",
		`{"number":"+1"} {`: "call: want one object, got more behind it",
		`{"call_id":"x"}`:   "call: want number and dialled in the first line of a call",
		`{"call_id":"x","number":"+1","dialled":"yesterday"}`:              `call: dialled: want now or a time as 2026-01-31T12:00:00.000Z, got "yesterday"`,
		`{"number":"+1","dialled":"1999-01-01T00:00:00Z"}`:                 "call: dialled: want a time within a day of the recorder's clock, got",
		`{"number":"+1","dialled":"100"}`:                                  "call: want a call_id to speak of it again, or when it ended, got neither",
		`{"number":"+1","dialled":"200","arrived":"100","ended":"300"}`:    "call: want dialled, arrived and ended in this order, got another",
		`{"number":"+1","dialled":"100","arrived":"300","ended":"200"}`:    "call: want dialled, arrived and ended in this order, got another",
		`{"number":"+1","dialled":"100","status":486}`:                     "call: want ended, when the refusal came, with a status of 300 and above",
		`{"number":"+1","dialled":"100","ended":"200","status":99}`:        "call: status: want 100 to 699, got 99",
		`{"number":"+1","dialled":"100","ended":"200","ended_by":"agent"}`: `call: ended_by: want platform, caller or carrier, got "agent"`,
	} {
		ops, errs := told(t, line)
		if len(errs) != 1 || errs[0] == nil || !strings.Contains(errs[0].Error(), want) || len(ops) > 0 {
			t.Errorf("%s: want %s, got %v and %+v", line, want, errs, ops)
		}
	}
	begun := `{"call_id":"x","number":"+1","dialled":"100"}`
	if ops, errs := told(t, begun, begun); len(ops) != 1 || errs[1] == nil {
		t.Errorf("want a call that begins twice refused, got %v and %+v", errs, ops)
	}
}

func TestCallsUpAreBounded(t *testing.T) {
	log, err := NewLog(io.Discard, history.Header{}, "")
	if err != nil {
		t.Fatal(err)
	}
	c := NewCalls(log, "")
	for i := range maxUp {
		if err := c.Tell(fmt.Appendf(nil, `{"call_id":"%d","number":"+1","dialled":"now"}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	more := []byte(`{"call_id":"more","number":"+1","dialled":"now"}`)
	if err := c.Tell(more); err == nil || !strings.Contains(err.Error(), "10000 calls up at most") {
		t.Errorf("got %v", err)
	}
	if err := errors.Join(c.Tell([]byte(`{"call_id":"7","ended":"now"}`)), c.Tell(more)); err != nil {
		t.Error(err)
	}
}

// TestCallsOverASocket are answered, so that a dialler knows when it may dial.
func TestCallsOverASocket(t *testing.T) {
	var file bytes.Buffer
	log, err := NewLog(&file, history.Header{}, "")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan bool)
	go func() { NewCalls(log, "").Serve(ctx, l); close(done) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewScanner(conn)
	for line, want := range map[string]string{`{"call_id":"x","number":"+1","dialled":"now"}`: `{"ok":true}`, `{`: `{"error":"call: want`} {
		_, _ = io.WriteString(conn, line+"\n")
		if !answers.Scan() || !strings.HasPrefix(answers.Text(), want) {
			t.Errorf("%s: want %s, got %s", line, want, answers.Text())
		}
	}
	cancel()
	<-done
	if answers.Scan() {
		t.Errorf("want the connection closed, got %s", answers.Text())
	}
	if log.Count(history.Call) != 1 {
		t.Errorf("got %s", file.Bytes())
	}
}

// FuzzTell: a line is refused, or what is written can be read.
func FuzzTell(f *testing.F) {
	f.Add(`{"number":"+1","dialled":"now","arrived":"now","ended":"9999-01-01T00:00:00Z","status":200}`)
	f.Add(`{"call_id":"x","number":"\u0000","dialled":"now"}`)
	f.Fuzz(func(t *testing.T, line string) {
		var file bytes.Buffer
		log, err := NewLog(&file, history.Header{}, "")
		if err != nil {
			t.Fatal(err)
		}
		c := NewCalls(log, "")
		if c.Tell([]byte(line)) != nil {
			return
		}
		if h, err := history.Read("h", &file); err != nil || len(h.Ops) != 1 {
			t.Fatalf("%q: got %+v, %v", line, h.Ops, err)
		}
	})
}
