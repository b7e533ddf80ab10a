package report

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"
)

// columns returns how many terminal cells s takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if r >= ' ' && r < 0x7f {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// pad appends spaces until s takes n cells.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-columns(s))) }

// shorten cuts s to n cells, the last of them "…" when something was cut. Ends of lines become spaces.
func shorten(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if columns(s) <= n {
		return s
	}
	head, _ := splitAt(s, max(n-1, 0))
	return strings.TrimRight(head, " ") + "…"
}

// shortenFront is shorten that keeps the end.
func shortenFront(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	runes := []rune(s)
	used, from := 1, len(runes)
	for from > 0 && used+runeColumns(runes[from-1]) <= n {
		from--
		used += runeColumns(runes[from])
	}
	return "…" + string(runes[from:])
}

// splitAt cuts s after at most n cells.
func splitAt(s string, n int) (head, tail string) {
	used := 0
	for i, r := range s {
		used += runeColumns(r)
		if used > n {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// wrap breaks text into lines of at most n cells: at its own ends of lines, then between words, and inside a word
// that is too long for a line. What continues a line is indented as the line is. A tab becomes four spaces.
func wrap(text string, n int) []string {
	var out []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\t", "    "), "\n") {
		out = append(out, wrapLine(strings.TrimRight(line, " "), n)...)
	}
	return out
}

func wrapLine(line string, n int) []string {
	text := strings.TrimLeft(line, " ")
	indent := line[:len(line)-len(text)]
	if len(indent) > n/2 {
		indent = ""
	}
	n = max(n-len(indent), 2) // no character is wider than two
	var out []string
	for columns(text) > n {
		head, tail := splitAt(text, n)
		if cut := strings.LastIndexByte(head, ' '); cut > 0 && !strings.HasPrefix(tail, " ") {
			head, tail = head[:cut], text[cut:]
		}
		out = append(out, indent+strings.TrimRight(head, " "))
		text = strings.TrimLeft(tail, " ")
	}
	return append(out, indent+text)
}

// human says a duration as a person would: 0.4 ms, 12 ms, 3.4 s, 2 min 5 s.
func human(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + human(-d)
	case d < 10*time.Millisecond-50*time.Microsecond:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()*1000), ".0") + " ms"
	case d < time.Second-500*time.Microsecond:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1000)
	case d < time.Minute-50*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	d = d.Round(time.Second)
	return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
}

// count says a number of things: "1 scenario", "2 scenarios".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
