package vision

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestIoU(t *testing.T) {
	for _, c := range []struct {
		a, b Box
		want float64
	}{
		{Box{0, 0, 2, 2}, Box{0, 0, 2, 2}, 1},
		{Box{0, 0, 2, 2}, Box{1, 0, 3, 2}, 1. / 3},
		{Box{0, 0, 2, 2}, Box{1, 1, 3, 3}, 1. / 7},
		{Box{0, 0, 4, 4}, Box{1, 1, 3, 3}, 0.25},
		{Box{0, 0, 1, 1}, Box{1, 0, 2, 1}, 0}, // an edge in common
		{Box{0, 0, 1, 1}, Box{5, 5, 6, 6}, 0},
		{Box{1, 1, 1, 1}, Box{1, 1, 1, 1}, 0}, // no area
		{Box{2, 2, 0, 0}, Box{0, 0, 2, 2}, 0}, // inside out
	} {
		if got, back := c.a.IoU(c.b), c.b.IoU(c.a); math.Abs(got-c.want) > 1e-12 || got != back {
			t.Errorf("%v and %v: %v, and %v the other way; want %v", c.a, c.b, got, back, c.want)
		}
	}
}

func TestFractions(t *testing.T) {
	for _, c := range []struct {
		b    Box
		want [4]float64
	}{
		{Box{10, 10, 60, 40}, [4]float64{0.1, 0.2, 0.5, 0.6}},
		{Box{-10, -10, 50, 25}, [4]float64{0, 0, 0.5, 0.5}},
		{Box{90, 40, 900, 900}, [4]float64{0.9, 0.8, 0.1, 0.2}},
		{Box{200, 10, 300, 20}, [4]float64{1, 0.2, 0, 0.2}}, // beside the picture
	} {
		got := c.b.Fractions(100, 50)
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-12 {
				t.Errorf("%v: got %v, want %v", c.b, got, c.want)
				break
			}
		}
	}
}

func TestSigmoid(t *testing.T) {
	for x, want := range map[float64]float64{0: 0.5, math.Log(3): 0.75, 1000: 1, -1000: 0, math.Inf(1): 1, math.Inf(-1): 0} {
		if got := Sigmoid(x); math.Abs(got-want) > 1e-12 {
			t.Errorf("Sigmoid(%v) = %v, want %v", x, got, want)
		}
	}
	for _, p := range []float64{0, 0.1, 0.5, 0.999, 1} {
		if got := Sigmoid(Logit(p)); math.Abs(got-p) > 1e-12 {
			t.Errorf("Sigmoid(Logit(%v)) = %v", p, got)
		}
	}
}

func TestSuppressByHand(t *testing.T) {
	a := Candidate{Box{0, 0, 10, 10}, 0.8, 1}
	b := Candidate{Box{1, 0, 11, 10}, 0.9, 1} // IoU 9/11 with a
	c := Candidate{Box{1, 0, 11, 10}, 0.7, 2} // of another class
	d := Candidate{Box{8, 0, 18, 10}, 0.6, 1} // IoU 2/18 with a, 3/17 with b
	for _, k := range []struct {
		overlap float64
		limit   int
		want    []Candidate
	}{
		{0.5, 100, []Candidate{b, c, d}},
		{0.9, 100, []Candidate{b, a, c, d}},
		{0.1, 100, []Candidate{b, c}},
		{0.9, 2, []Candidate{b, a}},
		{0.9, 0, []Candidate{}},
	} {
		got := Suppress([]Candidate{a, b, c, d}, k.overlap, k.limit)
		if !slices.Equal(got, k.want) {
			t.Errorf("IoU over %v, %d at most: got %v, want %v", k.overlap, k.limit, got, k.want)
		}
	}
	if got := Suppress(nil, 0.5, 10); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// What is kept does not overlap; what is dropped overlaps something better that is kept.
func TestSuppressKeepsTheBest(t *testing.T) {
	r := random(t)
	for range 200 {
		all := make([]Candidate, r.IntN(60))
		for i := range all {
			x, y := 100*r.Float64(), 100*r.Float64()
			all[i] = Candidate{Box{x, y, x + 40*r.Float64(), y + 40*r.Float64()}, float64(r.IntN(20)) / 20, r.IntN(2)}
		}
		const overlap = 0.3
		kept := Suppress(slices.Clone(all), overlap, 1000)
		beaten := func(c Candidate, by []Candidate) bool {
			return slices.ContainsFunc(by, func(k Candidate) bool {
				return k != c && k.Class == c.Class && k.Score >= c.Score && k.IoU(c.Box) > overlap
			})
		}
		for _, c := range all {
			if is := slices.Contains(kept, c); is == beaten(c, kept) {
				t.Fatalf("%v: kept %v, beaten %v, of %v", c, is, !is, all)
			}
		}
	}
}

func TestBlendByHand(t *testing.T) {
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }
	a := Marked{Box: Box{0, 0, 10, 10}, Score: 0.9}
	b := Marked{Box: Box{1, 1, 11, 11}, Score: 0.3}
	c := Marked{Box: Box{50, 50, 60, 60}, Score: 0.5}
	a.Points[0], b.Points[0], c.Points[6] = Point{4, 8}, Point{8, 4}, Point{1, 2}
	got := Blend([]Marked{b, c, a}, 0.3, 0, 100)
	if len(got) != 2 {
		t.Fatalf("got %v, want two", got)
	}
	// a weighs 3/4, b 1/4.
	if g := got[0]; !near(g.X0, 0.25) || !near(g.Y1, 10.25) || g.Score != 0.9 || !near(g.Points[0].X, 5) || !near(g.Points[0].Y, 7) {
		t.Errorf("the blend is %+v", g)
	}
	if g := got[1]; !near(g.X0, 50) || !near(g.Points[6].Y, 2) || g.Score != 0.5 {
		t.Errorf("the one apart became %+v", g)
	}
	zero := Marked{Box: Box{3, 3, 4, 4}}
	if got := Blend([]Marked{zero, zero}, 0.3, 0, 100); len(got) != 1 || got[0] != zero {
		t.Errorf("of two without a score: %v", got)
	}
	flat := Marked{Box: Box{3, 3, 3, 3}, Score: 0.5}
	if got := Blend([]Marked{flat, flat}, 0.3, 0, 100); len(got) != 2 {
		t.Errorf("two without an area, which overlap nothing: %v", got)
	}
}

