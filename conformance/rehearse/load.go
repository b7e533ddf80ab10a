package rehearse

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/scenarios"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// document is the top level of a file.
type document struct {
	Lesson      string        `yaml:"lesson"`
	Summary     string        `yaml:"summary"`
	Requirement string        `yaml:"requirement"`
	Source      string        `yaml:"source"`
	Level       level         `yaml:"level"`
	Advice      string        `yaml:"advice"`
	World       *yaml.Node    `yaml:"world"`
	Wants       wants         `yaml:"wants"`
	Callers     int           `yaml:"callers"`
	Arrival     *Arrives      `yaml:"arrival"`
	HangsUp     time.Duration `yaml:"hangs_up"`
	SharedID    string        `yaml:"shared_id"`
	Untrusted   bool          `yaml:"untrusted_tls"`
	Budget      time.Duration `yaml:"budget"`
	Expect      []*yaml.Node  `yaml:"expect"`
}

// wants is the queue that every caller's agent names, or a list of them.
type wants []string

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (w *wants) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	if n.Kind != yaml.SequenceNode {
		*w = wants{""}
		return strictyaml.DecodeKey(file, "wants", n, &(*w)[0])
	}
	return strictyaml.DecodeKey(file, "wants", n, (*[]string)(w))
}

// level is one of finding's levels, as a file spells it.
type level string

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *level) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "level", v, finding.Must, finding.Should, finding.May)
}

const extension = ".yaml"

// Bundled are the lessons that come with the tool, in the order of their ids.
func Bundled() ([]*Lesson, error) {
	files, err := fs.Sub(scenarios.Files, "lessons")
	if err != nil {
		return nil, err // unreachable: the directory is embedded
	}
	return Load(files, BundledDir)
}

// BundledDir is where the bundled lessons are in the repository.
const BundledDir = "scenarios/lessons"

// Load reads every lesson of a directory, in the order of their ids. The error lists every problem of every file with its
// place. dir is how people know the directory.
func Load(files fs.FS, dir string) ([]*Lesson, error) {
	names, err := fs.Glob(files, "*"+extension)
	if err != nil {
		return nil, err // unreachable: the pattern is a constant
	}
	if len(names) == 0 {
		return nil, errors.New(dir + ": lessons: want at least one " + extension + " file, got none")
	}
	slices.Sort(names)
	var lessons []*Lesson
	var problems strictyaml.Problems
	for _, name := range names {
		shown := path.Join(dir, name)
		data, err := fs.ReadFile(files, name)
		if err != nil {
			problems = append(problems, strictyaml.At(shown, nil, "file: %v", err))
			continue
		}
		l, ps := Parse(shown, data)
		problems = append(problems, ps...)
		if l != nil {
			l.named(shown, &problems)
			lessons = append(lessons, l)
		}
	}
	return lessons, problems.Err()
}

// named gives the lesson the name of its file.
func (l *Lesson) named(file string, problems *strictyaml.Problems) {
	l.ID = strings.TrimSuffix(filepath.Base(file), extension)
	if !idText.MatchString(l.ID) {
		*problems = append(*problems, strictyaml.At(file, nil, "id: want lower-case letters, digits and - in the file's name, got %q", l.ID))
	}
}

var idText = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// Parse reads one lesson from memory; ID stays empty. The lesson is nil when the text cannot be read as YAML, and usable
// only when there are no problems.
func Parse(file string, data []byte) (*Lesson, strictyaml.Problems) {
	root, problems := strictyaml.Parse(file, data)
	if root == nil {
		return nil, problems
	}
	p := parser{file: file, root: root, src: strictyaml.NewSource(data), problems: problems}
	l := p.lesson()
	p.problems.Sort()
	return l, p.problems
}

// parser collects the problems of one file.
type parser struct {
	file     string
	root     *yaml.Node
	src      strictyaml.Source
	problems strictyaml.Problems
}

func (p *parser) at(n *yaml.Node, format string, args ...any) {
	p.problems = append(p.problems, strictyaml.At(p.file, n, format, args...))
}

