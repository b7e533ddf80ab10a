package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim/strictyaml"
	"go.yaml.in/yaml/v3"
)

// maxClients bounds concurrently: beyond it, a load test is the tool.
const maxClients = 10_000

// args reads the argument of a verb. It is never nil.
func (l *loader) args(verb Verb, n *yaml.Node) Args {
	switch verb {
	case VerbAdvance:
		return l.advance(n)
	case VerbFault:
		return l.fault(n)
	case VerbConcurrently:
		return l.concurrently(n)
	}
	args := newArgs(verb)
	if n.Kind != yaml.MappingNode {
		l.problem(n, "%s: want a mapping, got %s", verb, strictyaml.Got(n))
		return args
	}
	l.decode(string(verb), n, args)
	for _, v := range args.values() {
		l.place(v)
	}
	l.checkArgs(verb, args, n)
	return args
}

func newArgs(verb Verb) Args {
	switch verb {
	case VerbReserve:
		return &Reserve{}
	case VerbDial:
		return &Dial{Count: 1}
	case VerbHangup:
		return &Hangup{}
	case VerbAwait:
		return &Await{}
	case VerbHandoff:
		return &Handoff{}
	case VerbRequest:
		return &Request{}
	case VerbRestart:
		return &Restart{}
	default:
		return &Journey{}
	}
}

func (l *loader) checkArgs(verb Verb, args Args, n *yaml.Node) {
	switch a := args.(type) {
	case *Reserve:
		l.checkReserve(a, n)
	case *Dial:
		l.need(verb, n, "to")
		l.positive(n, "cancel_after", a.CancelAfter)
		l.atLeast(n, "count", a.Count, 1)
		l.checkSIPHeaders(strictyaml.Lookup(n, "headers"))
	case *Hangup:
		l.need(verb, n, "call")
		l.placeCall(&a.Call, n)
	case *Await:
		l.need(verb, n, "call")
		l.placeCall(&a.Call, n)
		l.positive(n, "within", a.Within)
	case *Handoff:
		l.exclude(verb, n, "query", "id", "shared_id")
	case *Request:
		l.checkRequest(a, n)
	case *Restart:
		l.need(verb, n, "leases")
	case *Journey:
		l.need(verb, n, "attributes")
		l.positive(n, "reserve_timeout", a.ReserveTimeout)
		l.atLeast(n, "retries", a.Retries, 0)
		if poll := strictyaml.Lookup(n, "poll"); poll != nil {
			l.positive(poll, "every", a.Poll.Every)
			l.positive(poll, "for", a.Poll.For)
		}
	}
}

func (l *loader) checkReserve(a *Reserve, n *yaml.Node) {
	if strictyaml.Lookup(n, "attributes") == nil && strictyaml.Lookup(n, "body") == nil {
		l.problem(n, "reserve: want the key attributes or body, got none")
	}
	l.exclude(VerbReserve, n, "body", "attributes")
	l.positive(n, "timeout", a.Timeout)
	l.atLeast(n, "retry", a.Retry, 0)
	if send := strictyaml.Lookup(n, "send"); send != nil {
		l.checkSend(a.Send, send)
	}
}

func (l *loader) checkSend(s Send, n *yaml.Node) {
	l.positive(n, "pause", s.Pause)
	if cut := strictyaml.Lookup(n, "cut"); cut != nil && !s.Cut && !l.reported(cut) {
		l.problem(cut, "cut: want true, got %s", cut.Value)
	}
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		l.problem(n, "send: want pause or cut, got neither")
	}
}

var methodText = regexp.MustCompile(`^[A-Z]+$`)

func (l *loader) checkRequest(a *Request, n *yaml.Node) {
	l.need(VerbRequest, n, "method")
	l.need(VerbRequest, n, "path")
	l.exclude(VerbRequest, n, "body", "json")
	if m := strictyaml.Lookup(n, "method"); m != nil && !l.reported(m) && !methodText.MatchString(a.Method) {
		l.problem(m, "method: want capital letters like GET, got %q", a.Method)
	}
	if p, literal := a.Path.tree.(string); literal && !strings.HasPrefix(p, "/") {
		l.problem(strictyaml.Lookup(n, "path"), "path: want it to start with /, got %q", p)
	}
	if q, literal := a.Query.tree.(string); literal && strings.HasPrefix(q, "?") {
		l.problem(strictyaml.Lookup(n, "query"), "query: want it without the ?, got %q", q)
	}
}

// need reports a key that the verb cannot do without.
func (l *loader) need(verb Verb, n *yaml.Node, key string) {
	if strictyaml.Lookup(n, key) == nil {
		l.problem(n, "%s: want the key %s, got none", verb, key)
	}
}

// exclude reports key when it stands beside any of the others.
func (l *loader) exclude(verb Verb, n *yaml.Node, key string, others ...string) {
	at := strictyaml.Lookup(n, key)
	for _, other := range others {
		if at != nil && strictyaml.Lookup(n, other) != nil {
			l.problem(at, "%s: want %s or %s, got both", verb, other, key)
		}
	}
}

// positive reports a duration that is written and not above 0.
func (l *loader) positive(args *yaml.Node, key string, d time.Duration) {
	if n := strictyaml.Lookup(args, key); n != nil && d <= 0 && !l.reported(n) {
		l.problem(n, "%s: want more than 0, got %s", key, d)
	}
}

func (l *loader) atLeast(args *yaml.Node, key string, got, least int) {
	if n := strictyaml.Lookup(args, key); n != nil && got < least && !l.reported(n) {
		l.problem(n, "%s: want at least %d, got %d", key, least, got)
	}
}

