package pose

import (
	"fmt"
	"testing"

	"freshframe/backend/analyze/goldentest"
	"freshframe/backend/models"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx/onnxtest"
	"freshframe/backend/vision"
)

// golden is what MoveNet finds in a picture when it is used as its makers document, in the
// picture's pixels.
type golden struct {
	goldentest.Picture
	Points [NumPoints][3]float64 // x, y, score
}

// side is the longer one of the box around the points that are seen.
func (g golden) side() float64 {
	var p Pose
	for i, k := range g.Points {
		p.Points[i] = Point{vision.Point{X: k[0], Y: k[1]}, k[2]}
	}
	b, _ := p.Box()
	return max(b.X1-b.X0, b.Y1-b.Y0)
}

// The decoder gives the same points and scores, seen or guessed.
func TestGoldenDecoder(t *testing.T) {
	onnxtest.Need(t)
	cases := goldentest.Read[golden](t, "pose.json")
	net, worst := goldentest.Open(t, models.Pose), goldentest.NewWorst(t, models.Pose)
	for _, c := range cases {
		f := c.Frame(t)
		m := Input.Fit(f.Width, f.Height)
		p, err := Decode(net.Run(t, goldentest.Tensor(t, f, Input, m, goldentest.Centres))[0], m)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.Points {
			got, what := p.Points[i], fmt.Sprintf("%s %d", c.Name, i)
			worst.Point(t, what, got.X, got.Y, [2]float64{want[0], want[1]}, c.side())
			worst.Score(t, what, got.Score, want[2])
		}
	}
}

// The analyzer gives what MoveNet gives, from the JPEG to the fractions of the picture. What is
// outside the picture is not reported.
func TestGoldenAnalyzer(t *testing.T) {
	onnxtest.Need(t)
	for _, c := range goldentest.Read[golden](t, "pose.json") {
		if !c.Small() {
			continue
		}
		f, worst := c.Frame(t), goldentest.NewWorst(t, c.Name)
		r := networktest.Analyzed(t, networktest.Made(t, networktest.Spec(t, Kind(nets), "")), f)
		if r.Count != 1 {
			t.Errorf("%s: %+v, want a person", c.Name, r)
			continue
		}
		w, h := float64(f.Width), float64(f.Height)
		for i, want := range c.Points {
			l, what := r.Detections[0].Landmarks[i], fmt.Sprint(i)
			if want[0] < 0 || want[1] < 0 || want[0] > w || want[1] > h {
				continue
			}
			worst.Point(t, what, l[0]*w, l[1]*h, [2]float64{want[0], want[1]}, c.side())
			worst.Score(t, what, l[2], want[2])
		}
	}
}
