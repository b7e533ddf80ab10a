package adk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// BenchmarkAgentCall is a whole call, from start_function to the end of its process, at a scripted agent and at a project that
// does the same, in turn: what a call costs more, and how many times that is what it costs at the script. Then as many calls at
// the project at one time as there are processors.
func BenchmarkAgentCall(b *testing.B) {
	script := `agent: {start: [{set: {shared_id: {attribute: shared_id}, ani: {attribute: ani}}}, {when: {attribute: shared_id, present: true}, do: [{set: {x: 1}}]}]}`
	root, problems := strictyaml.Parse("x.yaml", []byte(script))
	if err := problems.Err(); err != nil {
		b.Fatal(err)
	}
	scripted, problems := agent.Parse("x.yaml", strictyaml.Lookup(root, "agent"))
	if err := problems.Err(); err != nil {
		b.Fatal(err)
	}
	project := open(b, "kept", nil)
	var ids atomic.Uint64
	one := func(b *testing.B, a conversation.Agent) {
		id := fmt.Sprint("bench-", ids.Add(1))
		c := conversation.New(conversation.Default(), a, call(id), json.RawMessage(`{"shared_id":"s-1","ani":"+44123"}`))
		c.Begin(b.Context())
		c.Finish(b.Context(), "")
		if r, ok := a.(conversation.Resident); ok {
			r.Over(id)
		}
		if errs := c.Errors(); len(errs) > 0 {
			b.Error(errs[0])
		}
	}
	b.Run("beside-a-script", func(b *testing.B) {
		var at [2]time.Duration
		for b.Loop() {
			for i, a := range []conversation.Agent{scripted, project} {
				began := time.Now()
				one(b, a)
				at[i] += time.Since(began)
			}
		}
		b.ReportMetric(0, "ns/op") // of two calls that have little to do with each other
		b.ReportMetric(float64(at[1]-at[0])/float64(b.N)/1e6, "ms-more/call")
		b.ReportMetric(float64(at[1])/float64(at[0]), "x-script")
		b.ReportMetric(float64(b.N)/at[1].Seconds(), "calls/s")
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				one(b, project)
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	})
}

// BenchmarkLoad is Python started, a project imported, and both ended again, beside Python started for nothing.
func BenchmarkLoad(b *testing.B) {
	needPython(b)
	for _, name := range []string{"kept", "field"} {
		b.Run(name, func(b *testing.B) {
			var bare, whole time.Duration
			for b.Loop() {
				began := time.Now()
				if err := exec.Command(interpreter(), "-c", "pass").Run(); err != nil {
					b.Fatal(err)
				}
				bare += time.Since(began)
				began = time.Now()
				p, err := adk.Read(filepath.Join("testdata", name))
				if err != nil {
					b.Fatal(err)
				}
				o := adk.Defaults()
				o.Python = interpreter()
				a, err := adk.New(p, o)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := a.Open(b.Context()); err != nil {
					b.Fatal(err)
				}
				if err := a.Close(context.Background()); err != nil {
					b.Fatal(err)
				}
				whole += time.Since(began)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(whole)/float64(b.N)/1e6, "ms/load")
			b.ReportMetric(float64(whole)/float64(bare), "x-bare-python")
		})
	}
}
