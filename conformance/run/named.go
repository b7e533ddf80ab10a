package run

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Named takes from the arguments of a command line those that name files and directories on disk: "my.yaml", "my.yaml:28" and
// "dir/". What lies in the plan's own directory is left among the patterns, for its scenarios have ids there.
func (p *Plan) Named(args []string) {
	for _, arg := range args {
		name, _ := cutLine(arg)
		info, err := os.Stat(name)
		switch {
		case err != nil && strings.ContainsAny(name, "/."):
			p.Filter.Others = append(p.Filter.Others, beside(name)...)
			fallthrough
		case err != nil || p.within(name) || !info.IsDir() && strings.ContainsAny(name, "*?"):
			p.Filter.Patterns = append(p.Filter.Patterns, arg)
		default:
			p.named = append(p.named, arg)
		}
	}
}

// within reports whether a path leads into the plan's directory, when that is one on disk which somebody has named.
func (p *Plan) within(name string) bool {
	rel, err := filepath.Rel(p.Dir, name)
	return p.Dir != Bundled && err == nil && filepath.IsLocal(rel)
}

// Bundled is how people know the directory of the scenarios that are in the binary.
const Bundled = "scenarios"

// beside are the files that may have been meant by one that is not there.
func beside(name string) (names []string) {
	entries, _ := os.ReadDir(filepath.Dir(name)) // of a directory that is not there nothing can be said
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".yaml" || e.IsDir() {
			names = append(names, filepath.ToSlash(filepath.Join(filepath.Dir(name), e.Name())))
		}
	}
	return names
}

var atLine = regexp.MustCompile(`^(.+):(\d+)(?::\d+)?$`)

// cutLine takes the line, and the column, from a file that stands as in an error message.
func cutLine(arg string) (name, line string) {
	if m := atLine.FindStringSubmatch(arg); m != nil && strings.HasSuffix(m[1], ".yaml") {
		return m[1], m[2]
	}
	return arg, ""
}

// loadNamed reads the files and directories that were named. Ids are their paths, but for what leads out of the directory that
// somebody is in.
func (p Plan) loadNamed() (all []*scenario.Scenario, problems strictyaml.Problems, err error) {
	var errs []error
	seen := make(map[string]bool)
	for _, arg := range p.named {
		name, line := cutLine(arg)
		found, more, err := p.loadOne(name)
		problems = append(problems, more...)
		if err != nil {
			errs = append(errs, err)
		}
		for _, s := range found {
			if n, err := strconv.Atoi(line); line != "" && (err != nil || n < 1 || n > len(s.Lines)) {
				errs = append(errs, fmt.Errorf("scenario: want a line of %s (1 to %d), got %s", s.File, len(s.Lines), line))
			}
			if !seen[s.File] {
				all = append(all, s)
			}
			seen[s.File] = true
		}
	}
	return all, problems, errors.Join(errs...)
}

func (p Plan) loadOne(name string) ([]*scenario.Scenario, strictyaml.Problems, error) {
	info, err := os.Stat(name)
	if bad, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, nil, fmt.Errorf("scenario %s: %w", name, bad.Err)
	}
	reading := p.Reading()
	dir, only := name, "."
	if !info.IsDir() {
		if filepath.Ext(name) != ".yaml" {
			return nil, nil, fmt.Errorf("scenario %s: want a file that ends in .yaml, or a directory", name)
		}
		dir, only = filepath.Dir(name), filepath.Base(name)
	}
	reading.Dir = filepath.ToSlash(dir)
	all, problems := scenario.Load(os.DirFS(dir), only, reading)
	for _, s := range all {
		s.ID = IDOf(s.File)
	}
	return all, problems, nil
}

// IDOf is the id of a scenario whose file is named by its path.
func IDOf(file string) string {
	id := strings.TrimSuffix(path.Clean(file), ".yaml")
	id = strings.TrimLeft(strings.ReplaceAll(id, "../", ""), "/")
	return cmp.Or(strings.TrimPrefix(id, Bundled+"/"), id)
}

// together are the scenarios of the plan's directory and those that were named, which take the place of others with their ids.
func together(all, named []*scenario.Scenario) []*scenario.Scenario {
	ids := make(map[string]bool)
	for _, s := range named {
		ids[s.ID] = true
	}
	all = slices.DeleteFunc(slices.Clone(all), func(s *scenario.Scenario) bool { return ids[s.ID] })
	all = append(all, named...)
	slices.SortStableFunc(all, func(a, b *scenario.Scenario) int { return strings.Compare(a.ID, b.ID) })
	return all
}
