package sipua_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim/sipua"
)

func lines(s ...string) []byte { return []byte(strings.Join(s, "\r\n") + "\r\n") }

func TestParseSDP(t *testing.T) {
	for _, c := range []struct {
		name string
		sdp  []byte
		want string // host port direction pcmu streams, or the error
	}{
		{"plain", []byte(sdp("")), "10.0.0.2 4000 sendrecv 0 1"},
		{"bare newlines", []byte("v=0\nc=IN IP4 1.2.3.4\nm=audio 8 RTP/AVP 0\n"), "1.2.3.4 8 sendrecv 0 1"},
		{"session direction", lines("v=0", "c=IN IP4 1.2.3.4", "a=inactive", "m=audio 8 RTP/AVP 0"), "1.2.3.4 8 inactive 0 1"},
		{"stream over session", lines("v=0", "c=IN IP4 1.2.3.4", "a=inactive", "m=audio 8 RTP/AVP 0", "c=IN IP4 5.6.7.8/127", "a=sendonly"), "5.6.7.8 8 sendonly 0 1"},
		{"old hold", lines("v=0", "c=IN IP4 0.0.0.0", "m=audio 8 RTP/AVP 0"), "0.0.0.0 8 sendonly 0 1"},
		{"old hold of a listener", lines("v=0", "c=IN IP4 0.0.0.0", "m=audio 8 RTP/AVP 0", "a=recvonly"), "0.0.0.0 8 inactive 0 1"},
		{"old hold said twice", lines("v=0", "c=IN IP4 0.0.0.0", "m=audio 8 RTP/AVP 0", "a=sendonly"), "0.0.0.0 8 sendonly 0 1"},
		{"old hold, IPv6", lines("v=0", "c=IN IP6 ::", "m=audio 8 RTP/AVP 0"), ":: 8 sendonly 0 1"},
		{"PCMU by another number", lines("v=0", "m=audio 8 RTP/AVP 8 97", "a=rtpmap:8 PCMA/8000", "a=rtpmap:97 pcmu/8000/1"), " 8 sendrecv 97 1"},
		{"mapped but not listed", lines("v=0", "m=audio 8 RTP/AVP 8", "a=rtpmap:97 PCMU/8000"), " 8 sendrecv -1 1"},
		{"PCMU at another rate", lines("v=0", "m=audio 8 RTP/AVP 97", "a=rtpmap:97 PCMU/16000"), " 8 sendrecv -1 1"},
		{"second audio is the usable one", lines("v=0", "m=audio 8 RTP/SAVP 0", "m=audio 10 RTP/AVP 0", "a=sendonly"), " 10 sendonly 0 2"},
		{"video only", lines("v=0", "m=video 8 RTP/AVP 96"), " 0 sendrecv -1 1"},
		{"no stream", lines("v=0"), " 0 sendrecv -1 0"},
		{"nothing", nil, "sdp: want a session description, got nothing"},
		{"no equals sign", lines("v=0", "hello"), `sdp: line 2: want x=value, got "hello"`},
		{"long key", lines("vv=0"), `sdp: line 1: want x=value, got "vv=0"`},
		{"short media", lines("v=0", "m=audio 8"), `sdp: line 2: want m=kind port proto formats, got "audio 8"`},
		{"port", lines("v=0", "m=audio 70000 RTP/AVP 0"), `sdp: line 2: want a port from 0 to 65535, got "70000"`},
	} {
		s, err := sipua.ParseSDP(c.sdp)
		got := fmt.Sprintf("%s %d %s %d %d", s.Host, s.Port, s.Direction, s.PCMU, s.Streams)
		if err != nil {
			got = err.Error()
		}
		equal(t, c.name, got, c.want)
	}
}

func TestAnswerSDP(t *testing.T) {
	offer := lines("v=0", "o=- 9 9 IN IP4 1.2.3.4", "s=-", "c=IN IP4 1.2.3.4", "t=0 0", "m=video 20 RTP/AVP 96 97", "m=audio 8 RTP/AVP 8 97",
		"a=rtpmap:97 PCMU/8000", "a=sendonly", "m=image 30 udptl t38")
	got, err := sipua.AnswerSDP(offer, "10.0.0.1", 9)
	equal(t, "error", err, nil)
	equal(t, "answer", string(got), string(lines("v=0", "o=- 1 1 IN IP4 10.0.0.1", "s=-", "c=IN IP4 10.0.0.1", "t=0 0", "m=video 0 RTP/AVP 96 97",
		"m=audio 9 RTP/AVP 97", "a=rtpmap:97 PCMU/8000", "a=ptime:20", "a=recvonly", "m=image 0 udptl t38")))
	for name, offer := range map[string][]byte{
		"no PCMU":    lines("v=0", "m=audio 8 RTP/AVP 8"),
		"stream off": lines("v=0", "m=audio 0 RTP/AVP 0"),
		"encrypted":  lines("v=0", "m=audio 8 RTP/SAVP 0"),
		"video only": lines("v=0", "m=video 8 RTP/AVP 0"),
		"no stream":  lines("v=0"),
	} {
		_, err := sipua.AnswerSDP(offer, "10.0.0.1", 9)
		equal(t, name, err, sipua.ErrNoCodec)
	}
	_, err = sipua.AnswerSDP(nil, "10.0.0.1", 9)
	equal(t, "empty", fmt.Sprint(err), "sdp: want a session description, got nothing")
}

func TestOfferSDP(t *testing.T) {
	s, err := sipua.ParseSDP(sipua.OfferSDP("2001:db8::1", 4000))
	equal(t, "error", err, nil)
	equal(t, "offer", fmt.Sprint(s.Host, " ", s.Port, " ", s.Direction, " ", s.PCMU), "2001:db8::1 4000 sendrecv 0")
	equal(t, "family", strings.Contains(string(sipua.OfferSDP("2001:db8::1", 4000)), "c=IN IP6 "), true)
}

// Whatever was offered: an answer can be read, has as many streams, and exactly one that is on.
func FuzzAnswerSDP(f *testing.F) {
	f.Add([]byte(sdp("sendonly")))
	f.Add(lines("v=0", "m=video 20 RTP/AVP 96", "m=audio 8/2 RTP/AVP 97", "a=rtpmap:97 PCMU/8000", "c=IN IP4 0.0.0.0"))
	f.Fuzz(func(t *testing.T, offer []byte) {
		o, err := sipua.ParseSDP(offer)
		if err != nil {
			return
		}
		answer, err := sipua.AnswerSDP(offer, "10.0.0.1", 9)
		if err == sipua.ErrNoCodec {
			return
		}
		a, perr := sipua.ParseSDP(answer)
		if err != nil || perr != nil || a.Streams != o.Streams || a.Port != 9 || a.PCMU != o.PCMU {
			t.Fatalf("offer %q: answer %q, %v %v", offer, answer, err, perr)
		}
		if o.Direction == "sendonly" && a.Direction != "recvonly" || o.Direction == "inactive" && a.Direction != "inactive" {
			t.Fatalf("offer %s, answer %s", o.Direction, a.Direction)
		}
	})
}
