// Package targetfile reads the file that describes a target: a simulator that runs somewhere, or a deployment: where it is, whose keys open it, how calls are placed to it,
// what is known of it, how far a run may go and what is excused. The file holds no key, only where each is to be found, so
// it can be kept with the code and forwarded. It does no I/O besides reading keys when asked to.
package targetfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Version is the only value of the key `target`.
const Version = "v1"

// regions are those for which the published documents name a host.
var regions = map[string]string{
	"us-1":  "https://api.us-1.platform.polyai.app",
	"uk-1":  "https://api.uk-1.platform.polyai.app",
	"euw-1": "https://api.euw-1.platform.polyai.app",
}

// Regions are the names of the regions, sorted.
func Regions() []string { return slices.Sorted(maps.Keys(regions)) }

// File is a target as its file describes it. Start from Default; what is left out is not known or not wished.
type File struct {
	Target string `yaml:"target" json:"target"` // Version
	Name   string `yaml:"name" json:"name"`     // how reports call it

	Simulator *Simulator `yaml:"simulator" json:"simulator,omitempty"` // a simulator, of which nothing else is said; nil: a deployment

	Region  string   `yaml:"region" json:"region,omitempty"`       // one of Regions; it stands for a base URL. Source: OpenAPI, servers
	BaseURL string   `yaml:"base_url" json:"base_url"`             // of both endpoints, without a path; instead of a region
	Account string   `yaml:"account" json:"account"`               // in the path of Get Handoff
	Project string   `yaml:"project" json:"project"`               // in the path of Get Handoff
	Keys    Keys     `yaml:"keys" json:"keys"`                     // of the two endpoints
	Second  *Project `yaml:"second_project" json:"second_project"` // another project with a pool of its own: what is said of isolation needs two
	TLS     TLS      `yaml:"tls" json:"tls"`                       // of HTTPS
	Proxy   string   `yaml:"proxy" json:"proxy,omitempty"`         // of HTTP; empty: what the environment says
	Calls   Calls    `yaml:"calls" json:"calls"`                   // how calls are placed; nothing: they are not
	Facts   Facts    `yaml:"facts" json:"facts"`                   // what is known of the pool of the first project
	Limits  Limits   `yaml:"limits" json:"limits"`                 // how far a run may go
	Consent Consent  `yaml:"consent" json:"consent,omitempty"`     // who allowed what goes beyond the default limits
	Waivers []Waiver `yaml:"waivers" json:"waivers,omitempty"`     // what is excused
	file    string   // the name of the file, for messages
}

// Simulator is a simulator that each scenario may make its own world of.
type Simulator struct {
	Control string `yaml:"control" json:"control"`      // URL of its control API
	Token   Secret `yaml:"token" json:"token,omitzero"` // that the control API wants, if any
	HTTP    string `yaml:"http" json:"http,omitempty"`  // URL of the two endpoints; empty: the port that it says it has, at the control API's host
	SIP     string `yaml:"sip" json:"sip,omitempty"`    // host:port for calls; likewise
	// Consent is who allowed that another host than this machine and the control API's is sent to, and why. No gate holds
	// back what is sent to a simulator: whoever may configure it, by its token, is whose it is.
	Consent string `yaml:"consent" json:"consent,omitempty"`
}

// Project is a project beside the first.
type Project struct {
	Account string `yaml:"account" json:"account"`
	Project string `yaml:"project" json:"project"`
	Keys    Keys   `yaml:"keys" json:"keys"`
	Facts   Facts  `yaml:"facts" json:"facts"` // of its own pool
}

// Keys are the two keys of a project.
type Keys struct {
	DNI     Secret `yaml:"dni" json:"dni"`         // of Reserve DNI
	Handoff Secret `yaml:"handoff" json:"handoff"` // of Get Handoff
}

// TLS says how the server's certificate is checked.
type TLS struct {
	CA         string `yaml:"ca" json:"ca,omitempty"`                   // file of PEM certificates that are trusted beside the system's
	ServerName string `yaml:"server_name" json:"server_name,omitempty"` // name that the certificate must have; empty: the host of the URL
	Insecure   bool   `yaml:"insecure" json:"insecure,omitempty"`       // the certificate is not checked
}

// Calls says how calls are placed. At most one of Trunk and Exec is set.
type Calls struct {
	Trunk *Trunk   `yaml:"trunk" json:"trunk,omitempty"` // over SIP
	Exec  []string `yaml:"exec" json:"exec,omitempty"`   // a command and its arguments for each call; see specs/external-calls.md
	From  string   `yaml:"from" json:"from,omitempty"`   // the only number that calls may come from; empty: any that a scenario makes up
}

// Placed reports whether calls can be placed at all.
func (c Calls) Placed() bool { return c.Trunk != nil || len(c.Exec) > 0 }

