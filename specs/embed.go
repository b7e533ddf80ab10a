// Package specs holds the contract documents: OpenAPI of both endpoints as published, the strict overlay that
// says what is demanded on top, and the JSON Schemas of every file this module
// reads or writes. It is data with accessors. What a document means is judged elsewhere: conformance/contract
// validates HTTP exchanges against these, conformance/check judges histories.
package specs

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.yaml *.schema.json
var files embed.FS

// schemaSuffix ends the name of every JSON Schema file.
const schemaSuffix = ".schema.json"

// A Document names one of the two contract documents.
type Document string

// The contract documents, in the order of the call flow.
const (
	DNI     Document = "dni"     // POST /v1/conversations/dni-reservation
	Handoff Document = "handoff" // GET /v1/{account_id}/{project_id}/handoff_state
)

// Documents lists the contract documents in the order of the call flow.
func Documents() []Document { return []Document{DNI, Handoff} }

// OpenAPI returns the OpenAPI 3.0 text of d in YAML. The error says which documents there are.
func (d Document) OpenAPI() ([]byte, error) {
	if !slices.Contains(Documents(), d) {
		return nil, fmt.Errorf("document: want one of %v, got %q", Documents(), string(d))
	}
	return files.ReadFile(string(d) + ".openapi.yaml")
}

// Control returns the OpenAPI 3.0 text of the simulator's own API, which is no part of the contract, in YAML.
func Control() ([]byte, error) { return files.ReadFile("control.openapi.yaml") }

// Schema returns the JSON Schema of one kind of file, such as "config" or "report".
// The error says which there are.
func Schema(name string) ([]byte, error) {
	if !slices.Contains(Schemas(), name) {
		return nil, fmt.Errorf("schema: want one of %v, got %q", Schemas(), name)
	}
	return files.ReadFile(name + schemaSuffix)
}

// Schemas lists the names that Schema takes, sorted.
func Schemas() []string {
	found, err := fs.Glob(files, "*"+schemaSuffix)
	if err != nil {
		return nil // unreachable: the pattern is a constant
	}
	for i, name := range found {
		found[i] = strings.TrimSuffix(name, schemaSuffix)
	}
	return found
}
