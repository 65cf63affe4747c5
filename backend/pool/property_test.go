package pool_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"freshframe/backend/pool"
)

// laws are service times.
var laws = []struct {
	name string
	take func(*rand.Rand) time.Duration
}{
	{"none", func(*rand.Rand) time.Duration { return 0 }},
	{"constant", func(*rand.Rand) time.Duration { return 100 * ms }},
	{"log-normal", func(r *rand.Rand) time.Duration {
		return time.Duration(95.8 * math.Exp(0.2936*r.NormFloat64()) * float64(ms))
	}},
	{"heavy tail", func(r *rand.Rand) time.Duration {
		return time.Duration(min(30*math.Pow(r.Float64(), -1/1.2), 20_000) * float64(ms))
	}},
	{"none or long", func(r *rand.Rand) time.Duration { return time.Duration(r.IntN(2)) * 300 * ms }},
}

// storm is a random life of a plan: cameras that pause, analyses that fail or hang, and, if
// changes is set, new configurations and analyzers.
type storm struct {
	r        *rand.Rand
	ref      *referee
	take     func(*rand.Rand) time.Duration
	interval time.Duration
	ends     map[pool.Ticket]time.Time // when somebody says that the ticket is done
	ok       map[pool.Ticket]bool
	ghosts   []pool.Ticket // given up, and heard of later
}

// timeout is when a hung analysis is given up.
const timeout = 2 * time.Second

func (s *storm) config() pool.Config {
	pick := func(d ...time.Duration) time.Duration { return d[s.r.IntN(len(d))] }
	return pool.Config{
		Workers:        []int{1, 2, 3, 4, 4, 8}[s.r.IntN(6)],
		MaxAge:         pick(0, 50*ms, 150*ms, 200*ms, 1000*ms),
		MaxReorderWait: pick(0, 0, 1, 30*ms, 200*ms),
		Even:           []float64{0, pool.DefaultEven, 0.9, 1}[s.r.IntN(4)],
	}
}

func (s *storm) run(frames int, changes bool) {
	next := s.ref.now
	for frames > 0 && s.ref.foul == nil {
		if !s.step(next) {
			next = s.ref.now.Add(s.interval + time.Duration(s.r.NormFloat64()*float64(ms)))
			if s.r.IntN(200) == 0 {
				next = next.Add(time.Duration(s.r.IntN(5000)) * ms) // the camera pauses
			}
			s.ref.frame(s.ref.now.Add(-time.Duration(s.r.IntN(5)) * ms))
			frames--
			if changes {
				s.change()
			}
		}
		s.act()
	}
	cfg := s.ref.cfg
	cfg.Workers = max(cfg.Workers, 1) // so that what waits gets its chance
	s.ref.plan.Configure(cfg)
	s.ref.cfg = cfg
	for s.act(); s.ref.foul == nil && s.step(time.Time{}); s.act() {
	}
	s.ref.end()
}

// step goes to the next moment before the one given at which something happens, and lets it
// happen; false: there is none, and it is that moment now.
func (s *storm) step(before time.Time) bool {
	at, done := before, pool.Ticket(0)
	for t, end := range s.ends { // of those that end at once the lowest, whatever the map's order
		if at.IsZero() || end.Before(at) || end.Equal(at) && done != 0 && t < done {
			at, done = end, t
		}
	}
	if w := s.ref.wake; !w.IsZero() && (at.IsZero() || w.Before(at)) {
		s.ref.now = w
		return true
	}
	if at.IsZero() {
		return false
	}
	if at.After(s.ref.now) {
		s.ref.now = at
	}
	if done == 0 {
		return false
	}
	s.ref.done(done, s.ok[done])
	if s.ref.now.Sub(s.ref.frames[done].started) == timeout {
		s.ghosts = append(s.ghosts, done)
	} else if len(s.ghosts) > 0 && s.r.IntN(3) == 0 {
		s.ref.done(s.ghosts[0], true)
		s.ghosts = s.ghosts[1:]
	}
	delete(s.ends, done)
	return true
}

func (s *storm) act() {
	for _, t := range s.ref.act() {
		take, ok := s.take(s.r), true
		switch s.r.IntN(50) {
		case 0, 1:
			ok = false
		case 2:
			take = time.Hour // it hangs
		}
		if take >= timeout {
			take, ok = timeout, false
		}
		s.ends[t], s.ok[t] = s.ref.now.Add(take), ok
	}
}

func (s *storm) change() {
	switch s.r.IntN(100) {
	case 0, 1:
		s.ref.configure(s.config())
	case 2:
		cfg := s.ref.cfg
		cfg.Workers = 0
		s.ref.configure(cfg)
	case 3:
		s.ref.plan.Relearn()
		s.ref.steadyConfig = false
		s.take = laws[s.r.IntN(len(laws))].take
	case 4:
		s.ref.withdraw()
	}
}

// Whatever the service times, failures, hangs, pauses and changes: results leave in order, every
// frame has exactly one outcome, ages are bounded, at most one frame waits, and none waits beside
// a free worker. The referee knows the rules.
func TestStorms(t *testing.T) {
	for _, law := range laws {
		for _, changes := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, changes %v", law.name, changes), func(t *testing.T) {
				released := 0
				for seed := range uint64(30) {
					s := &storm{r: rand.New(rand.NewPCG(seed, 4)), take: law.take, ends: map[pool.Ticket]time.Time{}, ok: map[pool.Ticket]bool{}}
					s.interval = []time.Duration{8 * ms, 33 * ms, 33 * ms, 200 * ms}[s.r.IntN(4)]
					s.ref = newReferee(s.config())
					s.ref.punctual = true
					cfg := s.ref.cfg
					s.run(400, changes)
					if s.ref.foul != nil {
						t.Fatalf("seed %d, %+v: %v", seed, cfg, s.ref.foul)
					}
					released += s.ref.count(pool.Release)
				}
				if released == 0 {
					t.Error("nothing was ever released")
				}
			})
		}
	}
}