func (p *parser) lesson() *Lesson {
	d := document{Budget: DefaultBudget, Callers: 1}
	p.problems = append(p.problems, strictyaml.Decode(p.file, p.root, &d)...)
	for _, key := range []string{"lesson", "summary", "requirement", "source", "level", "advice", "expect"} {
		n := strictyaml.Lookup(p.root, key)
		switch {
		case n == nil:
			p.at(p.root, "lesson: want the key %s, got none", key)
		case n.Kind == yaml.ScalarNode && strings.TrimSpace(n.Value) == "":
			p.at(n, "%s: want text, got %q", key, n.Value)
		case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
			p.at(n, "%s: want at least one, got none", key)
		}
	}
	if d.Lesson != "" && d.Lesson != Version {
		p.at(strictyaml.Lookup(p.root, "lesson"), "lesson: want %s, got %q", Version, d.Lesson)
	}
	if d.Callers < 1 || d.Callers > MostCallers {
		p.at(strictyaml.Lookup(p.root, "callers"), "callers: want 1 to %d, got %d", MostCallers, d.Callers)
	}
	if d.HangsUp < 0 {
		p.at(strictyaml.Lookup(p.root, "hangs_up"), "hangs_up: want 0 or more, got %s", d.HangsUp)
	}
	if d.Budget <= 0 {
		p.at(strictyaml.Lookup(p.root, "budget"), "budget: want more than 0, got %s", d.Budget)
	}
	if d.Level == finding.Must && strings.HasPrefix(strings.ToLower(strings.TrimSpace(d.Source)), unspecified) {
		p.at(strictyaml.Lookup(p.root, "level"), "level: want should or may, as no document says it (source: %s); a must cites the published sentence, got must", unspecified)
	}
	l := &Lesson{
		File: p.file, Line: 1, Summary: d.Summary, Requirement: strings.TrimSpace(d.Requirement), Source: d.Source, Level: string(d.Level), Advice: strings.TrimSpace(d.Advice),
		World: d.World, Wants: d.Wants, Callers: d.Callers, Arrival: d.Arrival, HangsUp: d.HangsUp, SharedID: d.SharedID, Untrusted: d.Untrusted, Budget: d.Budget, Lines: p.src,
	}
	if n := strictyaml.Lookup(p.root, "lesson"); n != nil {
		l.Line = n.Line
	}
	for _, n := range d.Expect {
		if e, ok := p.expectation(n); ok {
			l.Expect = append(l.Expect, e)
		}
	}
	if d.Callers <= MostCallers { // of whom each may be in what the agent does
		_, ps := l.config(Client{}.full())
		p.problems = append(p.problems, ps...)
	}
	return l
}

// unspecified begins the source of what no document says.
const unspecified = "unspecified"

// expectation reads one `name: argument`.
func (p *parser) expectation(n *yaml.Node) (Expectation, bool) {
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		p.at(n, "expect: want one name with its argument, as in `dials: once`, got %s", strictyaml.Got(n))
		return Expectation{}, false
	}
	key, arg := n.Content[0], n.Content[1]
	var known []string
	for _, d := range definitions() {
		if d.name != key.Value {
			known = append(known, d.name)
			continue
		}
		r, problems := d.read(p.file, arg)
		p.problems = append(p.problems, problems...)
		return Expectation{Name: d.name, Pos: Pos{arg.Line, arg.Column, p.src.Width(arg)}, text: p.text(arg), rule: r}, len(problems) == 0
	}
	problem := strictyaml.At(p.file, key, "expect: want %s, got %q", strictyaml.OneOf(known), key.Value)
	problem.Hint = strictyaml.Suggest(key.Value, known)
	p.problems = append(p.problems, problem)
	return Expectation{}, false
}

// text is an argument as it is written, on one line.
func (p *parser) text(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return n.Value
	}
	rest := []rune(p.src.From(n.Line, n.Column))
	return string(rest[:min(p.src.Width(n), len(rest))])
}

// Select returns the lessons that fit the patterns: ids, globs over ids, files. None takes all.
func Select(lessons []*Lesson, patterns []string) ([]*Lesson, error) {
	all := make([]*scenario.Scenario, len(lessons))
	of := make(map[*scenario.Scenario]*Lesson, len(lessons))
	for i, l := range lessons {
		all[i] = &scenario.Scenario{ID: l.ID, File: l.File, Level: l.Level, Lines: l.Lines}
		of[all[i]] = l
	}
	chosen, err := scenario.Select(all, scenario.Filter{Patterns: patterns, Noun: "lesson"})
	if err != nil {
		return nil, err
	}
	out := make([]*Lesson, len(chosen))
	for i, s := range chosen {
		out[i] = of[s]
	}
	return out, nil
}
