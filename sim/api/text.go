package api

import (
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strings"
	"unicode/utf8"
)

// maxCorrelationID is the longest correlation id that is taken from a client. Source: unspecified.
const maxCorrelationID = 128

// correlationID returns the client's own id when it is sane, else a new one. Source: published docs for the header;
// that a client's id is taken over is only seen in practice.
func (h *handler) correlationID(r *http.Request) string {
	if values := r.Header["X-Polyai-Correlation-Id"]; len(values) > 0 && isSane(values[0]) {
		return values[0]
	}
	return h.newID()
}

func isSane(id string) bool {
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false
		}
	}
	return id != "" && len(id) <= maxCorrelationID
}

// randomID returns a random UUID. It names a request in logs and guards nothing, so a fast source will do.
func randomID() string {
	var b [16]byte
	for i, half := 0, uint64(0); i < len(b); i, half = i+1, half>>8 {
		if i%8 == 0 {
			half = rand.Uint64()
		}
		b[i] = byte(half)
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var id [36]byte
	hex.Encode(id[0:], b[0:4])
	hex.Encode(id[9:], b[4:6])
	hex.Encode(id[14:], b[6:8])
	hex.Encode(id[19:], b[8:10])
	hex.Encode(id[24:], b[10:])
	id[8], id[13], id[18], id[23] = '-', '-', '-', '-'
	return string(id[:])
}

// bearer returns the token of an Authorization header, "" when it is of another kind.
func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimLeft(token, " ")
}

// appendString appends s as a JSON string. Unlike encoding/json it leaves < > & and line separators as they are, for
// the sake of byte-exact replies; broken UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// quote shows a client's own text in a message: shortened, as a JSON string.
func quote[T string | []byte](text T) string {
	return string(appendString(nil, printable(text)))
}

func printable[T string | []byte](text T) string { return string(shorten([]byte(text))) }
