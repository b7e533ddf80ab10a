package history

import (
	"fmt"
	"net/http"
)

// ByStatus is what the HTTP status of a reply to a reservation, or to the question for a handoff state, says of its
// outcome. The contract answers both with 404 when there is nothing to give. A gateway that had no reply in time, or a
// bad one, does not know what became of the request.
func ByStatus(status int) Outcome {
	switch status {
	case http.StatusOK:
		return OK
	case http.StatusNotFound:
		return Refused
	case http.StatusRequestTimeout, http.StatusBadGateway, http.StatusGatewayTimeout:
		return Indefinite
	}
	return Rejected
}

// OfAltered is the outcome of a reservation whose reply is not the platform's: nothing has changed where the request did not
// reach it, and nobody knows what has where it did.
func OfAltered(reached bool) Outcome {
	if reached {
		return Indefinite
	}
	return Rejected
}

// settle decides between refused and rejected by the status, where there is one: recorders confuse them, and the status
// is what was seen. An outcome that the status contradicts is an error. Who recorded that nobody knows has the last word,
// and so has the carrier, which refuses calls with any status.
func settle(o *Op) error {
	if o.Status == 0 || o.Outcome == Indefinite || o.Outcome == Open || o.Kind == Restart {
		return nil
	}
	if success := o.Status < 300; success != (o.Outcome == OK) {
		return fmt.Errorf("outcome: want one that goes with status %d, got %q", o.Status, o.Outcome)
	}
	if o.Outcome != OK && o.Kind != Call {
		o.Outcome = ByStatus(o.Status)
	}
	return nil
}
