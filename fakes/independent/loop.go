package independent

import "time"

// loop runs functions one after the other, in one goroutine. All that the platform knows of numbers, calls and states is
// touched there alone, so that nothing of it needs a lock, and what is decided in one function is decided at one moment.
type loop struct {
	work chan func()
	quit chan struct{}
	done chan struct{}
}

func startLoop() *loop {
	l := &loop{work: make(chan func()), quit: make(chan struct{}), done: make(chan struct{})}
	go l.run()
	return l
}

func (l *loop) run() {
	defer close(l.done)
	for {
		select {
		case f := <-l.work:
			f()
		case <-l.quit:
			return
		}
	}
}

// do returns once f has run, or at once when the loop has stopped; it reports whether f ran.
func (l *loop) do(f func()) bool {
	ran := make(chan struct{})
	select {
	case l.work <- func() { f(); close(ran) }:
		<-ran
		return true
	case <-l.quit:
		return false
	}
}

// after runs f in the loop once d has passed, unless the timer or the loop is stopped before.
func (l *loop) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() {
		select {
		case l.work <- f:
		case <-l.quit:
		}
	})
}

func (l *loop) stop() {
	close(l.quit)
	<-l.done
}
