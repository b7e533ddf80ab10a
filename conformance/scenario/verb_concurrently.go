package scenario

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// concurrentlyVerb plays the same steps by many clients at once.
func concurrentlyVerb() definition {
	return definition{
		name: VerbConcurrently,
		read: func(l *loader, n *yaml.Node) Args { return l.concurrently(n) },
	}
}

// maxClients bounds concurrently: beyond it, a load test is the tool.
const maxClients = 10_000

// Concurrently plays the same steps by many clients at once.
type Concurrently struct {
	Clients int // 0: as many as the target's pool has numbers
	Start   Start
	Steps   []Step // names are local to one client
}

// Start says when the clients begin: all at one barrier; or, with Spread above 0, evenly
// over that time; or, with Every above 0, as a Poisson process: the time before each start
// is drawn from an exponential distribution with that mean. One of the two is 0.
type Start struct {
	Spread time.Duration
	Every  time.Duration
}

func (a *Concurrently) values() []*Value { return nil }

func (l *loader) concurrently(n *yaml.Node) *Concurrently {
	a := &Concurrently{}
	if n.Kind != yaml.MappingNode {
		l.problem(n, "concurrently: want a mapping, got %s", strictyaml.Got(n))
		return a
	}
	raw := struct {
		Clients *yaml.Node `yaml:"clients"`
		Start   Start      `yaml:"start"`
		Steps   *yaml.Node `yaml:"steps"`
	}{}
	l.decode(string(VerbConcurrently), n, &raw)
	a.Start = raw.Start
	l.need(VerbConcurrently, n, "clients")
	if c := raw.Clients; c != nil && !takesFromPool(c, PoolSize) && l.decode("clients", c, &a.Clients) && (a.Clients < 1 || a.Clients > maxClients) {
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
