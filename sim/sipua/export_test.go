package sipua

// RespondLate answers the INVITE as if nobody had noticed that the leg has ended.
func (l *Leg) RespondLate(code int) error { return l.respond(l.response(l.invite, code, "", nil, nil)) }
