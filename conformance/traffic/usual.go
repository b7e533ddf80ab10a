package traffic

import "time"

// What is usual, where nobody has measured it. Each says what it rests on; "assumed" is a guess.

// Think is from the moment of a reservation to the INVITE of its call. Assumed: a client that dials at once.
func Think() Distribution { return Lognormal(200*time.Millisecond, time.Second) }

// PostDialDelay is from dialling until the call reaches the platform, over domestic trunks. It rests on contracts that
// promise 4 s in the mean, and on networks that see 3 to 4 s, and 6 s at peaks.
func PostDialDelay() Distribution { return Lognormal(2500*time.Millisecond, 6*time.Second) }

// SlowPostDialDelay is the same over mixed, toll-free and mobile networks. Rules of thumb say 3 s for local, 5 s for toll
// and 8 s for international calls.
func SlowPostDialDelay() Distribution { return Lognormal(4*time.Second, 10*time.Second) }

// Reattempts is a set-up delay of which the carrier tries 0.1 % again over another route. Assumed.
func Reattempts(delay Distribution) Distribution {
	return Mixture(Share{0.999, delay}, Share{0.001, Sum(delay, Uniform(4*time.Second, 20*time.Second))})
}

// Ring is from the arrival of a call to the agent's answer. Assumed.
func Ring() Distribution { return Uniform(200*time.Millisecond, time.Second) }

// Talk is how long a call is up. That service times are lognormal: Brown, Gans, Mandelbaum et al., Statistical Analysis
// of a Telephone Call Center, JASA 2005. Its mean of three minutes is assumed.
func Talk() Distribution { return LognormalMean(180*time.Second, 1.2) }
