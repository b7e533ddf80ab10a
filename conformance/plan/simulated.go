package plan

// Simulated is what the simulator's own pool did with the callers of a plan, everything as likely, in virtual time.
type Simulated struct {
	Release Release `json:"release"`
	Numbers int     `json:"numbers"`
	Seed    uint64  `json:"seed"`
	Seconds float64 `json:"seconds"` // of virtual time that were counted
	Callers uint64  `json:"callers"`
	Refused float64 `json:"refused"` // share of tries to reserve
	// HalfWidth is how far the true share may be from Refused, with 95 % confidence, by batch means; nil when there were
	// too few callers to say. Enough is about how many there must be for a tenth of the share; 0 when none was refused.
	HalfWidth *float64 `json:"half_width"`
	Enough    uint64   `json:"callers_for_a_tenth"`
	Formula   float64  `json:"formula"` // share refused, by the formula
	// Even is the share refused of callers who come at even distances: a control that shows what such a test hides.
	Even       float64 `json:"refused_at_even_distances"`
	Held       float64 `json:"held"` // numbers that were not free, on the average
	Late       float64 `json:"late"` // shares of reservations, as in Risks
	Wrong      float64 `json:"wrong_context"`
	Stray      float64 `json:"stray"`
	MostAtOnce int     `json:"most_calls_at_once"` // on one number, in 999 of a thousand calls
}
