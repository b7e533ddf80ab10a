package finding

// ExitCodes is the version of what the exit codes mean. It changes when a code comes to mean something else: a job that was
// written for the old ones would be misled.
const ExitCodes = "v1"

// Exit codes of the tool. They are an API.
const (
	ExitConformant    = 0
	ExitNotConformant = 1
	ExitNotJudged     = 2
	ExitInconclusive  = 3
	ExitInterrupted   = 130
)

// Conclusion is what a run of any verb comes to. Several may hold at a time: a run that found a breach may have been
// interrupted as well. The zero Conclusion is that of a run in which everything was judged and nothing was found.
type Conclusion struct {
	Interrupted  bool // from outside: the rest is unknown
	NotJudged    bool // something could not be judged (usage, configuration, unreachable), or nothing was tested
	Violated     bool // a requirement that counts is broken
	Inconclusive bool // what was seen proves neither, or a check that was asked for by name could not be applied
	TooLittle    bool // what was asked about was hardly looked at
}

// And is what two runs come to together.
func (c Conclusion) And(d Conclusion) Conclusion {
	return Conclusion{
		Interrupted: c.Interrupted || d.Interrupted, NotJudged: c.NotJudged || d.NotJudged,
		Violated: c.Violated || d.Violated, Inconclusive: c.Inconclusive || d.Inconclusive,
		TooLittle: c.TooLittle || d.TooLittle,
	}
}

// ExitCode is what the process must exit with. The first line that holds decides:
//
//	130  the run was interrupted, whatever had been found by then: the rest is unknown
//	  2  something could not be judged: what was found is in the report, and nobody knows what else there is
//	  1  a requirement that counts is broken
//	  3  something is inconclusive: no proof against the platform, and none for it; or too little was looked at to conclude
//	  0  otherwise
func (c Conclusion) ExitCode() int {
	switch {
	case c.Interrupted:
		return ExitInterrupted
	case c.NotJudged:
		return ExitNotJudged
	case c.Violated:
		return ExitNotConformant
	case c.Inconclusive, c.TooLittle:
		return ExitInconclusive
	}
	return ExitConformant
}

// Verdict is the exit code in words: conformant, not-conformant, not-judged, inconclusive or interrupted.
func (c Conclusion) Verdict() string {
	switch c.ExitCode() {
	case ExitConformant:
		return "conformant"
	case ExitNotConformant:
		return "not-conformant"
	case ExitInconclusive:
		return "inconclusive"
	case ExitInterrupted:
		return "interrupted"
	}
	return "not-judged"
}

// Conclusion is what a run of scenarios comes to. Failures at level should or may are warnings, unless the run is strict.
// Of what is not a scenario, a lesson say, there is no number that would be enough.
func (r Run) Conclusion() Conclusion {
	c := r.Counts()
	return Conclusion{
		Interrupted: r.Interrupted, NotJudged: c.Error > 0 || c.Ran() == 0 || r.GaveUp != "",
		Violated: c.Failed > c.Tolerated, Inconclusive: c.Inconclusive > 0,
		TooLittle: r.Noun == "" && !r.Rules().Enough(),
	}
}
