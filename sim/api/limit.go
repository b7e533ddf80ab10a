package api

import (
	"math"
	"sync"
	"time"
)

// maxBuckets bounds the memory of a limiter, whatever keys are tried.
const maxBuckets = 1024

// limiter is a token bucket per key.
type limiter struct {
	rate, burst float64 // tokens per second; 0: no limit
	now         func() time.Time

	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newLimiter(rate, burst int) *limiter {
	return &limiter{rate: float64(rate), burst: float64(burst), now: time.Now, buckets: map[string]*bucket{}}
}

// take uses up one token of key and returns 0, or returns the whole seconds until there is one.
func (l *limiter) take(key string) (wait int) {
	if l.rate == 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b := l.bucket(key, now)
	l.fill(b, now)
	if b.tokens >= 1 {
		b.tokens--
		return 0
	}
	return int(math.Ceil((1 - b.tokens) / l.rate))
}

func (l *limiter) fill(b *bucket, now time.Time) {
	b.tokens = min(l.burst, b.tokens+l.rate*max(0, now.Sub(b.at).Seconds()))
	b.at = now
}

// bucket returns the bucket of key. A full bucket is as good as none, so those are dropped when room is needed; when
// all are in use, keys that are new share one.
func (l *limiter) bucket(key string, now time.Time) *bucket {
	if b := l.buckets[key]; b != nil {
		return b
	}
	if len(l.buckets) >= maxBuckets {
		l.sweep(now)
	}
	if len(l.buckets) >= maxBuckets {
		key = "" // no key is empty
	}
	b := l.buckets[key]
	if b == nil {
		b = &bucket{tokens: l.burst, at: now}
		l.buckets[key] = b
	}
	return b
}

func (l *limiter) sweep(now time.Time) {
	for key, b := range l.buckets {
		if l.fill(b, now); b.tokens == l.burst {
			delete(l.buckets, key)
		}
	}
}
