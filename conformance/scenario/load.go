package scenario

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

const extension = ".yaml"

// Options is what the loader cannot know by itself. All of it is optional.
type Options struct {
	// CheckNames are the checks that exist; nil: names are not checked.
	CheckNames []string
	// Formats are the ways in which a carrier can write a number; nil: they are not checked.
	Formats []string
	// Given checks the mapping under `given`.
	Given func(file string, given *yaml.Node) strictyaml.Problems
	// Fault checks the mapping under `fault`.
	Fault func(file string, faults *yaml.Node) strictyaml.Problems
	// Dir is put before file names shown to people: an embedded file system starts inside
	// the directory that the user knows by name.
	Dir string
}

// Load reads every .yaml file below root, in the order of their ids, and returns every
// problem of every file. The scenarios are usable only when there are no problems.
func Load(fsys fs.FS, root string, opts Options) ([]*Scenario, strictyaml.Problems) {
	files, ps := find(fsys, root, opts)
	var scenarios []*Scenario
	for _, file := range files {
		s, problems := loadFile(fsys, root, file, opts)
		ps = append(ps, problems...)
		if s != nil {
			scenarios = append(scenarios, s)
		}
	}
	if len(files) == 0 && len(ps) == 0 {
		ps = append(ps, strictyaml.At(shown(root, opts), nil, "scenarios: want at least one %s file, got none", extension))
	}
	slices.SortFunc(scenarios, func(a, b *Scenario) int { return strings.Compare(a.ID, b.ID) })
	ps.Sort()
	return scenarios, ps
}

// IDs are those of the scenarios below root, read or not: those of all files that can be found.
func IDs(fsys fs.FS, root string) (ids []string) {
	files, _ := find(fsys, root, Options{}) // Load says what is wrong with them
	for _, file := range files {
		ids = append(ids, idOf(root, file))
	}
	return ids
}

// idOf is the id of the scenario in a file below root.
func idOf(root, file string) string {
	id := strings.TrimSuffix(file, extension)
	if root != "." {
		id = strings.TrimPrefix(id, strings.TrimSuffix(root, "/")+"/")
	}
	return id
}

// loadFile reads one file below root. The scenario is nil when the file cannot be read as
// YAML, and usable only when there are no problems.
func loadFile(fsys fs.FS, root, file string, opts Options) (*Scenario, strictyaml.Problems) {
	name := shown(file, opts)
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, strictyaml.Problems{unreadable(name, err)}
	}
	s, ps := Parse(name, data, opts)
	id := idOf(root, file)
	if !idText.MatchString(id) {
		ps = append(ps, strictyaml.At(name, nil, "id: want lower-case letters, digits, - and _ in the file's path, got %q", id))
	}
	if s != nil {
		s.ID = id
	}
	ps.Sort()
	return s, ps
}

var idText = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$`)

// lessons is the directory of what is no scenario: lessons for clients, which package rehearse reads.
const lessons = "lessons"

// find lists the scenario files. A directory that starts with a dot is not looked into, nor are that of the lessons and an
// ADK project that stands beside the scenarios that use it.
func find(fsys fs.FS, root string, opts Options) ([]string, strictyaml.Problems) {
	var files []string
	var ps strictyaml.Problems
	err := fs.WalkDir(fsys, root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			ps = append(ps, unreadable(shown(p, opts), err))
		case d.IsDir() && p != root && (strings.HasPrefix(d.Name(), ".") || p == path.Join(root, lessons)):
			return fs.SkipDir
		case d.IsDir() && isProject(fsys, p):
			return fs.SkipDir
		case d.IsDir():
		case path.Ext(p) == extension:
			files = append(files, p)
		case path.Ext(p) == ".yml":
			ps = append(ps, strictyaml.At(shown(p, opts), nil, "file: want the extension %s, got .yml", extension))
		}
		return nil
	})
	if err != nil {
		ps = append(ps, unreadable(shown(root, opts), err))
	}
	return files, ps
}

func isProject(fsys fs.FS, dir string) bool {
	_, err := fs.Stat(fsys, path.Join(dir, "functions", "start_function.py"))
	return err == nil
}

func unreadable(name string, err error) strictyaml.Problem {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathError.Err // the path is in front already
	}
	return strictyaml.At(name, nil, "file: %v", err)
}

func shown(file string, opts Options) string { return path.Join(opts.Dir, file) }

func area(id string) string {
	first, _, _ := strings.Cut(id, "/")
	return first
}