// Trunk is a SIP trunk that leads to the platform.
type Trunk struct {
	Host      string   `yaml:"host" json:"host"`                               // host:port that an INVITE is sent to
	Others    []string `yaml:"others" json:"others,omitempty"`                 // hosts that are tried in turn where the one before does not answer or is out of service
	Redirects []string `yaml:"redirects" json:"redirects,omitempty"`           // further hosts to which a 302 may send calls; nowhere else are they sent on
	Transport string   `yaml:"transport" json:"transport"`                     // udp or tcp
	Listen    string   `yaml:"listen" json:"listen,omitempty"`                 // IP:port that calls come from; empty: a free port of the address that reaches the host
	User      string   `yaml:"user" json:"user,omitempty"`                     // for digest authentication
	Password  Secret   `yaml:"password" json:"password,omitzero"`              //
	Headers   Headers  `yaml:"headers" json:"headers,omitempty"`               // of each INVITE, as X-PolyAI-SIP-Trunk-ID
	Secret    Headers  `yaml:"secret_headers" json:"secret_headers,omitempty"` // likewise, with values that no report may show
}

// Hosts are all of them, in the order in which they are tried.
func (t Trunk) Hosts() []string { return append([]string{t.Host}, t.Others...) }

// Headers are header names with literal texts, or for secret ones with where the text is found.
type Headers map[string]Secret

// Limits is how far a run may go. More than Default needs consent.
type Limits struct {
	Requests     float64       `yaml:"requests_per_second" json:"requests_per_second"` // HTTP requests a second, and as many at once
	Reservations int           `yaml:"reservations" json:"reservations"`               // numbers that the run may hold at one time
	Calls        int           `yaml:"calls" json:"calls"`                             // calls that may be up at one time
	Call         time.Duration `yaml:"call" json:"call"`                               // the longest call; it is then hung up
	Duration     time.Duration `yaml:"duration" json:"duration"`                       // the longest that one scenario may wait for time to pass
	Patience     time.Duration `yaml:"patience" json:"patience"`                       // how much longer than a scenario says a network may take
}

// Consent is, for each limit that is raised, who allowed it and why.
type Consent map[string]string

// Waiver excuses a scenario or an area until a day.
type Waiver struct {
	Scenario string `yaml:"scenario" json:"scenario,omitempty"` // id, as pool/exhaustion-is-404
	Area     string `yaml:"area" json:"area,omitempty"`         // as pool
	Reason   string `yaml:"reason" json:"reason"`
	By       string `yaml:"by" json:"by"` // who decided
	Until    Day    `yaml:"until" json:"until"`
	At       string `yaml:"-" json:"-"` // file:line:column where it stands
}

// Unknown says what is wrong with a waiver for a scenario or an area that none of the ids is of; nil for nothing.
func (w Waiver) Unknown(ids []string) error {
	kind, name, known := "a scenario", w.Scenario, ids
	if w.Area != "" {
		kind, name, known = "an area", w.Area, nil
		for _, id := range ids {
			area, _, _ := strings.Cut(id, "/")
			known = append(known, area)
		}
	}
	if slices.Contains(known, name) {
		return nil
	}
	hint := ""
	if near := strictyaml.Suggest(name, known); near != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", near)
	}
	return fmt.Errorf("%s: waiver: want %s that exists, got %q%s", w.At, kind, name, hint)
}

// Covers reports whether the waiver is for the scenario with this id.
func (w Waiver) Covers(id string) bool {
	area, _, _ := strings.Cut(id, "/")
	return id == w.Scenario || area == w.Area
}

// Says is the waiver as a reason in a report.
func (w Waiver) Says() string {
	return fmt.Sprintf("%s (%s, until %s)", w.Reason, w.By, w.Until)
}

// Default is what holds where a file says nothing.
func Default() File {
	return File{Limits: Limits{Requests: 5, Reservations: 10, Calls: 3, Call: 2 * time.Minute, Duration: 5 * time.Minute, Patience: 10 * time.Second}}
}

// Parse reads a target file. now decides which waivers have ended. The file is usable only when there are no problems.
func Parse(file string, data []byte, now time.Time) (File, strictyaml.Problems) {
	f := Default()
	f.file = file
	root, problems := strictyaml.Parse(file, data)
	if root == nil {
		return f, problems
	}
	problems = append(problems, strictyaml.Decode(file, root, &f)...)
	c := checker{file: file, root: root, problems: problems}
	c.whole(&f)
	c.limits(f)
	c.calls(f.Calls)
	c.waivers(f.Waivers, now)
	c.problems.Sort()
	return f, c.problems
}

