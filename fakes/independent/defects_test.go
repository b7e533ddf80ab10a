package independent

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// symptoms are what a client sees of each defect: whether it is there. Each is looked for on the correct platform as well,
// which must not show it.
var symptoms = map[string]struct {
	options Options
	seen    func(*world) bool
}{
	"F01": {Options{}, func(w *world) bool {
		a, b := w.twoAtOnce()
		return a == b
	}},
	"F03": {Options{}, func(w *world) bool {
		first, second := w.reserved(`{}`), w.reserved(`{}`)
		return first == second
	}},
	"F05": {Options{Projects: DefaultProjects(2, 1)}, func(w *world) bool {
		a, _ := w.post(0, `{}`)
		b, _ := w.post(1, `{}`)
		return a == b
	}},
	"F06": {Options{Projects: DefaultProjects(1, 1)}, func(w *world) bool {
		w.reserved(`{}`)
		return w.within(200, func() bool { _, status := w.post(0, `{}`); return status == 200 })
	}},
	"F07": {Options{Projects: DefaultProjects(1, 1)}, func(w *world) bool {
		w.called(w.reserved(`{}`))
		w.reserved(`{}`)
		return w.within(200, func() bool { _, status := w.post(0, `{}`); return status == 200 })
	}},
	"F08": {Options{CoolDown: time.Hour, Projects: DefaultProjects(1, 1)}, func(w *world) bool {
		w.called(w.reserved(`{}`))
		_, status := w.post(0, `{}`)
		return status == 200
	}},
	"F09": {Options{}, func(w *world) bool {
		first := w.reserved(`{}`)
		w.called(first)
		return w.reserved(`{}`) == first
	}},
	"F10": {Options{}, func(w *world) bool { return w.refused(4) > 0 }},
	"F12": {Options{Projects: DefaultProjects(1, 20)}, func(w *world) bool { return w.refused(10) > 0 }},
	"F13": {Options{Projects: DefaultProjects(1, 1), Window: 5 * time.Millisecond}, func(w *world) bool {
		for range 6 {
			if !w.within(500, func() bool { _, status := w.post(0, `{}`); return status == 200 }) {
				return true
			}
		}
		return false
	}},
	"F14": {Options{Projects: DefaultProjects(1, 1)}, func(w *world) bool {
		w.reserved(`{}`)
		dni, status := w.post(0, `{}`)
		return dni == "" && status == 200
	}},
	"F15": {Options{Projects: DefaultProjects(1, 1)}, func(w *world) bool {
		first := w.reserved(`{}`)
		second, _ := w.post(0, `{}`)
		return second == first
	}},
	"F19": {Options{Projects: DefaultProjects(1, 20)}, func(w *world) bool { return w.answers(8, 502) }},
	"F20": {Options{Projects: DefaultProjects(1, 20)}, func(w *world) bool {
		for range 9 {
			if w.called(w.reserved(`{}`)) == 404 {
				return true
			}
		}
		return false
	}},
	"F24": {Options{Projects: DefaultProjects(1, 1), Window: time.Millisecond}, func(w *world) bool {
		w.reserved(`{}`)
		return !w.within(100, func() bool { _, status := w.post(0, `{}`); return status == 200 })
	}},
	"F25": {Options{Projects: DefaultProjects(1, 1)}, func(w *world) bool {
		for range 5 {
			w.called(w.reserved(`{}`))
		}
		_, status := w.post(0, `{}`)
		return status == 404
	}},
	"F26": {Options{Projects: DefaultProjects(1, 1), Window: 10 * time.Millisecond}, func(w *world) bool {
		dni := w.reserved(`{"shared_id":"s"}`)
		w.within(50, func() bool { return false })
		w.called(dni)
		return w.state("s").ID != ""
	}},
	"F36": {Options{}, func(w *world) bool {
		w.called(strings.TrimPrefix(w.reserved(`{"shared_id":"s"}`), "+"))
		return w.state("s").ID == ""
	}},
	"F38": {Options{}, func(w *world) bool { w.called(w.reserved(`{"shared_id":"s"}`)); return w.state("s").ID == "" }},
	"F40": {Options{}, func(w *world) bool {
		dni := w.reserved(`{"shared_id":"s"}`)
		w.called(dni)
		first := w.state("s").ID
		w.called(dni)
		return w.state("s").ID != first
	}},
	"F41": {Options{}, func(w *world) bool {
		dni := w.reserved(`{"shared_id":"s","want_talk":0.2}`)
		a, _ := w.dial("udp", dni)
		b, _ := w.dial("udp", dni)
		b.hungUp()
		early := w.state("s").ID != ""
		a.hungUp()
		first := w.state("s").ID
		return early || first == ""
	}},
	"F43": {Options{}, func(w *world) bool { return w.lost(5) }},
	"F44": {Options{Projects: DefaultProjects(2, 4)}, func(w *world) bool { return w.lost(5) }},
	"F45": {Options{}, func(w *world) bool {
		w.called(w.reserved(`{"shared_id":"s","big":9007199254740993}`))
		return !strings.Contains(string(w.state("s").Data.Attributes), "9007199254740993")
	}},
	"F46": {Options{}, func(w *world) bool { return w.lost(5) }},
	"F47": {Options{Ring: 100 * time.Millisecond}, func(w *world) bool {
		a, b := w.reserved(`{"nonce":"a","shared_id":"a"}`), w.reserved(`{"nonce":"b","shared_id":"b"}`)
		p, q := w.phone("udp", a), w.phone("udp", b)
		for _, p := range []*phone{p, q} {
			p.send("INVITE", "")
		}
		for _, p := range []*phone{p, q} {
			p.final()
			p.send("ACK", "")
			p.hungUp()
		}
		return w.state("a").Data.DNIS == b && w.state("b").Data.DNIS == a
	}},
	"F48": {Options{Projects: DefaultProjects(2, 1)}, func(w *world) bool {
		w.called(w.reserved(`{"shared_id":"s"}`))
		_, status := w.get(0, 1, "shared_id", "s")
		return status == 200
	}},
	"F49": {Options{}, func(w *world) bool { return w.lost(4) }},
	"F51": {Options{}, func(w *world) bool {
		w.called(w.reserved(`{"nonce":"1","shared_id":"s"}`))
		w.called(w.reserved(`{"nonce":"2","shared_id":"s"}`))
		return w.state("s").Data.Nonce == "1"
	}},
	"F53": {Options{}, func(w *world) bool {
		w.called(w.reserved(`{"shared_id":"s"}`))
		return w.state("s").ID != "" && w.state("s").ID == ""
	}},
	"F54": {Options{}, func(w *world) bool {
		w.called(w.reserved(`{"shared_id":"s"}`))
		return w.within(200, func() bool { return w.state("s").ID == "" })
	}},
	"F55": {Options{}, func(w *world) bool {
		w.called(w.reserved(`{"shared_id":"a"}`))
		w.called(w.reserved(`{"shared_id":"b"}`))
		h, _ := w.get(0, 0, "id", w.state("a").ID, "shared_id", "b")
		return h.SharedID == "a"
	}},
	"F57": {Options{Projects: DefaultProjects(1, 20)}, func(w *world) bool { return w.answers(8, 401) }},
	"F58": {Options{Projects: DefaultProjects(1, 20)}, func(w *world) bool { return w.answers(11, 429) }},
	"F59": {Options{}, func(w *world) bool {
		w.called(w.reserved(`{"shared_id":"s"}`))
		broken := false
		for range 6 {
			_, status := w.get(0, 0, "shared_id", "s")
			broken = broken || status == 0
		}
		return broken
	}},
	"F61": {Options{}, func(w *world) bool { w.called(w.reserved(`{"shared_id":"s"}`)); return w.state("s").ID == "" }},
	"F62": {Options{Release: OnArrival}, func(w *world) bool {
		dni := w.reserved(`{"want_talk":0.2}`)
		p, _ := w.dial("udp", dni)
		q, status := w.dial("udp", dni)
		p.hungUp()
		if status == 200 {
			q.hungUp()
		}
		return status == 486
	}},
	"F63": {Options{}, func(w *world) bool { return w.called(w.reserved(`{}`)) == 480 }},
}

