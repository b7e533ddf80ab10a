package sipua_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
)

// SIPp is somebody else's idea of SIP: it places calls, we answer and hang up. It fails on any message that it does not expect.
const sippCaller = `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="called party hangs up">
 <send retrans="500"><![CDATA[
INVITE sip:+442071838750@[remote_ip]:[remote_port];user=phone SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "sipp" <sip:+15550100@[local_ip]:[local_port]>;tag=[pid]SIPpTag[call_number]
To: <sip:+442071838750@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=user1 53655765 2353687637 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio 6000 RTP/AVP 8 0
a=rtpmap:0 PCMU/8000
]]></send>
 <recv response="100" optional="true"/>
 <recv response="180"/>
 <recv response="200" rrs="true"/>
 <send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "sipp" <sip:+15550100@[local_ip]:[local_port]>;tag=[pid]SIPpTag[call_number]
To: <sip:+442071838750@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
 <recv request="BYE"/>
 <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
`

func TestSIPp(t *testing.T) {
	sipp, err := exec.LookPath("sipp")
	if err != nil {
		t.Skip("sipp is not in PATH (Debian: sip-tester)")
	}
	const calls = 50
	for name, mode := range map[string]string{"udp": "u1", "tcp": "t1"} {
		t.Run(name, func(t *testing.T) {
			var ended atomic.Int64
			e := loopback(t, sipua.Config{TCP: true, OnCall: func(l *sipua.Leg) {
				_ = l.Provisional(180, "", nil)
				time.Sleep(5 * time.Millisecond) // SIPp gives up when a 200 overtakes the 180
				if l.Answer(t.Context(), nil) != nil || l.Bye(t.Context()) != nil {
					return
				}
				if l.RequestURI().Dialled() == "+442071838750" && short(l.End()) == "local bye 200" {
					ended.Add(1)
				}
			}})
			file := filepath.Join(t.TempDir(), "caller.xml")
			if err := os.WriteFile(file, []byte(sippCaller), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), sipp, e.Addr(), "-sf", file, "-m", "50", "-r", "200", "-t", mode, "-i", "127.0.0.1",
				"-nostdin", "-timeout", "30s", "-timeout_error")
			cmd.Dir = filepath.Dir(file)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("sipp: %v\n%s", err, out)
			}
			for end := time.Now().Add(10 * time.Second); ended.Load() < calls && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			equal(t, "calls ended by us", ended.Load(), int64(calls))
		})
	}
}
