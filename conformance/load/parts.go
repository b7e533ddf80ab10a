package load

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/verdict"
)

// A history is judged in memory, about a gigabyte for a million operations. One that is longer is judged in parts, so that
// the length of a run does not matter. A part is a time, and holds every caller who did anything in it, or whose reservation
// may have held a number in it: so all that can have happened in it is seen. It goes on for a while into the next one; what is
// found belongs to the part in which its first operation begins, and is seen whole there unless it lasted longer than that.

// mostOperations is how many are judged at one time.
const mostOperations = 500_000

// parts is a history file that is judged in parts.
type parts struct {
	file    string
	prefix  string                   // of the callers' names, which a number follows
	facts   map[string]reading.Facts // of the pools, by project
	most    int                      // operations in a part, about
	overlap time.Duration            // see margin; 0: what the facts say
	callers []extent                 // by their numbers, from 1
	gone    int                      // callers before these, who are forgotten
	read    int64                    // bytes of the file that were measured
	ids     int                      // operations in them
	latest  time.Duration            // anything that happened in them
}

// extent is from when until when a caller had to do with the platform, and where in the file that stands.
type extent struct {
	from, to    time.Duration
	first, last int64 // bytes of the file before its first line, and before its last one
	operations  int
	up          bool // a call whose end is not written
}

// margin is how far a part goes on into the next one: as long as a reservation can wait for its call, and again as long for
// what can come of it.
func (p *parts) margin() time.Duration {
	if p.overlap > 0 {
		return p.overlap
	}
	longest := time.Duration(0)
	for _, f := range p.facts {
		longest = max(longest, f.WindowMax+f.LongestRest())
	}
	return 2*longest + time.Minute
}

// cuttable reports whether it is known how long what happened may matter.
func (p *parts) cuttable() bool {
	for _, f := range p.facts {
		if f.WindowMax <= 0 || f.LongestRest() == reading.Forever {
			return false
		}
	}
	return len(p.facts) > 0
}

// judge judges one part after the other, and returns what is found in all of them together.
func (p *parts) judge(ctx context.Context) (out finding.HistoryReport, err error) {
	out.Files = []string{p.file}
	if !p.cuttable() {
		return out, fmt.Errorf("want the facts window_max and cool_down of so long a history, for it is judged in parts that go by them")
	}
	if err := p.measure(); err != nil {
		return out, err
	}
	cuts := p.cuts()
	for i, from := range cuts {
		to := time.Duration(math.MaxInt64)
		if i+1 < len(cuts) {
			to = cuts[i+1]
		}
		j, err := p.part(ctx, from, to, i == 0)
		if err != nil {
			return out, err
		}
		merge(&out.Judgement, j)
		runtime.GC() // the part goes before the next one needs room
	}
	out.Operations = 0
	for _, c := range p.callers {
		out.Operations += c.operations
	}
	out.Source = fmt.Sprintf("judged in %d parts", len(cuts))
	return out, nil
}

// each calls see with every line that begins between two places of the file, but not with the header.
func (p *parts) each(from, to int64, see func(caller int, at int64, line []byte) error) error {
	f, err := os.Open(p.file)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewScanner(f)
	in.Buffer(make([]byte, 0, 64<<10), 4<<20)
	in.Split(wholeLines)
	for at := from; at <= to && in.Scan(); at += int64(len(in.Bytes())) + 1 {
		if at == 0 {
			continue
		}
		n, ok := p.caller(in.Bytes())
		if !ok {
			return fmt.Errorf("%s: want operations of callers of this run, got %.80s", p.file, in.Bytes())
		}
		if err := see(n, at, in.Bytes()); err != nil {
			return err
		}
	}
	return in.Err()
}

// wholeLines is bufio.ScanLines without a last line that is still being written.
func wholeLines(data []byte, _ bool) (int, []byte, error) {
	end := bytes.IndexByte(data, '\n')
	if end < 0 {
		return 0, nil, nil
	}
	return end + 1, data[:end], nil
}

// caller is the number of the caller whose operation a line is about.
func (p *parts) caller(line []byte) (n int, ok bool) {
	_, after, found := bytes.Cut(line, []byte(`"client":"`+p.prefix))
	name, _, closed := bytes.Cut(after, []byte(`"`))
	n, err := strconv.Atoi(string(name))
	return n, found && closed && err == nil && n > 0
}

