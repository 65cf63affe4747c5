// Package analyze defines what turns a frame into a result, and how a person names
// one: name?param=value&…. In: frames. Out: results. Concrete analyzers live in the
// folders below; this package must never import one, nor draw or encode anything.
package analyze

import (
	"context"
	"fmt"
	"math"
	"time"

	"freshframe/backend/frame"
)

// Analyzer turns a frame into a result. One goroutine calls it, one frame at a time, in
// rising order of Seq with gaps. It must return soon after ctx ends. It may call
// f.Planes for pixels, read-only, and must not keep f or its planes after returning. The
// Result is the caller's: it is still read while the next frame is analyzed, so its slices
// and its map are fresh each time.
// A new size, a gap or a step back in time is the analyzer's to notice.
type Analyzer interface {
	Analyze(ctx context.Context, f *frame.Frame) (Result, error)
	// Close frees what the analyzer holds; no Analyze runs then or later.
	Close() error
}

// Follower is the part of an analyzer that remembers earlier frames, as tracking and counting
// do. One goroutine calls it, one result at a time, in the order of capture, with gaps where
// frames were displaced, late or failed.
type Follower interface {
	// Follow completes a result. All results pass through it one after another, so it takes a
	// millisecond at most and waits for nothing. An error fails the frame.
	Follow(of Moment, r *Result) error
	// Close frees what the follower holds; no Follow runs then or later.
	Close() error
}

// Moment says which frame a result is of.
type Moment struct {
	Seq           uint64
	Captured      time.Time
	Width, Height int // pixels
}

// Result is what was found in one frame. Its numbers must be finite; see Check.
type Result struct {
	Count      int         // the number of objects, as the analyzer counts them
	Detections []Detection // nil where the analyzer locates nothing
	// Values are the analyzer's own numbers (motion_share, …); names in snake_case.
	Values map[string]float64
	// Parts are those of joined analyzers, in the order of their names; nil of one alone.
	Parts []Part
}

// Part is what one of several joined analyzers did with a frame.
type Part struct {
	Analyzer string
	Took     time.Duration // of its last turn
	Ran      bool          // this is its turn
	Result   Result        // of an earlier frame, moved on, where it did not run
	Err      error         // of its last turn, if it failed then
}

// Trouble is the first error of a part, nil if there is none.
func (r Result) Trouble() error {
	for _, p := range r.Parts {
		if p.Err != nil {
			return fmt.Errorf("%s: %w", p.Analyzer, p.Err)
		}
	}
	return nil
}

// Detection is one thing found. All coordinates are fractions of the picture's width and
// height. What was seen has its box within 0..1; landmarks, and the box of what is Predicted,
// lie outside where the edge cuts the thing off: there the model, or the track, says how it
// goes on. Whoever draws them cuts them off again, and moves no point to the edge.
type Detection struct {
	Box       [4]float64 // x, y of the top left corner, width, height
	Label     string
	Score     float64      // 0..1
	Predicted bool         // moved forward in time rather than seen
	Landmarks [][3]float64 // x, y, score
	Gesture   string
	Action    string

	Track uint64 // 0: not tracked. The rest is known of tracked things alone.
	// Velocity is the middle's, in fractions of the picture a second.
	Velocity [2]float64
	Age      time.Duration // since the track began
	Refound  bool          // seen again in this frame after it was lost
	// Trail is where the middle was, oldest first, ending here; nil where it is not kept.
	Trail [][2]float64
}

// Check names the first number of the result that is none (NaN or an infinity), as a model
// that ran wild gives them. Nobody could be told such a result.
func (r Result) Check() error {
	for name, v := range r.Values {
		if !finite(v) {
			return fmt.Errorf("the analyzer gave %v as %s", v, name)
		}
	}
	for i, d := range r.Detections {
		if !finite(d.Score) || !finite(d.Box[:]...) || !finite(d.Velocity[:]...) {
			return fmt.Errorf("the analyzer gave detection %d (%s) the box %v, the score %v and the velocity %v", i, d.Label, d.Box, d.Score, d.Velocity)
		}
		for _, p := range d.Trail {
			if !finite(p[:]...) {
				return fmt.Errorf("the analyzer gave detection %d (%s) a trail through %v", i, d.Label, p)
			}
		}
		for _, l := range d.Landmarks {
			if !finite(l[:]...) {
				return fmt.Errorf("the analyzer gave detection %d (%s) the landmark %v", i, d.Label, l)
			}
		}
	}
	return nil
}

func finite(vs ...float64) bool {
	for _, v := range vs {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
