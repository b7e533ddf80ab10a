package sipua

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/emiago/sipgo/sip"
)

// party is one side of a dialog as From and To have it.
type party struct {
	display string
	uri     sip.Uri
	params  sip.HeaderParams // without the tag
	tag     string
}

func partyOf(display string, uri sip.Uri, params sip.HeaderParams) party {
	p := party{display: display, uri: uri}
	for _, kv := range params {
		if kv.K == "tag" {
			p.tag = kv.V
		} else {
			p.params = append(p.params, kv)
		}
	}
	return p
}

func (p party) header() (string, sip.Uri, sip.HeaderParams) {
	params := append(sip.HeaderParams(nil), p.params...)
	if p.tag != "" {
		params = append(params, sip.HeaderKV{K: "tag", V: p.tag})
	}
	return p.display, p.uri, params
}

// dialog is what RFC 3261 12 calls so, and where its requests go.
type dialog struct {
	callID    string
	local     party
	transport string // "UDP", "TCP" or "TLS": all of a dialog goes over the INVITE's
	peer      string // other end of the INVITE's connection

	mu        sync.Mutex
	remote    party
	target    sip.Uri // the peer's Contact
	routes    []sip.Uri
	localSeq  uint32
	remoteSeq uint32
}

// sequence takes the next CSeq number.
func (d *dialog) sequence() uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.localSeq++
	return d.localSeq
}

// inOrder notes the peer's CSeq number; false: it came too late.
func (d *dialog) inOrder(seq uint32) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if seq <= d.remoteSeq {
		return false
	}
	d.remoteSeq = seq
	return true
}

func (d *dialog) refresh(c *sip.ContactHeader) {
	if c == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.target = *c.Address.Clone()
}

func (d *dialog) remoteTag() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.remote.tag
}

// request builds a request of the dialog. seq 0 takes the next number; ACK and CANCEL bring the INVITE's.
func (l *Leg) request(m sip.RequestMethod, seq uint32, body []byte, h []Header) *sip.Request {
	d := &l.dialog
	if seq == 0 {
		seq = d.sequence()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r := sip.NewRequest(m, d.target)
	r.SetTransport(d.transport)
	routes := d.routes
	if len(routes) > 0 {
		r.SetDestination(l.nextHop(routes[0]))
		if !routes[0].UriParams.Has("lr") { // a strict router wants itself in the request line and the target last (RFC 3261 12.2.1.1)
			r.Recipient = routes[0]
			routes = append(append([]sip.Uri(nil), routes[1:]...), d.target)
		}
	} else if sip.IsReliable(d.transport) && known(l.endpoint.transport, sip.NetworkToLower(d.transport), d.peer) {
		r.SetDestination(d.peer) // the connection there is; the port in the Contact need not listen
	} else {
		r.SetDestination(l.nextHop(d.target))
	}
	r.AppendHeader(l.via())
	for _, u := range routes {
		r.AppendHeader(&sip.RouteHeader{Address: u})
	}
	from, to, callID, forwards := &sip.FromHeader{}, &sip.ToHeader{}, sip.CallIDHeader(d.callID), sip.MaxForwardsHeader(70)
	from.DisplayName, from.Address, from.Params = d.local.header()
	to.DisplayName, to.Address, to.Params = d.remote.header()
	for _, x := range []sip.Header{from, to, &callID, &sip.CSeqHeader{SeqNo: seq, MethodName: m}} {
		r.AppendHeader(x)
	}
	ours := l.endpoint.product("User-Agent")
	if m == sip.INVITE {
		ours = append(ours, l.contact(), l.allow())
	}
	if len(body) > 0 {
		ours = append(ours, Header{"Content-Type", "application/sdp"})
	}
	ours = append(ours, Header{"Max-Forwards", forwards.Value()})
	addHeaders(r, defaults(ours, h))
	addHeaders(r, h)
	r.SetBody(body)
	return r
}

// via is new for each transaction. rport asks for answers to the port that we send from (RFC 3581).
func (l *Leg) via() *sip.ViaHeader {
	return &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: l.dialog.transport, Host: l.host, Port: l.port,
		Params: sip.HeaderParams{{K: "rport"}, {K: "branch", V: sip.GenerateBranch()}}}
}

// contact is where the peer's requests reach us over the transport of this call.
func (l *Leg) contact() Header {
	params := ""
	if sip.IsReliable(l.dialog.transport) {
		params = ";transport=" + sip.NetworkToLower(l.dialog.transport)
	}
	scheme := "sip:"
	if l.incoming && l.invite != nil && l.invite.Recipient.Scheme == "sips" { // RFC 3261 12.1.1
		scheme = "sips:"
	}
	return Header{"Contact", "<" + scheme + net.JoinHostPort(l.host, strconv.Itoa(l.port)) + params + ">"}
}

// prepare sees to it that a request leaves from our socket, or over a connection of ours.
func (e *Endpoint) prepare(ctx context.Context, r *sip.Request) error {
	if !sip.IsReliable(r.Transport()) {
		r.Laddr = e.sockets.local
		return nil
	}
	over := e.sockets.over(r.Transport())
	if over == nil {
		return fmt.Errorf("transport: want one that this endpoint has, got %s", sip.NetworkToLower(r.Transport()))
	}
	addr, err := over.connect(ctx, e.transport, r.Destination())
	r.SetDestination(addr)
	return err
}

// write sends a request that has no transaction: the ACK.
func (e *Endpoint) write(r *sip.Request) error {
	ctx, cancel := context.WithTimeout(e.ctx, dialTimeout)
	defer cancel()
	if err := e.prepare(ctx, r); err != nil {
		return err
	}
	return e.transport.WriteMsg(r)
}

// transact starts a transaction; set runs before the request is out.
func (e *Endpoint) transact(ctx context.Context, r *sip.Request, set func(*sip.ClientTx)) (*sip.ClientTx, error) {
	if err := e.prepare(ctx, r); err != nil {
		return nil, err
	}
	tx, err := e.transactions.NewClientTransaction(ctx, r)
	if err != nil {
		return nil, err
	}
	if set != nil {
		set(tx)
	}
	if err := tx.Init(); err != nil {
		tx.Terminate()
		return nil, err
	}
	return tx, nil
}

// roundTrip sends a request other than INVITE and waits for its final response; it calls left, unless that is nil, when the request
// is out. Closing stop ends it early.
func (e *Endpoint) roundTrip(r *sip.Request, stop <-chan struct{}, left func()) (*sip.Response, error) {
	tx, err := e.transact(e.ctx, r, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Terminate()
	if left != nil {
		left()
	}
	for {
		select {
		case res := <-tx.Responses(): // must be read: sipgo holds the transaction's lock until it is
			e.leave(res)
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, endOf(tx)
		case <-stop:
			return nil, ErrEnded
		case <-e.ctx.Done():
			return nil, ErrClosed
		}
	}
}

// endOf is why a transaction has ended. sipgo says that it has a moment before it says why.
func endOf(tx *sip.ClientTx) error {
	if err := tx.Err(); err != nil {
		return err
	}
	return sip.ErrTransactionTerminated
}

func isTimeout(err error) bool { return errors.Is(err, sip.ErrTransactionTimeout) }
