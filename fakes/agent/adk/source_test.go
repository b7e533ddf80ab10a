package adk_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/agent/adk"
)

// TestSource reads code that does the same thing in the ways in which it is written.
func TestSource(t *testing.T) {
	t.Parallel()
	needPython(t)
	p, err := adk.Read(filepath.Join("testdata", "written"))
	if err != nil {
		t.Fatal(err)
	}
	o := adk.Defaults()
	o.Python = interpreter()
	a, err := adk.New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Source(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, u := range s.Uses {
		fmt.Fprintf(&b, "%s:%d %s %q %s\n", u.File, u.Line, u.Kind, u.Name, strings.Join(u.Roots, " "))
	}
	for _, path := range s.Attributes {
		fmt.Fprintln(&b, "attribute", strings.Join(path, "."))
	}
	for _, problem := range s.Problems {
		fmt.Fprintln(&b, problem.Module, problem)
	}
	golden(t, "testdata/written.want", b.String())
}
