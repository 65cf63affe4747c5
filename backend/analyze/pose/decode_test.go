package pose

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"freshframe/backend/vision"
)

func TestDecodeByHand(t *testing.T) {
	m := Input.Fit(640, 480) // 80 rows of the picture's scale above it and below
	out := make([]float32, 3*NumPoints)
	copy(out[3*Nose:], []float32{0.5, 0.25, 1})
	copy(out[3*RightAnkle:], []float32{1, 0, 0.7})
	p, err := Decode(out, m)
	if err != nil {
		t.Fatal(err)
	}
	near := func(k Point, x, y, score float64) bool {
		return math.Abs(k.X-x)+math.Abs(k.Y-y)+math.Abs(k.Score-score) < 1e-6
	}
	if !near(p.Points[Nose], 160, 240, 1) || !near(p.Points[RightAnkle], 0, 560, 0.7) {
		t.Errorf("nose %v, right ankle %v", p.Points[Nose], p.Points[RightAnkle])
	}
	if math.Abs(p.Score-0.1) > 1e-6 {
		t.Errorf("score %v, want 1.7/17", p.Score)
	}
	if b, ok := p.Box(); !ok || math.Abs(b.X0)+math.Abs(b.Y0-240)+math.Abs(b.X1-160)+math.Abs(b.Y1-560) > 1e-4 {
		t.Errorf("the box is %v, %v", b, ok)
	}
	if b, ok := new(Pose).Box(); ok || b != (vision.Box{}) {
		t.Errorf("nobody's box is %v, %v", b, ok)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for want, spoil := range map[string]func(o []float32) []float32{
		"pose: 50 numbers, want 51":       func(o []float32) []float32 { return o[:50] },
		"key point 2 is at":               func(o []float32) []float32 { o[6] = float32(math.NaN()); return o },
		"key point 3 is at {0 0} with sc": func(o []float32) []float32 { o[11] = 1.5; return o },
		"with score NaN":                  func(o []float32) []float32 { o[11] = float32(math.NaN()); return o },
	} {
		if _, err := Decode(spoil(make([]float32, 51)), vision.Affine{XX: 1, YY: 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestNextByHand(t *testing.T) {
	person := func(score float64) (p Pose) {
		for i := range p.Points {
			p.Points[i] = Point{vision.Point{X: 300, Y: 240}, score}
		}
		at := func(i int, x, y float64) { p.Points[i].Point = vision.Point{X: x, Y: y} }
		at(LeftHip, 310, 240)
		at(RightHip, 290, 240)
		at(LeftShoulder, 310, 200)
		at(RightShoulder, 290, 200)
		return p
	}
	p := person(0.9)
	if q, ok := p.Next(640, 480); !ok || q != (vision.Square{X: 300, Y: 240, Side: 152}) { // 2*1.9*40
		t.Errorf("by the trunk: %+v, %v", q, ok)
	}
	p.Points[LeftAnkle].Point = vision.Point{X: 300, Y: 340}
	if q, ok := p.Next(640, 480); !ok || q != (vision.Square{X: 300, Y: 240, Side: 240}) { // 2*1.2*100
		t.Errorf("by the feet: %+v, %v", q, ok)
	}
	p.Points[LeftAnkle].Score = 0.1 // a guess
	if q, ok := p.Next(640, 480); !ok || q.Side != 152 {
		t.Errorf("by a foot out of sight: %+v, %v", q, ok)
	}
	p.Points[LeftShoulder].Point = vision.Point{X: 310, Y: 40}
	if q, ok := p.Next(640, 480); ok { // 1.9*200 reaches further than the picture
		t.Errorf("of a person who fills the picture: %+v", q)
	}
	p = person(0.1)
	if q, ok := p.Next(640, 480); ok {
		t.Errorf("of nobody: %+v", q)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0x3f})
	f.Add([]byte{0, 0, 0xc0, 0x7f, 1})
	f.Add([]byte{0xff, 0xff, 0x7f, 0x7f, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 4 {
			return
		}
		out := make([]float32, 3*NumPoints)
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[i%(len(data)-3):]))
		}
		p, err := Decode(out, Input.Fit(640, 480))
		if err != nil {
			return
		}
		if b, ok := p.Box(); ok && !b.Finite() {
			t.Fatalf("the box is %v", b)
		}
		if q, ok := p.Next(640, 480); ok && !(q.Side > 0 && q.Side <= 640) {
			t.Fatalf("the next square is %+v", q)
		}
	})
}
