// Package finding says what became of a run: every scenario's result, every failure as a value, the counts and the
// exit code. It is plain data and the rules that follow from it. It does no I/O, renders nothing and knows neither
// HTTP nor SIP nor YAML; package report writes what is said here.
package finding

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// Format names the JSON form of a Document. It changes when a reader of the old form would be misled.
const Format = "dnispool.report/v1"

// Status is what became of one scenario.
type Status string

// A scenario that was played has one of the first four statuses. The other four say why one was not played;
// each needs a Reason.
const (
	Passed        Status = "passed"
	Failed        Status = "failed"
	Inconclusive  Status = "inconclusive"   // played, but what was seen proves neither
	Error         Status = "error"          // could not be played to its end: nothing is known about the target
	Unsupported   Status = "unsupported"    // the target lacks a feature that the scenario needs
	NotApplicable Status = "not-applicable" // a fact of the target differs from the world that the scenario needs
	Filtered      Status = "filtered"       // not selected
	Waived        Status = "waived"         // the target's owner excused it
)

// Statuses returns all statuses in the order in which reports list them.
func Statuses() []Status {
	return []Status{Passed, Failed, Inconclusive, Error, Unsupported, NotApplicable, Filtered, Waived}
}

// Skipped reports whether the scenario was not played, on purpose.
func (s Status) Skipped() bool {
	return slices.Contains([]Status{Unsupported, NotApplicable, Filtered, Waived}, s)
}

// Levels of a requirement. Any other text counts as Must, so that a typo never makes a failure harmless.
const (
	Must   = "must"
	Should = "should"
	May    = "may"
)

// Kinds of failure.
const (
	KindExpectation = "expectation" // a step's expect was not met
	KindContract    = "contract"    // an exchange breaks the contract document
	KindCheck       = "check"       // an invariant is broken by the history
	KindTimeout     = "timeout"     // what was waited for did not come
	KindError       = "error"       // a step could not be carried out
)

// Run is one use of the harness: what was played, on what, and what came of it.
type Run struct {
	Tool        string          `json:"tool"`
	Version     string          `json:"version"`
	Seed        uint64          `json:"seed,string"` // a string in JSON: many readers round numbers above 2^53
	Started     time.Time       `json:"started,omitzero"`
	Duration    time.Duration   `json:"duration_ns"`
	Target      string          `json:"target"`
	Noun        string          `json:"noun,omitempty"`   // what each result is of; empty: scenario
	Config      json.RawMessage `json:"config,omitempty"` // effective configuration
	Filter      string          `json:"filter,omitempty"` // the selection in words
	Strict      bool            `json:"strict"`           // should and may fail the run as must does
	Interrupted bool            `json:"interrupted"`
	GaveUp      string          `json:"gave_up,omitempty"`      // why the run did not begin, or did not go on to its end
	NotPlayed   []string        `json:"not_played,omitempty"`   // ids of selected scenarios that a run that was interrupted or given up did not play to their end
	VirtualTime bool            `json:"virtual_time,omitempty"` // histories and time lines count the target's own time, which is not the clock's
	Facts       []PoolFacts     `json:"facts,omitempty"`        // of pools that are not the scenarios' own
	Warnings    []string        `json:"warnings,omitempty"`     // about the run as a whole
	Endpoints   []Endpoint      `json:"endpoints,omitempty"`    // how long replies took
	Audio       *Audio          `json:"audio,omitempty"`        // of calls over a SIP trunk; nil: there was none
	Results     []Result        `json:"results"`
}

// PoolFacts is what is known of one project's pool, and from where.
type PoolFacts struct {
	Project string   `json:"project"`
	Known   []Basis  `json:"known"`
	Unknown []string `json:"unknown,omitempty"` // names of facts that nobody has stated
}

// Of is the noun for what was played, "scenario" unless the run says otherwise.
func (r Run) Of() string { return cmp.Or(r.Noun, "scenario") }

