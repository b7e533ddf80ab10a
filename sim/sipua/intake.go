package sipua

import (
	"bytes"
	"hash/maphash"
	"log/slog"
	"math/rand/v2"
	"net"

	"github.com/emiago/sipgo/sip"
)

// intake is what the read loops of an Endpoint have in common: how strict they are, and whom they tell of what they refuse.
type intake struct {
	strict  bool
	noTag   []byte
	seed    maphash.Seed
	product []Header
	log     *slog.Logger // bounded: strangers fill it
	spawn   func(func()) bool
	tell    func(Rejection)
	inUse   func() map[string]bool // the peers over whose connections calls are up
	network func(Incoming) Fault   // nil: what is sent arrives, once
}

func newIntake(e *Endpoint) *intake {
	tell := e.config.OnRejected
	if tell == nil {
		tell = func(Rejection) {}
	}
	return &intake{strict: e.config.Strict, noTag: []byte(tagAbsent(rand.Uint64())), seed: e.tagSeed, product: e.product("Server"),
		log: stackLogger(e.log), spawn: e.spawn, tell: tell, inUse: e.inUse, network: e.config.Network}
}

func (in *intake) screen() *screen {
	return &screen{strict: in.strict, noTag: string(in.noTag)}
}

// refuse answers a message that is not passed on, in a goroutine of its own: whoever is told may take a moment. done is called when the
// answer is sent, or there is none.
func (in *intake) refuse(s *screen, v verdict, source net.Addr, send func([]byte), done func()) {
	if v.status == 0 {
		if len(bytes.Trim(s.message.start, "\r\n\x00")) > 0 { // else it is there to keep a way through a NAT open
			in.log.Error("message dropped", "cause", v.cause.String(), "peer", source.String(), "line", string(s.message.start))
		}
		done()
		return
	}
	told, answer := s.rejection(v, source.String()), s.refusal(v, source.String(), in.seed, in.product)
	if !in.spawn(func() { defer done(); in.tell(told); send(answer) }) {
		done()
	}
}

// onTheWay is what becomes of the message that the screen has let pass, before it is here.
func (in *intake) onTheWay(s *screen, source net.Addr) Fault {
	if in.network == nil || string(s.method) != "INVITE" || bytes.Contains(s.message.get(to), []byte(";tag=")) {
		return Fault{}
	}
	i := Incoming{CallID: string(s.message.get(callID)), Peer: source.String()}
	if u, err := ParseURI(string(s.uri)); err == nil {
		i.Dialled = u.Dialled()
	}
	if u, err := ParseURI(string(s.message.get(to))); err == nil {
		i.To = u.Dialled()
	}
	return in.network(i)
}

// leaving is a message without what only stands for something inside.
func (in *intake) leaving(message []byte) []byte {
	if bytes.Contains(message, in.noTag) {
		return bytes.ReplaceAll(message, in.noTag, nil)
	}
	return message
}

// tooLong is the verdict on a message that has no end, or one that is too far away.
var tooLong = verdict{status: sip.StatusMessageTooLarge, cause: flaw{"a message of more than 65535 bytes", "RFC 3261 21.5.7"}}

// parsers are sipgo's, but a header that they cannot read is kept as text: who wants it will see that it is not there, and the rest of
// the message, or of the connection, is not lost with it.
func parsers() sip.ParserOption {
	out := map[string]sip.HeaderParser{}
	for name, parse := range sip.DefaultHeadersParser() {
		out[name] = func(name []byte, value string) (sip.Header, error) {
			h, err := parse(name, value)
			if err != nil && err.Error() != "comma detected" { // which is not an error, but has no other name
				return sip.NewHeader(string(name), value), nil
			}
			return h, err
		}
	}
	return sip.WithHeadersParsers(out)
}
