// Package motion finds what moves in front of a camera that stands still. In: frames in
// order, of which it reads the luma. Out: one box for each moving region, and the share
// of the picture that moves. It must never report motion outside a frame's Clip, nor
// keep or change a frame's planes.
//
// A frame goes through four files: reduce.go makes a small luma picture of it, model.go
// compares that with the learned background, clean.go takes noise out of the result and
// regions.go collects what is left into regions.
package motion

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"slices"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/follow"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

const (
	// maxGap is the longest pause between two frames (or absorb, where that is longer)
	// after which the background is still trusted.
	maxGap = 5 * time.Second
	// maxSeqGap is the same in frames: half a minute of most cameras.
	maxSeqGap = 1000
)

// Kind describes the motion analyzer.
//
// Its results: Count is the number of moving regions. Detections are the largest of them,
// largest first, labelled "motion"; Box encloses the region, Score is the share of the
// box's pixels that differ from the background, and Track is the same from frame to frame
// (0 in the first one). Behind them follow, marked Predicted, those that are gone for less
// than half a second, as behind another one, with which they are one region. Values are motion_share (the reported
// regions' share of the picture, 0..1), learning (1 while the background is being
// learned and nothing can be found: the first half second, also after a change of size or
// a gap) and scene_change (1 when most of the picture changed at once, as with a light
// switched on, which makes it learn anew).
func Kind() analyze.Kind {
	return analyze.Kind{
		Name:     "motion",
		Doc:      "Moving regions against a learned background.",
		Stateful: true,
		Params: []option.Option{
			option.Option{
				Name: "threshold", Type: option.Int, Default: "18",
				Doc: "How far a pixel's luma must leave the background.",
			}.Between(1, 255),
			option.Option{
				Name: "min_area", Type: option.Float, Default: "0.1",
				Doc: "Smallest region to report, in percent of the picture.",
			}.Between(0, 100),
			option.Option{
				Name: "absorb", Type: option.Duration, Default: "10s",
				Doc: "Time after which something that stopped becomes background.",
			}.Between(1, 600),
			option.Option{
				Name: "max_regions", Type: option.Int, Default: "20",
				Doc: "Most regions to report; the largest are kept.",
			}.Between(1, 100),
		},
		New: func(v option.Values) (analyze.Analyzer, error) {
			return &analyzer{
				minShare:   v.Float("min_area") / 100,
				maxRegions: v.Int("max_regions"),
				maxGap:     max(maxGap, v.Duration("absorb")),
				model:      model{threshold: int32(v.Int("threshold")) * one, absorb: micros(v.Duration("absorb"))},
			}, nil
		},
		Follow: func(v option.Values) (analyze.Follower, error) {
			// The score says what share of a box moves, not how sure that is: any is enough.
			return follow.New(follow.Options{Threshold: anything, Weak: 1, Max: v.Int("max_regions")})
		},
	}
}

// anything is a score that every region has.
const anything = 1e-9

type analyzer struct {
	minShare   float64 // smallest region, as a share of the picture
	maxRegions int
	maxGap     time.Duration

	view     view
	seq      uint64    // of the previous frame
	captured time.Time // of the previous frame

	luma  []uint8 // the reduced picture; layout as described at grid
	moved []uint8 // 1 where luma has left the background
	clean []uint8 // moved without the noise
	model model
	finder
}

// Analyze finds the moving regions of f. A picture that cannot be decoded is an error
// that wraps frame.ErrCorrupt and leaves the background as it was.
func (a *analyzer) Analyze(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
	if err := ctx.Err(); err != nil {
		return analyze.Result{}, err
	}
	v := viewOf(f.Bounds(), f.Clip)
	planes, err := v.planes(f)
	if err != nil {
		return analyze.Result{}, fmt.Errorf("motion: frame %d: %w", f.Seq, err)
	}
	elapsed, related := a.since(f)
	if v != a.view || !related {
		a.reset(v)
	}
	if a.view.empty() {
		return result(0, 0, false, false), nil
	}
	reduce(a.luma, planes, a.view.on(planes))
	if a.model.learning {
		a.model.learn(a.luma, a.view.grid, elapsed)
		return result(0, 0, true, false), nil
	}
	n := a.model.update(a.luma, a.moved, a.view.grid, elapsed)
	if 2*n > a.view.w*a.view.h {
		clear(a.moved)
		a.model.relearn()
		a.model.learn(a.luma, a.view.grid, 0)
		return result(0, 0, true, true), nil
	}
	majority(a.clean, a.moved, a.view.grid)
	return a.report(a.find()), nil
}

// Close has nothing to free.
func (a *analyzer) Close() error { return nil }

