package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
)

const (
	keepAlive    = 15 * time.Second      // between two signs of life of a stream without events
	writeTimeout = 30 * time.Second      // for a reader to take what is written: one that has stopped is let go
	rest         = 20 * time.Millisecond // after something was sent: what happens meanwhile goes out in one piece
)

// events streams the journal as server-sent events: each has its number as id, and its kind as event; a reader who falls
// behind what the journal keeps gets the event dropped, with a count. A stream reads the journal like anybody else, so a
// slow reader holds up nothing but itself.
func (s *Server) events(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	q := paramsOf(r)
	f, from := filterOf(q), after(q, p.Journal())
	if q.refused(w) {
		return
	}
	if last, err := strconv.ParseUint(r.Header.Get("Last-Event-ID"), 10, 64); err == nil {
		from = behind(last, p.Journal())
	}
	stream := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	watch := s.state.Load().watch
	defer watch.begin()()
	alive := time.NewTicker(keepAlive)
	defer alive.Stop()
	_, err := fmt.Fprintf(w, "retry: 1000\n\n")
	for err == nil {
		bell := watch.bell()
		_ = stream.SetWriteDeadline(time.Now().Add(writeTimeout)) // where there is no deadline, closing ends the stream
		for _, e := range p.Journal().Since(from) {
			if missed := e.Seq - from - 1; missed > 0 && from > 0 {
				err = send(w, "dropped", e.Seq-1, client.Dropped{Count: missed})
			}
			from = e.Seq
			if err == nil && f.wants(e) {
				err = send(w, string(e.Kind), e.Seq, eventOf(e))
			}
			if err != nil {
				return
			}
		}
		if stream.Flush() != nil {
			return
		}
		select {
		case <-time.After(rest):
		case <-watch.done:
			return
		case <-r.Context().Done():
			return
		}
		select {
		case <-bell:
		case <-alive.C:
			_, err = fmt.Fprint(w, ": alive\n\n")
		case <-watch.done:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func send(w http.ResponseWriter, kind string, id uint64, v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", id, kind, b)
	}
	return err
}
