package independent

import (
	"encoding/json"
	"slices"
	"time"
)

// record is what one conversation left behind.
type record struct {
	id       string
	sharedID string
	data     json.RawMessage
	visible  time.Time
	forgets  time.Time // zero: never
	reads    int
}

// states is what Get Handoff reads, by project. It is used in the loop alone.
type states struct {
	*numbering
	filed map[*project]*projectRecords
}

// projectRecords is one project's records; of those with one shared_id the latest is the last.
type projectRecords struct {
	byID       map[string]*record
	bySharedID map[string][]*record
}

func newStates(n *numbering) *states {
	return &states{numbering: n, filed: make(map[*project]*projectRecords)}
}

// file keeps what a call's agent left, to be read after a while.
func (s *states) file(a *arrival) {
	r := &record{id: a.id, data: s.echo(a), visible: time.Now().Add(s.options.Visible)}
	if a.given != nil && !a.given.forgetsSharedID {
		r.sharedID = a.given.sharedID
	}
	if s.nth("F49", 4) {
		r.visible = r.visible.Add(700 * time.Millisecond)
	}
	if s.broken["F54"] {
		r.forgets = r.visible.Add(60 * time.Millisecond)
	}
	h := s.of(a.project)
	h.byID[r.id] = r
	if r.sharedID != "" {
		h.bySharedID[r.sharedID] = append(h.bySharedID[r.sharedID], r)
	}
}

func (s *states) of(p *project) *projectRecords {
	if s.filed[p] == nil {
		s.filed[p] = &projectRecords{byID: make(map[string]*record), bySharedID: make(map[string][]*record)}
	}
	return s.filed[p]
}

// read finds the state of a project's call: by the shared_id when one is given, else by the id. It is nil when none can be read.
func (s *states) read(p *project, id, sharedID string) (found *record) {
	s.loop.do(func() {
		h, now := s.of(p), time.Now()
		shown := func(r *record) bool {
			return r != nil && !now.Before(r.visible) && (r.forgets.IsZero() || now.Before(r.forgets))
		}
		named := []*record{h.byID[id]}
		if sharedID != "" && !(s.broken["F55"] && id != "") {
			named = slices.Clone(h.bySharedID[sharedID])
		}
		named = slices.DeleteFunc(named, func(r *record) bool { return !shown(r) })
		if len(named) == 0 {
			return
		}
		found = named[len(named)-1]
		if s.broken["F51"] {
			found = named[0]
		}
		found.reads++
		if s.broken["F53"] && found.reads%2 == 0 {
			found = nil
		}
	})
	return found
}

// echo is what the agent leaves in its state: what it was told, and where and when.
func (s *states) echo(a *arrival) json.RawMessage {
	e := struct {
		To         json.RawMessage `json:"handoff_to"`
		Reason     json.RawMessage `json:"handoff_reason"`
		Nonce      json.RawMessage `json:"echo_nonce"`
		Attributes json.RawMessage `json:"echo_attributes"`
		DNIS       string          `json:"echo_dnis"`
		ANI        *string         `json:"echo_ani"`
		Project    string          `json:"echo_project"`
		ArrivedAt  string          `json:"echo_arrived_at"`
	}{DNIS: "+" + digits(a.dnis), Project: a.project.Name, ArrivedAt: a.at.UTC().Format("2006-01-02T15:04:05.000000Z")}
	if a.ani != "" {
		e.ANI = &a.ani
	}
	if a.given == nil {
		e.To = json.RawMessage(`"DEFAULT_QUEUE"`)
	} else {
		e.To, e.Reason, e.Nonce, e.Attributes = a.given.handoffTo, a.given.handoffReason, a.given.nonce, a.given.raw
	}
	data, _ := json.Marshal(e) // raw members are JSON already
	return data
}
