package handoff

import (
	"testing"
	"time"
)

func TestMidCallRead(t *testing.T) {
	for _, c := range []struct {
		policy                MidCallRead
		first, second, hungUp string
	}{
		{NotFoundMidCall, "", "", ""},
		{Current, `{"a":1,"b":null}`, `{"a":2,"b":null}`, `{"a":2,"b":null}`},
	} {
		t.Run(string(c.policy), func(t *testing.T) {
			s := store(t, func(conf *Config) { conf.MidCallRead, conf.VisibleAfter = c.policy, time.Second })
			s.Live(epoch, Call{ID: "c", State: state("a", `1`, "shared_id", `"s"`)})
			want(t, s, 0, byShared("s"), c.first)
			s.Live(at(time.Second), Call{ID: "c", State: state("a", `2`, "shared_id", `"s"`)})
			want(t, s, time.Second, byShared("s"), c.second)
			s.Put(at(2*time.Second), Call{ID: "c", State: state("a", `3`, "shared_id", `"s"`)})
			want(t, s, 2*time.Second, byShared("s"), c.hungUp)
			s.Live(at(2*time.Second), Call{ID: "c", State: state("a", `9`)}) // late, and without effect
			want(t, s, 3*time.Second, byShared("s"), `{"a":3,"b":null}`)
		})
	}
}

func TestEndOfCallDecidesWhoIsLast(t *testing.T) {
	s := store(t, func(c *Config) { c.MidCallRead = Current })
	for _, id := range []string{"1", "2"} {
		s.Live(epoch, Call{ID: id, State: state("a", id, "shared_id", `"s"`)})
	}
	for _, id := range []string{"2", "1"} {
		s.Put(epoch, Call{ID: id, State: state("a", id, "shared_id", `"s"`)})
	}
	want(t, s, 0, byShared("s"), `{"a":1,"b":null}`)
}

func TestLiveCallsThatNeverEndExpire(t *testing.T) {
	s := store(t, func(c *Config) { c.MidCallRead, c.Retention = Current, time.Minute })
	s.Live(epoch, Call{ID: "c", State: state("a", `1`)})
	s.Live(at(30*time.Second), Call{ID: "c", State: state("a", `2`)})
	want(t, s, 89*time.Second, byID("c"), `{"a":2,"b":null}`)
	want(t, s, 90*time.Second, byID("c"), "")
}
