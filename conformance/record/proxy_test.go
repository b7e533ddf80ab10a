package record

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/dnispool/dnispool/conformance/history"
)

// stand is a recorder in front of an upstream.
type stand struct {
	*testing.T
	log    *Log
	mu     sync.Mutex
	file   bytes.Buffer
	server *httptest.Server
	client *http.Client
}

func (s *stand) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.Write(b)
}

// ops is what the file says now.
func (s *stand) ops() []history.Op {
	s.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := history.Read("h", bytes.NewReader(s.file.Bytes()))
	if err != nil {
		s.Fatal(err)
	}
	for i := range f.Ops { // for comparisons
		f.Ops[i].File, f.Ops[i].Line = "", 0
	}
	return f.Ops
}

func front(t *testing.T, upstream string, c Config) *stand {
	t.Helper()
	s := &stand{T: t}
	var err error
	if s.log, err = NewLog(s, history.Header{}, ""); err != nil {
		t.Fatal(err)
	}
	if c.Upstream, err = url.Parse(upstream); err != nil {
		t.Fatal(err)
	}
	c.Log = s.log
	s.server = httptest.NewUnstartedServer(nil)
	s.server.Config = NewServer(NewProxy(c))
	s.server.Start()
	s.client = s.server.Client()
	s.client.Transport.(*http.Transport).DisableCompression = true
	t.Cleanup(s.server.Close)
	return s
}

const (
	reservePath = "/v1/conversations/dni-reservation"
	handoffPath = "/v1/acme-uk/acme/handoff_state"
	secret      = "a-key-that-nobody-may-see"
)

// ask sends a request and returns the status and the body; the error is of either.
func (s *stand) ask(base, method, path, body string, headers ...string) (int, []byte, error) {
	s.Helper()
	r, err := http.NewRequest(method, base+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("x-api-key", secret)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := s.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	return res.StatusCode, got, err
}

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, s)
	_ = z.Close()
	return b.String()
}

// TestReplies: each one reaches the client as it came, and means what it means.
func TestReplies(t *testing.T) {
	html, page := "text/html", "<html>gateway</html>"
	for _, tc := range []struct {
		name, path  string
		status      int
		contentType string
		body        string
		cut         bool
		want        history.Op
	}{
		{"a number", reservePath, 200, "", `{"dni":"+12345","more":1}`, false, history.Op{Outcome: history.OK, Number: "+12345"}},
		{"zipped", reservePath, 200, "gzip", zipped(`{"dni":"+12345"}`), false, history.Op{Outcome: history.OK, Number: "+12345"}},
		{"not what it says", reservePath, 200, "gzip", "plain", false, history.Op{Outcome: history.Indefinite}},
		{"no number in it", reservePath, 200, "", `{"dni":null}`, false, history.Op{Outcome: history.OK}},
		{"a page", reservePath, 200, html, page, false, history.Op{Outcome: history.Indefinite}},
		{"none free", reservePath, 404, "", `{"success":false,"message":"no available route found"}`, false, history.Op{Outcome: history.Refused}},
		{"a page that is not found", reservePath, 404, html, page, false, history.Op{Outcome: history.Rejected}},
		{"unauthorized", reservePath, 401, "", `{}`, false, history.Op{Outcome: history.Rejected}},
		{"too many", reservePath, 429, html, page, false, history.Op{Outcome: history.Rejected}},
		{"a fault", reservePath, 500, "", `{}`, false, history.Op{Outcome: history.Indefinite}},
		{"a gateway's fault", reservePath, 502, html, page, false, history.Op{Outcome: history.Indefinite}},
		{"cut", reservePath, 200, "", `{"dni":"+12345"}`, true, history.Op{Outcome: history.Indefinite}},
		{"long", reservePath, 200, "", `{"dni":"+12345","pad":"` + strings.Repeat("x", maxSeen) + `"}`, false, history.Op{Outcome: history.Indefinite}},
		{"a state", handoffPath, 200, "", `{"id":"CA1","shared_id":"s","data":{"a":[1]}}`, false, history.Op{Outcome: history.OK, GotID: "CA1", GotSharedID: "s", Data: json.RawMessage(`{"a":[1]}`)}},
		{"a state without id", handoffPath, 200, "", `{"id":null,"data":{}}`, false, history.Op{Outcome: history.OK, Data: json.RawMessage(`{}`)}},
		{"the key in a state", handoffPath, 200, "", `{"id":"` + secret + `","data":{"k":"` + secret + `"}}`, false, history.Op{Outcome: history.OK, GotID: "***", Data: json.RawMessage(`{"k":"***"}`)}},
		{"no state", handoffPath, 404, "", `{"error_message":"x"}`, false, history.Op{Outcome: history.Refused}},
		{"a state as a page", handoffPath, 200, html, page, false, history.Op{Outcome: history.Indefinite}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				switch tc.contentType {
				case "gzip":
					w.Header().Set("Content-Encoding", "gzip")
				case html:
					w.Header().Set("Content-Type", html)
				}
				if tc.cut {
					w.Header().Set("Content-Length", fmt.Sprint(len(tc.body)))
					_, _ = io.WriteString(w, tc.body[:5])
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			}))
			defer upstream.Close()
			s := front(t, upstream.URL, Config{Projects: []Project{{Name: "acme"}}})
			method, body := "GET", ""
			want := tc.want
			want.ID, want.Client, want.Project, want.Status = 1, "connection 1", "acme", tc.status
			if tc.status == 404 && want.Outcome == history.Rejected { // not the pool's own word, so not its status either
				want.Status = 0
			}
			path := tc.path
			if tc.path == reservePath {
				method, body = "POST", `{"attributes":{"nonce":7,"shared_id":"s","k":"`+secret+`"}}`
				want.Kind, want.Nonce, want.SharedID, want.Attributes = history.Reserve, "7", "s", json.RawMessage(`{"nonce":7,"shared_id":"s","k":"***"}`)
			} else {
				path += "?shared_id=s&id=%2Bi"
				want.Kind, want.AskedSharedID, want.AskedID = history.Handoff, "s", "+i"
			}
			status, got, err := s.ask(s.server.URL, method, path, body)
			s.server.Close() // and so the exchange is over
			if tc.cut {
				if err == nil {
					t.Error("want a reply that is cut, got a whole one")
				}
			} else if status != tc.status || string(got) != tc.body || err != nil {
				t.Errorf("want the reply as it came, got %d %q %v", status, got, err)
			}
			ops := s.ops()
			if len(ops) != 1 || ops[0].End < ops[0].Start {
				t.Fatalf("want one operation, got %+v", ops)
			}
			ops[0].Start, ops[0].End = 0, 0
			if !reflect.DeepEqual(ops[0], want) {
				t.Errorf("\ngot  %+v\nwant %+v", ops[0], want)
			}
			if bytes.Contains(s.file.Bytes(), []byte(secret)) {
				t.Errorf("the key is in the file: %s", s.file.Bytes())
			}
		})
	}
}

