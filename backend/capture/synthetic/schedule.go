package synthetic

import (
	"math"
	"time"
)

// schedule says when the instants of one opening are and when their frames arrive.
// Instants count from 1; instant 1 is one interval after start, as a sensor needs to
// expose its first picture too.
type schedule struct {
	start  time.Time
	rate   float64 // instants a second
	slow   time.Duration
	jitter time.Duration
	seed   uint64
}

// instant is when picture k is taken. It is computed from k, so that rounding never
// adds up to a drift.
func (s *schedule) instant(k uint64) time.Time {
	return s.start.Add(time.Duration(math.Round(float64(k) * 1e9 / s.rate)))
}

// delivery is when the frame of instant k is ready for the reader.
func (s *schedule) delivery(k uint64) time.Time {
	d := s.slow
	if s.jitter > 0 {
		d += time.Duration(mix(s.seed^mix(k)) % (uint64(s.jitter) + 1))
	}
	return s.instant(k).Add(d)
}

// next is the first instant from k on whose frame is delivered at now or later.
func (s *schedule) next(k uint64, now time.Time) uint64 {
	// A reader that was away for hours should not make us step through every instant.
	if past := now.Sub(s.start) - s.slow - s.jitter; past > 0 {
		k = max(k, uint64(past.Seconds()*s.rate))
	}
	for s.delivery(k).Before(now) {
		k++
	}
	return k
}

// mix scatters x over all 64-bit numbers (the finaliser of SplitMix64, Steele et al. 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