// What is not sure moves nothing that is, and is still found where nothing else is.
func TestBlendOfTheSure(t *testing.T) {
	r := random(t)
	const sure = 0.5
	for range 200 {
		all := marks(r, r.IntN(50))
		var of []Marked
		for _, d := range all {
			if d.Score >= sure {
				of = append(of, d)
			}
		}
		want := Blend(of, 0.3, 0, 1000)
		got := Blend(slices.Clone(all), 0.3, sure, 1000)
		n := 0
		for n < len(got) && got[n].Score >= sure {
			n++
		}
		if !slices.Equal(got[:n], want) {
			t.Fatalf("sure are %v, want %v", got[:n], want)
		}
	}
	doubtful := []Marked{{Box: Box{0, 0, 10, 10}, Score: 0.4}, {Box: Box{2, 0, 12, 10}, Score: 0.2}}
	if got := Blend(doubtful, 0.3, sure, 100); len(got) != 1 || math.Abs(got[0].X0-2./3) > 1e-12 {
		t.Errorf("of two doubtful ones %v, want their average", got)
	}
}

// blended is Blend as its makers describe it, with lists instead of one piece of memory.
func blended(d []Marked, overlap float64) (out []Marked) {
	left := slices.Clone(d)
	slices.SortStableFunc(left, func(a, b Marked) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	for len(left) > 0 {
		best := left[0]
		var apart []Marked
		var sum Box
		total := 0.0
		for i, o := range left {
			if i > 0 && o.IoU(best.Box) <= overlap {
				apart = append(apart, o)
				continue
			}
			total += o.Score
			sum = Box{sum.X0 + o.Score*o.X0, sum.Y0 + o.Score*o.Y0, sum.X1 + o.Score*o.X1, sum.Y1 + o.Score*o.Y1}
		}
		best.Box = Box{sum.X0 / total, sum.Y0 / total, sum.X1 / total, sum.Y1 / total}
		out, left = append(out, best), apart
	}
	return out
}

func TestBlendIsTheReference(t *testing.T) {
	r := random(t)
	for range 200 {
		d := marks(r, r.IntN(50))
		want := blended(d, 0.3)
		got := Blend(slices.Clone(d), 0.3, 0, 1000)
		if len(got) != len(want) {
			t.Fatalf("%d of %v, want %d", len(got), d, len(want))
		}
		for i := range got {
			if !same(got[i].Box, want[i].Box) || got[i].Score != want[i].Score {
				t.Fatalf("number %d is %v, want %v", i, got[i], want[i])
			}
		}
	}
}

func marks(r *rand.Rand, n int) []Marked {
	d := make([]Marked, n)
	for i := range d {
		x, y := 60*r.Float64(), 60*r.Float64()
		d[i] = Marked{Box: Box{x, y, x + 30*r.Float64(), y + 30*r.Float64()}, Score: 0.01 + float64(r.IntN(20))/21}
	}
	return d
}

func TestSSDByHand(t *testing.T) {
	// 2x2 cells of 8 with one anchor each, then one cell of 16 with two.
	s := NewSSD(16, 1, Layer{8, 1}, Layer{16, 2})
	if s.Anchors() != 6 {
		t.Fatalf("%d anchors, want 6", s.Anchors())
	}
	boxes, logits := make([]float32, 6*6), make([]float32, 6)
	for i := range logits {
		logits[i] = -5
	}
	set := func(i int, logit float32, row ...float32) { logits[i] = logit; copy(boxes[6*i:], row) }
	set(2, 0, 1, -2, 4, 6, 3, 3)              // lower left, centre 4,12
	set(5, float32(math.Log(3)), 0, 0, 2, 2)  // the last, centre 8,8
	set(0, 9, 0, 0, 0, 5)                     // no area
	set(1, float32(math.Inf(-1)), 0, 0, 1, 1) // certainly nothing
	got, err := s.Decode(nil, boxes, logits, 0.5, 0.5, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	want := []Marked{
		{Box: Box{7, 7, 9, 9}, Score: 0.75, Points: [MaxPoints]Point{{8, 8}}},
		{Box: Box{3, 7, 7, 13}, Score: 0.5, Points: [MaxPoints]Point{{7, 15}}},
	}
	if len(got) != 2 {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if !same(got[i].Box, want[i].Box) || math.Abs(got[i].Score-want[i].Score) > 1e-7 || got[i].Points != want[i].Points {
			t.Errorf("number %d is %v, want %v", i, got[i], want[i])
		}
	}
	m := Square{X: 100, Y: 100, Side: 32}.Map(16, 16)
	if on := got[0].On(m, 1); !same(on.Box, Box{98, 98, 102, 102}) || on.Points[0] != (Point{100, 100}) || on.Points[1] != (Point{}) {
		t.Errorf("on the picture it is %v", on)
	}

	nan := float32(math.NaN())
	for want, spoil := range map[string]func(boxes, logits []float32) ([]float32, []float32){
		"score of anchor 3 is NaN":  func(b, l []float32) ([]float32, []float32) { l[3] = nan; return b, l },
		"box of anchor 2":           func(b, l []float32) ([]float32, []float32) { b[12] = nan; return b, l },
		"key point 0 of anchor 2":   func(b, l []float32) ([]float32, []float32) { b[17] = float32(math.Inf(1)); return b, l },
		"box of anchor 5":           func(b, l []float32) ([]float32, []float32) { b[32] = 1e20; return b, l },
		"35 box numbers and 6":      func(b, l []float32) ([]float32, []float32) { return b[:35], l },
		"36 box numbers and 0 scor": func(b, l []float32) ([]float32, []float32) { return b, nil },
	} {
		b, l := spoil(slices.Clone(boxes), slices.Clone(logits))
		if got, err := s.Decode(nil, b, l, 0.5, 0.5, 0.3); err == nil || !strings.Contains(err.Error(), want) || len(got) != 0 {
			t.Errorf("got %v and %v, want %q", got, err, want)
		}
	}
}

func TestOneEuro(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(frame int) time.Time { return start.Add(time.Duration(frame) * time.Second / 30) }

	t.Run("by the paper's formulas", func(t *testing.T) {
		r := random(t)
		const cutoff, beta, slope, unit = 1.2, 0.4, 1.0, 7.0
		f := NewOneEuro(2, cutoff, beta, slope)
		alpha := func(fc, te float64) float64 { return 1 / (1 + 1/(2*math.Pi*fc)/te) }
		var value, speed [2]float64
		for frame := range 100 {
			xs := [2]float64{100 * r.Float64(), -100 * r.Float64()}
			want := xs
			if frame > 0 {
				for i, x := range xs {
					s := (x - value[i]) * 30 / unit
					speed[i] = alpha(slope, 1./30)*s + (1-alpha(slope, 1./30))*speed[i]
					a := alpha(cutoff+beta*math.Abs(speed[i]), 1./30)
					want[i] = a*x + (1-a)*value[i]
				}
			}
			value = want
			f.Smooth(at(frame), unit, xs[:])
			for i := range xs {
				if math.Abs(xs[i]-want[i]) > 1e-4 {
					t.Fatalf("frame %d: %v, want %v", frame, xs, want)
				}
			}
		}
	})
	t.Run("rests calmly and follows", func(t *testing.T) {
		f := NewOneEuro(1, 1, 2, 1)
		xs := []float64{0}
		f.Smooth(at(0), 1, xs)
		for i := 1; i < 60; i++ { // trembles by 0.01
			xs[0] = 0.01 * float64(i%2)
			f.Smooth(at(i), 1, xs)
		}
		if off := math.Abs(xs[0] - 0.005); off > 0.004 {
			t.Errorf("trembles still by %v", off)
		}
		for i := 60; i < 75; i++ {
			xs[0] = 10
			f.Smooth(at(i), 1, xs)
		}
		if xs[0] < 9.5 {
			t.Errorf("has come to %v only of 10 in half a second", xs[0])
		}
	})
	t.Run("bad numbers and times", func(t *testing.T) {
		f := NewOneEuro(1, 1, 0, 1)
		first := []float64{math.NaN()}
		f.Smooth(at(0), 1, first)
		if first[0] != 0 {
			t.Errorf("NaN first gives %v", first)
		}
		f.Reset()
		xs := []float64{5}
		f.Smooth(at(1), 1, xs)
		for _, k := range []struct {
			frame int
			x     float64
		}{{2, math.NaN()}, {3, math.Inf(1)}, {3, 9}, {0, 9}} {
			xs[0] = k.x
			f.Smooth(at(k.frame), 1, xs)
			if xs[0] != 5 {
				t.Errorf("%v at frame %d gives %v, want the 5 there was", k.x, k.frame, xs[0])
			}
		}
		defer func() {
			if recover() == nil {
				t.Error("another number of numbers was taken")
			}
		}()
		f.Smooth(at(4), 1, nil)
	})
}
