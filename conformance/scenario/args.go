package scenario

import (
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Args is the argument of a verb: *Reserve, *Dial, *Hangup and so on, by verb.
type Args interface {
	values() []*Value // every value that may hold references, in file order of the docs
}

// args reads the argument of a verb. It is never nil.
func (l *loader) args(d definition, n *yaml.Node) Args {
	if d.read != nil {
		return d.read(l, n)
	}
	args := d.args()
	if n.Kind != yaml.MappingNode {
		l.problem(n, "%s: want a mapping, got %s", d.name, strictyaml.Got(n))
		return args
	}
	l.decode(string(d.name), n, args)
	for _, v := range args.values() {
		l.place(v)
	}
	d.check(l, args, n)
	return args
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

// reported reports whether the value at n is known to be wrong.
func (l *loader) reported(n *yaml.Node) bool {
	return slices.ContainsFunc(l.ps, func(p strictyaml.Problem) bool { return p.Line == n.Line && p.Column == n.Column })
}
