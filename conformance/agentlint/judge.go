package agentlint

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/fakes/agent/trial"
	"github.com/dnispool/dnispool/sim/conversation"
)

func imports(e *evidence) (v verdict) {
	if !slices.Contains(e.project.Modules, "functions.start_function") {
		v.found = append(v.found, found{at: place{"functions/start_function.py", 1}, text: "there is no functions/start_function.py", seen: byReading})
	}
	if e.stuck != "" {
		v.found = append(v.found, found{at: place{"functions/start_function.py", 1}, text: e.stuck, seen: byRunning})
	}
	var foreign, refused []string
	for _, module := range e.project.Modules {
		p := e.unimported(module)
		if p == nil {
			continue
		}
		if wantsOutside(*p) {
			refused = append(refused, p.Error())
			continue
		}
		if name := e.foreign(*p); name != "" {
			foreign = append(foreign, fmt.Sprintf("%s (wanted by %s)", name, p.File))
			continue
		}
		how := byRunning
		if slices.Contains(e.source.Problems, *p) {
			how = byReading
		}
		at := place{p.File, max(1, p.Line)}
		if p.File == "" {
			at.file = strings.ReplaceAll(module, ".", "/") + ".py"
		}
		v.found = append(v.found, found{at: at, text: p.Text, seen: how})
	}
	if len(v.found) == 0 && len(refused) > 0 {
		return doubtful("not everything could be imported here: %s", strings.Join(refused, "; "))
	}
	if len(v.found) == 0 && len(foreign) > 0 {
		return doubtful("this Python does not have %s: install it, and lint again", strings.Join(foreign, ", "))
	}
	return v
}

func configuration(e *evidence) (v verdict) {
	for _, problem := range e.project.Unread {
		v.found = append(v.found, found{at: e.find(adk.Experimental, `"handoff_api"`), text: problem, seen: byReading})
	}
	return v
}

// unable says why start_function could not be judged by running it; false when it could.
func (e *evidence) unable(f *trial.Function) (verdict, bool) {
	switch {
	case f == nil:
		return doubtful("start_function could not be imported"), true
	case f.Err != nil && refused(f) != "":
		return doubtful("start_function: %s", refused(f)), true
	}
	return verdict{}, false
}

func works(e *evidence) verdict {
	if v, unable := e.unable(e.with); unable {
		return v
	}
	var v verdict
	for _, t := range e.tests {
		if t.start.Err != nil && refused(t.start) == "" {
			v.found = append(v.found, found{at: of(t.start), text: "with the call of " + t.file + ": " + t.start.Err.Error(), seen: byRunning})
		}
	}
	if len(v.found) > 0 || e.with.Err == nil || e.madeUp && len(e.tests) > 0 { // real attributes say more than those that are made up
		return v
	}
	if e.madeUp && len(e.with.Given) > 0 && !e.failsAnyway() {
		return doubtful("start_function fails with attributes that are made up (%s): %v; give real ones with --attributes", e.with.Given, e.with.Err)
	}
	return verdict{found: []found{{at: of(e.with), text: e.with.Err.Error(), seen: byRunning}}}
}

// failsAnyway reports whether start_function fails whatever the attributes are: in one way with those that are made up, with {} and
// with None, and it reads nothing that could be made up wrongly.
func (e *evidence) failsAnyway() bool {
	reads := slices.ContainsFunc(e.source.Attributes, func(path []string) bool { return !slices.Equal(path, []string{"shared_id"}) })
	return !reads && e.empty.Err != nil && e.none.Err != nil && e.empty.Err.Error() == e.with.Err.Error() && e.none.Err.Error() == e.with.Err.Error()
}

// without judges start_function without attributes, which it sees as the given text.
func (e *evidence) without(f *trial.Function, as string) verdict {
	if v, unable := e.unable(f); unable {
		return v
	}
	if f.Err == nil {
		return verdict{}
	}
	if e.with.Err != nil && of(e.with) == of(f) {
		return doubtful("start_function fails in the same place when there are attributes")
	}
	p, _ := f.Err.(adk.Problem)
	text := f.Err.Error()
	if p.Text != "" {
		text = p.Text
	}
	return verdict{found: []found{{at: of(f), text: "with " + as + ": " + text, seen: byRunning}}}
}

