// Package simcontainer runs the platform in a container, in the style of the modules of testcontainers-go:
//
//	c, err := simcontainer.Run(ctx, "dnispool", simcontainer.WithSetting("pool.window", "2s"))
//	testcontainers.CleanupContainer(t, c)
//	url, err := c.URL(ctx)          // http://localhost:49153, of Reserve DNI and Get Handoff
//	projects, err := c.Projects(ctx) // with their keys
//	control, err := c.Control(ctx)
//
// Its ports are published on free ports of the machine on which the containers run. A client in Go that needs no
// container is tested faster with package simtest.
package simcontainer

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/dnispool/dnispool/sim/control/client"
)

// The ports of the image.
const (
	httpPort    = "8080/tcp"
	httpsPort   = "8443/tcp"
	controlPort = "8081/tcp"
	sipUDPPort  = "5060/udp"
	sipTCPPort  = "5060/tcp"
	sipTLSPort  = "5061/tcp"
)

const (
	binary    = "/dnispool"
	tokenName = "DNISPOOL_CONTROL_TOKEN"
)

// Container is a platform in a container. It is ready when Run returns it.
type Container struct {
	testcontainers.Container
	token string
}

// Run starts img, an image that `make image` has built, and returns when calls and requests are answered. Options are
// those of this package and of testcontainers. The container is there to be terminated, and its log to be read, even
// when there is an error, unless it could not be made at all.
func Run(ctx context.Context, img string, opts ...testcontainers.ContainerCustomizer) (*Container, error) {
	all := []testcontainers.ContainerCustomizer{
		testcontainers.WithExposedPorts(httpPort, httpsPort, controlPort, sipUDPPort, sipTCPPort, sipTLSPort),
		testcontainers.WithEnv(map[string]string{tokenName: rand.Text()}),
		withHost(ctx),
		testcontainers.WithWaitStrategy(wait.ForExec([]string{binary, "ready"})),
	}
	inner, err := testcontainers.Run(ctx, img, append(all, opts...)...)
	if inner == nil {
		return nil, fmt.Errorf("simcontainer: %w", err)
	}
	c := &Container{Container: inner}
	if err != nil {
		return c, fmt.Errorf("simcontainer: %w%s", err, c.said(ctx))
	}
	about, err := inner.Inspect(ctx)
	if err != nil {
		return c, fmt.Errorf("simcontainer: %w", err)
	}
	for _, v := range about.Config.Env { // an option may have set another
		if token, found := strings.CutPrefix(v, tokenName+"="); found {
			c.token = token
		}
	}
	return c, nil
}

// said is the end of what the program in the container has said, for an error.
func (c *Container) said(ctx context.Context) string {
	log, err := c.Logs(context.WithoutCancel(ctx))
	if err != nil {
		return ""
	}
	defer log.Close()
	const most = 4 << 10
	b, _ := io.ReadAll(log) // as much as there is
	return "\n" + string(b[max(0, len(b)-most):])
}

// withHost lets the control API be asked, and the certificate be good, for the name of the machine on which the containers
// run, where that is not this one.
func withHost(ctx context.Context) testcontainers.CustomizeRequestOption {
	return func(r *testcontainers.GenericContainerRequest) error {
		provider, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(r.Logger))
		if err != nil {
			return err
		}
		defer provider.Close()
		host, err := provider.DaemonHost(ctx)
		if _, isIP := netip.ParseAddr(host); err != nil || isIP == nil || host == "localhost" {
			return err
		}
		hosts, err := json.Marshal([]string{host})
		if err != nil {
			return err
		}
		return testcontainers.WithEnv(map[string]string{"DNISPOOL_CONTROL_HOSTS": string(hosts), "DNISPOOL_TLS_HOSTS": string(hosts)})(r)
	}
}

// configPath is where WithConfig puts its file.
const configPath = "/dnispool.yaml"

