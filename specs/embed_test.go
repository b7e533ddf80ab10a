package specs_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/specs"
)

// The documents are valid OpenAPI, their examples match, and every line of the overlay finds its place.
// What each line demands is tested where it is enforced.
func TestDocumentsAreValid(t *testing.T) {
	if _, err := contract.New(); err != nil {
		t.Error(err)
	}
}

func TestDocument(t *testing.T) {
	for _, d := range specs.Documents() {
		text, err := d.OpenAPI()
		if err != nil || !strings.Contains(string(text), "openapi: 3.0.3\n") {
			t.Errorf("%s: want an OpenAPI 3.0.3 document, got %d bytes, %v", d, len(text), err)
		}
	}
	const want = `document: want one of [dni handoff], got "sip"`
	if _, err := specs.Document("sip").OpenAPI(); err == nil || err.Error() != want {
		t.Errorf("want %q, got %v", want, err)
	}
}

func TestSchema(t *testing.T) {
	for _, name := range specs.Schemas() {
		text, err := specs.Schema(name)
		if err != nil || !json.Valid(text) {
			t.Errorf("%s: want JSON, got %d bytes, %v", name, len(text), err)
		}
	}
	for _, name := range []string{"config", "report"} {
		if !slices.Contains(specs.Schemas(), name) {
			t.Errorf("schemas: want %s among them, got %v", name, specs.Schemas())
		}
	}
	_, err := specs.Schema("verdict")
	if err == nil || !strings.HasSuffix(err.Error(), `got "verdict"`) {
		t.Errorf("want what there is, got %v", err)
	}
}

// What lies in the directory is in the binary, Go files apart.
