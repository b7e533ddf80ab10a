package record

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/dnispool/dnispool/conformance/history"
)

// saw says what a whole reply means. What is no JSON object came from something that stands between, whatever its
// status: it does not say that the pool is exhausted or that there is no state.
func (x *exchange) saw(body []byte) {
	o := &x.op
	var object map[string]json.RawMessage
	platform := json.Unmarshal(body, &object) == nil && object != nil
	switch {
	case o.Status >= 500:
		o.Outcome = history.Indefinite // it may have come after the number was taken
	case o.Status == http.StatusOK && !platform:
		o.Outcome = history.Indefinite
	case o.Status == http.StatusOK && o.Kind == history.Reserve:
		o.Outcome, o.Number = history.OK, x.cleanText(text(object["dni"]))
	case o.Status == http.StatusOK:
		o.Outcome, o.GotID, o.GotSharedID = history.OK, x.cleanText(text(object["id"])), x.cleanText(text(object["shared_id"]))
		if data := object["data"]; len(data) > 0 && string(data) != "null" {
			o.Data = x.clean(data)
		}
	case o.Status == http.StatusNotFound && platform:
		o.Outcome = history.Refused
	case o.Status == http.StatusNotFound: // a gateway's page: a reader would take the status for the pool's own word
		o.Outcome, o.Status = history.Rejected, 0
	default:
		o.Outcome = history.Rejected
	}
}

// leastKey is the length in bytes from which on a key is taken for a secret. What is shorter is found in other words too.
const leastKey = 8

// clean takes the request's key out of what is written, where a client or the platform repeats it.
func (x *exchange) clean(raw json.RawMessage) json.RawMessage {
	if len(x.key) < leastKey || len(raw) == 0 {
		return raw
	}
	quoted, _ := json.Marshal(x.key) // a string always can
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, quoted[1:len(quoted)-1], []byte("***")), []byte(x.key), []byte("***"))
}

func (x *exchange) cleanText(s string) string {
	if len(x.key) < leastKey {
		return s
	}
	return strings.ReplaceAll(s, x.key, "***")
}

// text is a JSON string, or a number as it is written; "" is neither.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}
