package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim/control/client"
)

// TestCheckASimulator plays scenarios on a simulator in a process of its own, which is afterwards what it was.
func TestCheckASimulator(t *testing.T) {
	t.Parallel()
	const token = "planted-control-token"
	p := serve(t, write(t, map[string]string{"sim.yaml": "pool: {numbers: 7}\ncontrol: {token: " + token + "}\n"}), "-q", "--config", "sim.yaml")
	control, _, _ := strings.Cut(p.control, "?")
	control = strings.TrimSuffix(control, "/")
	dir := write(t, map[string]string{
		"t.yaml":   fmt.Sprintf("target: v1\nname: ours\nsimulator: {control: %q, token: {file: token}}\n", control),
		"token":    token,
		"bad.yaml": fmt.Sprintf("target: v1\nsimulator: {control: %q}\n", control),
	})
	for _, c := range []struct {
		target, name string
	}{{"t.yaml", "ours"}, {control + "?token=" + token, "simulator " + strings.TrimPrefix(control, "http://")}} {
		r := dnispool(t, dir, "check", "--target", c.target, "--json", "r.json", "core/*", "journey/*")
		if r.code != 0 || r.err != "" || strings.Count(r.out, "\nok ") < 30 || !strings.Contains(r.out, "   target "+c.name+"   ") {
			t.Errorf("%s: want at least 30 scenarios to pass, got %+v", c.target, r)
		}
		if strings.Contains(r.out+read(t, dir, "r.json"), token) {
			t.Errorf("%s: want the token nowhere, got it", c.target)
		}
	}
	api, err := client.New(control)
	if err != nil {
		t.Fatal(err)
	}
	pools, err := api.WithToken(token).Pools(t.Context())
	if err != nil || len(pools) != 1 || pools[0].Size != 7 {
		t.Errorf("want the simulator's own pool again, got %+v (%v)", pools, err)
	}
	if r := dnispool(t, dir, "target", "check", "t.yaml"); r.code != 0 || !strings.HasSuffix(r.out, "ours: ok\n") {
		t.Errorf("want it found, got %+v", r)
	}
	if r := dnispool(t, dir, "scenarios", "list", "--target", "t.yaml", "core/*"); r.code != 0 || !strings.Contains(r.out, "each makes the simulator the world that it needs") {
		t.Errorf("want all played, got %+v", r)
	}
	if r := dnispool(t, dir, "check", "--target", "bad.yaml"); r.code != 2 || !strings.Contains(r.err, "target bad.yaml: simulator at "+control+": token: want the simulator's own") {
		t.Errorf("want the token asked for, got %+v", r)
	}
}
