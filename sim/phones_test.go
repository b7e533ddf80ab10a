package sim_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim/journal"
)

// phones are programs that people call with, and what makes one dial. Each is started in a directory of its own.
var phones = []struct {
	name, debian string
	// dial writes what the phone needs into dir, and returns its arguments and what is typed.
	dial func(dir, uri string) (args []string, typed string, files map[string]string)
}{
	{"baresip", "baresip-core", func(dir, uri string) ([]string, string, map[string]string) {
		return []string{"-f", dir, "-e", "/dial " + uri}, "", map[string]string{
			"accounts": "<sip:caller@127.0.0.1>;regint=0\n", "contacts": "",
			"config": `module_path /usr/lib/baresip/modules
sip_listen 127.0.0.1:0
module g711.so
module aubridge.so
module_app account.so
module_app menu.so
audio_player aubridge,x
audio_source aubridge,x
audio_alert aubridge,x
`,
		}
	}},
	{"linphonec", "linphone-cli", func(dir, uri string) ([]string, string, map[string]string) {
		return []string{"-c", filepath.Join(dir, "linphonerc")}, "call " + uri + "\n", map[string]string{
			"linphonerc": "[sip]\nsip_port=-1\nsip_tcp_port=-1\n", ".local/share/linphone/none": "",
		}
	}},
}

// TestPhones calls through with phones that share nothing with our SIP: they are answered, get their attributes to the
// agent, and are hung up on.
func TestPhones(t *testing.T) {
	leavesNothing(t)
	for _, phone := range phones {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(phone.name+" over "+transport, func(t *testing.T) {
				t.Parallel()
				path, err := exec.LookPath(phone.name)
				if err != nil {
					t.Skipf("%s is not in PATH (Debian: %s)", phone.name, phone.debian)
				}
				w := openBeside(t, "")
				number := w.reserve(`{"shared_id": "phone", "nonce": "phone", "want_talk": 1}`)
				dir := t.TempDir()
				args, typed, files := phone.dial(dir, "sip:"+number+"@"+w.sim.SIPAddr()+";transport="+transport)
				for name, text := range files {
					w.must(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
					w.must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
				}
				cmd := exec.Command(path, args...)
				cmd.Env = append(os.Environ(), "HOME="+dir)
				var said bytes.Buffer
				cmd.Stdout, cmd.Stderr = &said, &said
				stdin, err := cmd.StdinPipe()
				w.must(err)
				w.must(cmd.Start())
				_, err = io.WriteString(stdin, typed)
				w.must(err)
				stop := func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
				t.Cleanup(func() {
					if t.Failed() {
						stop()
						t.Logf("%s said:\n%s", phone.name, strings.ToValidUTF8(said.String(), "?"))
					}
				})
				w.until("the end of the call", func() bool { return w.count(journal.EndHook) == 1 })
				w.idle() // the BYE is answered, too
				stop()
				for kind, want := range map[journal.Kind]int{
					journal.Invite: 1, journal.Bound: 1, journal.Answered: 1, journal.ByeSent: 1, journal.ByeReceived: 0,
					journal.CallFailed: 0, journal.CallRejected: 0, journal.RequestRejected: 0, journal.HandoffWritten: 1,
				} {
					if got := w.count(kind); got != want {
						t.Errorf("%s: want %d, got %d", kind, want, got)
					}
				}
				status, reply, err := w.tryHandoff(0, "shared_id", "phone")
				w.must(err)
				if data, _ := reply["data"].(map[string]any); status != 200 || data["echo_nonce"] != "phone" || data["echo_dnis"] != number {
					t.Errorf("handoff: got %d %v", status, reply)
				}
			})
		}
	}
}
