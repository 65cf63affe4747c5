package hands

import (
	"fmt"
	"math"
	"testing"

	"freshframe/backend/analyze/goldentest"
	"freshframe/backend/models"
	"freshframe/backend/onnx/onnxtest"
	"freshframe/backend/vision"
)

// golden is what MediaPipe's graph of hand tracking finds in a picture, in its pixels.
type golden struct {
	goldentest.Picture
	Palms []struct {
		Box    [4]float64 // two corners
		Score  float64
		Points [PalmPoints][2]float64
	}
	Squares [][4]float64 // of the palms: the centre, the side, the angle
	// The same picture twice: the second look is where the first saw the hands.
	First, Second []goldenHand
}

type goldenHand struct {
	Points [NumPoints][3]float64
	World  [NumPoints][3]float64 // metres
	Right  float64
	Next   [4]float64 // the square
}

func (g *goldenHand) hand() (h Hand) {
	for i, p := range g.Points {
		h.Points[i] = Point{p[0], p[1], p[2]}
	}
	return h
}

// handLength is that of an adult's hand in metres.
const handLength = 0.18

func asSquare(s [4]float64) vision.Square {
	return vision.Square{X: s[0], Y: s[1], Side: s[2], Angle: s[3]}
}

// Each step gives what MediaPipe's gives, when it begins with what MediaPipe's had: palms, the
// squares around them, landmarks, the squares to look at next, and landmarks again.
func TestGoldenDecoders(t *testing.T) {
	onnxtest.Need(t)
	cases := goldentest.Read[golden](t, "hands.json")
	palm, hand := goldentest.Open(t, models.Palm), goldentest.Open(t, models.Hand)
	palms, squares, hands := goldentest.NewWorst(t, models.Palm), goldentest.NewWorst(t, "squares"), goldentest.NewWorst(t, models.Hand)
	for _, c := range cases {
		f := c.Frame(t)
		m := PalmInput.Fit(f.Width, f.Height)
		out := palm.Run(t, goldentest.Tensor(t, f, PalmInput, m, goldentest.Corners))
		found, err := DecodePalms(nil, out[0], out[1], 0.5)
		if err != nil || len(found) != len(c.Palms) {
			t.Errorf("%s: %d palms, %v, want %d", c.Name, len(found), err, len(c.Palms))
			continue
		}
		look := func(what string, q vision.Square, want goldenHand) {
			out := hand.Run(t, goldentest.Tensor(t, f, HandInput, q.Map(handSize, handSize), goldentest.Corners))
			h, err := Decode(out[0], out[1], out[2], out[3], q)
			if err != nil {
				t.Fatal(err)
			}
			equalHands(t, hands, what, h, want)
		}
		for i, want := range c.Palms {
			d, what := found[i].On(m, PalmPoints), fmt.Sprintf("%s, palm %d", c.Name, i)
			side := palms.Box(t, what, d.Box, want.Box)
			palms.Score(t, what, d.Score, want.Score)
			exact := vision.Marked{Box: vision.Box{X0: want.Box[0], Y0: want.Box[1], X1: want.Box[2], Y1: want.Box[3]}}
			for k, p := range want.Points {
				palms.Point(t, what, d.Points[k].X, d.Points[k].Y, p, side)
				exact.Points[k] = vision.Point{X: p[0], Y: p[1]}
			}
			equalSquares(t, squares, what, FromPalm(exact), c.Squares[i])
			look(what, asSquare(c.Squares[i]), c.First[i])
		}
		for i, h := range c.First {
			what := fmt.Sprintf("%s, second look %d", c.Name, i)
			equalSquares(t, squares, what, Next(h.hand()), h.Next)
			look(what, asSquare(h.Next), c.Second[i])
		}
	}
}

// The analyzer gives what MediaPipe gives, from the JPEG to the fractions of the picture.
func TestGoldenAnalyzer(t *testing.T) {
	onnxtest.Need(t)
	for _, c := range goldentest.Read[golden](t, "hands.json") {
		if !c.Small() {
			continue
		}
		f, worst := c.Frame(t), goldentest.NewWorst(t, c.Name)
		r, err := newReal(t, "").Analyze(t.Context(), f)
		if err != nil || len(r.Detections) != len(c.First) {
			t.Errorf("%s: %+v, %v, want %d hands", c.Name, r, err, len(c.First))
			continue
		}
		w, h := float64(f.Width), float64(f.Height)
		for i, want := range c.First {
			d, what := r.Detections[i], fmt.Sprint(i)
			x, y := d.Box[0]*w, d.Box[1]*h
			exact := want.hand()
			b := exact.Box()
			side := worst.Box(t, what, vision.Box{X0: x, Y0: y, X1: x + d.Box[2]*w, Y1: y + d.Box[3]*h}, [4]float64{b.X0, b.Y0, b.X1, b.Y1})
			for k, p := range want.Points {
				worst.Point(t, what, d.Landmarks[k][0]*w, d.Landmarks[k][1]*h, [2]float64{p[0], p[1]}, side)
			}
		}
	}
}

// equalSquares compares squares: their upright boxes, and where turning puts a corner.
func equalSquares(t *testing.T, worst *goldentest.Worst, what string, got vision.Square, want [4]float64) {
	t.Helper()
	w := asSquare(want)
	b := vision.Around(w.X, w.Y, w.Side, w.Side)
	worst.Box(t, what, vision.Around(got.X, got.Y, got.Side, got.Side), [4]float64{b.X0, b.Y0, b.X1, b.Y1})
	g, c := got.Map(1, 1).Point(vision.Point{}), w.Map(1, 1).Point(vision.Point{})
	worst.Point(t, what, g.X, g.Y, [2]float64{c.X, c.Y}, w.Side)
}

// equalHands compares what the landmark network sees. Depth is held to a share of the hand like
// what it stands beside, and metres to the same of handLength.
func equalHands(t *testing.T, worst *goldentest.Worst, what string, got Hand, want goldenHand) {
	t.Helper()
	exact := want.hand()
	b := exact.Box()
	side := worst.Box(t, what, got.Box(), [4]float64{b.X0, b.Y0, b.X1, b.Y1})
	worst.Score(t, what, got.Right, want.Right)
	for i, p := range want.Points {
		worst.Point(t, what, got.Points[i].X, got.Points[i].Y, [2]float64{p[0], p[1]}, side)
		worst.Point(t, what+", depth", got.Points[i].Z, 0, [2]float64{p[2], 0}, side)
		w := want.World[i]
		worst.Point(t, what+", metres", math.Hypot(got.World[i].X-w[0], got.World[i].Y-w[1]), got.World[i].Z-w[2], [2]float64{}, handLength)
	}
}
