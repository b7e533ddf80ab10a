package independent

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// edge is where calls come in.
type edge struct {
	numbers *numbering
	udp     *net.UDPConn
	tcp     net.Listener
	media   *net.UDPConn // audio goes here, and back
	quit    chan struct{}

	mu     sync.Mutex
	calls  map[string]*call
	conns  map[net.Conn]bool
	closed bool

	running sync.WaitGroup // calls
	reading sync.WaitGroup // sockets
}

// back is the way on which a request came.
type back struct {
	conn net.Conn // TCP; nil is UDP
	peer *net.UDPAddr
}

// listenSIP takes one port for UDP and TCP.
func listenSIP(n *numbering, address string) (*edge, error) {
	e := &edge{numbers: n, quit: make(chan struct{}), calls: make(map[string]*call), conns: make(map[net.Conn]bool)}
	for try := 0; ; try++ {
		err := e.listen(address)
		if err == nil {
			return e, nil
		}
		// A port that was free for UDP may be taken for TCP; another one is as good where any was asked for.
		if try == 9 || !strings.HasSuffix(address, ":0") {
			return nil, err
		}
	}
}

func (e *edge) listen(address string) error {
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return err
	}
	if e.udp, err = net.ListenUDP("udp", at); err != nil {
		return err
	}
	if e.tcp, err = net.Listen("tcp", e.udp.LocalAddr().String()); err == nil {
		e.media, err = net.ListenUDP("udp", &net.UDPAddr{IP: at.IP})
	}
	if err != nil {
		_ = e.udp.Close()
		if e.tcp != nil {
			_ = e.tcp.Close()
		}
	}
	return err
}

func (e *edge) serve() {
	_ = e.udp.SetReadBuffer(4 << 20) // a burst of calls comes at once; what the system allows will do
	e.reading.Go(e.readUDP)
	e.reading.Go(e.accept)
	e.reading.Go(e.echoAudio)
}

// close ends all calls with a BYE that is sent once, and then the sockets.
func (e *edge) close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	close(e.quit)
	e.running.Wait()
	_, _, _ = e.udp.Close(), e.tcp.Close(), e.media.Close()
	e.mu.Lock()
	for conn := range e.conns {
		_ = conn.Close()
	}
	e.mu.Unlock()
	e.reading.Wait()
}

// echoAudio sends audio back to where it came from, so that a caller hears something.
func (e *edge) echoAudio() {
	buf := make([]byte, maxMessage)
	for {
		n, peer, err := e.media.ReadFromUDP(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil && !e.numbers.options.Mute {
			_, _ = e.media.WriteToUDP(buf[:n], peer)
		}
	}
}

func (e *edge) readUDP() {
	buf := make([]byte, maxMessage)
	for {
		n, peer, err := e.udp.ReadFromUDP(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || len(bytes.TrimSpace(buf[:n])) == 0 { // somebody keeps a path open
			continue
		}
		if m, err := parseMessage(bytes.Clone(buf[:n])); err == nil {
			e.receive(m, back{peer: peer})
		}
	}
}

func (e *edge) accept() {
	for {
		conn, err := e.tcp.Accept()
		if err != nil {
			return
		}
		e.keep(conn)
	}
}

// keep reads a connection until it ends.
func (e *edge) keep(conn net.Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		_ = conn.Close()
		return
	}
	e.conns[conn] = true
	e.reading.Go(func() {
		defer func() {
			_ = conn.Close()
			e.mu.Lock()
			delete(e.conns, conn)
			e.mu.Unlock()
		}()
		for r := bufio.NewReaderSize(conn, 4<<10); ; {
			m, err := readMessage(r)
			if err != nil {
				return
			}
			e.receive(m, back{conn: conn})
		}
	})
}

// readMessage takes one message out of a stream.
func readMessage(r *bufio.Reader) (*message, error) {
	var head bytes.Buffer
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if head.Len() == 0 && len(bytes.TrimSpace(line)) == 0 { // between messages
			continue
		}
		head.Write(line)
		if head.Len() > maxMessage {
			return nil, errors.New("message: too long")
		}
		if bytes.Equal(line, []byte("\r\n")) {
			break
		}
	}
	m, err := parseMessage(head.Bytes()) // without its body; the length alone says where the next one begins
	if err != nil {
		return nil, err
	}
	n, err := m.length()
	if err != nil || n < 0 {
		return nil, fmt.Errorf("message: want a Content-Length in a stream: %w", err)
	}
	m.body = make([]byte, n)
	_, err = io.ReadFull(r, m.body)
	return m, err
}

// send writes a message to where its request came from. Whoever does not get it asks again.
func (e *edge) send(m *message, to back) {
	if to.conn != nil {
		_ = to.conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
		_, _ = to.conn.Write(m.bytes())
		return
	}
	_, _ = e.udp.WriteToUDP(m.bytes(), to.peer)
}

// receive gives a message to the call it belongs to, and answers what belongs to none.
func (e *edge) receive(m *message, from back) {
	if m.status != 0 {
		if c := e.find(m.get("call-id"), parameter(m.get("to"), "tag")); c != nil {
			c.put(event{m, from})
		}
		return
	}
	if _, method := m.cseq(); m.get("via") == "" || m.get("from") == "" || m.get("to") == "" || m.get("call-id") == "" || method != m.method {
		if m.method != "ACK" && m.get("via") != "" {
			e.send(m.response(400, "Bad Request", newTag()), from)
		}
		return
	}
	c := e.find(m.get("call-id"), parameter(m.get("from"), "tag"))
	switch {
	case c != nil:
		c.put(event{m, from})
	case m.method == "INVITE" && parameter(m.get("to"), "tag") == "":
		e.take(m, from)
	case m.method == "ACK":
	case m.method == "OPTIONS":
		r := m.response(200, "OK", newTag())
		r.add("allow", methods)
		r.add("accept", "application/sdp")
		e.send(r, from)
	case m.method == "INVITE" || m.method == "BYE" || m.method == "CANCEL":
		e.send(m.response(481, "Call/Transaction Does Not Exist", newTag()), from)
	default:
		r := m.response(405, "Method Not Allowed", newTag())
		r.add("allow", methods)
		e.send(r, from)
	}
}

const methods = "INVITE, ACK, BYE, CANCEL, OPTIONS"

// find looks for a call by its Call-ID and the caller's tag.
func (e *edge) find(callID, tag string) *call {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls[callID+"\n"+tag]
}

// take begins a call.
func (e *edge) take(invite *message, from back) {
	c := newCall(e, invite, from)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	e.calls[c.key] = c
	e.running.Go(c.run)
}

// forget drops a call once nothing of it can be under way any more.
func (e *edge) forget(c *call) {
	time.AfterFunc(giveUp, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.calls, c.key)
	})
}

// host is the address under which a peer reaches the platform.
func (e *edge) host(to back) string {
	if to.conn != nil {
		return to.conn.LocalAddr().(*net.TCPAddr).IP.String()
	}
	own := e.udp.LocalAddr().(*net.UDPAddr)
	if own.IP.IsUnspecified() {
		if probe, err := net.DialUDP("udp", nil, to.peer); err == nil {
			defer probe.Close()
			own = probe.LocalAddr().(*net.UDPAddr)
		}
	}
	return own.IP.String()
}

func (e *edge) port() int { return e.udp.LocalAddr().(*net.UDPAddr).Port }
