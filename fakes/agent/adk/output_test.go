package adk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

// TestOutput: whatever a project writes to its standard output and standard error, by whichever way, is told, with the line where
// that is known, and of a function that was ended too.
func TestOutput(t *testing.T) {
	t.Parallel()
	a := written(t, map[string]string{"functions/start_function.py": `import logging
import os
import sys
import threading

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
print("while it is imported")
os.write(2, b"past Python\n")
kept = sys.stdout


def start_function(conv):
    do = conv.integration_attributes["do"]
    logging.info("begins %s", do)
    if do == "hang":
        print("asks", end="", flush=True)
        os.write(1, b"just before\nit hangs")
        while True:
            pass
    if do == "exit":
        os.write(1, b"last words")
        os._exit(3)
    if do == "much":
        os.write(1, b"".join(b"%d\n" % n for n in range(10_000)))
        return
    if do == "close":
        os.close(1)
        os.close(2)
        print("still here")
        return
    print("half a line", end="")
    sys.stderr.write("wrong\n")
    sys.stdout.buffer.write("größer\n".encode())
    sys.stdout.buffer.flush()
    sys.__stdout__.write("the first one\n")
    kept.writelines(["one\n", "two\n"])
    os.write(1, b"\xff raw\n\n  \n")
    os.write(2, b"and wrong")
`})
	imported, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "import", strings.Join(noted(imported), "\n"), `stdout: while it is imported at functions/start_function.py:7
  output: past Python`)
	for do, want := range map[string]string{
		"": `stderr: INFO begins  at functions/start_function.py:14
  stderr: wrong at functions/start_function.py:32
  stdout: half a linegrößer at functions/start_function.py:33
  stdout: the first one at functions/start_function.py:35
  stdout: one at functions/start_function.py:36
  stdout: two at functions/start_function.py:36
  output: � raw
  output: and wrong`,
		"hang": `stderr: INFO begins hang at functions/start_function.py:14
  stdout: asks at functions/start_function.py:16
  output: just before
  output: it hangs
  failed: timeout: want 1s at most, and it had not returned when it was ended`,
		"exit": `stderr: INFO begins exit at functions/start_function.py:14
  output: last words
  failed: its process ended: exit status 3`,
		"close": `stderr: INFO begins close at functions/start_function.py:14
  stdout: still here at functions/start_function.py:29`,
	} {
		config := conversation.Default()
		if do == "hang" {
			config.StartTimeout = time.Second
		}
		step := talk(t, a, config, do, `{"do":"`+do+`"}`).Begin(t.Context())
		equal(t, do, strings.Join(noted(step.Notes), "\n"), want)
	}
	notes := noted(talk(t, a, conversation.Default(), "much", `{"do":"much"}`).Begin(t.Context()).Notes)
	if n := len(notes); n != 102 || !strings.HasSuffix(notes[1], "bytes before this are left out") || notes[n-1] != "  output: 9999" {
		t.Errorf("want the end of much, and how much is left out, got %d notes: %q", n, notes)
	}
}
