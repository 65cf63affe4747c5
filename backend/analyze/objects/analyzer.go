package objects

import (
	"context"
	"errors"
	"fmt"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/follow"
	"freshframe/backend/frame"
	"freshframe/backend/network"
	"freshframe/backend/onnx"
	"freshframe/backend/option"
	"freshframe/backend/vision"
)

// Kind describes the objects analyzer, with networks from nets.
//
// The files of model and labels are named by a path, or by a bare name, which is looked for in
// the folder of nets first.
//
// Its results: Detections are the things seen, the surest first, each with its class as
// Label; with tracks, Track is the same for the same thing from frame to frame (0 in the
// first frame that shows it), and behind the seen ones follow, marked Predicted, those out
// of sight for less than half a second, where they should be by now. Count is the number of
// things seen.
func Kind(nets *network.Store) analyze.Kind {
	return analyze.Kind{
		Name: "objects",
		Doc:  "Things of 80 everyday classes, or of your own model's, with tracks.",
		Params: []option.Option{
			option.Option{
				Name: "threshold", Type: option.Float, Default: "0.4",
				Doc: "Least score of what is reported; a tracked thing stays with half of it.",
			}.Between(0.05, 1),
			{
				Name: "classes", Type: option.String,
				Doc: "Classes to report, with commas between, such as person,dog; all without.",
			},
			option.Option{
				Name: "max", Type: option.Int, Default: "20",
				Doc: "Most things to report; the surest are kept.",
			}.Between(1, follow.Most),
			{
				Name: "tracks", Type: option.Bool, Default: "on",
				Doc: "Whether things keep a number from frame to frame.",
			},
			follow.MovingOption,
			{
				Name: "model", Type: option.File,
				Doc: "ONNX file of a NanoDet, YOLOv5, YOLOv8, YOLO11, YOLOX or SSD: a path, or a name in the --models folder; the program's own NanoDet without.",
			},
			{
				Name: "labels", Type: option.File,
				Doc: "Text file with the names of the model's classes, one a line: a path, or a name in the --models folder; the 80 of COCO without.",
			},
			network.ProviderOption(),
		},
		Missing: nets.Missing,
		New: func(v option.Values) (analyze.Analyzer, error) {
			return newAnalyzer(nets, v)
		},
		Follow: newFollower,
	}
}

// weak is the least score of a thing that goes on being tracked, as a share of the threshold.
const weak = 0.5

// analyzer is one worker. All that it keeps from frame to frame is memory.
type analyzer struct {
	eye
	head      *Head
	labels    []string
	wanted    []bool // by class; nil for all
	threshold float64
	max       int
	found     []vision.Candidate
}

func newAnalyzer(nets *network.Store, v option.Values) (analyze.Analyzer, error) {
	model, err := readModel(nets, v.File("model"))
	if err != nil {
		return nil, err
	}
	labels, whose, err := readLabels(nets, v.File("labels"))
	if err != nil {
		return nil, err
	}
	a := &analyzer{labels: labels, threshold: v.Float("threshold"), max: v.Int("max")}
	if v.Bool("tracks") { // the follower drops what is weak or too much
		a.threshold, a.max = weak*a.threshold, follow.Most
	}
	if a.wanted, err = choose(v.String("classes"), labels); err != nil {
		return nil, err
	}
	n, err := nets.Bind(model, network.Provider(v), func(inputs, outputs []onnx.Value) error {
		if err := a.recognise(inputs, outputs); err != nil {
			return fmt.Errorf("with %s: %w", whose, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if a.eye, err = newEye(n, a.head.Input); err != nil {
		return nil, errors.Join(fmt.Errorf("model %s: %w", model.Name, err), n.Close())
	}
	return a, nil
}

// recognise finds out what network it is, or that it is none of the known ones.
func (a *analyzer) recognise(inputs, outputs []onnx.Value) (err error) {
	if n := len(inputs); n != 1 {
		return fmt.Errorf("it takes %d inputs, %v: want a picture alone", n, inputs)
	}
	a.head, err = Recognise(tensorsOf(inputs)[0], tensorsOf(outputs), len(a.labels))
	return err
}

// Analyze finds things in f. A picture that cannot be decoded is an error that wraps
// frame.ErrCorrupt.
func (a *analyzer) Analyze(ctx context.Context, f *frame.Frame) (analyze.Result, error) {
	if err := ctx.Err(); err != nil {
		return analyze.Result{}, err
	}
	m, outs, err := a.look(f)
	if err != nil {
		return analyze.Result{}, fmt.Errorf("objects: frame %d: %w", f.Seq, err)
	}
	if a.found, err = a.head.Decode(a.found, outs, a.threshold); err != nil {
		return analyze.Result{}, err
	}
	return a.report(m, f.Width, f.Height), nil
}

// report tells what was found in the tensor that m leads from, in a picture of that size.
func (a *analyzer) report(m vision.Affine, width, height int) analyze.Result {
	detections := make([]analyze.Detection, 0, min(len(a.found), a.max))
	for _, c := range a.found {
		if len(detections) == a.max {
			break
		}
		if a.wanted != nil && !a.wanted[c.Class] {
			continue
		}
		box := m.Box(c.Box).Fractions(width, height)
		if min(box[2], box[3]) < vision.Smallest { // beside the picture
			continue
		}
		detections = append(detections, analyze.Detection{Box: box, Label: a.labels[c.Class], Score: c.Score})
	}
	return analyze.Result{Count: len(detections), Detections: detections}
}
