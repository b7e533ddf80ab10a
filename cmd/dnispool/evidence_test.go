package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

// TestEvidenceThatCannotBeKept must not cost a run that asked for nothing, and must stop one that did. A file stands
// where the directory would be.
func TestEvidenceThatCannotBeKept(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "out"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, verb := range [][]string{{"check", "pool/as-many-clients-as-numbers-all-win"}, {"explore", "--seeds", "1..2"}} {
		r := dnispool(t, dir, verb...)
		if r.code != 0 || !strings.HasPrefix(r.err, "nothing will be kept of what fails: out") || !strings.Contains(r.err, "not a directory; name a directory with --out") {
			t.Errorf("%v: want it to go on, and to say so, got %+v", verb, r)
		}
		r = dnispool(t, dir, append(verb, "--out", "out/here")...)
		if r.code != finding.ExitNotJudged || !strings.HasPrefix(r.err, "--out out/here: not a directory") {
			t.Errorf("%v: want it refused, got %+v", verb, r)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "out")); err != nil || string(text) != "mine" {
		t.Errorf("want the file as it was, got %q, %v", text, err)
	}
}

func TestEvidenceLeavesADirectoryAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "mine"), 0o755); err != nil {
		t.Fatal(err)
	}
	if r := dnispool(t, dir, "check", "pool/as-many-clients-as-numbers-all-win", "--out", "mine"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "mine")); err != nil || len(entries) > 0 {
		t.Errorf("want the directory that was there, and empty, got %v, %v", entries, err)
	}
}

// TestRunsSideBySide share a directory that each of them takes away when it is empty.
func TestRunsSideBySide(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var runs sync.WaitGroup
	for range 4 {
		runs.Go(func() {
			for range 4 {
				if r := dnispool(t, dir, "check", "-q", "auth/*"); r.code != 0 || r.err != "" {
					t.Errorf("%+v", r)
				}
			}
		})
	}
	runs.Wait()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("want nothing left, got %v, %v", left, err)
	}
}
