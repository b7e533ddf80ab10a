package scenario

import (
	"time"

	"go.yaml.in/yaml/v3"
)

// advanceVerb moves the target's clock.
func advanceVerb() definition {
	return definition{
		name:  VerbAdvance,
		needs: []Need{NeedTime},
		read:  func(l *loader, n *yaml.Node) Args { return l.advance(n) },
	}
}

// Advance moves the target's clock.
type Advance struct {
	By time.Duration // 0: by the window of the target's pool
}

func (a *Advance) values() []*Value { return nil }

func (l *loader) advance(n *yaml.Node) *Advance {
	a := &Advance{}
	if takesFromPool(n, PoolWindow) {
		return a
	}
	if l.decode(string(VerbAdvance), n, &a.By) && a.By <= 0 {
		l.problem(n, "advance: want more than 0, got %s", a.By)
	}
	return a
}
