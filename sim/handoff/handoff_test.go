package handoff

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(d time.Duration) time.Time { return epoch.Add(d) }

func byID(id string) Query         { return Query{ID: id, HasID: true} }
func byShared(shared string) Query { return Query{SharedID: shared, HasSharedID: true} }

// state builds a state from key, JSON text, key, JSON text…
func state(pairs ...string) map[string]json.RawMessage {
	s := map[string]json.RawMessage{}
	for i := 0; i < len(pairs); i += 2 {
		s[pairs[i]] = json.RawMessage(pairs[i+1])
	}
	return s
}

// store returns a store that exposes "a" and "b", changed by change.
func store(t *testing.T, change func(*Config)) *Store {
	t.Helper()
	c := Default()
	c.StateKeys = []string{"a", "b"}
	if change != nil {
		change(&c)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return NewStore(c)
}

// want checks what q finds: the data, or "" for not found.
func want(t *testing.T, s *Store, now time.Duration, q Query, data string) {
	t.Helper()
	r, ok := s.Get(at(now), q)
	if got := string(r.Data); got != data || ok != (data != "") {
		t.Errorf("at %v, %+v: want %q, got %q (found %v)", now, q, data, got, ok)
	}
}

func TestData(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		state  map[string]json.RawMessage
		want   string
	}{
		{"in the order of state_keys", nil, state("b", `2`, "a", `1`), `{"a":1,"b":2}`},
		{"unset is null", nil, state("b", `""`), `{"a":null,"b":""}`},
		{"nothing set", nil, nil, `{"a":null,"b":null}`},
		{"other keys stay inside", nil, state("secret", `1`, "a", `1`), `{"a":1,"b":null}`},
		{"renamed", func(c *Config) { c.Aliases = map[string]string{"a": "queue"} }, state("a", `"Q"`), `{"queue":"Q","b":null}`},
		{"swapped", func(c *Config) { c.Aliases = map[string]string{"a": "b", "b": "a"} }, state("a", `1`), `{"b":1,"a":null}`},
		{"names are escaped", func(c *Config) { c.StateKeys = []string{`"`} }, state(`"`, `1`), `{"\"":1}`},
		{"values are kept as they are", nil, state("a", "{\"x\": [1.0, 12345678901234567890]}", "b", "\n[]\n"), `{"a":{"x": [1.0, 12345678901234567890]},"b":[]}`},
		{"what is not JSON is null", nil, state("a", `{"x":`, "b", ``), `{"a":null,"b":null}`},
		{"false and 0 are values", func(c *Config) { c.Empty = NotFound }, state("a", `false`, "b", `0`), `{"a":false,"b":0}`},
		{"no keys configured", func(c *Config) { c.StateKeys = nil }, state("a", `1`), `{}`},
		{"empty: nulls", func(c *Config) { c.Empty = Nulls }, state("a", `null`), `{"a":null,"b":null}`},
		{"empty: empty", func(c *Config) { c.Empty = NoKeys }, state("a", ` null `), `{}`},
		{"empty: empty, with a value", func(c *Config) { c.Empty = NoKeys }, state("a", `1`), `{"a":1,"b":null}`},
		{"empty: not-found", func(c *Config) { c.Empty = NotFound }, state("a", `null`), ``},
		{"empty: not-found, no keys configured", func(c *Config) { c.Empty, c.StateKeys = NotFound, nil }, state("a", `1`), ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := store(t, c.change)
			s.Put(epoch, Call{ID: "c", State: c.state})
			want(t, s, 0, byID("c"), c.want)
			want(t, s, time.Second, byID("c"), c.want) // a read takes nothing away
		})
	}
}

