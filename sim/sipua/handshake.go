package sipua

import (
	"context"
	"errors"
	"time"

	"github.com/emiago/sipgo/sip"
)

// handshake is a 200 to an INVITE that waits for its ACK. The 200 is repeated after T1, doubling to T2, for 64*T1 (RFC 3261 13.3.1.4),
// over TCP too; without an ACK the call is ended.
type handshake struct {
	leg      *Leg
	seq      uint32
	tx       *sip.ServerTx
	res      *sip.Response
	acks     chan *sip.Request
	interval time.Duration
	giveUp   time.Time
	timer    *time.Timer // until the 200 is repeated, or given up
}

func (l *Leg) newHandshake(r *sip.Request, tx *sip.ServerTx, res *sip.Response) *handshake {
	return &handshake{leg: l, seq: r.CSeq().SeqNo, tx: tx, res: res, acks: make(chan *sip.Request, 1), interval: sip.T1}
}

// wait returns when the ACK is there, the call is over, or ctx ends; then the rest goes on without the caller.
func (s *handshake) wait(ctx context.Context) error {
	s.giveUp, s.timer = time.Now().Add(64*sip.T1), time.NewTimer(s.interval)
	err, over := s.run(ctx.Done())
	if over {
		return err
	}
	s.leg.endpoint.spawn(func() { _, _ = s.run(nil) })
	return ctx.Err()
}

func (s *handshake) run(interrupt <-chan struct{}) (err error, over bool) {
	l := s.leg
	for {
		select {
		case ack := <-s.acks:
			s.acknowledged(ack)
			return nil, true
		case ack := <-s.tx.Acks(): // a peer that gives the ACK of a 200 the INVITE's branch: sipgo takes it for the transaction's
			s.acknowledged(ack)
			return nil, true
		case now := <-s.timer.C:
			if !now.Before(s.giveUp) {
				l.sendBye(End{By: Local, How: HowTimeout, Status: sip.StatusRequestTimeout, Reason: ErrNoAck.Error()},
					[]Header{reasonSIP(sip.StatusRequestTimeout, "ACK timeout")})
				return ErrNoAck, true
			}
			s.again(now)
		case <-l.done:
			s.timer.Stop()
			return l.endError(), true
		case <-interrupt:
			return nil, false
		}
	}
}

func (s *handshake) again(now time.Time) {
	s.interval = min(2*s.interval, sip.T2)
	s.timer.Reset(min(s.interval, s.giveUp.Sub(now)))
	if err := s.tx.Respond(s.res); err != nil && !errors.Is(err, sip.ErrTransactionTerminated) {
		s.leg.endpoint.log.Debug("sip: 200 not repeated", "call_id", cut(s.leg.CallID()), "error", err)
	}
}

// acknowledged notes the ACK; in a late offer it carries the peer's answer.
func (s *handshake) acknowledged(ack *sip.Request) {
	s.timer.Stop()
	l := s.leg
	l.mu.Lock()
	if l.pending == s {
		l.pending = nil
	}
	if len(ack.Body()) > 0 {
		l.remoteSDP = ack.Body()
	}
	first := s.tx == l.tx
	l.mu.Unlock()
	if first {
		close(l.confirmed)
	}
}

// onAck hands an ACK to the handshake that waits for it; a repeated or strange one is dropped.
func (l *Leg) onAck(r *sip.Request) {
	l.mu.Lock()
	s := l.pending
	l.mu.Unlock()
	if s == nil || s.seq != r.CSeq().SeqNo {
		return
	}
	select {
	case s.acks <- r:
	default:
	}
}
