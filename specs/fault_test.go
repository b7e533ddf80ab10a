package specs_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/dnispool/dnispool/fakes/fault"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
)

// TestScenarioSchemaHasEveryFault, with every word that it can be, so that editors complete them.
func TestScenarioSchemaHasEveryFault(t *testing.T) {
	value := func(typ reflect.Type) bool {
		return slices.Contains([]reflect.Type{reflect.TypeFor[wire.Delay](), reflect.TypeFor[pstn.Chance]()}, typ)
	}
	defs := func(name string) node {
		n := load(t, "scenario")
		return node{n.root, n.root["$defs"].(map[string]any)[name].(map[string]any)}
	}
	for name, typ := range map[string]reflect.Type{
		"httpFault": reflect.TypeFor[wire.Fault](), "carrier": reflect.TypeFor[pstn.Behaviour](), "callFault": reflect.TypeFor[fault.Call](),
		"agentFault": reflect.TypeFor[fault.Agent](), "handoffFault": reflect.TypeFor[fault.Handoff](),
	} {
		sameNames(t, name, "yaml", defs(name), typ, value)
	}
	var formats []any
	for _, f := range pstn.Formats() {
		formats = append(formats, string(f))
	}
	for name, c := range map[string]struct {
		schema node
		known  []any
		read   func(text []byte) error
	}{
		"format":       {defs("numberFormat"), formats, func(b []byte) error { return new(pstn.Format).UnmarshalText(b) }},
		"preset":       {defs("faultReply").properties()["preset"], nil, func(b []byte) error { return new(wire.Preset).UnmarshalText(b) }},
		"drop_request": {defs("httpFault").properties()["drop_request"], nil, func(b []byte) error { return new(wire.DropRequest).UnmarshalText(b) }},
		"drop_reply":   {defs("httpFault").properties()["drop_reply"], nil, func(b []byte) error { return new(wire.DropReply).UnmarshalText(b) }},
	} {
		words := c.schema.list("enum")
		for _, word := range words {
			if err := c.read([]byte(fmt.Sprint(word))); err != nil {
				t.Errorf("%s: want words that are read, got %v", name, err)
			}
		}
		for _, word := range c.known {
			if !slices.Contains(words, word) {
				t.Errorf("%s: want %v in the schema, got none", name, word)
			}
		}
		if len(words) == 0 {
			t.Errorf("%s: want words, got none", name)
		}
	}
}
