package judge

import (
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/jsonvalue"
)

// together is how far the recordings of one run begin from each other, at most, without a word.
const together = time.Hour

// headers are what a reader must know of the headers of one run's parts. The first one's facts are used, unless there are
// others that take the place of all.
func headers(names []string, files []history.File, stated bool) (warnings []string) {
	for i := 1; i < len(files); i++ {
		a, b := files[0], files[i]
		if by := b.Base.Sub(a.Base); by.Abs() >= together {
			warnings = append(warnings, fmt.Sprintf("%s: its base is %s, which is %s from that of %s: when two of their operations were at one time rests on both bases",
				names[i], b.Base.Format(time.RFC3339), by.Abs().Round(time.Second), names[0]))
		}
		if stated {
			continue
		}
		switch where, same := jsonvalue.Difference(orNone(a.Facts), orNone(b.Facts)); {
		case same:
		case len(b.Facts) == 0:
			warnings = append(warnings, fmt.Sprintf("%s: it states no facts: those of %s are used", names[i], names[0]))
		case len(a.Facts) == 0:
			warnings = append(warnings, fmt.Sprintf("%s: its facts are not used, for %s, which comes first, states none; state them in both or with --facts", names[i], names[0]))
		default:
			warnings = append(warnings, fmt.Sprintf("%s: its facts differ from those of %s, which are used, at %s", names[i], names[0], where))
		}
	}
	return warnings
}

func orNone(facts []byte) []byte {
	if len(facts) == 0 {
		return []byte("{}")
	}
	return facts
}
