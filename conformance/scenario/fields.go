package scenario

// The names that mean something wherever they stand.
const (
	headersField    = "headers"
	indefiniteField = "indefinite"
	countField      = "count"
	distinctField   = "distinct"
)

// kind is what a field of a result can be.
type kind int

const (
	kindText    kind = iota // any string
	kindWord                // one of field.words
	kindNumber              //
	kindBool                //
	kindJSON                // a body: any JSON value, or a string when it is not JSON
	kindHeaders             // a mapping from lower-case name to text
)

// field is one field of a verb's result, usable in expect and in references.
type field struct {
	name  string
	kind  kind
	words []string
}

// Fields lists the names of the result fields of a verb: what a player sets. It is empty
// for a verb without a result.
func Fields(verb Verb) []string {
	var names []string
	for _, f := range fieldsOf(verb) {
		names = append(names, f.name)
	}
	return names
}

func fieldsOf(verb Verb) []field {
	side := []string{"platform", "caller", "carrier"}
	switch verb {
	case VerbReserve, VerbHandoff, VerbRequest:
		return []field{
			{name: "outcome", kind: kindWord, words: []string{"definite", "indefinite"}},
			{name: "status", kind: kindNumber},
			{name: headersField, kind: kindHeaders},
			{name: "body", kind: kindJSON},
		}
	case VerbDial:
		return []field{
			{name: "id"}, // the Call-ID, which is the conversation id
			{name: "status", kind: kindNumber},
			{name: "answered", kind: kindBool},
			{name: "reason"},
			{name: "ended_by", kind: kindWord, words: side}, // so far
		}
	case VerbHangup:
		return []field{{name: "status", kind: kindNumber}}
	case VerbAwait:
		return []field{
			{name: "ended_by", kind: kindWord, words: side},
			{name: "how", kind: kindWord, words: []string{"bye", "cancel", "reject", "timeout", "error"}},
			{name: "cause"}, // text of the Reason header, else of the status line
			{name: headersField, kind: kindHeaders},
		}
	case VerbJourney:
		return []field{
			{name: "outcome", kind: kindWord, words: []string{"transferred", "completed", "fallback", "failed"}},
			{name: "queue"},
			{name: "destination"},
			{name: "reason"},
			{name: "dialled", kind: kindBool},
			{name: "reserve_attempts", kind: kindNumber},
			{name: "polls", kind: kindNumber},
			{name: "fail_open", kind: kindBool}, // the record never appeared, and the caller was let go
			{name: "id"},                        // of the conversation
		}
	}
	return nil
}

func findField(verb Verb, name string) (field, bool) {
	for _, f := range fieldsOf(verb) {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// scalar tells a field without fields of its own.
func (f field) scalar() bool { return f.kind != kindJSON && f.kind != kindHeaders }
