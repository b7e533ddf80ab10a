package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// example reads the documents of a file in specs/examples into values of type T. Unknown fields of the wrappers are the
// wrappers' own affair.
func example[T any](t *testing.T, name string) (out []T) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../specs/examples", name))
	if err != nil {
		t.Fatal(err)
	}
	for d := yaml.NewDecoder(bytes.NewReader(b)); ; {
		var v T
		switch err := d.Decode(&v); err {
		case nil:
			out = append(out, v)
		case io.EOF:
			return out
		default:
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// freePorts gives commands that use the usual ports free ones instead, by the variables that the simulator and its
// clients read and by the address in the text.
func freePorts(t *testing.T) (env []string, replace *strings.Replacer) {
	t.Helper()
	var at []string
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		at = append(at, l.Addr().String())
	}
	return []string{"DNISPOOL_HTTP_LISTEN=" + at[0], "DNISPOOL_SIP_LISTEN=" + at[1], "DNISPOOL_CONTROL_LISTEN=" + at[2]},
		strings.NewReplacer("127.0.0.1:8080", at[0], "127.0.0.1:5060", at[1], "127.0.0.1:8081", at[2])
}

// steps runs scripts one after the other, each in a shell of its own, as a user would who has the binary on the path.
func steps(t *testing.T, scripts ...string) string {
	t.Helper()
	if !has("curl") || !has("bash") {
		t.Skip("curl or bash is not installed")
	}
	dir := t.TempDir()
	env, address := freePorts(t)
	var said strings.Builder
	installed := 0
	for _, script := range scripts {
		if strings.HasPrefix(script, "go install github.com/dnispool/dnispool/cmd/dnispool@latest\n") {
			installed++
			script = script[strings.Index(script, "\n"):]
		}
		c := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail", "-c", address.Replace(script))
		c.Dir = dir
		c.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "DNISPOOL_") }),
			"PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"))
		c.Env = append(c.Env, env...)
		out, err := os.Create(filepath.Join(t.TempDir(), "out")) // a pipe would be held open by what runs in the background
		if err != nil {
			t.Fatal(err)
		}
		c.Stdout, c.Stderr = out, out
		err = c.Run()
		_ = out.Close()
		b, _ := os.ReadFile(out.Name())
		if err != nil {
			t.Fatalf("%s\n%v\n%s", script, err, b)
		}
		said.Write(b)
	}
	if installed != 1 {
		t.Errorf("want the binary installed once, got %d times", installed)
	}
	return said.String()
}

func TestExampleGitHubActions(t *testing.T) {
	var scripts []string
	for _, w := range example[struct {
		Jobs map[string]struct {
			RunsOn string `yaml:"runs-on"`
			Steps  []struct{ Uses, Run string }
		}
	}](t, "github-actions.yml") {
		for name, job := range w.Jobs {
			if job.RunsOn == "" {
				t.Errorf("%s: want runs-on, got nothing", name)
			}
			for _, s := range job.Steps {
				if (s.Uses == "") == (s.Run == "") {
					t.Errorf("%s: want a step that uses or runs, got %+v", name, s)
				}
				if s.Run != "" {
					scripts = append(scripts, strings.TrimSuffix(s.Run, "\n")+"\n")
				}
			}
		}
	}
	if out := steps(t, scripts...); !strings.Contains(out, `{"dni":"+44`) || !strings.Contains(out, "msg=reserve-accepted") || !strings.Contains(out, "msg=stopped") && !strings.Contains(out, "msg=started") {
		t.Errorf("want a reservation, and the platform's log, got %s", out)
	}
}

func TestExampleGitLab(t *testing.T) {
	all := example[map[string]struct {
		Image       string
		Script      []string
		AfterScript []string `yaml:"after_script"`
	}](t, "gitlab-ci.yml")
	if len(all) != 1 || len(all[0]) != 1 {
		t.Fatalf("want one job, got %+v", all)
	}
	for _, job := range all[0] {
		out := steps(t, strings.Join(job.Script, "\n")+"\n", strings.Join(job.AfterScript, "\n")+"\n") // each in a shell of its own, as there
		if job.Image == "" || !strings.Contains(out, `{"dni":"+44`) || !strings.Contains(out, "msg=reserve-accepted") {
			t.Errorf("want an image, a reservation, and the platform's log, got %q, %s", job.Image, out)
		}
	}
}

