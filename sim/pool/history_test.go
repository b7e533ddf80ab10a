package pool

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// history plays a few lines such as
//
//	119s call a +4470      -> bound #1
//
// on a pool whose numbers are called a, b, c... and compares what comes back. The
// operations are
//
//	reserve [ani]      -> the number and the lease, or none
//	call NUMBER [ani]  -> bound and the nonce in the attributes, or the cause. The
//	                      calls are named c1, c2... in order
//	answer CALL        -> released or nothing
//	hangup CALL        -> ended or nothing
//	resize NUMBER...   -> ok
//	stats              -> what is not zero of free pending incall cooling draining
//	totals             -> the same of the totals
type history struct {
	pool  *Pool
	calls []CallRef
	seen  map[LeaseID]bool
}

func play(t *testing.T, config Config, lines string) {
	t.Helper()
	p, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	h := &history{pool: p, seen: map[LeaseID]bool{}}
	for n, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		step, want, _ := strings.Cut(line, "->")
		fields := strings.Fields(step)
		now, err := time.ParseDuration(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := h.do(now, fields[1], fields[2:]); got != strings.TrimSpace(want) {
			t.Errorf("line %d: %s: got %q", n+1, strings.TrimSpace(line), got)
		}
	}
}

func (h *history) do(now time.Duration, op string, args []string) string {
	arg := append(args, "", "")
	switch op {
	case "reserve":
		return h.reserve(now, arg[0])
	case "call":
		return h.call(now, arg[0], arg[1])
	case "answer":
		return word(h.pool.Answer(now, h.ref(arg[0])), "released")
	case "hangup":
		return word(h.pool.Hangup(now, h.ref(arg[0])), "ended")
	case "resize":
		for i := range args {
			args[i] = numberOf(args[i])
		}
		if err := h.pool.Resize(now, args); err != nil {
			return err.Error()
		}
		return "ok"
	case "stats":
		return statesOf(h.pool.Stats(now))
	case "totals":
		return totals(h.pool.Stats(now))
	}
	return "no operation " + op
}

func (h *history) reserve(now time.Duration, ani string) string {
	nonce := fmt.Sprintf("#%d", len(h.seen)+1)
	r, ok := h.pool.Reserve(now, []byte(nonce), ani)
	switch {
	case !ok && r == Reservation{}:
		return "none"
	case !ok:
		return fmt.Sprintf("refused with %+v", r)
	case h.seen[r.Lease]:
		return fmt.Sprintf("lease %d twice", r.Lease)
	case r.Expires != later(now, h.pool.config.Window):
		return fmt.Sprintf("expires at %v", r.Expires)
	}
	h.seen[r.Lease] = true
	return letterOf(r.Number) + " " + nonce
}

func (h *history) call(now time.Duration, dialled, ani string) string {
	a := h.pool.Arrive(now, numberOf(dialled), ani)
	h.calls = append(h.calls, a.Call)
	switch {
	case a.Bound && a.Known && a.Cause == "" && fmt.Sprintf("#%d", a.Lease) == string(a.Attributes):
		return "bound " + string(a.Attributes)
	case !a.Bound && a.Attributes == nil && a.Lease == 0 && a.Call == CallRef{} && a.Known == (a.Cause != CauseUnknown):
		return string(a.Cause)
	}
	return fmt.Sprintf("inconsistent %+v", a)
}

func (h *history) ref(name string) CallRef {
	n, err := strconv.Atoi(strings.TrimPrefix(name, "c"))
	if err != nil || n < 1 || n > len(h.calls) {
		return CallRef{}
	}
	return h.calls[n-1]
}

func word(ok bool, yes string) string {
	if ok {
		return yes
	}
	return "nothing"
}

// numberOf is the E.164 number of a letter; anything longer is itself.
func numberOf(name string) string {
	if len(name) != 1 {
		return name
	}
	return fmt.Sprintf("+4420794600%02d", name[0]-'a')
}

func letterOf(number string) string {
	return string('a' + number[len(number)-1] - '0')
}

func statesOf(s Stats) string {
	return nonZero("free", s.Free, "pending", s.Pending, "incall", s.InCall, "cooling", s.Cooling, "draining", s.Draining)
}

func totals(s Stats) string {
	return nonZero("reserved", s.Reserved, "refused", s.Refused, "bound", s.Bound, "expired", s.Expired,
		"released", s.Released, "calls", s.Calls, "unbound", s.Unbound, "unknown", s.Unknown)
}

func nonZero(pairs ...any) string {
	var words []string
	for i := 0; i < len(pairs); i += 2 {
		if n := fmt.Sprint(pairs[i+1]); n != "0" {
			words = append(words, fmt.Sprint(pairs[i], "=", n))
		}
	}
	return strings.Join(words, " ")
}

// with is the default configuration with n numbers and some changes.
func with(n int, changes ...func(*Config)) Config {
	c := Default()
	c.Numbers = Count(n)
	for _, change := range changes {
		change(&c)
	}
	return c
}

func release(r Release) func(*Config)        { return func(c *Config) { c.Release = r } }
func selection(s Selection) func(*Config)    { return func(c *Config) { c.Selection = s } }
func coolDown(d time.Duration) func(*Config) { return func(c *Config) { c.CoolDown = d } }
func window(d time.Duration) func(*Config)   { return func(c *Config) { c.Window = d } }
func many(c *Config)                         { c.Bindings = BindMany }
func byANI(c *Config)                        { c.Match = MatchDNIANI }
func lazy(c *Config)                         { c.Reaper = ReaperLazy }
func lag(d time.Duration) func(*Config) {
	return func(c *Config) { c.Reaper, c.Lag = ReaperLag, d }
}