func TestSharedID(t *testing.T) {
	from := func(source SharedIDSource) func(*Config) { return func(c *Config) { c.SharedIDSource = source } }
	double := func(c *Config) { c.NumberStyle = Double }
	for _, c := range []struct {
		name       string
		change     func(*Config)
		state      string // of the key shared_id, "" when unset
		attributes string
		want       string // "" for none
	}{
		{"from state", nil, `"s"`, `{"shared_id":"a"}`, "s"},
		{"not copied to state", nil, ``, `{"shared_id":"a"}`, ""},
		{"from attributes", from(FromAttributes), `"s"`, `{"shared_id":"a"}`, "a"},
		{"from attributes without", from(FromAttributes), `"s"`, `{}`, ""},
		{"from attributes, none reserved", from(FromAttributes), `"s"`, ``, ""},
		{"attribute names are exact", from(FromAttributes), ``, `{"Shared_ID":"a"}`, ""},
		{"both: state wins", from(FromBoth), `"s"`, `{"shared_id":"a"}`, "s"},
		{"both: attributes else", from(FromBoth), ``, `{"shared_id":"a"}`, "a"},
		{"both: an unusable one in state", from(FromBoth), `null`, `{"shared_id":"a"}`, "a"},
		{"empty text", nil, `""`, ``, ""},
		{"text as it is", nil, `" 007\u00e9+/ "`, ``, " 007é+/ "},
		{"integer", nil, `123`, ``, "123"},
		{"large integer", nil, `123456789012345678901234567890`, ``, "123456789012345678901234567890"},
		{"negative integer", nil, ` -5 `, ``, "-5"},
		{"minus nought", nil, `-0`, ``, "0"},
		{"fraction", nil, `1.0`, ``, ""},
		{"exponent", nil, `1e3`, ``, ""},
		{"true", nil, `true`, ``, ""},
		{"object", nil, `{"a":1}`, ``, ""},
		{"list", nil, `["a"]`, ``, ""},
		{"not JSON", nil, `--`, ``, ""},
		{"double", double, `123`, ``, "123.0"},
		{"double, negative", double, `-5`, ``, "-5.0"},
		{"double, text", double, `"123"`, ``, "123"},
		{"double, last in full", double, `9999999999999998`, ``, "9999999999999998.0"},
		{"double, first with exponent", double, `10000000000000000`, ``, "1e+16"},
		{"double, rounded", double, `123456789012345678`, ``, "1.2345678901234568e+17"},
		{"double, fraction", double, `1.5`, ``, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := store(t, c.change)
			call := Call{ID: "c", State: state("a", `1`), Attributes: json.RawMessage(c.attributes)}
			if c.state != "" {
				call.State["shared_id"] = json.RawMessage(c.state)
			}
			r, _ := s.Put(epoch, call)
			if r.SharedID != c.want || r.HasSharedID != (c.want != "") {
				t.Fatalf("shared_id: want %q, got %q (%v)", c.want, r.SharedID, r.HasSharedID)
			}
			_, found := s.Get(epoch, byShared(c.want))
			if found != (c.want != "") {
				t.Errorf("found by %q: want %v, got %v", c.want, c.want != "", found)
			}
		})
	}
}

func TestSharedIDStateKeyIsConfigured(t *testing.T) {
	s := store(t, func(c *Config) { c.SharedIDStateKey = "session" })
	r, _ := s.Put(epoch, Call{ID: "c", State: state("session", `"x"`, "shared_id", `"y"`)})
	if r.SharedID != "x" {
		t.Errorf("shared_id: want x, got %q", r.SharedID)
	}
}

func TestQuery(t *testing.T) {
	s := store(t, nil)
	s.Put(epoch, Call{ID: "c1", State: state("a", `1`, "shared_id", `"s1"`)})
	s.Put(epoch, Call{ID: "c2", State: state("a", `2`, "shared_id", `"s2"`)})
	one, two := `{"a":1,"b":null}`, `{"a":2,"b":null}`
	for _, c := range []struct {
		name string
		q    Query
		want string
	}{
		{"id", byID("c1"), one},
		{"shared_id", byShared("s2"), two},
		{"both, shared_id wins", Query{ID: "c1", HasID: true, SharedID: "s2", HasSharedID: true}, two},
		{"both, unknown shared_id does not fall back", Query{ID: "c1", HasID: true, SharedID: "s9", HasSharedID: true}, ""},
		{"unknown id", byID("c9"), ""},
		{"exact case", byShared("S1"), ""},
		{"an id is no shared_id", byShared("c1"), ""},
		{"neither", Query{ID: "c1", SharedID: "s1"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) { want(t, s, 0, c.q, c.want) })
	}
}

func TestRecordFields(t *testing.T) {
	s := store(t, func(c *Config) { c.VisibleAfter = time.Second })
	put, _ := s.Put(at(time.Minute), Call{ID: "c", State: state("shared_id", `"s"`)})
	got, ok := s.Get(at(time.Minute+time.Second), byID("c"))
	if !ok || got.ID != "c" || got.SharedID != "s" || !got.HasSharedID || !got.At.Equal(at(time.Minute)) || !got.VisibleAt.Equal(at(time.Minute+time.Second)) {
		t.Errorf("record: got %+v (found %v)", got, ok)
	}
	if fmt.Sprint(put) != fmt.Sprint(got) {
		t.Errorf("put and get: want the same record, got %+v and %+v", put, got)
	}
}