// checker finds what no single key can show.
type checker struct {
	file     string
	root     *yaml.Node
	problems strictyaml.Problems
}

// at notes a problem at the node under the keys, or at the last of them that is there.
func (c *checker) at(keys []string, format string, args ...any) {
	n := c.root
	for _, key := range keys {
		next := strictyaml.Lookup(n, key)
		if next == nil {
			break
		}
		n = next
	}
	c.problems = append(c.problems, strictyaml.At(c.file, n, format, args...))
}

// written reports whether there is a value under the keys.
func (c *checker) written(keys []string) bool {
	n := c.root
	for _, key := range keys {
		n = strictyaml.Lookup(n, key)
	}
	return n != nil
}

func (c *checker) whole(f *File) {
	if len(c.problems) > 0 && strictyaml.Lookup(c.root, "target") == nil && strictyaml.Lookup(c.root, "keys") == nil {
		return // it is no target file at all; one problem is enough
	}
	if f.Target != Version {
		c.at([]string{"target"}, "target: want %s, got %q", Version, f.Target)
	}
	if f.Simulator != nil {
		c.simulator(f)
		return
	}
	switch {
	case f.Region != "" && f.BaseURL != "":
		c.at([]string{"base_url"}, "base_url: want a region or a base_url, got both")
	case f.Region != "":
		known := false
		if f.BaseURL, known = regions[f.Region]; !known {
			c.at([]string{"region"}, "region: want one of %s, got %q", strings.Join(Regions(), ", "), f.Region)
			c.problems[len(c.problems)-1].Hint = strictyaml.Suggest(f.Region, Regions())
		}
	case f.BaseURL == "":
		c.at(nil, "target: want the key region (%s) or base_url, or simulator, got none", strictyaml.OneOf(Regions()))
	default:
		c.baseURL(f)
	}
	if f.Name == "" {
		f.Name = strings.TrimPrefix(strings.TrimPrefix(f.BaseURL, "https://"), "http://")
	}
	c.project(nil, f.Account, f.Project, f.Keys)
	if s := f.Second; s != nil {
		c.project([]string{"second_project"}, s.Account, s.Project, s.Keys)
		if s.Account == f.Account && s.Project == f.Project {
			c.at([]string{"second_project", "project"}, "second_project: want another project, got the first")
		}
	}
	if f.Proxy != "" {
		switch u, err := url.Parse(f.Proxy); {
		case err == nil && u.User != nil:
			c.at([]string{"proxy"}, "proxy: want no user and password, which do not belong in this file; leave proxy out, and set HTTPS_PROXY in the environment")
			f.Proxy = ""
		case err != nil || u.Host == "":
			c.at([]string{"proxy"}, "proxy: want a URL like http://proxy.example:3128, got %q", f.Proxy)
		}
	}
}

// simulator: what is said of a deployment is set up on a simulator by each scenario.
func (c *checker) simulator(f *File) {
	s := f.Simulator
	for key := range strictyaml.Pairs(c.root) {
		if !slices.Contains([]string{"target", "name", "simulator"}, key.Value) {
			c.at([]string{key.Value}, "%s: want it of a deployment only, got it beside simulator", key.Value)
		}
	}
	for _, k := range []struct {
		key, got string
		must     bool
	}{{"control", s.Control, true}, {"http", s.HTTP, false}} {
		if u, err := url.Parse(k.got); (k.got != "" || k.must) && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			c.at([]string{"simulator", k.key}, "%s: want a URL like http://127.0.0.1:8081, got %q", k.key, k.got)
		}
	}
	if host, _, err := net.SplitHostPort(s.SIP); s.SIP != "" && (err != nil || host == "") {
		c.at([]string{"simulator", "sip"}, "sip: want host:port, got %q", s.SIP)
	}
	if control, err := url.Parse(s.Control); err == nil && control.Host != "" && strings.TrimSpace(s.Consent) == "" {
		c.elsewhere("http", control.Hostname(), s.HTTP)
		c.elsewhere("sip", control.Hostname(), "sip://"+s.SIP)
	}
	if f.Name == "" {
		f.Name = "simulator " + strings.TrimPrefix(strings.TrimPrefix(s.Control, "https://"), "http://")
	}
}

// elsewhere asks for consent where what a simulator is sent goes to a host that its control API does not stand for.
func (c *checker) elsewhere(key, control, to string) {
	u, err := url.Parse(to)
	if err != nil || u.Hostname() == "" || loopback(u.Hostname()) || strings.EqualFold(u.Hostname(), control) {
		return
	}
	c.at([]string{"simulator", key}, "%s: want this machine or the host of control, %s, got %s: nothing holds back what is sent to a simulator; state simulator.consent, who allowed it and why, or describe a deployment", key, control, u.Hostname())
}

