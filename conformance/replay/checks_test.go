package replay_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/specs"
)

// TestSchemaNamesTheChecks: an editor offers what exists.
func TestSchemaNamesTheChecks(t *testing.T) {
	raw, err := specs.Schema("scenario")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs struct {
			CheckName struct{ Enum []string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	got, want := schema.Defs.CheckName.Enum, check.Names()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("check: want %v, got %v", want, got)
	}
}
