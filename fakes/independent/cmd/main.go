// Command cmd serves an independent DNIs Pool platform, for whoever wants to try the harness on something that is not the
// reference: go run ./fakes/independent/cmd --help.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/dnispool/dnispool/fakes/independent"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o := independent.Options{}
	f := flag.NewFlagSet("independent", flag.ContinueOnError)
	projects := f.Int("projects", 1, "how many projects")
	numbers := f.Int("numbers", 20, "how many numbers each of them has")
	defects := f.String("defects", "", "comma-separated codes of faults to have, as in F12,F47; see --list")
	list := f.Bool("list", false, "list the faults there are")
	f.StringVar(&o.HTTP, "http", "127.0.0.1:8090", "host:port of the HTTP API")
	f.StringVar(&o.SIP, "sip", "127.0.0.1:5090", "host:port of SIP over UDP and TCP")
	f.StringVar(&o.Release, "release", independent.OnHangup, "what frees a number: arrival or hangup")
	f.StringVar(&o.IDs, "ids", independent.CallSID, "what conversations are called: sid, uuid or null")
	f.BoolVar(&o.TellID, "tell-id", false, "write that into the header X-Conversation-Id of 180, 200 and BYE")
	f.DurationVar(&o.Window, "window", 0, "life of a reservation that nobody calls (default 2m0s)")
	f.DurationVar(&o.CoolDown, "cool-down", 0, "rest of a number after its release")
	f.DurationVar(&o.Visible, "visible", 0, "from the end of a call until its state can be read")
	f.DurationVar(&o.Ring, "ring", 0, "from a call's arrival to its answer")
	f.DurationVar(&o.Others, "others", 0, "how often somebody else uses each pool; 0 is never")
	f.DurationVar(&o.OthersHold, "others-hold", 0, "how long they hold a number (default 50ms)")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("independent: want flags only, got %q", f.Arg(0))
	}
	if *list {
		for _, d := range independent.Defects() {
			fmt.Fprintf(out, "%s  %s: %s\n", d.Code, d.Name, d.Seen)
		}
		return nil
	}
	if *projects < 1 || *projects > 100 || *numbers < 1 || *numbers > 100 {
		return fmt.Errorf("independent: want 1 to 100 projects of 1 to 100 numbers, got %d of %d", *projects, *numbers)
	}
	o.Projects = independent.DefaultProjects(*projects, *numbers)
	if *defects != "" {
		o.Defects = strings.Split(*defects, ",")
	}
	p, err := independent.Start(o)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "HTTP  %s\nSIP   %s (UDP, TCP)\n", p.URL(), p.SIP())
	for _, project := range p.Projects() {
		fmt.Fprintf(out, "%s  account %s, DNI key %s, handoff key %s, %d numbers from %s\n", project.ID, project.Account, project.DNIKey, project.HandoffKey, len(project.Numbers), project.Numbers[0])
	}
	<-ctx.Done()
	return p.Close()
}
