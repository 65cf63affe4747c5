// Package simulate stands in for an analyzer of a known cost: the reference case to
// measure the pipeline with. In: frames, of which it looks at no pixel. Out: a made-up
// object count that carries over from frame to frame. It must never claim a place in the
// picture, nor take more or less time than it was told.
package simulate

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

// MaxObjects is the upper end of the count's walk; the lower end is 0.
const MaxObjects = 50

// Kind describes the simulated analyzer. The analysis remembers nothing, the counting does.
func Kind() analyze.Kind {
	return analyze.Kind{
		Name:      "simulate",
		Doc:       "Simulated analysis of a known duration.",
		Simulated: true,
		Params: []option.Option{
			option.Option{
				Name: "processing_time", Type: option.Duration, Default: "100ms",
				Doc: "Time one frame takes, on average.",
			}.Between(0, 10),
			option.Option{
				Name: "spread", Type: option.Float, Default: "0",
				Doc: "How much that varies: standard deviation ÷ mean of a log-normal distribution; 0 is constant.",
			}.Between(0, 2),
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
				Doc: "Start of the random numbers; the same seed gives the same counts, and each frame the same time.",
			}.Between(0, 1<<31-1),
		},
		New: func(v option.Values) (analyze.Analyzer, error) {
			a := &analyzer{
				mean:   v.Duration("processing_time"),
				spread: v.Float("spread"),
				seed:   uint64(v.Int("seed")),
				spend:  idle,
			}
			if v.Enum("cost") == "cpu" {
				a.spend = burn
			}
			return a, nil
		},
		Follow: func(v option.Values) (analyze.Follower, error) {
			return &counter{v.Int("objects"), rand.New(rand.NewPCG(uint64(v.Int("seed")), 0))}, nil
		},
	}
}

type analyzer struct {
	mean   time.Duration
	spread float64
	seed   uint64
	spend  func(context.Context, time.Duration) error
	random rand.PCG
}

// Analyze takes the frame's processing time and finds nothing.
func (a *analyzer) Analyze(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
	return analyze.Result{}, a.spend(ctx, a.cost(f.Seq))
}

// cost is the frame's processing time. It depends on the seed and the frame alone, not on
// which of several analyzers gets it.
func (a *analyzer) cost(seq uint64) time.Duration {
	if a.spread == 0 {
		return a.mean
	}
	a.random.Seed(a.seed, seq)
	// A log-normal variable with mean 1 is e^(σz − σ²/2), with σ² = ln(1 + spread²).
	variance := math.Log1p(a.spread * a.spread)
	factor := math.Exp(math.Sqrt(variance)*rand.New(&a.random).NormFloat64() - variance/2)
	return time.Duration(float64(a.mean) * factor)
}

// Close has nothing to free.
func (a *analyzer) Close() error { return nil }

// counter walks at random: one object fewer, as many or one more than in the result before,
// each as likely, never outside 0..MaxObjects. The counts depend on objects, seed and the
// number of results, on nothing else.
type counter struct {
	count  int // what the previous result showed
	random *rand.Rand
}

// Follow counts.
func (c *counter) Follow(_ analyze.Moment, r *analyze.Result) error {
	c.count = min(max(c.count+c.random.IntN(3)-1, 0), MaxObjects)
	r.Count = c.count
	return nil
}

// Close has nothing to free.
func (c *counter) Close() error { return nil }
