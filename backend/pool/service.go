package pool

import (
	"math"
	"slices"
	"time"
)

const (
	// remembered is how many service times quantiles are taken from: 2 s at 30 fps.
	remembered = 64
	// gain is the weight of a new service time in the mean: after a sudden change, 22 analyses
	// bring it three quarters of the way.
	gain = 1. / 16
)

// Service is the observed service time of an analysis: a smoothed mean and the distribution of
// the last ones. The zero value is ready; a copy is a snapshot.
type Service struct {
	n      int // observed so far
	mean   float64
	ring   [remembered]time.Duration
	sorted [remembered]time.Duration // the same, ascending
}

// Add observes one; negative ones count as zero.
//
// The mean is an exponentially weighted one, except that the first ones are weighted 1, 2, 3…
// until gain takes over: so the very first, which loads a model or fills caches and may take many
// times as long, has 2 % of the weight after the tenth, not 10 %.
func (s *Service) Add(d time.Duration) {
	d = max(d, 0)
	k := s.Samples()
	if k == remembered {
		oldest, _ := slices.BinarySearch(s.sorted[:], s.ring[s.n%remembered])
		copy(s.sorted[oldest:], s.sorted[oldest+1:])
		k--
	}
	at, _ := slices.BinarySearch(s.sorted[:k], d)
	copy(s.sorted[at+1:k+1], s.sorted[at:k])
	s.sorted[at] = d
	s.ring[s.n%remembered] = d
	s.n++
	s.mean += max(gain, 2/float64(s.n+1)) * (float64(d) - s.mean)
}

// Samples is how many the quantiles are taken from, at most the last 64.
func (s *Service) Samples() int { return min(s.n, remembered) }

// Mean is the smoothed mean, 0 before the first.
func (s *Service) Mean() time.Duration { return time.Duration(s.mean) }

// Quantile is the nearest-rank quantile of the last ones for q from 0 to 1: the least that at
// least that share of them does not exceed. 0 before the first.
func (s *Service) Quantile(q float64) time.Duration {
	k := s.Samples()
	if k == 0 {
		return 0
	}
	rank := int(math.Ceil(q * float64(k)))
	return s.sorted[min(max(rank, 1), k)-1]
}

// Spread is how much they vary, as a share of their middle: half the width of the inner 68 %,
// which is the coefficient of variation where they are normally distributed, and unmoved by a
// few that take very long. 0 before the first.
func (s *Service) Spread() float64 {
	middle := s.Quantile(0.5)
	if middle <= 0 {
		return 0
	}
	return float64(s.Quantile(0.84)-s.Quantile(0.16)) / 2 / float64(middle)
}

// atMost is the share of the last ones that took d or less.
func (s *Service) atMost(d time.Duration) float64 {
	k := s.Samples()
	i, _ := slices.BinarySearchFunc(s.sorted[:k], d, func(x, d time.Duration) int {
		if x <= d {
			return -1
		}
		return 1
	})
	return float64(i) / float64(max(k, 1))
}
