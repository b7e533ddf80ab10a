package html

import (
	"bytes"
	"encoding/xml"
	"errors"
	"html/template"
	"io"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const hostile = `</script><img src=x onerror=alert(1)>"'&{{.}}`

func written(t *testing.T, p Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPage(t *testing.T) {
	t.Parallel()
	body, err := Body(Parts("row", `<p>{{.}}</p>`, nil), "row", "a & b")
	if err != nil {
		t.Fatal(err)
	}
	page := written(t, Page{
		Title: "t", Made: "dnispool v1", Tone: Bad, Verdict: "Not conformant.", Says: []string{"One of two."}, About: []Pair{{"seed", "7"}},
		Sections: []Section{{ID: "failures", Title: "Failures", Count: "1", Body: body}, {ID: "more", Title: "More"}},
	})
	for _, want := range []string{
		`<header class="top bad">`, `<h1>Not conformant.</h1>`, `<p class="says">One of two.</p>`, `<dt>seed</dt><dd>7</dd>`,
		`<a href="#failures">Failures <b>1</b></a>`, `<h2 id="failures">`, `<p>a &amp; b</p>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("page: want %s in it, got none", want)
		}
	}
}

func TestAPageAsksNothingOfAnybodyAndRunsItsOwnScriptAlone(t *testing.T) {
	t.Parallel()
	page := written(t, Page{Title: hostile, Made: hostile, Verdict: hostile, Says: []string{hostile}, About: []Pair{{hostile, hostile}}, Sections: []Section{{ID: hostile, Title: hostile, Count: hostile}, {}}})
	if strings.Contains(page, "<img") || strings.Count(page, "<script>") != 1 {
		t.Errorf("page: want hostile text escaped, got %s", page)
	}
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if policy == nil {
		t.Fatal("page: want a policy, got none")
	}
	says := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(policy[1])
	for element, directive := range map[string]string{"style": "style-src", "script": "script-src"} {
		text := regexp.MustCompile(`(?s)<` + element + `>(.*?)</` + element + `>`).FindStringSubmatch(page)
		if text == nil || !strings.Contains(says, directive+" '"+hash(text[1])+"'") {
			t.Errorf("policy: want the hash of the page's %s, got %s", element, says)
		}
	}
	if outside := regexp.MustCompile(`(src|href)="?(https?:|//)|url\(|@import`).FindString(page); outside != "" {
		t.Errorf("page: want nothing from elsewhere, got %s", outside)
	}
}

type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestAPageThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	if err := (Page{}).Write(full{}); !errors.Is(err, errFull) {
		t.Errorf("want %v, got %v", errFull, err)
	}
}

func TestTicks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		min, max float64
		n        int
		want     []float64
	}{
		{0, 10, 6, []float64{0, 2, 4, 6, 8, 10}},
		{0, 1, 6, []float64{0, .2, .4, .6000000000000001, .8, 1}},
		{3, 17, 4, []float64{5, 10, 15}},
		{-5, 5, 3, []float64{-5, 0, 5}},
		{0, 120, 7, []float64{0, 20, 40, 60, 80, 100, 120}},
		{5, 5, 6, nil},
		{0, math.Inf(1), 6, nil},
		{0, 1, 0, nil},
	} {
		if got := (Axis{Min: c.min, Max: c.max}).ticks(c.n); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v to %v, at most %d: want %v, got %v", c.min, c.max, c.n, c.want, got)
		}
	}
}

func TestPlaceOnAnAxis(t *testing.T) {
	t.Parallel()
	a := Axis{Min: 10, Max: 20}
	for figure, want := range map[float64]float64{10: 100, 15: 150, 20: 200, 0: 100, 99: 200} {
		if got := a.place(figure, 100, 200); got != want {
			t.Errorf("%v: want %v, got %v", figure, want, got)
		}
	}
	if got := (Axis{}).place(5, 1, 2); got != 1 {
		t.Errorf("an axis without length: want its start, got %v", got)
	}
}

// wellFormed fails unless a picture is XML, and returns how many elements of each name it has.
func wellFormed(t *testing.T, picture template.HTML) map[string]int {
	t.Helper()
	elements := map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(string(picture))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements
		}
		if err != nil {
			t.Fatalf("picture: want XML, got %v in %s", err, picture)
		}
		if start, ok := token.(xml.StartElement); ok {
			elements[start.Name.Local]++
		}
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for name, c := range map[string]struct {
		picture template.HTML
		want    map[string]int // elements
	}{
		"line with a gap": {
			Plot{Title: hostile, Series: []Series{{Name: hostile, Points: []Point{{X: 0, Y: 1}, {X: 1, Y: nan}, {X: 2, Y: 3}}}}}.SVG(),
			map[string]int{"svg": 1, "circle": 0, "polygon": 0},
		},
		"dots":    {Plot{Series: []Series{{Kind: Dots, Points: []Point{{X: 1, Y: 1}, {X: 2, Y: nan}, {X: 3, Y: 2}}}}}.SVG(), map[string]int{"circle": 2}},
		"bars":    {Plot{Series: []Series{{Kind: Bars, Points: []Point{{X: 1, Y: 1}, {X: 2, Y: 2}}}}}.SVG(), map[string]int{"rect": 2}},
		"band":    {Plot{Series: []Series{{Kind: Band, Points: []Point{{X: 1, Y: 1, High: 3}, {X: 2, Y: 2, High: 4}}}}}.SVG(), map[string]int{"polygon": 1}},
		"nothing": {Plot{}.SVG(), map[string]int{"svg": 1}},
		"lanes": {
			Lanes{Title: hostile, States: []string{"held", hostile}, Lanes: []Lane{{Head: hostile, Note: hostile, Bars: []Bar{{From: 0, To: 1, Says: hostile}, {From: 2, To: 2, State: 1, Maybe: true}, {From: 2, To: 2, State: 7, Maybe: true}}}}}.SVG(),
			map[string]int{"rect": 5},
		},
		"ladder": {
			Ladder{Title: hostile, Parties: []string{"client", hostile}, Rungs: []Rung{
				{At: "0.0", From: "client", To: hostile, Text: hostile, HTTP: true}, {From: hostile, To: "client", Text: "200"}, {From: "client", To: "client", Text: "gave up"},
				{From: "client", To: "nobody", Text: "lost"}, {Text: "… 3 more …"},
			}}.SVG(),
			map[string]int{"circle": 2},
		},
		"ladder of nobody": {Ladder{Rungs: []Rung{{Text: "nothing"}}}.SVG(), map[string]int{"svg": 1}},
		"sparkline":        {Sparkline(hostile, []float64{1, nan, 3}), map[string]int{"svg": 1, "path": 1}},
		"one figure":       {Sparkline("one", []float64{0}), map[string]int{"path": 1}},
	} {
		got := wellFormed(t, c.picture)
		for element, n := range c.want {
			if got[element] != n {
				t.Errorf("%s: want %d of %s, got %d in %s", name, n, element, got[element], c.picture)
			}
		}
		if strings.Contains(string(c.picture), "NaN") || strings.Contains(string(c.picture), "<img") {
			t.Errorf("%s: want neither NaN nor hostile text, got %s", name, c.picture)
		}
	}
	if got := Sparkline("none", nil); got != "" {
		t.Errorf("no figures: want no picture, got %s", got)
	}
}
