package control_test

import (
	"net/http"
	"testing"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/control"
)

// BenchmarkRecorder is what the recorder costs a request while its client waits.
func BenchmarkRecorder(b *testing.B) {
	r := control.NewRecorder(sim.DefaultControl())
	e := api.Exchange{
		Method: "POST", Path: "/v1/conversations/dni-reservation", Header: http.Header{"X-Api-Key": {"k"}, "Content-Type": {"application/json"}, "Content-Length": {"200"}},
		RequestBody: make([]byte, 200), Body: make([]byte, 30), Status: 200,
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r.Exchange(e)
		}
	})
}
