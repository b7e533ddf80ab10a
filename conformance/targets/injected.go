package targets

import "context"

// Injected is a fault that a stage itself has put on an exchange, as a scenario asked for. What such an exchange shows is not
// the platform's doing.
type Injected struct {
	Fault   string // in words, as "drop_reply: eof"
	Reached bool   // the request was passed on to the platform
	Altered bool   // what came back is not what the platform sent: it is made up, cut or lost
}

type injectedKey struct{}

// Watch returns a context for one request, and a function that says afterwards what the stage has put on the exchange: nil
// for nothing.
func Watch(ctx context.Context) (context.Context, func() *Injected) {
	var seen *Injected // written by the sender of the request, which has come back when it is read
	return context.WithValue(ctx, injectedKey{}, func(i Injected) { seen = &i }), func() *Injected { return seen }
}

// Inject notes a fault for whoever watches the request of ctx. A stage calls it before the exchange ends.
func Inject(ctx context.Context, i Injected) {
	if note, ok := ctx.Value(injectedKey{}).(func(Injected)); ok {
		note(i)
	}
}
