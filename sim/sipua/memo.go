package sipua

import (
	"sync"
	"time"
)

// memo remembers values for a while: what the transaction layer has forgotten but the peer may still ask for.
type memo[V any] struct {
	mu sync.Mutex
	m  map[string]memoEntry[V]
}

type memoEntry[V any] struct {
	value V
	timer *time.Timer
}

// put remembers value for d, in place of what was there.
func (c *memo[V]) put(key string, value V, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[string]memoEntry[V]{}
	}
	if old, ok := c.m[key]; ok {
		old.timer.Stop()
	}
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.m[key].timer == timer {
			delete(c.m, key)
		}
	})
	c.m[key] = memoEntry[V]{value, timer}
}

func (c *memo[V]) get(key string) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.m[key]
	return e.value, ok
}

func (c *memo[V]) take(key string) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.m[key]
	if ok {
		e.timer.Stop()
		delete(c.m, key)
	}
	return e.value, ok
}

func (c *memo[V]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.m {
		e.timer.Stop()
	}
	clear(c.m)
}
