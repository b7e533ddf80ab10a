package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// flags is one verb's flags. Flags and arguments may come in any order.
type flags struct {
	*flag.FlagSet
	usage string
	wrong string // what is wrong with the arguments, once they are parsed
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
			return rest, 0, false
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
}

// given reports whether the flag was on the command line.
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
		return long.ReplaceAllString(err.Error(), " --$1")
	}
	var known []string
	f.VisitAll(func(d *flag.Flag) { known = append(known, d.Name) })
	if hint := strictyaml.Suggest(name, known); hint != "" {
		return fmt.Sprintf("no flag --%s (did you mean --%s?)", name, hint)
	}
	return "no flag --" + name
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
