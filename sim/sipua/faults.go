package sipua

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Packet is one datagram that Faults decides about.
type Packet struct {
	Sent bool // else received
	Peer string
	Data []byte // only valid during the call
}

// Message reads the SIP message in the datagram.
func (p Packet) Message() Message {
	m := readMessage(string(p.Data))
	m.Sent, m.Peer = p.Sent, p.Peer
	return m
}

// Fault is what becomes of a datagram. The zero value lets it pass. Copies and Delay are for sent ones only.
type Fault struct {
	Drop   bool
	Copies int           // sent that many times more, at the same time
	Delay  time.Duration // sent that much later
}

// Faults is a net.PacketConn between an Endpoint and its socket that loses, copies and delays datagrams by a rule.
type Faults struct {
	net.PacketConn

	mu     sync.Mutex
	chance *rand.Rand
	rule   func(p Packet, chance *rand.Rand) Fault
	late   map[*time.Timer]struct{}
	closed bool

	sending sync.WaitGroup // delayed datagrams whose time has come
}

// NewFaults wraps pc. The rule is called for one datagram at a time, with a source of chance that the seed fixes.
func NewFaults(pc net.PacketConn, seed uint64, rule func(p Packet, chance *rand.Rand) Fault) *Faults {
	return &Faults{PacketConn: pc, chance: rand.New(rand.NewPCG(seed, 0)), rule: rule, late: map[*time.Timer]struct{}{}}
}

func (f *Faults) decide(p Packet) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rule(p, f.chance)
}

// ReadFrom gives the next datagram that is not dropped.
func (f *Faults) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, peer, err := f.PacketConn.ReadFrom(b)
		if err != nil || !f.decide(Packet{Peer: peer.String(), Data: b[:n]}).Drop {
			return n, peer, err
		}
	}
}

// WriteTo sends, or seems to: a datagram that is dropped or delayed is no error.
func (f *Faults) WriteTo(b []byte, peer net.Addr) (int, error) {
	fault := f.decide(Packet{Sent: true, Peer: peer.String(), Data: b})
	if fault.Drop {
		return len(b), nil
	}
	if fault.Delay > 0 {
		f.later(append([]byte(nil), b...), peer, fault)
		return len(b), nil
	}
	return f.write(b, peer, fault)
}

func (f *Faults) write(b []byte, peer net.Addr, fault Fault) (n int, err error) {
	for range 1 + fault.Copies {
		if n, err = f.PacketConn.WriteTo(b, peer); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (f *Faults) later(b []byte, peer net.Addr, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(fault.Delay, func() {
		f.mu.Lock()
		delete(f.late, timer)
		closed := f.closed
		if !closed {
			f.sending.Add(1)
		}
		f.mu.Unlock()
		if closed {
			return
		}
		defer f.sending.Done()
		_, _ = f.write(b, peer, fault) // a datagram that is late has nobody left to tell
	})
	f.late[timer] = struct{}{}
}

// Close closes the socket; delayed datagrams are lost.
func (f *Faults) Close() error {
	f.mu.Lock()
	f.closed = true
	for timer := range f.late {
		timer.Stop()
	}
	clear(f.late)
	f.mu.Unlock()
	err := f.PacketConn.Close()
	f.sending.Wait()
	return err
}
