package replay_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/reference"
)

const race = `
given: {pool: {numbers: 10, window: 5m}}
steps:
  - concurrently:
      clients: 50
      steps:
        - {reserve: {attributes: {shared_id: "race-${client.index}", nonce: "${client.random}"}}, as: lease, expect: {status: {one_of: [200, 404]}}}
    expect:
      lease:
        - {status: 200, count: 10, distinct: body.dni}
        - {status: 404, count: 40}
      indefinite: 0
  - {reserve: {attributes: {}}, expect: {status: 404}}
check: [no-double-lease, capacity-respected, exhaustion-justified, no-lost-number]
`

// draws is what each client of a race called itself.
func draws(t *testing.T, r finding.Result) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for _, x := range r.Exchanges {
		var body struct {
			Attributes struct {
				SharedID string `json:"shared_id"`
				Nonce    string `json:"nonce"`
			} `json:"attributes"`
		}
		if err := json.Unmarshal([]byte(x.RequestBody), &body); err != nil {
			t.Fatal(err)
		}
		if body.Attributes.Nonce != "" {
			out[body.Attributes.SharedID] = body.Attributes.Nonce
		}
	}
	return out
}

func TestRace(t *testing.T) {
	r := play(t, reference.Target{}, race)
	wantPassed(t, r)
	first := draws(t, r)
	if len(first) != 50 || first["race-1"] == "" || first["race-50"] == "" {
		t.Fatalf("want clients 1 to 50, got %v", first)
	}
	if distinct := slices.Compact(slices.Sorted(maps.Values(first))); len(distinct) != 50 {
		t.Errorf("want 50 different draws, got %d", len(distinct))
	}
	if again := draws(t, play(t, reference.Target{}, race)); !maps.Equal(first, again) {
		t.Errorf("want the same draws from the same seed, got %v and %v", first, again)
	}
	other := draws(t, play(t, reference.Target{}, race, func(o *replay.Options) { o.Seed = 8 }))
	if maps.Equal(first, other) {
		t.Error("want other draws from another seed, got the same")
	}
}

func TestSeed(t *testing.T) {
	a, b := replay.Seed(7, "pool/a"), replay.Seed(7, "pool/b")
	if a == b || a == replay.Seed(8, "pool/a") || a != replay.Seed(7, "pool/a") {
		t.Errorf("seed: want one for each run and id, got %d and %d", a, b)
	}
	f := &fake{do: replies(noState)}
	r := play(t, f, "steps:\n  - {handoff: {id: \"${seed}\"}, expect: {status: 404}}\n")
	wantPassed(t, r)
	want := replay.Seed(7, "test/x")
	if r.Seed != want || f.stage.world.Seed != want || !strings.Contains(r.Exchanges[0].URL, fmt.Sprintf("id=%d", want)) {
		t.Errorf("seed: want %d in the result, the world and the request, got %d, %d and %s", want, r.Seed, f.stage.world.Seed, r.Exchanges[0].URL)
	}
}

