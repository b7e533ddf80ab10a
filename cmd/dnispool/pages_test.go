package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is a document that a user reads.
type page struct {
	name, text string
	blocks     []fence
}

// fence is a block of code in a page.
type fence struct{ language, text string }

var fences = regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```$")

// document is the page of that name, as seen from the root of the repository.
func document(t *testing.T, name string) page {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	p := page{name: name, text: string(b)}
	for _, m := range fences.FindAllStringSubmatch(p.text, -1) {
		p.blocks = append(p.blocks, fence{m[1], m[2]})
	}
	return p
}

// pages are the README and those that it leads to.
func pages(t *testing.T) (out []page) {
	t.Helper()
	names, err := filepath.Glob("../../specs/*.md")
	if err != nil || len(names) < 8 {
		t.Fatalf("want the pages of specs, got %q (%v)", names, err)
	}
	out = append(out, document(t, "README.md"))
	for _, name := range names {
		out = append(out, document(t, "specs/"+filepath.Base(name)))
	}
	return out
}

// chapter is what stands under a heading.
func (p page) chapter(t *testing.T, heading string) page {
	t.Helper()
	_, text, found := strings.Cut(p.text, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s: want a chapter %q, got none", p.name, heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	c := page{name: p.name, text: text}
	for _, b := range p.blocks {
		if strings.Contains(text, b.text) {
			c.blocks = append(c.blocks, b)
		}
	}
	return c
}

// commands are the commands of a block, each with the lines that continue it.
func (b fence) commands() (out []string) {
	text := strings.ReplaceAll(b.text, "\\\n", "\\\x00")
	for line := range strings.Lines(text) {
		line = strings.ReplaceAll(strings.TrimSpace(line), "\x00", "\n")
		command, isTyped := strings.CutPrefix(line, "$ ")
		if line != "" && (isTyped || b.language == "sh") {
			out = append(out, command)
		}
	}
	return out
}

// typed are the commands of a page, when the files that it shows have been written to dir.
func (p page) typed(t *testing.T, dir string) (commands []string) {
	t.Helper()
	for _, b := range p.blocks {
		switch {
		case b.language == "yaml" && strings.HasPrefix(b.text, "profile:"):
			served(t, b.text)
		case b.language == "yaml" && strings.HasPrefix(b.text, "target:"):
			if err := os.WriteFile(filepath.Join(dir, "staging.yaml"), []byte(b.text), 0o644); err != nil {
				t.Fatal(err)
			}
		case b.language == "sh", strings.HasPrefix(b.text, "$ dnispool explore"):
			commands = append(commands, b.commands()...)
		}
	}
	for _, m := range regexp.MustCompile("`(dnispool [a-z]+ [^`]+)`").FindAllStringSubmatch(p.text, -1) {
		commands = append(commands, m[1])
	}
	return commands
}

// userFolder has scenarios of a user's own in my/dir, and the bundled ones beside them.
func userFolder(t *testing.T, root string) (dir string) {
	t.Helper()
	dir = write(t, mine)
	for _, do := range []error{
		os.Rename(filepath.Join(dir, "mine"), filepath.Join(dir, "my")),
		os.Remove(filepath.Join(dir, "my/pool/wrong.yaml")), os.Remove(filepath.Join(dir, "my/pool/lenient.yaml")),
		os.Remove(filepath.Join(dir, "my/wire/doubt.yaml")), os.Remove(filepath.Join(dir, "my/wire/slow.yaml")),
		os.Rename(filepath.Join(dir, "my/pool"), filepath.Join(dir, "my/dir")),
		os.Symlink(filepath.Join(root, "scenarios"), filepath.Join(dir, "scenarios")),
	} {
		if do != nil {
			t.Fatal(do)
		}
	}
	return dir
}
