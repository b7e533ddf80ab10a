package sim

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// EnvPrefix begins the name of every environment variable that is read: pool.window is DNISPOOL_POOL_WINDOW.
const EnvPrefix = "DNISPOOL_"

// Sources is where a configuration comes from. What comes later wins: defaults, file, environment, flags.
type Sources struct {
	File string   // a YAML file; empty: none
	Env  []string // NAME=value, as os.Environ gives them; names without EnvPrefix are passed over
	Set  []string // path=value, as in pool.window=60s
}

// Load reads the sources. The error lists every problem with its place.
func Load(s Sources) (Config, error) {
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}
	file := "defaults"
	if s.File != "" {
		data, err := os.ReadFile(s.File)
		if err != nil {
			var pathErr *fs.PathError
			if errors.As(err, &pathErr) {
				err = pathErr.Err
			}
			return Config{}, fmt.Errorf("%s: %w", s.File, err)
		}
		parsed, problems := strictyaml.Parse(s.File, data)
		if len(problems) > 0 {
			return Config{}, problems.Err()
		}
		if _, problems := Decode(s.File, parsed); len(problems) > 0 {
			return Config{}, problems.Err()
		}
		root, file = parsed, s.File
	}
	overrides, err := s.overrides()
	if err != nil {
		return Config{}, err
	}
	for _, o := range overrides {
		if err := o.onto(root); err != nil {
			return Config{}, err
		}
	}
	c, problems := Decode(file, root)
	return c, problems.Err()
}

// override is one setting from outside the file.
type override struct{ source, path, value string }

func (s Sources) overrides() ([]override, error) {
	paths := Paths()
	names := make(map[string]string, len(paths))
	for _, p := range paths {
		names[envName(p)] = p
	}
	var out []override
	var errs []error
	for _, e := range s.Env {
		name, value, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, EnvPrefix) {
			continue
		}
		path, ok := names[name]
		if !ok {
			errs = append(errs, unknown(name, "environment variable", slices.Sorted(maps.Keys(names))))
			continue
		}
		out = append(out, override{name, path, value})
	}
	for _, e := range s.Set {
		path, value, found := strings.Cut(e, "=")
		switch {
		case !found:
			errs = append(errs, fmt.Errorf("--set %s: want path=value, as in pool.window=60s", e))
		case !slices.Contains(paths, path):
			errs = append(errs, unknown(path, "setting", paths))
		default:
			out = append(out, override{"--set " + path, path, value})
		}
	}
	return out, errors.Join(errs...)
}

func unknown(name, noun string, known []string) error {
	if hint := strictyaml.Suggest(name, known); hint != "" {
		return fmt.Errorf("%s: no such %s (did you mean %q?)", name, noun, hint)
	}
	return fmt.Errorf("%s: no such %s", name, noun)
}

func envName(path string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// onto writes the override into a document, after trying it alone, so that a problem names its source.
func (o override) onto(root *yaml.Node) error {
	value, err := o.node()
	if err != nil {
		return err
	}
	alone := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}
	put(alone, strings.Split(o.path, "."), value)
	if _, problems := Decode(o.source, alone); len(problems) > 0 {
		return fmt.Errorf("%s: %s", o.source, problems[0].Message)
	}
	put(root, strings.Split(o.path, "."), value)
	return nil
}

// node reads the value as YAML. A text that would be a number gets its quotes by itself: there is no shell-proof way
// to write them.
func (o override) node() (*yaml.Node, error) {
	if strings.HasPrefix(o.value, "+") {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: o.value, Line: 1, Column: 1}, nil
	}
	root, problems := strictyaml.Parse(o.source, []byte("value: "+o.value))
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s: want a value, got %q", o.source, o.value)
	}
	return strictyaml.Lookup(root, "value"), nil
}

// put sets the value at path, making the mappings on the way.
func put(n *yaml.Node, path []string, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != path[0] {
			continue
		}
		if len(path) == 1 || n.Content[i+1].Kind != yaml.MappingNode {
			n.Content[i+1] = nest(path[1:], value)
			return
		}
		put(n.Content[i+1], path[1:], value)
		return
	}
	key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: path[0], Line: value.Line, Column: value.Column}
	n.Content = append(n.Content, key, nest(path[1:], value))
}

func nest(path []string, value *yaml.Node) *yaml.Node {
	if len(path) == 0 {
		return value
	}
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: value.Line, Column: value.Column}
	put(n, path, value)
	return n
}

// Paths returns the path of every setting that is one value, sorted. Those of projects are in the file only.
func Paths() []string {
	var out []string
	collect(reflect.TypeFor[Config](), "", &out)
	slices.Sort(out)
	return out
}

func collect(t reflect.Type, at string, out *[]string) {
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case tag == "" || tag == "projects" || tag == "agent":
		case f.Type.Kind() == reflect.Struct && f.Type.NumField() > 0 && f.Type.Field(0).Tag.Get("yaml") != "":
			collect(f.Type, at+tag+".", out)
		default:
			*out = append(*out, at+tag)
		}
	}
}
