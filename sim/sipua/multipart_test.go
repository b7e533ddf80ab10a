package sipua

import "testing"

func TestDescriptionIn(t *testing.T) {
	const sdp = "v=0\r\ns=-\r\n"
	const isup = "--b\r\nContent-Type: application/ISUP;version=itu-t92+\r\n\r\n\x01\x00\xff\r\n"
	const described = "--b\r\nContent-Type: Application/SDP\r\n\r\n" + sdp + "\r\n"
	tests := []struct {
		name, contentType, body, want string
		ok                            bool
	}{
		{"alone", "application/sdp", sdp, sdp, true},
		{"alone, with parameters that nobody can read", "Application/SDP ;=", sdp, sdp, true},
		{"before ISUP", "multipart/mixed;boundary=b", described + isup + "--b--\r\n", sdp, true},
		{"behind ISUP", `Multipart/Mixed; boundary="b"`, isup + described + "--b--\r\n", sdp, true},
		{"ISUP alone", "multipart/mixed;boundary=b", isup + "--b--\r\n", "", false},
		{"no boundary", "multipart/mixed", described + "--b--\r\n", "", false},
		{"cut off", "multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\nv=0", "", false},
		{"something else", "text/plain", sdp, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := descriptionIn(tt.contentType, []byte(tt.body))
			if ok != tt.ok || ok && string(got) != tt.want {
				t.Errorf("want %q %t, got %q %t", tt.want, tt.ok, got, ok)
			}
		})
	}
}

func FuzzDescriptionIn(f *testing.F) {
	f.Add("multipart/mixed;boundary=b", []byte("--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--\r\n"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		if sdp, ok := descriptionIn(contentType, body); ok && len(sdp) > len(body) {
			t.Errorf("want a part of %d bytes at most, got %d", len(body), len(sdp))
		}
	})
}
