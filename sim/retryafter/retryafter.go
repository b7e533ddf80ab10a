// Package retryafter reads the header by which a server says when to come back.
package retryafter

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Wait is how long a reply with this Retry-After asks its client to stay away, in seconds or until a date (RFC 9110 section
// 10.2.3); false when there is nothing that can be understood. A date is read by the clock of the server, which the reply's Date
// shows; without that by now, which is when the reply came.
func Wait(value, date string, now time.Time) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return time.Duration(min(seconds, math.MaxInt64/uint64(time.Second))) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if sent, err := http.ParseTime(strings.TrimSpace(date)); err == nil {
		now = sent
	}
	return max(at.Sub(now), 0), true
}