// within reports whether it happens within so many milliseconds.
func (w *world) within(ms int, happens func() bool) bool {
	for end := time.Now().Add(time.Duration(ms) * time.Millisecond); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if happens() {
			return true
		}
	}
	return false
}

func (w *world) twoAtOnce() (a, b string) {
	var both sync.WaitGroup
	both.Go(func() { a, _ = w.post(0, `{}`) })
	both.Go(func() { b, _ = w.post(0, `{}`) })
	both.Wait()
	return a, b
}

// refused counts the 404s of so many reservations.
func (w *world) refused(n int) (refused int) {
	for range n {
		if _, status := w.post(0, `{}`); status == 404 {
			refused++
		}
	}
	return refused
}

// answers reports whether one of so many reservations is answered with a status.
func (w *world) answers(n, want int) (got bool) {
	for range n {
		_, status := w.post(0, `{}`)
		got = got || status == want
	}
	return got
}

// lost reports whether one of so many calls, made one after the other, has left no state under its shared_id.
func (w *world) lost(n int) bool {
	for i := range n {
		id := fmt.Sprintf("s%d", i)
		w.called(w.reserved(`{"shared_id":"` + id + `"}`))
		if w.state(id).ID == "" {
			return true
		}
	}
	return false
}

func TestDefects(t *testing.T) {
	named := regexp.MustCompile(`^F(0[1-9]|[1-5][0-9]|6[0-6])$`)
	var codes []string
	ours := 0
	for _, d := range Defects() {
		codes = append(codes, d.Code)
		if d.Mutant == "" {
			ours++
		}
		s, ok := symptoms[d.Code]
		if !ok || !named.MatchString(d.Code) || d.Name == "" || !strings.HasSuffix(d.Seen, ".") {
			t.Errorf("%+v: want a code, a name, a sentence and a symptom", d)
			continue
		}
		t.Run(d.Code, func(t *testing.T) {
			t.Parallel()
			if s.seen(start(t, s.options)) {
				t.Errorf("%s: the correct platform shows it", d.Name)
			}
			s.options.Defects = []string{d.Code}
			if !s.seen(start(t, s.options)) {
				t.Errorf("%s: want it seen: %s", d.Name, d.Seen)
			}
		})
	}
	if !slices.IsSorted(codes) || len(slices.Compact(codes)) != len(symptoms) || len(codes) < 20 || ours < 6 {
		t.Errorf("want at least 20 defects in order, each once, 6 of them of no mutant, got %d of %v", ours, codes)
	}
}
