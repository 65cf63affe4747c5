package faces

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/follow"
	"freshframe/backend/analyze/view"
	"freshframe/backend/frame"
	"freshframe/backend/models"
	"freshframe/backend/network"
	"freshframe/backend/option"
	"freshframe/backend/vision"
)

// Kind describes the analyzer of faces, with networks from nets. Finding faces remembers
// nothing, so several may work side by side; following them, which gives them ids, sees every
// result in order.
//
// Its results: Count is the number of faces seen, Detections are the faces, best first, labelled
// "face"; behind them those out of sight for less than half a second, as Predicted and without
// landmarks. Landmarks are the six key points in the order of RightEye and those after it; their
// third number is the face's score, because the detector gives no other.
func Kind(nets *network.Store) analyze.Kind {
	return analyze.Kind{
		Name: "faces",
		Doc:  "Faces with six key points, followed from frame to frame.",
		Params: []option.Option{
			{
				Name: "model", Type: option.Enum, Default: "far", Choices: []string{"near", "far"},
				Doc: "Faces up to about 2 m from the camera, or up to about 5 m at three times the cost.",
			},
			option.Option{
				Name: "threshold", Type: option.Float,
				Doc: fmt.Sprintf("Least score of a face to report; unset: %v near, %v far.", Near.Threshold, Far.Threshold),
			}.Between(0.05, 1),
			option.Option{
				Name: "max", Type: option.Int, Default: "20",
				Doc: "Most faces to report; the best are kept.",
			}.Between(1, follow.Most),
			follow.MovingOption,
			network.ProviderOption(),
		},
		Missing: nets.Missing,
		New: func(v option.Values) (analyze.Analyzer, error) {
			head, name := choose(v)
			n, err := nets.Own(name, network.Provider(v), head.form())
			if err != nil {
				return nil, err
			}
			return newAnalyzer(head, n, threshold(v), v.Int("max"))
		},
		Follow: func(v option.Values) (analyze.Follower, error) {
			return newFollower(threshold(v), v.Int("max"), v.Bool("moving_camera"))
		},
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

// agility is how quickly faces change their velocity, in faces per second squared: a head
// nods and turns within its own size several times a second, a walker's does not.
const agility = 4

func newFollower(threshold float64, most int, moving bool) (*follow.Follower, error) {
	return follow.New(follow.Options{Threshold: threshold, Weak: weak, Max: most, Agility: agility, Moving: moving})
}

type analyzer struct {
	head      *Head
	net       *network.Network
	sampler   *vision.Sampler[float32]
	threshold float64
	most      int
	found     []vision.Marked // the memory of one frame
}

// newAnalyzer makes an analyzer that closes n; an error has closed it.
func newAnalyzer(head *Head, n *network.Network, threshold float64, most int) (*analyzer, error) {
	s, err := vision.NewSampler[float32](head.Input)
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return &analyzer{head: head, net: n, sampler: s, threshold: threshold, most: most}, nil
}

// Analyze finds the faces in f, the doubtful ones included that only the follower can judge.
// A picture that cannot be decoded is an error that wraps frame.ErrCorrupt.
func (a *analyzer) Analyze(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
	if err := ctx.Err(); err != nil {
		return analyze.Result{}, err
	}
	m, err := view.Letterbox(a.sampler, a.net.Inputs[0].Float32, f, view.Detail)
	if err != nil {
		return analyze.Result{}, fmt.Errorf("faces: frame %d: %w", f.Seq, err)
	}
	if err := ctx.Err(); err != nil { // the run cannot be interrupted
		return analyze.Result{}, err
	}
	if err := a.net.Run(); err != nil {
		return analyze.Result{}, fmt.Errorf("faces: frame %d: %w", f.Seq, err)
	}
	if a.found, err = a.head.Decode(a.found, a.net.Outputs[0].Float32, a.net.Outputs[1].Float32, weak*a.threshold, a.threshold); err != nil {
		return analyze.Result{}, fmt.Errorf("frame %d: %w", f.Seq, err)
	}
	return a.report(m, f.Width, f.Height), nil
}

// Close gives the network up.
func (a *analyzer) Close() error { return a.net.Close() }

// report turns what was found into what the pipeline passes on. Letterboxes show faces of
// which nothing but their guess lies in the picture: those are left out.
func (a *analyzer) report(m vision.Affine, width, height int) analyze.Result {
	found := slices.DeleteFunc(a.found, func(d vision.Marked) bool {
		b := m.Box(d.Box).Fractions(width, height)
		return min(b[2], b[3]) < vision.Smallest
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
