package deployment

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"time"

	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/sim/hostport"
	"github.com/dnispool/dnispool/sim/sipua"
)

// ways looks whether calls can be placed as the file says, without placing one.
func (t *Target) ways(ctx context.Context) (all []Finding) {
	switch c := t.File.Calls; {
	case len(c.Exec) > 0:
		return []Finding{t.command()}
	case c.Trunk != nil:
		transports := []string{"udp", "tcp"}
		if c.Trunk.Transport == "tcp" {
			transports = []string{"tcp", "udp"}
		}
		for _, host := range c.Trunk.Hosts() {
			f := t.options(ctx, host, transports[0])
			if f.Do != "" { // would the other one do?
				if other := t.options(ctx, host, transports[1]); other.Do == "" {
					f.Do = fmt.Sprintf("it answers over %s: state calls.trunk.transport: %[1]s", transports[1])
				}
			}
			all = append(all, f)
		}
		return all
	}
	return []Finding{{"calls", "none, so what needs calls is not played; calls.trunk or calls.exec says how", ""}}
}

// answersWithin is how long an answer to OPTIONS may take: some that are sent over UDP get lost and are sent again.
const answersWithin = 4 * time.Second

// options asks a host of the trunk's what it can do.
func (t *Target) options(ctx context.Context, host, transport string) Finding {
	f := Finding{What: "SIP trunk"}
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	status, reason, err := t.ask(ctx, host, transport)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, sipua.ErrTimeout):
		f.Is = fmt.Sprintf("%s does not answer OPTIONS over %s", host, transport)
		f.Do = "look at calls.trunk.host, the firewall, and whether the trunk takes calls from this address; some answer INVITE alone"
	case err != nil:
		f.Is, f.Do = fmt.Sprintf("%s over %s: %v", host, transport, err), "look at calls.trunk.host and its transport"
	default:
		f.Is = fmt.Sprintf("%s over %s answers OPTIONS with %d %s", host, transport, status, reason)
		switch {
		case (status == 401 || status == 407) && t.File.Calls.Trunk.User == "", status == 403:
			f.Do = targets.OfRefusal(status).String()
		case status >= 500:
			f.Do = targets.OfRefusal(503).String()
		}
	}
	return f
}

func (t *Target) ask(ctx context.Context, host, transport string) (status int, reason string, err error) {
	over, err := t.Gate.admit(ctx, false)
	if err != nil {
		return 0, "", err
	}
	defer over()
	facing, err := hostport.Facing(ctx, host)
	if err != nil {
		return 0, "", err
	}
	e, err := sipua.Listen(ctx, sipua.Config{Listen: net.JoinHostPort(facing, "0"), TCP: true})
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = e.Close() }()
	return e.Options(ctx, host, transport)
}

// command looks whether the command is there that places calls.
func (t *Target) command() Finding {
	name := program(t.dir, t.File.Calls.Exec[0])
	if _, err := exec.LookPath(name); err != nil {
		return Finding{"calls.exec", err.Error(), "name a program that is there and may be run"}
	}
	return Finding{"calls.exec", name + " is there", ""}
}
