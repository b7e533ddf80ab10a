package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// flags is one verb's flags. Flags and arguments may come in any order.
type flags struct {
	*flag.FlagSet
	usage   string
	prefix  string            // of the variables that stand for flags; "": none does
	aliases map[string]string // other variables that stand for flags, by the name of the flag
	set     map[string]bool   // the flags that a variable has set
	wrong   string            // what is wrong with the arguments, once they are parsed
}

func newFlags(name, usage string) *flags {
	f := &flags{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), usage: usage}
	f.SetOutput(io.Discard)
	return f
}

// parse reads the arguments and returns those that are no flags. When done is true the verb ends with code, and wrong says
// why when that is not 0.
func (f *flags) parse(e env) (rest []string, code int, done bool) {
	args := e.args
	for {
		err := f.Parse(args)
		switch {
		case errors.Is(err, flag.ErrHelp):
			f.help(e.out)
			return nil, 0, true
		case err != nil:
			f.wrong = fmt.Sprintf("%s %s: %s; try %s %s --help", tool, f.Name(), f.explain(err), tool, f.Name())
			fmt.Fprintln(e.err, f.wrong)
			return append(rest, f.readOn()...), finding.ExitNotJudged, true
		}
		if f.NArg() == 0 {
			if err := f.fromEnvironment(e); err != nil {
				f.wrong = fmt.Sprintf("%s %s: %s; try %s %s --help", tool, f.Name(), err, tool, f.Name())
				fmt.Fprintln(e.err, f.wrong)
				return rest, finding.ExitNotJudged, true
			}
			return rest, 0, false
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
}

// fromEnvironment gives the flags that were not on the command line what their variables say. An empty one says nothing.
func (f *flags) fromEnvironment(e env) error {
	if f.prefix == "" {
		return nil
	}
	var errs []error
	f.set = make(map[string]bool)
	known := make(map[string]bool)
	f.VisitAll(func(d *flag.Flag) {
		name := f.prefix + strings.ToUpper(strings.ReplaceAll(d.Name, "-", "_"))
		known[name] = true
		if e.getenv(name) == "" {
			name = f.aliases[d.Name]
		}
		value := e.getenv(name)
		if value == "" || f.given(d.Name) {
			return
		}
		f.set[d.Name] = true
		if err := f.Set(d.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: want what --%s takes, got %q (%s)", name, d.Name, value, taken(d, err.Error())))
		}
	})
	for _, pair := range e.environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, f.prefix) || known[name] || sim.OfService(name, value) {
			continue
		}
		unknown := name + ": no flag of that name"
		if hint := strictyaml.Suggest(name, slices.Collect(maps.Keys(known))); hint != "" {
			unknown += fmt.Sprintf(" (did you mean %s?)", hint)
		}
		errs = append(errs, errors.New(unknown))
	}
	return errors.Join(errs...)
}

// given reports whether the flag was on the command line, or in the environment.
func (f *flags) given(name string) (found bool) {
	f.Visit(func(d *flag.Flag) { found = found || d.Name == name })
	return found
}

// readOn reads on after a flag that is wrong, so that the report files that the others name are known, and returns what is
// no flag.
func (f *flags) readOn() (others []string) {
	for args := f.Args(); len(args) > 0; {
		before := len(args)
		err := f.Parse(args)
		if args = f.Args(); len(args) > 0 && (err == nil || len(args) == before) {
			others, args = append(others, args[0]), args[1:]
		}
	}
	return others
}

// long finds the names that package flag writes with one dash.
var long = regexp.MustCompile(` -([a-z][a-z-]+)`)

// explain says what is wrong with a flag, in the form in which it was written.
func (f *flags) explain(err error) string {
	name, found := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !found {
		text := err.Error()
		if of := long.FindStringSubmatch(text); of != nil {
			text = taken(f.Lookup(of[1]), text)
		}
		return long.ReplaceAllString(text, " --$1")
	}
	var known []string
	f.VisitAll(func(d *flag.Flag) { known = append(known, d.Name) })
	if hint := strictyaml.Suggest(name, known); hint != "" {
		return fmt.Sprintf("no flag --%s (did you mean --%s?)", name, hint)
	}
	return "no flag --" + name
}

// taken says what a flag takes where package flag says no more than that it cannot be read.
func taken(f *flag.Flag, says string) string {
	typed, ok := f.Value.(flag.Getter)
	if !ok {
		return says
	}
	want := ""
	switch typed.Get().(type) {
	case time.Duration:
		want = "want a time like 30s, 5m or 1h30m"
	case int, uint, int64, uint64:
		want = "want a whole number"
	case float64:
		want = "want a number"
	}
	for _, of := range []string{"parse error", "value out of range"} {
		if cause, found := strings.CutSuffix(says, of); found && want != "" {
			return cause + want
		}
	}
	return says
}

func (f *flags) help(w io.Writer) {
	fmt.Fprintf(w, "usage: %s %s %s\n\n", tool, f.Name(), f.usage)
	f.VisitAll(func(d *flag.Flag) {
		value, says := flag.UnquoteUsage(d)
		dashes := "--"
		if len(d.Name) == 1 {
			dashes = "-"
		}
		head := strings.TrimRight(dashes+d.Name+" "+value, " ")
		if d.DefValue != "" && d.DefValue != "false" && d.DefValue != "0" && d.DefValue != "0s" && d.DefValue != "-1ns" && d.DefValue != "0/h" {
			says += " (default " + d.DefValue + ")"
		}
		fmt.Fprintf(w, "  %-22s %s\n", head, says)
	})
}

// list is a flag that may be given more than once.
type list []string

func (l *list) String() string { return strings.Join(*l, ", ") }

func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}
