package pipeline

import (
	"cmp"
	"context"
	"errors"
	"image"
	"runtime"
	"time"

	"freshframe/backend/frame"
	"freshframe/backend/hub"
	"freshframe/backend/jpeg"
	"freshframe/backend/overlay"
)

// renderer draws, encodes and publishes analyzed frames, one at a time, while the analyzer
// works on the next. It does for nobody nothing: without viewers no pixel is touched.
type renderer struct {
	p    *Pipeline
	enc  encoder
	cut  jpeg.Splicer
	list overlay.List
	size int // of the last JPEG, to allocate the next one right

	// What is no JPEG is encoded ahead while it is being analyzed; once the overlay is known, only
	// the pieces that it touches are encoded again.
	drafts    [maxDrafts]draft
	aheadCost time.Duration // what that took the last time
	touched   []image.Rectangle

	// The newest analyzed frame, kept so that somebody who comes later can be shown it. drawn
	// is its annotated picture once it exists; the planes carry the overlay from then on.
	last    *analyzed
	numbers overlay.Numbers
	drawn   *hub.Picture
}

// maxDrafts is how many frames in flight can be drafted. Those of a larger pool are encoded when
// they are drawn.
const maxDrafts = 4

// draft is a frame encoded ahead. One that is not newer than the last frame is free.
type draft struct {
	jpeg.Draft
	seq uint64
}

// draftOf is the frame's draft, nil if it has none.
func (r *renderer) draftOf(f *frame.Frame) *draft {
	for i := range r.drafts {
		if d := &r.drafts[i]; d.seq == f.Seq {
			return d
		}
	}
	return nil
}

// freeDraft is a draft that no frame needs any more, nil if there is none. One used before is
// taken first: each has its own memory.
func (r *renderer) freeDraft() *draft {
	var unused *draft
	for i := range r.drafts {
		switch d := &r.drafts[i]; {
		case d.seq == 0:
			unused = cmp.Or(unused, d)
		case r.last != nil && d.seq <= r.last.f.Seq:
			return d
		}
	}
	return unused
}

func (p *Pipeline) runRender(ctx context.Context) {
	r := &renderer{p: p, enc: p.newEncoder()}
	defer r.forget()
	for {
		select { // results come before drafts
		case job := <-p.results:
			r.guarded(func() { r.finish(job) })
			continue
		default:
		}
		select {
		case f := <-p.ahead:
			r.guarded(func() { r.prepare(f) })
			f.Release()
		case job := <-p.results:
			r.guarded(func() { r.finish(job) })
		case <-p.cfg.Annotated.Demand():
			r.guarded(func() { r.showLast(p.cfg.Annotated, r.annotated) })
		case <-p.cfg.Clean.Demand():
			r.guarded(func() { r.showLast(p.cfg.Clean, r.clean) })
		case reply := <-p.ask:
			var pic *hub.Picture
			r.guarded(func() { pic = r.snapshot() })
			reply <- pic
		case <-ctx.Done():
			return
		}
	}
}

// guarded keeps a panic in drawing or encoding from ending the program: it costs the frame.
func (r *renderer) guarded(do func()) {
	if guarded(r.p.cfg.Log, "rendering", do) {
		return
	}
	if r.last != nil {
		r.p.cfg.Ledger.Settle(r.last.f, frame.Failed)
	}
	r.forget()
}

// prepare decodes a frame that is being analyzed, and drafts its JPEG if the analyzer is
// known to take longer than that. Errors come again, and are dealt with, when it is drawn.
func (r *renderer) prepare(f *frame.Frame) {
	if r.last != nil && f.Seq <= r.last.f.Seq || f.Fate() != frame.InFlight {
		return // its result, or a newer one, came first
	}
	begin := time.Now()
	im, err := f.Planes()
	if err != nil || r.enc.standard { // which has no drafts
		return
	}
	if r.p.analysisTime() <= 2*r.aheadCost {
		r.aheadCost -= r.aheadCost / 16 // it may have been slow just once: try again some time
		return
	}
	d := r.freeDraft()
	if d == nil {
		return
	}
	d.seq = 0
	if err := r.enc.Draft(&d.Draft, im); err == nil {
		d.seq = f.Seq
	}
	r.aheadCost = time.Since(begin)
}

