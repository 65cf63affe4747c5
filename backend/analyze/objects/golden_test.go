package objects

import (
	"fmt"
	"testing"

	"freshframe/backend/analyze/goldentest"
	"freshframe/backend/models"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx/onnxtest"
	"freshframe/backend/vision"
)

// golden is what NanoDet's training repository finds in a picture, in its pixels.
type golden struct {
	goldentest.Picture
	Found []struct {
		Box   [4]float64 // two corners
		Score float64
		Class string
	}
}

// The decoder gives what NanoDet's own gives.
func TestGoldenDecoder(t *testing.T) {
	onnxtest.Need(t)
	cases := goldentest.Read[golden](t, "objects.json")
	head := networktest.Made(t, networktest.Spec(t, Kind(nets), "")).(*analyzer).head
	net, worst := goldentest.Open(t, models.Objects), goldentest.NewWorst(t, models.Objects)
	for _, c := range cases {
		f := c.Frame(t)
		m := head.Input.Fit(f.Width, f.Height)
		found, err := head.Decode(nil, net.Run(t, goldentest.Tensor(t, f, head.Input, m, goldentest.Corners)), 0.4)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != len(c.Found) {
			t.Errorf("%s: %+v, want %+v", c.Name, found, c.Found)
			continue
		}
		for i, want := range c.Found {
			d, what := found[i], fmt.Sprintf("%s %d", c.Name, i)
			if COCO[d.Class] != want.Class {
				t.Errorf("%s: %s, want %s", what, COCO[d.Class], want.Class)
			}
			worst.Box(t, what, m.Box(d.Box), want.Box)
			worst.Score(t, what, d.Score, want.Score)
		}
	}
}

// The analyzer gives what NanoDet gives, from the JPEG to the fractions of the picture. Larger
// pictures are averaged before they are sampled, and the reference's are not.
func TestGoldenAnalyzer(t *testing.T) {
	onnxtest.Need(t)
	for _, c := range goldentest.Read[golden](t, "objects.json") {
		f := c.Frame(t)
		if max(f.Width, f.Height) >= 2*416 {
			continue
		}
		worst := goldentest.NewWorst(t, c.Name)
		found := networktest.Analyzed(t, networktest.Made(t, networktest.Spec(t, Kind(nets), "tracks=off")), f).Detections
		if len(found) != len(c.Found) {
			t.Errorf("%s: %+v, want %+v", c.Name, found, c.Found)
			continue
		}
		w, h := float64(f.Width), float64(f.Height)
		for i, want := range c.Found {
			d, what := found[i], fmt.Sprint(i)
			if d.Label != want.Class {
				t.Errorf("%s: %s, want %s", c.Name, d.Label, want.Class)
			}
			x, y := d.Box[0]*w, d.Box[1]*h
			worst.Box(t, what, vision.Box{X0: x, Y0: y, X1: x + d.Box[2]*w, Y1: y + d.Box[3]*h}, want.Box)
			worst.Score(t, what, d.Score, want.Score)
		}
	}
}