// TestPassesOnWhatItDoesNotRecord, headers, query and body alike.
func TestPassesOnWhatItDoesNotRecord(t *testing.T) {
	var got *http.Request
	var body []byte
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("X-Theirs", "y")
		w.WriteHeader(418)
	}))
	defer upstream.Close()
	s := front(t, upstream.URL+"/base", Config{})
	status, _, err := s.ask(s.server.URL, "PUT", "/v1/a%2Fb?x=%zz;y", "body", "X-Ours", "x", "User-Agent", "u", "X-Forwarded-Proto", "https")
	if err != nil || status != 418 || got.Method != "PUT" || got.RequestURI != "/base/v1/a%2Fb?x=%zz;y" || string(body) != "body" || got.Header.Get("X-Ours") != "x" ||
		got.Header.Get("User-Agent") != "u" || got.Header.Get("X-Api-Key") != secret || got.Header.Get("X-Forwarded-For") != "" || got.Header.Get("X-Forwarded-Proto") != "https" || got.Host != strings.TrimPrefix(upstream.URL, "http://") {
		t.Errorf("got %d %v %+v %q", status, err, got, body)
	}
	if ops := s.ops(); len(ops) > 0 {
		t.Errorf("want nothing recorded, got %+v", ops)
	}
}

// TestLongRequest: what is too long to be looked at arrives whole all the same.
func TestLongRequest(t *testing.T) {
	length := 0
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		length = len(body)
		_, _ = io.WriteString(w, `{"dni":"+1"}`)
	}))
	defer upstream.Close()
	s := front(t, upstream.URL, Config{})
	long := `{"attributes":{"nonce":"n","pad":"` + strings.Repeat("x", 2*maxSeen) + `"}}`
	if status, _, err := s.ask(s.server.URL, "POST", reservePath, long); status != 200 || err != nil || length != len(long) {
		t.Errorf("got %d %v, %d of %d bytes", status, err, length, len(long))
	}
	s.server.Close()
	if ops := s.ops(); len(ops) != 1 || ops[0].Outcome != history.OK || ops[0].Attributes != nil {
		t.Errorf("got %+v", ops)
	}
}

