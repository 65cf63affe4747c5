package faces

import (
	"context"
	"fmt"
	"slices"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/models"
	"freshframe/backend/onnx"
	"freshframe/backend/option"
	"freshframe/backend/vision"
)

// Kind describes the analyzer of faces. Finding them remembers nothing, so several may work
// side by side; following them, which gives them ids, sees every result in order.
//
// Its results: Count is the number of faces, Detections are the faces, best first, labelled
// "face". Landmarks are the six key points in the order of RightEye and those after it; their
// third number is the face's score, because the detector gives no other.
func Kind() analyze.Kind {
	open := new(bank)
	return analyze.Kind{
		Name: "faces",
		Doc:  "Faces with six key points, followed from frame to frame.",
		Params: []option.Option{
			{
				Name: "model", Type: option.Enum, Default: "near", Choices: []string{"near", "far"},
				Doc: "Faces up to about 2 m from the camera, or up to about 5 m at three times the cost.",
			},
			option.Option{
				Name: "threshold", Type: option.Float,
				Doc: fmt.Sprintf("Least score of a face to report; unset: %v near, %v far.", Near.Threshold, Far.Threshold),
			}.Between(0.05, 1),
			option.Option{
				Name: "max", Type: option.Int, Default: "20",
				Doc: "Most faces to report; the best are kept.",
			}.Between(1, 100),
			{
				Name: "execution_provider", Type: option.Enum, Default: string(onnx.CPU), Choices: providers(),
				Doc: "Where the network runs, if the ONNX Runtime that is installed can.",
			},
		},
		New: func(v option.Values) (analyze.Analyzer, error) {
			head, name := choose(v)
			n, err := open.bind(model{name, onnx.Provider(v.Enum("execution_provider"))})
			if err != nil {
				return nil, err
			}
			return newAnalyzer(head, n, threshold(v), v.Int("max"))
		},
		Follow: func(v option.Values) (analyze.Follower, error) { return newFollower(threshold(v)) },
	}
}

func choose(v option.Values) (*Head, string) {
	if v.Enum("model") == "far" {
		return Far, models.FaceFar
	}
	return Near, models.FaceNear
}

func threshold(v option.Values) float64 {
	if v.Given("threshold") {
		return v.Float("threshold")
	}
	head, _ := choose(v)
	return head.Threshold
}

// weak is the share of the threshold from which a face is reported to the follower, which
// keeps it only if it is one seen before: a face turning away drops below the threshold, and
// has not left.
const weak = 0.6

type analyzer struct {
	head      *Head
	net       *network
	sampler   *vision.Sampler[float32]
	threshold float64 // with the follower's allowance
	most      int
	found     []vision.Marked // the memory of one frame
}

// newAnalyzer makes an analyzer that closes n.
func newAnalyzer(head *Head, n *network, threshold float64, most int) (*analyzer, error) {
	s, err := vision.NewSampler[float32](head.Input)
	if err != nil {
		return nil, err
	}
	return &analyzer{head: head, net: n, sampler: s, threshold: weak * threshold, most: most}, nil
}

// Analyze finds the faces in f, the doubtful ones included that only the follower can judge.
// A picture that cannot be decoded is an error that wraps frame.ErrCorrupt.
func (a *analyzer) Analyze(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
	if err := ctx.Err(); err != nil {
		return analyze.Result{}, err
	}
	planes, err := f.Planes()
	if err != nil {
		return analyze.Result{}, fmt.Errorf("faces: frame %d: %w", f.Seq, err)
	}
	m, err := a.sampler.Letterbox(a.net.in, planes)
	if err != nil {
		return analyze.Result{}, fmt.Errorf("faces: frame %d: %w", f.Seq, err)
	}
	if err := ctx.Err(); err != nil { // the run cannot be interrupted
		return analyze.Result{}, err
	}
	if err := a.net.Run(); err != nil {
		return analyze.Result{}, fmt.Errorf("faces: frame %d: %w", f.Seq, err)
	}
	if a.found, err = a.head.Decode(a.found, a.net.out[0], a.net.out[1], a.threshold); err != nil {
		return analyze.Result{}, fmt.Errorf("frame %d: %w", f.Seq, err)
	}
	return a.report(m, f.Width, f.Height), nil
}

// Close frees the network's memory; the model stays for others.
func (a *analyzer) Close() error { return a.net.Close() }

// report turns what was found into what the pipeline passes on. Letterboxes show faces of
// which nothing but their guess lies in the picture: those are left out.
func (a *analyzer) report(m vision.Affine, width, height int) analyze.Result {
	found := slices.DeleteFunc(a.found, func(d vision.Marked) bool {
		b := m.Box(d.Box).Fractions(width, height)
		return min(b[2], b[3]) < speck
	})
	found = found[:min(len(found), a.most)]
	out := analyze.Result{Count: len(found), Detections: make([]analyze.Detection, len(found))}
	points := make([][3]float64, 0, NumPoints*len(found))
	for i, d := range found {
		d = d.On(m, NumPoints)
		first := len(points)
		for _, p := range d.Points[:NumPoints] {
			points = append(points, [3]float64{p.X / float64(width), p.Y / float64(height), d.Score})
		}
		out.Detections[i] = analyze.Detection{
			Box:       d.Fractions(width, height),
			Label:     "face",
			Score:     d.Score,
			Landmarks: points[first:len(points):len(points)],
		}
	}
	return out
}

// speck is the share of the picture's side up to which a box is nothing.
const speck = 1e-4
