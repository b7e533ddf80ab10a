package load

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

//go:embed profiles/*.yaml
var ready embed.FS

// Ready are the names of the profiles that come with the tool, sorted.
func Ready() (names []string) {
	found, _ := fs.Glob(ready, "profiles/*.yaml") // the pattern is a constant
	for _, name := range found {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(name, "profiles/"), ".yaml"))
	}
	return names
}

// ReadyText is the text of a profile that comes with the tool.
func ReadyText(name string) ([]byte, error) {
	text, err := ready.ReadFile("profiles/" + name + ".yaml")
	if err != nil {
		hint := ""
		if s := strictyaml.Suggest(name, Ready()); s != "" {
			hint = fmt.Sprintf(" (did you mean %q?)", s)
		}
		return nil, fmt.Errorf("profile: want one of %s, or a file, got %q%s", strings.Join(Ready(), ", "), name, hint)
	}
	return text, nil
}

// Open reads a profile: one that comes with the tool, by its name, or a file, whose name has a dot or a slash.
func Open(name string) (Profile, error) {
	if !strings.ContainsAny(name, "./\\") {
		text, err := ReadyText(name)
		if err != nil {
			return Profile{}, err
		}
		p, problems := Parse(name, text)
		return p, problems.Err()
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return Profile{}, about(name, err)
	}
	p, problems := Parse(name, text)
	if err := problems.Err(); err != nil || p.Arrivals.Day == "" {
		return p, err
	}
	day := p.Arrivals.Day
	if !filepath.IsAbs(day) {
		day = filepath.Join(filepath.Dir(name), day)
	}
	f, err := os.Open(day)
	if err != nil {
		return p, about(day, err)
	}
	defer f.Close()
	_, p.Arrivals.Rates, err = traffic.ReadDay(day, f)
	return p, err
}

func about(name string, err error) error {
	if bad, ok := errors.AsType[*fs.PathError](err); ok {
		err = bad.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}