// since notes f as the previous frame of the next one. It gives the time since the one
// before f, and whether the two show the same scene still.
func (a *analyzer) since(f *frame.Frame) (elapsed time.Duration, related bool) {
	elapsed = f.Captured.Sub(a.captured)
	related = f.Seq > a.seq && f.Seq-a.seq <= maxSeqGap && elapsed >= 0 && elapsed <= a.maxGap
	a.seq, a.captured = f.Seq, f.Captured
	return elapsed, related
}

// reset forgets everything, to learn the background of v from the next picture on.
func (a *analyzer) reset(v view) {
	if a.view.grid != v.grid {
		n := v.cells()
		a.luma, a.moved, a.clean = make([]uint8, n), make([]uint8, n), make([]uint8, n)
	}
	clear(a.moved)
	a.view = v
	a.model.reset(v.grid)
}

// find gives the moving regions that are no ghosts, those that nearly touch as one.
func (a *analyzer) find() []region {
	a.scan(a.clean, a.view.grid)
	a.measure(a.luma, a.moved, &a.model, a.view.grid)
	for _, r := range a.runs {
		if a.regions[r.label].ghost() {
			a.model.heal(a.luma, a.moved, a.view.grid, r)
		}
	}
	return a.merge()
}

// report turns regions into what the pipeline passes on.
func (a *analyzer) report(regions []region) analyze.Result {
	v := a.view
	width, height := float64(v.picture.Dx()), float64(v.picture.Dy())
	perCell := float64(v.block*v.block) / (width * height)
	regions = slices.DeleteFunc(regions, func(r region) bool { return float64(r.area)*perCell < a.minShare })
	slices.SortFunc(regions, func(p, q region) int {
		return cmp.Or(cmp.Compare(q.area, p.area), cmp.Compare(p.box.Min.Y, q.box.Min.Y), cmp.Compare(p.box.Min.X, q.box.Min.X))
	})
	moving := 0
	for _, r := range regions {
		moving += r.area
	}
	out := result(len(regions), float64(moving)*perCell, false, false)
	out.Detections = make([]analyze.Detection, min(len(regions), a.maxRegions))
	for i := range out.Detections {
		b := v.pixels(regions[i].box)
		out.Detections[i] = analyze.Detection{
			Box: [4]float64{
				float64(b.Min.X-v.picture.Min.X) / width, float64(b.Min.Y-v.picture.Min.Y) / height,
				float64(b.Dx()) / width, float64(b.Dy()) / height,
			},
			Label: "motion",
			Score: float64(regions[i].area) / float64(regions[i].box.Dx()*regions[i].box.Dy()),
		}
	}
	return out
}

func result(count int, share float64, learning, sceneChange bool) analyze.Result {
	values := map[string]float64{"motion_share": share, "learning": 0, "scene_change": 0}
	if learning {
		values["learning"] = 1
	}
	if sceneChange {
		values["scene_change"] = 1
	}
	return analyze.Result{Count: count, Detections: []analyze.Detection{}, Values: values}
}

// view is the part of the picture to look at, and how it is reduced.
type view struct {
	picture image.Rectangle // the whole picture, pixels
	part    image.Rectangle // the part to look at, pixels
	block   int             // pixels on each side of a cell, a power of two
	grid
}

// viewOf reduces the part of the picture inside clip (the zero rectangle: all of it) to
// at most 320 cells on its longer side. What is left over at the right and lower end,
// less than one block, is not looked at.
func viewOf(picture, clip image.Rectangle) view {
	v := view{picture: picture, part: picture, block: 1}
	if clip != (image.Rectangle{}) {
		v.part = picture.Intersect(clip)
	}
	w, h := v.part.Dx(), v.part.Dy()
	for max(w, h)/v.block > 320 && 2*v.block <= min(w, h) && v.block < maxBlock {
		v.block *= 2
	}
	v.grid = grid{w / v.block, h / v.block}
	return v
}

// planes are the frame's, reduced as far as the blocks allow: no further than to one pixel for
// each cell, and so that the part begins at a whole one.
func (v view) planes(f *frame.Frame) (*image.YCbCr, error) {
	n := v.block
	for n > 1 && (v.part.Min.X%n != 0 || v.part.Min.Y%n != 0) {
		n /= 2
	}
	return f.ReducedLuma((v.picture.Dx()+n-1)/n, (v.picture.Dy()+n-1)/n)
}

// on is the view in the pixels of reduced planes.
func (v view) on(planes *image.YCbCr) view {
	n := 1
	for (v.picture.Dx()+n-1)/n > planes.Rect.Dx() {
		n *= 2
	}
	v.part = image.Rectangle{v.part.Min.Div(n), v.part.Max.Div(n)}
	v.block /= n
	return v
}

// pixels is a rectangle of cells in the picture's pixels.
func (v view) pixels(cells image.Rectangle) image.Rectangle {
	return image.Rectangle{cells.Min.Mul(v.block), cells.Max.Mul(v.block)}.Add(v.part.Min)
}
