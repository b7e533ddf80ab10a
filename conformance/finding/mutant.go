package finding

// MutantRow is what became of one platform that is broken on purpose, or of the correct one.
type MutantRow struct {
	ID, Name, Says, Fault string // of the mutant; ID is empty for the correct reference
	Meant                 string // what was meant to find it
	ScenariosOnly         bool   // exploration cannot find it, and is left out
	Played, Explored      int    // scenarios and seeds
	Scenario              *Kill  // the first scenario that failed, nil when none did
	Exploration           *Kill  // the first seed whose history broke a promise, nil when none did
}

// Correct reports whether the row is that of the reference that is not broken.
func (r MutantRow) Correct() bool { return r.ID == "" }

// Good reports whether the row is as it must be: the correct reference is not blamed, a broken one is.
func (r MutantRow) Good() bool {
	blamed := r.Scenario != nil || r.Exploration != nil
	return blamed != r.Correct()
}

// Kill is how a platform was found out.
type Kill struct {
	By         string   // a check, contract, expectation, timeout or error
	Also       []string // further checks that the same history breaks
	Where      string   // the scenario's id, or the seed
	Operations int      // requests and calls until then
	Says       string   // in one sentence
}

// MutantTable is what became of all of them.
type MutantTable []MutantRow

// Mutants counts those that are broken.
func (t MutantTable) Mutants() (n int) {
	for _, r := range t {
		if !r.Correct() {
			n++
		}
	}
	return n
}

// Survivors are the ids of the broken platforms that nobody found out.
func (t MutantTable) Survivors() (ids []string) {
	for _, r := range t {
		if !r.Correct() && !r.Good() {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// Blamed reports whether the correct reference was blamed without reason.
func (t MutantTable) Blamed() bool {
	for _, r := range t {
		if r.Correct() && !r.Good() {
			return true
		}
	}
	return false
}

// Conclusion is what the table comes to: a survivor, or the correct reference blamed, is a violation.
func (t MutantTable) Conclusion() Conclusion {
	return Conclusion{NotJudged: len(t) == 0, Violated: len(t.Survivors()) > 0 || t.Blamed()}
}
