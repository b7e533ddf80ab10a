package replay

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
)

func (cl *client) beginReserve(st *scenario.Step, project targets.Project) *history.Op {
	return cl.history.Begin(history.Op{
		Client: cl.name, Step: st.Label(), Kind: history.Reserve, Project: project.Name, Start: cl.now(), Outcome: history.Indefinite,
	})
}

// sawReserve fills in what a POST sent and brought. A reply that was made or lost on this side is none of the platform's.
func (cl *client) sawReserve(o *history.Op, x *exchange) {
	o.Attributes = attributesOf(x.reqBody)
	id := identityOfAttributes(o.Attributes)
	o.Nonce, o.SharedID = text(id.Nonce), text(id.SharedID)
	o.End, o.Status = cl.now(), x.Status
	if !x.sent.IsZero() {
		o.Sent = cl.since(x.sent)
	}
	switch {
	case x.altered():
		o.Outcome, o.Status = history.OfAltered(x.injected.Reached), 0
	case x.err != nil && !x.Definite:
		o.Outcome = history.Indefinite
	case x.err != nil:
		o.Outcome = history.Rejected
	default:
		if o.Outcome = history.ByStatus(x.Status); o.Outcome == history.OK {
			o.Number = dniOf(x)
		}
	}
}

func (cl *client) beginHandoff(st *scenario.Step, project targets.Project, sharedID, id string) *history.Op {
	return cl.history.Begin(history.Op{
		Client: cl.name, Step: st.Label(), Kind: history.Handoff, Project: project.Name, AskedID: id, AskedSharedID: sharedID,
		Start: cl.now(), Outcome: history.Indefinite,
	})
}

// sawHandoff fills in what a GET brought.
func (cl *client) sawHandoff(o *history.Op, x *exchange) {
	o.End, o.Status = cl.now(), x.Status
	if o.Outcome = history.ByStatus(x.Status); x.err != nil {
		o.Outcome = history.Indefinite
	}
	if x.altered() {
		o.Outcome, o.Status = history.Indefinite, 0
	}
	if o.Outcome == history.OK {
		var state struct {
			ID       string          `json:"id"`
			SharedID string          `json:"shared_id"`
			Data     json.RawMessage `json:"data"`
		}
		if json.Unmarshal(x.body, &state) == nil { // the contract check speaks of bodies that are not what they should be
			o.GotID, o.GotSharedID, o.Data = state.ID, state.SharedID, state.Data
		}
	}
}

// ambiguous takes back what a 404 says, for it may be about the key or the account: a reader of the history would take the
// status for the pool's own word.
func ambiguous(o *history.Op) {
	if o.Outcome == history.Refused {
		o.Outcome, o.Status = history.Rejected, 0
	}
}

// remember sends a request that no reserve or handoff step made, and keeps it in the history when it does what they do.
func (cl *client) remember(st *scenario.Step, project targets.Project, r *http.Request, onPurpose bool) (*exchange, *http.Response) {
	var op *history.Op
	saw := cl.sawReserve
	switch key := targets.Key(r); {
	case r.Method == http.MethodPost && r.URL.Path == reservePath && key == project.DNIKey:
		op = cl.beginReserve(st, project)
	case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/handoff_state") && key == project.HandoffKey:
		query := r.URL.Query()
		op, saw = cl.beginHandoff(st, project, query.Get("shared_id"), query.Get("id")), cl.sawHandoff
	}
	x, res := cl.send(st.Label(), r, onPurpose)
	if op != nil {
		cl.history.Update(op, func(o *history.Op) { saw(o, x) })
	}
	return x, res
}

// identity is what the history keeps of attributes.
type identity struct {
	Nonce    any `json:"nonce"`
	SharedID any `json:"shared_id"`
}

// identityOf reads the attributes of a request; a body that is no reservation has no identity.
func identityOf(body []byte) identity { return identityOfAttributes(attributesOf(body)) }

func attributesOf(body []byte) json.RawMessage {
	var whole struct {
		Attributes json.RawMessage `json:"attributes"`
	}
	_ = json.Unmarshal(body, &whole) // a body that is no reservation has none
	return whole.Attributes
}

func identityOfAttributes(attributes []byte) (id identity) {
	_ = decodeNumbers(attributes, &id) // attributes need not be an object
	return id
}

func decodeNumbers(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into)
}

// text is a nonce or shared_id as the Handoff API spells it, "" when it is neither text nor a number.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
