//go:build unix

package load

import (
	"bufio"
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/targets/live"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

var (
	peersAsked = flag.Bool("peers", false, "measure other load generators that are on the PATH beside ours")
	peersRate  = flag.Int("peers-rate", 2000, "requests a second")
	peersCalls = flag.Int("peers-calls", 100, "calls a second")
	peersFor   = flag.Duration("peers-for", 5*time.Second, "how long each of them offers it, five times")
)

// peer is a load generator that is run as a process of its own, so that its CPU time is known.
type peer struct {
	name    string
	command func(dir, url string) *exec.Cmd
	read    func(dir string, out []byte) (rate, p99 float64, err error) // a second, and in milliseconds
}

// peerRole says what this test binary is in a process of its own: a server, or the generator.
const peerRole = "DNISPOOL_PEER"

// TestPeers offers the same rate by each generator in turn, five times, and prints the medians. It tests nothing but that
// they run, and belongs on an idle machine: make peers.
func TestPeers(t *testing.T) {
	switch role := os.Getenv(peerRole); {
	case role != "":
		playPeer(t, role)
		return
	case !*peersAsked:
		t.Skip("run it with make peers")
	}
	load, _ := os.ReadFile("/proc/loadavg") // where there is one
	fmt.Printf("%s, load of the machine before: %s\n", time.Now().UTC().Format(time.DateOnly), load)
	comparePeers(t, "bare", fmt.Sprintf("requests against a bare handler, %d a second", *peersRate), *peersRate, []peer{ours(*peersRate, "request"), vegeta(), fortio(), k6()})
	comparePeers(t, "simulator", fmt.Sprintf("calls to the simulator, %d a second", *peersCalls), *peersCalls, []peer{ours(*peersCalls, "calls"), sipp()})
}

// comparePeers runs those that are there against one server.
func comparePeers(t *testing.T, server, title string, rate int, peers []peer) {
	url := startPeer(t, server)
	fmt.Printf("\n%s\n\n| generator | achieved a second | p99 ms | CPU us each |\n| --- | --- | --- | --- |\n", title)
	rows := make([][3][]float64, len(peers))
	for range 5 {
		for i, p := range peers {
			dir := t.TempDir()
			c := p.command(dir, url)
			if c == nil {
				continue
			}
			out, err := c.Output()
			var achieved, p99 float64
			if err == nil {
				achieved, p99, err = p.read(dir, out)
			}
			if err != nil {
				t.Errorf("%s: %v\n%s", p.name, err, out)
				continue
			}
			spent := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
			for k, v := range []float64{achieved, p99, float64(spent.Microseconds()) / (float64(rate) * peersFor.Seconds())} {
				rows[i][k] = append(rows[i][k], v)
			}
		}
	}
	for i, p := range peers {
		if len(rows[i][0]) == 0 {
			fmt.Printf("| %s | not on the PATH | | |\n", p.name)
			continue
		}
		p99 := "-" // it does not say
		if m := median(rows[i][1]); m > 0 {
			p99 = fmt.Sprintf("%.2f", m)
		}
		fmt.Printf("| %s | %.1f | %s | %.0f |\n", p.name, median(rows[i][0]), p99, median(rows[i][2]))
	}
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// tool is a command of a tool that is on the PATH; nil: it is not.
func tool(name string, args ...string) *exec.Cmd {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil
	}
	return exec.Command(path, args...)
}

// versioned is the name of a tool with what its binary says of itself.
func versioned(name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return name
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return name
	}
	return name + " " + info.Main.Version
}

const peerBody = `{"attributes":{"nonce":"n1","shared_id":"s1"}}`

