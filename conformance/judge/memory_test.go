package judge

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
)

// Garbage is collected late while large histories are judged, and as before when they have been.
func TestCollectLate(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	limit := func() int64 { return debug.SetMemoryLimit(-1) }
	percent := func() int {
		p := debug.SetGCPercent(100)
		debug.SetGCPercent(p)
		return p
	}
	before, at := limit(), percent()
	large := filepath.Join(t.TempDir(), "large.jsonl")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 1<<30); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		files []string
		want  int64
	}{{[]string{StandardInput, "none.jsonl"}, 896 << 20}, {[]string{large}, kept << 30}} {
		end := CollectLate(c.files)
		if limit() != c.want || percent() != -1 {
			t.Errorf("%v: want to collect beyond %d MiB only, got %d MiB and %d %%", c.files, c.want>>20, limit()>>20, percent())
		}
		if end(); limit() != before || percent() != at {
			t.Errorf("%v: want the limit as it was, got %d MiB and %d %%", c.files, limit()>>20, percent())
		}
	}
	t.Setenv("GOGC", "50")
	CollectLate([]string{large})()
	defer CollectLate([]string{large})()
	if limit() != before || percent() != at {
		t.Errorf("want GOGC heeded, got %d MiB and %d %%", limit()>>20, percent())
	}
}
