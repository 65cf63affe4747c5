package pipeline

import (
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/metrics"
	"freshframe/backend/overlay"
	"freshframe/backend/zone"
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
	Analyzer      string   // the kind's name
	Mode          string   // what ran the frame: serial or pool
	Analyzers     []Timing // the parts of the analyzer; one of one alone
	Result        analyze.Result
	Zones         []zone.Tally // after this frame, without the counts by class; nil without areas
	Happened      []zone.Event // in this frame
}

// Timing is what an analyzer spent on a frame.
type Timing struct {
	Name string
	Took time.Duration // of its last turn
	Ran  bool          // this is its turn
}

func (job *analyzed) timings() []Timing {
	if len(job.result.Parts) == 0 {
		return []Timing{{job.ed.spec.Kind.Name, job.at.end.Sub(job.at.start), true}}
	}
	all := make([]Timing, len(job.result.Parts))
	for i, p := range job.result.Parts {
		all[i] = Timing{p.Analyzer, p.Took, p.Ran}
	}
	return all
}

// areasOf are the zones as they are drawn.
func areasOf(zones []zone.Tally) []overlay.Area {
	if len(zones) == 0 {
		return nil
	}
	all := make([]overlay.Area, len(zones))
	for i, z := range zones {
		all[i] = overlay.Area{
			Name: z.Name, Line: z.Kind == zone.Line, Points: z.Points,
			Inside: z.Total.Inside, ToRight: z.Total.ToRight, ToLeft: z.Total.ToLeft,
		}
	}
	return all
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
