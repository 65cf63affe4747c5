package pipeline

import (
	"log/slog"
	"time"

	"freshframe/backend/analyze"
)

// edition is one choice of an analyzer: from a change of it, or of its parameters, to the next.
type edition struct {
	spec     analyze.Spec
	analyzer analyze.Analyzer              // the first, made with the choice; nil once a worker has it
	follower analyze.Follower              // nil: the kind has none, or it could not be made anew
	wants    func(captured time.Time) bool // nil: every frame
	taken    bool                          // the analysis has taken it up, and will close what it holds
}

// newEdition makes the first analyzer and the follower, so that its error names what is wrong
// with the spec.
func newEdition(spec analyze.Spec, log *slog.Logger) (*edition, error) {
	ed := &edition{spec: spec, wants: spec.Wants()}
	var err error
	if ed.analyzer, err = makeAnalyzer(spec); err != nil {
		return nil, err
	}
	if ed.follower, err = makeFollower(spec); err != nil {
		ed.close(log)
		return nil, err
	}
	return ed, nil
}

// makeFollower is spec.Follow that survives a panic.
func makeFollower(spec analyze.Spec) (_ analyze.Follower, err error) {
	defer recovered(&err)
	return spec.Follow()
}

// close frees what an edition that nobody has taken up holds.
func (ed *edition) close(log *slog.Logger) {
	if ed.analyzer != nil {
		closeAnalyzer(ed.analyzer, log)
		ed.analyzer = nil
	}
	ed.closeFollower(log)
}

func (ed *edition) closeFollower(log *slog.Logger) {
	if ed.follower == nil {
		return
	}
	guarded(log, "closing a follower", func() {
		if err := ed.follower.Close(); err != nil {
			log.Warn("a follower does not close", "error", err)
		}
	})
	ed.follower = nil
}

// following completes the results, in their order: it calls the followers, and counts in the
// areas. A follower is that of an edition,
// not of a mode or a worker: it remembers across changes of both.
type following struct {
	p *Pipeline
	// The editions taken up, oldest first: the one of the last result, and those after it.
	editions []*edition
}

func (f *following) enter(ed *edition) { f.editions = append(f.editions, ed) }

// follow completes the job's result. The followers of earlier editions are closed, for no
// result of theirs comes any more. One that panics is made anew.
func (f *following) follow(job *analyzed) error {
	for len(f.editions) > 0 && f.editions[0] != job.ed {
		f.editions[0].closeFollower(f.p.cfg.Log)
		f.editions = f.editions[1:]
	}
	ed := job.ed
	of := analyze.Moment{Seq: job.f.Seq, Captured: job.f.Captured, Width: job.f.Width, Height: job.f.Height}
	if ed.spec.Kind.Follow != nil {
		if err := f.remember(ed, of, &job.result); err != nil {
			return err
		}
	}
	job.happened, job.zones = f.p.zones.count(ed, of, job.result.Detections)
	job.areas = areasOf(job.zones)
	f.p.live.saw(job)
	return nil
}

// remember lets the edition's follower complete the result.
func (f *following) remember(ed *edition, of analyze.Moment, r *analyze.Result) (err error) {
	if ed.follower == nil {
		if ed.follower, err = makeFollower(ed.spec); err != nil {
			return err
		}
	}
	err = followGuarded(ed.follower, of, r)
	if _, crashed := err.(*panicked); crashed {
		ed.closeFollower(f.p.cfg.Log)
		f.p.zones.forget() // the next one's ids begin anew
	}
	if err != nil {
		return err
	}
	return r.Check()
}

func followGuarded(f analyze.Follower, of analyze.Moment, r *analyze.Result) (err error) {
	defer recovered(&err)
	return f.Follow(of, r)
}

// stop closes all followers.
func (f *following) stop() {
	for _, ed := range f.editions {
		ed.closeFollower(f.p.cfg.Log)
	}
	f.editions = nil
}
