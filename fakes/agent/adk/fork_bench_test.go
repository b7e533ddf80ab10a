//go:build unix

package adk

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkFork is the process of a call begun by the warm one, beside a program that does nothing, begun and ended: ms/fork is
// until it can be asked for a function, ms/end until it is gone.
func BenchmarkFork(b *testing.B) {
	p, err := Read(filepath.Join("testdata", "field"))
	if err != nil {
		b.Fatal(err)
	}
	a, err := New(p, Defaults())
	if err != nil {
		b.Fatal(err)
	}
	if err := a.Lacks(); err != nil {
		b.Skip("skipped: ", err)
	}
	h, err := a.warm(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.Close(context.Background()) })
	var forks, ends, bare time.Duration
	for b.Loop() {
		began := time.Now()
		if err := exec.Command("true").Run(); err != nil {
			b.Fatal(err)
		}
		bare += time.Since(began)
		began = time.Now()
		c, err := h.fork()
		if err != nil {
			b.Fatal(err)
		}
		forks += time.Since(began)
		began = time.Now()
		c.stop()
		ends += time.Since(began)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(forks)/float64(b.N)/1e6, "ms/fork")
	b.ReportMetric(float64(ends)/float64(b.N)/1e6, "ms/end")
	b.ReportMetric(float64(forks+ends)/float64(bare), "x-bare-process")
}
