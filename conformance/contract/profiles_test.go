package contract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
)

// generated is how many requests each endpoint of each profile is asked.
const generated = 1500

// Whatever the published documents allow a client to send, every profile answers with a status and a body that they
// declare. The one exception is by design: the gateway's 429.
func TestEveryProfileKeepsToThePublishedContract(t *testing.T) {
	for _, profile := range sim.Profiles() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			p := openProfile(t, profile)
			for operation, generate := range map[string]func(*rand.Rand) *http.Request{"reserveDni": p.reserve, "getHandoffState": p.handoff} {
				p.hold(t, operation, generate)
			}
		})
	}
}

// profile is a platform of one profile, in virtual time.
type profile struct {
	name, base string
	project    sim.Project
	clock      *clock.Virtual
	client     *http.Client
	checker    *contract.Checker
}

func openProfile(t *testing.T, name string) *profile {
	t.Helper()
	c, err := sim.Default(name)
	if err != nil {
		t.Fatal(err)
	}
	c.HTTP.Listen, c.SIP.Listen = "127.0.0.1:0", "127.0.0.1:0"
	p := &profile{name: name, project: c.Projects[0], clock: clock.NewVirtual(time.Unix(0, 0)), client: &http.Client{Transport: &http.Transport{}}}
	s, err := sim.New(c, func(sim.Project) (conversation.Agent, error) { return agent.Echo(agent.EchoConfig{}), nil }, sim.WithClock(p.clock))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.client.CloseIdleConnections()
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	p.base = "http://" + s.HTTPAddr()
	if p.checker, err = contract.New(); err != nil {
		t.Fatal(err)
	}
	return p
}

// hold sends generated requests and holds each exchange against the contract.
func (p *profile) hold(t *testing.T, operation string, generate func(*rand.Rand) *http.Request) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	statuses := make(map[int]int)
	for i := range generated {
		p.clock.Advance(10 * time.Millisecond) // a gateway lets every other pass
		r := generate(rng)
		var body []byte
		if r.Body != nil {
			body, _ = io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		res, err := p.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		statuses[res.StatusCode]++
		x := contract.Exchange{Method: r.Method, URL: r.URL.String(), RequestHeader: r.Header, RequestBody: body, Status: res.StatusCode, ResponseHeader: res.Header, ResponseBody: got}
		report := p.checker.Check(x)
		if report.Operation != operation {
			t.Fatalf("request %d: want one for %s, got %s %s", i, operation, r.Method, r.URL)
		}
		problems := slices.DeleteFunc(report.Published, func(problem contract.Problem) bool {
			return problem.Pointer == "status" && res.StatusCode == http.StatusTooManyRequests && p.name == "gateway"
		})
		if len(problems) > 0 {
			t.Errorf("request %d: %s %s %.200s\n got %d %s\n%v", i, r.Method, r.URL, body, res.StatusCode, got, problems)
		}
		known := r.Header.Get("x-api-key") == p.project.DNIKey
		if operation == "reserveDni" && known && res.StatusCode != 200 && res.StatusCode != 404 && res.StatusCode != 429 {
			t.Errorf("request %d: want a body that the published schema allows accepted, got %d %s for %.200s", i, res.StatusCode, got, body)
		}
	}
	t.Logf("%s: %v", operation, statuses)
	want := []int{200, 401, 404}
	if operation == "getHandoffState" {
		want = []int{400, 401, 403, 404}
	}
	for _, status := range want {
		if statuses[status] == 0 {
			t.Errorf("%s: want requests of which some are answered %d, got %v", operation, status, slices.Sorted(maps.Keys(statuses)))
		}
	}
}

// reserve generates a request that the published schema allows.
func (p *profile) reserve(rng *rand.Rand) *http.Request {
	body := map[string]any{"attributes": object(rng, 4)}
	for range rng.IntN(3) { // members beside attributes are not forbidden
		body[text(rng)+"!"] = value(rng, 3)
	}
	b, _ := json.Marshal(body)
	r, _ := http.NewRequest(http.MethodPost, p.base+"/v1/conversations/dni-reservation", bytes.NewReader(b))
	r.Header.Set("Content-Type", pick(rng, "application/json", "application/json; charset=utf-8", "Application/JSON"))
	r.Header.Set("x-api-key", pick(rng, p.project.DNIKey, p.project.DNIKey, p.project.DNIKey, p.project.HandoffKey, "other"))
	return r
}

// handoff generates a request that the published schema allows. That one of id and shared_id must be there is only prose.
func (p *profile) handoff(rng *rand.Rand) *http.Request {
	query := make(url.Values)
	for _, name := range []string{"id", "shared_id"} {
		if rng.IntN(3) > 0 {
			query.Set(name, text(rng))
		}
	}
	account := pick(rng, p.project.Account.ID, p.project.Account.Slug, p.project.Account.Slug, segment(rng))
	project := pick(rng, p.project.Project.ID, p.project.Project.Slug, p.project.Project.Slug, segment(rng))
	r, _ := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/v1/%s/%s/handoff_state?%s", p.base, url.PathEscape(account), url.PathEscape(project), query.Encode()), nil)
	r.Header.Set("x-api-key", pick(rng, p.project.HandoffKey, p.project.HandoffKey, p.project.HandoffKey, "other"))
	return r
}

func pick(rng *rand.Rand, from ...string) string { return from[rng.IntN(len(from))] }

const alphabet = "abcXYZ019 _-+./:&=?#%\"'\\<>{}\n\té漢🙂\u2028"

func text(rng *rand.Rand) string {
	letters := []rune(alphabet)
	var b strings.Builder
	for range rng.IntN(12) {
		b.WriteRune(letters[rng.IntN(len(letters))])
	}
	return b.String()
}

// segment is a text that can be a part of a path: not empty, and neither . nor .., which clients resolve.
func segment(rng *rand.Rand) string { return "x" + text(rng) }

func object(rng *rand.Rand, depth int) map[string]any {
	o := make(map[string]any)
	for range rng.IntN(5) {
		o[text(rng)] = value(rng, depth-1)
	}
	return o
}

func value(rng *rand.Rand, depth int) any {
	switch n := rng.IntN(8); {
	case n == 0:
		return nil
	case n == 1:
		return rng.IntN(2) == 0
	case n == 2:
		return rng.NormFloat64() * 1e6
	case n == 3:
		return rng.Int64()
	case n == 4 && depth > 0:
		return object(rng, depth)
	case n == 5 && depth > 0:
		list := make([]any, rng.IntN(4))
		for i := range list {
			list[i] = value(rng, depth-1)
		}
		return list
	}
	return text(rng)
}
