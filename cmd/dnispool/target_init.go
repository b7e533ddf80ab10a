package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/targets/targetfile"
)

// initTarget asks what is known of a deployment, and writes a target file of it.
func initTarget(e env, path string) int {
	if _, err := os.Lstat(path); err == nil {
		return refuse(e, fmt.Errorf("target %s: want a file that is not there yet, got one", path))
	}
	draft, err := askDraft(e)
	if err != nil {
		return refuse(e, err)
	}
	text := draft.YAML()
	if _, problems := targetfile.Parse(path, text, time.Now()); len(problems) > 0 {
		return refuse(e, fmt.Errorf("nothing was written, as it would not be read:\n%w", problems.Err()))
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		_, err = f.Write(text)
		err = errors.Join(err, f.Close())
	}
	if bad, ok := errors.AsType[*fs.PathError](err); ok {
		err = fmt.Errorf("target %s: %w", path, bad.Err)
	}
	if err != nil {
		return refuse(e, err)
	}
	fmt.Fprintf(e.out, `
%[2]s is written. Export %[3]s and %[4]s, and look at what it costs to know no more:

  %[1]s target check %[2]s             whether the deployment can be reached so
  %[1]s scenarios list --target %[2]s  what is played on it, and what each other scenario lacks
  %[1]s target questions %[2]s         a page for your PolyAI contact
  %[1]s check --target %[2]s           shows the plan, asks, and plays
`, tool, path, draft.DNI, draft.Handoff)
	return 0
}

// askDraft asks one thing after the other. What may stay unknown may be left empty.
func askDraft(e env) (d targetfile.Draft, err error) {
	answers := bufio.NewScanner(e.in)
	for _, q := range []struct {
		asks, otherwise string
		into            *string
		wrong           func(string) string // says what is wrong with an answer; nil: nothing can be
	}{
		{"Name of the deployment in reports", "staging", &d.Name, nil},
		{"Its region (" + strings.Join(targetfile.Regions(), ", ") + ") or base URL", "", &d.Where, wrongPlace},
		{"Account, as it stands in the path of Get Handoff", "", &d.Account, due},
		{"Project, as it stands there", "", &d.Project, due},
		{"Environment variable with the key of Reserve DNI", "DNI_KEY", &d.DNI, wrongVariable},
		{"Environment variable with the key of Get Handoff", "HANDOFF_KEY", &d.Handoff, wrongVariable},
		{"SIP trunk to call by (host:port), or a command with {dni} in it; empty: no calls", "", &d.Calls, nil},
		{"Numbers in the pool; empty: not known", "", &d.Size, nil},
		{"How long a number is kept for who does not call, as in 60s; empty: not known", "", &d.Window, nil},
	} {
		if *q.into, err = prompt(e.out, answers, q.asks, q.otherwise, q.wrong); err != nil {
			return d, err
		}
	}
	return d, nil
}

// prompt asks until the answer is right.
func prompt(w io.Writer, answers *bufio.Scanner, asks, otherwise string, wrong func(string) string) (string, error) {
	for {
		hint := ""
		if otherwise != "" {
			hint = " [" + otherwise + "]"
		}
		fmt.Fprintf(w, "%s%s: ", asks, hint)
		if !answers.Scan() {
			fmt.Fprintln(w)
			return "", fmt.Errorf("target init: want an answer to %q, got an end; nothing was written", asks)
		}
		answer := strings.TrimSpace(answers.Text())
		if answer == "" {
			answer = otherwise
		}
		if wrong == nil {
			return answer, nil
		}
		says := wrong(answer)
		if says == "" {
			return answer, nil
		}
		fmt.Fprintln(w, says)
	}
}

func due(answer string) string {
	if answer == "" {
		return "This one is needed."
	}
	return ""
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// wrongVariable does not repeat the answer: it may be the key itself.
func wrongVariable(answer string) string {
	if !variable.MatchString(answer) {
		return "Want the name of a variable, as in DNI_KEY, and never the key itself: no file holds it."
	}
	return ""
}

// wrongPlace lets the target file's own reader judge a region or a base URL.
func wrongPlace(answer string) string {
	probe := targetfile.Draft{Name: "x", Where: answer, Account: "a", Project: "p", DNI: "D", Handoff: "H"}
	_, problems := targetfile.Parse("", probe.YAML(), time.Now())
	if len(problems) == 0 {
		return ""
	}
	return problems[0].Message
}
