package recordtest

import "time"

// watchLateness measures how late this machine wakes who sleeps, until the function that it returns is called, which says by how much
// at worst.
func watchLateness() (worst func() time.Duration) {
	const nap = 2 * time.Millisecond
	stop, found := make(chan struct{}), make(chan time.Duration)
	go func() {
		late := time.Duration(0)
		for {
			began := time.Now()
			select {
			case <-time.After(nap):
				late = max(late, time.Since(began)-nap)
			case <-stop:
				found <- late
				return
			}
		}
	}()
	return func() time.Duration {
		close(stop)
		return <-found
	}
}
