package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// exhausted is the message of the 404 that means "no number free" (OpenAPI, example of the 404).
const exhausted = "no available route found"

// reserve asks for a number until it has one, is refused, or has used its retries or its budget up.
func (r *run) reserve(ctx context.Context, body []byte) (string, error) {
	var spent time.Duration
	retries := r.config.ReserveRetries
	for failures := 1; ; failures++ {
		limit := min(r.config.ReserveTimeout, r.config.ReserveBudget-spent)
		p := r.exchange(ctx, limit, http.MethodPost, r.config.BaseURL+r.config.ReservePath, r.config.DNIKey, body)
		r.ReserveAttempts++
		spent += p.took
		dni, err := reserved(p)
		if err == nil {
			r.note("reserve", "%s", dni)
			return dni, nil
		}
		r.note("reserve", "%v", err)
		if p.indefinite() {
			r.PossibleLeaks++
		}
		if ctx.Err() != nil || !p.retryable() && !(r.config.Storm && p.status == http.StatusNotFound) {
			return "", err
		}
		if p.status != http.StatusTooManyRequests { // a 429 costs time, not a retry
			if retries == 0 {
				return "", err
			}
			retries--
		}
		wait := r.pause(p, r.between(failures))
		if r.config.Storm {
			wait = 0
		}
		if spent+wait >= r.config.ReserveBudget {
			return "", fmt.Errorf("%w; no time to wait %v more", err, wait.Round(time.Millisecond))
		}
		r.note("wait", "%v", wait)
		if r.clock.Sleep(ctx, wait) != nil {
			return "", err
		}
		spent += wait
	}
}

// between is the wait from the n-th failed try to the next.
func (r *run) between(n int) time.Duration {
	if r.config.Backoff == nil {
		return r.backoff(n)
	}
	r.chance.mu.Lock()
	defer r.chance.mu.Unlock()
	return r.config.Backoff(r.chance.rng)
}

// reserved reads the reply of Reserve DNI: a number that can be dialled, or in words why not.
func reserved(p reply) (string, error) {
	if p.status == http.StatusNotFound && p.err == nil {
		return "", refused(p)
	}
	if p.err != nil || p.status < 200 || p.status > 299 {
		return "", fmt.Errorf("reserve: %v", p)
	}
	object, err := p.object()
	if err != nil {
		return "", fmt.Errorf("reserve: %d, %v", p.status, err)
	}
	raw, present := object["dni"]
	if !present {
		return "", fmt.Errorf("reserve: %d without dni", p.status)
	}
	var dni string
	if len(raw) == 0 || raw[0] != '"' {
		return "", fmt.Errorf("reserve: %d, dni: want text, got %s", p.status, clip(string(raw)))
	}
	if dni = text(raw); !dialable(dni) {
		return "", fmt.Errorf("reserve: %d, dni: want a number to dial, got %q", p.status, clip(dni))
	}
	return dni, nil
}

// refused returns why a 404 came: a pool without free numbers and a URL that leads nowhere both answer with one.
func refused(p reply) error {
	if object, err := p.object(); err == nil {
		for _, key := range []string{"message", "error_message"} {
			if strings.EqualFold(strings.TrimSpace(text(object[key])), exhausted) {
				return errors.New("reserve: no number is free")
			}
		}
	}
	return fmt.Errorf("reserve: 404, not the exhaustion body (%s): is the URL right?", p.message())
}

// dialable accepts digits with an optional plus and the separators people write; the contract promises no more.
func dialable(dni string) bool {
	digits := 0
	for i, c := range dni {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '+' && i == 0, strings.ContainsRune(" -.()", c) && i > 0:
		default:
			return false
		}
	}
	return digits >= 3 && digits <= 32
}

// indefinite reports whether the attempt may hold a number that nobody will dial.
func (p reply) indefinite() bool {
	switch {
	case p.unsent:
		return false
	case p.err != nil, p.status >= 500, p.status == http.StatusRequestTimeout:
		return true
	}
	return p.status >= 200 && p.status < 300
}

// retryable reports whether another attempt may have another outcome. A refusal and a 200 that makes no sense will not.
func (p reply) retryable() bool {
	return p.err != nil || p.status == http.StatusTooManyRequests || p.status == http.StatusRequestTimeout || p.status >= 500
}
