package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

func TestGitHub(t *testing.T) {
	t.Parallel()
	odd := late()
	odd.ID, odd.Failures[0].Line = "routing/a,b:c", 12
	odd.Level, odd.Failures[0].Got = finding.Must, "100 %\n::set-env name=x::y, with key "+dniKey
	run := runOf(passed("core/a"), expectationFailure(), late(), inconclusiveResult(), errorResult(), odd, skipped("core/b", finding.Waived, "agreed"))
	run.GaveUp = "disk\nfull"
	var b bytes.Buffer
	g := Guard(&b)
	fmt.Fprintln(&b, "  ::error::what a platform says")
	g.Annotate(run, secret)
	g.Resume()
	token, rest, _ := strings.Cut(strings.TrimPrefix(b.String(), "::stop-commands::"), "\n")
	if len(token) < 20 {
		t.Fatalf("want a token that nobody guesses, got %q", token)
	}
	want := "  ::error::what a platform says\n::" + token + "::\n" +
		"::error file=scenarios/pool/exhausted-then-fallback.yaml,line=31,title=pool/exhausted-then-fallback failed::status: want 404, got 200\n" +
		"::warning file=scenarios/routing/late.yaml,line=9,title=routing/late failed::status: want 404, got 200\n" +
		"::warning file=scenarios/pool/lost-reply.yaml,line=1,title=pool/lost-reply inconclusive::1 of 50 reservations had no reply and may hold a number, so the count of refusals proves nothing\n" +
		"::error file=scenarios/auth/swapped-keys.yaml,line=1,title=auth/swapped-keys error::the target does not answer at http://127.0.0.1:1: connection refused, with key ***\n" +
		"::error file=scenarios/routing/late.yaml,line=12,title=routing/a%2Cb%3Ac failed::status: want 404, got 100 %25 ::set-env name=x::y, with key ***\n" +
		"::error title=not judged::disk%0Afull\n"
	if rest != want {
		t.Errorf("want\n%s\ngot\n%s", want, rest)
	}
}

func TestGitHubShowsTenOfEachKind(t *testing.T) {
	t.Parallel()
	run := runOf()
	for range 15 {
		run.Results = append(run.Results, expectationFailure(), late())
	}
	var b bytes.Buffer
	(&GitHub{out: &b}).Annotate(run, nil)
	if e, w := strings.Count(b.String(), "::error "), strings.Count(b.String(), "::warning "); e != maxAnnotations || w != maxAnnotations {
		t.Errorf("want %d of each, got %d errors and %d warnings", maxAnnotations, e, w)
	}
}

func TestNobodyOnGitHub(t *testing.T) {
	t.Parallel()
	var nobody *GitHub
	nobody.Annotate(everything(), nil)
	nobody.Resume()
}
