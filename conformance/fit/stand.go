package fit

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
)

// Do implements targets.Stage. It counts what the platform answers; what a fault of the wire does to it is counted as lost.
func (s *standStage) Do(r *http.Request) (*http.Response, error) {
	if s.stand.late != nil {
		s.stand.late()
	}
	s.settleCalls()
	s.ledger.Asked()
	project := s.owner(targets.Key(r))
	reserves := r.Method == http.MethodPost && project != ""
	if reserves {
		defer s.ledger.Reserving(s.Now())()
	}
	replied := s.asks(r, reserves)
	res, err := s.Stage.Do(r)
	if s.stand.like&slowly != 0 {
		_ = s.Stage.Wait(r.Context(), underWay) // whose end the request's own shows
	}
	status := 0
	var body []byte
	if err == nil {
		if status = res.StatusCode; status == http.StatusOK {
			body, _ = io.ReadAll(res.Body) // of a reply that is cut the rest is missed by its length
			res.Body = io.NopCloser(bytes.NewReader(body))
		}
	}
	replied(status, body)
	switch {
	case !reserves:
	case err != nil:
		s.ledger.Reserved(project, "", s.Now())
	case status == http.StatusOK:
		s.ledger.Reserved(project, dniIn(body), s.Now())
	}
	return res, err
}

// underWay is how long a request takes that is rehearsed slowly: more than a millisecond and less than a second, which is what
// scenarios count in.
const underWay = 20 * time.Millisecond

func (s *standStage) owner(key string) string {
	for _, name := range s.Projects() {
		if p, ok := s.Project(name); ok && key == p.DNIKey {
			return name
		}
	}
	return ""
}

// Dial implements targets.Stage.
func (s *standStage) Dial(ctx context.Context, d targets.Dial) (targets.Call, error) {
	if from := s.stand.file.Calls.From; from != "" && s.stand.like&oneCaller != 0 {
		d.From = from
	}
	s.settleCalls()
	s.dialling(d.To, deployment.Plain(d), d.Count > 1 || !s.ledger.Gave(d.To), d.CancelAfter > 0 || d.RingOnly)
	began := s.Now()
	c, err := s.Stage.Dial(ctx, d)
	if c == nil {
		return nil, err
	}
	s.calling(0, false, !c.Answered())
	return s.counted(d.To, deployment.Plain(d), began, c), err
}

// counted is a call that the ledger knows.
func (s *standStage) counted(number string, plain bool, began time.Time, c targets.Call) *standCall {
	over := s.ledger.Called(number, plain, began)
	out := &standCall{Call: c, stage: s, over: sync.OnceFunc(func() { over(c.Answered(), c.End().At) })}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, out)
	return out
}

// settleCalls counts the calls that are over as over.
func (s *standStage) settleCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = slices.DeleteFunc(s.calls, func(c *standCall) bool {
		select {
		case <-c.Ended():
			c.over()
			return true
		default:
			return false
		}
	})
}

// Await implements targets.Stage.
func (s *standStage) Await(ctx context.Context, c targets.Call, limit time.Duration) bool {
	return s.Stage.Await(ctx, c.(*standCall).Call, limit)
}

// Journey implements targets.Stage.
func (s *standStage) Journey(ctx context.Context, j targets.Journey, do targets.Doer) (targets.JourneyResult, error) {
	s.journeys()
	told := j.Dialled
	j.Dialled = func(number string, at time.Time, c targets.Call) {
		s.dialling(number, true, false, true)
		counted := s.counted(number, true, at, c)
		if told != nil {
			told(number, at, counted)
		}
	}
	r, err := s.Stage.Journey(ctx, j, do)
	if s.stand.like&foreignIDs != 0 {
		r.CallID = ""
	}
	return r, err
}

// standCall is a call whose conversation has a name of the platform's own.
type standCall struct {
	targets.Call
	stage *standStage
	id    atomic.Pointer[string]
	over  func()
}

// ID implements targets.Call.
func (c *standCall) ID() string {
	if id := c.id.Load(); id != nil {
		return *id
	}
	if c.stage.stand.like&foreignIDs != 0 {
		return ""
	}
	return c.Call.ID()
}

// Hangup implements targets.Call.
func (c *standCall) Hangup(ctx context.Context) (int, error) {
	c.stage.calling(0, false, true)
	return c.Call.Hangup(ctx)
}

// Identify implements targets.Identifier.
func (s *standStage) Identify(ctx context.Context, c targets.Call, p targets.Project, sharedID string) {
	if mine, ok := c.(*standCall); ok {
		if id := deployment.Identify(ctx, s, p, sharedID); id != "" {
			mine.id.Store(&id)
		}
	}
}
