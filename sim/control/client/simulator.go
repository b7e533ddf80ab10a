package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Live reports whether somebody answers: nil says so.
func (c *Client) Live(ctx context.Context) error {
	return c.do(ctx, http.MethodGet, "/v1/live", nil, nil)
}

// Ready asks whether the simulator serves requests and calls: nil says so. It needs no token.
func (c *Client) Ready(ctx context.Context) error {
	return c.do(ctx, http.MethodGet, "/v1/ready", nil, nil)
}

// Status is the reply of live and ready.
type Status struct {
	Status string `json:"status"` // live, or ready
}

// Simulator is the simulator at a glance.
type Simulator struct {
	Version   string    `json:"version"` // of dnispool
	Profile   string    `json:"profile"`
	StartedAt time.Time `json:"started_at"` // by the machine's clock
	Now       time.Time `json:"now"`        // by the simulator's clock
	Addresses Addresses `json:"addresses"`
	Calls     int       `json:"calls"` // that are up
}

// Addresses are where a simulator is reached.
type Addresses struct {
	HTTP    string `json:"http"`            // base URL of the two endpoints
	SIP     string `json:"sip"`             // host:port for calls, over UDP, and TCP where that is on
	SIPTCP  bool   `json:"sip_tcp"`         // whether calls over TCP are answered
	HTTPS   string `json:"https,omitempty"` // base URL of the two endpoints over TLS; empty: not served
	SIPS    string `json:"sips,omitempty"`  // host:port for calls over TLS; empty: none are taken
	Control string `json:"control"`         // base URL of this API
}

// Simulator asks for the addresses and what is in force.
func (c *Client) Simulator(ctx context.Context) (out Simulator, err error) {
	return out, c.do(ctx, http.MethodGet, "/v1/simulator", nil, &out)
}

// Authority asks in PEM for the certificate of whom a client has to trust for HTTPS, and for SIP over TLS. A simulator
// that was given its certificate, or serves no TLS, refuses it with 404.
func (c *Client) Authority(ctx context.Context) (pem []byte, err error) {
	return pem, c.do(ctx, http.MethodGet, "/v1/authority", nil, &pem)
}

// Project is one tenant of the simulator.
type Project struct {
	Name        string `json:"name"`
	AccountID   string `json:"account_id"`
	AccountSlug string `json:"account_slug"`
	ProjectID   string `json:"project_id"`
	ProjectSlug string `json:"project_slug"`
	DNIKey      string `json:"dni_key"`     // *** unless secrets were asked for
	HandoffKey  string `json:"handoff_key"` // likewise
	Numbers     int    `json:"numbers"`     // of its pool
}

// Projects is the reply that lists them.
type Projects struct {
	Projects []Project `json:"projects"`
}

// Projects lists the tenants in the order of the configuration; the keys are there when secrets is true.
func (c *Client) Projects(ctx context.Context, secrets bool) ([]Project, error) {
	var out Projects
	err := c.do(ctx, http.MethodGet, query("/v1/projects", secretly(secrets)), nil, &out)
	return out.Projects, err
}

// Config is every setting that is in force, as a YAML file that starts the same simulator; the keys, and the
// secrets of agents, are there when secrets is true.
func (c *Client) Config(ctx context.Context, secrets bool) (file []byte, err error) {
	return file, c.do(ctx, http.MethodGet, query("/v1/config", secretly(secrets)), nil, &file)
}

func secretly(secrets bool) url.Values {
	if secrets {
		return url.Values{"secrets": {"true"}}
	}
	return nil
}
