package conversation

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// doubles writes every number of a JSON text as a platform does that keeps numbers as doubles: 2 as 2.0, and one that a
// double cannot hold as the nearest that it can. The rest of the text is untouched.
func doubles(raw json.RawMessage) json.RawMessage {
	out := make([]byte, 0, len(raw)+16)
	for i := 0; i < len(raw); {
		end := i + 1
		switch c := raw[i]; {
		case c == '"':
			for ; end < len(raw) && raw[end] != '"'; end++ {
				if raw[end] == '\\' {
					end++
				}
			}
			end = min(end+1, len(raw))
		case c == '-' || c >= '0' && c <= '9':
			for end < len(raw) && strings.IndexByte("+-.0123456789eE", raw[end]) >= 0 {
				end++
			}
			out = append(out, double(string(raw[i:end]))...)
			i = end
			continue
		}
		out = append(out, raw[i:end]...)
		i = end
	}
	return out
}

func double(number string) string {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return number // beyond what a double can hold
	}
	text, _ := json.Marshal(f) // a number encodes
	if bytes.ContainsAny(text, ".e") {
		return string(text)
	}
	return string(text) + ".0"
}
