package objects

import (
	"freshframe/backend/analyze"
	"freshframe/backend/analyze/follow"
	"freshframe/backend/option"
)

// newFollower makes the part that gives things their numbers, or, without tracks, one that
// leaves results as they are.
func newFollower(v option.Values) (analyze.Follower, error) {
	if !v.Bool("tracks") {
		return untracked{}, nil
	}
	return follow.New(follow.Options{Threshold: v.Float("threshold"), Weak: weak, Max: v.Int("max"), Moving: v.Bool("moving_camera")})
}

type untracked struct{}

func (untracked) Follow(analyze.Moment, *analyze.Result) error { return nil }
func (untracked) Close() error                                 { return nil }
