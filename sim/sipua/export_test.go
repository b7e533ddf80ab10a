package sipua

// RespondLate answers the INVITE as if nobody had noticed that the leg has ended.
func (l *Leg) RespondLate(code int) error { return l.respond(l.response(l.invite, code, "", nil, nil)) }

// Kept is how many bytes are kept of requests that may come again.
func (e *Endpoint) Kept() int64 { return e.kept.bytes.Load() }
