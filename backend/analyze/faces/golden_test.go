package faces

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/goldentest"
	"freshframe/backend/models"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx/onnxtest"
	"freshframe/backend/vision"
)

// golden is what MediaPipe's graph of face detection finds in a picture, in its pixels.
type golden struct {
	goldentest.Picture
	Model string
	Found []goldenFace
	// Reduced is what it finds when the picture is made as small as its tensor before.
	Reduced []goldenFace
}

type goldenFace struct {
	Box    [4]float64 // two corners
	Score  float64
	Points [NumPoints][2]float64
}

// apart is the largest distance of a key point, as a share of the box.
func (g goldenFace) apart(points [NumPoints][2]float64) (far float64) {
	for k, p := range g.Points {
		far = max(far, math.Hypot(points[k][0]-p[0], points[k][1]-p[1])/(g.Box[2]-g.Box[0]))
	}
	return far
}

// The decoder gives what MediaPipe's gives, in any picture.
func TestGoldenDecoder(t *testing.T) {
	onnxtest.Need(t)
	cases := goldentest.Read[golden](t, "faces.json")
	for name, head := range map[string]*Head{models.FaceNear: Near, models.FaceFar: Far} {
		net, worst := goldentest.Open(t, name), goldentest.NewWorst(t, name)
		for _, c := range cases {
			if (c.Model == "far") != (head == Far) {
				continue
			}
			f := c.Frame(t)
			m := head.Input.Fit(f.Width, f.Height)
			out := net.Run(t, goldentest.Tensor(t, f, head.Input, m, goldentest.Corners))
			for _, least := range []float64{head.Threshold, weak * head.Threshold} { // the doubtful change nothing
				found, err := head.Decode(nil, out[0], out[1], least, head.Threshold)
				if err != nil {
					t.Fatal(err)
				}
				found = slices.DeleteFunc(found, func(d vision.Marked) bool { return d.Score < head.Threshold })
				if len(found) != len(c.Found) {
					t.Errorf("%s, %s: %d faces, want %d", name, c.Name, len(found), len(c.Found))
					continue
				}
				for i, want := range c.Found {
					d, what := found[i].On(m, NumPoints), fmt.Sprintf("%s %d", c.Name, i)
					side := worst.Box(t, what, d.Box, want.Box)
					worst.Score(t, what, d.Score, want.Score)
					for k, p := range want.Points {
						worst.Point(t, what, d.Points[k].X, d.Points[k].Y, p, side)
					}
				}
			}
		}
	}
}

// The analyzer gives what MediaPipe gives, from the JPEG to the fractions of the picture.
func TestGoldenAnalyzer(t *testing.T) {
	onnxtest.Need(t)
	for _, c := range goldentest.Read[golden](t, "faces.json") {
		if !c.Small() {
			continue
		}
		f, worst := c.Frame(t), goldentest.NewWorst(t, c.Model+" "+c.Name)
		r, err := newReal(t, networktest.Spec(t, Kind(nets), "model="+c.Model)).Analyze(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		threshold := map[string]float64{"near": Near.Threshold, "far": Far.Threshold}[c.Model]
		found := slices.DeleteFunc(r.Detections, func(d analyze.Detection) bool { return d.Score < threshold })
		if len(found) != len(c.Found) {
			t.Errorf("%s, %s: %d faces, want %d", c.Model, c.Name, len(found), len(c.Found))
			continue
		}
		w, h := float64(f.Width), float64(f.Height)
		for i, want := range c.Found {
			d, what := found[i], fmt.Sprint(i)
			x, y := d.Box[0]*w, d.Box[1]*h
			side := worst.Box(t, what, vision.Box{X0: x, Y0: y, X1: x + d.Box[2]*w, Y1: y + d.Box[3]*h}, want.Box)
			worst.Score(t, what, d.Score, want.Score)
			for k, p := range want.Points {
				worst.Point(t, what, d.Landmarks[k][0]*w, d.Landmarks[k][1]*h, p, side)
			}
		}
	}
}

// In a camera's picture this program sees faces where the network sees them in the picture
// reduced to its tensor; MediaPipe, which skips pixels, sees them farther away from there.
func TestGoldenSampling(t *testing.T) {
	onnxtest.Need(t)
	compared := 0
	for _, c := range goldentest.Read[golden](t, "faces.json") {
		if len(c.Found) == 0 || len(c.Reduced) != len(c.Found) {
			continue
		}
		f := c.Frame(t)
		r, err := newReal(t, networktest.Spec(t, Kind(nets), "model="+c.Model)).Analyze(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.Reduced {
			ours, theirs := math.Inf(1), math.Inf(1) // of the face nearest to it
			for _, d := range r.Detections {
				var points [NumPoints][2]float64
				for k, l := range d.Landmarks {
					points[k] = [2]float64{l[0] * float64(f.Width), l[1] * float64(f.Height)}
				}
				ours = min(ours, want.apart(points))
			}
			for _, g := range c.Found {
				theirs = min(theirs, want.apart(g.Points))
			}
			compared++
			t.Logf("%s, %s: %.1f %%, MediaPipe %.1f %%", c.Model, c.Name, 100*ours, 100*theirs)
			if ours > theirs || ours > 0.06 {
				t.Errorf("%s, %s: %.1f %% from the reduced picture's face, MediaPipe %.1f %%", c.Model, c.Name, 100*ours, 100*theirs)
			}
		}
	}
	if compared < 5 {
		t.Errorf("%d faces compared", compared)
	}
}