// TestNobodyAnswers: an upstream that is not there has changed nothing, one that takes the request and dies may have.
func TestNobodyAnswers(t *testing.T) {
	dies, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer dies.Close()
	go func() {
		for {
			conn, err := dies.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 10))
			_ = conn.Close()
		}
	}()
	gone := httptest.NewServer(nil)
	gone.Close()
	for upstream, want := range map[string]history.Outcome{gone.URL: history.Rejected, "http://" + dies.Addr().String(): history.Indefinite} {
		s := front(t, upstream, Config{})
		status, body, err := s.ask(s.server.URL, "POST", reservePath, `{"attributes":{}}`)
		if status != 502 || !strings.Contains(string(body), "did not answer") || err != nil {
			t.Errorf("got %d %s %v", status, body, err)
		}
		s.server.Close()
		if ops := s.ops(); len(ops) != 1 || ops[0].Outcome != want || ops[0].Status != 0 {
			t.Errorf("want %s, got %+v", want, ops)
		}
	}
}

// TestClientGivesUp on an upstream that is slow: it may still act. Until then the file says that nothing is known.
func TestClientGivesUp(t *testing.T) {
	asked, cancelled := make(chan bool), make(chan bool)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		asked <- true
		<-r.Context().Done()
		close(cancelled)
	}))
	defer upstream.Close()
	s := front(t, upstream.URL, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	r, _ := http.NewRequestWithContext(ctx, "POST", s.server.URL+reservePath, strings.NewReader(`{"attributes":{"nonce":"n"}}`))
	if _, err := s.client.Do(r); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-cancelled // the upstream hears of it, as it would without the proxy
	s.server.Close()
	if ops := s.ops(); len(ops) != 1 || ops[0].Outcome != history.Indefinite || ops[0].Nonce != "n" || !bytes.Contains(s.file.Bytes(), []byte(`"outcome":"open"`)) {
		t.Errorf("got %+v in %s", ops, s.file.Bytes())
	}
}

func TestClientsAreToldApart(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, `{}`) }))
	defer upstream.Close()
	for how, want := range map[string][]string{
		"connection":      {"connection 1", "connection 1", "connection 1", "connection 1"},
		"header:X-Agent":  {"a1", "connection 1", "a1", "connection 1"},
		"attribute:agent": {"b1", "b2", "b1", "connection 1"},
	} {
		clients, err := ParseClients(how)
		if err != nil {
			t.Fatal(err)
		}
		s := front(t, upstream.URL, Config{Clients: clients, Projects: []Project{{"other", []string{"k1"}}, {"acme", []string{"k2", secret}}}})
		for _, r := range [][]string{
			{"POST", reservePath, `{"attributes":{"agent":"b1","shared_id":"s1"}}`, "X-Agent", "a1"},
			{"POST", reservePath, `{"attributes":{"agent":"b2","shared_id":"s2"}}`},
			{"GET", handoffPath + "?shared_id=s1", "", "X-Agent", "a1"},
			{"GET", handoffPath + "?shared_id=s3", ""},
		} {
			if _, _, err := s.ask(s.server.URL, r[0], r[1], r[2], r[3:]...); err != nil {
				t.Fatal(err)
			}
		}
		s.server.Close()
		var got []string
		for _, op := range s.ops() {
			got = append(got, op.Client)
			if op.Project != "acme" {
				t.Errorf("project: got %q", op.Project)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: want %q, got %q", how, want, got)
		}
	}
	for _, bad := range []string{"", "header:", "header", "header:X-API-Key", "header:Authorization", "attribute:", "connections"} {
		if _, err := ParseClients(bad); err == nil {
			t.Errorf("%q: want it refused", bad)
		}
	}
}

func TestNamesAreBounded(t *testing.T) {
	n := newNames()
	for i := range remembered + 10 {
		n.remember(fmt.Sprint(i), "c")
		n.remember(fmt.Sprint(i), "d")
	}
	if n.of("9") != "" || n.of("10") != "d" || n.of(fmt.Sprint(remembered+9)) != "d" || len(n.known) != remembered {
		t.Errorf("got %d, %q %q", len(n.known), n.of("9"), n.of("10"))
	}
}

// TestDiskIsFull: the clients go on, and the recorder knows.
func TestDiskIsFull(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, `{"dni":"+1"}`) }))
	defer upstream.Close()
	log, err := NewLog(&full{left: 1}, history.Header{}, "")
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(upstream.URL)
	server := httptest.NewServer(NewProxy(Config{Upstream: u, Log: log}))
	defer server.Close()
	res, err := http.Post(server.URL+reservePath, "", strings.NewReader(`{"attributes":{}}`))
	<-log.Failed()
	if err != nil || res.StatusCode != 200 || log.Err() == nil || log.Count(history.Reserve) != 1 {
		t.Errorf("got %v %v, %v", res, err, log.Err())
	}
}

type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(b), nil
}
