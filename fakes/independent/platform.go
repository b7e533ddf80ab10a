// Package independent is a second implementation of the DNIs Pool platform, written from its documents alone: Reserve DNI
// and Get Handoff over HTTP, calls over SIP (UDP and TCP), and an agent of its own that says what it saw. It is what a
// stranger's platform is to the harness: it imports the standard library and nothing of this module, names its
// conversations in its own way, and shares none of the reference's structure. Where the reference decides expiry when it
// looks, timers run out here; where the reference has a pool behind a mutex, one goroutine owns everything here.
//
// It is correct unless Options.Defects names faults; see Defects.
package independent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// What frees a number.
const (
	OnArrival = "arrival" // the INVITE of its call has come
	OnHangup  = "hangup"  // its call is over
)

// What conversations are called in handoff states. The platform's own names for them are nothing that a caller knows.
const (
	CallSID = "sid"  // CA and 32 hexadecimal digits
	UUID    = "uuid" // a random UUID
	NullID  = "null" // null: a conversation can be found by its shared_id alone
)

// Options says what to start. The zero value is one project with four numbers on free ports of the loopback interface.
type Options struct {
	HTTP     string        // host:port; "" is a free port of 127.0.0.1
	SIP      string        // host:port of both UDP and TCP; "" is a free port of 127.0.0.1
	Projects []Project     // none: DefaultProjects(1, 4)
	Release  string        // OnArrival or OnHangup, which "" is too
	Window   time.Duration // life of a reservation that nobody calls; 0 is 120 s
	CoolDown time.Duration // rest of a number after its release
	Visible  time.Duration // from the end of a call until its state can be read
	Ring     time.Duration // from a call's arrival to its answer
	IDs      string        // CallSID, which "" is too, UUID or NullID
	Mute     bool          // no audio comes back
	// TellID writes the platform's own id of a call into the header X-Conversation-Id of its 180, 200 and BYE.
	TellID bool
	// Others is how often somebody else reserves from each project's pool and calls the number at once; 0 is never. They
	// hold what they get for OthersHold.
	Others, OthersHold time.Duration
	Defects            []string // codes of Defects, as in F12
}

// Project is one customer's agent, with a pool of its own.
type Project struct {
	Name       string
	Account    string // in the path of Get Handoff
	ID         string // the project's, there
	DNIKey     string
	HandoffKey string
	Numbers    []string // E.164
}

// DefaultProjects makes n projects of so many numbers each, which are reserved for fiction.
func DefaultProjects(n, numbers int) []Project {
	var all []Project
	for i := range n {
		name := fmt.Sprintf("project-%d", i+1)
		p := Project{Name: name, Account: "independent", ID: name, DNIKey: "dni-key-of-" + name, HandoffKey: "handoff-key-of-" + name}
		for j := range numbers {
			p.Numbers = append(p.Numbers, fmt.Sprintf("+1202555%02d%02d", i%100, j%100))
		}
		all = append(all, p)
	}
	return all
}

// Platform is a running platform.
type Platform struct {
	options Options
	loop    *loop
	numbers *numbering
	edge    *edge
	web     *http.Server
	listen  net.Listener
	served  sync.WaitGroup
}

// Start opens the sockets and serves until Close. The error says which option is wrong, or which address cannot be had.
func Start(o Options) (*Platform, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	p := &Platform{options: o, loop: startLoop()}
	p.numbers = newNumbering(o, p.loop)
	if p.listen, err = net.Listen("tcp", o.HTTP); err == nil {
		p.edge, err = listenSIP(p.numbers, o.SIP)
	}
	if err != nil {
		if p.listen != nil {
			_ = p.listen.Close()
		}
		p.loop.stop()
		return nil, fmt.Errorf("independent: %w", err)
	}
	p.web = &http.Server{Handler: routes(p.numbers), ReadHeaderTimeout: 10 * time.Second}
	p.served.Go(func() { _ = p.web.Serve(p.listen) })
	p.edge.serve()
	p.loop.do(p.numbers.begin)
	return p, nil
}

// Close ends the calls that are up with BYE, closes the sockets and returns when all is at rest.
func (p *Platform) Close() error {
	p.edge.close()
	grace, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := p.web.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) { // somebody keeps a request open
		err = p.web.Close()
	}
	p.served.Wait()
	p.loop.stop()
	return err
}

// URL is where the HTTP endpoints are.
func (p *Platform) URL() string { return "http://" + p.listen.Addr().String() }

// SIP is the host:port to call, over UDP or TCP.
func (p *Platform) SIP() string { return p.edge.udp.LocalAddr().String() }

// Projects are the projects that are served.
func (p *Platform) Projects() []Project { return p.options.Projects }

func (o Options) complete() (Options, error) {
	o.HTTP, o.SIP = cmp.Or(o.HTTP, "127.0.0.1:0"), cmp.Or(o.SIP, "127.0.0.1:0")
	o.Release, o.IDs = cmp.Or(o.Release, OnHangup), cmp.Or(o.IDs, CallSID)
	o.Window, o.OthersHold = cmp.Or(o.Window, 2*time.Minute), cmp.Or(o.OthersHold, 50*time.Millisecond)
	if len(o.Projects) == 0 {
		o.Projects = DefaultProjects(1, 4)
	}
	switch {
	case o.Release != OnArrival && o.Release != OnHangup:
		return o, fmt.Errorf("independent: release: want %s or %s, got %q", OnArrival, OnHangup, o.Release)
	case o.IDs != CallSID && o.IDs != UUID && o.IDs != NullID:
		return o, fmt.Errorf("independent: ids: want %s, %s or %s, got %q", CallSID, UUID, NullID, o.IDs)
	case min(o.Window, o.CoolDown, o.Visible, o.Ring, o.Others, o.OthersHold) < 0:
		return o, errors.New("independent: times: want 0 or more, got a negative one")
	}
	for _, code := range o.Defects {
		if !slices.ContainsFunc(Defects(), func(d Defect) bool { return d.Code == code }) {
			var codes []string
			for _, d := range Defects() {
				codes = append(codes, d.Code)
			}
			return o, fmt.Errorf("independent: defects: want of %s, got %q", strings.Join(codes, ", "), code)
		}
	}
	return o, nil
}
