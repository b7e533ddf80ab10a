package targetfile

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Secret says where a secret is found. One of the two is set.
type Secret struct {
	Env  string `yaml:"env" json:"env,omitempty"`   // name of an environment variable
	File string `yaml:"file" json:"file,omitempty"` // path, from the directory of the target file; blanks at its ends do not count

	text string // a literal, where one is allowed
}

// UnmarshalStrict refuses a secret that is written down: a target file is there to be kept and forwarded.
func (s *Secret) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	if n.Kind == yaml.ScalarNode {
		return strictyaml.Problems{strictyaml.At(file, n, "want {env: NAME} or {file: path}, got text; a secret does not belong in this file")}
	}
	type plain Secret // reads itself by its keys
	problems := strictyaml.Decode(file, n, (*plain)(s))
	if len(problems) == 0 && (s.Env == "") == (s.File == "") {
		problems = append(problems, strictyaml.At(file, n, "want one of env and file"))
	}
	return problems
}

// UnmarshalStrict reads literal texts as well as secrets.
func (h *Headers) UnmarshalStrict(file string, n *yaml.Node) (problems strictyaml.Problems) {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Problems{strictyaml.At(file, n, "want a mapping of header names, got %s", strictyaml.Got(n))}
	}
	*h = make(Headers)
	for key, value := range strictyaml.Pairs(n) {
		if key.Value == "" || strings.ContainsFunc(key.Value, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) }) {
			problems = append(problems, strictyaml.At(file, key, "want the name of a header, got %q", key.Value))
		}
		var s Secret
		if value.Kind == yaml.ScalarNode {
			problems = append(problems, strictyaml.DecodeKey(file, key.Value, value, &s.text)...)
		} else {
			problems = append(problems, strictyaml.DecodeKey(file, key.Value, value, &s)...)
		}
		if err := sendable(key.Value, s.text); err != nil {
			problems = append(problems, strictyaml.At(file, value, "%s", err))
		}
		(*h)[key.Value] = s
	}
	return problems
}

// MarshalText shows a literal, or where a secret is found.
func (s Secret) MarshalText() ([]byte, error) {
	switch {
	case s.Env != "":
		return []byte("$" + s.Env), nil
	case s.File != "":
		return []byte("file " + s.File), nil
	}
	return []byte(s.text), nil
}

// Source of environment and files for Read.
type Source struct {
	Getenv func(string) string
	Dir    string // of the target file
}

// Read finds the secret. The error names where it was looked for and never what was found.
func (s Secret) Read(from Source) (string, error) {
	switch {
	case s.Env != "":
		v := strings.TrimSpace(from.Getenv(s.Env))
		if v == "" {
			return "", fmt.Errorf("environment variable %s: want a secret, got nothing; export it before the run", s.Env)
		}
		return v, sendable("environment variable "+s.Env, v)
	case s.File != "":
		path := s.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(from.Dir, path)
		}
		b, err := os.ReadFile(path)
		if bad, ok := errors.AsType[*fs.PathError](err); ok {
			err = bad.Err
		}
		if err != nil {
			return "", fmt.Errorf("secret %s: %w", path, err)
		}
		v := strings.TrimSpace(string(b))
		if v == "" {
			return "", fmt.Errorf("secret %s: want text, got nothing", path)
		}
		return v, sendable("secret "+path, v)
	}
	return s.text, nil
}

// sendable refuses what no header can carry, which a file with two keys, say, would be.
func sendable(where, v string) error {
	if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("%s: want one line of text, got control characters in it", where)
	}
	return nil
}

// Day is a day, until whose end something holds.
type Day struct{ time.Time }

// UnmarshalText reads a day like 2026-12-31.
func (d *Day) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("until: want a day like 2026-12-31, got %q", text)
	}
	d.Time = t
	return nil
}

func (d Day) String() string { return d.Format(time.DateOnly) }

// MarshalText writes the day as it is read.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c *checker) calls(calls Calls) {
	switch t := calls.Trunk; {
	case t != nil && len(calls.Exec) > 0:
		c.at([]string{"calls", "exec"}, "calls: want trunk or exec, got both")
	case t != nil:
		if host, port, err := net.SplitHostPort(t.Host); err != nil || host == "" || port == "" {
			c.at([]string{"calls", "trunk", "host"}, "host: want host:port like sbc.example.net:5060, got %q", t.Host)
		}
		for key, hosts := range map[string][]string{"others": t.Others, "redirects": t.Redirects} {
			for _, other := range hosts {
				if host, port, err := net.SplitHostPort(other); err != nil || host == "" || port == "" {
					c.at([]string{"calls", "trunk", key}, "%s: want host:port like sbc2.example.net:5060, got %q", key, other)
				}
			}
		}
		switch t.Transport {
		case "", "udp", "tcp":
		case "tls":
			c.at([]string{"calls", "trunk", "transport"}, "transport: want udp or tcp, got %q: TLS and SRTP are not supported yet; place the calls by an exec command", t.Transport)
		default:
			c.at([]string{"calls", "trunk", "transport"}, "transport: want udp or tcp, got %q", t.Transport)
		}
		if (t.User == "") != (t.Password == Secret{}) {
			c.at([]string{"calls", "trunk", "user"}, "trunk: want user and password, got one of them")
		}
		if t.Listen != "" {
			if host, _, err := net.SplitHostPort(t.Listen); err != nil || net.ParseIP(host) == nil {
				c.at([]string{"calls", "trunk", "listen"}, "listen: want IP:port, got %q", t.Listen)
			}
		}
	case strictyaml.Lookup(strictyaml.Lookup(c.root, "calls"), "exec") != nil:
		if !strings.Contains(strings.Join(calls.Exec, " "), "{dni}") {
			c.at([]string{"calls", "exec"}, `exec: want a command with "{dni}" among its arguments, which stands for the number to call`)
		}
	}
}
