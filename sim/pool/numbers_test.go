package pool

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestExpand(t *testing.T) {
	for _, c := range []struct {
		numbers     Numbers
		n           int
		first, last string
	}{
		{Count(0), 0, "", ""},
		{Count(1), 1, "+442079460000", "+442079460000"},
		{Count(1000), 1000, "+442079460000", "+442079460999"},
		{Count(1001), 1001, "+99910000000", "+99910001000"},
		{Count(20).At(980), 20, "+442079460980", "+442079460999"},
		{Count(20).At(981), 20, "+99910000981", "+99910001000"},
		{List("+12025550123"), 1, "+12025550123", "+12025550123"},
		{List("+12025550123").At(5), 1, "+12025550123", "+12025550123"},
		{List("+442079460098..+442079460101", "+12345"), 5, "+442079460098", "+12345"},
		{List("+999999999999999"), 1, "+999999999999999", "+999999999999999"},
	} {
		got, err := c.numbers.Expand()
		if err != nil || len(got) != c.n {
			t.Errorf("%+v: want %d numbers, got %d, %v", c.numbers, c.n, len(got), err)
		} else if c.n > 0 && (got[0] != c.first || got[c.n-1] != c.last) {
			t.Errorf("%+v: want %s to %s, got %s to %s", c.numbers, c.first, c.last, got[0], got[c.n-1])
		}
	}
}

// TestSpelled: the same numbers, wherever they stand.
func TestSpelled(t *testing.T) {
	for _, n := range []Numbers{Count(1), Count(20).At(980), Count(1001).At(3), List("+12345", "+442079460098..+442079460101")} {
		want, _ := n.Expand()
		got, err := n.Spelled().At(7).Expand()
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%+v: want %v, got %v (%v)", n, want, got, err)
		}
	}
	if got := Count(0).Spelled(); got.Count != 0 || got.List != nil {
		t.Errorf("none: want none, got %+v", got)
	}
}

func TestExpandProblems(t *testing.T) {
	notE164 := func(s string) string {
		return fmt.Sprintf("numbers: want E.164 like +442079460000 or a range like +442079460000..+442079460019, got %q", s)
	}
	for _, c := range []struct {
		numbers Numbers
		want    string
	}{
		{Count(-1), "numbers: want a count of 0 to 10000000, got -1"},
		{Count(10_000_001), "numbers: want a count of 0 to 10000000, got 10000001"},
		{Count(1).At(-1), "numbers: want an offset of 0 to 10000000, got -1"},
		{List(""), notE164("")},
		{List("442079460000"), notE164("442079460000")},
		{List("+042079460000"), notE164("+042079460000")},
		{List("+1234"), notE164("+1234")},
		{List("+1234567890123456"), notE164("+1234567890123456")},
		{List("+12345 "), notE164("+12345 ")},
		{List("+12345.."), notE164("+12345..")},
		{List("+12345..+123456"), `numbers: want a range that ascends within one length, got "+12345..+123456"`},
		{List("+12346..+12345"), `numbers: want a range that ascends within one length, got "+12346..+12345"`},
		{List("+100000000..+999999999"), "numbers: want at most 10000000, got more"},
		{List("x", "y"), notE164("x") + "\n" + notE164("y")},
	} {
		if _, err := c.numbers.Expand(); err == nil || err.Error() != c.want {
			t.Errorf("%+v: want %s, got %v", c.numbers, c.want, err)
		}
	}
}

func TestExpandCutsItsProblemsShort(t *testing.T) {
	_, err := List(strings.Fields(strings.Repeat("x ", 1000))...).Expand()
	if err == nil || strings.Count(err.Error(), "\n") != maxProblems {
		t.Errorf("want %d problems and a note, got %v", maxProblems, err)
	}
}

func TestOffsetsKeepPoolsApart(t *testing.T) {
	seen, offset := map[string]int{}, 0
	for pool, n := range []int{20, 900, 100, 2000, 5} {
		numbers, err := Count(n).At(offset).Expand()
		if err != nil {
			t.Fatal(err)
		}
		for _, number := range numbers {
			if other, ok := seen[number]; ok {
				t.Fatalf("%s: in pool %d and in pool %d", number, other, pool)
			}
			seen[number] = pool
		}
		offset += n
	}
}
