package pool

import (
	"math"
	"time"
)

// Theory is what can be expected of a pool, from the camera's rate and the service times alone:
// to be shown beside what is observed.
type Theory struct {
	Ceiling float64       // frames a second that no scheduling exceeds
	FPS     float64       // frames a second expected
	Skipped float64       // share of the camera's frames expected not to be released, 0 to 1
	Late    float64       // share of the started frames expected to be late, 0 to 1
	Age     time.Duration // expected mean age at release
	AgeP95  time.Duration // age that 95 % of the released frames are expected to have at most
}

// Expect computes it for a camera of so many frames a second. A single worker is the serial
// pipeline. The result is zero while the rate or the service time is unknown.
//
// With the camera's interval T, the mean service time A and W workers:
//
// Ceiling = min(1/T, W/A): every release needs a capture, and A of a worker's time.
//
// FPS is lower where the two are close, because neither makes up for what the other lost: in one
// service time the workers end W analyses, ± √W·v where v is their spread, so their rate is taken
// as log-normally distributed, and FPS is the mean of the lesser of that and 1/T. Of a single worker
// more is known: of the S/T frames that come during an analysis of S one waits for its end, and the
// others are lost. Late ones, which take longer than the budget less their wait, do not count.
//
// Age = wait + stay. A frame waits if all workers are busy when it comes. They are if at least W
// of the frames before it, captured T, 2T, 3T… earlier, take longer than that: a sum of
// independent chances. Then a worker becomes free at any time within T, so the wait is T/2 in the
// middle. For a single worker with A > T it always is: A + T/2, the serial pipeline's floor.
//
// The stay X, from start to release, follows from the order: with starts g apart, a result leaves
// at max(S, X' − g), S being its own service time and X' the stay of the one before; with
// evenness, not before a stay of D + (X' − D)·easing either. S and X' are independent, so the
// distribution of the stay is G(x) = F(x)·G(min(x+g, D+(x−D)/easing)) for x ≥ D, F being that of
// the service times. Each factor looks further to the right, until F is 1.
func Expect(camera float64, s *Service, cfg Config) Theory {
	k := s.Samples()
	mean := s.average()
	if camera <= 0 || k == 0 || mean <= 0 || cfg.Workers < 1 {
		return Theory{}
	}
	workers := float64(cfg.Workers)
	capacity := workers / mean.Seconds()
	t := Theory{Ceiling: min(camera, capacity)}
	budget := s.sorted[k-1]
	if cfg.MaxAge > 0 {
		budget = min(budget, cfg.MaxAge)
	}
	interval := time.Duration(float64(time.Second) / camera)
	waits := s.allBusy(cfg.Workers, interval)
	inTime := s.inTime(cfg.MaxAge, interval, waits)
	t.Late = 1 - inTime
	if inTime == 0 || s.atMost(budget) == 0 {
		t.Late, t.Skipped = 1, 1
		return t
	}
	starts := meanOfLesser(capacity, capacity*s.Spread()/math.Sqrt(workers), camera)
	if cfg.Workers == 1 {
		starts = camera / (1 + s.beyond(interval))
	}
	t.FPS = starts * inTime
	t.Skipped = 1 - t.FPS/camera
	g := time.Duration(float64(time.Second) / starts)
	wait := time.Duration(waits * float64(interval))
	stay := stays{s: s, g: g, budget: budget, ordered: cfg.Workers > 1, inTime: s.atMost(budget)}
	if stay.ordered && cfg.Even > 0 {
		stay.eased, stay.held = true, s.Quantile(cfg.Even)
	}
	average, p95 := stay.integrate()
	t.Age, t.AgeP95 = wait/2+average, wait+p95
	return t
}

// meanOfLesser is the mean of min(X, limit) for a log-normally distributed X.
func meanOfLesser(mean, deviation, limit float64) float64 {
	if deviation <= 0 {
		return min(mean, limit)
	}
	variance := math.Log1p(deviation * deviation / (mean * mean))
	sigma := math.Sqrt(variance)
	z := (math.Log(limit/mean) + variance/2) / sigma // of the limit
	below := func(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }
	return mean*below(z-sigma) + limit*below(-z)
}

// average is the plain mean of what quantiles are taken from.
func (s *Service) average() time.Duration {
	var sum float64
	for _, d := range s.sorted[:s.Samples()] {
		sum += float64(d)
	}
	return time.Duration(sum / float64(max(s.Samples(), 1)))
}

// beyond is by how many intervals analyses are longer than one, on average.
func (s *Service) beyond(interval time.Duration) float64 {
	var sum float64
	for _, d := range s.sorted[:s.Samples()] {
		sum += max(0, float64(d)/float64(interval)-1)
	}
	return sum / float64(s.Samples())
}

// inTime is the share of the frames done within the budget, if a share of them waits, for
// anything up to an interval.
func (s *Service) inTime(budget, interval time.Duration, waits float64) float64 {
	if budget == 0 {
		return 1
	}
	const steps = 8
	share := (1 - waits) * s.atMost(budget)
	for i := range steps {
		share += waits / steps * s.atMost(budget-interval*time.Duration(2*i+1)/(2*steps))
	}
	return share
}

// allBusy is the chance that so many workers are busy when a frame comes.
func (s *Service) allBusy(workers int, interval time.Duration) float64 {
	// exactly[n] is the chance that n of the frames so far still run; the last one has the rest.
	exactly := make([]float64, workers+1)
	exactly[0] = 1
	for j := 1; j <= 8*workers; j++ {
		runs := 1 - s.atMost(time.Duration(j)*interval)
		if runs == 0 {
			break
		}
		exactly[workers] += exactly[workers-1] * runs
		for n := workers - 1; n > 0; n-- {
			exactly[n] += (exactly[n-1] - exactly[n]) * runs
		}
		exactly[0] *= 1 - runs
	}
	return exactly[workers]
}

// stays is the distribution of the time from start to release.
type stays struct {
	s       *Service
	g       time.Duration // between starts
	budget  time.Duration // the longest stay
	inTime  float64       // share of the service times within it
	ordered bool          // a result waits for those before it
	eased   bool          // and is held back for evenness:
	held    time.Duration // until it has stayed this long, at least
}

// atMost is G.
func (d *stays) atMost(x time.Duration) float64 {
	if x < d.held {
		return 0
	}
	share := min(d.s.atMost(x)/d.inTime, 1)
	if !d.ordered {
		return share
	}
	for range 256 { // frames that far back are long gone
		next := x + d.g
		if d.eased {
			next = min(next, d.held+time.Duration(float64(x-d.held)/easing))
		}
		if next >= d.budget || next == x || share == 0 {
			break
		}
		x = next
		share *= d.s.atMost(x)
	}
	return share
}

// integrate gives the mean, the integral over 1 − G, and the 95th percentile.
func (d *stays) integrate() (mean, p95 time.Duration) {
	const steps = 256
	width := float64(d.budget) / steps
	var sum float64
	for i := range steps {
		share := d.atMost(time.Duration((float64(i) + 0.5) * width))
		sum += 1 - share
		if share < 0.95 {
			p95 = time.Duration(float64(i+1) * width)
		}
	}
	return time.Duration(sum * width), p95
}
