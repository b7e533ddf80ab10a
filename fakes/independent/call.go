package independent

import (
	"crypto/rand"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The times of RFC 3261: between the first two copies of a message, between later ones at most, and until nobody waits
// for an answer any more.
const (
	t1     = 500 * time.Millisecond
	t2     = 4 * time.Second
	giveUp = 64 * t1
)

// event is a message of a call.
type event struct {
	*message
	from back
}

// call is one INVITE and what follows. Its life is the function run, from top to bottom.
type call struct {
	edge   *edge
	key    string
	invite *message
	from   back
	tag    string // ours
	inbox  chan event

	mu      sync.Mutex
	settled bool     // run is over, and so is what it did with the inbox
	last    *message // our latest response to the INVITE
}

func newTag() string { return rand.Text()[:12] }

func newCall(e *edge, invite *message, from back) *call {
	return &call{edge: e, key: invite.get("call-id") + "\n" + parameter(invite.get("from"), "tag"), invite: invite, from: from, tag: newTag(), inbox: make(chan event, 16)}
}

// put hands a message to the call. What finds the inbox full is sent again by its sender.
func (c *call) put(ev event) {
	if ev.status == 0 && ev.method == "INVITE" {
		c.again(ev)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settled {
		c.afterwards(ev)
		return
	}
	select {
	case c.inbox <- ev:
	default:
	}
}

// again answers a copy of the INVITE with a copy of the response, and does not let another one change the call.
func (c *call) again(ev event) {
	number, _ := ev.cseq()
	first, _ := c.invite.cseq()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case number != first:
		c.edge.send(ev.response(488, "Not Acceptable Here", c.tag), ev.from)
	case branch(ev.message) != branch(c.invite):
		c.edge.send(ev.response(482, "Loop Detected", c.tag), ev.from)
	case c.last != nil:
		c.edge.send(c.last, c.from)
	}
}

// afterwards answers what comes to a call that is over: copies of what it has answered before.
func (c *call) afterwards(ev event) {
	if ev.status == 0 && (ev.method == "BYE" || ev.method == "CANCEL") {
		c.edge.send(ev.response(200, "OK", c.tag), ev.from)
	}
}

func branch(m *message) string { return parameter(afterFirst(m.get("via")), "branch") }

// afterFirst is the parameters of the first of the Vias that a line may have.
func afterFirst(via string) string {
	first, _, _ := strings.Cut(via, ",")
	if i := strings.IndexByte(first, ';'); i >= 0 {
		return first[i:]
	}
	return ""
}

// respond answers the INVITE.
func (c *call) respond(status int, reason string, more ...header) {
	r := c.invite.response(status, reason, c.tag)
	r.headers = append(r.headers, more...)
	c.resend(r)
}

func (c *call) resend(r *message) {
	c.mu.Lock()
	c.last = r
	c.mu.Unlock()
	c.edge.send(r, c.from)
}

func (c *call) run() {
	defer c.settle()
	c.respond(100, "Trying")
	a, status := c.edge.numbers.arrive(userOf(c.invite.uri), c.ani())
	if a == nil {
		c.refuse(status)
		return
	}
	defer c.edge.numbers.hangUp(a)
	sdp := answerSDP(c.invite.body, c.edge.host(c.from), c.edge.media.LocalAddr().(*net.UDPAddr).Port)
	if sdp == "" {
		c.refuse(488)
		return
	}
	told := c.told(a)
	c.respond(180, "Ringing", append(told, c.contact())...)
	if !c.ring() {
		c.edge.numbers.hangUp(a)
		c.refuse(487)
		return
	}
	ok := c.invite.response(200, "OK", c.tag)
	ok.headers = append(ok.headers, append(told, c.contact(), header{"content-type", "application/sdp"}, header{"allow", methods})...)
	ok.body = []byte(sdp)
	if !c.acknowledged(ok, a) {
		return
	}
	if !c.talk(c.edge.numbers.begins(a), a) {
		return
	}
	c.edge.numbers.hangUp(a) // before the BYE, so that who has it finds the number released and, once it may, the state
	c.bye(told)
}

// settle closes the inbox, and answers what is still in it.
func (c *call) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settled = true
	for {
		select {
		case ev := <-c.inbox:
			c.afterwards(ev)
		default:
			c.edge.forget(c)
			return
		}
	}
}

func (c *call) ani() string {
	if asserted := c.invite.get("p-asserted-identity"); asserted != "" {
		return userOf(uriOf(asserted))
	}
	if user := userOf(uriOf(c.invite.get("from"))); user != "anonymous" {
		return user
	}
	return ""
}

func (c *call) told(a *arrival) []header {
	if !c.edge.numbers.options.TellID {
		return nil
	}
	return []header{{"x-conversation-id", a.id}}
}

func (c *call) contact() header {
	uri := "sip:" + net.JoinHostPort(c.edge.host(c.from), strconv.Itoa(c.edge.port()))
	if c.from.conn != nil {
		uri += ";transport=tcp"
	}
	return header{"contact", "<" + uri + ">"}
}

var reasons = map[int]string{404: "Not Found", 480: "Temporarily Unavailable", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 503: "Service Unavailable"}

// refuse ends the INVITE, and repeats that over UDP until it is acknowledged.
func (c *call) refuse(status int) {
	c.respond(status, reasons[status])
	c.repeat(c.from.conn == nil, func() { c.resend(c.last) }, func(ev event) bool { return ev.method == "ACK" || c.otherwise(ev) })
}

