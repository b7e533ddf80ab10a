package media_test

import (
	"bytes"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"github.com/dnispool/dnispool/fakes/media"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

// heard is a packet and when it came.
type heard struct {
	rtp.Packet
	at time.Time
}

// between opens a stream and a socket of somebody else's, in virtual time, and has hear collect what comes in there.
func between(t *testing.T, f func(s *media.Stream, far net.PacketConn, near net.Addr, hear func() []heard)) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{})
		open := func(address string) net.PacketConn {
			c, err := network.Listen(address)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		near, far := open("10.0.0.1:4000"), open("10.0.0.2:4000")
		var all []heard
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			datagram := make([]byte, 1500)
			for {
				n, _, err := far.ReadFrom(datagram)
				if err != nil {
					return
				}
				h := heard{at: time.Now()}
				if err := h.Unmarshal(bytes.Clone(datagram[:n])); err != nil {
					t.Errorf("want RTP, got %x: %v", datagram[:n], err)
				}
				all = append(all, h)
			}
		}()
		s := media.Open(near)
		f(s, far, near.LocalAddr(), func() []heard {
			synctest.Wait()
			return all
		})
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		_ = far.Close()
		<-ended
	})
}

func always(to net.Addr, codec media.Codec, payload uint8) func() (media.Peer, bool) {
	return func() (media.Peer, bool) { return media.Peer{Addr: to, Codec: codec, Payload: payload}, true }
}

// TestSilence: fifty packets a second, which are one stream, and none after Stop.
func TestSilence(t *testing.T) {
	for codec, sample := range map[media.Codec]byte{media.PCMU: 0xff, media.PCMA: 0xd5} {
		between(t, func(s *media.Stream, far net.PacketConn, _ net.Addr, hear func() []heard) {
			s.Send(always(far.LocalAddr(), codec, 97))
			time.Sleep(995 * time.Millisecond)
			s.Stop()
			s.Stop()
			time.Sleep(time.Second)
			got := hear()
			if len(got) != 50 || s.Stats().Out != 50 || s.Stats().Codec != codec {
				t.Fatalf("%s: want 50 packets in a second, got %d, told as %+v", codec, len(got), s.Stats())
			}
			for i, p := range got {
				first := got[0]
				if p.Version != 2 || p.PayloadType != 97 || p.SSRC != first.SSRC || p.Marker != (i == 0) ||
					p.SequenceNumber != first.SequenceNumber+uint16(i) || p.Timestamp != first.Timestamp+uint32(i)*160 {
					t.Errorf("%s: packet %d has the header %+v, the first %+v", codec, i, p.Header, first.Header)
				}
				if !bytes.Equal(p.Payload, bytes.Repeat([]byte{sample}, 160)) {
					t.Errorf("%s: packet %d: want silence, got %x", codec, i, p.Payload)
				}
				if due := first.at.Add(time.Duration(i) * 20 * time.Millisecond); !p.at.Equal(due) {
					t.Errorf("%s: packet %d came %v off", codec, i, p.at.Sub(due))
				}
			}
		})
	}
}

// TestNobodyForNow: on hold time goes on, and no packet is missing after it.
func TestNobodyForNow(t *testing.T) {
	between(t, func(s *media.Stream, far net.PacketConn, _ net.Addr, hear func() []heard) {
		asked := 0
		s.Send(func() (media.Peer, bool) {
			asked++
			to, _ := always(far.LocalAddr(), media.PCMU, 0)()
			return to, asked <= 5 || asked > 10
		})
		time.Sleep(235 * time.Millisecond)
		got := hear()
		if len(got) != 7 {
			t.Fatalf("want 7 packets, got %d", len(got))
		}
		if a, b := got[4], got[5]; b.SequenceNumber != a.SequenceNumber+1 || b.Timestamp != a.Timestamp+6*160 || !b.Marker {
			t.Errorf("want the next packet of a stream that paused for 100 ms, got %+v after %+v", b.Header, a.Header)
		}
	})
}

// TestHeldUp: who is late by much does not make up for it in a burst.
func TestHeldUp(t *testing.T) {
	between(t, func(s *media.Stream, far net.PacketConn, _ net.Addr, hear func() []heard) {
		asked := 0
		s.Send(func() (media.Peer, bool) {
			if asked++; asked == 2 {
				time.Sleep(10 * time.Second)
			}
			return always(far.LocalAddr(), media.PCMU, 0)()
		})
		time.Sleep(10*time.Second + 95*time.Millisecond)
		got := hear()
		if len(got) > 10 {
			t.Fatalf("want no burst, got %d packets", len(got))
		}
		if a, b := got[1], got[2]; b.Timestamp-a.Timestamp < 490*160 || b.SequenceNumber != a.SequenceNumber+1 {
			t.Errorf("want a gap of 10 s in one stream, got %+v after %+v", b.Header, a.Header)
		}
	})
}

// TestCounts what is audio, also before anything is sent.
func TestCounts(t *testing.T) {
	between(t, func(s *media.Stream, far net.PacketConn, near net.Addr, _ func() []heard) {
		audio := append([]byte{0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4}, make([]byte, 160)...)
		report := append([]byte{0x80, 200}, audio[2:]...)
		for _, datagram := range [][]byte{[]byte("hello"), report, {0x40, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4}, nil, audio, audio} {
			if _, err := far.WriteTo(datagram, near); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		synctest.Wait()
		if got := s.Stats(); got.In != 2 || got.First.IsZero() || time.Since(got.First) < 15*time.Millisecond || !got.Began.IsZero() || got.Out != 0 {
			t.Errorf("want two packets in, got %+v", got)
		}
	})
}
