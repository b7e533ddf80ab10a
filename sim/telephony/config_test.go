package telephony

import "testing"

func TestValidate(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Fatal(err)
	}
	const listen = "listen: want an IP address or localhost, and a port, like 127.0.0.1:8080, got "
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"any address", func(c *Config) { c.Listen = "0.0.0.0:5060" }, ""},
		{"IPv6", func(c *Config) { c.Listen = "[::1]:0" }, ""},
		{"localhost", func(c *Config) { c.Listen = "localhost:5060" }, ""},
		{"every address", func(c *Config) { c.Listen = ":5060" }, ""},
		{"host name", func(c *Config) { c.Listen = "example.com:5060" }, listen + `"example.com:5060"`},
		{"no port", func(c *Config) { c.Listen = "127.0.0.1" }, listen + `"127.0.0.1"`},
		{"port of no range", func(c *Config) { c.Listen = "127.0.0.1:65536" }, listen + `"127.0.0.1:65536"`},
		{"port by name", func(c *Config) { c.Listen = "127.0.0.1:sip" }, listen + `"127.0.0.1:sip"`},
		{"max_calls", func(c *Config) { c.MaxCalls = 0 }, "max_calls: want at least 1, got 0"},
		{"max_bytes", func(c *Config) { c.MaxBytes = 1 << 10 }, "max_bytes: want at least 1048576, got 1024"},
		{"max_calls_per_number", func(c *Config) { c.MaxCallsPerNumber = -1 }, "max_calls_per_number: want 0 (no limit) or more, got -1"},
		{"ringing_after", func(c *Config) { c.RingingAfter = -1 }, "ringing_after: want 0s or more, got -1ns"},
		{"answer_after", func(c *Config) { c.AnswerAfter = -1 }, "answer_after: want 0s or more, got -1ns"},
		{"unknown_number, low", func(c *Config) { c.UnknownNumber = 399 }, "unknown_number: want a SIP status from 400 to 699, got 399"},
		{"unknown_number, high", func(c *Config) { c.UnknownNumber = 700 }, "unknown_number: want a SIP status from 400 to 699, got 700"},
		{"unreserved_status", func(c *Config) { c.UnreservedStatus = 200 }, "unreserved_status: want a SIP status from 400 to 699, got 200"},
		{"media_port, low", func(c *Config) { c.MediaPort = 0 }, "media_port: want 1 to 65535, got 0"},
		{"media_port, high", func(c *Config) { c.MediaPort = 65536 }, "media_port: want 1 to 65535, got 65536"},
		{"unreserved_dial", func(c *Config) { c.UnreservedDial = "queue" }, `unreserved_dial: want answer or reject, got "queue"`},
		{"advertise", func(c *Config) { c.Advertise = "sbc.example:5061" }, ""},
		{"advertise, no port", func(c *Config) { c.Advertise = "sbc.example:sip" }, `advertise: want host or host:port, got "sbc.example:sip"`},
		{"symmetric", func(c *Config) { c.Symmetric = "sometimes" }, `symmetric: want auto, always or never, got "sometimes"`},
		{"max_connections", func(c *Config) { c.MaxConnections = 0 }, "max_connections: want 1 to 1000000, got 0"},
		{"idle_timeout", func(c *Config) { c.IdleTimeout = 0 }, "idle_timeout: want more than 0s, got 0s"},
		{"read_timeout", func(c *Config) { c.ReadTimeout = -1 }, "read_timeout: want more than 0s, got -1ns"},
		{"all at once", func(c *Config) { c.MaxCalls, c.MediaPort = 0, 0 }, "max_calls: want at least 1, got 0\nmedia_port: want 1 to 65535, got 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Default()
			tt.change(&c)
			got := ""
			if err := c.Validate(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}

func TestUnreservedNames(t *testing.T) {
	for _, word := range []Unreserved{Answer, Reject} {
		var u Unreserved
		if err := u.UnmarshalText([]byte(word)); err != nil || u != word {
			t.Errorf("%s: got %s, %v", word, u, err)
		}
	}
	u := Answer
	err := u.UnmarshalText([]byte("queue"))
	if err == nil || err.Error() != `unreserved_dial: want answer or reject, got "queue"` || u != Answer {
		t.Errorf("got %s, %v", u, err)
	}
}
