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

// exchangeResults are the fields of the result of one HTTP exchange.
func exchangeResults() []field {
	return []field{
		{name: "outcome", kind: kindWord, words: []string{"definite", "indefinite"}},
		{name: "status", kind: kindNumber},
		{name: headersField, kind: kindHeaders},
		{name: "body", kind: kindJSON},
	}
}

// sides are those who can end a call.
func sides() []string { return []string{"platform", "caller", "carrier"} }

func findField(verb Verb, name string) (field, bool) {
	for _, f := range define(verb).results {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// scalar reports whether a field is one without fields of its own.
func (f field) scalar() bool { return f.kind != kindJSON && f.kind != kindHeaders }