// writes are the places that write a state key, or any, as far as they are reached by a root ("" for any).
func (e *evidence) writes(key, root string) (out []adk.Use) {
	for _, u := range e.source.Uses {
		if u.Kind == adk.UseWrite && (u.Name == key || u.Name == "") && (root == "" || u.In(root)) {
			out = append(out, u)
		}
	}
	return out
}

func sharedID(e *evidence) verdict {
	key := "shared_id"
	if e.project.API != nil {
		if key = e.project.API.SharedIDStateKey; key == "" {
			return verdict{found: []found{{
				at: e.find(adk.Experimental, `"handoff_api"`), text: "handoff_api names no shared_id_state_key: no call is found by a shared_id", seen: byReading,
				instead: `"shared_id_state_key": "shared_id" in handoff_api`,
			}}}
		}
	}
	known := slices.ContainsFunc(e.source.Attributes, func(path []string) bool { return len(path) == 1 && path[0] == "shared_id" })
	ran := e.with != nil && e.with.Err == nil
	written := e.writes(key, "start")
	switch {
	case ran && e.calls[0].Shared.Status == 200:
		return verdict{}
	case ran && e.madeUp && known && len(written) > 0:
		return verdict{found: []found{{at: place{written[0].File, written[0].Line}, text: "start_function was given a shared_id, and conv.state." + key + " is not it", seen: byRunning}}}
	case len(written) > 0:
		return verdict{}
	case ran:
		return verdict{found: []found{{at: e.startsAt(), text: "start_function was given a shared_id and returned without conv.state." + key, seen: byRunning}}}
	case !slices.Contains(e.project.Modules, "functions.start_function"):
		return doubtful("there is no start_function")
	case e.unimported("functions.start_function") != nil && len(e.source.Problems) > 0:
		return doubtful("start_function could not be read")
	}
	return verdict{found: []found{{at: e.startsAt(), text: "start_function never writes conv.state." + key, seen: byReading}}}
}

// platforms are the state keys that the platform writes itself. Source: variables page.
var platforms = []string{"from_", "to", "call_sid", "handoff", "asr_lang_code", "tts_lang_code", "disable_recordings", "stop_recording", "use_tts_for_responses", "asr_provider", "asr_config", "listen_for_sms"}

// exposed judges the keys of the Handoff API: that each is written, or that each is written in time.
func exposed(e *evidence, inTime bool) (v verdict) {
	if e.project.API == nil {
		return notHere("the project configures no Handoff API: who does is asked for the keys that are written")
	}
	for _, key := range e.project.API.StateKeys {
		written, runs := e.writes(key, ""), e.ranWriting(key)
		late := len(written) > 0 && !slices.ContainsFunc(written, func(u adk.Use) bool { return !slices.Equal(u.Roots, []string{"end"}) }) && !slices.Contains(runs, "before the end")
		at := e.find(adk.Experimental, `"`+key+`"`)
		switch {
		case slices.Contains(platforms, key):
		case !inTime && len(written) == 0 && len(runs) == 0:
			v.found = append(v.found, found{at: at, text: "nothing writes conv.state." + key, seen: byReading})
		case inTime && late:
			v.found = append(v.found, found{at: place{written[0].File, written[0].Line}, text: "only end_function writes conv.state." + key, seen: byReading})
		}
	}
	return v
}

// left are the notes of all functions that ran.
func (e *evidence) left() (notes []conversation.Note) {
	for _, c := range e.calls {
		for _, f := range c.Functions {
			notes = append(notes, f.Reply.Notes...)
		}
	}
	return notes
}

// ranWriting says when a key was written while the project ran.
func (e *evidence) ranWriting(key string) (when []string) {
	for _, c := range e.calls {
		for _, f := range c.Functions {
			if _, set := f.Reply.Set[key]; set && f.Name != "end_function" {
				when = append(when, "before the end")
			} else if set {
				when = append(when, "at the end")
			}
		}
	}
	return when
}

