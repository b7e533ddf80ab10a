// Package rehearse judges an integrator's own client before it meets the platform. A lesson sets the platform, the phone
// network and the desks up, lets callers arrive at the client, watches what the client does over HTTP and SIP, and says
// what it must, should or may have done. The client knows a base URL and a SIP peer, no more, and stays as it is.
package rehearse

import (
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Version is the only value of the key `lesson`.
const Version = "v1"

// DefaultBudget is the real time in which the client must be done with its callers when the lesson says nothing.
const DefaultBudget = 30 * time.Second

// Lesson is one file: one property of a client.
type Lesson struct {
	ID          string // name of the file without extension
	File        string // path as it is shown to people
	Line        int    // of the key `lesson`
	Summary     string // what holds when it passes, one sentence
	Requirement string // the rule in words, quoted in every failure
	Source      string // where the rule comes from
	Level       string // finding.Must, Should or May
	Advice      string // what to change in a client that fails
	World       *yaml.Node
	Wants       []string      // the queues that the agent wants its callers put through to, one after another; none: the agent keeps them
	HangsUp     time.Duration // the caller hangs up so long after the answer; 0: never
	Untrusted   bool          // the client is told of a base URL with TLS and a certificate that nobody vouches for
	SharedID    string        // that the client is asked to use for the caller, with callerHere for which; "": its own
	Callers     int           // who arrive at once
	Arrival     *Arrives      // how they arrive; nil: as all do that are played with it
	Budget      time.Duration
	Expect      []Expectation
	Lines       strictyaml.Source
}

// Expectation is one thing that the client is to have done, or not to have done.
type Expectation struct {
	Name string
	Pos  Pos // of its argument
	text string
	rule rule
}

// String is the expectation as the file has it.
func (e Expectation) String() string { return e.Name + ": " + e.text }

// Pos is a place in a lesson's file, counted from 1; Width is how many characters a caret underlines.
type Pos struct{ Line, Column, Width int }

// Need is something that a lesson asks of how the client is reached, or of what can be seen of it.
type Need string

// The needs. Each completes the sentence "the lesson needs …".
const (
	NeedTransfers Need = "transfers that can be seen"                      // calls to queues over the SIP peer
	NeedTold      Need = "callers who are told"                            // a hook: there are several at once, or the time at which one comes counts
	NeedNamed     Need = "callers who are told, with the shared_id to use" // a hook that says it
	NeedHangUps   Need = "callers who hang up"                             // a hook by which the client learns that its caller has gone
)

// Hook reports whether the client has to be told of its callers for it.
func (n Need) Hook() bool { return n != NeedTransfers }

// MostCallers are how many may arrive at once: each is a goroutine, and has a number of its own.
const MostCallers = 1000

// Numbers are those of its callers, one after another.
func (l *Lesson) Numbers() (all []string) {
	for _, n := range l.callers() {
		all = append(all, ani(n))
	}
	return all
}

// SharedIDs are those that the client is asked to use for its callers, one after another; none: its own.
func (l *Lesson) SharedIDs() (ids []string) {
	if l.SharedID == "" {
		return nil
	}
	for _, n := range l.callers() {
		ids = append(ids, l.sharedID(n))
	}
	return ids
}

// Needs are what the lesson asks for, sorted.
func (l *Lesson) Needs() (out []Need) {
	for _, e := range l.Expect {
		out = append(out, e.rule.needs...)
	}
	if l.Callers > 1 || l.Untrusted {
		out = append(out, NeedTold)
	}
	if l.SharedID != "" && l.Callers == 1 { // of several it says whose a request is, as ani may
		out = append(out, NeedNamed)
	}
	if l.HangsUp > 0 {
		out = append(out, NeedHangUps)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// result is the lesson's as long as nothing is known of how it went.
func (l *Lesson) result() finding.Result {
	return finding.Result{
		ID: l.ID, File: l.File, Line: l.Line, Summary: l.Summary, Requirement: l.Requirement, Source: l.Source, Level: l.Level,
	}
}
