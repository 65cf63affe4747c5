package pose

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/onnx"
	"freshframe/backend/option"
	"freshframe/backend/vision"
)

// Kind describes the pose analyzer. Its workers share one session of the network.
//
// Its results: one Detection or none, labelled "person", with the 17 key points of COCO as
// Landmarks (x, y and score; 0 for what lies outside the picture) and their box. Track is the
// same as long as it is the same person. With actions, Action is what the person does, and
// Values are squats and falls, counted since the analyzer was chosen.
func Kind() analyze.Kind { return kind(openONNX) }

func kind(open opener) analyze.Kind {
	sessions := &sessions{open: open}
	providers := []string{}
	for _, p := range onnx.Providers() {
		providers = append(providers, string(p))
	}
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
			{
				Name: "execution_provider", Type: option.Enum, Default: string(onnx.CPU), Choices: providers,
				Doc: "Where the network runs, if the ONNX Runtime that is installed can.",
			},
		},
		New: func(v option.Values) (analyze.Analyzer, error) {
			return newAnalyzer(sessions, v.Float("threshold"), onnx.Provider(v.Enum("execution_provider")))
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
	leave     func() error // gives up the session
	run       runner
	sampler   *vision.Sampler[int32]
	in        []int32
	out       []float32

	// Where the person was, in the last picture that showed one.
	where       vision.Square
	seen        time.Time // zero for nowhere
	pictureSize image.Point
}

func newAnalyzer(open *sessions, threshold float64, p onnx.Provider) (*analyzer, error) {
	sampler, err := vision.NewSampler[int32](Input)
	if err != nil {
		return nil, err
	}
	s, leave, err := open.enter(p)
	if err != nil {
		return nil, err
	}
	a := &analyzer{
		threshold: threshold, leave: leave, sampler: sampler,
		in: make([]int32, Input.Len()), out: make([]float32, 3*NumPoints),
	}
	// The first run, which is slow, is part of Bind.
	a.run, err = s.Bind(
		[]*onnx.Tensor{{Shape: []int{1, size, size, 3}, Int32: a.in}},
		[]*onnx.Tensor{{Shape: []int{1, 1, NumPoints, 3}, Float32: a.out}})
	if err != nil {
		return nil, errors.Join(err, leave())
	}
	return a, nil
}

// Analyze finds the person in f. A picture that cannot be decoded is an error that wraps
// frame.ErrCorrupt.
func (a *analyzer) Analyze(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
	if err := ctx.Err(); err != nil {
		return analyze.Result{}, err
	}
	planes, err := f.Planes()
	if err != nil {
		return analyze.Result{}, fmt.Errorf("pose: frame %d: %w", f.Seq, err)
	}
	m, err := a.fill(planes, f.Captured)
	if err != nil {
		return analyze.Result{}, err
	}
	a.seen = time.Time{} // until seen again
	if err := a.run.Run(); err != nil {
		return analyze.Result{}, err
	}
	p, err := Decode(a.out, m)
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
func (a *analyzer) fill(p *image.YCbCr, at time.Time) (vision.Affine, error) {
	if age := at.Sub(a.seen); a.seen.IsZero() || age < 0 || age > memory || a.pictureSize != p.Rect.Size() {
		return a.sampler.Letterbox(a.in, p)
	}
	m := a.where.Map(size, size)
	return m, a.sampler.Crop(a.in, p, m)
}

// report tells of a person in a picture of that size.
func report(p *Pose, width, height int) analyze.Result {
	w, h := float64(width), float64(height)
	points := make([][3]float64, NumPoints)
	for i := range p.Points {
		k := &p.Points[i]
		if k.X < 0 || k.X > w || k.Y < 0 || k.Y > h { // a guess about what nobody sees
			k.X, k.Y, k.Score = min(max(k.X, 0), w), min(max(k.Y, 0), h), 0
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
func (a *analyzer) Close() error { return errors.Join(a.run.Close(), a.leave()) }
