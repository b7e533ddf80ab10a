package pstn_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
)

// Anybody may send to a port that is open, also before the carrier is complete.
func TestStrayRequestWhileOpening(t *testing.T) {
	var opened []net.PacketConn
	c, err := pstn.New(t.Context(), pstn.Config{Platform: "127.0.0.1:9", ListenPacket: func(address string) (net.PacketConn, error) {
		conn, err := net.ListenPacket("udp", address)
		if opened = append(opened, conn); len(opened) == 2 && err == nil {
			err = options(opened[0].LocalAddr())
		}
		return conn, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// options asks an address for its capabilities, and waits for the answer.
func options(to net.Addr) error {
	conn, err := net.Dial("udp", to.String())
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "OPTIONS sip:x@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKx\r\nFrom: <sip:a@x>;tag=a\r\nTo: <sip:x@x>\r\n"+
		"Call-ID: x\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n", to, conn.LocalAddr()); err != nil {
		return err
	}
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 1<<16))
	return err
}
