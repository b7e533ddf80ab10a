package deployment

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/targets"
)

// Finding is one line of what an inspection found, and what is to be done about it.
type Finding struct {
	What string // what was looked at
	Is   string // what was found
	Do   string // what to do; "" when all is well
}

// Inspect looks whether a deployment can be reached as its file says: its name, its certificate, its clock, each key at each
// endpoint, and its trunk. It asks for states of nobody, sends no reservation that could take a number, and places no call.
func (t *Target) Inspect(ctx context.Context) (all []Finding) {
	u, err := url.Parse(t.File.BaseURL)
	if err != nil {
		return []Finding{{"base URL", err.Error(), "correct base_url"}}
	}
	proxy, err := t.Gate.next.Proxy(&http.Request{URL: u})
	if err != nil {
		return []Finding{{"proxy", err.Error(), "correct proxy, or the variables HTTPS_PROXY and NO_PROXY"}}
	}
	if proxy == nil {
		all = append(all, t.name(ctx, u.Hostname()))
		if u.Scheme == "https" {
			all = append(all, t.certificate(ctx, u))
		}
	} else {
		all = append(all, t.proxied(ctx, u, proxy)...)
	}
	var states, reservations []answer // of each project
	for i, p := range t.projects {
		of := ""
		if i > 0 {
			of = " of the second project"
		}
		reply := t.asks(ctx, http.MethodGet, stateOfNobody(p), p.HandoffKey, "")
		all = append(all, Finding{"handoff key" + of, reply.says(), reply.handoff()})
		states = append(states, reply)
		if i == 0 && reply.err == nil {
			all = append(all, reply.clock())
		}
		// No attributes: a platform that keeps to its contract refuses it with 400 once the key is good, and takes no number.
		reply = t.asks(ctx, http.MethodPost, reservePath, p.DNIKey, "{}")
		all = append(all, Finding{"DNI key" + of, reply.says(), reply.reserve()})
		reservations = append(reservations, reply)
	}
	if f, ok := t.keys(ctx, states[0], reservations[0]); ok {
		all = append(all, f)
	}
	return append(all, t.ways(ctx)...)
}

// keys says of keys that were refused what can be told apart when both are looked at; false when there is nothing to say.
func (t *Target) keys(ctx context.Context, state, reservation answer) (Finding, bool) {
	f := Finding{What: "keys"}
	switch p := t.projects[0]; {
	case !state.refused() && !reservation.refused(), state.err != nil, reservation.err != nil:
		return f, false
	case !state.refused():
		f.Is, f.Do = "the handoff key is taken and the DNI key is not", "the region is likely right, and the DNI key wrong, expired or revoked: ask for a new one"
	case !reservation.refused():
		f.Is, f.Do = "the DNI key is taken and the handoff key is not", "the region is likely right, and the handoff key wrong, expired, revoked or of another account or project: correct these, or ask for a new one"
	case !t.asks(ctx, http.MethodGet, stateOfNobody(p), p.DNIKey, "").refused() && !t.asks(ctx, http.MethodPost, reservePath, p.HandoffKey, "{}").refused():
		f.Is, f.Do = "each is taken where the other one belongs", "swap keys.dni and keys.handoff"
	default:
		f.Is = "neither is taken"
		f.Do = "likely they are of another region: state the one that they were made for, and look again; where no region takes them, they are wrong, expired or revoked: ask for new ones"
	}
	return f, true
}

func (t *Target) name(ctx context.Context, host string) Finding {
	addresses, err := new(net.Resolver).LookupHost(ctx, host)
	if err != nil {
		return Finding{"name", err.Error(), "correct region or base_url, or look at this machine's DNS"}
	}
	return Finding{"name", host + " is " + strings.Join(addresses, ", "), ""}
}

func (t *Target) certificate(ctx context.Context, u *url.URL) Finding {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	conf := t.Gate.next.TLSClientConfig.Clone()
	if conf.ServerName == "" {
		conf.ServerName = u.Hostname()
	}
	c, err := (&tls.Dialer{Config: conf}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return Finding{"certificate", err.Error(), "correct tls.server_name or tls.ca, or tell whoever runs the platform"}
	}
	defer func() { _ = c.Close() }()
	return ofCertificate(c.(*tls.Conn).ConnectionState().PeerCertificates[0])
}

func stateOfNobody(p targets.Project) string {
	return fmt.Sprintf("/v1/%s/%s/handoff_state?shared_id=dnispool-inspects", url.PathEscape(p.Account), url.PathEscape(p.Project))
}

// answer is what came of one request.
type answer struct {
	status int
	tls    *tls.ConnectionState // nil: it did not come over TLS
	date   time.Time
	at     time.Time
	body   string
	err    error
}

func (t *Target) asks(ctx context.Context, method, path, key, body string) (a answer) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, t.File.BaseURL+path, strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	r.Header.Set("x-api-key", key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := (&http.Client{Transport: t.Gate}).Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxReply)) // what is missing is no JSON
	a = answer{status: res.StatusCode, tls: res.TLS, at: time.Now(), body: string(text)}
	a.date, _ = http.ParseTime(res.Header.Get("Date"))
	return a
}

func (a answer) says() string {
	switch {
	case a.err != nil:
		return a.err.Error()
	case targets.IsPage(a.body):
		return fmt.Sprintf("%d with a page of HTML", a.status)
	}
	return fmt.Sprint(a.status)
}

// refused reports whether the key was not taken.
func (a answer) refused() bool {
	return targets.Refused(a.status)
}

// common is what to do whatever the endpoint; "" when the endpoint decides.
func (a answer) common() string {
	if a.err != nil {
		return "look at the network, the proxy and base_url"
	}
	return targets.OfReply(a.status, a.body).String()
}

func (a answer) handoff() string {
	switch do := a.common(); {
	case do != "":
		return do
	case a.status == http.StatusNotFound, a.status == http.StatusOK:
		return "" // a state of nobody
	}
	return "this is not what Get Handoff answers: correct region or base_url"
}

func (a answer) reserve() string {
	switch do := a.common(); {
	case do != "":
		return do
	case a.status == http.StatusBadRequest:
		return ""
	case a.status == http.StatusNotFound:
		return "either no number is free or the path is not there: look at base_url, then ask how large the pool is"
	case a.status == http.StatusOK:
		return "a reservation without attributes was taken, against the contract; its number is listed below"
	}
	return "this is not what Reserve DNI answers: correct region or base_url"
}

func (a answer) clock() Finding {
	if a.date.IsZero() {
		return Finding{"clock", "the reply has no Date", ""}
	}
	apart := a.date.Sub(a.at.Truncate(time.Second))
	f := Finding{"clock", fmt.Sprintf("the platform's is %s this one", finding.Apart(apart)), ""}
	if apart.Abs() > finding.ToleratedSkew {
		f.Do = "set this machine's clock; what is judged by times needs them to agree"
	}
	return f
}
