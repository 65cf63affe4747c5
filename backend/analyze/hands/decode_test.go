package hands

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"freshframe/backend/vision"
)

func random(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func alike(a, b vision.Square) bool {
	turn := math.Remainder(a.Angle-b.Angle, 2*math.Pi)
	return math.Abs(a.X-b.X)+math.Abs(a.Y-b.Y)+math.Abs(a.Side-b.Side)+math.Abs(turn) < 1e-6
}

func TestPalmsByHand(t *testing.T) {
	const n = 24*24*2 + 12*12*6
	boxes, logits := make([]float32, n*18), make([]float32, n)
	for i := range logits {
		logits[i] = -9
	}
	at := 24*24*2 + 6*(12+2) // the third cell of the second row of 16: 40,24
	logits[at] = 0
	copy(boxes[at*18:], []float32{1, 2, 10, 20, 0, 9, 0, 0, 0, -9})
	got, err := DecodePalms(nil, boxes, logits, 0.5)
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	if p := got[0]; p.Box != (vision.Box{X0: 36, Y0: 16, X1: 46, Y1: 36}) || p.Score != 0.5 ||
		p.Points[PalmWrist] != (vision.Point{X: 40, Y: 33}) || p.Points[PalmMiddle] != (vision.Point{X: 40, Y: 15}) {
		t.Errorf("the palm is %+v", p)
	}
	if _, err := DecodePalms(nil, boxes[1:], logits, 0.5); err == nil || !strings.Contains(err.Error(), "palms: 36287 box numbers") {
		t.Errorf("got %v", err)
	}
}

func TestFromPalmByHand(t *testing.T) {
	for _, c := range []struct {
		name          string
		wrist, middle vision.Point
		box           vision.Box
		want          vision.Square
	}{
		{"up", vision.Point{X: 50, Y: 100}, vision.Point{X: 50, Y: 60}, vision.Box{X0: 30, Y0: 60, X1: 70, Y1: 100}, vision.Square{X: 50, Y: 60, Side: 104}},
		{"right", vision.Point{X: 0, Y: 50}, vision.Point{X: 40, Y: 50}, vision.Box{X0: 0, Y0: 30, X1: 60, Y1: 70}, vision.Square{X: 50, Y: 50, Side: 156, Angle: math.Pi / 2}},
		{"left", vision.Point{X: 40, Y: 50}, vision.Point{X: 0, Y: 50}, vision.Box{X0: 0, Y0: 30, X1: 40, Y1: 70}, vision.Square{X: 0, Y: 50, Side: 104, Angle: -math.Pi / 2}},
		{"down", vision.Point{X: 50, Y: 0}, vision.Point{X: 50, Y: 40}, vision.Box{X0: 40, Y0: 0, X1: 60, Y1: 40}, vision.Square{X: 50, Y: 40, Side: 104, Angle: math.Pi}},
	} {
		p := vision.Marked{Box: c.box}
		p.Points[PalmWrist], p.Points[PalmMiddle] = c.wrist, c.middle
		if got := FromPalm(p); !alike(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// anyHand is landmarks without sense, which is enough for geometry.
func anyHand(r *rand.Rand) (h Hand) {
	for i := range h.Points {
		h.Points[i] = Point{300 * r.Float64(), 300 * r.Float64(), 40*r.Float64() - 20}
	}
	return h
}

// next is MediaPipe's hand_landmarks_to_rect and rect_transformation calculators, step by
// step, in pixels.
func next(h Hand) vision.Square {
	w := h.Points[0]
	x1, y1 := (h.Points[5].X+h.Points[13].X)/2, (h.Points[5].Y+h.Points[13].Y)/2
	x1, y1 = (x1+h.Points[9].X)/2, (y1+h.Points[9].Y)/2
	angle := math.Pi/2 - math.Atan2(-(y1-w.Y), x1-w.X)
	part := []int{0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18}
	extent := func(of func(Point) float64) (lo, hi float64) {
		lo, hi = math.Inf(1), math.Inf(-1)
		for _, i := range part {
			lo, hi = min(lo, of(h.Points[i])), max(hi, of(h.Points[i]))
		}
		return lo, hi
	}
	xLo, xHi := extent(func(p Point) float64 { return p.X })
	yLo, yHi := extent(func(p Point) float64 { return p.Y })
	cx, cy := (xLo+xHi)/2, (yLo+yHi)/2
	sin, cos := math.Sincos(-angle)
	uLo, uHi := extent(func(p Point) float64 { return (p.X-cx)*cos - (p.Y-cy)*sin })
	vLo, vHi := extent(func(p Point) float64 { return (p.X-cx)*sin + (p.Y-cy)*cos })
	sin, cos = math.Sincos(angle)
	u, v := (uLo+uHi)/2, (vLo+vHi)/2
	x, y := u*cos-v*sin+cx, u*sin+v*cos+cy
	width, height := uHi-uLo, vHi-vLo
	x -= height * -0.1 * sin
	y += height * -0.1 * cos
	return vision.Square{X: x, Y: y, Side: 2 * max(width, height), Angle: angle}
}

func TestNextIsTheReference(t *testing.T) {
	r := random(t)
	for range 500 {
		h := anyHand(r)
		if got, want := Next(h), next(h); !alike(got, want) {
			t.Fatalf("%+v: %+v, want %+v", h.Points, got, want)
		}
	}
}

// The square goes along when the hand moves, turns and grows.
func TestNextFollows(t *testing.T) {
	r := random(t)
	for range 200 {
		h := anyHand(r)
		was := Next(h)
		turn, grow, dx, dy := 6*r.Float64(), 0.5+r.Float64(), 100*r.Float64(), 100*r.Float64()
		sin, cos := math.Sincos(turn)
		move := func(x, y float64) (float64, float64) {
			return grow*(x*cos-y*sin) + dx, grow*(x*sin+y*cos) + dy
		}
		for i, p := range h.Points {
			h.Points[i].X, h.Points[i].Y = move(p.X, p.Y)
		}
		want := vision.Square{Side: grow * was.Side, Angle: was.Angle + turn}
		want.X, want.Y = move(was.X, was.Y)
		if got := Next(h); !alike(got, want) {
			t.Fatalf("%+v became %+v, want %+v", was, got, want)
		}
	}
}

// Landmarks seen through a turned crop come back to where they are.
func TestDecodeUndoesTheCrop(t *testing.T) {
	r := random(t)
	for range 200 {
		h := anyHand(r)
		q := Next(h)
		landmarks, world := make([]float32, 63), make([]float32, 63)
		sin, cos := math.Sincos(-q.Angle)
		for i, p := range h.Points {
			x, y := (p.X-q.X)*224/q.Side, (p.Y-q.Y)*224/q.Side
			landmarks[3*i] = float32(x*cos - y*sin + 112)
			landmarks[3*i+1] = float32(x*sin + y*cos + 112)
			landmarks[3*i+2] = float32(p.Z * 0.4 * 224 / q.Side)
			world[3*i], world[3*i+1], world[3*i+2] = float32(x*cos-y*sin)/1000, float32(x*sin+y*cos)/1000, 0.25
		}
		got, err := Decode(landmarks, []float32{0.75}, []float32{0.25}, world, q)
		if err != nil {
			t.Fatal(err)
		}
		if got.Presence != 0.75 || got.Right != 0.25 {
			t.Fatalf("presence %v, right %v", got.Presence, got.Right)
		}
		for i, p := range got.Points {
			want, w := h.Points[i], got.World[i]
			if math.Abs(p.X-want.X)+math.Abs(p.Y-want.Y)+math.Abs(p.Z-want.Z) > 1e-3 {
				t.Fatalf("landmark %d at %v, want %v", i, p, want)
			}
			x, y := (want.X-q.X)*0.224/q.Side, (want.Y-q.Y)*0.224/q.Side
			if math.Abs(w.X-x)+math.Abs(w.Y-y) > 1e-5 || w.Z != 0.25 {
				t.Fatalf("landmark %d at %v m, want %v, %v", i, w, x, y)
			}
		}
		b := got.Box()
		for _, p := range got.Points {
			if p.X < b.X0 || p.X > b.X1 || p.Y < b.Y0 || p.Y > b.Y1 {
				t.Fatalf("the box %v leaves out %v", b, p)
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	good := make([]float32, 63)
	bad := make([]float32, 63)
	bad[5] = inf
	one := []float32{1}
	q := vision.Square{Side: 10}
	for _, c := range []struct {
		landmarks, presence, right, world []float32
		want                              string
	}{
		{good[:60], one, one, good, "60 landmark numbers, 1 for presence, 1 for handedness, 63 in metres, want 63, 1, 1, 63"},
		{good, nil, one, good, "0 for presence"},
		{good, []float32{nan}, one, good, "presence NaN"},
		{good, one, []float32{1.5}, good, "handedness 1.5"},
		{bad, one, one, good, "landmark 1"},
		{good, one, one, bad, "landmark 1"},
	} {
		if _, err := Decode(c.landmarks, c.presence, c.right, c.world, q); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 0, 0x80, 0x3f}, 10.0, 20.0, 30.0, 1.0)
	f.Add([]byte{0, 0, 0xc0, 0x7f, 1}, 0.0, 0.0, 0.0, 0.0)
	f.Add([]byte{0xff, 0xff, 0x7f, 0x7f, 0, 0, 0}, 1e300, -1e300, 1e308, 1e9)
	f.Fuzz(func(t *testing.T, data []byte, x, y, side, angle float64) {
		if len(data) < 4 {
			return
		}
		var o [128]float32
		for i := range o {
			o[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[i%(len(data)-3):]))
		}
		h, err := Decode(o[:63], o[63:64], o[64:65], o[65:], vision.Square{X: x, Y: y, Side: side, Angle: angle})
		if err != nil {
			return
		}
		for i, p := range h.Points {
			if !p.finite() || !h.World[i].finite() {
				t.Fatalf("landmark %d is %v, %v", i, p, h.World[i])
			}
		}
		if q := Next(h); math.Abs(q.Angle) > math.Pi+1e-9 || q.Side < 0 {
			t.Fatalf("the next square is %+v", q)
		}
	})
}
