package scenario

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// labelTest reports whether a scenario fits a label expression.
type labelTest func(*Scenario) bool

func isOperator(word string) bool { return word == "and" || word == "or" || word == "not" }

// parseLabel reads `not` over `and` over `or`, with parentheses. An empty text is nil.
func parseLabel(text string, vocabulary []string) (labelTest, error) {
	p := &labelParser{text: text, vocabulary: vocabulary}
	if err := p.scan(); err != nil || len(p.tokens) == 0 {
		return nil, err
	}
	test, err := p.or()
	if err == nil && len(p.tokens) > 0 {
		err = p.unexpected("and, or or the end")
	}
	return test, err
}

type labelParser struct {
	text       string
	vocabulary []string
	tokens     []string
	depth      int
}

var labelToken = regexp.MustCompile(`^(?:[()!]|&&|\|\||[a-z0-9][a-z0-9_-]*)`)

// operators are the words for the signs with which Ginkgo writes the same: both are understood.
var operators = map[string]string{"&&": "and", "||": "or", "!": "not"}

func (p *labelParser) scan() error {
	rest := strings.TrimSpace(p.text)
	for rest != "" {
		token := labelToken.FindString(rest)
		if token == "" {
			return fmt.Errorf("label: want words, and, or, not and parentheses, got %q", rest)
		}
		p.tokens = append(p.tokens, cmp.Or(operators[token], token))
		rest = strings.TrimSpace(rest[len(token):])
	}
	return nil
}

func (p *labelParser) next(token string) bool {
	if len(p.tokens) == 0 || p.tokens[0] != token {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *labelParser) or() (labelTest, error) {
	left, err := p.and()
	for err == nil && p.next("or") {
		first := left
		var right labelTest
		right, err = p.and()
		left = func(s *Scenario) bool { return first(s) || right(s) }
	}
	return left, err
}

func (p *labelParser) and() (labelTest, error) {
	left, err := p.not()
	for err == nil && p.next("and") {
		first := left
		var right labelTest
		right, err = p.not()
		left = func(s *Scenario) bool { return first(s) && right(s) }
	}
	return left, err
}

func (p *labelParser) not() (labelTest, error) {
	if p.depth++; p.depth > 100 {
		return nil, fmt.Errorf("label: want at most 100 levels, got more")
	}
	defer func() { p.depth-- }()
	if p.next("not") {
		inner, err := p.not()
		return func(s *Scenario) bool { return !inner(s) }, err
	}
	if p.next("(") {
		inner, err := p.or()
		if err == nil && !p.next(")") {
			err = p.unexpected(")")
		}
		return inner, err
	}
	return p.word()
}

func (p *labelParser) word() (labelTest, error) {
	if len(p.tokens) == 0 || p.tokens[0] == ")" || isOperator(p.tokens[0]) {
		return nil, p.unexpected("a label")
	}
	word := p.tokens[0]
	p.tokens = p.tokens[1:]
	if !slices.Contains(p.vocabulary, word) {
		if hint := strictyaml.Suggest(word, p.vocabulary); hint != "" {
			return nil, fmt.Errorf("label: want a label, area or level, got %q (did you mean %q?)", word, hint)
		}
		return nil, fmt.Errorf("label: want one of %s, got %q", strictyaml.OneOf(p.vocabulary), word)
	}
	return func(s *Scenario) bool { return hasWord(s, word) }, nil
}

func (p *labelParser) unexpected(want string) error {
	got := "the end"
	if len(p.tokens) > 0 {
		got = fmt.Sprintf("%q", p.tokens[0])
	}
	return fmt.Errorf("label: want %s, got %s in %q", want, got, p.text)
}
