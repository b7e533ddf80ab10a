package sim

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Brought gives the settings that an agent brings with it: keys of its project, which hold where nothing else says
// otherwise. Nil, as for most agents: none. What is wrong with the agent is for Agents to say.
type Brought func(file string, agent *yaml.Node) *yaml.Node

// Parse reads a configuration over the profile that it names. file is only used in messages.
func Parse(file string, data []byte) (Config, strictyaml.Problems) {
	root, problems := strictyaml.Parse(file, data)
	if len(problems) > 0 {
		return Config{}, problems
	}
	return Decode(file, root, nil)
}

// Decode is Parse for a document that has been read already, and agents that may bring settings.
func Decode(file string, root *yaml.Node, brought Brought) (Config, strictyaml.Problems) {
	c, problems := decode(file, root, brought)
	if len(problems) == 0 {
		problems = locate(file, root, c.Validate())
	}
	problems.Sort()
	return c, problems
}

// decode reads every setting, and does not ask whether they go together.
func decode(file string, root *yaml.Node, brought Brought) (Config, strictyaml.Problems) {
	profile := DefaultProfile
	if n := strictyaml.Lookup(root, "profile"); n != nil {
		if ps := strictyaml.DecodeKey(file, "profile", n, &profile); len(ps) > 0 {
			return Config{}, ps
		}
	}
	c, err := Default(profile)
	if err != nil {
		p := strictyaml.At(file, strictyaml.Lookup(root, "profile"), "%v", err)
		p.Hint = strictyaml.Suggest(profile, Profiles())
		return Config{}, strictyaml.Problems{p}
	}
	c.Projects = nil
	bare := c
	problems := strictyaml.Decode(file, withoutProjects(root), &c)
	with := func(i int, _ *yaml.Node) (Project, strictyaml.Problems) { return c.project(i), nil }
	if brought != nil {
		with = func(i int, own *yaml.Node) (Project, strictyaml.Problems) {
			return c.projectWith(i, file, root, own, bare, brought)
		}
	}
	projects, more := decodeProjects(file, strictyaml.Lookup(root, "projects"), with)
	c.Projects = projects
	return c, append(problems, more...)
}

// withoutProjects is root without its projects: those are read after the sections that they start from.
func withoutProjects(root *yaml.Node) *yaml.Node {
	rest := *root
	rest.Content = nil
	for key, value := range strictyaml.Pairs(root) {
		if key.Value != "projects" {
			rest.Content = append(rest.Content, key, value)
		}
	}
	return &rest
}

// projectWith is the i-th project before its own settings: what its agent brings stands before the shared sections of the
// document, and after those of bare, which are the profile's.
func (c Config) projectWith(i int, file string, root, own *yaml.Node, bare Config, brought Brought) (Project, strictyaml.Problems) {
	agent := strictyaml.Lookup(own, "agent")
	if agent == nil {
		agent = strictyaml.Lookup(root, "agent")
	}
	var settings *yaml.Node
	if agent != nil {
		settings = brought(file, agent)
	}
	if settings == nil {
		return c.project(i), nil
	}
	p := bare.project(i)
	problems := strictyaml.Decode(file, settings, &p)
	for i := range problems {
		problems[i].Line, problems[i].Column = agent.Line, agent.Column // it stands in no file of ours
	}
	p.Agent = c.Agent
	for name, section := range map[string]any{"pool": &p.Pool, "conversation": &p.Conversation, "handoff": &p.Handoff} {
		if n := strictyaml.Lookup(root, name); n != nil {
			_ = strictyaml.Decode(file, n, section) // whose problems are known
		}
	}
	return p, problems
}

// decodeProjects reads the list of projects; each starts as with says.
func decodeProjects(file string, n *yaml.Node, with func(i int, own *yaml.Node) (Project, strictyaml.Problems)) ([]Project, strictyaml.Problems) {
	if n == nil {
		p, problems := with(0, nil)
		return []Project{p}, problems
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return nil, strictyaml.Problems{strictyaml.At(file, n, "projects: want a list of at least one project")}
	}
	var out []Project
	var problems strictyaml.Problems
	generated := 0
	for i, item := range n.Content {
		p, more := with(i, item)
		problems = append(problems, more...)
		problems = append(problems, strictyaml.Decode(file, item, &p)...)
		if len(p.Pool.Numbers.List) == 0 { // generated numbers of different projects do not overlap
			p.Pool.Numbers = p.Pool.Numbers.At(generated)
			generated += p.Pool.Numbers.Count
		}
		out = append(out, p)
	}
	return out, problems
}

// locate gives the errors of Validate the places of the settings they name.
func locate(file string, root *yaml.Node, err error) (out strictyaml.Problems) {
	if err == nil {
		return nil
	}
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		path, says, _ := strings.Cut(e.Error(), ":")
		n, path := place(root, path)
		p := strictyaml.At(file, n, "%s:%s", path, says)
		if !slices.Contains(out, p) { // one shared setting is wrong for every project
			out = append(out, p)
		}
	}
	return out
}

// place returns the node at path, or the one closest to it that was written, and the path by which its writer knows
// it: a project's setting may come from the shared section of the same name.
func place(root *yaml.Node, path string) (*yaml.Node, string) {
	own, deep := descend(root, path)
	_, rest, inProject := strings.Cut(path, "].")
	if !inProject {
		return own, path
	}
	if shared, depth := descend(root, rest); depth > deep-1 {
		return shared, rest
	}
	return own, path
}

// descend follows path as far as it was written, and says how many steps that were.
func descend(n *yaml.Node, path string) (*yaml.Node, int) {
	depth := 0
	for key := range strings.SplitSeq(path, ".") {
		name, index, isIndex := strings.Cut(strings.TrimSuffix(key, "]"), "[")
		next := strictyaml.Lookup(n, name)
		if next == nil {
			break
		}
		if i, err := strconv.Atoi(index); isIndex && err == nil && next.Kind == yaml.SequenceNode && i < len(next.Content) {
			next = next.Content[i]
		}
		n = next
		depth++
	}
	return n, depth
}
