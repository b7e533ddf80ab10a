package check

import (
	"fmt"

	"github.com/dnispool/dnispool/conformance/reading"
)

func endsRows() map[string][]row {
	// said is the state of a call whose agent was given these attributes.
	said := func(id, nonce, attributes string) op {
		return found(9000, "", id, fmt.Sprintf(`{"echo_nonce":%q,"echo_attributes":%s,"echo_dnis":"a"}`, nonce, attributes)).askedID(id)
	}
	wanted := func(call op, attributes string) []op {
		return []op{reserved(0, .1, "a").nonce("x"), call.nonce("x").id("c1"), said("c1", "x", attributes)}
	}
	const none = "not judged: 0 of 1 answered calls are known to have been ended by the platform"
	up := dialled(1, 2, "a")
	var callers []op
	for i := range 600 {
		at := float64(i) * 60
		callers = append(callers, reserved(at, at+.1, "a"), dialled(at+1, at+2, "a").overBy("caller", at+30))
	}
	callers[7] = dialled(181, 182, "a").overBy("carrier", 210)
	callers[9] = dialled(241, 242, "a")
	talker := roa
	talker.IgnoresTalk = true
	return map[string][]row{
		"platform-ends-calls": {
			{name: "it does", facts: roa, ops: []op{up.over(5)}},
			{name: "it does, and what was wanted is known", facts: roa, ops: wanted(up.over(22), `{"want_talk":20}`)},
			{name: "one caller who hung up", facts: roa, want: none + ", 1 by their callers; when the agents of 1 were to end them is not known", ops: []op{up.overBy("caller", 5)}},
			{name: "one of two", facts: roa, undecided: 1, ops: []op{up.overBy("caller", 5), dialled(11, 12, "b").over(13)}},
			{name: "hundreds who hung up", facts: roa, ops: callers,
				want: "not judged: 0 of 600 answered calls are known to have been ended by the platform, 598 by their callers, 1 by the carrier, 1 by nobody knows whom; when the agents of 600 were to end them is not known"},
			{name: "a caller who had enough of an agent that ends when it likes", facts: talker, ops: wanted(up.overBy("caller", 600), `{"want_talk":20}`),
				want: none + ", 1 by their callers; when the agents of 1 were to end them is not known"},
			{name: "a caller who had enough", facts: roa, ops: wanted(up.overBy("caller", 600), `{"want_talk":20}`), want: "the call to a was up for 9m58s, and its agent was to end it after 20s; its caller hung up"},
			{name: "a carrier that had", facts: roa, ops: wanted(up.overBy("carrier", 600), `{"want_talk":0}`), want: "the call to a was up for 9m58s, and its agent was to end it after 0s; the carrier cut it off"},
			{name: "still up when the recording ended", facts: roa, ops: wanted(up.upUntil(600), `{"want_talk":1.5}`), want: "the call to a was up for 9m58s, and its agent was to end it after 1.5s"},
			{name: "ended by a limit of the platform, an hour later", facts: roa, ops: wanted(up.over(3602), `{"want_talk":20}`), want: "the call to a was up for 1h0m0s, and its agent was to end it after 20s; the platform ended it then"},
			{name: "it may have rung for so long", facts: roa, ops: wanted(up.overBy("caller", 201), `{"want_talk":20}`),
				want: none + ", 1 by their callers; 1 before their agents were to end them, as want_talk has it"},
			{name: "a BYE that may have been so long on its way", facts: with(roa, func(f *reading.Facts) { f.Signal = nil }), ops: wanted(up.overBy("caller", 205), `{"want_talk":20}`),
				want: none + ", 1 by their callers; 1 before their agents were to end them, as want_talk has it"},
			{name: "a caller who did not wait", facts: roa, ops: wanted(up.overBy("caller", 600), `{"want_talk":3600}`),
				want: none + ", 1 by their callers; 1 before their agents were to end them, as want_talk has it"},
			{name: "who ended it is not known", facts: roa, ops: wanted(up.overBy("", 100), `{"want_talk":3600}`),
				want: none + ", 1 by nobody knows whom; when the agents of 1 were to end them is not known"},
			{name: "an agent that nobody told", facts: roa, ops: wanted(up.overBy("caller", 6000), `{"nonce":"x"}`), want: none + ", 1 by their callers; when the agents of 1 were to end them is not known"},
			{name: "nor in seconds", facts: roa, ops: wanted(up.overBy("caller", 6000), `{"want_talk":"long"}`), want: none + ", 1 by their callers; when the agents of 1 were to end them is not known"},
			{name: "the state may be somebody else's", facts: with(roa, func(f *reading.Facts) { f.Strays = nil }), certainty: "modulo unseen calls",
				ops:  []op{reserved(0, .1, "a").nonce("x").shared("s"), up.nonce("x").shared("s").id("c1").overBy("caller", 600), found(9000, "s", "CA7", `{"echo_nonce":"x","echo_attributes":{"want_talk":20},"echo_dnis":"a"}`)},
				want: "the call to a was up for 9m58s, and its agent was to end it after 20s; its caller hung up"},
			{name: "none was answered", facts: roa, want: "not judged: no call was answered", ops: []op{turnedAway(1, 2, "a", 486, "platform")}},
		},
	}
}
