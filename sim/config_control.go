package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Control is where a simulator that is a process of its own is asked and steered, apart from what the platform serves.
type Control struct {
	Listen string   `yaml:"listen" json:"listen"` // host:port; port 0 picks one; empty: there is none
	Token  string   `yaml:"token" json:"token"`   // what a request must carry; empty: nothing on a loopback address, elsewhere one is made
	Hosts  []string `yaml:"hosts" json:"hosts"`   // names by which it may be addressed, beside localhost and IP addresses
}

// Open reports whether no token is needed unless one is set: only this machine can reach the address.
func (c Control) Open() bool {
	at, err := netip.ParseAddrPort(c.Listen)
	return err == nil && at.Addr().IsLoopback()
}

func (c Control) validate() error {
	var errs []error
	if c.Listen != "" {
		if _, err := netip.ParseAddrPort(c.Listen); err != nil {
			errs = append(errs, fmt.Errorf("listen: want an IP address and a port like 127.0.0.1:8081, or nothing, got %q", c.Listen))
		}
	}
	if strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		errs = append(errs, errors.New("token: want printable ASCII without blanks"))
	}
	for i, h := range c.Hosts {
		if h == "" || strings.ContainsAny(h, ":/ ") {
			errs = append(errs, fmt.Errorf("hosts[%d]: want a name without a port, like dnispool, got %q", i, h))
		}
	}
	return errors.Join(errs...)
}

// YAML is c as a file that starts the same simulator: every setting, whatever its profile says.
func (c Config) YAML() ([]byte, error) { return yaml.Marshal(c) }

// Redacted is c with its keys and its token masked: what may be shown to anybody.
func (c Config) Redacted() Config {
	if c.Control.Token != "" {
		c.Control.Token = mask
	}
	projects := make([]Project, len(c.Projects))
	for i, p := range c.Projects {
		p.DNIKey, p.HandoffKey = mask, mask
		projects[i] = p
	}
	c.Projects = projects
	return c
}

const mask = "…"
