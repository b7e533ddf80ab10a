package independent

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// state is what a number is doing.
type state int

const (
	free state = iota
	booked
	inCall  // and held for it
	resting // between its release and the next reservation
	gone    // not the pool's any more
)

// number is one number of a pool. Its turn counts what it was used for: what wants to end one use of it says which.
type number struct {
	digits  string // without the plus
	project *project
	state   state
	turn    int
	holds   *booking    // while it is booked or in a call
	last    *booking    // the one before: nobody is to see it again
	expiry  *time.Timer // of holds, until it is called
	up      int         // calls
}

// booking is what one reservation stored.
type booking struct {
	attributes
	made time.Time
}

// project is a Project with its pool. The queue has its free numbers, the one that has been free for longest first.
type project struct {
	Project
	numbers []*number
	queue   []*number
}

// numbering is who holds which number. It is used in the loop alone.
type numbering struct {
	options  Options
	broken   map[string]bool
	loop     *loop
	states   *states
	projects []*project
	byDigits map[string]*number
	counts   map[string]int // of what a defect hits at intervals
	recent   *arrival       // the last call that was given attributes, for F47
	expired  int
}

func newNumbering(o Options, l *loop) *numbering {
	n := &numbering{options: o, broken: make(map[string]bool), loop: l, byDigits: make(map[string]*number), counts: make(map[string]int)}
	for _, code := range o.Defects {
		n.broken[code] = true
	}
	n.states = newStates(n)
	for _, project := range o.Projects {
		n.projects = append(n.projects, n.pool(project))
	}
	return n
}

func (n *numbering) pool(p Project) *project {
	made := &project{Project: p}
	for i, e164 := range p.Numbers {
		if n.broken["F05"] && i == 0 && len(n.projects) > 0 {
			e164 = n.projects[0].Numbers[0]
		}
		l := &number{digits: digits(e164), project: made}
		made.numbers = append(made.numbers, l)
		if _, taken := n.byDigits[l.digits]; !taken {
			n.byDigits[l.digits] = l
		}
	}
	made.queue = slices.Clone(made.numbers)
	if n.broken["F10"] {
		made.queue = made.queue[:(len(made.queue)+1)/2]
	}
	return made
}

// begin starts what goes on by itself.
func (n *numbering) begin() {
	for _, p := range n.projects {
		if n.options.Others > 0 {
			n.others(p)
		}
	}
	if n.broken["F06"] {
		n.sweep()
	}
}

// others is one visit of somebody else to the pool of p, and the next one after it.
func (n *numbering) others(p *project) {
	if l := n.take(p); l != nil {
		n.book(l, attributes{raw: []byte(`{"nonce":"of-somebody-else"}`), nonce: []byte(`"of-somebody-else"`)})
		a := n.bind(l, l.e164(), "+12025550199")
		n.loop.after(n.options.OthersHold, func() { n.over(a) })
	}
	n.loop.after(n.options.Others/2+rand.N(n.options.Others), func() { n.others(p) })
}

// digits brings a number to the form in which it is looked up: without plus, international prefix and punctuation.
func digits(dialled string) string {
	kept := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.()", r) {
			return -1
		}
		return r
	}, dialled)
	if plain, ok := strings.CutPrefix(kept, "+"); ok {
		return plain
	}
	return strings.TrimPrefix(kept, "00")
}

func (l *number) e164() string { return "+" + l.digits }

// take removes the number that is next from the pool's queue; nil when there is none.
func (n *numbering) take(p *project) *number {
	if len(p.queue) == 0 {
		return nil
	}
	l := p.queue[0]
	p.queue = p.queue[1:]
	return l
}

// book stores attributes under a number that has been taken, and has them expire.
func (n *numbering) book(l *number, a attributes) {
	l.stopExpiry()
	l.turn++
	l.state, l.holds = booked, &booking{attributes: a, made: time.Now()}
	n.byDigits[l.digits] = l // F05 has two of them
	if n.broken["F24"] || n.broken["F13"] && n.expired >= 3 {
		return
	}
	turn := l.turn
	l.expiry = n.loop.after(n.options.Window, func() {
		if l.turn == turn && l.state == booked {
			n.expired++
			n.release(l)
		}
	})
}

func (l *number) stopExpiry() {
	if l.expiry != nil {
		l.expiry.Stop()
		l.expiry = nil
	}
}

// release ends the use of a number: it rests, and is then free.
func (n *numbering) release(l *number) {
	if l.state == free || l.state == resting || l.state == gone {
		return
	}
	l.stopExpiry()
	l.turn++
	l.state, l.last, l.holds = resting, l.holds, nil
	rest := n.options.CoolDown
	if n.broken["F08"] {
		rest = 0
	}
	if rest == 0 {
		n.enqueue(l)
		return
	}
	turn := l.turn
	n.loop.after(rest, func() {
		if l.turn == turn {
			n.enqueue(l)
		}
	})
}

func (n *numbering) enqueue(l *number) {
	l.state = free
	if n.broken["F09"] {
		l.project.queue = slices.Insert(l.project.queue, 0, l)
		return
	}
	l.project.queue = append(l.project.queue, l)
}

// nth reports whether this is one of every so many occasions for a defect, if the platform has it.
func (n *numbering) nth(code string, every int) bool {
	if !n.broken[code] {
		return false
	}
	n.counts[code]++
	return n.counts[code]%every == 0
}
