package wire_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/wire"
)

// A long run keeps its newest injections, numbered from its beginning, and the beginning of a long path.
func TestInjectionsAreBounded(t *testing.T) {
	const exchanges = 25_000
	w := wire.New(1, nil)
	if err := w.Set(wire.Fault{DropRequest: wire.RequestRefused}); err != nil {
		t.Fatal(err)
	}
	client := w.RoundTripper(http.DefaultTransport)
	path := "/" + strings.Repeat("x", 1000)
	for range exchanges {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:1"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.RoundTrip(r); err == nil {
			t.Fatal("want the request refused")
		}
	}
	did := w.Injections()
	if len(did) < 5_000 || len(did) > 10_000 || did[len(did)-1].Seq != exchanges || len(did[0].Path) != 256 || did[0].Seq != exchanges-len(did)+1 {
		t.Errorf("want the newest, with 256 bytes of their path, got %d, %d to %d, %d bytes", len(did), did[0].Seq, did[len(did)-1].Seq, len(did[0].Path))
	}
}
