package independent

import (
	"fmt"
	"slices"
	"strings"
)

// answerSDP takes PCMU or PCMA out of an offer, and is an offer of both where there is none. It is "" when the offer has
// neither.
func answerSDP(offer []byte, host string, port int) string {
	chosen, direction := "0 8", "sendrecv"
	if len(offer) > 0 {
		var ok bool
		if chosen, direction, ok = choose(string(offer)); !ok {
			return ""
		}
	}
	family := "IP4"
	if strings.Contains(host, ":") {
		family = "IP6"
	}
	return fmt.Sprintf("v=0\r\no=- 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio %d RTP/AVP %s\r\na=%s\r\n", family, host, family, host, port, chosen, direction)
}

// choose finds the first payload type of the first audio stream that is G.711, and the direction to answer with.
func choose(offer string) (payload, direction string, ok bool) {
	direction = "sendrecv"
	audio := false
	for _, line := range strings.Split(strings.ReplaceAll(offer, "\r\n", "\n"), "\n") {
		if media, found := strings.CutPrefix(line, "m="); found {
			if audio {
				break
			}
			fields := strings.Fields(media)
			if len(fields) < 4 || fields[0] != "audio" || fields[2] != "RTP/AVP" {
				continue
			}
			audio = true
			i := slices.IndexFunc(fields[3:], func(p string) bool { return p == "0" || p == "8" })
			if i < 0 {
				return "", "", false
			}
			payload = fields[3+i]
		}
		switch line {
		case "a=sendonly":
			direction = "recvonly"
		case "a=recvonly":
			direction = "sendonly"
		case "a=inactive":
			direction = "inactive"
		}
	}
	return payload, direction, audio
}
