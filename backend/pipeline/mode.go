package pipeline

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"freshframe/backend/pool"
)

// Mode says how frames reach the analyzer.
type Mode string

// The modes.
const (
	Serial Mode = "serial" // one at a time
	Pool   Mode = "pool"   // several side by side, delivered in order
	Auto   Mode = "auto"   // whichever of these reaches the goal
)

// ParseMode checks a mode's name.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case Serial, Pool, Auto:
		return m, nil
	}
	return "", &SettingError{fmt.Sprintf("mode %q", s), "want serial, pool or auto"}
}

// MaxWorkers is the most that a pool may have: each has an analyzer of its own in memory, and
// a frame.
const MaxWorkers = 16

// SettingError refuses a value.
type SettingError struct{ Setting, Reason string }

func (e *SettingError) Error() string { return e.Setting + ": " + e.Reason }

// StatefulError refuses the mode pool to an analyzer that is not made for it.
type StatefulError struct{ Analyzer string }

func (e *StatefulError) Error() string {
	return fmt.Sprintf("the analyzer %s remembers earlier frames: it takes one frame at a time, in order, so the mode pool is not for it", e.Analyzer)
}

// checkMode says what is wrong with the settings of the modes.
func (s Settings) checkMode() error {
	const most = time.Minute
	outside := func(name string, value any, want string) error {
		return &SettingError{fmt.Sprint(name, " ", value), "want " + want}
	}
	switch {
	case s.Workers < 0 || s.Workers > MaxWorkers:
		return outside("workers", s.Workers, fmt.Sprintf("0 to %d; 0 chooses by the number of CPUs", MaxWorkers))
	case s.MaxAge < 0 || s.MaxAge > most:
		return outside("max_age", s.MaxAge, "0 to 1m; 0 is no limit")
	case s.MaxReorderWait < 0 || s.MaxReorderWait > most:
		return outside("max_reorder_wait", s.MaxReorderWait, "0 to 1m; 0 chooses by the observed service time")
	case !(s.TargetFPS >= 0 && s.TargetFPS <= 1000):
		return outside("target_fps", s.TargetFPS, "0 to 1000; 0 is none")
	case s.Mode == Pool && s.Spec.Kind.Stateful:
		return &StatefulError{s.Spec.Kind.Name}
	}
	return nil
}

// course is what is to run, and why.
type course struct {
	mode    Mode // Serial or Pool
	workers int
	limit   string // why fewer than asked for
	reason  string // of the mode auto
}

// chooser finds the course: at once when people want something else, and every second as
// measurements have it.
type chooser struct {
	p     *Pipeline
	auto  pool.Auto
	cpus  cpuMeter
	ed    *edition
	limit pool.Limit
	// most is the limit in force, which changes when another one has stood for a while.
	most, next int
	since      time.Time
	taken      float64   // share of the CPUs
	asked      time.Time // when that was seen
}

const (
	chooseEvery = time.Second
	limitAfter  = 2 * time.Second
)

// runMode keeps the course up to date until ctx ends.
func (p *Pipeline) runMode(ctx context.Context) {
	tick := time.NewTicker(chooseEvery)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			p.choose(now)
		case <-ctx.Done():
			return
		}
	}
}

// choose puts the course into force that the present settings and measurements ask for.
func (p *Pipeline) choose(now time.Time) {
	p.choosing.Lock()
	defer p.choosing.Unlock()
	p.steer(p.chooser.choose(now))
}

// measured is what the choice goes by.
func (p *Pipeline) measured(now time.Time) (Settings, *edition, pool.Seen) {
	camera := p.captured.PerSecond(now)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settings, p.edition, pool.Seen{
		Camera: camera, Service: p.service, CPU: p.cpu, CPUs: runtime.GOMAXPROCS(0),
		Workers: p.working, MaxWorkers: MaxWorkers,
		Stateful: p.settings.Spec.Kind.Stateful, Even: pool.DefaultEven,
	}
}

func (c *chooser) choose(now time.Time) course {
	set, ed, seen := c.p.measured(now)
	if now.Sub(c.asked) >= chooseEvery/2 { // else too little time for a share
		c.taken, c.asked = c.cpus.share(), now
	}
	seen.Taken = c.taken * float64(seen.CPUs)
	if ed != c.ed {
		c.ed, c.limit, c.most, c.next = ed, pool.Limit{}, MaxWorkers, MaxWorkers
	}
	switch set.Mode {
	case Pool:
		c.auto = pool.Auto{}
		return c.pool(now, set, seen)
	case Auto:
		if set.Workers > 0 {
			seen.MaxWorkers = set.Workers
		}
		choice := c.auto.Choose(now, pool.Goal{FPS: set.TargetFPS, MaxAge: set.MaxAge}, seen)
		mode := Pool
		if choice.Workers == 1 {
			mode = Serial
		}
		return course{mode: mode, workers: choice.Workers, reason: choice.Reason}
	}
	c.auto = pool.Auto{}
	return course{mode: Serial, workers: 1}
}

// pool is the course for the mode pool: as many workers as asked for, as far as they have a use.
func (c *chooser) pool(now time.Time, set Settings, seen pool.Seen) course {
	wanted := set.Workers
	if wanted == 0 {
		wanted = min(max(seen.CPUs, 2), MaxWorkers)
	}
	if seen.Known() {
		if most := c.limit.Useful(seen); most != c.next {
			c.next, c.since = most, now
		}
		if c.next != c.most && now.Sub(c.since) >= limitAfter {
			c.most = c.next
		}
	}
	if wanted <= c.most {
		return course{mode: Pool, workers: wanted}
	}
	return course{mode: Pool, workers: c.most, limit: fmt.Sprintf("%d CPUs have no use for more than %d workers", seen.CPUs, c.most)}
}

// steer puts a course into force. Another mode ends the turn of the one that runs.
func (p *Pipeline) steer(to course) {
	p.mu.Lock()
	changed := p.chosen != to
	p.chosen = to
	if to.mode != p.running {
		p.endTurn()
	}
	if changed {
		p.observed.reset()
		p.announceLocked()
	}
	p.mu.Unlock()
	p.nudge()
}

// course is the one in force.
func (p *Pipeline) course() course {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.chosen
}

// runAnalysis runs one mode after another until ctx ends. The crew outlives the modes: the
// worker of the one is the first of the next.
func (p *Pipeline) runAnalysis(ctx context.Context) {
	c := newCrew(p)
	defer c.stop()
	for ctx.Err() == nil {
		turn, mode := p.beginTurn(ctx)
		if mode == Pool {
			p.runPool(ctx, turn, c)
		} else {
			p.runSerial(ctx, turn, c)
		}
	}
}

// beginTurn gives the chosen mode its turn, which ends when another one is chosen.
func (p *Pipeline) beginTurn(ctx context.Context) (turn context.Context, mode Mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endTurn()
	turn, p.endTurn = context.WithCancel(ctx)
	if p.running != p.chosen.mode {
		p.running = p.chosen.mode
		p.announceLocked()
	}
	return turn, p.running
}
