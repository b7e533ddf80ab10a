package explore

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Options is what a seed makes of the platform and of the traffic. The settings are those of a scenario's given; an
// empty or zero one stays as the profile has it.
type Options struct {
	Profile    string
	Projects   int  // tenants, each with a pool of its own
	Size       int  // numbers in a pool
	Alike      bool // half of the numbers end like the other half
	Window     time.Duration
	CoolDown   time.Duration
	Release    string
	Selection  string
	Reaper     string
	Lag        time.Duration
	Bindings   string
	Match      string
	Visible    time.Duration // from BYE to a readable state
	Retention  time.Duration
	Duplicates string
	Snapshot   string
	Abandoned  string        // whether a call that its caller hung up leaves a state
	Unreserved string        // what becomes of a call without a reservation
	Ringing    time.Duration // INVITE to 180
	Answering  time.Duration // 180 to 200
	Talk       time.Duration // how long the agent talks; Forever: until the caller hangs up

	Clients  int
	Journeys int           // reservations over all clients
	Arrivals string        // poisson, burst or metronome
	Gap      time.Duration // mean time between two reservations
	Carrier  string        // fast, usual or slow: the delay between dialling and arrival
	Skew     time.Duration // how far the clocks of the generators are apart; 0: there is one
	Faults   Faults
}

// Forever is longer than any call.
const Forever = time.Duration(1<<63 - 1)

// Faults are the chances, of each journey, that something goes wrong.
type Faults struct {
	Abandon float64 // the client never dials
	HangUp  float64 // the caller hangs up first
	Lost    float64 // the reply to the reservation is lost
	Retry   float64 // of those: the client asks again with the same attributes
	Cut     float64 // the client closes its connection in the middle of its request
	NoRoute float64 // the call never reaches the platform
	Twice   float64 // the carrier delivers the call twice
	Late    float64 // the call arrives around the end of its window
	Same    float64 // another journey's shared_id is used again
	Large   float64 // attributes of some kilobytes
	Probe   float64 // a call without a reservation, to any number
	Restart float64 // the platform is restarted, keeping its leases
}

// Limits narrows what is drawn.
type Limits struct {
	Profile string // "": any
}

// profiles are the platform's own names; the ones that differ in HTTP alone do not show without it.
var profiles = []string{"published", "release-on-arrival", "gateway", "strict-spec"}

// drawOptions draws options. Half of the faults are off in any one seed, so that none hides behind another.
func drawOptions(r *rand.Rand, limits Limits) Options {
	o := Options{
		Profile: limits.Profile, Projects: 1, Size: 1 + r.IntN(20),
		Window:    pick(r, 2*time.Second, 10*time.Second, 30*time.Second, time.Minute, 2*time.Minute, 10*time.Minute),
		Selection: pick(r, "lru", "round-robin", "random", "lifo", "first"),
		Reaper:    pick(r, "eager", "eager", "lazy", "lag"),
		Bindings:  pick(r, "once", "once", "once", "many"),
		Match:     pick(r, "dni", "dni", "dni", "dni+ani"),
	}
	if o.Profile == "" {
		o.Profile = pick(r, profiles...)
	}
	o.Release = pick(r, "", "arrival", "answer", "hangup")
	if chance(r, 0.2) {
		o.Projects = 2
	}
	o.Alike = o.Projects == 1 && chance(r, 0.2)
	if chance(r, 0.3) {
		o.Size = 1 + r.IntN(3) // small pools meet their end more often
	}
	if chance(r, 0.5) {
		o.CoolDown = pick(r, time.Millisecond, time.Second, 5*time.Second, o.Window)
	}
	if o.Reaper == "lag" {
		o.Lag = pick(r, time.Millisecond, time.Second, o.Window)
	}
	o.drawHandoff(r)
	o.drawTraffic(r)
	return o
}

func (o *Options) drawHandoff(r *rand.Rand) {
	o.Visible = pick(r, 0, 0, 100*time.Millisecond, 2*time.Second)
	o.Retention = pick(r, 0, 0, time.Minute, time.Hour)
	o.Duplicates = pick(r, "last", "last", "first", "conflict")
	o.Snapshot = pick(r, "call-end", "end-function")
	o.Unreserved = pick(r, "answer", "answer", "answer", "reject")
}