func TestVisibleAfter(t *testing.T) {
	s := store(t, func(c *Config) { c.VisibleAfter = 250 * time.Millisecond })
	s.Put(at(time.Second), Call{ID: "c", State: state("a", `1`, "shared_id", `"s"`)})
	for _, q := range []Query{byID("c"), byShared("s")} {
		want(t, s, time.Second, q, "")
	}
	want(t, s, 1249*time.Millisecond, byShared("s"), "")
	want(t, s, 1250*time.Millisecond, byShared("s"), `{"a":1,"b":null}`)
	want(t, s, 1250*time.Millisecond, byID("c"), `{"a":1,"b":null}`)
}

func TestTimeNeverGoesBack(t *testing.T) {
	s := store(t, func(c *Config) { c.VisibleAfter = time.Second })
	s.Put(epoch, Call{ID: "c", State: state("a", `1`)})
	want(t, s, time.Second, byID("c"), `{"a":1,"b":null}`)
	want(t, s, 0, byID("c"), `{"a":1,"b":null}`) // a reader that took its time before it took the lock
}

func TestRetention(t *testing.T) {
	s := store(t, func(c *Config) { c.Retention = time.Minute })
	s.Put(epoch, Call{ID: "c1", State: state("a", `1`, "shared_id", `"s"`)})
	s.Put(at(time.Second), Call{ID: "c2", State: state("a", `2`, "shared_id", `"s"`)})
	want(t, s, time.Minute-1, byID("c1"), `{"a":1,"b":null}`)
	want(t, s, time.Minute, byID("c1"), "")
	want(t, s, time.Minute, byShared("s"), `{"a":2,"b":null}`)
	want(t, s, time.Minute+time.Second, byShared("s"), "")
	if got, want := s.Stats(at(time.Hour)), (Stats{Expired: 2}); got != want {
		t.Errorf("stats: want %+v, got %+v", want, got)
	}
}

func TestRetentionZeroKeeps(t *testing.T) {
	s := store(t, func(c *Config) { c.Retention = 0 })
	s.Put(epoch, Call{ID: "c", State: state("a", `1`)})
	want(t, s, 1e6*time.Hour, byID("c"), `{"a":1,"b":null}`)
}

func TestMaxRecordsDropsTheOldest(t *testing.T) {
	s := store(t, func(c *Config) { c.MaxRecords, c.VisibleAfter = 2, time.Second })
	for i := range 5 {
		s.Put(epoch, Call{ID: fmt.Sprint("c", i), State: state("a", fmt.Sprint(i), "shared_id", fmt.Sprint(i%2))})
	}
	if got, want := s.Stats(epoch), (Stats{Records: 2, Waiting: 2, Evicted: 3, Bytes: bytesOf(s)}); got != want {
		t.Errorf("stats: want %+v, got %+v", want, got)
	}
	want(t, s, time.Second, byID("c2"), "")
	want(t, s, time.Second, byShared("1"), `{"a":3,"b":null}`)
	want(t, s, time.Second, byShared("0"), `{"a":4,"b":null}`)
}

// A record goes before its time only when another needs its room, and never without a word.
func TestMaxBytesDropsTheOldestAndSaysSo(t *testing.T) {
	large := func(id string, bytes int) Call {
		return Call{ID: id, State: state("a", `"`+strings.Repeat("x", bytes)+`"`, "shared_id", `"s-`+id+`"`)}
	}
	s := store(t, func(c *Config) { c.MaxBytes, c.Retention = 10_000, time.Hour })
	var got []string
	s.Observe(func(e Evicted) {
		got = append(got, fmt.Sprint(e.Record.ID, " ", e.Record.SharedID, " ", e.Limit, " ", e.Left))
	})
	s.Put(epoch, large("1", 2000))
	s.Put(epoch.Add(time.Minute), large("2", 2000))
	if got != nil {
		t.Fatalf("want both kept, got %q", got)
	}
	s.Put(epoch.Add(2*time.Minute), large("3", 6000))
	s.Put(epoch.Add(3*time.Minute), large("4", 20_000)) // more than all may take: it is kept alone
	if want := []string{"1 s-1 max_bytes 58m0s", "2 s-2 max_bytes 58m0s", "3 s-3 max_bytes 59m0s"}; !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
	if got := s.Stats(epoch); got.Records != 1 || got.Bytes != bytesOf(s) || got.Bytes < 20_000 {
		t.Errorf("stats: want the last alone, got %+v", got)
	}
}

