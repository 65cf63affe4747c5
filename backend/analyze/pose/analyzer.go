package pose

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/view"
	"freshframe/backend/frame"
	"freshframe/backend/models"
	"freshframe/backend/network"
	"freshframe/backend/option"
	"freshframe/backend/vision"
)

// Kind describes the pose analyzer, with networks from nets.
//
// Its results: one Detection or none, labelled "person", with the 17 key points of COCO as
// Landmarks (x, y and score; 0 for what lies outside the picture) and their box. Track is the
// same as long as it is the same person. With actions, Action is what the person does, and
// Values are squats and falls, counted since the analyzer was chosen.
func Kind(nets *network.Store) analyze.Kind {
	return analyze.Kind{
		Name: "pose",
		Doc:  "Body, arms and legs of one person, and what the person does.",
		Params: []option.Option{
			option.Option{
				Name: "threshold", Type: option.Float, Default: "0.2",
				Doc: "Least score of a person, the mean of all 17 points; head and shoulders alone have about 0.3.",
			}.Between(0.05, 1),
			{
				Name: "actions", Type: option.Bool, Default: "on",
				Doc: "Whether to name what the person does, and to count squats and falls.",
			},
			network.ProviderOption(),
		},
		Missing: nets.Missing,
		New: func(v option.Values) (analyze.Analyzer, error) {
			n, err := nets.Own(models.Pose, network.Provider(v), form)
			if err != nil {
				return nil, err
			}
			return newAnalyzer(n, v.Float("threshold"))
		},
		Follow: func(v option.Values) (analyze.Follower, error) {
			return &follower{actions: v.Bool("actions")}, nil
		},
	}
}

// memory is how long a person is looked for in the same part of the picture. It is a hint for
// a better view, not more: any worker may get any frame.
const memory = 500 * time.Millisecond

// analyzer is one worker.
type analyzer struct {
	threshold float64
	net       *network.Network
	sampler   *vision.Sampler[int32]

	// Where the person was, in the last picture that showed one.
	where       vision.Square
	seen        time.Time // zero for nowhere
	pictureSize image.Point
}

// newAnalyzer makes an analyzer that closes n; an error has closed it.
func newAnalyzer(n *network.Network, threshold float64) (*analyzer, error) {
	s, err := vision.NewSampler[int32](Input)
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return &analyzer{threshold: threshold, net: n, sampler: s}, nil
}

// Analyze finds the person in f. A picture that cannot be decoded is an error that wraps
// frame.ErrCorrupt.
func (a *analyzer) Analyze(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
	if err := ctx.Err(); err != nil {
		return analyze.Result{}, err
	}
	m, err := a.fill(f)
	if err != nil {
		return analyze.Result{}, fmt.Errorf("pose: frame %d: %w", f.Seq, err)
	}
	a.seen = time.Time{} // until seen again
	if err := a.net.Run(); err != nil {
		return analyze.Result{}, err
	}
	p, err := Decode(a.net.Outputs[0].Float32, m)
	if err != nil {
		return analyze.Result{}, err
	}
	if p.Score < a.threshold {
		return analyze.Result{Detections: []analyze.Detection{}}, nil
	}
	if q, ok := p.Next(f.Width, f.Height); ok {
		a.where, a.seen, a.pictureSize = q, f.Captured, image.Pt(f.Width, f.Height)
	}
	return report(&p, f.Width, f.Height), nil
}

// fill puts the part of the picture that shows the person into the tensor, or all of it.
func (a *analyzer) fill(f *frame.Frame) (vision.Affine, error) {
	age := f.Captured.Sub(a.seen)
	if a.seen.IsZero() || age < 0 || age > memory || a.pictureSize != f.Bounds().Size() {
		return view.Letterbox(a.sampler, a.net.Inputs[0].Int32, f, view.Detail)
	}
	m := a.where.Map(size, size)
	return m, view.Crop(a.sampler, a.net.Inputs[0].Int32, f, m, view.Detail)
}

// report tells of a person in a picture of that size.
func report(p *Pose, width, height int) analyze.Result {
	w, h := float64(width), float64(height)
	points := make([][3]float64, NumPoints)
	for i := range p.Points {
		k := &p.Points[i]
		if k.X < 0 || k.X > w || k.Y < 0 || k.Y > h { // a guess about what nobody sees
			k.Score = 0
		}
		points[i] = [3]float64{k.X / w, k.Y / h, k.Score}
	}
	box, ok := p.Box()
	if !ok || box.Area() == 0 { // no person is a line
		return analyze.Result{Detections: []analyze.Detection{}}
	}
	return analyze.Result{Count: 1, Detections: []analyze.Detection{
		{Box: box.Fractions(width, height), Label: "person", Score: p.Score, Landmarks: points},
	}}
}

// Close gives the network up.
func (a *analyzer) Close() error { return a.net.Close() }
