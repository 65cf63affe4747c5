package pipeline

import (
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/metrics"
)

// Report is what one analyzed frame tells, complete at the moment of publishing.
type Report struct {
	Seq           uint64
	Captured      time.Time
	CapturedBy    frame.Origin
	Width, Height int
	Budget        Budget
	Rates         Rates
	Totals        metrics.Totals
	Analyzer      string // the kind's name
	Mode          string // what ran the frame: serial or pool
	Result        analyze.Result
}

// Budget says where a frame's age at publishing comes from: its parts, in order, add up to
// Age.
type Budget struct {
	Dequeue  time.Duration // captured → user space has it
	Wait     time.Duration // → the analyzer takes it
	Analysis time.Duration // → the result is there
	Draw     time.Duration // → the overlay is drawn, waiting for the renderer, and for results before it, included
	Encode   time.Duration // → the JPEG is there
	Publish  time.Duration // → handed to the hub
	Age      time.Duration
}

// stages are the moments of one frame's way, each no earlier than the one before.
type stages struct {
	captured, dequeued, start, end, drawn, encoded, published time.Time
}

func (s stages) budget() Budget {
	return Budget{
		Dequeue:  s.dequeued.Sub(s.captured),
		Wait:     s.start.Sub(s.dequeued),
		Analysis: s.end.Sub(s.start),
		Draw:     s.drawn.Sub(s.end),
		Encode:   s.encoded.Sub(s.drawn),
		Publish:  s.published.Sub(s.encoded),
		Age:      s.published.Sub(s.captured),
	}
}
