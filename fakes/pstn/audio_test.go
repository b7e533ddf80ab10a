package pstn_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/media"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/sipua"
)

// echo opens a socket that sends back what comes, until the test is over, and counts it.
func echo(t *testing.T) (port int, came func() int) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	n, closed := 0, make(chan struct{})
	go func() {
		defer close(closed)
		datagram := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFromUDP(datagram)
			if err != nil {
				return
			}
			n++
			_, _ = conn.WriteToUDP(datagram[:size], from)
		}
	}()
	stop := func() int {
		_ = conn.Close()
		<-closed
		return n
	}
	t.Cleanup(func() { stop() })
	return conn.LocalAddr().(*net.UDPAddr).Port, stop
}

// answerOf is a session description with one stream.
func answerOf(port int, formats, direction string) []byte {
	return fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP %s\r\na=%s\r\n", port, formats, direction)
}

// TestAudioGoesBothWays, from the answer to the platform's BYE, in either codec and wherever the offer is.
func TestAudioGoesBothWays(t *testing.T) {
	for _, c := range []struct {
		formats string
		sdp     pstn.SDP
		want    media.Codec
	}{{"0", pstn.Offer, media.PCMU}, {"8", pstn.Offer, media.PCMA}, {"0 8", pstn.Late, media.PCMU}, {"8", pstn.Late, media.PCMA}} {
		t.Run(c.formats+" "+string(c.sdp), func(t *testing.T) {
			port, came := echo(t)
			end := make(chan struct{})
			carrier, p := start(t, func(leg *sipua.Leg) {
				if leg.Answer(context.Background(), answerOf(port, c.formats, "sendrecv")) == nil {
					<-end
					_ = leg.Bye(context.Background())
				}
			}, pstn.Config{Audio: true})
			call := dial(t, carrier, pstn.Dial{To: "+442079460000", SDP: c.sdp})
			heard(t, call, 3)
			close(end)
			ended(t, call)
			s, ok := call.Audio()
			if n := came(); !ok || s.Codec != c.want || s.Out != n || s.In < 3 || s.First.Before(s.Began) {
				t.Errorf("want %s both ways, and all %d that came sent, got %+v, %t", c.want, n, s, ok)
			}
			if offer := string(p.calls()[0].Offer()); c.sdp == pstn.Offer && !strings.Contains(offer, "RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n") {
				t.Errorf("want PCMU and PCMA offered, got %s", offer)
			}
		})
	}
}

// heard waits until so many packets have come in.
func heard(t *testing.T, call *pstn.Call, n int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if s, _ := call.Audio(); s.In >= n {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("want %d packets in, got %+v", n, s)
		}
	}
}

// TestAudioThatIsNotWanted is not sent, and its absence is nobody's fault.
func TestAudioThatIsNotWanted(t *testing.T) {
	port, came := echo(t)
	for _, c := range []struct {
		sdp   []byte
		sends bool // the platform
	}{
		{nil, false}, {answerOf(sipua.DiscardPort, "0", "sendrecv"), false}, {answerOf(port, "0", "inactive"), false}, {answerOf(0, "0", "sendrecv"), false},
		{answerOf(port, "0", "sendonly"), true}, {answerOf(port, "18", "sendrecv"), true}, // which we have not offered
	} {
		carrier, _ := start(t, func(leg *sipua.Leg) { _ = leg.Answer(context.Background(), c.sdp) }, pstn.Config{Audio: true})
		call := dial(t, carrier, pstn.Dial{To: "+442079460000"})
		time.Sleep(50 * time.Millisecond)
		if s, ok := call.Audio(); s.Out != 0 || ok != c.sends {
			t.Errorf("%s: want nothing sent, got %+v, %t", c.sdp, s, ok)
		}
		if err := call.Hangup(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := came(); n != 0 {
		t.Errorf("want nothing sent, got %d packets", n)
	}
}

// TestAudioEndsWithItsCall, however the call ends: what start looks for at the end are goroutines that are left.
func TestAudioEndsWithItsCall(t *testing.T) {
	port, came := echo(t)
	carrier, p := start(t, func(leg *sipua.Leg) {
		if leg.RequestURI().Dialled() == "+442079460001" {
			_ = leg.Reject(486, "")
			return
		}
		_ = leg.Answer(context.Background(), answerOf(port, "0", "sendrecv"))
	}, pstn.Config{Audio: true})
	if call := dial(t, carrier, pstn.Dial{To: "+442079460001"}); call.Answered() {
		t.Error("want the call refused, got it answered")
	} else if _, ok := call.Audio(); ok {
		t.Error("want no audio of a call that was refused, got some")
	}
	if call := dial(t, carrier, pstn.Dial{To: "+442079460000", SDP: pstn.NoSDP}); call.Answered() {
		if _, ok := call.Audio(); ok {
			t.Error("want no audio where none was offered, got some")
		}
		_ = call.Hangup(t.Context())
	}
	call := dial(t, carrier, pstn.Dial{To: "+442079460000"})
	heard(t, call, 2)
	if err := call.Hangup(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, _ := call.Audio()
	heard(t, dial(t, carrier, pstn.Dial{To: "+442079460000"}), 2) // it is up when the carrier closes
	if err := carrier.Close(); err != nil {
		t.Error(err)
	}
	if n := came(); n < s.Out+2 || len(p.calls()) != 4 {
		t.Errorf("want both calls heard, got %d packets in %d calls", n, len(p.calls()))
	}
	if later, _ := call.Audio(); later != s {
		t.Errorf("want no audio after the end, got %+v after %+v", later, s)
	}
	for _, leg := range p.calls() {
		if offer, err := sipua.ParseSDP(leg.Offer()); err == nil && offer.Port%2 == 1 {
			t.Errorf("want an even port, got %d", offer.Port)
		}
	}
}