func vegeta() peer {
	return peer{versioned("vegeta"), func(dir, url string) *exec.Cmd {
		_ = os.WriteFile(filepath.Join(dir, "body.json"), []byte(peerBody), 0o666)
		_ = os.WriteFile(filepath.Join(dir, "targets"), []byte("POST "+url+"/v1/conversations/dni-reservation\nContent-Type: application/json\n@"+filepath.Join(dir, "body.json")+"\n"), 0o666)
		return tool("vegeta", "attack", "-targets="+filepath.Join(dir, "targets"), "-rate="+fmt.Sprint(*peersRate), "-duration="+peersFor.String(), "-output="+filepath.Join(dir, "out"))
	}, func(dir string, _ []byte) (float64, float64, error) {
		out, err := exec.Command("vegeta", "report", "-type=json", filepath.Join(dir, "out")).Output()
		var r struct {
			Throughput float64            `json:"throughput"`
			Latencies  map[string]float64 `json:"latencies"`
		}
		if err == nil {
			err = json.Unmarshal(out, &r)
		}
		return r.Throughput, r.Latencies["99th"] / 1e6, err
	}}
}

func fortio() peer {
	return peer{versioned("fortio"), func(dir, url string) *exec.Cmd {
		return tool("fortio", "load", "-quiet", "-nocatchup=false", "-uniform", "-qps", fmt.Sprint(*peersRate), "-c", "64", "-t", peersFor.String(), "-p", "99", "-content-type", "application/json",
			"-payload", peerBody, "-json", filepath.Join(dir, "out.json"), url+"/v1/conversations/dni-reservation")
	}, func(dir string, _ []byte) (rate, p99 float64, err error) {
		var r struct {
			ActualQPS         float64
			DurationHistogram struct {
				Percentiles []struct{ Percentile, Value float64 }
			}
		}
		if err = readJSON(filepath.Join(dir, "out.json"), &r); err == nil && len(r.DurationHistogram.Percentiles) > 0 {
			p99 = 1000 * r.DurationHistogram.Percentiles[0].Value
		}
		return r.ActualQPS, p99, err
	}}
}

func k6() peer {
	return peer{versioned("k6"), func(dir, url string) *exec.Cmd {
		script := fmt.Sprintf(`import http from 'k6/http';
export const options = {summaryTrendStats: ['p(99)'], scenarios: {s: {executor: 'constant-arrival-rate', rate: %d, timeUnit: '1s', duration: '%s', preAllocatedVUs: 200, maxVUs: 1000}}};
export default function () { http.post('%s/v1/conversations/dni-reservation', '%s', {headers: {'Content-Type': 'application/json'}}); }
`, *peersRate, *peersFor, url, peerBody)
		_ = os.WriteFile(filepath.Join(dir, "s.js"), []byte(script), 0o666)
		return tool("k6", "run", "--quiet", "--no-usage-report", "--summary-export="+filepath.Join(dir, "out.json"), filepath.Join(dir, "s.js"))
	}, func(dir string, _ []byte) (float64, float64, error) {
		var r struct {
			Metrics map[string]map[string]any `json:"metrics"`
		}
		err := readJSON(filepath.Join(dir, "out.json"), &r)
		rate, _ := r.Metrics["http_reqs"]["count"].(float64)
		p99, _ := r.Metrics["http_req_duration"]["p(99)"].(float64)
		return rate / peersFor.Seconds(), p99, err
	}}
}

// sipp calls one number, waits half a second and hangs up.
func sipp() peer {
	return peer{"SIPp, INVITE to BYE alone", func(dir, url string) *exec.Cmd {
		of := strings.Fields(url)
		c := tool("sipp", "-sn", "uac", of[1], "-s", of[2], "-r", fmt.Sprint(*peersCalls), "-m", fmt.Sprint(int(float64(*peersCalls)*peersFor.Seconds())), "-d", "500",
			"-i", "127.0.0.1", "-nostdin", "-trace_stat", "-stf", filepath.Join(dir, "stat.csv"), "-fd", "1")
		if c != nil {
			c.Dir = dir
		}
		return c
	}, func(dir string, _ []byte) (rate, p99 float64, err error) {
		text, err := os.ReadFile(filepath.Join(dir, "stat.csv"))
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		names, last := strings.Split(lines[0], ";"), strings.Split(lines[len(lines)-1], ";")
		if at := slices.Index(names, "SuccessfulCall(C)"); at >= 0 && at < len(last) {
			_, err = fmt.Sscan(last[at], &rate)
		}
		return rate / peersFor.Seconds(), 0, err
	}}
}

