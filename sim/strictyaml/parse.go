package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	maxSize  = 1 << 20 // bytes; a file a person writes is a thousandth of it
	maxDepth = 100     // levels of mappings and lists
)

// Parse reads one YAML document whose root is a mapping, and returns that mapping.
//
// The node is nil when the text cannot be read at all. Otherwise it is returned together
// with whatever is wrong (duplicate keys, anchors, aliases, merge keys, tags, nesting), so
// that a caller can look for further problems before it gives up.
func Parse(file string, data []byte) (*yaml.Node, Problems) {
	if len(data) > maxSize {
		return nil, Problems{At(file, nil, "file: want at most 1 MiB, got %d bytes", len(data))}
	}
	if p, ok := checkUTF8(file, data); !ok {
		return nil, Problems{p}
	}
	docs, ps := documents(file, data)
	if len(ps) > 0 {
		return nil, ps
	}
	if len(docs) == 0 || len(docs[0].Content) == 0 {
		return nil, Problems{At(file, nil, "file: want a mapping, got nothing")}
	}
	root := docs[0].Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, Problems{At(file, root, "file: want a mapping, got %s", Got(root))}
	}
	ps = walk(file, root, 1, nil)
	if len(docs) > 1 {
		ps = append(ps, At(file, docs[1], "file: want one document, got a second one"))
	}
	ps.Sort()
	return root, ps
}

func checkUTF8(file string, data []byte) (Problem, bool) {
	line, column := 1, 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size <= 1 {
			p := Problem{File: file, Line: line, Column: column}
			p.Message = fmt.Sprintf("file: want UTF-8, got byte 0x%02x", data[0])
			return p, false
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
		data = data[size:]
	}
	return Problem{}, true
}

// documents returns at most two documents: the second is only wanted for its position.
func documents(file string, data []byte) ([]*yaml.Node, Problems) {
	var docs []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for len(docs) < 2 {
		doc, err := document(decoder)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, Problems{syntax(file, data, err)}
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// document turns a panic of the parser into an error: it has "please report" panics
// for input that its authors did not foresee, and the input here is anybody's.
func document(decoder *yaml.Decoder) (doc *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	doc = new(yaml.Node)
	return doc, decoder.Decode(doc)
}

var (
	yamlLine    = regexp.MustCompile(`^line (\d+): `)
	yamlUnknown = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntax gives a parser's error a place. The parser knows the line at best, so the column
// is that of the first character on it.
func syntax(file string, data []byte, err error) Problem {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlUnknown.FindStringSubmatch(text); m != nil {
		return aliasProblem(file, data, m[1])
	}
	p := Problem{File: file, Line: 1, Column: 1}
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	lines := strings.Split(string(data), "\n")
	p.Line = max(1, min(p.Line, len(lines)))
	line := lines[p.Line-1]
	p.Column = 1 + utf8.RuneCountInString(line) - utf8.RuneCountInString(strings.TrimLeft(line, " \t"))
	p.Message = "yaml: " + text
	return p
}

func aliasProblem(file string, data []byte, name string) Problem {
	p := Problem{File: file, Line: 1, Column: 1, Message: fmt.Sprintf("alias *%s: aliases are not allowed; write the value out, or quote the text", clip(name))}
	before, _, found := strings.Cut(string(data), "*"+name)
	if found {
		p.Line = 1 + strings.Count(before, "\n")
		p.Column = 1 + utf8.RuneCountInString(before[1+strings.LastIndexByte(before, '\n'):])
	}
	return p
}

// walk collects what is not allowed anywhere in a file.
func walk(file string, n *yaml.Node, depth int, ps Problems) Problems {
	if depth > maxDepth {
		return append(ps, At(file, n, "file: want at most %d levels, got more", maxDepth))
	}
	if n.Anchor != "" {
		ps = append(ps, At(file, n, "anchor &%s: anchors are not allowed; write the value out", clip(n.Anchor)))
	}
	if n.Style&yaml.TaggedStyle != 0 {
		ps = append(ps, At(file, n, "tag %s: tags are not allowed; quote a value to make it text", clip(n.ShortTag())))
	}
	switch n.Kind {
	case yaml.AliasNode:
		return append(ps, At(file, n, "alias *%s: aliases are not allowed; write the value out", clip(n.Value)))
	case yaml.MappingNode:
		return walkMapping(file, n, depth, ps)
	}
	for _, child := range n.Content {
		ps = walk(file, child, depth+1, ps)
	}
	return ps
}

func walkMapping(file string, n *yaml.Node, depth int, ps Problems) Problems {
	first := make(map[string]int, len(n.Content)/2)
	for key, value := range Pairs(n) {
		ps = walkKey(file, key, first, ps)
		ps = walk(file, value, depth+1, ps)
	}
	return ps
}

func walkKey(file string, key *yaml.Node, first map[string]int, ps Problems) Problems {
	if key.Kind != yaml.ScalarNode {
		return append(ps, At(file, key, "key: want text, got %s", Got(key)))
	}
	if key.Tag == "!!merge" {
		return append(ps, At(file, key, "key <<: merge keys are not allowed; write the keys out"))
	}
	ps = walk(file, key, 0, ps)
	if line, seen := first[key.Value]; seen {
		return append(ps, At(file, key, "duplicate key %q, first on line %d", clip(key.Value), line))
	}
	first[key.Value] = key.Line
	return ps
}
