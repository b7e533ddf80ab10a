package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
)

// The parties that have the first columns of a ladder, in this order. Any other gets a column after them.
const (
	client   = "client"
	platform = "platform"
	carrier  = "carrier"
)

const (
	maxRungs   = 40 // more would hide what matters: the end
	foldFrom   = 4  // so many repeats, or more, are folded
	narrowest  = 14 // columns between two parties
	widest     = 40
	lastColumn = 12 // room for the last party's name, at most
	timeColumn = 11 // the milliseconds, under the label
)

// rung is one line of a ladder. From and to are the same for an event of one party, and both empty for a remark.
type rung struct {
	at             time.Time
	from, to, text string
	http           bool
}

func (r rung) same(o rung) bool { return r.from == o.from && r.to == o.to && r.text == o.text }

// ladder writes HTTP and SIP in the order of their times, with milliseconds since the first of them.
func (p *page) ladder(exchanges []finding.Exchange, messages []finding.SIPMessage) {
	rungs := rungsOf(exchanges, messages)
	if len(rungs) == 0 {
		return
	}
	start := firstTime(rungs)
	parties := partiesOf(rungs)
	rungs = folded(rungs)

	last := len(parties) - 1
	room := p.width - timeColumn - len("  ") - min(columns(parties[last]), lastColumn)
	gap := min(max(room/max(last, 1), narrowest), widest)
	var names strings.Builder
	for _, name := range parties[:last] {
		names.WriteString(pad(shorten(name, gap-1), gap))
	}
	names.WriteString(shorten(parties[last], lastColumn))
	p.line("  %s ms  %s", p.paint(cyan, "ladder"), names.String())
	for _, r := range rungs {
		ms := ""
		if !r.at.IsZero() {
			ms = fmt.Sprintf("%.1f", float64(r.at.Sub(start).Microseconds())/1000)
		}
		p.line("%*s  %s", timeColumn, ms, strings.TrimRight(r.draw(parties, gap), " "))
	}
}

func rungsOf(exchanges []finding.Exchange, messages []finding.SIPMessage) []rung {
	var out []rung
	for _, x := range exchanges {
		out = append(out, rung{x.At, client, platform, x.Method + " " + requestTarget(x.URL), true})
		end := x.At
		if !end.IsZero() {
			end = end.Add(x.Duration)
		}
		switch {
		case x.Status == 0:
			out = append(out, rung{end, client, client, "no reply: " + reason(x), true})
		case x.Error != "":
			out = append(out, rung{end, platform, client, fmt.Sprintf("%d, then %s", x.Status, x.Error), true})
		default:
			out = append(out, rung{end, platform, client, strings.TrimSpace(fmt.Sprintf("%d %s", x.Status, x.ResponseBody)), true})
		}
	}
	for _, m := range messages {
		out = append(out, rung{m.At, m.From, m.To, m.Summary, false})
	}
	slices.SortStableFunc(out, func(a, b rung) int { return a.at.Compare(b.at) })
	return out
}

func firstTime(rungs []rung) time.Time {
	for _, r := range rungs {
		if !r.at.IsZero() {
			return r.at
		}
	}
	return time.Time{}
}

func partiesOf(rungs []rung) []string {
	var seen []string
	for _, r := range rungs {
		for _, name := range []string{r.from, r.to} {
			if name != "" && !slices.Contains(seen, name) {
				seen = append(seen, name)
			}
		}
	}
	var out []string
	for _, name := range []string{client, platform, carrier} {
		if i := slices.Index(seen, name); i >= 0 {
			out = append(out, name)
			seen = slices.Delete(seen, i, i+1)
		}
	}
	return append(out, seen...)
}

// folded are the rungs without what repeats itself, and the last of them where there are too many.
func folded(rungs []rung) []rung {
	rungs = fold(rungs)
	if cut := len(rungs) - maxRungs; cut > 0 {
		return append([]rung{{text: fmt.Sprintf("… %d earlier …", cut)}}, rungs[cut:]...)
	}
	return rungs
}

// fold replaces the middle of a long row of equal rungs, or of equal pairs (a poll and its reply), by a remark.
func fold(rungs []rung) []rung {
	var out []rung
	for i := 0; i < len(rungs); {
		size, times := repeats(rungs[i:])
		if times < foldFrom {
			out = append(out, rungs[i])
			i++
			continue
		}
		end := i + size*times
		out = append(out, rungs[i:i+size]...)
		out = append(out, rung{text: fmt.Sprintf("… %d more like this …", times-2)})
		out = append(out, rungs[end-size:end]...)
		i = end
	}
	return out
}

// repeats returns how often the first rung, or else the first two, follow one another from the start.
func repeats(rungs []rung) (size, times int) {
	for _, size := range []int{1, 2} {
		n := size
		for n < len(rungs) && rungs[n].same(rungs[n-size]) {
			n++
		}
		if n/size >= foldFrom {
			return size, n / size
		}
	}
	return 1, 1
}

// draw lays the rung out between the parties' columns.
func (r rung) draw(parties []string, gap int) string {
	from, to := slices.Index(parties, r.from), slices.Index(parties, r.to)
	if from < 0 && to < 0 {
		return "   " + r.text
	}
	if from < 0 || to < 0 { // one side is not known: an event of the other
		from = max(from, to)
		to = from
	}
	lo, hi := min(from, to), max(from, to)
	var b strings.Builder
	b.WriteString(strings.Repeat(pad("|", gap), lo))
	b.WriteString("|")
	if lo == hi {
		b.WriteString(r.event(parties, lo, gap))
		return b.String()
	}
	inner := (hi-lo)*gap - 1
	label := r.label(inner - len("<-- ") - len(" -"))
	rule := strings.Repeat("-", inner-len("<-- ")-len(" ")-columns(label))
	if from < to {
		fmt.Fprintf(&b, "-- %s %s>", label, rule)
	} else {
		fmt.Fprintf(&b, "<-- %s %s", label, rule)
	}
	b.WriteString("|")
	b.WriteString(strings.Repeat(pad("", gap-1)+"|", len(parties)-1-hi))
	return b.String()
}

// event draws something that one party knows alone.
func (r rung) event(parties []string, at, gap int) string {
	rest := len(parties) - 1 - at
	if rest == 0 {
		return " * " + shorten(r.text, widest)
	}
	return pad(" * "+shorten(r.text, gap-len(" *  |")), gap-1) + "|" + strings.Repeat(pad("", gap-1)+"|", rest-1)
}

// label cuts the text to n columns. The end of a path says more than its beginning.
func (r rung) label(n int) string {
	method, path, ok := strings.Cut(r.text, " ")
	// A method may be whatever a client has sent, and leave a path no room.
	if room := n - columns(method) - 1; ok && room > 1 && strings.HasPrefix(path, "/") && columns(r.text) > n {
		return method + " " + shortenFront(path, room)
	}
	return shorten(r.text, n)
}
