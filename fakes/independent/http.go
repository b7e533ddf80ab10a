package independent

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxBody bounds the body of a reservation, in bytes.
const maxBody = 1 << 20

const noRoute = "no available route found"

// server answers the two endpoints.
type server struct {
	*numbering
	recent []time.Time // of reservations, for F58
}

func routes(n *numbering) http.Handler {
	s := &server{numbering: n}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/conversations/dni-reservation", s.serveReserve)
	mux.HandleFunc("GET /v1/{account}/{project}/handoff_state", s.serveHandoff)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id := r.Header.Get("X-PolyAI-Correlation-Id"); id != "" {
			w.Header().Set("X-PolyAI-Correlation-Id", id)
		}
		mux.ServeHTTP(w, r)
	})
}

func (s *server) serveReserve(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("x-api-key")
	var p *project
	for _, known := range s.projects {
		if key != "" && key == known.DNIKey {
			p = known
		}
	}
	if p == nil {
		dniError(w, http.StatusUnauthorized, "invalid api key")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		dniError(w, http.StatusBadRequest, "body: want 1 MiB at most")
		return
	}
	if err != nil {
		return // the client has gone
	}
	raw, err := attributesOf(body)
	if err != nil {
		dniError(w, http.StatusBadRequest, err.Error())
		return
	}
	if s.throttled() {
		w.Header().Set("Retry-After", "1")
		dniError(w, http.StatusTooManyRequests, "rate limit exceeded")
		return
	}
	switch got := s.reserve(p, readAttributes(raw)); {
	case got.nothing:
		reply(w, http.StatusOK, map[string]any{"dni": nil})
	case got.status == http.StatusNotFound:
		dniError(w, got.status, noRoute)
	case got.status == http.StatusBadGateway:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(got.status)
		_, _ = io.WriteString(w, "<html><head><title>502 Bad Gateway</title></head><body>upstream unavailable</body></html>")
	case got.status != 0:
		dniError(w, got.status, "try again")
	default:
		reply(w, http.StatusOK, map[string]any{"dni": got.dni})
	}
}

// attributesOf reads the body of a reservation. The error says what is wrong with it.
func attributesOf(body []byte) (json.RawMessage, error) {
	var request map[string]json.RawMessage
	if json.Unmarshal(body, &request) != nil || request == nil {
		return nil, errors.New("body: want a JSON object")
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(request["attributes"], &object) != nil || object == nil {
		return nil, errors.New("attributes: want an object")
	}
	return request["attributes"], nil
}

func (s *server) serveHandoff(w http.ResponseWriter, r *http.Request) {
	p, status := s.reader(r)
	if p == nil {
		handoffError(w, status, map[int]string{401: "invalid api key", 403: "not authorized to access this project"}[status])
		return
	}
	id, sharedID := r.URL.Query().Get("id"), r.URL.Query().Get("shared_id")
	if id == "" && sharedID == "" {
		handoffError(w, http.StatusBadRequest, "id or shared_id is required")
		return
	}
	found := s.states.read(p, id, sharedID)
	if found == nil {
		handoffError(w, http.StatusNotFound, "no handoff state found")
		return
	}
	body := map[string]any{"id": found.id, "data": found.data}
	if s.options.IDs == NullID {
		body["id"] = nil
	}
	if found.sharedID != "" {
		body["shared_id"] = found.sharedID
	}
	if s.hits("F59", 6) {
		truncated(w, body)
		return
	}
	reply(w, http.StatusOK, body)
}

// reader is the project whose states a request may read; nil with the status to refuse it with.
func (s *server) reader(r *http.Request) (*project, int) {
	key, known := r.Header.Get("x-api-key"), false
	for _, p := range s.projects {
		known = known || key != "" && key == p.HandoffKey
	}
	if !known {
		return nil, http.StatusUnauthorized
	}
	for _, p := range s.projects {
		if r.PathValue("account") == p.Account && r.PathValue("project") == p.ID && (key == p.HandoffKey || s.broken["F48"]) {
			return p, 0
		}
	}
	return nil, http.StatusForbidden
}

// throttled is F58: more than ten reservations a second are too many.
func (s *server) throttled() (much bool) {
	if !s.broken["F58"] {
		return false
	}
	s.loop.do(func() {
		now := time.Now()
		for len(s.recent) > 0 && now.Sub(s.recent[0]) > time.Second {
			s.recent = s.recent[1:]
		}
		if much = len(s.recent) >= 10; !much {
			s.recent = append(s.recent, now)
		}
	})
	return much
}

func (s *server) hits(code string, every int) (hit bool) {
	if s.broken[code] {
		s.loop.do(func() { hit = s.nth(code, every) })
	}
	return hit
}

// truncated is F59: the connection ends in the middle of a reply.
func truncated(w http.ResponseWriter, body any) {
	text, _ := json.Marshal(body) // strings and JSON
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = w.Write(text[:len(text)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func dniError(w http.ResponseWriter, status int, message string) {
	reply(w, status, map[string]any{"success": false, "error": http.StatusText(status), "message": message})
}

func handoffError(w http.ResponseWriter, status int, message string) {
	reply(w, status, map[string]any{"error_message": message})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}
