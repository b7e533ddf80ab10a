package rehearse

import "testing"

// TestSharedIDs: a caller who was never asked for is told from two who share an id.
func TestSharedIDs(t *testing.T) {
	for _, tc := range []struct {
		ids  []string
		met  bool
		want string
	}{
		{ids: []string{"a", "b", "c"}, met: true},
		{ids: []string{"a", "a", "b"}, want: "reserved 3 times for 3 callers, with 2 shared_ids in all: one caller's handoff will be taken for another's"},
		{ids: []string{"a", "a", "a"}, want: "reserved 3 times for 3 callers, with the same shared_id each time: one caller's handoff will be taken for another's"},
		{ids: []string{"a", "b"}, want: "sent 2 reservations, each with a shared_id of its own: for the other callers, 1, it never asked for a number"},
		{ids: []string{"a", "", "b"}, want: "sent 1 reservations without a shared_id: their handoffs cannot be asked for"},
	} {
		v := &view{lesson: &Lesson{Callers: 3}}
		for _, id := range tc.ids {
			v.requests = append(v.requests, Request{Kind: Reserve, SharedID: id})
		}
		if j := sharedIDs(v, Unique); j.met != tc.met || !j.met && j.got != tc.want {
			t.Errorf("%q: want %q, got %t %q", tc.ids, tc.want, j.met, j.got)
		}
	}
}