// reported tells that the value at n is known to be wrong.
func (l *loader) reported(n *yaml.Node) bool {
	return slices.ContainsFunc(l.ps, func(p strictyaml.Problem) bool { return p.Line == n.Line && p.Column == n.Column })
}

func (l *loader) advance(n *yaml.Node) *Advance {
	a := &Advance{}
	if l.decode(string(VerbAdvance), n, &a.By) && a.By <= 0 {
		l.problem(n, "advance: want more than 0, got %s", a.By)
	}
	return a
}

func (l *loader) fault(n *yaml.Node) *Fault {
	if n.Kind == yaml.ScalarNode && n.Value == "none" {
		return &Fault{None: true}
	}
	a := &Fault{}
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		l.problem(n, "fault: want none or a mapping with http or carrier, got %s", emptyOr(n))
		return a
	}
	for key, value := range strictyaml.Pairs(n) {
		switch key.Value {
		case "http":
			a.HTTP = value
		case "carrier":
			a.Carrier = value
		default:
			l.ps = append(l.ps, strictyaml.UnknownKey(l.file, key, "fault", []string{"carrier", "http"}))
			continue
		}
		l.faultPart(key.Value, value)
	}
	return a
}

// faultPart checks one fault, or, on HTTP, a list of them.
func (l *loader) faultPart(kind string, n *yaml.Node) {
	several := kind == "http" && n.Kind == yaml.SequenceNode
	if n.Kind != yaml.MappingNode && !several || len(n.Content) == 0 {
		l.problem(n, "%s: want a mapping of at least one key, got %s", kind, emptyOr(n))
		return
	}
	if l.opts.Fault != nil {
		l.ps = append(l.ps, l.opts.Fault(l.file, kind, n)...)
	}
}

func (l *loader) concurrently(n *yaml.Node) *Concurrently {
	a := &Concurrently{}
	if n.Kind != yaml.MappingNode {
		l.problem(n, "concurrently: want a mapping, got %s", strictyaml.Got(n))
		return a
	}
	raw := struct {
		Clients int        `yaml:"clients"`
		Start   Start      `yaml:"start"`
		Steps   *yaml.Node `yaml:"steps"`
	}{}
	l.decode(string(VerbConcurrently), n, &raw)
	a.Clients, a.Start = raw.Clients, raw.Start
	l.need(VerbConcurrently, n, "clients")
	if c := strictyaml.Lookup(n, "clients"); c != nil && !l.reported(c) && (a.Clients < 1 || a.Clients > maxClients) {
		l.problem(c, "clients: want 1 to %d, got %d", maxClients, a.Clients)
	}
	l.need(VerbConcurrently, n, "steps")
	if raw.Steps != nil {
		a.Steps = l.steps(raw.Steps, true)
	}
	return a
}

// UnmarshalStrict reads `barrier`, `{spread: 2s}` or `{poisson: {every: 100ms}}`.
func (s *Start) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	if n.Kind == yaml.ScalarNode && n.Value == "barrier" {
		return nil
	}
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return strictyaml.Problems{strictyaml.At(file, n, "start: want barrier, {spread: 2s} or {poisson: {every: 100ms}}, got %s", emptyOr(n))}
	}
	raw := struct {
		Spread  aboveZero `yaml:"spread"`
		Poisson poisson   `yaml:"poisson"`
	}{}
	ps := strictyaml.DecodeKey(file, "start", n, &raw)
	if both := strictyaml.Lookup(n, "poisson"); both != nil && strictyaml.Lookup(n, "spread") != nil {
		ps = append(ps, strictyaml.At(file, both, "start: want spread or poisson, got both"))
	}
	s.Spread, s.Every = time.Duration(raw.Spread), time.Duration(raw.Poisson.Every)
	return ps
}

type poisson struct {
	Every aboveZero `yaml:"every"`
}

func (p *poisson) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return strictyaml.Problems{strictyaml.At(file, n, "poisson: want {every: 100ms}, the mean time between two starts, got %s", emptyOr(n))}
	}
	type plain poisson // reads itself by its keys
	return strictyaml.DecodeKey(file, "poisson", n, (*plain)(p))
}

// aboveZero is a length of time that is not nothing.
type aboveZero time.Duration

func (d *aboveZero) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	ps := strictyaml.Decode(file, n, (*time.Duration)(d))
	if len(ps) == 0 && *d <= 0 {
		ps = append(ps, strictyaml.At(file, n, "want more than 0, got %s", time.Duration(*d)))
	}
	return ps
}

// UnmarshalStrict reads the bare name of a dial step.
func (c *CallName) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	ps := strictyaml.Decode(file, n, &c.Name)
	if len(ps) == 0 && !nameText.MatchString(c.Name) {
		ps = append(ps, strictyaml.At(file, n, "call: want the bare name of a dial step, got %q", c.Name))
		c.Name = ""
	}
	return ps
}

func (l *loader) placeCall(c *CallName, args *yaml.Node) {
	if n := strictyaml.Lookup(args, "call"); n != nil {
		c.Pos = l.pos(n)
	}
}

// UnmarshalStrict reads header names and their values in file order.
func (h *Headers) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Problems{strictyaml.At(file, n, "headers: want a mapping, got %s", strictyaml.Got(n))}
	}
	var ps strictyaml.Problems
	for key, value := range strictyaml.Pairs(n) {
		header := Header{Name: key.Value}
		problems := header.Value.UnmarshalStrict(file, value)
		for i := range problems {
			problems[i].Message = fmt.Sprintf("%s: %s", key.Value, problems[i].Message)
		}
		ps = append(ps, problems...)
		*h = append(*h, header)
	}
	return ps
}