// ours is this package in a process of its own.
func ours(rate int, what string) peer {
	name := map[string]string{"request": "dnispool load --no-calls", "calls": "dnispool load, a whole journey: reserve, INVITE to BYE, handoff"}[what]
	return peer{name, func(_, url string) *exec.Cmd {
		c := exec.Command(os.Args[0], "-test.run=^TestPeers$")
		c.Env = append(os.Environ(), peerRole+"="+what, "PEER_URL="+url, "PEER_RATE="+fmt.Sprint(rate), "PEER_FOR="+peersFor.String())
		return c
	}, func(_ string, out []byte) (rate, p99 float64, err error) {
		_, err = fmt.Sscanf(string(out), "peer %f %f", &rate, &p99)
		return rate, p99, err
	}}
}

func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// startPeer starts a server of this test binary, and returns its addresses.
func startPeer(t *testing.T, server string) string {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestPeers$")
	c.Env = append(os.Environ(), peerRole+"="+server)
	in, err := c.StdinPipe() // whose end is its end
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait()
	})
	line, _, err := bufio.NewReader(out).ReadLine()
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(line))
}

// firstNumber is one of the pool.
func firstNumber(t *testing.T, url string, w world.World) string {
	t.Helper()
	p, _ := w.Project("")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("x-api-key", p.DNIKey)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return numberIn(body)
}

const peerWorld = "{pool: {numbers: 5000}, agent: {echo: {talk: 5s}}}" // SIPp hangs up before

// playPeer is what this binary does in a process of its own.
func playPeer(t *testing.T, role string) {
	var rate int
	_, _ = fmt.Sscan(os.Getenv("PEER_RATE"), &rate)
	length, _ := time.ParseDuration(os.Getenv("PEER_FOR"))
	p := Default()
	p.Arrivals, p.For, p.Grace = traffic.Arrivals{Rates: traffic.Steady(traffic.Rate(rate))}, length, 5*time.Second
	given, _ := strictyaml.Parse("given", []byte(peerWorld))
	plan := Plan{Seed: 1, Prefix: fmt.Sprintf("p%x-", time.Now().UnixNano())}
	switch role {
	case "bare":
		s, err := serveBare()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(s.BaseURL())
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		s.close()
		return
	case "simulator":
		g, problems := world.Read("given", given)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		s, err := sim.New(g.Platform, func(p sim.Project) (conversation.Agent, error) { return g.Agents[p.Name], nil })
		if err == nil {
			err = s.Start(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("http://"+s.HTTPAddr(), s.SIPAddr(), firstNumber(t, "http://"+s.HTTPAddr(), g))
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		_ = s.Close(context.Background())
		return
	case "request":
		plan.NoCalls, plan.Stage = true, &bare{transport: &http.Transport{DisableCompression: true, MaxConnsPerHost: 512, MaxIdleConnsPerHost: 512}, address: strings.TrimPrefix(os.Getenv("PEER_URL"), "http://")}
	case "calls":
		p.Journey.Think, p.Journey.Talk, p.Journey.HangsUp = traffic.Constant(0), new(traffic.Constant(500*time.Millisecond)), 0
		of := strings.Fields(os.Getenv("PEER_URL"))
		g, problems := world.Read("given", given)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		l, err := live.Open(t.Context(), live.Platform{BaseURL: of[0], SIP: of[1], Close: func(context.Context) error { return nil }}, g, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		plan.Stage = l
	}
	plan.Profile = p
	out, err := Run(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	done := float64(out.Measured.Whole.Given) / length.Seconds()
	if role == "calls" {
		done = float64(out.Measured.Counts.Answered) / length.Seconds()
	}
	fmt.Printf("peer %f %f\n", done, float64(out.Measured.Times[measure.TimeReserve].P99.Microseconds())/1000)
}