// TestTally lets ten clients see what a fake replies.
func TestTally(t *testing.T) {
	// Every third reply is that of odd, the others give numbers.
	mixed := func(odd func() (*http.Response, error)) func(int, *http.Request) (*http.Response, error) {
		return func(n int, _ *http.Request) (*http.Response, error) {
			if n%3 == 0 {
				return odd()
			}
			return gives(fmt.Sprintf("+44%d", n))()
		}
	}
	refused := func() (*http.Response, error) { return nil, fmt.Errorf("dial: %w", syscall.ECONNREFUSED) }
	same := func(int, *http.Request) (*http.Response, error) { return gives("+441")() }
	for _, c := range []struct {
		name, expect, step string
		do                 func(int, *http.Request) (*http.Response, error)
		failures           []string
		reason             string
	}{
		{name: "as told", do: mixed(noNumber), expect: "{lease: [{status: 200, count: 7, distinct: body.dni}, {status: 404, count: 3}], indefinite: 0}"},
		{name: "miscounted", do: mixed(noNumber), expect: "{lease: [{status: 200, count: 6}, {status: 404, count: {at_least: 4}}]}",
			failures: []string{"expectation lease[0].count: want 6, got 7", "expectation lease[1].count: want at least 4, got 3"}},
		{name: "one number for all", do: same, expect: "{lease: [{status: 200, distinct: body.dni}]}",
			failures: []string{`expectation lease[0].distinct: want 10 different values of body.dni, got "+441" more than once`}},
		{name: "replies lost", do: mixed(lost), expect: "{lease: [{status: 200, count: 10}]}", reason: "3 replies never came, so the counts prove nothing"},
		{name: "replies lost that must not be", do: mixed(lost), expect: "{lease: [{status: 200, count: 7}], indefinite: 0}", reason: "3 replies never came, so the counts prove nothing"},
		{name: "replies lost as expected", do: mixed(lost), expect: "{lease: [{status: 200, count: 7}], indefinite: 3}"},
		{name: "replies lost as expected, and miscounted", do: mixed(lost), expect: "{lease: [{status: 200, count: 8}], indefinite: {at_least: 1}}",
			failures: []string{"expectation lease[0].count: want 8, got 7"}},
		{name: "replies lost that do not matter", do: mixed(lost), expect: "{lease: [{status: 200, count: {at_least: 5}}]}"},
		{name: "none lost though it should be", do: same, expect: "{indefinite: 1}", failures: []string{"expectation indefinite: want 1, got 0"}},
		{name: "a refused connection is definite", do: mixed(refused), expect: "{indefinite: 0, lease: [{status: 200, count: 7}]}"},
		{name: "a client's own expectation", do: mixed(noNumber), step: ", expect: {status: 200}",
			failures: []string{"expectation status: want 200, got 404", "expectation status: want 200, got 404", "expectation status: want 200, got 404"}},
		{name: "a lost reply is no client's failure", do: mixed(lost), step: ", expect: {status: 200}", reason: "3 replies never came, so the counts prove nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := "steps:\n  - concurrently: {clients: 10, steps: [{reserve: {attributes: {}}, as: lease" + c.step + "}, {handoff: {id: \"${lease.body.dni}\"}}]}\n"
			if c.expect != "" {
				body += "    expect: " + c.expect + "\n"
			}
			var posts atomic.Int32
			f := &fake{do: func(_ int, r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet {
					return noState()
				}
				return c.do(int(posts.Add(1)), r)
			}}
			r := play(t, f, body)
			switch {
			case c.reason != "":
				if want := `step 1 of 1 "concurrently": ` + c.reason; r.Status != finding.Inconclusive || r.Reason != want {
					t.Errorf("want inconclusive %q, got %s", want, tell(r))
				}
			case c.failures != nil:
				wantFailed(t, r, c.failures...)
			default:
				wantPassed(t, r)
			}
		})
	}
}

// TestOrder lets clients act at the same time in the order of their stage, one at a time.
func TestOrder(t *testing.T) {
	for order, want := range map[targets.Order]string{targets.StepByStep: "POST POST POST GET GET GET", targets.ClientByClient: "POST GET POST GET POST GET"} {
		var asked []string // by one client at a time
		f := &fake{order: order, do: func(_ int, r *http.Request) (*http.Response, error) {
			if asked = append(asked, r.Method); r.Method == http.MethodGet {
				return noState()
			}
			return gives("+441")()
		}}
		wantPassed(t, play(t, f, "steps:\n  - concurrently: {clients: 3, start: {spread: 3s}, steps: [{reserve: {attributes: {}}}, {handoff: {id: x}, expect: {status: 404}}]}\n"))
		if got := strings.Join(asked, " "); got != want {
			t.Errorf("order %d: want %s, got %s", order, want, got)
		}
	}
}

// TestClientsFailures are few, in the order of the clients, and say whose they are.
func TestClientsFailures(t *testing.T) {
	f := &fake{do: replies(noNumber)}
	r := play(t, f, "steps:\n  - {handoff: {id: x}}\n  - concurrently: {clients: 9, steps: [{handoff: {id: y}}, {reserve: {attributes: {}}, expect: {status: 200}}]}\n")
	wantFailed(t, r, slices.Repeat([]string{"expectation status: want 200, got 404"}, 3)...)
	for i, f := range r.Failures {
		if want := fmt.Sprintf(`step 2 of each client "reserve" (client %d)`, i+1); f.Step != want {
			t.Errorf("step: want %s, got %s", want, f.Step)
		}
		if got := underlined(t, f); got != "200" {
			t.Errorf("caret: want 200, got %q", got)
		}
		if want := []string{"1 handoff → 404"}; !slices.Equal(lines(f.Before), want) {
			t.Errorf("before: want %q, got %q", want, f.Before)
		}
	}
	if want := "(and 6 more failures of other clients)"; r.Failures[2].Because != want {
		t.Errorf("because: want %q, got %q", want, r.Failures[2].Because)
	}
}

// TestAClientThatCannotGoOn ends quietly when it was refused a number, and loudly when the platform gave it none.
func TestAClientThatCannotGoOn(t *testing.T) {
	const body = "steps:\n  - concurrently: {clients: 2, steps: [{reserve: {attributes: {}}, as: lease}, {dial: {to: \"${lease.body.dni}\"}}]}\n    expect: {lease: [{count: 2}]}\n"
	wantPassed(t, play(t, &fake{do: replies(noNumber)}, body))
	r := play(t, &fake{do: replies(func() (*http.Response, error) { return reply(200, `{}`) })}, body)
	if want := `step 1 of 1 "concurrently": reference: want ${lease.body.dni}, got nothing: lease.body is empty`; r.Status != finding.Error || r.Reason != want {
		t.Errorf("want error %q, got %s", want, tell(r))
	}
}

// TestSpread starts clients one after the other, in the target's time.
func TestSpread(t *testing.T) {
	r := play(t, reference.Target{}, `
given: {pool: {numbers: 1, window: 1s}}
steps:
  - concurrently:
      clients: 4
      start: {spread: 4s}
      steps: [{reserve: {attributes: {}}, as: lease, expect: {status: 200}}]
    expect: {lease: [{status: 200, count: 4}]}
check: [no-double-lease]
`)
	wantPassed(t, r)
}

// starts plays clients who come at random, talk longer than it takes the next ones to come, and ask; it returns when
// each began, by the target's clock, and when the platform says that its call arrived.
func starts(t *testing.T, seed uint64, before string) (began, arrived []time.Duration) {
	t.Helper()
	dir := t.TempDir()
	r := play(t, reference.Target{}, `
given: {pool: {numbers: 30}, agent: {echo: {talk: 5s}}}
steps:
`+before+`
  - concurrently:
      clients: 20
      start: {poisson: {every: 700ms}}
      steps:
        - {reserve: {attributes: {nonce: "${client.random}"}}, as: lease, expect: {status: 200}}
        - {dial: {to: "${lease.body.dni}"}, as: call}
        - {await: {call: call}}
        - {handoff: {id: "${call.id}"}, expect: {status: 200}}
check: [attributes-delivered, no-cross-talk]
`, func(o *replay.Options) {
		o.Seed, o.Out, o.KeepAll = seed, dir, true
	})
	wantPassed(t, r)
	for _, op := range kept(t, dir).Ops {
		switch {
		case !strings.HasPrefix(op.Client, "client "):
		case op.Kind == history.Reserve:
			began = append(began, op.Start)
		case op.Kind == history.Handoff:
			var echo struct {
				At time.Time `json:"echo_arrived_at"`
			}
			if err := json.Unmarshal(op.Data, &echo); err != nil {
				t.Fatal(err)
			}
			arrived = append(arrived, echo.At.Sub(time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)))
		}
	}
	slices.Sort(began)
	slices.Sort(arrived)
	return began, arrived
}

// TestPoisson starts clients when the seed says, whatever those before them do, and lets no time pass until they wait.
func TestPoisson(t *testing.T) {
	began, arrived := starts(t, 7, "")
	var want []time.Duration
	at, draw := time.Duration(0), rand.New(rand.NewPCG(replay.Seed(7, "test/x"), 1<<32))
	for range 20 {
		at += time.Duration(draw.ExpFloat64() * float64(700*time.Millisecond))
		want = append(want, at)
	}
	if !slices.Equal(began, want) {
		t.Errorf("starts: want them at\n%v, got\n%v", want, began)
	}
	same := func(a, b time.Duration) bool { return a == b.Truncate(time.Microsecond) } // the echo has six digits
	if !slices.EqualFunc(arrived, want, same) {
		t.Errorf("calls: want them to arrive at\n%v, got\n%v", want, arrived)
	}
	if again, _ := starts(t, 7, ""); !slices.Equal(again, began) {
		t.Errorf("want the same starts from the same seed, got\n%v and\n%v", began, again)
	}
	if other, _ := starts(t, 8, ""); slices.Equal(other, began) {
		t.Errorf("want other starts from another seed, got %v", other)
	}
	if other, _ := starts(t, 7, "  - {handoff: {id: nobody}}"); slices.Equal(other, began) {
		t.Errorf("want each step to draw its own starts, got %v in the second step too", other)
	}
}

// TestRandomOfEachStep draws another value for a client in each concurrently.
func TestRandomOfEachStep(t *testing.T) {
	const step = "  - concurrently: {clients: 3, steps: [{reserve: {attributes: {shared_id: \"%s-${client.index}\", nonce: \"${client.random}\"}}, expect: {status: 200}}]}\n"
	body := "steps:\n" + fmt.Sprintf(step, "a") + fmt.Sprintf(step, "b")
	r := play(t, reference.Target{}, body)
	wantPassed(t, r)
	drawn := draws(t, r)
	if distinct := slices.Compact(slices.Sorted(maps.Values(drawn))); len(drawn) != 6 || len(distinct) != 6 {
		t.Errorf("want six different draws, got %v", drawn)
	}
	if again := draws(t, play(t, reference.Target{}, body)); !maps.Equal(drawn, again) {
		t.Errorf("want the same draws from the same seed, got %v and %v", drawn, again)
	}
}

// TestManyCalls lets clients call at once, each for its own reservation.
func TestManyCalls(t *testing.T) {
	r := play(t, reference.Target{}, `
given: {pool: {numbers: 20}, agent: {echo: {talk: 5s}}}
steps:
  - concurrently:
      clients: 20
      steps:
        - {reserve: {attributes: {shared_id: "s-${client.index}", nonce: "${client.random}"}}, as: lease, expect: {status: 200}}
        - {dial: {to: "${lease.body.dni}"}, as: call, expect: {answered: true}}
        - {await: {call: call}, expect: {ended_by: platform}}
        - {handoff: {shared_id: "s-${client.index}"}, as: left, expect: {status: 200, body: {data: {echo_nonce: "${client.random}"}}}}
    expect:
      lease: [{status: 200, count: 20, distinct: body.dni}]
      left: [{status: 200, count: 20, distinct: body.id}]
check: [no-double-lease, no-cross-talk, handoff-matches-call, no-fail-open-drop, no-lost-number]
`)
	wantPassed(t, r)
}

// TestReferencesKeepTheirTypes sends what earlier replies brought.
func TestReferencesKeepTheirTypes(t *testing.T) {
	var sent string
	f := &fake{do: func(n int, r *http.Request) (*http.Response, error) {
		if n == 1 {
			return reply(200, `{"dni":"+441","big":12345678901234567890,"list":[1,null,{"a":"é"}]}`)
		}
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		sent = string(b)
		return reply(200, `{"dni":"+442"}`)
	}}
	r := play(t, f, `
vars: {text: "a-b", number: 7}
steps:
  - {reserve: {attributes: {}}, as: first}
  - reserve: {attributes: {big: "${first.body.big}", item: "${first.body.list}", part: "<${first.body.dni}|${vars.text}>", n: "${vars.number}", status: "${first.status}", how: "${first.outcome}"}}
    expect: {status: 200}
`)
	wantPassed(t, r)
	if want := `{"attributes":{"big":12345678901234567890,"item":[1,null,{"a":"é"}],"part":"<+441|a-b>","n":7,"status":200,"how":"definite"}}`; sent != want {
		t.Errorf("want %s, got %s", want, sent)
	}
}
