package pstn

import (
	"bytes"
	"fmt"
	"net"
	"strconv"

	"github.com/dnispool/dnispool/fakes/media"
	"github.com/dnispool/dnispool/sim/sipua"
)

// openAudio opens the socket of a call's audio, and returns its port; 0 when the call has none.
func (c *Carrier) openAudio(call *Call, d Dial) (port int, err error) {
	if !c.config.Audio || d.SDP == NoSDP || d.SDP == BadCodec {
		return 0, nil
	}
	host, _, err := net.SplitHostPort(c.config.Listen)
	if err != nil {
		return 0, err
	}
	socket, err := c.evenSocket(host)
	if err != nil {
		return 0, fmt.Errorf("carrier: audio: %w", err)
	}
	call.audio = media.Open(socket)
	return portOf(socket), nil
}

// evenSocket has an even port, which RFC 3550 (11) asks of RTP; after some tries any port will do.
func (c *Carrier) evenSocket(host string) (socket net.PacketConn, err error) {
	for range 16 {
		if socket, err = c.config.ListenPacket(net.JoinHostPort(host, "0")); err != nil || portOf(socket)%2 == 0 {
			return socket, err
		}
		defer func(odd net.PacketConn) { _ = odd.Close() }(socket) // not before the next is open, which might get the same
	}
	return c.config.ListenPacket(net.JoinHostPort(host, "0"))
}

func portOf(socket net.PacketConn) int {
	_, text, _ := net.SplitHostPort(socket.LocalAddr().String())
	port, _ := strconv.Atoi(text)
	return port
}

// speak sends silence while the call is up: until our BYE has left, or theirs has come.
func (c *Call) speak(leg *sipua.Leg) {
	if c.audio == nil {
		return
	}
	leg.OnBye(c.audio.Stop)
	leg.OnEnd(func(sipua.End) { c.audio.Stop() })
	var last []byte
	var to media.Peer
	var ok bool
	c.audio.Send(func() (media.Peer, bool) {
		if sdp := leg.RemoteSDP(); !bytes.Equal(sdp, last) {
			last = sdp
			to, ok = peerIn(sdp)
		}
		return to, ok
	})
}

// peerIn reads where a session description wants audio; false where it wants none.
func peerIn(sdp []byte) (media.Peer, bool) {
	s, err := sipua.ParseSDP(sdp)
	if err != nil || s.Port == 0 || s.Port == sipua.DiscardPort || s.Direction == sipua.SendOnly || s.Direction == sipua.Inactive {
		return media.Peer{}, false
	}
	to := media.Peer{Codec: media.PCMU, Payload: uint8(s.PCMU)}
	if s.PCMU < 0 {
		to.Codec, to.Payload = media.PCMA, uint8(s.PCMA)
	}
	if s.PCMU < 0 && s.PCMA < 0 {
		return media.Peer{}, false
	}
	addr, err := net.ResolveUDPAddr("udp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil {
		return media.Peer{}, false
	}
	to.Addr = addr
	return to, true
}

func (c *Call) closeAudio() {
	if c.audio != nil {
		_ = c.audio.Close()
	}
}

// Audio is what the call's audio carried so far. False: it has none, or the far end has said that it sends none.
func (c *Call) Audio() (media.Stats, bool) {
	if c.audio == nil || c.leg == nil {
		return media.Stats{}, false
	}
	s, err := sipua.ParseSDP(c.leg.RemoteSDP())
	return c.audio.Stats(), err == nil && s.Port != 0 && s.Port != sipua.DiscardPort && s.Direction != sipua.RecvOnly && s.Direction != sipua.Inactive
}
