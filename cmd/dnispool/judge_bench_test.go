//go:build linux

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/check/simulated"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// operations is how many are judged.
const operations = 1_000_000

// BenchmarkJudgeFile is the whole of dnispool judge on a file of a million operations: from the start of the process to
// its end. Metrics: seconds that passed, seconds of all processors, and what the process held at its peak.
func BenchmarkJudgeFile(b *testing.B) {
	const most = 1 << 30
	name := filepath.Join(b.TempDir(), "million.jsonl")
	// What this process has held counts as held by those that it starts, so another one makes the history.
	w := exec.CommandContext(b.Context(), os.Args[0], "-test.run", "^TestSaveBusyHistory$")
	w.Env = append(os.Environ(), busyHistory+"="+name)
	if out, err := w.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	var passed, processors time.Duration
	var peak int64
	for b.Loop() {
		c := exec.CommandContext(b.Context(), binary, "judge", name)
		start := time.Now()
		out, err := c.CombinedOutput()
		passed += time.Since(start)
		if err != nil || !strings.Contains(string(out), " 0 violations") {
			b.Fatalf("%v: %s", err, out)
		}
		processors += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		peak = max(peak, c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss*1024)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(passed.Seconds()/float64(b.N), "s-wall")
	b.ReportMetric(processors.Seconds()/float64(b.N), "s-cpu")
	b.ReportMetric(float64(peak)/(1<<20), "MiB-peak")
	if peak > most {
		b.Errorf("want %d MiB at most, got %d", most>>20, peak>>20)
	}
}

// busyHistory is the variable that names the file of TestSaveBusyHistory.
const busyHistory = "TEST_BUSY_HISTORY"

// TestSaveBusyHistory writes what BenchmarkJudgeFile judges, when that asks for it.
func TestSaveBusyHistory(t *testing.T) {
	name := os.Getenv(busyHistory)
	if name == "" {
		t.Skip("no file is named for it")
	}
	p := simulated.Busy(operations)
	facts, err := json.Marshal(map[string]reading.Facts{"": p.Facts()})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := history.NewWriter(f, history.Header{Base: time.Unix(0, 0).UTC(), Facts: facts})
	if err != nil {
		t.Fatal(err)
	}
	all := p.History()
	if len(all) < operations {
		t.Fatalf("want %d operations, got %d", operations, len(all))
	}
	for i := range all[:operations] {
		if err := w.Append(&all[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}