func (c *checker) baseURL(f *File) {
	u, err := url.Parse(f.BaseURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		c.at([]string{"base_url"}, "base_url: want a URL like https://api.uk-1.platform.polyai.app, got %q", f.BaseURL)
		return
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		c.at([]string{"base_url"}, "base_url: want scheme and host alone, got %q; the paths are those of the contract", f.BaseURL)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		c.at([]string{"base_url"}, "base_url: want https, got http to %s: the keys would be sent in the clear", u.Hostname())
	}
	f.BaseURL = u.Scheme + "://" + u.Host
}

func (c *checker) project(under []string, account, project string, keys Keys) {
	for _, k := range []struct {
		key   string
		given bool
	}{{"account", account != ""}, {"project", project != ""}} {
		if !k.given {
			c.at(append(slices.Clone(under), k.key), "%s: want the %s as it stands in the path of Get Handoff, got none", k.key, k.key)
		}
	}
	for _, k := range []struct {
		key    string
		secret Secret
	}{{"dni", keys.DNI}, {"handoff", keys.Handoff}} {
		if k.secret == (Secret{}) && !c.written(append(slices.Clone(under), "keys", k.key)) {
			c.at(append(slices.Clone(under), "keys", k.key), "keys: want %s: {env: NAME} or {file: path}, got none", k.key)
		}
	}
}

// limits asks for consent where a limit is above its default.
func (c *checker) limits(f File) {
	was := Default().Limits
	for _, l := range []struct {
		key       string
		got, most float64
	}{
		{"requests_per_second", f.Limits.Requests, was.Requests},
		{"reservations", float64(f.Limits.Reservations), float64(was.Reservations)},
		{"calls", float64(f.Limits.Calls), float64(was.Calls)},
		{"call", f.Limits.Call.Seconds(), was.Call.Seconds()},
		{"duration", f.Limits.Duration.Seconds(), was.Duration.Seconds()},
		{"patience", f.Limits.Patience.Seconds(), max(was.Patience.Seconds(), f.Limits.Patience.Seconds())},
	} {
		consent := strings.TrimSpace(f.Consent[l.key])
		switch {
		case l.got < 0 || l.got == 0 && l.key == "requests_per_second":
			c.at([]string{"limits", l.key}, "%s: want more than 0, got %v", l.key, l.got)
		case l.got > l.most && consent == "":
			c.at([]string{"limits", l.key}, "%s: want at most %v, or a line consent.%s that says who allowed more and why", l.key, unit(l.key, l.most), l.key)
		}
	}
	known := []string{"requests_per_second", "reservations", "calls", "call", "duration"}
	for key := range strictyaml.Pairs(strictyaml.Lookup(c.root, "consent")) {
		if !slices.Contains(known, key.Value) {
			c.problems = append(c.problems, strictyaml.UnknownKey(c.file, key, "consent", known))
		}
	}
}

func unit(key string, v float64) any {
	if key == "call" || key == "duration" {
		return time.Duration(v * float64(time.Second))
	}
	return v
}

func (c *checker) waivers(waivers []Waiver, now time.Time) {
	list := strictyaml.Lookup(c.root, "waivers")
	for i, w := range waivers {
		if list == nil || i >= len(list.Content) {
			return
		}
		n := list.Content[i]
		waivers[i].At = fmt.Sprintf("%s:%d:%d", c.file, n.Line, n.Column)
		problem := func(key, format string, args ...any) {
			at := n
			if v := strictyaml.Lookup(n, key); v != nil {
				at = v
			}
			c.problems = append(c.problems, strictyaml.At(c.file, at, format, args...))
		}
		if (w.Scenario == "") == (w.Area == "") {
			problem("area", "waiver: want one of scenario and area")
		}
		for _, k := range []struct{ key, value string }{{"reason", w.Reason}, {"by", w.By}} {
			if strings.TrimSpace(k.value) == "" {
				problem(k.key, "waiver: want the key %s, got none", k.key)
			}
		}
		switch {
		case w.Until.IsZero():
			problem("until", "waiver: want the key until with a day like 2026-12-31, got none")
		case !now.Before(w.Until.AddDate(0, 0, 1)):
			problem("until", "waiver: ended on %s: what it excused counts again; renew it with whoever decided, or take it out", w.Until)
		}
	}
}

// Config is the file as it is shown in reports: plain data without a key in it.
func (f File) Config() json.RawMessage {
	raw, _ := json.Marshal(f) // plain data
	return raw
}

// FactsOf is what is known of the pools of the projects, the first one's before the second's.
func (f File) FactsOf() (out []reading.Facts) {
	out = append(out, f.Facts.Facts)
	if f.Second != nil {
		out = append(out, f.Second.Facts.Facts)
	}
	return out
}
