package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// YAML writes the configuration as a file that Parse reads as the same one. Without secrets the keys, the token and the
// secrets of agents are masked, and the file says so.
func (c Config) YAML(secrets bool) ([]byte, error) {
	if !secrets {
		c = c.masked()
	}
	root, err := document(reflect.ValueOf(c))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if !secrets {
		b.WriteString("# Keys and secrets are masked: with them this file starts the same simulator.\n")
	}
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

// JSON writes the configuration, secrets included, as JSON that Parse reads as the same one. Keys that a project has when
// nobody gives it any are left out: they are no secrets, and whoever masks the others leaves a file that still starts the
// same simulator.
func (c Config) JSON() (json.RawMessage, error) {
	root, err := document(reflect.ValueOf(c))
	if err != nil {
		return nil, err
	}
	projects := root.Content[len(root.Content)-1]
	for i, p := range c.Projects {
		given := c.project(i)
		item := projects.Content[i]
		for at := len(item.Content) - 2; at >= 0; at -= 2 {
			name := item.Content[at].Value
			if name == "dni_key" && p.DNIKey == given.DNIKey || name == "handoff_key" && p.HandoffKey == given.HandoffKey {
				item.Content = slices.Delete(item.Content, at, at+2)
			}
		}
	}
	raw, problems := strictyaml.JSON("", root)
	return raw, problems.Err()
}

// document writes a configuration; of each project only what the shared sections do not say.
func document(c reflect.Value) (*yaml.Node, error) {
	root, err := mapping(c, func(name string) bool { return name == "projects" })
	if err != nil {
		return nil, err
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for i := range c.FieldByName("Projects").Len() {
		project := c.FieldByName("Projects").Index(i)
		item, err := mapping(project, func(name string) bool {
			return name == "pool" || name == "conversation" || name == "handoff" || name == "agent"
		})
		if err != nil {
			return nil, err
		}
		for _, section := range []string{"Pool", "Conversation", "Handoff", "Agent"} {
			if err := differing(item, strings.ToLower(section), c.FieldByName(section), project.FieldByName(section)); err != nil {
				return nil, err
			}
		}
		list.Content = append(list.Content, item)
	}
	add(root, "projects", list)
	return root, nil
}

// differing adds to a project what differs in a section from the shared one.
func differing(item *yaml.Node, name string, shared, own reflect.Value) error {
	if reflect.DeepEqual(shared.Interface(), own.Interface()) {
		return nil
	}
	if own.Type() == reflect.TypeFor[yaml.Node]() {
		n := own.Interface().(yaml.Node)
		add(item, name, &n)
		return nil
	}
	section, err := mapping(own, func(string) bool { return false })
	if err != nil {
		return err
	}
	same, err := mapping(shared, func(string) bool { return false })
	if err != nil {
		return err
	}
	rest := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for key, value := range strictyaml.Pairs(section) {
		if !reflect.DeepEqual(value, strictyaml.Lookup(same, key.Value)) { // which has no value where it says nothing
			rest.Content = append(rest.Content, key, value)
		}
	}
	if len(rest.Content) > 0 {
		add(item, name, rest)
	}
	return nil
}

func add(n *yaml.Node, name string, value *yaml.Node) {
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}, value)
}

// mapping writes the settings of a struct, those of an embedded one as if they were its own, as strictyaml reads them.
func mapping(v reflect.Value, leave func(name string) bool) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" || name == "-" || leave(name) {
			continue
		}
		value, err := setting(v.FieldByIndex(f.Index))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if value != nil {
			add(n, name, value)
		}
	}
	return n, nil
}

// setting writes one value; nil when there is none.
func setting(v reflect.Value) (*yaml.Node, error) {
	switch value := v.Interface().(type) {
	case yaml.Node:
		if value.IsZero() {
			return nil, nil
		}
		return &value, nil
	case time.Duration:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value.String()}, nil
	case yaml.Marshaler:
		n := new(yaml.Node)
		return n, n.Encode(value)
	}
	if v.Kind() == reflect.Map && v.IsNil() {
		return nil, nil
	}
	if v.Kind() == reflect.Struct {
		return mapping(v, func(string) bool { return false })
	}
	n := new(yaml.Node)
	return n, n.Encode(v.Interface())
}
