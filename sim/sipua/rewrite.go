package sipua

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// written is the message as sipgo is to read it: as it came, where that will do.
func (s *screen) written(message []byte) []byte {
	m := &s.message
	if !s.rewrite && len(s.tolerated) == 0 {
		return message[:m.head+len(m.body)]
	}
	out := s.out[:0]
	if s.method != nil {
		out = append(append(append(append(out, s.method...), ' '), s.uri...), " SIP/2.0\r\n"...)
	} else {
		_, rest, _ := bytes.Cut(m.start, []byte(" "))
		out = append(append(out, "SIP/2.0 "...), rest...)
		if bytes.IndexByte(rest, ' ') < 0 {
			out = append(out, ' ')
		}
		out = append(out, "\r\n"...)
	}
	for i := range m.fields {
		if f := &m.fields[i]; f.kind != internal {
			out = append(append(append(append(out, f.name...), ": "...), f.value...), "\r\n"...)
		}
	}
	if len(s.tolerated) > 0 && s.method != nil {
		out = append(out, internalName+": "...)
		for i, f := range s.tolerated {
			if i > 0 {
				out = append(out, "; "...)
			}
			out = append(append(append(out, f.section...), ' '), f.what...)
		}
		out = append(out, "\r\n"...)
	}
	out = append(append(out, "\r\n"...), m.body...)
	s.out = out
	return out
}

// toleratedIn takes out of a request what the screen has written into it.
func toleratedIn(r *sip.Request) []flaw {
	h := r.GetHeader(internalName)
	if h == nil {
		return nil
	}
	r.RemoveHeader(internalName)
	var out []flaw
	for text := range strings.SplitSeq(h.Value(), "; ") {
		words := strings.SplitN(text, " ", 4)
		if len(words) == 4 {
			out = append(out, flaw{words[3], strings.Join(words[:2], " ") + " " + words[2]})
		}
	}
	return out
}

// tagAbsent makes the parameter that stands for the tag that a peer does not give. It is ours alone: nobody can guess it.
func tagAbsent(random uint64) string { return ";tag=none-" + strconv.FormatUint(random, 36) }
