package explore

import "time"

// cost says how much there is to read in a plan. Shrinking only takes steps that make it smaller, so it ends.
func (p Plan) cost() int {
	n := 10_000*(len(p.Journeys)+len(p.Probes)+len(p.Restarts)) + flag(p.Drain, 5_000) + p.Options.cost()
	for _, j := range p.Journeys {
		n += j.cost()
	}
	for _, c := range p.Probes {
		n += fineness(c.HangUp) + c.Number + c.Project + flag(c.Asks, 500)
	}
	before := time.Duration(0)
	for _, at := range p.starts() {
		n += fineness(at - before)
		before = at
	}
	return n
}

// cost weighs what a journey does above when it does it. Where one time can stand in for another, the later one is
// the cheaper.
func (j Journey) cost() int {
	n := flag(j.Dial, 1_000) + 500*len(j.Polls) + flag(j.Twice > 0, 1_000) + flag(j.Retry > 0, 1_000)
	n += flag(j.Lost, 200) + flag(j.Cut > 0, 250) + flag(j.NoRoute, 200) + flag(j.HangUp > 0, 100) + flag(j.Shared > 0, 100) +
		flag(j.Large > 0, 100) + flag(j.Withheld, 100) + flag(j.Format != "e164", 50) + flag(j.Client != j.ID, 1) + flag(j.Project > 0, 1)
	for _, p := range j.Polls {
		n += fineness(p.After) + flag(p.Early, 50) + flag(p.Shared, 1) + flag(p.Both, 50)
	}
	return n + 5*fineness(j.Reply) + 4*fineness(j.Commit) + 3*fineness(j.Think) + 2*fineness(j.Delay) + fineness(j.HangUp) + fineness(j.Twice) + fineness(j.Retry) + j.Large
}

func (o Options) cost() int {
	n := 20*o.Size + 300*(o.Projects-1) + flag(o.Profile != "published", 50) + flag(o.Release != "", 40) + flag(o.Alike, 40)
	for _, set := range []bool{
		o.Selection != "", o.Reaper != "", o.Bindings != "", o.Match != "", o.Duplicates != "", o.Snapshot != "", o.Abandoned != "", o.Unreserved != "",
	} {
		n += flag(set, 40)
	}
	for _, d := range []time.Duration{o.CoolDown, o.Lag, o.Visible, o.Retention, o.Ringing, o.Answering, o.Window, o.Skew} {
		n += 10 * fineness(d)
	}
	switch o.Talk {
	case 0, Forever:
		return n + flag(o.Talk > 0, 20)
	}
	return n + 10*fineness(o.Talk)
}

func flag(set bool, weight int) int {
	if set {
		return weight
	}
	return 0
}

// fineness is 0 for no time, and more the finer the step that the time is a multiple of.
func fineness(d time.Duration) int {
	if d == 0 {
		return 0
	}
	for i, step := range steps {
		if d%step == 0 {
			return i + 1
		}
	}
	return len(steps) + 2
}
