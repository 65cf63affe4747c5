package pipeline

import (
	"math"
	"slices"
	"sync"
	"time"

	"freshframe/backend/pool"
)

// Work is what the analysis does at the moment, and how well.
type Work struct {
	Running       Mode // Serial or Pool
	Workers, Busy int  // ready to work, and working
	Limit         string
	Reason        string      // of the mode auto
	Service       ServiceTime // of the present analyzer
	Theory        pool.Theory // of what runs; zero while unknown
	Observed      Observed
}

// ServiceTime is how long an analysis takes. Zero Samples: not known yet.
type ServiceTime struct {
	Mean, P50, P90 time.Duration
	Spread         float64 // as a share of the middle
	Samples        int
}

// Observed is what came out in the last ten seconds, or since something was changed.
type Observed struct {
	FPS         float64
	Skipped     float64 // share of the frames wanted that were not delivered, 0 to 1
	Late        float64 // share of the frames started in the pool, 0 to 1
	Age, AgeP95 time.Duration
	Jitter      time.Duration // standard deviation of the intervals between the deliveries
	Deliveries  int           // that this is seen from; less than two tell nothing
}

// Work tells it as of now.
func (p *Pipeline) Work(now time.Time) Work {
	set, _, seen := p.measured(now)
	p.mu.Lock()
	w := Work{Running: p.running, Workers: p.working, Busy: p.busy, Limit: p.chosen.limit, Reason: p.chosen.reason}
	chosen := p.chosen.workers
	p.mu.Unlock()
	s := &seen.Service
	if n := s.Samples(); n > 0 {
		w.Service = ServiceTime{Mean: s.Mean(), P50: s.Quantile(0.5), P90: s.Quantile(0.9), Spread: s.Spread(), Samples: n}
	}
	cfg := pool.Config{Workers: 1}
	if w.Running == Pool {
		cfg = pool.Config{Workers: chosen, MaxAge: set.MaxAge, Even: pool.DefaultEven}
	}
	w.Theory = pool.Expect(seen.Camera, s, cfg)
	w.Observed = p.observed.recent(now)
	return w
}

// knownService is what is known about the service time of the present analyzer.
func (p *Pipeline) knownService() pool.Service {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.service
}

// noteService remembers how long an analysis took, and how much of that its thread computed.
func (p *Pipeline) noteService(ed *edition, took, cpu time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ed != p.edition {
		return
	}
	p.service.Add(took)
	if p.cpu == 0 {
		p.cpu = cpu
	}
	p.cpu += (cpu - p.cpu) / 16
}

// noteCrew remembers how many workers there are.
func (p *Pipeline) noteCrew(working, busy int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy = busy
	if p.working != working {
		p.working = working
		p.announceLocked()
	}
}

const (
	watchFor = 10 * time.Second
	// buckets are the parts of that time in which frames are counted: half a second each.
	buckets = 20
	// mostDeliveries bounds the ages remembered: at more than 100 a second it is a shorter time.
	mostDeliveries = 1024
)

// observed counts what came in and went out lately. The zero value is ready.
type observed struct {
	mu        sync.Mutex
	counts    [buckets]counts
	delivered [mostDeliveries]delivery // ring
	n         int                      // deliveries so far
}

type counts struct {
	period                int64 // which half second
	wanted, started, late int
}

type delivery struct {
	at  time.Time
	age time.Duration
}

func (o *observed) count(now time.Time, what func(*counts) *int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	period := now.UnixNano() / int64(watchFor/buckets)
	c := &o.counts[period%buckets]
	if c.period != period {
		*c = counts{period: period}
	}
	*what(c)++
}

func (o *observed) want(now time.Time)  { o.count(now, func(c *counts) *int { return &c.wanted }) }
func (o *observed) start(now time.Time) { o.count(now, func(c *counts) *int { return &c.started }) }
func (o *observed) late(now time.Time)  { o.count(now, func(c *counts) *int { return &c.late }) }

func (o *observed) deliver(now time.Time, age time.Duration) {
	o.mu.Lock()
	o.delivered[o.n%mostDeliveries] = delivery{now, age}
	o.n++
	o.mu.Unlock()
}

// reset forgets: what comes now is not to be mixed with what was.
func (o *observed) reset() {
	o.mu.Lock()
	o.counts, o.n = [buckets]counts{}, 0
	o.mu.Unlock()
}

func (o *observed) recent(now time.Time) Observed {
	o.mu.Lock()
	defer o.mu.Unlock()
	var sum counts
	first := now.UnixNano()/int64(watchFor/buckets) - buckets
	for _, c := range o.counts {
		if c.period > first {
			sum.wanted, sum.started, sum.late = sum.wanted+c.wanted, sum.started+c.started, sum.late+c.late
		}
	}
	var ages []time.Duration
	var intervals, squares float64
	var oldest, newest time.Time
	for i := max(0, o.n-mostDeliveries); i < o.n; i++ {
		d := o.delivered[i%mostDeliveries]
		if now.Sub(d.at) > watchFor {
			continue
		}
		if len(ages) == 0 {
			oldest = d.at
		} else {
			x := d.at.Sub(newest).Seconds()
			intervals, squares = intervals+x, squares+x*x
		}
		newest = d.at
		ages = append(ages, d.age)
	}
	n := len(ages)
	if n < 2 || newest == oldest {
		return Observed{Deliveries: n}
	}
	mean := intervals / float64(n-1)
	w := Observed{Deliveries: n, Jitter: time.Duration(math.Sqrt(max(squares/float64(n-1)-mean*mean, 0)) * float64(time.Second))}
	// While nothing comes the rate falls, as in metrics.Rate.
	w.FPS = 1 / max(mean, now.Sub(newest).Seconds()-mean)
	if sum.wanted > 0 {
		w.Skipped = min(max(1-float64(n)/float64(sum.wanted), 0), 1)
	}
	if sum.started > 0 {
		w.Late = min(float64(sum.late)/float64(sum.started), 1)
	}
	slices.Sort(ages)
	var total time.Duration
	for _, a := range ages {
		total += a
	}
	w.Age, w.AgeP95 = total/time.Duration(n), ages[(95*n+99)/100-1]
	return w
}