func handoffs(e *evidence) (v verdict) {
	for _, u := range e.source.Uses {
		if _, known := e.project.Handoffs[u.Name]; u.Kind == adk.UseHandoff && u.Name != "" && !known {
			text := fmt.Sprintf("config/handoffs.yaml has no handoff %q", u.Name)
			if len(e.project.Handoffs) == 0 {
				text = fmt.Sprintf("config/handoffs.yaml has no handoff at all, so none named %q", u.Name)
			}
			v.found = append(v.found, found{at: place{u.File, u.Line}, text: text, seen: byReading})
		}
	}
	for _, n := range e.left() {
		at := place{n.File, n.Line}
		if n.Kind == "missing-handoff" && !slices.ContainsFunc(v.found, func(f found) bool { return f.at == at }) {
			v.found = append(v.found, found{at: at, text: n.Text, seen: byRunning})
		}
	}
	return v
}

func attributesElsewhere(e *evidence) (v verdict) {
	for _, u := range e.source.Uses {
		if u.Kind != adk.UseAttributes {
			continue
		}
		elsewhere := slices.DeleteFunc(slices.Clone(u.Roots), func(root string) bool { return root == "start" })
		for i, root := range elsewhere {
			if root == "end" {
				elsewhere[i] = "end_function"
			} else {
				elsewhere[i] = filepath.ToSlash(strings.ReplaceAll(root, ".", "/")) + ".py"
			}
		}
		if len(elsewhere) > 0 {
			v.found = append(v.found, found{at: place{u.File, u.Line}, text: "integration_attributes is read in " + strings.Join(elsewhere, ", "), seen: byReading})
		}
	}
	return v
}

// slow is what start_function should take at most (start tool page).
const slow = time.Second

func quick(e *evidence) verdict {
	if e.with == nil {
		return doubtful("start_function could not be imported")
	}
	least := e.with.Took
	for _, c := range e.calls {
		f := c.Functions[0]
		least = min(least, f.Took)
		if f.Reply.Took > slow {
			return verdict{found: []found{{at: e.startsAt(), text: fmt.Sprintf("start_function slept for %s", f.Reply.Took), seen: byRunning}}}
		}
	}
	if least > slow { // of three runs, so that a busy machine is not taken for slow code
		return verdict{found: []found{{at: e.startsAt(), text: fmt.Sprintf("start_function took %s", least.Round(10*time.Millisecond)), seen: byRunning}}}
	}
	return verdict{}
}

func jsonState(e *evidence) (v verdict) {
	keys := []string{"handoff_to", "handoff_reason", "shared_id"}
	if e.project.API != nil {
		keys = e.project.API.StateKeys
	}
	for _, key := range keys {
		text := ""
		for _, n := range e.left() {
			if n.Kind == "not-json" && strings.HasPrefix(n.Text, "state '"+key+"' holds ") {
				text = n.Text
			}
		}
		if text == "" {
			continue
		}
		at := e.startsAt()
		if written := e.writes(key, ""); len(written) > 0 {
			at = place{written[0].File, written[0].Line}
		}
		v.found = append(v.found, found{at: at, text: text, seen: byRunning})
	}
	return v
}

func members(e *evidence) (v verdict) {
	for _, u := range e.source.Uses {
		if u.Kind == adk.UseMember && len(u.Roots) > 0 {
			v.found = append(v.found, found{at: place{u.File, u.Line}, text: "not supported: " + u.Name, seen: byReading})
		}
	}
	for _, n := range slices.Concat(e.loaded.Notes, e.left()) {
		at := place{n.File, max(1, n.Line)}
		if n.File == "" {
			at.file = "functions/start_function.py"
		}
		if n.Kind == refusal && !slices.ContainsFunc(v.found, func(f found) bool { return f.at == at && f.text == n.Text }) {
			v.found = append(v.found, found{at: at, text: n.Text, seen: byRunning})
		}
	}
	return v
}
