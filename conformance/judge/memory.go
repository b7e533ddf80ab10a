package judge

import (
	"os"
	"runtime/debug"
)

// kept is how many bytes a process holds, at most, of what is read of one byte of a history and made of it.
const kept = 6

// CollectLate puts the collection of garbage off until the process holds more than the histories of the files need, and
// returns what ends that. What is read of a history is kept until it has been judged: of a million operations, which are
// some hundred megabytes, going through it takes a fifth of all the time, and finds nothing to collect. Whoever says by
// GOGC or GOMEMLIMIT how it is to be collected is heeded.
func CollectLate(files []string) (end func()) {
	if os.Getenv("GOGC")+os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	limit := int64(896 << 20)
	for _, name := range files {
		if info, err := os.Stat(name); err == nil {
			limit = max(limit, kept*info.Size())
		}
	}
	percent, before := debug.SetGCPercent(-1), debug.SetMemoryLimit(limit)
	return func() {
		debug.SetMemoryLimit(before)
		debug.SetGCPercent(percent)
	}
}