// analysisTime is how long the last analyzed frame took.
func (p *Pipeline) analysisTime() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lastAnalysis
}

// ErrEnded is the error of a request to a pipeline that has ended.
var ErrEnded = errors.New("the pipeline has ended")

// Snapshot is the annotated picture of the newest analyzed frame, drawn now if it was not
// drawn before; nil when there is none yet. The error is ctx's or ErrEnded.
func (p *Pipeline) Snapshot(ctx context.Context) (*hub.Picture, error) {
	reply := make(chan *hub.Picture, 1)
	select {
	case p.ask <- reply:
	case <-p.done:
		return nil, ErrEnded
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return <-reply, nil // the renderer answers what it has taken
}

// finish takes an analyzed frame to the hubs and gives it its fate.
func (r *renderer) finish(job *analyzed) {
	p := r.p
	r.forget()
	r.last = job
	r.numbers = overlay.Numbers{
		ProcessingTime: job.at.end.Sub(job.at.start),
		ObjectCount:    job.result.Count,
		FPS:            p.analyzedRate.Tick(job.at.end),
	}
	var annotated, clean *hub.Picture
	var err error
	if p.cfg.Clean.Watched() {
		clean, err = r.clean()
	}
	if err == nil && p.cfg.Annotated.Watched() {
		annotated, err = r.annotated()
	}
	now := time.Now()
	if job.at.drawn.IsZero() {
		job.at.drawn = now
	}
	job.at.encoded = now
	if err != nil { // its pixels do not decode, which the analyzer had no reason to notice
		p.cfg.Log.Debug("corrupt frame", "seq", job.f.Seq, "error", err)
		p.cfg.Ledger.Settle(job.f, frame.Corrupt)
		r.forget()
		return
	}
	p.cfg.Ledger.Settle(job.f, frame.Analyzed)
	job.at.published = time.Now()
	p.noteResult(job.at)
	p.cfg.Report(r.report())
	if annotated != nil {
		p.encoded.Tick(job.at.published)
	}
	if p.stopped() {
		return
	}
	if clean != nil {
		p.cfg.Clean.Publish(clean)
	}
	if annotated != nil {
		p.cfg.Annotated.Publish(annotated)
	}
	runtime.Gosched() // on a single CPU the viewers would wait for the next frame's draft
}

// noteResult remembers that analysis is alive, and how old the frame got.
func (p *Pipeline) noteResult(at stages) {
	age := at.published.Sub(at.captured)
	p.ages.Add(age)
	p.observed.deliver(at.published, age)
	p.mu.Lock()
	p.resultDue, p.lastAnalysis = time.Time{}, at.end.Sub(at.start)
	p.mu.Unlock()
}

func (r *renderer) report() *Report {
	job := r.last
	rates := r.p.Rates(job.at.published)
	rates.Analyzed = r.numbers.FPS
	return &Report{
		Seq: job.f.Seq, Captured: job.f.Captured, CapturedBy: job.f.CapturedBy,
		Width: job.f.Width, Height: job.f.Height,
		Budget: job.at.budget(), Rates: rates, Totals: r.p.Totals(),
		Analyzer: job.ed.spec.Kind.Name, Mode: string(job.mode), Result: job.result,
		Analyzers: job.timings(), Zones: job.zones, Happened: job.happened,
	}
}

// tooOld is when the newest analyzed frame is the past rather than the present: whoever
// comes then waits for the next one, or is told why none comes.
const tooOld = 2 * time.Second

// showLast gives the first viewer of a hub the newest analyzed frame at once.
func (r *renderer) showLast(to *hub.Pictures, picture func() (*hub.Picture, error)) {
	if r.last == nil || r.last.f.Age(time.Now()) > tooOld || r.p.stopped() {
		return
	}
	if pic, err := picture(); err == nil {
		to.Publish(pic)
	}
}

// snapshot is the newest analyzed frame for somebody who asks once; nil when there is none.
func (r *renderer) snapshot() *hub.Picture {
	pic, err := r.annotated()
	if err != nil {
		r.p.cfg.Log.Debug("no snapshot", "error", err)
	}
	return pic
}

// annotated draws and encodes the last frame, once; nil when there is none.
func (r *renderer) annotated() (*hub.Picture, error) {
	if r.last == nil || r.drawn != nil {
		return r.drawn, nil
	}
	f := r.last.f
	set, _ := r.p.Settings()
	r.list.Reset(f.Bounds(), f.Clip)
	overlay.Compose(&r.list, set.Overlay, overlay.Scene{Numbers: r.numbers, Detections: r.last.result.Detections, Areas: r.last.areas})
	r.touched = r.list.Touched(r.touched[:0])
	index, err := f.Index() // also says whether its bits are whole
	if err != nil {
		return nil, err
	}
	if len(r.touched) == 0 && f.Format == frame.JPEG && (index == nil || index.Whole()) {
		r.last.at.drawn = time.Now()
		r.drawn = original(f)
		return r.drawn, nil
	}
	if index != nil {
		// Seldom it has coefficients that no table has codes for; all of it is coded anew then.
		if r.drawn, err = r.splice(index); !errors.Is(err, jpeg.ErrUnsupported) {
			return r.drawn, err
		}
	}
	im, err := f.Planes()
	if err != nil {
		return nil, err
	}
	r.list.Draw(im)
	r.last.at.drawn = time.Now()
	r.drawn, err = r.encode(im, r.touched)
	return r.drawn, err
}

// splice draws on the last frame's JPEG itself.
func (r *renderer) splice(x *jpeg.Index) (*hub.Picture, error) {
	data, drawn, err := splice(&r.cut, x, &r.list, r.touched, r.size)
	if err != nil {
		return nil, err
	}
	r.last.at.drawn, r.size = drawn, len(data)
	return pictureOf(r.last.f, data), nil
}

// errDrawn is why there is no clean picture of a frame that was drawn on.
var errDrawn = errors.New("the frame has been drawn on already")

// clean is the last frame without drawing: the camera's own bytes where it gave a JPEG.
func (r *renderer) clean() (*hub.Picture, error) {
	f := r.last.f
	if f.Format == frame.JPEG {
		return original(f), nil
	}
	if r.drawn != nil {
		return nil, errDrawn
	}
	im, err := f.Planes()
	if err != nil {
		return nil, err
	}
	return r.encode(im, nil)
}

// encode makes an immutable picture of the last frame's planes, from the draft where there
// is one: then the planes may have changed only where they were touched.
func (r *renderer) encode(im *image.YCbCr, touched []image.Rectangle) (*hub.Picture, error) {
	f := r.last.f
	data := roomFor(r.size)
	var err error
	if d := r.draftOf(f); d != nil {
		data, err = r.enc.Finish(data, &d.Draft, im, touched)
	} else {
		data, err = r.enc.Encode(data, im)
	}
	if err != nil {
		return nil, err
	}
	r.size = len(data)
	return pictureOf(f, data), nil
}

// forget gives the last frame back.
func (r *renderer) forget() {
	if r.last == nil {
		return
	}
	r.last.f.Release()
	r.last, r.drawn = nil, nil
}

// pictureOf is the frame as data shows it. Nobody may write to data any more.
func pictureOf(f *frame.Frame, data []byte) *hub.Picture {
	return &hub.Picture{Seq: f.Seq, JPEG: data, Width: f.Width, Height: f.Height, Captured: f.Captured}
}

// roomFor is fresh memory for a JPEG like the last one of that size: one that is an eighth
// larger fits too, and the encoder wants 4 KiB to spare.
func roomFor(last int) []byte { return make([]byte, 0, last+last/8+8192) }
