package sim

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dnispool/dnispool/sim/hostport"
)

// Control is where and to whom the simulator's own API is served: never on the port of the two endpoints, which belong
// to the platform.
type Control struct {
	Listen string `yaml:"listen" json:"listen"` // host:port; port 0 picks one; empty: not served
	// Token is what whoever asks must show, but for readiness. Without one a simulator that listens on loopback needs
	// none, and another makes one up.
	Token string `yaml:"token" json:"token"`
	// Hosts are further names by which it may be asked, beside localhost, its address and IP addresses; "*" is any name,
	// and needs a token. A web page of another site reaches a loopback port under a name of its own.
	Hosts []string `yaml:"hosts" json:"hosts"`
	// What is kept to be shown, of the newest: older ones make room.
	Conversations int `yaml:"conversations" json:"conversations"` // calls at most
	Exchanges     int `yaml:"exchanges" json:"exchanges"`         // HTTP exchanges at most
	Bytes         int `yaml:"bytes" json:"bytes"`                 // that calls, SIP messages and exchanges may take together
}

// DefaultControl is next to the platform's own port, and on loopback.
func DefaultControl() Control {
	return Control{Listen: "127.0.0.1:8081", Hosts: []string{}, Conversations: 10_000, Exchanges: 10_000, Bytes: 96 << 20}
}

// minToken is the shortest token in characters: it guards a simulator with made-up data, yet must not be guessed at once.
const minToken = 8

// Validate returns every problem of the settings.
func (c Control) Validate() error {
	var errs []error
	if _, err := hostport.Listen(c.Listen); err != nil && c.Listen != "" {
		errs = append(errs, fmt.Errorf("listen: %w", err))
	}
	if c.Token != "" && (len(c.Token) < minToken || strings.Trim(c.Token, tokenAlphabet) != "") {
		errs = append(errs, fmt.Errorf("token: want at least %d letters, digits, - and _, or nothing", minToken))
	}
	for _, h := range c.Hosts {
		if h == "*" && c.Token == "" {
			errs = append(errs, errors.New(`hosts: want a token with "*", got none`))
		}
		if h == "" || h != "*" && strings.ContainsAny(h, ":/* ") {
			errs = append(errs, fmt.Errorf("hosts: want host names without port, got %q", h))
		}
	}
	for _, s := range []struct {
		name       string
		got, least int
	}{{"conversations", c.Conversations, 1}, {"exchanges", c.Exchanges, 1}, {"bytes", c.Bytes, 1 << 20}} {
		if s.got < s.least {
			errs = append(errs, fmt.Errorf("%s: want at least %d, got %d", s.name, s.least, s.got))
		}
	}
	return errors.Join(errs...)
}

const tokenAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// apart refuses a control API on the port of the two endpoints.
func (c Config) apart() (errs []error) {
	control, err := hostport.Listen(c.Control.Listen)
	platform, err2 := hostport.Listen(c.HTTP.Listen)
	if err == nil && err2 == nil && control.Port() != 0 && control.Port() == platform.Port() {
		errs = append(errs, fmt.Errorf("control.listen: want another port than http.listen, got %d for both", control.Port()))
	}
	return errs
}
