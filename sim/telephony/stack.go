package telephony

// stack is about what a call needs of it.
const stack = 6 << 10

// growStack makes the goroutine's stack large enough at once. A call runs deep into the SIP stack and the agent, and
// each doubling on the way down copies every frame above it: that was an eighth of a call's CPU time.
//
//go:noinline
func growStack() byte {
	var room [stack]byte
	return room[middle(&room)]
}

// middle keeps room on the stack, and the compiler from seeing that nobody needs it.
//
//go:noinline
func middle(room *[stack]byte) int { return len(room) / 2 }
