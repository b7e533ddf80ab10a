package adk

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Test is a file of test_suite: a call, and what its functions are asserted to be called with. Only what is of use here is read;
// the platform runs it with a language model. Source: ADK, its page on tests.
type Test struct {
	File       string // below the root
	Channel    string // voice or webchat
	Variant    string // "": the default one
	Caller     string // "": withheld
	Headers    map[string]string
	Attributes json.RawMessage // nil: none
	Asserted   []Asserted
	Wrong      []Wrong
}

// Asserted is a function that a test asserts to be called, and those of its parameters that the test names.
type Asserted struct {
	Name       string
	Line       int
	Parameters []Named
}

// Named is a name, and the line where it stands.
type Named struct {
	Name string
	Line int
}

// Wrong is what the platform refuses in a test.
type Wrong struct {
	Line int
	Text string
}

// readTests reads the tests. What is wrong with one is a part of it.
func (p *Project) readTests() error {
	names, err := fs.Glob(os.DirFS(p.Root), "test_suite/*.yaml")
	if err != nil {
		return err // unreachable: the pattern is a constant
	}
	for _, name := range names {
		text, err := fs.ReadFile(os.DirFS(p.Root), name)
		if err != nil {
			return err
		}
		p.Tests = append(p.Tests, readTest(name, text))
	}
	return nil
}

func readTest(file string, text []byte) Test {
	t := Test{File: file}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Wrong = append(t.Wrong, Wrong{lineOf(err.Error()), err.Error()})
		return t
	}
	if len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		t.Wrong = append(t.Wrong, Wrong{1, "want a mapping"})
		return t
	}
	for key, value := range strictyaml.Pairs(root.Content[0]) {
		t.read(key.Value, value)
	}
	return t
}

// lineOf is the line that a message of the YAML parser names; 1 when it names none.
func lineOf(message string) (line int) {
	_, rest, _ := strings.Cut(message, "line ")
	if _, err := fmt.Sscanf(rest, "%d:", &line); err != nil {
		return 1
	}
	return line
}

func (t *Test) read(key string, value *yaml.Node) {
	wrong := func(n *yaml.Node, format string, args ...any) {
		t.Wrong = append(t.Wrong, Wrong{n.Line, fmt.Sprintf(format, args...)})
	}
	switch key {
	case "channel":
		t.Channel = value.Value
	case "variant":
		t.Variant = value.Value
	case "caller_number":
		if value.Tag != "!!str" && value.Tag != "!!null" {
			wrong(value, "caller_number: want it in quotes: YAML takes %s for a number, and drops its +", value.Value)
			return
		}
		if value.Tag == "!!str" {
			t.Caller = strings.TrimSpace(value.Value)
		}
	case "sip_headers":
		t.Headers = make(map[string]string)
		for name, header := range strictyaml.Pairs(value) {
			t.Headers[name.Value] = header.Value
		}
	case "integration_attributes":
		if at := dated(value); at != nil {
			wrong(at, "integration_attributes: want a date in quotes, got %s", at.Value)
			return
		}
		raw, problems := strictyaml.JSON(t.File, value)
		if len(problems) > 0 {
			wrong(value, "integration_attributes: %s", problems[0].Message)
			return
		}
		if value.Kind == yaml.MappingNode {
			t.Attributes = raw
		}
	case "function_call_assertions":
		for _, item := range value.Content {
			name := strictyaml.Lookup(item, "name")
			if name == nil {
				continue
			}
			a := Asserted{Name: name.Value, Line: name.Line}
			if list := strictyaml.Lookup(item, "arguments"); list != nil {
				for _, argument := range list.Content {
					if n := strictyaml.Lookup(argument, "parameter_name"); n != nil {
						a.Parameters = append(a.Parameters, Named{n.Value, n.Line})
					}
				}
			}
			t.Asserted = append(t.Asserted, a)
		}
	}
}

// dated is the first date below a node that is not in quotes; nil for none.
func dated(n *yaml.Node) *yaml.Node {
	if n.Tag == "!!timestamp" {
		return n
	}
	for _, inner := range n.Content {
		if at := dated(inner); at != nil {
			return at
		}
	}
	return nil
}

// Named are the modules of the functions that a test may mean by a name: a global one, and those of that name in flows.
func (p *Project) Named(function string) (modules []string) {
	for _, m := range p.Modules {
		if ok, _ := path.Match("flows/*/functions/"+function, strings.ReplaceAll(m, ".", "/")); ok || m == "functions."+function {
			modules = append(modules, m)
		}
	}
	return modules
}

// asserted are the modules of the functions that tests assert to be called: a conversation calls them.
func (p *Project) asserted() []string {
	modules := []string{}
	for _, t := range p.Tests {
		for _, a := range t.Asserted {
			modules = append(modules, p.Named(a.Name)...)
		}
	}
	slices.Sort(modules)
	return slices.Compact(modules)
}
