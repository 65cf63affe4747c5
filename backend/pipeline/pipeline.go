// Package pipeline takes the freshest frame through analysis, drawing and encoding. In:
// every captured frame. Out: annotated, clean and raw pictures in their hubs, and one
// report per analyzed frame. It must never make the camera wait, let a frame end without a
// counted fate, or know anything of HTTP.
//
//	Offer ─▶ slot ─▶ analyze (serial.go) ─▶ draw, encode, publish (render.go)
//	   └───▶ raw slot ─▶ raw pictures (raw.go)
//	notices (notice.go) tell viewers why nothing comes.
package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"freshframe/backend/analyze"
	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/hub"
	"freshframe/backend/metrics"
	"freshframe/backend/overlay"
	"freshframe/backend/slot"
)

// Settings are what a person can change while it runs.
type Settings struct {
	Spec      analyze.Spec
	Freshness slot.Freshness
	Paused    bool // frames end as idle
	Overlay   overlay.Options
}

// Config is everything a Pipeline needs; all fields are required unless marked.
type Config struct {
	Settings
	Kinds   analyze.Kinds
	Quality int // of encoded pictures, 1..100
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

	Ledger                *metrics.Ledger
	Annotated, Clean, Raw *hub.Pictures
	Log                   *slog.Logger
}

// Pipeline is the serial pipeline. Run owns its goroutines.
type Pipeline struct {
	// in
	cfg  Config
	slot slot.Slot
	raw  *rawFeed

	// between analysis and rendering
	ahead   chan *frame.Frame // to be decoded while it is being analyzed
	results chan *analyzed
	ask     chan chan *hub.Picture
	done    chan struct{} // closed when Run has ended

	// measured
	captured, analyzedRate, encoded *metrics.Rate
	ages                            *metrics.Window

	mu           sync.Mutex
	settings     Settings
	replacement  analyze.Analyzer // chosen by Change, not yet taken up; nil otherwise
	trouble      error            // the last analysis error, nil after a success
	lastResult   time.Time
	lastAnalysis time.Duration
	changed      chan struct{} // closed when settings or trouble change
}

// New makes a pipeline with its first analyzer. Nothing happens before Run.
func New(cfg Config) (*Pipeline, error) {
	first, err := cfg.Spec.New()
	if err != nil {
		return nil, err
	}
	return &Pipeline{
		cfg:          cfg,
		raw:          newRawFeed(cfg.Raw, cfg.Quality),
		ahead:        make(chan *frame.Frame, 1),
		results:      make(chan *analyzed),
		ask:          make(chan chan *hub.Picture),
		done:         make(chan struct{}),
		captured:     metrics.NewRate(30),
		analyzedRate: metrics.NewRate(10),
		encoded:      metrics.NewRate(10),
		ages:         metrics.NewWindow(600),
		settings:     cfg.Settings,
		replacement:  first,
		changed:      make(chan struct{}),
	}, nil
}

// Offer takes a captured frame with its reference. It never blocks: the capture loop
// calls it for every frame.
func (p *Pipeline) Offer(f *frame.Frame) {
	p.cfg.Ledger.Capture(f)
	p.captured.Tick(f.Dequeued)
	if err := f.Check(); err != nil {
		p.settle(f, frame.Corrupt)
		p.cfg.Log.Debug("corrupt frame", "seq", f.Seq, "error", err)
		return
	}
	p.raw.offer(f)
	if !p.active() {
		p.settle(f, frame.Idle)
		if waiting := p.slot.Clear(); waiting != nil {
			p.settle(waiting, frame.Idle)
		}
		return
	}
	if old := p.slot.Put(f); old != nil {
		p.settle(old, frame.Displaced)
	}
}

// settle ends the frame and gives its reference back.
func (p *Pipeline) settle(f *frame.Frame, fate frame.Fate) {
	p.cfg.Ledger.Settle(f, fate)
	f.Release()
}

// active says whether frames are to be analyzed.
func (p *Pipeline) active() bool {
	p.mu.Lock()
	paused := p.settings.Paused
	p.mu.Unlock()
	return !paused && (p.cfg.Wanted == nil || p.cfg.Wanted())
}

// Run analyzes and renders until ctx ends. When it returns, every frame offered so far has
// its fate; frames offered later are the caller's mistake.
func (p *Pipeline) Run(ctx context.Context) error {
	defer close(p.done)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.runSerial(ctx) })
	g.Go(func() error { return p.runRender(ctx) })
	g.Go(func() error { return p.raw.run(ctx) })
	g.Go(func() error { return p.runNotices(ctx) })
	err := g.Wait()
	if f := p.slot.Clear(); f != nil {
		p.settle(f, frame.Shutdown)
	}
	p.raw.close()
	p.mu.Lock()
	if p.replacement != nil {
		p.replacement.Close()
		p.replacement = nil
	}
	p.mu.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Change is what to change; nil fields stay as they are.
type Change struct {
	Analyzer  *string           // a spec: name?param=value
	Params    map[string]string // of the present (or the new) analyzer; "" returns one to its default
	Freshness *string
	Paused    *bool
	Overlay   *overlay.Options
}

// Apply changes the settings, all or nothing. A new analyzer is made at once, so that the
// error names what is wrong with it, and takes over at the next frame; until then the old
// one goes on. Viewers notice nothing but the change.
func (p *Pipeline) Apply(c Change) (Settings, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := p.settings
	var err error
	if c.Analyzer != nil {
		if next.Spec, err = p.cfg.Kinds.Parse(*c.Analyzer); err != nil {
			return p.settings, err
		}
	}
	if c.Params != nil {
		if next.Spec, err = p.cfg.Kinds.With(next.Spec, c.Params); err != nil {
			return p.settings, err
		}
	}
	if c.Freshness != nil {
		if next.Freshness, err = slot.ParseFreshness(*c.Freshness); err != nil {
			return p.settings, err
		}
	}
	if c.Paused != nil {
		next.Paused = *c.Paused
	}
	if c.Overlay != nil {
		next.Overlay = *c.Overlay
	}
	if next.Spec.Text != p.settings.Spec.Text {
		made, err := next.Spec.New()
		if err != nil {
			return p.settings, err
		}
		if p.replacement != nil {
			p.replacement.Close()
		}
		p.replacement, p.trouble = made, nil
	}
	p.settings = next
	p.announceLocked()
	return next, nil
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
func (p *Pipeline) noteTrouble(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	same := fmt.Sprint(p.trouble) == fmt.Sprint(err)
	p.trouble = err
	if same {
		return
	}
	p.announceLocked()
	if err != nil {
		p.cfg.Log.Warn("analysis fails", "analyzer", p.settings.Spec.Text, "error", err)
	} else {
		p.cfg.Log.Info("analysis works again", "analyzer", p.settings.Spec.Text)
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
