package deployment_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/fakes/independent"
)

// by makes the stage of a target whose calls are placed by a script.
func by(t *testing.T, script string) targets.Stage {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "dial.sh"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	f := described(t, "http://127.0.0.1:1", "calls: {exec: [./dial.sh, '{dni}', '{from}']}\n")
	d, err := deployment.New(f, targetfile.Source{Dir: dir, Getenv: func(string) string { return "k" }})
	if err != nil {
		t.Fatal(err)
	}
	return stage(t, d)
}

func ended(t *testing.T, c targets.Call) targets.CallEnd {
	t.Helper()
	select {
	case <-c.Ended():
	case <-time.After(10 * time.Second):
		t.Fatal("want the call over, got it up")
	}
	return c.End()
}

func TestCallsByACommand(t *testing.T) {
	dial := func(t *testing.T, script string) (targets.Stage, targets.Call) {
		s := by(t, script)
		c, err := s.Dial(t.Context(), targets.Dial{To: "+99921", From: "+4420"})
		if err != nil {
			t.Fatal(err)
		}
		return s, c
	}
	t.Run("answered, and ended by the platform", func(t *testing.T) {
		s, c := dial(t, `echo '{"event":"ringing"}'; echo '{"event":"answered"}'; echo "{\"event\":\"ended\",\"by\":\"platform\",\"reason\":\"to $1 from $2\"}"`)
		if e := ended(t, c); !c.Answered() || c.Status() != 200 || e.By != "platform" || e.How != "bye" || e.Cause != "to +99921 from +4420" {
			t.Errorf("got %v, %d, %+v", c.Answered(), c.Status(), e)
		}
		if l := s.Ladder(); len(l) != 4 || l[0].Summary != "call +99921" || l[1].Summary != "ringing" {
			t.Errorf("want the call and three events, got %+v", l)
		}
	})
	t.Run("refused", func(t *testing.T) {
		_, c := dial(t, `echo '{"event":"refused","status":486,"reason":"Busy Here"}'`)
		if e := ended(t, c); c.Answered() || c.Status() != 486 || c.Reason() != "Busy Here" || e.By != "platform" || e.How != "reject" {
			t.Errorf("got %v, %d, %+v", c.Answered(), c.Status(), e)
		}
	})
	t.Run("hung up", func(t *testing.T) {
		_, c := dial(t, `echo '{"event":"answered"}'; read order; echo "{\"event\":\"ended\",\"by\":\"caller\",\"reason\":\"told to\"}"`)
		if status, err := c.Hangup(t.Context()); status != 200 || err != nil {
			t.Fatal(status, err)
		}
		if e := ended(t, c); e.By != "caller" || e.Cause != "told to" {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("without a word", func(t *testing.T) {
		_, c := dial(t, `echo nonsense; exit 3`)
		if e := ended(t, c); c.Answered() || c.Status() != 0 || e.Cause != "the command ended: exit status 3" {
			t.Errorf("got %v, %d, %+v", c.Answered(), c.Status(), e)
		}
	})
	t.Run("without a word of the end", func(t *testing.T) {
		s, c := dial(t, `echo '{"event":"answered"}'`)
		if e := ended(t, c); e.By != "" || e.Cause != "the command ended" {
			t.Errorf("want nobody named, got %+v", e)
		}
		if got := s.(targets.Troubled).Troubles(); len(got) != 1 || got[0] != "the call to +99921 may still be up: its command ended, or was ended, before it said that the call is over" {
			t.Errorf("want it said, got %q", got)
		}
	})
	t.Run("that does not hang up, and has started more", func(t *testing.T) {
		t.Parallel()
		s, c := dial(t, `trap '' TERM; echo '{"event":"answered"}'; sleep 600 & sleep 600`)
		if _, err := c.Hangup(t.Context()); err != nil {
			t.Fatal(err)
		}
		if e := ended(t, c); e.By != "" || e.Cause != "the command ended: signal: killed" {
			t.Errorf("want it ended by nobody knows whom, got %+v", e)
		}
		if got := s.(targets.Troubled).Troubles(); len(got) != 1 {
			t.Errorf("want it said that the call may be up, got %q", got)
		}
	})
	t.Run("no such command", func(t *testing.T) {
		f := described(t, "http://127.0.0.1:1", "calls: {exec: [./none, '{dni}']}\n")
		d, err := deployment.New(f, targetfile.Source{Dir: t.TempDir(), Getenv: func(string) string { return "k" }})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stage(t, d).Dial(t.Context(), targets.Dial{To: "+99921"}); err == nil || !strings.HasPrefix(err.Error(), "calls.exec: ") {
			t.Errorf("want it said, got %v", err)
		}
	})
}

// TestSIPpExample places a call to a platform that is not the reference by the script that the documents show.
func TestSIPpExample(t *testing.T) {
	if _, err := exec.LookPath("sipp"); err != nil {
		t.Skip("sipp is not installed")
	}
	p, err := independent.Start(independent.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	script, err := filepath.Abs("../../../specs/examples/dial.sh")
	if err != nil {
		t.Fatal(err)
	}
	s := by(t, "exec "+script+" \"$1\" "+p.SIP()+" \"$2\"")
	c, err := s.Dial(t.Context(), targets.Dial{To: p.Projects()[0].Numbers[0]})
	if err != nil {
		t.Fatal(err)
	}
	if e := ended(t, c); !c.Answered() || e.By != "platform" {
		t.Errorf("want a call that the platform ends, got answered %v, %+v", c.Answered(), e)
	}
	body := strings.NewReader(`{"attributes":{"shared_id":"sipp-1","want_talk":60}}`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL()+"/v1/conversations/dni-reservation", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("x-api-key", p.Projects()[0].DNIKey)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	var lease struct {
		DNI string `json:"dni"`
	}
	err = json.NewDecoder(res.Body).Decode(&lease)
	if _ = res.Body.Close(); err != nil || lease.DNI == "" {
		t.Fatal(res.Status, err)
	}
	if c, err = s.Dial(t.Context(), targets.Dial{To: lease.DNI}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Hangup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := ended(t, c); !c.Answered() || e.By != "caller" { // which the script says once the platform has answered its BYE
		t.Errorf("want a call that its caller ends, got answered %v, %+v", c.Answered(), e)
	}
	c, err = s.Dial(t.Context(), targets.Dial{To: "+19995550000"})
	if err != nil {
		t.Fatal(err)
	}
	if ended(t, c); c.Answered() || c.Status() != 404 {
		t.Errorf("want a number of nobody refused with 404, got answered %v, %d", c.Answered(), c.Status())
	}
}

// TestSIPpExampleWhileItRings: a caller who gives up sends CANCEL, so nothing is left to ring.
func TestSIPpExampleWhileItRings(t *testing.T) {
	if _, err := exec.LookPath("sipp"); err != nil {
		t.Skip("sipp is not installed")
	}
	t.Parallel()
	p, err := independent.Start(independent.Options{Ring: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	script, err := filepath.Abs("../../../specs/examples/dial.sh")
	if err != nil {
		t.Fatal(err)
	}
	s := by(t, "exec "+script+" \"$1\" "+p.SIP()+" \"$2\"")
	gone, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	c, err := s.Dial(gone, targets.Dial{To: p.Projects()[0].Numbers[0]})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("want the caller's patience over, got %v", err)
	}
	if e := ended(t, c); c.Answered() || c.Status() != 487 || e.How != "reject" { // which the script says once the platform has said it
		t.Errorf("want it cancelled, got answered %v, %d, %+v", c.Answered(), c.Status(), e)
	}
}
