package sipua

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strings"
)

// descriptionIn is the session description in a body of this Content-Type: all of it, or its part of a multipart body, beside which a
// gateway to the telephone network sends ISUP (RFC 3204). false: it has none that can be read.
func descriptionIn(contentType string, body []byte) ([]byte, bool) {
	media, params := mediaType(contentType)
	if media == "application/sdp" {
		return body, true
	}
	if !strings.HasPrefix(media, "multipart/") || params["boundary"] == "" {
		return nil, false
	}
	for parts := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err != nil {
			return nil, false
		}
		if media, _ := mediaType(part.Header.Get("Content-Type")); media == "application/sdp" {
			sdp, err := io.ReadAll(part)
			return sdp, err == nil
		}
	}
}

// mediaType takes what stands before the parameters also when those cannot be read.
func mediaType(contentType string) (string, map[string]string) {
	_, params, _ := mime.ParseMediaType(contentType)
	media, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(media)), params
}