// WithConfig starts the platform with a configuration file of that text; specs/config.schema.json describes it. Where
// the file says to listen somewhere, the ports of the image are used all the same.
func WithConfig(yaml string) testcontainers.CustomizeRequestOption {
	return func(r *testcontainers.GenericContainerRequest) error {
		r.Files = append(r.Files, testcontainers.ContainerFile{Reader: strings.NewReader(yaml), ContainerFilePath: configPath, FileMode: 0o444})
		return withFlags("--config", configPath)(r)
	}
}

// WithFault has something go wrong from the start, in the words of a scenario's fault, as in WithFault("calls: {refuse: 486, times: 1}");
// specs/scenario.schema.json describes them. It may be given several times. Control().SetFaults changes what goes wrong later, and
// Control().Faults counts what was hit.
func WithFault(yaml string) testcontainers.CustomizeRequestOption {
	return withFlags("--fault", yaml)
}

// WithRehearsal judges a client instead of serving a platform: the container plays the lessons of dnispool rehearse, and
// Control().Rehearse begins one, Arrived says that its callers have arrived at the client, Served that the client is done with
// them, and Verdict waits for what became of it. The client is given URL() and SIP(), and the keys of Control().Rehearsal. Flags
// are those of dnispool rehearse, as in WithRehearsal("--queue", "sales"). WithConfig and WithFault are for a platform alone.
func WithRehearsal(flags ...string) testcontainers.CustomizeRequestOption {
	return testcontainers.WithCmd(append([]string{"rehearse", "--serve"}, flags...)...)
}

// withFlags adds flags to the command.
func withFlags(flags ...string) testcontainers.CustomizeRequestOption {
	return func(r *testcontainers.GenericContainerRequest) error {
		if len(r.Cmd) == 0 {
			r.Cmd = []string{"sim"} // which is the image's own
		}
		return testcontainers.WithCmdArgs(flags...)(r)
	}
}

// WithSetting changes one setting by its path, as in WithSetting("pool.window", "2s"). It wins over WithConfig.
func WithSetting(path, value string) testcontainers.CustomizeRequestOption {
	return testcontainers.WithEnv(map[string]string{"DNISPOOL_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_")): value})
}

// URL is the base URL of Reserve DNI and Get Handoff.
func (c *Container) URL(ctx context.Context) (string, error) {
	return c.PortEndpoint(ctx, httpPort, "http")
}

// HTTPSURL is the same over TLS; Control().Authority says whom to trust.
func (c *Container) HTTPSURL(ctx context.Context) (string, error) {
	return c.PortEndpoint(ctx, httpsPort, "https")
}

// SIP is the host:port at which calls over UDP are answered.
func (c *Container) SIP(ctx context.Context) (string, error) {
	return c.PortEndpoint(ctx, sipUDPPort, "")
}

// SIPTCP is the host:port at which calls over TCP are answered.
func (c *Container) SIPTCP(ctx context.Context) (string, error) {
	return c.PortEndpoint(ctx, sipTCPPort, "")
}

// SIPTLS is the host:port at which calls over TLS are answered.
func (c *Container) SIPTLS(ctx context.Context) (string, error) {
	return c.PortEndpoint(ctx, sipTLSPort, "")
}

// ControlURL is the link to the control API, with its token.
func (c *Container) ControlURL(ctx context.Context) (string, error) {
	url, err := c.PortEndpoint(ctx, controlPort, "http")
	if err != nil {
		return "", err
	}
	return url + "/?token=" + c.token, nil
}

// Control returns a client of the control API.
func (c *Container) Control(ctx context.Context) (*client.Client, error) {
	link, err := c.ControlURL(ctx)
	if err != nil {
		return nil, err
	}
	return client.New(link)
}

// Projects are the tenants of the platform with their keys; by default there is one.
func (c *Container) Projects(ctx context.Context) ([]client.Project, error) {
	control, err := c.Control(ctx)
	if err != nil {
		return nil, err
	}
	return control.Projects(ctx, true)
}
