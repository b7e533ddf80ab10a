package replay_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/dnispool/dnispool/conformance/check/linear"
	"github.com/dnispool/dnispool/specs"
)

// TestSchemaNamesTheChecks: an editor offers what exists.
func TestSchemaNamesTheChecks(t *testing.T) {
	raw, err := specs.Schema("scenario")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties struct {
			Check struct {
				Items struct{ Enum []string }
			}
		}
	}
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	got, want := schema.Properties.Check.Items.Enum, linear.CheckNames()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("check: want %v, got %v", want, got)
	}
}
