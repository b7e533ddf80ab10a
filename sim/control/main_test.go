package control_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// exit ends the tests. When all of them were run, every operation that is described must have been used.
func exit(code int, _ *testing.M) {
	if run := flag.Lookup("test.run").Value.String(); code == 0 && run == "" && flag.Lookup("test.list").Value.String() == "" {
		for _, operation := range undone() {
			fmt.Printf("control.openapi.yaml: %s: want a test that uses it, got none\n", operation)
			code = 1
		}
	}
	os.Exit(code)
}
