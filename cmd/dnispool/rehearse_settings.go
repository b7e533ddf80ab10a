package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dnispool/dnispool/conformance/rehearse"
	"github.com/dnispool/dnispool/conformance/run"
)

// settle puts the settings together: flags and what stands for them in the environment win over the file.
func (f *rehearseFlags) settle() error {
	if f.config != "" {
		settings, err := rehearse.ReadSettings(f.config)
		if err != nil {
			return err
		}
		given := make(map[string]string)
		f.Visit(func(d *flag.Flag) { given[d.Name] = d.Value.String() })
		f.Settings = settings
		for name, value := range given {
			if err := f.Set(name, value); err != nil {
				return fmt.Errorf("%s: %w", name, err) // unreachable: it was read before
			}
		}
	}
	for _, d := range []struct {
		name string
		is   time.Duration
	}{{"quiet-for", f.QuietFor}, {"wait-for", f.WaitFor}} {
		if d.is <= 0 {
			return fmt.Errorf("%s: want more than 0, got %s", d.name, d.is)
		}
	}
	if !slices.Contains(logFormats, f.output) || f.output == "json" && !f.serve {
		return fmt.Errorf("output: want text, or json with --serve, got %q", f.output)
	}
	how, err := f.ways.Arrival()
	if err != nil {
		return fmt.Errorf("%w; the flags are --webhook, --run, --sip-caller and --file", err)
	}
	if how != nil {
		f.Arrival = rehearse.By(how)
	}
	return nil
}

func (f *rehearseFlags) options() rehearse.Options {
	return rehearse.Options{HTTP: f.HTTP, SIP: f.SIP, Quiet: f.QuietFor, Wait: f.WaitFor, Seed: f.seed, Again: f.again, Client: f.Client, Arrival: f.Arrival.Arrival()}
}

// explain says what to do about an address that is taken.
func (f *rehearseFlags) explain(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w; --http 127.0.0.1:0 and --sip 127.0.0.1:0 take free ports", err)
	}
	return err
}

// queueFlag is the name of a queue and, where that differs, what is called for it: billing=2001.
type queueFlag struct{ client *rehearse.Client }

// String implements flag.Value.
func (q queueFlag) String() string {
	switch {
	case q.client == nil: // of package flag's own
		return ""
	case q.client.Dials == "":
		return q.client.Queue
	}
	return q.client.Queue + "=" + q.client.Dials
}

// Set implements flag.Value.
func (q queueFlag) Set(s string) error {
	q.client.Queue, q.client.Dials, _ = strings.Cut(s, "=")
	return nil
}

// secretFlags are the flags whose value is not printed, and the variable that a shell is likely to have it in.
var secretFlags = map[string]string{"dni-key": "DNI_KEY", "handoff-key": "HANDOFF_KEY"}

// again is the command that plays one lesson again, in a shell with the same variables.
func (f *rehearseFlags) again(id string) string {
	words := []string{tool, "rehearse", id}
	if file, asked := f.files[id]; asked {
		words[2] = run.ShellWord(file)
	}
	f.Visit(func(set *flag.Flag) {
		if slices.Contains([]string{"junit", "json", "html", "v", "q", "color", "seed", "serve", "output"}, set.Name) || f.set[set.Name] || set.Name == "control" && f.serve {
			return
		}
		words = append(words, "--"+set.Name)
		if variable, secret := secretFlags[set.Name]; secret {
			words = append(words, `"$`+variable+`"`)
			return
		}
		if _, isBool := set.Value.(interface{ IsBoolFlag() bool }); !isBool {
			words = append(words, run.ShellWord(set.Value.String()))
		}
	})
	return fmt.Sprintf("%s --seed %d", strings.Join(words, " "), f.seed)
}