// measure finds the extent of every caller in what was written since it was last called.
func (p *parts) measure() error {
	return p.each(p.read, math.MaxInt64, func(n int, at int64, line []byte) error {
		p.read = at + int64(len(line)) + 1
		if n -= p.gone; n < 0 {
			return nil
		}
		var op struct {
			ID      int             `json:"id"`
			Kind    history.Kind    `json:"kind"`
			Project string          `json:"project"`
			Outcome history.Outcome `json:"outcome"`
			Start   time.Duration   `json:"start_ns"`
			End     time.Duration   `json:"end_ns"`
			Bye     time.Duration   `json:"bye_ns"`
			Ended   bool            `json:"ended"`
		}
		if err := json.Unmarshal(line, &op); err != nil {
			return fmt.Errorf("%s: %w", p.file, err)
		}
		for len(p.callers) <= n {
			p.callers = append(p.callers, extent{from: math.MaxInt64, first: at})
		}
		c := &p.callers[n]
		c.first, c.last = min(c.first, at), at
		c.from, c.to = min(c.from, op.Start), max(c.to, op.End, op.Bye)
		if op.ID > p.ids {
			p.ids = op.ID
			c.operations++
		}
		p.latest = max(p.latest, op.Start, op.End, op.Bye)
		facts := p.facts[op.Project]
		if op.Kind == history.Reserve && op.Outcome != history.Refused && op.Outcome != history.Rejected { // a number may be held
			c.to = max(c.to, op.End+facts.WindowMax+facts.LongestRest())
			if op.Outcome != history.OK {
				c.to = max(c.to, op.End+min(facts.ActsWithin(), time.Hour)+facts.WindowMax+facts.LongestRest())
			}
		}
		if op.Kind == history.Call {
			c.to = max(c.to, op.Bye+facts.LongestRest()+facts.EndsApart())
			c.up = !op.Ended && op.Outcome != history.Refused && op.Outcome != history.Rejected
		}
		return nil
	})
}

// cuts are when the parts begin.
func (p *parts) cuts() []time.Duration {
	out := []time.Duration{0}
	operations := 0
	for _, c := range p.callers {
		if operations += c.operations; operations > p.most && c.operations > 0 && c.from > out[len(out)-1]+p.margin() {
			out = append(out, c.from)
			operations = 0
		}
	}
	return out
}

// part judges the time from from to to.
func (p *parts) part(ctx context.Context, from, to time.Duration, first bool) (finding.Judgement, error) {
	until := to
	if to < math.MaxInt64 {
		until = to + p.margin()
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(p.copy(w, from, until)) }()
	f, err := history.Read(p.file, r)
	_ = r.Close()
	if err != nil {
		return finding.Judgement{}, err
	}
	known := maps.Clone(p.facts)
	if !first { // which number was free for longest is known only from the beginning
		for name, facts := range known {
			facts.Selection = ""
			known[name] = facts
		}
	}
	_, j := verdict.Judge(ctx, known, f.Ops, check.Default(), check.Budget)
	for i := range j.Results {
		o := &j.Results[i].Outcome
		o.Violations = within(o.Violations, from, to, until)
		o.Hazards = within(o.Hazards, from, to, until)
	}
	return j, nil
}

// within are those that begin in a part and end while it is still seen whole.
func within(all []finding.Violation, from, to, until time.Duration) (out []finding.Violation) {
	for _, v := range all {
		first, last := time.Duration(math.MaxInt64), time.Duration(0)
		for _, o := range v.Ops {
			first, last = min(first, o.Start), max(last, o.Start)
		}
		if first >= from && first < to && last < until {
			out = append(out, v)
		}
	}
	return out
}

// copy writes the header and the operations of the callers whose extents meet a time. Operations are given new ids, for those
// of a history have no gaps.
func (p *parts) copy(to io.Writer, from, until time.Duration) error {
	out := bufio.NewWriterSize(to, 64<<10)
	head, err := json.Marshal(history.Header{Format: history.Format})
	if err != nil {
		return err
	}
	_, _ = out.Write(append(head, '\n')) // Flush returns the first error
	first, last := int64(math.MaxInt64), int64(0)
	for _, c := range p.callers {
		if c.meets(from, until) {
			first, last = min(first, c.first), max(last, c.last)
		}
	}
	ids := make(map[string]int)
	err = p.each(first, last, func(n int, _ int64, line []byte) error {
		if n -= p.gone; n < 0 || !p.callers[n].meets(from, until) {
			return nil
		}
		id, rest, _ := strings.Cut(strings.TrimPrefix(string(line), `{"id":`), ",")
		if ids[id] == 0 {
			ids[id] = len(ids) + 1
		}
		_, err := fmt.Fprintf(out, "{\"id\":%d,%s\n", ids[id], rest)
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// meets reports whether a caller had to do with the platform in a time.
func (c extent) meets(from, until time.Duration) bool {
	return c.operations > 0 && c.from < until && (c.up || c.to >= from)
}

// merge adds what was found in one more part. What could not be judged in one part and was in another was judged.
func merge(into *finding.Judgement, j finding.Judgement) {
	for _, r := range j.Results {
		at := slices.IndexFunc(into.Results, func(other finding.Judged) bool { return other.Name == r.Name && other.Project == r.Project })
		if at < 0 {
			into.Results = append(into.Results, r)
			continue
		}
		o := &into.Results[at].Outcome
		if r.NotJudged == "" || o.NotJudged != "" && o.Idle {
			o.NotJudged, o.Idle = r.NotJudged, r.Idle
		}
		o.Cases += r.Cases
		o.Undecided += r.Undecided
		o.Omitted += r.Omitted
		for _, v := range r.Violations {
			o.Add(v)
		}
		for _, v := range r.Hazards {
			o.AddHazard(v)
		}
	}
	for _, w := range j.Warnings {
		if !strings.Contains(strings.Join(into.Warnings, "\n"), w) {
			into.Warnings = append(into.Warnings, w)
		}
	}
}
