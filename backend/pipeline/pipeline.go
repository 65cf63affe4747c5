// Package pipeline takes the freshest frame through analysis, drawing and encoding. In:
// every captured frame. Out: annotated, clean, live and raw pictures in their hubs, and one
// report per analyzed frame. It must never make the camera wait, let a frame end without a
// counted fate, or know anything of HTTP.
//
//	Offer ─▶ slot ─▶ analyze (serial.go or pool.go, with the workers of crew.go;
//	   │             mode.go chooses) ─▶ follow ─▶ draw, encode, publish (render.go)
//	   ├───▶ live slot ─▶ draw the newest result, predicted (live.go)
//	   └───▶ raw slot ─▶ raw pictures (raw.go)
//	notices (notice.go) tell viewers why nothing comes.
package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/hub"
	"freshframe/backend/metrics"
	"freshframe/backend/overlay"
	"freshframe/backend/pool"
	"freshframe/backend/slot"
	"freshframe/backend/zone"
)

// Settings are what a person can change while it runs.
type Settings struct {
	Spec      analyze.Spec
	Freshness slot.Freshness // of Serial
	Paused    bool           // frames end as idle
	Overlay   overlay.Options
	Areas     []zone.Area // where to count; a change starts their counts anew

	Mode    Mode // "" is Serial
	Workers int  // of the pool, and the most of Auto, up to MaxWorkers; 0: by the number of CPUs
	// MaxAge is the pool's age budget, and a goal of Auto: of 95 % of the results. Up to a
	// minute; 0: none.
	MaxAge time.Duration
	// MaxReorderWait is how long a result of the pool waits for those before it, up to a
	// minute; 0: by the observed service time.
	MaxReorderWait time.Duration
	TargetFPS      float64 // goal of Auto, analyzed frames a second, up to 1000; 0: none
}

// Config is everything a Pipeline needs; all fields are required unless marked.
type Config struct {
	Settings
	Kinds   analyze.Kinds
	Quality int // of encoded pictures, 1..100; drawing on a camera's JPEG keeps its own
	// Standard has JPEGs encoded by image/jpeg, to be compared with; frame.Pool.Standard goes
	// with it.
	Standard bool
	// AnalysisTimeout is how long one frame may take before it fails and, if the analyzer
	// does not return even then, before the analyzer is replaced.
	AnalysisTimeout time.Duration
	// Wanted, optional, says whether anybody wants results; while it says no, frames end as
	// idle. Nil means always.
	Wanted func() bool
	// Report gets one report per analyzed frame, before its picture is published, on the
	// rendering goroutine; it must not block.
	Report func(*Report)
	// Camera tells the camera's state and a channel that is closed when it changes.
	Camera func() (capture.Status, <-chan struct{})

	Ledger                      *metrics.Ledger
	Annotated, Clean, Live, Raw *hub.Pictures
	Log                         *slog.Logger
}

// Pipeline is all of it. Run owns its goroutines.
type Pipeline struct {
	// in
	cfg  Config
	slot slot.Slot
	raw  *rawFeed
	live *liveFeed
	// news wakes the pool: there is a frame in the slot, or another course.
	news     chan struct{}
	unwanted atomic.Bool // the last frame offered was wanted by nobody
	choosing sync.Mutex  // held while the chooser is used
	chooser  chooser

	// between analysis and rendering
	ahead   chan *frame.Frame // to be decoded while it is being analyzed
	results chan *analyzed
	ask     chan chan *hub.Picture
	done    chan struct{} // closed when Run has ended

	zones zones

	// measured
	captured, analyzedRate, encoded *metrics.Rate
	ages                            *metrics.Window
	observed                        observed

	applying sync.Mutex // held while new settings are made; only Apply changes settings

	mu           sync.Mutex // held for moments only: Offer takes it
	settings     Settings
	edition      *edition // of the settings
	trouble      error    // the last analysis error, nil after a success
	lastAnalysis time.Duration
	service      pool.Service  // of the present edition
	cpu          time.Duration // smoothed CPU time of one of its analyses; 0: unknown
	working      int           // workers that are ready
	busy         int           // of those
	chosen       course
	running      Mode // whose turn it is: Serial or Pool
	endTurn      context.CancelFunc
	// Since when frames have come and no result, or no undamaged frame; zero while neither is
	// missing.
	resultDue, wholeDue time.Time
	changed             chan struct{} // closed when settings or trouble change
}

