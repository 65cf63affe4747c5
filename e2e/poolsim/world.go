package main

import (
	"math"
	"math/rand/v2"
	"time"

	"freshframe/e2e/evenness"
)

const ms = time.Millisecond

// scenario is a camera, and how long analyses take.
type scenario struct {
	fps      float64
	workers  int
	deadline time.Duration // the age budget, for the policies that have one
	service  func(*rand.Rand) time.Duration
}

// cameraJitter is the standard deviation of a camera's clock about its beat.
const cameraJitter = ms

// constant is a service time without variation.
func constant(d time.Duration) func(*rand.Rand) time.Duration {
	return func(*rand.Rand) time.Duration { return d }
}

// logNormal is one with that mean and coefficient of variation.
func logNormal(mean time.Duration, cv float64) func(*rand.Rand) time.Duration {
	sigma2 := math.Log(1 + cv*cv)
	mu := math.Log(float64(mean)) - sigma2/2
	return func(r *rand.Rand) time.Duration {
		return time.Duration(math.Exp(mu + math.Sqrt(sigma2)*r.NormFloat64()))
	}
}

// spikes is one that is steady but for a few that take four times as long.
func spikes(mean time.Duration, share float64) func(*rand.Rand) time.Duration {
	usual := logNormal(time.Duration(float64(mean)/(1+3*share)), 0.05)
	return func(r *rand.Rand) time.Duration {
		d := usual(r)
		if r.Float64() < share {
			d *= 4
		}
		return d
	}
}

// policy decides what to start and what to release. It is told of events and acts on the world.
type policy interface {
	frame(w *world, seq int) // a frame was captured
	done(w *world, seq int)  // its analysis has ended
	wake(w *world)           // the time that it asked for with wakeAt has come
}

// world is the simulation: it knows all captures and all service times from the beginning, so
// that every policy meets the same ones, and tells the policy what happens when it happens.
type world struct {
	now      time.Duration
	captured []time.Duration
	service  []time.Duration // of the nth analysis that is started

	running []analysis
	started int
	alarm   time.Duration // -1: none

	ended []time.Duration // by seq, when the analysis of the frame ended; 0: it was not started
	out   []output
	late  int
}

type analysis struct {
	seq  int
	ends time.Duration
}

type output = evenness.Result

// run simulates one policy for that long.
func run(s scenario, p policy, duration time.Duration, seed uint64) *world {
	w := &world{alarm: -1}
	beat, work := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2))
	for n := 0; ; n++ {
		at := time.Duration(float64(n) * float64(time.Second) / s.fps)
		if at > duration {
			break
		}
		jitter := time.Duration(beat.NormFloat64() * float64(cameraJitter))
		w.captured = append(w.captured, max(at+jitter, w.lastCapture()))
		w.service = append(w.service, s.service(work))
	}
	w.ended = make([]time.Duration, len(w.captured))
	for seq := 0; ; {
		soonest := -1
		for i, a := range w.running {
			if soonest < 0 || a.ends < w.running[soonest].ends {
				soonest = i
			}
		}
		at, event := time.Duration(math.MaxInt64), ""
		if seq < len(w.captured) {
			at, event = w.captured[seq], "frame"
		}
		if w.alarm >= 0 && w.alarm < at {
			at, event = w.alarm, "wake"
		}
		if soonest >= 0 && w.running[soonest].ends <= at {
			at, event = w.running[soonest].ends, "done"
		}
		if event == "" {
			return w
		}
		w.now = max(w.now, at)
		switch event {
		case "frame":
			p.frame(w, seq)
			seq++
		case "wake":
			w.alarm = -1
			p.wake(w)
		case "done":
			a := w.running[soonest]
			w.running = append(w.running[:soonest], w.running[soonest+1:]...)
			w.ended[a.seq] = w.now
			p.done(w, a.seq)
		}
	}
}

func (w *world) lastCapture() time.Duration {
	if len(w.captured) == 0 {
		return 0
	}
	return w.captured[len(w.captured)-1]
}

func (w *world) start(seq int) {
	w.running = append(w.running, analysis{seq, w.now + w.service[w.started]})
	w.started++
}

func (w *world) release(seq int) {
	w.out = append(w.out, output{Seq: uint64(seq), Captured: w.captured[seq], Released: w.now})
}

// wakeAt replaces the time of the next wake, -1 for none.
func (w *world) wakeAt(at time.Duration) { w.alarm = at }
