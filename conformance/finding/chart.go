package finding

import (
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// Chart is what a violation is about, over time: the numbers, and on each the reservations and calls around it. It is
// data; package report draws it. Times count from the history's base.
type Chart struct {
	From     time.Duration `json:"from_ns"` // of the time shown
	To       time.Duration `json:"to_ns"`
	Requests []ChartRow    `json:"requests,omitempty"` // requests that were given no number
	Numbers  []ChartNumber `json:"numbers,omitempty"`
}

// ChartNumber is one number.
type ChartNumber struct {
	Number string     `json:"number"`
	Rows   []ChartRow `json:"rows"`           // by start
	More   int        `json:"more,omitempty"` // rows that are left out
}

// ChartRow is one operation.
type ChartRow struct {
	Op     history.Op `json:"operation"`
	Proves bool       `json:"proves,omitempty"` // it is among those that prove the violation
	Bars   []Bar      `json:"bars,omitempty"`   // where two overlap, the later one in the list is the one to show
	Says   string     `json:"says"`             // what is known of the operation, in a few words
}

// Bar is a state that lasts for a time.
type Bar struct {
	From  time.Duration `json:"from_ns"`
	To    time.Duration `json:"to_ns"`
	State BarState      `json:"state"`
}

// BarState is what a reservation or a call is in for a time.
type BarState string

// The states.
const (
	MayBeMade BarState = "may-be-made" // a reservation between request and reply
	Held      BarState = "held"        // its number was certainly held
	MayBeHeld BarState = "may-be-held" // its number may have been held
	OnItsWay  BarState = "on-its-way"  // a call between dialling and answer
	InCall    BarState = "in-a-call"   // a call that is up
	Refusal   BarState = "without-dni" // a request that was given no number
)
