package independent

// Defect is one fault that a platform can be started with. Each is a line or two at one place of the platform, found by
// its code.
type Defect struct {
	Code string // of the failure modes of number pools, F01 to F66
	Name string
	Seen string // what a client notices, and when
	// Mutant is the broken reference of package mutants that has the same fault; "" when there is none.
	Mutant string
	Needs  string // what the platform or its callers must do for it to show; "" is nothing but traffic
}

// Defects returns every defect, by code.
func Defects() []Defect {
	return []Defect{
		{"F01", "check then act", "Two requests within 5 ms are given the same number; a call gets the attributes of the later one.", "M01", "requests at the same time"},
		{"F03", "offer not reserved", "The reply comes 10 ms before the number is taken: the next request gets the same number, and a fast call finds no attributes.", "", ""},
		{"F05", "number in two pools", "The first number of every project's pool is the same one: calls to it reach the agent of whoever reserved last.", "M17", "two projects"},
		{"F06", "repair loop", "Every 10 ms a sweep frees the numbers whose calls have not come yet: they are given again, and those calls find no attributes.", "M25", ""},
		{"F07", "unfenced late release", "20 ms after a call is over its number is freed once more, whoever has reserved it by then.", "M04", ""},
		{"F08", "no cool-down", "A number is given again as soon as it is released, before the cool-down that was promised.", "", "a cool-down"},
		{"F09", "last in, first out", "The number released last is given next.", "M15", "numbers that stay free"},
		{"F10", "partial rotation", "Half of the pool is never given: 404 while numbers are free.", "M16", ""},
		{"F12", "loser gives up", "Every fifth reservation is refused with 404, whatever is free.", "M12", ""},
		{"F13", "latched reaper", "After three expiries no reservation expires any more: the pool runs dry by and by.", "M08", "reservations that nobody calls"},
		{"F14", "200 without a number", `An exhausted pool answers 200 {"dni":null}.`, "M13", "an exhausted pool"},
		{"F15", "overflow number", "An exhausted pool answers 200 with its first number and stores nothing: two callers have one number.", "M14", "an exhausted pool"},
		{"F19", "the gateway's page", "Every seventh reservation is answered with 502 and HTML; it has reserved nothing.", "", ""},
		{"F20", "resize with live reservations", "Every ninth number given is taken out of the pool at once, while more than two are left: its call is refused with 404.", "", ""},
		{"F24", "no expiry", "A number that nobody calls is never free again.", "M07", "reservations that nobody calls"},
		{"F25", "lost hang-up", "Every fifth call that is over holds its number for ever.", "", "release on hang-up"},
		{"F26", "lookup ignores expiry", "A call that comes after the window still gets the attributes, although the reservation is over.", "", "calls later than the window"},
		{"F36", "number format", "A call that is dialled without the plus finds no attributes, and leaves the number reserved.", "M19", "numbers dialled in several forms"},
		{"F38", "diverted number", "A call to the first number of a pool is looked up under the last one.", "", ""},
		{"F40", "stale context", "A call to a free number gets the attributes that were under it last.", "M06", "calls without a reservation"},
		{"F41", "second call while in a call", "A second call to a number that is in a call gets the attributes of the first.", "", "release on hang-up; numbers called twice"},
		{"F43", "consumed, not delivered", "The agent of every fifth call begins without the attributes that its call has used up.", "", ""},
		{"F44", "wrong agent", "Every fifth call reaches the agent of another project, which leaves its state there.", "", "two projects"},
		{"F45", "mangled attributes", "Whole numbers beyond 2^53 come back rounded.", "M28", "large numbers in attributes"},
		{"F46", "shared_id not stored", "Every fifth call's state cannot be found by its shared_id, for ever.", "", ""},
		{"F47", "swapped contexts", "Of two calls that arrive before their agents begin, each gets the other's attributes.", "M27", "calls at the same time"},
		{"F48", "cross-tenant read", "A project's states can be read with another project's key.", "", "two projects; a request with the other's key"},
		{"F49", "late state", "Every fourth state can be read 700 ms later than promised.", "M24", ""},
		{"F51", "first of duplicates", "A shared_id that is used again finds the first call's state for ever.", "M22", "a shared_id used twice"},
		{"F53", "reads go back and forth", "Every second read of a state that was there is a 404.", "M21", "repeated reads"},
		{"F54", "short retention", "A state is gone 60 ms after it could first be read.", "", "repeated reads"},
		{"F55", "id before shared_id", "With both in one request, the id decides.", "M23", "requests with both"},
		{"F57", "key refused in between", "Every sixth reservation is answered with 401, with a key that is good before and after.", "", ""},
		{"F58", "undocumented throttle", "More than ten reservations a second are answered with 429 and Retry-After.", "", "a rate above that"},
		{"F59", "truncated replies", "Every sixth handoff state ends in the middle of its body.", "", ""},
		{"F61", "lookup lags", "A call that comes within 40 ms of its reservation finds no attributes, and leaves the number reserved.", "M18", ""},
		{"F62", "one call a number", "A call to a number whose previous call is up is refused with 486.", "M30", "release on arrival"},
		{"F63", "dead number", "Calls to the first number of a pool are refused with 480.", "M31", ""},
	}
}