// New makes a pipeline with its first analyzer. Nothing happens before Run.
func New(cfg Config) (*Pipeline, error) {
	if cfg.Mode == "" {
		cfg.Mode = Serial
	}
	if err := cfg.checkMode(); err != nil {
		return nil, err
	}
	p := &Pipeline{
		cfg:          cfg,
		news:         make(chan struct{}, 1),
		ahead:        make(chan *frame.Frame, maxDrafts),
		results:      make(chan *analyzed),
		ask:          make(chan chan *hub.Picture),
		done:         make(chan struct{}),
		captured:     metrics.NewRate(30),
		analyzedRate: metrics.NewRate(10),
		encoded:      metrics.NewRate(10),
		ages:         metrics.NewWindow(600),
		settings:     cfg.Settings,
		endTurn:      func() {},
		changed:      make(chan struct{}),
	}
	if err := p.zones.set(cfg.Areas); err != nil {
		return nil, err
	}
	var err error
	if p.edition, err = newEdition(cfg.Spec, cfg.Log); err != nil {
		return nil, err
	}
	p.live = newLiveFeed(p)
	p.raw = newRawFeed(cfg.Raw, cfg.Quality, p.cameraStopped, cfg.Log)
	p.chooser.p = p
	p.chosen = p.chooser.choose(time.Now())
	p.running = p.chosen.mode
	return p, nil
}

// Offer takes a captured frame with its reference. It never blocks: the capture loop
// calls it for every frame.
func (p *Pipeline) Offer(f *frame.Frame) {
	p.cfg.Ledger.Capture(f)
	p.captured.Tick(f.Dequeued)
	err := f.Check()
	wanted := p.expect(err == nil)
	if err != nil {
		p.cfg.Log.Debug("corrupt frame", "seq", f.Seq, "error", err)
		p.settle(f, frame.Corrupt)
		return
	}
	p.raw.offer(f)
	p.live.offer(f)
	p.unwanted.Store(!wanted)
	defer p.nudge()
	if !wanted {
		p.settle(f, frame.Idle)
		if waiting := p.slot.Clear(); waiting != nil {
			p.settle(waiting, frame.Idle)
		}
		return
	}
	p.observed.want(f.Dequeued)
	if old := p.slot.Put(f); old != nil {
		p.settle(old, frame.Displaced)
	}
}

// nudge makes the pool look around.
func (p *Pipeline) nudge() {
	select {
	case p.news <- struct{}{}:
	default: // it has yet to look
	}
}

// putBack returns a frame to the slot, unless there is a newer one.
func (p *Pipeline) putBack(f *frame.Frame) {
	for {
		old := p.slot.Put(f)
		switch {
		case old == nil:
			return
		case old.Seq < f.Seq:
			p.settle(old, frame.Displaced)
			return
		}
		f = old
	}
}

// settle ends the frame and gives its reference back.
func (p *Pipeline) settle(f *frame.Frame, fate frame.Fate) {
	p.cfg.Ledger.Settle(f, fate)
	f.Release()
}

// expect says whether a frame that has come is to be analyzed, and notes since when viewers
// have been waiting for a result or an undamaged picture.
func (p *Pipeline) expect(whole bool) bool {
	wanted := p.cfg.Wanted == nil || p.cfg.Wanted()
	p.mu.Lock()
	defer p.mu.Unlock()
	wanted = wanted && !p.settings.Paused
	due := func(since *time.Time, missing bool) {
		switch {
		case !missing:
			*since = time.Time{}
		case since.IsZero():
			*since = time.Now()
		}
	}
	due(&p.wholeDue, !whole)
	if whole || !wanted { // from a damaged one nobody expects a result
		due(&p.resultDue, wanted)
	}
	return wanted
}

// Run analyzes and renders until ctx ends. When it returns, every frame offered so far has
// its fate; frames offered later are the caller's mistake. The error is always nil.
func (p *Pipeline) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, run := range []func(context.Context){p.runAnalysis, p.runMode, p.runRender, p.live.run, p.raw.run, p.runNotices} {
		wg.Go(func() { run(ctx) })
	}
	wg.Wait()
	close(p.done)
	if f := p.slot.Clear(); f != nil {
		p.settle(f, frame.Shutdown)
	}
	for len(p.ahead) > 0 {
		(<-p.ahead).Release()
	}
	p.live.close()
	p.raw.close()
	p.mu.Lock()
	last := p.edition
	p.mu.Unlock()
	if !last.taken { // nobody takes it up any more
		last.close(p.cfg.Log)
	}
	return nil
}

// Change is what to change; nil fields stay as they are.
type Change struct {
	Analyzer  *string           // a spec: name?param=value
	Params    map[string]string // of the present (or the new) analyzer; "" returns one to its default
	Freshness *string
	Paused    *bool
	Overlay   *overlay.Options
	Areas     *[]zone.Area

	Mode           *string
	Workers        *int
	MaxAge         *time.Duration
	MaxReorderWait *time.Duration
	TargetFPS      *float64
}