// Result is what became of one scenario, or of one lesson.
type Result struct {
	ID          string        `json:"id"` // area/name
	File        string        `json:"file,omitempty"`
	Line        int           `json:"line,omitempty"` // 1-based line in File
	Summary     string        `json:"summary,omitempty"`
	Requirement string        `json:"requirement,omitempty"`
	Source      string        `json:"source,omitempty"` // where the requirement is written
	Level       string        `json:"level,omitempty"`  // must, should or may
	Labels      []string      `json:"labels,omitempty"`
	Status      Status        `json:"status"`
	Reason      string        `json:"reason,omitempty"` // why it was skipped, inconclusive or an error
	Ask         string        `json:"ask,omitempty"`    // what to ask whoever runs the platform, so that it can be played
	Failures    []Failure     `json:"failures,omitempty"`
	Warnings    []string      `json:"warnings,omitempty"`
	Steps       int           `json:"steps"`       // steps carried out
	Seed        uint64        `json:"seed,string"` // of this scenario
	Started     time.Time     `json:"started,omitzero"`
	Duration    time.Duration `json:"duration_ns"`
	Exchanges   []Exchange    `json:"exchanges,omitempty"`
	Ladder      []SIPMessage  `json:"ladder,omitempty"`
	Notes       []string      `json:"notes,omitempty"`
	Kept        []string      `json:"kept,omitempty"`   // files with more: the history, a picture
	Repeat      *Repeat       `json:"repeat,omitempty"` // of one that was played again
}

// Failure is one thing that was wanted and did not happen.
type Failure struct {
	Kind     string       `json:"kind"`
	File     string       `json:"file,omitempty"`
	Line     int          `json:"line,omitempty"`   // 1-based line of the wanted value
	Column   int          `json:"column,omitempty"` // 1-based, in characters, not bytes; 0: no caret is drawn
	Width    int          `json:"width,omitempty"`  // characters to underline; less than 1 counts as 1
	Source   []SourceLine `json:"source,omitempty"` // the scenario's lines to show
	Step     string       `json:"step,omitempty"`   // step 3 of 9 "refused"
	Path     string       `json:"path,omitempty"`   // where in the step's result: status, body.dni, …
	Want     string       `json:"want,omitempty"`
	Got      string       `json:"got,omitempty"`
	Because  string       `json:"because,omitempty"`
	Likely   string       `json:"likely,omitempty"`   // the kind of fault that shows like this, as a hypothesis
	Chart    *Chart       `json:"chart,omitempty"`    // what a broken invariant is about, over time
	Contract string       `json:"contract,omitempty"` // one line each for the published and the strict document
	Before   []Step       `json:"before,omitempty"`   // the steps before
	Exchange *Exchange    `json:"exchange,omitempty"`
	Ladder   []SIPMessage `json:"ladder,omitempty"` // when empty, the result's
	Again    string       `json:"again,omitempty"`  // the command that plays it again

	Operations []Operation `json:"operations,omitempty"` // those of the history that prove a broken invariant
}

// OfViolation is a broken invariant as a failure of a scenario.
func OfViolation(f Finding) Failure {
	v := f.Violation
	out := Failure{Kind: KindCheck, Path: f.Name, Want: f.Invariant + ": " + f.Says, Got: v.Text, Because: v.Rule, Likely: v.Cause, Chart: v.Chart}
	if v.Certainty != Certain {
		out.Because += " (" + string(v.Certainty) + ")"
	}
	if s := v.Consequences(); s != "" {
		out.Because += "; " + s
	}
	if s := v.RestsOn(); s != "" {
		out.Because += "; it rests on " + s
	}
	for _, o := range v.Ops {
		out.Operations = append(out.Operations, Shown(o))
	}
	return out
}

// Operation is an operation of a history that a report shows in one line.
type Operation struct {
	history.Op
	Text string // of one that was read from a report, which keeps no more than the line
}

// Shown is an operation for a report.
func Shown(o history.Op) Operation { return Operation{Op: o} }

// String is the operation in one line, with where it stands.
func (o Operation) String() string {
	if o.Text != "" {
		return o.Text
	}
	return strings.TrimSpace(o.Where() + "  " + o.Op.String())
}

// UnmarshalText implements encoding.TextUnmarshaler: of an operation in a report the line is known.
func (o *Operation) UnmarshalText(text []byte) error {
	o.Text = string(text)
	return nil
}

// MarshalText implements encoding.TextMarshaler: machines get the line too.
func (o Operation) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Step is a step of a scenario that was played.
type Step struct {
	Index int    // from 1
	Verb  string // what it does
	Name  string // as it is called, if at all
	With  string // the argument that matters to a reader, if any
	Came  string // what came of it, if anything
}

// String is the step in one line, as "3 reserve first → 200 +442079460001".
func (s Step) String() string {
	out := fmt.Sprintf("%d %s", s.Index, s.Verb)
	for _, word := range []string{s.Name, s.With} {
		if word != "" {
			out += " " + word
		}
	}
	if s.Came != "" {
		out += " → " + s.Came
	}
	return out
}