func TestExampleCompose(t *testing.T) {
	t.Parallel()
	tag := image(t)
	if !has("docker-compose") {
		t.Skip("docker-compose is not installed")
	}
	compose := func(args ...string) (string, error) {
		c := exec.Command("docker-compose", append([]string{"--project-name", fmt.Sprintf("dnispool-test-%d", os.Getpid()), "--file", "../../specs/examples/compose.yaml"}, args...)...)
		c.Env = append(os.Environ(), "DNISPOOL_IMAGE="+tag)
		b, err := c.CombinedOutput()
		return string(b), err
	}
	t.Cleanup(func() {
		if out, err := compose("down", "--volumes", "--timeout", "5"); err != nil {
			t.Errorf("docker-compose down: %v\n%s", err, out)
		}
	})
	out, err := compose("up", "--no-color", "--exit-code-from", "tests")
	if err != nil || !strings.Contains(out, "demo-dni-key-acme") {
		t.Errorf("want tests that reach the platform, got %v\n%s", err, out)
	}
}

// TestExampleKubernetes runs the manifest's container as a cluster would, with the variables of the manifest's Service.
func TestExampleKubernetes(t *testing.T) {
	t.Parallel()
	tag := image(t)
	var args, probe, env []string
	var ports []int
	for _, d := range example[struct {
		Kind       string
		Metadata   struct{ Name string }
		StringData map[string]string `yaml:"stringData"`
		Spec       struct {
			Ports    []struct{ Port int }
			Template struct {
				Spec struct {
					Containers []struct {
						Args []string
						Env  []struct {
							Name, Value string
							ValueFrom   struct {
								SecretKeyRef struct{ Key string } `yaml:"secretKeyRef"`
							} `yaml:"valueFrom"`
						}
						ReadinessProbe struct {
							Exec struct{ Command []string }
						} `yaml:"readinessProbe"`
					}
				}
			}
		}
	}](t, "kubernetes.yaml") {
		if d.Metadata.Name != "dnispool" {
			t.Errorf("%s: want the name dnispool, got %q", d.Kind, d.Metadata.Name)
		}
		for _, c := range d.Spec.Template.Spec.Containers {
			args, probe = c.Args, c.ReadinessProbe.Exec.Command
			for _, e := range c.Env {
				if key := e.ValueFrom.SecretKeyRef.Key; key != "" {
					e.Value = "only-for-tests"
				}
				env = append(env, "-e", e.Name+"="+e.Value)
			}
		}
		for _, p := range d.Spec.Ports {
			ports = append(ports, p.Port)
		}
	}
	if len(args) == 0 || len(probe) == 0 || len(env) != 4 || !slices.Equal(ports, []int{8080, 8081, 5060, 5060}) {
		t.Fatalf("want a container and a Service, got %q, %q, %q, %v", args, probe, env, ports)
	}
	for _, v := range []string{"SERVICE_HOST=10.96.0.17", "SERVICE_PORT=8080", "SERVICE_PORT_SIP_UDP=5060", "PORT=tcp://10.96.0.17:8080",
		"PORT_8080_TCP=tcp://10.96.0.17:8080", "PORT_5060_UDP=udp://10.96.0.17:5060", "PORT_5060_UDP_PROTO=udp", "PORT_5060_UDP_ADDR=10.96.0.17"} {
		env = append(env, "-e", "DNISPOOL_"+v)
	}
	id := container(t, slices.Concat(published, env, []string{"--read-only", "--cap-drop", "ALL", tag}, args)...)
	docker(t, append([]string{"exec", id}, probe...)...)
	if banner := docker(t, "logs", id); !strings.Contains(banner, "5 numbers") || !strings.Contains(banner, "token=only-for-tests") {
		t.Errorf("want the manifest's settings, got %s", banner)
	}
}

// TestExamplesArePaged: the page names every example.
func TestExamplesArePaged(t *testing.T) {
	page, err := os.ReadFile("../../specs/examples/README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir("../../specs/examples")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() != "README.md" && !strings.Contains(string(page), "]("+f.Name()+")") {
			t.Errorf("%s: want it on the page of examples, got nothing", f.Name())
		}
	}
}
