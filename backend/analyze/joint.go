package analyze

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"freshframe/backend/frame"
)

// joint runs several analyzers on the same frames, one after another: the time of the whole is
// the sum of theirs, and each keeps one CPU busy at most, as one alone does.
type joint struct{ parts []jointPart }

type jointPart struct {
	Analyzer
	name string
	pace pace
	// of its last turn
	err  error
	took time.Duration
}

func newJoint(parts []choice) (Analyzer, error) {
	j := &joint{}
	for _, c := range parts {
		a, err := c.kind.New(c.values)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", c.kind.Name, err), j.Close())
		}
		j.parts = append(j.parts, jointPart{Analyzer: a, name: c.kind.Name, pace: newPace(c.rate)})
	}
	return j, nil
}

// Analyze leaves the results in their Parts, for the follower to merge. A part's error stays with
// it, so that the others' results are not lost; if none has a result, it is the frame's.
func (j *joint) Analyze(ctx context.Context, f *frame.Frame) (Result, error) {
	r := Result{Parts: make([]Part, len(j.parts))}
	failed, ran := false, false
	for i := range j.parts {
		p, to := &j.parts[i], &r.Parts[i]
		to.Analyzer = p.name
		if !p.pace.due(f.Captured) {
			to.Err, to.Took = p.err, p.took
			continue
		}
		begin := time.Now()
		to.Result, to.Err = p.Analyze(ctx, f)
		p.took = time.Since(begin)
		to.Took = p.took
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		if errors.Is(to.Err, frame.ErrCorrupt) { // the others fare no better
			return Result{}, fmt.Errorf("%s: %w", p.name, to.Err)
		}
		if to.Err == nil {
			to.Err = to.Result.Check()
		}
		p.err = to.Err
		to.Ran = to.Err == nil
		failed, ran = failed || !to.Ran, ran || to.Ran
	}
	if failed && !ran {
		return Result{}, r.Trouble()
	}
	return r, nil
}

// Wants makes a function that says whether any of the analyzers wants a frame of that time of
// capture; it is asked in the order of the frames. Nil: they want all.
func (s Spec) Wants() func(captured time.Time) bool {
	paces := make([]pace, len(s.parts))
	for i, c := range s.parts {
		if paces[i] = newPace(c.rate); c.rate == 0 {
			return nil
		}
	}
	return func(captured time.Time) bool {
		wanted := false
		for i := range paces {
			wanted = paces[i].due(captured) || wanted
		}
		return wanted
	}
}

// Close closes all of them.
func (j *joint) Close() error {
	var errs []error
	for _, p := range j.parts {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// pace says whose turn it is, by the times of capture: the first frame in each interval of a
// fixed grid, so that what waits for a frame once does not fall behind for ever.
type pace struct {
	every time.Duration // 0: each frame
	next  time.Time     // when the interval after the last frame's begins
}

func newPace(rate float64) pace {
	if rate == 0 {
		return pace{}
	}
	return pace{every: time.Duration(float64(time.Second) / rate)}
}

// early is how much too early a frame may be, a tenth of an interval at most: cameras tremble.
const early = 5 * time.Millisecond

func (p *pace) due(at time.Time) bool {
	slack := min(early, p.every/10)
	wait := p.next.Sub(at)
	switch {
	case p.every == 0:
		return true
	case wait > p.every+slack: // time stepped back
	case wait > slack:
		return false
	case wait > -p.every: // in the next interval
		p.next = p.next.Add(p.every)
		return true
	}
	p.next = at.Add(p.every)
	return true
}

// jointFollower merges the results of joined analyzers.
type jointFollower struct{ parts []jointMemory }

type jointMemory struct {
	follower Follower // nil for none
	last     Result   // when it ran the last time
	at       Moment
}

func newJointFollower(parts []choice) (Follower, error) {
	f := &jointFollower{parts: make([]jointMemory, len(parts))}
	for i, c := range parts {
		if c.kind.Follow == nil {
			continue
		}
		var err error
		if f.parts[i].follower, err = c.kind.Follow(c.values); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", c.kind.Name, err), f.Close())
		}
	}
	return f, nil
}

// Follow completes each part's result, or, where it was not its turn, predicts it from its
// last; then it puts them together. Tracks keep their analyzer's order, and their ids are made
// unique.
func (f *jointFollower) Follow(of Moment, r *Result) error {
	if len(r.Parts) != len(f.parts) {
		return fmt.Errorf("a result of %d analyzers instead of %d", len(r.Parts), len(f.parts))
	}
	r.Count, r.Detections, r.Values = 0, []Detection{}, map[string]float64{}
	for i := range r.Parts {
		p, m := &r.Parts[i], &f.parts[i]
		if p.Ran {
			if m.follower != nil {
				if err := m.follower.Follow(of, &p.Result); err != nil {
					return fmt.Errorf("%s: %w", p.Analyzer, err)
				}
			}
			for k := range p.Result.Detections {
				if d := &p.Result.Detections[k]; d.Track != 0 {
					d.Track = (d.Track-1)*uint64(len(f.parts)) + uint64(i) + 1
				}
			}
			m.last, m.at = p.Result, of
		} else {
			p.Result = m.last
			p.Result.Detections = Predict(nil, m.last.Detections, of.Captured.Sub(m.at.Captured))
		}
		r.Count += p.Result.Count
		r.Detections = append(r.Detections, p.Result.Detections...)
		maps.Copy(r.Values, p.Result.Values)
	}
	return nil
}

// Close closes all of them.
func (f *jointFollower) Close() error {
	var errs []error
	for _, m := range f.parts {
		if m.follower != nil {
			errs = append(errs, m.follower.Close())
		}
	}
	return errors.Join(errs...)
}
