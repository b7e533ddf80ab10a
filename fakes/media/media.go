// Package media is the audio of a call, as far as a caller needs one: silence that is sent every 20 ms, since carriers end calls
// in which nothing comes, and a count of what is heard. Nothing is decoded or played.
package media

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// Codec is a way to write audio, of G.711.
type Codec string

// The codecs.
const (
	PCMU Codec = "PCMU"
	PCMA Codec = "PCMA"
)

// silence is a sample that nobody hears (ITU-T G.711).
var silence = map[Codec]byte{PCMU: 0xff, PCMA: 0xd5}

const (
	interval = 20 * time.Millisecond // of audio in a packet
	samples  = 160                   // of it, at 8000 a second; each is one byte
	// mostLate is how many packets may be sent at once to catch up: a process that was held up for longer leaves a gap.
	mostLate = 10
)

// Peer is where audio is sent, and how it is written.
type Peer struct {
	Addr    net.Addr
	Codec   Codec
	Payload uint8 // RTP's payload type of the codec
}

// Stats is what a stream carried so far.
type Stats struct {
	Codec   Codec     // of what was sent; "" when nothing was
	Out, In int       // packets
	Began   time.Time // when sending began; zero: it did not
	First   time.Time // when the first packet came in, which early media makes earlier than Began; zero: none did
}

// Stream is the audio of one call, on a socket of its own. It is safe for concurrent use.
type Stream struct {
	conn    net.PacketConn
	ctx     context.Context // ends with Stop
	stop    context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex
	stats Stats
}

// Open takes the socket over, and counts what comes in from now on. The caller closes the stream.
func Open(conn net.PacketConn) *Stream {
	s := &Stream{conn: conn}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.running.Go(s.listen)
	return s
}

// Send has silence sent from now on, until Stop. It asks peer before each packet, since a call may be moved or put on hold: false is
// nobody for now. It is called at most once, and before Close.
func (s *Stream) Send(peer func() (Peer, bool)) {
	s.mu.Lock()
	s.stats.Began = time.Now()
	s.mu.Unlock()
	s.running.Go(func() { s.send(peer) })
}

// Stop ends the sending: when it returns no more packets leave. It may be called again.
func (s *Stream) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
}

// Close ends the stream and everything that it has begun.
func (s *Stream) Close() error {
	s.Stop()
	err := s.conn.Close()
	s.running.Wait()
	return err
}

// Stats returns what the stream carried so far.
func (s *Stream) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// send keeps to a schedule that begins now, so that it does not drift.
func (s *Stream) send(peer func() (Peer, bool)) {
	p := rtp.Packet{Header: rtp.Header{
		Version: 2, Marker: true, SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32(), SSRC: rand.Uint32(),
	}}
	next := time.Now()
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-due.C:
		}
		if late := time.Since(next) / interval; late > mostLate {
			next = next.Add(late * interval)
			p.Timestamp += samples * uint32(late)
			p.Marker = true
		}
		if to, ok := peer(); !ok {
			p.Marker = true // what comes next is a new spurt (RFC 3551, 4.1)
		} else if s.write(&p, to) {
			p.SequenceNumber++
			p.Marker = false
		}
		p.Timestamp += samples
		next = next.Add(interval)
		due.Reset(time.Until(next))
	}
}

// write sends one packet. What the network makes of it nobody knows, so an error is no reason to stop.
func (s *Stream) write(p *rtp.Packet, to Peer) bool {
	p.PayloadType = to.Payload
	if len(p.Payload) == 0 || p.Payload[0] != silence[to.Codec] {
		p.Payload = make([]byte, samples)
		for i := range p.Payload {
			p.Payload[i] = silence[to.Codec]
		}
	}
	datagram, err := p.Marshal()
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	if _, err := s.conn.WriteTo(datagram, to.Addr); err == nil {
		s.stats.Out++
		s.stats.Codec = to.Codec
	}
	return true
}

// listen counts what comes in until the socket is closed.
func (s *Stream) listen() {
	datagram := make([]byte, 1500)
	for {
		n, _, err := s.conn.ReadFrom(datagram)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // the answer of a host that has nobody there (ICMP) ends nothing
		}
		if !isRTP(datagram[:n]) {
			continue
		}
		s.mu.Lock()
		if s.stats.In++; s.stats.In == 1 {
			s.stats.First = time.Now()
		}
		s.mu.Unlock()
	}
}

// isRTP reports whether a datagram is audio, and not RTCP on the same port (RFC 5761, 4).
func isRTP(datagram []byte) bool {
	var h rtp.Header
	if _, err := h.Unmarshal(datagram); err != nil || h.Version != 2 {
		return false
	}
	return datagram[1] < 192 || datagram[1] > 223
}