// What is counted is what is taken: a bound on the count is one on the heap.
func TestBytesAreThoseOfTheHeap(t *testing.T) {
	for _, size := range []int{0, 10_000} {
		s := store(t, func(c *Config) { c.MaxBytes = 1 << 30 })
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range 2000 {
			id := fmt.Sprint("c", i)
			s.Put(epoch, Call{ID: id, State: state("a", `"`+strings.Repeat("x", size)+`"`, "shared_id", `"s-`+id+`"`)})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		heap, counted := float64(after.HeapAlloc)-float64(before.HeapAlloc), float64(s.Stats(epoch).Bytes)
		t.Logf("%d bytes a state: counted %.0f, on the heap %.0f", size, counted/2000, heap/2000)
		if counted < 0.9*heap || counted > 1.5*heap {
			t.Errorf("%d bytes a state: want about the heap's %.0f bytes counted, got %.0f", size, heap, counted)
		}
	}
}

func TestDuplicates(t *testing.T) {
	one, two := `{"a":1,"b":null}`, `{"a":2,"b":null}`
	for _, c := range []struct {
		policy          Duplicates
		alone, together string
		afterFirst      string // once the first call's record has expired
	}{
		{Last, one, two, two},
		{First, one, one, two},
		{Conflict, one, "", two},
	} {
		t.Run(string(c.policy), func(t *testing.T) {
			s := store(t, func(conf *Config) {
				conf.Duplicates, conf.VisibleAfter, conf.Retention = c.policy, time.Second, time.Minute
			})
			s.Put(epoch, Call{ID: "c1", State: state("a", `1`, "shared_id", `"s"`)})
			s.Put(at(10*time.Second), Call{ID: "c2", State: state("a", `2`, "shared_id", `"s"`)})
			want(t, s, 10*time.Second, byShared("s"), c.alone) // the second is not visible yet
			want(t, s, 11*time.Second, byShared("s"), c.together)
			want(t, s, 11*time.Second, byID("c1"), one)
			want(t, s, 11*time.Second, byID("c2"), two)
			want(t, s, time.Minute, byShared("s"), c.afterFirst)
		})
	}
}

func TestEmptyRecordHidesAnOlderOne(t *testing.T) {
	s := store(t, func(c *Config) { c.Empty = NotFound })
	s.Put(epoch, Call{ID: "c1", State: state("a", `1`, "shared_id", `"s"`)})
	s.Put(epoch, Call{ID: "c2", State: state("shared_id", `"s"`)})
	want(t, s, 0, byShared("s"), "")
}

func TestSameIDAgainReplaces(t *testing.T) {
	s := store(t, nil)
	s.Put(epoch, Call{ID: "c", State: state("a", `1`, "shared_id", `"s"`)})
	s.Put(epoch, Call{ID: "c", State: state("a", `2`)})
	want(t, s, 0, byID("c"), `{"a":2,"b":null}`)
	want(t, s, 0, byShared("s"), "")
	if got := s.Stats(epoch); got != (Stats{Records: 1, Bytes: bytesOf(s)}) {
		t.Errorf("stats: want one record, got %+v", got)
	}
}

// An end_function that writes nothing new revises nothing, be the state visible already or not.
func TestReviseWithoutAChange(t *testing.T) {
	for _, visibleAfter := range []time.Duration{0, 5 * time.Second} {
		s := store(t, func(c *Config) { c.VisibleAfter = visibleAfter })
		s.Put(epoch, Call{ID: "c", State: state("a", `1`, "shared_id", `"s"`)})
		if r, ok := s.Revise(at(time.Second), Call{ID: "c", State: state("a", `1`, "shared_id", `"s"`, "hidden", `2`)}); ok {
			t.Errorf("visible after %v: want no revision, got %+v", visibleAfter, r)
		}
		if r, ok := s.Revise(at(time.Second), Call{ID: "c", State: state("a", `2`, "shared_id", `"s"`)}); !ok || string(r.Data) != `{"a":2,"b":null}` {
			t.Errorf("visible after %v: want it revised, got %+v, %v", visibleAfter, r, ok)
		}
	}
}

func TestRevise(t *testing.T) {
	one, two := `{"a":1,"b":null}`, `{"a":2,"b":null}`
	for _, c := range []struct {
		snapshot            Snapshot
		revised             bool
		between, afterwards string
	}{
		{CallEnd, false, one, one},
		{EndFunction, true, one, two},
	} {
		t.Run(string(c.snapshot), func(t *testing.T) {
			s := store(t, func(conf *Config) { conf.Snapshot, conf.VisibleAfter = c.snapshot, 5*time.Second })
			s.Put(epoch, Call{ID: "c", State: state("a", `1`, "shared_id", `"old"`)})
			_, ok := s.Revise(at(time.Second), Call{ID: "c", State: state("a", `2`, "shared_id", `"new"`)})
			if ok != c.revised {
				t.Errorf("revised: want %v, got %v", c.revised, ok)
			}
			want(t, s, 4*time.Second, byID("c"), "")
			want(t, s, 5*time.Second, byShared("old"), c.between)
			want(t, s, 6*time.Second, byID("c"), c.afterwards)
			if c.revised {
				want(t, s, 6*time.Second, byShared("old"), "")
				want(t, s, 6*time.Second, byShared("new"), two)
			}
		})
	}
}

func TestReviseAheadOfTime(t *testing.T) {
	s := store(t, func(c *Config) { c.Snapshot = EndFunction })
	s.Put(epoch, Call{ID: "c", State: state("a", `1`)})
	r, ok := s.Revise(at(5*time.Second), Call{ID: "c", State: state("a", `2`)})
	if !ok || !r.At.Equal(at(5*time.Second)) {
		t.Errorf("revision: want it at 5s, got %v (%v)", r.At, ok)
	}
	next, _ := s.Put(at(time.Second), Call{ID: "d"})
	if !next.At.Equal(at(time.Second)) {
		t.Errorf("another call: want it at 1s, got %v: the revision moved the time", next.At)
	}
	want(t, s, 5*time.Second-1, byID("c"), `{"a":1,"b":null}`)
	want(t, s, 5*time.Second, byID("c"), `{"a":2,"b":null}`)
}

func TestReviseChangesNothingWhen(t *testing.T) {
	end := func(c *Config) { c.Snapshot, c.Retention, c.MidCallRead = EndFunction, time.Minute, Current }
	s := store(t, end)
	if _, ok := s.Revise(epoch, Call{ID: "unknown"}); ok {
		t.Error("unknown call: want false, got true")
	}
	s.Live(epoch, Call{ID: "c", State: state("a", `1`)})
	if _, ok := s.Revise(epoch, Call{ID: "c"}); ok {
		t.Error("call still up: want false, got true")
	}
	s.Put(epoch, Call{ID: "c", State: state("a", `1`)})
	if _, ok := s.Revise(epoch, Call{ID: "c", State: state("a", `2`)}); !ok {
		t.Error("first revision: want true, got false")
	}
	if _, ok := s.Revise(epoch, Call{ID: "c", State: state("a", `3`)}); ok {
		t.Error("second revision: want false, got true")
	}
	want(t, s, 0, byID("c"), `{"a":2,"b":null}`)
	if _, ok := s.Revise(at(time.Minute), Call{ID: "c"}); ok {
		t.Error("expired: want false, got true")
	}
}

func TestRevisionKeepsItsPlaceAmongDuplicates(t *testing.T) {
	s := store(t, func(c *Config) { c.Snapshot = EndFunction })
	s.Put(epoch, Call{ID: "c1", State: state("a", `1`, "shared_id", `"s"`)})
	s.Put(epoch, Call{ID: "c2", State: state("a", `2`, "shared_id", `"s"`)})
	s.Revise(epoch, Call{ID: "c1", State: state("a", `9`, "shared_id", `"s"`)})
	want(t, s, 0, byShared("s"), `{"a":2,"b":null}`)
	want(t, s, 0, byID("c1"), `{"a":9,"b":null}`)
}

func TestAbandoned(t *testing.T) {
	for _, c := range []struct {
		policy Abandoned
		kept   bool
		want   string
	}{
		{Keep, true, `{"a":1,"b":null}`},
		{Drop, false, ``},
	} {
		t.Run(string(c.policy), func(t *testing.T) {
			s := store(t, func(conf *Config) { conf.Abandoned, conf.MidCallRead = c.policy, Current })
			s.Live(epoch, Call{ID: "c", State: state("a", `0`, "shared_id", `"s"`)})
			if _, kept := s.Put(epoch, Call{ID: "c", State: state("a", `1`, "shared_id", `"s"`), Abandoned: true}); kept != c.kept {
				t.Errorf("kept: want %v, got %v", c.kept, kept)
			}
			want(t, s, 0, byID("c"), c.want)
			want(t, s, 0, byShared("s"), c.want)
			s.Put(epoch, Call{ID: "other", State: state("a", `2`)})
			want(t, s, 0, byID("other"), `{"a":2,"b":null}`)
		})
	}
}