// ring waits for the answer; false is a caller who did not.
func (c *call) ring() (answered bool) {
	answered = true
	c.wait(c.edge.numbers.options.Ring, func(ev event) bool {
		if ev.method == "CANCEL" || ev.method == "BYE" {
			c.edge.send(ev.response(200, "OK", c.tag), ev.from)
			answered = false
		}
		return !answered
	})
	return answered
}

// acknowledged answers the call, until the caller says that it has the answer. False: the call is over.
func (c *call) acknowledged(ok *message, a *arrival) bool {
	acked, up := false, true
	c.resend(ok)
	c.repeat(true, func() { c.resend(ok) }, func(ev event) bool {
		if acked = ev.method == "ACK"; !acked {
			up = !c.over(ev, a)
		}
		return acked || !up
	})
	if up && !acked { // nobody acknowledged it, or the platform closes
		c.edge.numbers.hangUp(a)
		c.bye(c.told(a))
	}
	return up && acked
}

// talk stays on the line. False: the caller hung up first.
func (c *call) talk(d time.Duration, a *arrival) (up bool) {
	up = true
	c.wait(d, func(ev event) bool {
		up = !c.over(ev, a)
		return !up
	})
	return up
}

// over ends the call when ev does, before it is answered: who has the answer finds the number released.
func (c *call) over(ev event, a *arrival) bool {
	if ev.status == 0 && ev.method == "BYE" {
		c.edge.numbers.hangUp(a)
	}
	return c.otherwise(ev)
}

// otherwise answers what is not waited for, and reports whether it was a BYE.
func (c *call) otherwise(ev event) bool {
	switch {
	case ev.status != 0 || ev.method == "ACK":
		return false
	case ev.method == "BYE" || ev.method == "CANCEL" || ev.method == "OPTIONS":
		c.edge.send(ev.response(200, "OK", c.tag), ev.from)
	default:
		r := ev.response(405, "Method Not Allowed", c.tag)
		r.add("allow", methods)
		c.edge.send(r, ev.from)
	}
	return ev.method == "BYE"
}

// bye ends the call, and returns when the caller has taken note or is not expected to any more.
func (c *call) bye(told []header) {
	bye := c.request("BYE")
	bye.headers = append(bye.headers, told...)
	send := c.sender()
	send(bye)
	c.repeat(c.from.conn == nil, func() { send(bye) }, func(ev event) bool {
		if ev.status != 0 {
			_, method := ev.cseq()
			return method == "BYE" && ev.status >= 200
		}
		return c.otherwise(ev)
	})
}

// request is a request of ours within the call: to the caller's Contact, over the proxies that want to see it.
func (c *call) request(method string) *message {
	target := uriOf(c.invite.get("contact"))
	if target == "" {
		target = uriOf(c.invite.get("from"))
	}
	via := "UDP"
	if c.from.conn != nil {
		via = "TCP"
	}
	m := &message{method: method, uri: target}
	m.add("via", fmt.Sprintf("SIP/2.0/%s %s;rport;branch=z9hG4bK%s", via, net.JoinHostPort(c.edge.host(c.from), strconv.Itoa(c.edge.port())), newTag()))
	for _, route := range c.invite.all("record-route") {
		m.add("route", route)
	}
	m.add("max-forwards", "70")
	m.add("from", c.invite.get("to")+";tag="+c.tag)
	m.add("to", c.invite.get("from"))
	m.add("call-id", c.invite.get("call-id"))
	m.add("cseq", "1 "+method)
	return m
}

// sender finds the way of our requests: the caller's connection, or over UDP the address of the first proxy or of the
// Contact, and the INVITE's source where that is none.
func (c *call) sender() func(*message) {
	if c.from.conn != nil {
		return func(m *message) { c.edge.send(m, c.from) }
	}
	next := c.invite.get("record-route")
	if next == "" {
		next = c.invite.get("contact")
	}
	to := c.from
	if next != "" {
		if addr, err := net.ResolveUDPAddr("udp", hostOf(uriOf(next))); err == nil && addr.Port > 0 {
			to.peer = addr
		}
	}
	return func(m *message) { c.edge.send(m, to) }
}

// wait takes messages for so long, until one is the last, or the platform closes.
func (c *call) wait(d time.Duration, last func(event) bool) {
	end := time.NewTimer(d)
	defer end.Stop()
	for {
		select {
		case ev := <-c.inbox:
			if last(ev) {
				return
			}
		case <-end.C:
			return
		case <-c.edge.quit:
			return
		}
	}
}

// repeat is wait that sends something again and again meanwhile, as RFC 3261 has it, and gives up as it does.
func (c *call) repeat(resend bool, send func(), last func(event) bool) {
	start, done := time.Now(), false
	for pause := t1; !done && time.Since(start) < giveUp && !c.edge.closing(); pause = min(2*pause, t2) {
		c.wait(pause, func(ev event) bool { done = last(ev); return done })
		if !done && resend && !c.edge.closing() {
			send()
		}
	}
}

func (e *edge) closing() bool {
	select {
	case <-e.quit:
		return true
	default:
		return false
	}
}

// begins tells the agent what there is to tell, and is how long the agent wants to talk.
func (n *numbering) begins(a *arrival) (talk time.Duration) {
	n.loop.do(func() {
		a.started = true
		if a.given != nil {
			talk = a.given.talk
		}
	})
	return talk
}
