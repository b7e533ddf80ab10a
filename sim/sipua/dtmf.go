package sipua

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// The forms in which a digit can be sent in an INFO. No RFC describes either.
const (
	DTMFRelay = "dtmf-relay" // application/dtmf-relay: Signal=5 and Duration=160
	DTMFPlain = "dtmf"       // application/dtmf: 5
)

// digits are what can be pressed (RFC 4733 3.2), in the order of their event codes.
const digits = "0123456789*#ABCD"

// CheckDigits says what is wrong with digits that are to be sent.
func CheckDigits(d string) error {
	if d == "" || strings.Trim(d, digits) != "" {
		return fmt.Errorf("digits: want some of %s, got %q", digits, d)
	}
	return nil
}

// OnDigit has f called with each digit that the peer sends in an INFO, before the INFO is answered. f must be quick.
func (l *Leg) OnDigit(f func(digit string)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.onDigit = f
}

// SendDigit sends a digit in an INFO, in one of the forms, and returns the status that answers it.
func (l *Leg) SendDigit(ctx context.Context, digit, form string) (status int, err error) {
	if err := CheckDigits(digit); err != nil || len(digit) != 1 {
		return 0, fmt.Errorf("digit: want one of %s, got %q", digits, digit)
	}
	select {
	case <-l.done:
		return 0, ErrEnded
	default:
	}
	var body []byte
	switch form {
	case DTMFRelay:
		body = fmt.Appendf(nil, "Signal=%s\r\nDuration=160\r\n", digit)
	case DTMFPlain:
		body = []byte(digit)
	default:
		return 0, fmt.Errorf("form: want %s or %s, got %q", DTMFRelay, DTMFPlain, form)
	}
	r := l.request(sip.INFO, 0, body, []Header{{"Content-Type", "application/" + form}})
	stop := make(chan struct{})
	defer context.AfterFunc(ctx, func() { close(stop) })()
	res, err := l.endpoint.roundTrip(r, stop, nil)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case isTimeout(err):
		return 0, ErrTimeout
	case err != nil:
		return 0, err
	}
	return res.StatusCode, nil
}

// onInfo answers an INFO. What it brings beside a digit is nothing to us.
func (l *Leg) onInfo(r *sip.Request, tx *sip.ServerTx) {
	digit, err := digitIn(r)
	if err != nil {
		l.endpoint.tell(r, sip.StatusBadRequest, err.Error())
		l.endpoint.answer(r, tx, sip.StatusBadRequest)
		return
	}
	now := make(chan struct{})
	l.mu.Lock()
	f, before := l.onDigit, l.asked
	l.asked = now // the BYE that a digit leads to leaves after the answer
	l.mu.Unlock()
	defer func() {
		if before != nil {
			<-before
		}
		close(now)
	}()
	if digit != "" && f != nil {
		f(digit)
	}
	l.endpoint.refuse(r, tx, sip.StatusOK)
}

// digitIn reads the digit of an INFO; "" when it has none.
func digitIn(r *sip.Request) (string, error) {
	h := r.ContentType()
	if h == nil {
		return "", nil
	}
	switch media, _ := mediaType(h.Value()); media {
	case "application/dtmf":
		return digitOf(media, string(r.Body()))
	case "application/dtmf-relay":
		for line := range bytes.Lines(r.Body()) {
			if name, value, _ := strings.Cut(string(line), "="); strings.EqualFold(strings.TrimSpace(name), "Signal") {
				return digitOf(media, value)
			}
		}
		return "", fmt.Errorf("%s: want a line Signal=…, got none", media)
	}
	return "", nil
}

// digitOf reads a digit as it is, or its event code: 10 for *, 11 for #.
func digitOf(media, text string) (string, error) {
	text = strings.ToUpper(strings.TrimSpace(text))
	if len(text) == 1 && strings.Contains(digits, text) {
		return text, nil
	}
	if code, err := strconv.Atoi(text); err == nil && code >= 10 && code < len(digits) {
		return digits[code : code+1], nil
	}
	return "", fmt.Errorf("%s: want one digit out of %s, got %.20q", media, digits, text)
}
