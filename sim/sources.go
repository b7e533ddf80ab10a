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

// ControlEnv says where the programs find a simulator that ask one; the simulator itself passes it over.
const ControlEnv = EnvPrefix + "CONTROL"

// SessionEnv says which session of the control API the programs show that change a simulator; the simulator itself passes it
// over.
const SessionEnv = EnvPrefix + "SESSION"

// RehearseEnv begins the names of the variables that stand for the flags of a rehearsal; the simulator passes them over.
const RehearseEnv = EnvPrefix + "REHEARSE_"

// Sources is where a configuration comes from. What comes later wins: defaults, file, environment, flags.
type Sources struct {
	File string   // a YAML file; empty: none
	Text []byte   // what File holds; nil: it is read
	Env  []string // NAME=value, as os.Environ gives them; names without EnvPrefix are passed over
	Set  []string // path=value, as in pool.window=60s

	Brought Brought // what agents bring; nil: nothing
}

// Load reads the sources. The error lists every problem with its place.
func Load(s Sources) (Config, error) {
	root, err := s.read()
	if err != nil {
		return Config{}, err
	}
	overrides, err := s.overrides()
	errs := []error{err}
	for _, o := range overrides {
		errs = append(errs, o.onto(root))
	}
	if err := errors.Join(errs...); err != nil {
		return Config{}, err
	}
	c, problems := Decode(s.File, root, s.Brought)
	return c, blame(overrides, problems)
}

// read returns the document of the file, which is valid by itself; an empty one when there is no file.
func (s Sources) read() (*yaml.Node, error) {
	if s.File == "" {
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}, nil
	}
	data, err := s.text()
	if err != nil {
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err
		}
		return nil, fmt.Errorf("%s: %w", s.File, err)
	}
	root, problems := strictyaml.Parse(s.File, data)
	if len(problems) == 0 {
		_, problems = Decode(s.File, root, s.Brought)
	}
	return root, problems.Err()
}

func (s Sources) text() ([]byte, error) {
	if s.Text != nil {
		return s.Text, nil
	}
	return os.ReadFile(s.File)
}

// override is one setting from outside the file.
type override struct {
	source, path string
	kind         reflect.Type
	value        string
}

func (s Sources) overrides() ([]override, error) {
	kinds := settings()
	paths := Paths()
	names := make(map[string]string, len(paths))
	for _, p := range paths {
		names[envName(p)] = p
	}
	var out []override
	var errs []error
	for _, e := range s.Env {
		name, value, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, EnvPrefix) || name == ControlEnv || name == SessionEnv || strings.HasPrefix(name, RehearseEnv) {
			continue
		}
		path, ok := names[name]
		if !ok && OfService(name, value) {
			continue
		}
		if !ok {
			errs = append(errs, unknown(name, name, "environment variable", slices.Sorted(maps.Keys(names))))
			continue
		}
		out = append(out, override{name, path, kinds[path], value})
	}
	for _, e := range s.Set {
		path, value, found := strings.Cut(e, "=")
		switch {
		case !found:
			errs = append(errs, fmt.Errorf("--set %s: want path=value, as in pool.window=60s", e))
		case kinds[path] == nil:
			errs = append(errs, unknown("--set "+path, path, "setting", paths))
		default:
			out = append(out, override{"--set " + path, path, kinds[path], value})
		}
	}
	return out, errors.Join(errs...)
}

func unknown(source, name, noun string, known []string) error {
	if hint := strictyaml.Suggest(name, known); hint != "" {
		return fmt.Errorf("%s: no such %s (did you mean %q?)", source, noun, hint)
	}
	return fmt.Errorf("%s: no such %s", source, noun)
}

func envName(path string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// onto writes the override into a document, after reading it alone, so that a problem names its source.
func (o override) onto(root *yaml.Node) error {
	value, err := o.node()
	if err != nil {
		return err
	}
	alone := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}
	put(alone, strings.Split(o.path, "."), value)
	_, problems := decode(o.source, alone, nil)
	for _, p := range problems {
		err = errors.Join(err, o.wrong(p))
	}
	put(root, strings.Split(o.path, "."), value)
	return err
}

// wrong puts the source before a problem, in place of the key that the source names already.
func (o override) wrong(p strictyaml.Problem) error {
	says := strings.TrimPrefix(p.Message, o.path+": ")
	says = strings.TrimPrefix(says, o.path[strings.LastIndex(o.path, ".")+1:]+": ")
	if p.Hint != "" {
		says += fmt.Sprintf(" (did you mean %q?)", p.Hint)
	}
	return fmt.Errorf("%s: %s", o.source, says)
}

// blame names the sources of problems that the whole has although each of its parts is right.
func blame(overrides []override, problems strictyaml.Problems) error {
	if len(overrides) == 0 {
		return problems.Err()
	}
	var errs []error
	for _, p := range problems {
		path, _, _ := strings.Cut(p.Message, ":")
		nearest := overrides[0]
		for _, o := range overrides {
			if inCommon(o.path, path) >= inCommon(nearest.path, path) { // the later one won
				nearest = o
			}
		}
		errs = append(errs, nearest.wrong(p))
	}
	return errors.Join(errs...)
}

// inCommon is how many steps two paths share.
func inCommon(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	n := 0
	for n < min(len(as), len(bs)) && as[n] == bs[n] {
		n++
	}
	return n
}

// node reads the value as YAML; but text, and phone numbers, which YAML takes for integers, need no quotes: there is
// no shell-proof way to write them.
func (o override) node() (*yaml.Node, error) {
	if o.kind.Kind() == reflect.String {
		return text(o.value), nil
	}
	if strings.HasPrefix(o.value, "+") {
		list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: 1, Column: 1}
		for item := range strings.SplitSeq(o.value, ",") {
			list.Content = append(list.Content, text(strings.TrimSpace(item)))
		}
		return list, nil
	}
	root, problems := strictyaml.Parse(o.source, []byte("value: "+o.value))
	if len(problems) > 0 || len(root.Content) != 2 {
		return nil, fmt.Errorf("%s: want a value, got %q", o.source, o.value)
	}
	return strictyaml.Lookup(root, "value"), nil
}

func text(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s, Line: 1, Column: 1}
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
func Paths() []string { return slices.Sorted(maps.Keys(settings())) }

// settings are the types of all settings by their paths.
func settings() map[string]reflect.Type {
	out := make(map[string]reflect.Type)
	collect(reflect.TypeFor[Config](), "", out)
	return out
}

func collect(t reflect.Type, at string, out map[string]reflect.Type) {
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case tag == "" || tag == "projects" || tag == "agent" || tag == "carrier" || tag == "faults":
		case f.Type.Kind() == reflect.Struct && f.Type.NumField() > 0 && f.Type.Field(0).Tag.Get("yaml") != "":
			collect(f.Type, at+tag+".", out)
		default:
			out[at+tag] = f.Type
		}
	}
}