// MarshalText implements encoding.TextMarshaler: machines get the line too.
func (s Step) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler for the lines of a report.
func (s *Step) UnmarshalText(text []byte) error {
	index, rest, _ := strings.Cut(string(text), " ")
	n, err := strconv.Atoi(index)
	if err != nil {
		return fmt.Errorf("step: want a line like \"3 reserve\", got %q", text)
	}
	*s = Step{Index: n}
	s.Verb, s.Came, _ = strings.Cut(rest, " → ")
	s.Verb, s.With, _ = strings.Cut(s.Verb, " ")
	return nil
}

// SourceLine is one line of a scenario file, without its end of line.
type SourceLine struct {
	Line int    `json:"line"`
	Text string `json:"text"`
}

// Header is one line of an HTTP header.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Exchange is one HTTP request and what came back.
type Exchange struct {
	At              time.Time     `json:"at,omitzero"` // when the request was sent, by the judge's clock (never virtual time)
	Step            string        `json:"step,omitempty"`
	Method          string        `json:"method"`
	URL             string        `json:"url"`
	RequestHeaders  []Header      `json:"request_headers,omitempty"`
	RequestBody     string        `json:"request_body,omitempty"`
	Status          int           `json:"status,omitempty"` // 0: no reply
	StatusText      string        `json:"status_text,omitempty"`
	ResponseHeaders []Header      `json:"response_headers,omitempty"`
	ResponseBody    string        `json:"response_body,omitempty"`
	Duration        time.Duration `json:"duration_ns"`
	Error           string        `json:"error,omitempty"` // why there was no (whole) reply
	Definite        bool          `json:"definite"`        // it is certain whether the request took effect
	Truncated       bool          `json:"truncated,omitempty"`
	OwnKey          bool          `json:"own_key,omitempty"`  // an endpoint of the contract was asked with the run's own key for it
	Injected        string        `json:"injected,omitempty"` // the scenario's own fault that was put on it: what it shows is not all the platform's doing
}

// ReplyHeader is the value of a header of the reply; "" when there is none of that name.
func (x Exchange) ReplyHeader(name string) string { return valueOf(x.ResponseHeaders, name) }

// RequestHeader is the same of the request.
func (x Exchange) RequestHeader(name string) string { return valueOf(x.RequestHeaders, name) }

func valueOf(headers []Header, name string) string {
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// SIPMessage is one SIP message, or another event of a call, between two parties. From and To name the parties:
// "client", "platform", "carrier", or any other name, which then has a column of its own in the ladder.
type SIPMessage struct {
	At      time.Time `json:"at,omitzero"` // by the same clock as Exchange.At
	From    string    `json:"from"`
	To      string    `json:"to"`
	Summary string    `json:"summary"`
	CallID  string    `json:"call_id,omitempty"`
}

// Verdict returns the status that counts. A result that says passed and carries failures has failed, and a status
// that is not one of ours is an error: a slip in the harness must not turn a run green.
func (r Result) Verdict() Status {
	switch {
	case r.Status == Passed && len(r.Failures) > 0:
		return Failed
	case !slices.Contains(Statuses(), r.Status):
		return Error
	}
	return r.Status
}

// Interrupted is the reason of a scenario that was stopped from outside.
const Interrupted = "interrupted"

// Stopped reports whether the scenario was stopped from outside: it is no more judged than one that was not begun.
func (r Result) Stopped() bool { return r.Verdict() == Error && r.Reason == Interrupted }

// FailsRun reports whether the result makes the run not conformant: it failed, and its level counts.
func (r Result) FailsRun(strict bool) bool {
	lenient := r.Level == Should || r.Level == May
	return r.Verdict() == Failed && (strict || !lenient)
}

// Headline says a failure in one line: what was looked at, wanted and got.
func (f Failure) Headline() string {
	var s string
	switch {
	case f.Kind == KindCheck && f.Got != "": // which is a sentence; what was wanted is the invariant
		s = f.Got
	case f.Want != "" && f.Got != "":
		s = "want " + f.Want + ", got " + f.Got
	case f.Got != "":
		s = f.Got
	case f.Want != "":
		s = "want " + f.Want
	default:
		s = cmp.Or(f.Because, f.Kind)
	}
	if f.Path == "" {
		return s
	}
	return f.Path + ": " + s
}