func (o *Options) drawTraffic(r *rand.Rand) {
	if chance(r, 0.3) {
		o.Ringing, o.Answering = pick(r, 0, 200*time.Millisecond), pick(r, 0, 800*time.Millisecond, 5*time.Second)
	}
	o.Talk = pick(r, 0, time.Second, 20*time.Second, 3*time.Minute, Forever)
	o.Clients = 1 + r.IntN(50)
	o.Journeys = o.Clients * (1 + r.IntN(6))
	o.Arrivals = pick(r, "poisson", "poisson", "burst", "metronome")
	o.Carrier = pick(r, "fast", "usual", "slow")
	o.Skew = pick(r, 0, 0, 0, 0, 5*time.Millisecond, 250*time.Millisecond)
	hold := o.Window/4 + min(o.Talk, 30*time.Second)
	load := 0.3 + 2.7*r.Float64() // of what the pool can carry
	o.Gap = max(time.Duration(float64(hold)/float64(o.Size)/load), time.Millisecond)
	some := func(often float64) float64 {
		if chance(r, 0.5) {
			return 0
		}
		return often * r.Float64()
	}
	o.Faults = Faults{
		Abandon: some(0.5), HangUp: some(0.5), Lost: some(0.2), Retry: r.Float64(), Cut: some(0.2), NoRoute: some(0.1), Twice: some(0.2),
		Late: some(0.3), Same: some(0.2), Large: some(0.05), Probe: some(0.3), Restart: some(0.02),
	}
	o.Abandoned = pick(r, "keep", "keep", "drop")
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// String is the options in two lines, the platform's and the traffic's.
func (o Options) String() string {
	f := o.Faults
	return fmt.Sprintf("%s\n%d clients, %d journeys, %s every %s, carrier %s, skew %s; abandon %.0f%% hang-up %.0f%% lost %.0f%% retry %.0f%% cut %.0f%% no-route %.0f%% twice %.0f%% late %.0f%% same-id %.0f%% large %.0f%% probe %.0f%% restart %.1f%%",
		strings.ReplaceAll(strings.TrimSpace(o.Given()), "\n", "; "), o.Clients, o.Journeys, o.Arrivals, o.Gap.Round(time.Millisecond), o.Carrier, o.Skew,
		100*f.Abandon, 100*f.HangUp, 100*f.Lost, 100*f.Retry, 100*f.Cut, 100*f.NoRoute, 100*f.Twice, 100*f.Late, 100*f.Same, 100*f.Large, 100*f.Probe, 100*f.Restart)
}

// Given is the platform as a scenario writes it. What is as usual is left out.
func (o Options) Given() string {
	var b strings.Builder
	if o.Profile != "" && o.Profile != "published" {
		fmt.Fprintf(&b, "profile: %s\n", o.Profile)
	}
	section(&b, "pool", setting{"numbers", o.numbers()}, setting{"window", o.Window.String()}, text("release", o.Release),
		text("selection", o.Selection), span("cool_down", o.CoolDown), text("reaper", o.Reaper), span("lag", o.Lag), text("bindings", o.Bindings), text("match", o.Match))
	section(&b, "handoff", span("visible_after", o.Visible), span("retention", o.Retention), text("duplicates", o.Duplicates), text("snapshot", o.Snapshot), text("abandoned", o.Abandoned))
	section(&b, "sip", span("ringing_after", o.Ringing), span("answer_after", o.Answering), text("unreserved_dial", o.Unreserved))
	switch o.Talk {
	case 0:
	case Forever:
		b.WriteString("agent: {echo: {talk: forever}}\n")
	default:
		fmt.Fprintf(&b, "agent: {echo: {talk: %s}}\n", o.Talk)
	}
	if o.Projects > 1 {
		var names []string
		for range o.Projects {
			names = append(names, "{}")
		}
		fmt.Fprintf(&b, "projects: [%s]\n", strings.Join(names, ", "))
	}
	return b.String()
}

// numbers are the pool's: so many generated ones, or two ranges with the same last digits.
func (o Options) numbers() string {
	if !o.Alike || o.Projects > 1 || o.Size < 2 {
		return fmt.Sprint(o.Size)
	}
	return fmt.Sprintf(`["+442079460000..+44207946%04d", "+441614960000..+44161496%04d"]`, (o.Size+1)/2-1, o.Size/2-1)
}

type setting struct{ name, value string }

// usual are the values that every profile starts from, or that mean "as it is".
var usual = map[setting]bool{
	{"selection", "lru"}: true, {"reaper", "eager"}: true, {"bindings", "once"}: true, {"match", "dni"}: true,
	{"duplicates", "last"}: true, {"abandoned", "keep"}: true, {"snapshot", "call-end"}: true, {"unreserved_dial", "answer"}: true,
}

func text(name, value string) setting { return setting{name, value} }

func span(name string, d time.Duration) setting {
	if d == 0 {
		return setting{name: name}
	}
	return setting{name, d.String()}
}

func section(b *strings.Builder, name string, settings ...setting) {
	var written []string
	for _, s := range settings {
		if s.value != "" && !usual[s] {
			written = append(written, s.name+": "+s.value)
		}
	}
	if len(written) > 0 {
		fmt.Fprintf(b, "%s: {%s}\n", name, strings.Join(written, ", "))
	}
}

// node is Given, read.
func (o Options) node() (*yaml.Node, error) {
	n, problems := strictyaml.Parse("options", []byte(o.Given()))
	return n, problems.Err()
}
