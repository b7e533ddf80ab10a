package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	for args, want := range map[string]string{
		"extra":         `independent: want flags only, got "extra"`,
		"-projects 0":   "independent: want 1 to 100 projects of 1 to 100 numbers, got 0 of 20",
		"-defects F99":  "independent: defects: want of F01,",
		"-http nowhere": "independent: listen tcp",
	} {
		if err := run(t.Context(), strings.Fields(args), new(bytes.Buffer)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: want %s, got %v", args, want, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for args, want := range map[string]string{
		"-list": "F12  loser gives up: Every fifth reservation is refused with 404, whatever is free.\n",
		"-http 127.0.0.1:0 -sip 127.0.0.1:0 -defects F12,F47": "account independent, DNI key dni-key-of-project-1, handoff key handoff-key-of-project-1, 20 numbers from +12025550000\n",
	} {
		var out bytes.Buffer
		if err := run(ctx, strings.Fields(args), &out); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: want %s, got %v and %s", args, want, err, out.String())
		}
	}
}
