package replay_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/replay"
)

// TestHang: a scenario that nothing ends is left behind, and its result shows where it hangs.
func TestHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		s := parse(t, "steps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n")
		r := replay.Play(t.Context(), s, &fake{do: func(int, *http.Request) (*http.Response, error) {
			neverReturns(stuck)
			return nil, context.Canceled
		}}, replay.Options{})
		close(stuck)
		if r.Status != finding.Error || !strings.HasPrefix(r.Reason, "the harness hangs") || r.ID != "test/x" || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "neverReturns") {
			t.Errorf("want an error that shows where it hangs, got %s", tell(r))
		}
		synctest.Wait()
	})
}

func neverReturns(until <-chan struct{}) { <-until }
