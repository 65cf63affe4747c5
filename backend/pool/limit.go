package pool

import (
	"math"
	"time"
)

// Limit finds out how many workers have a use at all: as many as keep the CPUs busy, one for
// each, more if an analysis also waits. How much it waits shows only while the CPUs are not all
// taken, by the analyses or by others; when they are, it seems to wait the longer the more
// workers there are. Analyses that hardly compute are in nobody's way, whoever else is. The zero
// value is ready, and is for one analyzer.
type Limit struct {
	alone   time.Duration // an analysis without rivals for the CPU; 0: not seen yet
	workers int           // at work
	fresh   int           // service times observed before that was so
}

// Shares of the CPUs: from contended on, who computes slows others down; up to meek, analyses are
// no reason for that.
const contended, meek = 0.9, 0.1

// Useful is how many, from 1 to seen.MaxWorkers: all of them while the CPU time is not known.
func (l *Limit) Useful(seen Seen) int {
	if seen.CPU <= 0 || seen.CPUs < 1 || seen.Service.n == 0 {
		l.alone = 0
		return max(seen.MaxWorkers, 1)
	}
	at := max(seen.Workers, 1)
	if at != l.workers {
		l.fresh = seen.Service.n
		if l.workers == 0 {
			l.fresh = 0
		}
		l.workers = at
	}
	takes := seen.Service.average()
	rate := min(seen.Camera, float64(at)/takes.Seconds())
	cpus, own := float64(seen.CPUs), rate*seen.CPU.Seconds()
	free := own < meek*cpus || max(own, seen.Taken) < contended*cpus
	settled := l.fresh == 0 || seen.Service.n-l.fresh >= remembered+at
	switch {
	case free && settled:
		l.alone = takes
	case l.alone == 0:
		l.alone = seen.CPU
	}
	l.alone = min(l.alone, takes)
	useful := math.Round(cpus * max(1, float64(l.alone)/float64(seen.CPU)))
	return int(max(1, min(useful, float64(seen.MaxWorkers))))
}