// Apply changes the settings, all or nothing. A new analyzer is made at once, so that the
// error names what is wrong with it, and takes over at the next frame; until then the old
// one goes on. Viewers notice nothing but the change. After the end the error is ErrEnded; for
// a stateful analyzer in the mode pool it is a *StatefulError.
func (p *Pipeline) Apply(c Change) (Settings, error) {
	p.applying.Lock()
	defer p.applying.Unlock()
	old, _ := p.Settings()
	next, err := p.merged(old, c)
	if err != nil {
		return old, err
	}
	var made *edition
	if next.Spec.Text != old.Spec.Text {
		if made, err = newEdition(next.Spec, p.cfg.Log); err != nil {
			return old, err
		}
	}
	unused, err := p.install(next, made)
	if unused != nil {
		unused.close(p.cfg.Log)
	}
	if err != nil {
		return old, err
	}
	if c.Areas != nil {
		if err := p.zones.set(next.Areas); err != nil { // checked before
			return old, err
		}
	}
	p.choose(time.Now())
	return next, nil
}

// merged is the settings with a change, checked.
func (p *Pipeline) merged(s Settings, c Change) (_ Settings, err error) {
	if c.Analyzer != nil {
		if s.Spec, err = p.cfg.Kinds.Parse(*c.Analyzer); err != nil {
			return s, err
		}
	}
	if c.Params != nil {
		if s.Spec, err = p.cfg.Kinds.With(s.Spec, c.Params); err != nil {
			return s, err
		}
	}
	if c.Freshness != nil {
		if s.Freshness, err = slot.ParseFreshness(*c.Freshness); err != nil {
			return s, err
		}
	}
	if c.Paused != nil {
		s.Paused = *c.Paused
	}
	if c.Overlay != nil {
		s.Overlay = *c.Overlay
	}
	if c.Areas != nil {
		if err := zone.Validate(*c.Areas); err != nil {
			return s, err
		}
		s.Areas = slices.Clone(*c.Areas)
	}
	if c.Mode != nil {
		if s.Mode, err = ParseMode(*c.Mode); err != nil {
			return s, err
		}
	}
	if c.Workers != nil {
		s.Workers = *c.Workers
	}
	if c.MaxAge != nil {
		s.MaxAge = *c.MaxAge
	}
	if c.MaxReorderWait != nil {
		s.MaxReorderWait = *c.MaxReorderWait
	}
	if c.TargetFPS != nil {
		s.TargetFPS = *c.TargetFPS
	}
	return s, s.checkMode()
}

// install puts settings into force, made with them unless it is nil. It returns an edition
// that is not needed after all, or nil.
func (p *Pipeline) install(next Settings, made *edition) (unused *edition, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return made, ErrEnded
	default:
	}
	if made != nil {
		if !p.edition.taken {
			unused = p.edition
		}
		p.edition, p.trouble = made, nil
		p.service, p.cpu = pool.Service{}, 0
		p.observed.reset()
		if made.spec.Kind.Stateful && p.running == Pool { // at once: the pool must not take it up
			p.chosen = course{mode: Serial, workers: 1}
			p.endTurn()
		}
	}
	p.settings = next
	p.announceLocked()
	return unused, nil
}

func (p *Pipeline) announceLocked() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// Settings are the present ones, and a channel that is closed when they or Trouble change.
func (p *Pipeline) Settings() (Settings, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settings, p.changed
}

// Trouble is why the last frame could not be analyzed, nil when it could.
func (p *Pipeline) Trouble() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trouble
}

// noteTrouble remembers an analysis error and logs it once per change of cause.
func (p *Pipeline) noteTrouble(err error, spec analyze.Spec) {
	p.mu.Lock()
	was := p.trouble
	p.trouble = err
	same := err == nil && was == nil || err != nil && was != nil && err.Error() == was.Error()
	if !same {
		p.announceLocked()
	}
	p.mu.Unlock()
	var crash *panicked
	switch {
	case same:
	case err == nil:
		p.cfg.Log.Info("analysis works again", "analyzer", spec.Text)
	case errors.As(err, &crash):
		p.cfg.Log.Warn("analysis fails", "analyzer", spec.Text, "error", err, "stack", crash.stack)
	default:
		p.cfg.Log.Warn("analysis fails", "analyzer", spec.Text, "error", err)
	}
}

// Rates are frames a second as of now.
type Rates struct{ Captured, Analyzed, Encoded float64 }

// Rates are measured over the last second or so of captured and the last 10 analyzed and
// encoded frames.
func (p *Pipeline) Rates(now time.Time) Rates {
	return Rates{p.captured.PerSecond(now), p.analyzedRate.PerSecond(now), p.encoded.PerSecond(now)}
}

// Ages are those of the last 600 analyzed frames at the moment they were published.
func (p *Pipeline) Ages() metrics.Percentiles { return p.ages.Percentiles() }

// Totals are the ledger's.
func (p *Pipeline) Totals() metrics.Totals { return p.cfg.Ledger.Totals() }
