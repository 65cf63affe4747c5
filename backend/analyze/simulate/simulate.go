// Package simulate stands in for an analyzer of a known cost: the reference case to
// measure the pipeline with. In: frames, of which it looks at no pixel. Out: a made-up
// object count that carries over from frame to frame. It must never claim a place in the
// picture, nor take more or less time than it was told.
package simulate

import (
	"context"
	"math/rand/v2"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

// MaxObjects is the upper end of the count's walk; the lower end is 0.
const MaxObjects = 50

// Kind describes the simulated analyzer.
func Kind() analyze.Kind {
	return analyze.Kind{
		Name:      "simulate",
		Doc:       "Simulated analysis of a known duration.",
		Stateful:  true,
		Simulated: true,
		Params: []option.Option{
			option.Option{
				Name: "processing_time", Type: option.Duration, Default: "100ms",
				Doc: "Time one frame takes.",
			}.Between(0, 10),
			{
				Name: "cost", Type: option.Enum, Default: "wall", Choices: []string{"wall", "cpu"},
				Doc: "Whether the time is waited or burned.",
			},
			option.Option{
				Name: "objects", Type: option.Int, Default: "3",
				Doc: "Objects counted before the first frame.",
			}.Between(0, MaxObjects),
			option.Option{
				Name: "seed", Type: option.Int, Default: "1",
				Doc: "Start of the random numbers; the same seed gives the same counts.",
			}.Between(0, 1<<31-1),
		},
		New: func(v option.Values) (analyze.Analyzer, error) {
			a := &analyzer{
				cost:   v.Duration("processing_time"),
				spend:  idle,
				count:  v.Int("objects"),
				random: rand.New(rand.NewPCG(uint64(v.Int("seed")), 0)),
			}
			if v.Enum("cost") == "cpu" {
				a.spend = burn
			}
			return a, nil
		},
	}
}

type analyzer struct {
	cost   time.Duration
	spend  func(context.Context, time.Duration) error
	count  int // what the previous frame showed
	random *rand.Rand
}

// Analyze takes the processing time, then counts: one object fewer, as many or one more
// than in the previous frame, each as likely, never outside 0..MaxObjects. The counts
// depend on objects, seed and the number of frames analyzed, on nothing else; a frame
// given up because ctx ended does not count.
func (a *analyzer) Analyze(ctx context.Context, _ *frame.Frame) (analyze.Result, error) {
	if err := a.spend(ctx, a.cost); err != nil {
		return analyze.Result{}, err
	}
	a.count = min(max(a.count+a.random.IntN(3)-1, 0), MaxObjects)
	return analyze.Result{Count: a.count}, nil
}

// Close has nothing to free.
func (a *analyzer) Close() error { return nil }
