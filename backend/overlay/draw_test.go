package overlay

import (
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"freshframe/backend/analyze"
)

var ratios = []image.YCbCrSubsampleRatio{
	image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
	image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
}

// newPicture makes a picture of one colour whose planes are larger than the picture. (Where
// the picture ends at 0, image.NewYCbCr on its own makes them one sample too small.)
func newPicture(r image.Rectangle, ratio image.YCbCrSubsampleRatio, c Colour) *image.YCbCr {
	im := image.NewYCbCr(image.Rect(r.Min.X, r.Min.Y, max(r.Max.X, 1)+7, max(r.Max.Y, 1)+1), ratio)
	im.Rect = r
	for i := range im.Y {
		im.Y[i] = c.Y
	}
	for i := range im.Cb {
		im.Cb[i], im.Cr[i] = c.Cb, c.Cr
	}
	return im
}

func clone(im *image.YCbCr) *image.YCbCr {
	c := *im
	c.Y, c.Cb, c.Cr = slices.Clone(im.Y), slices.Clone(im.Cb), slices.Clone(im.Cr)
	return &c
}

// script reads a picture and shapes from bytes; once they are used up it reads zeros.
type script []byte

func (s *script) byte() byte {
	if len(*s) == 0 {
		return 0
	}
	b := (*s)[0]
	*s = (*s)[1:]
	return b
}

var absurd = []float64{
	math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300, math.MaxFloat64, 1 << 31, -1 << 31, 1 << 53, 70000, -70000,
	math.SmallestNonzeroFloat64, math.Copysign(0, -1), 0.5, 7.999999999,
}

// coordinate is mostly near the picture.
func (s *script) coordinate() float64 {
	hi, lo := s.byte(), s.byte()
	if hi == 255 {
		return absurd[int(lo)%len(absurd)]
	}
	return float64(int16(binary.BigEndian.Uint16([]byte{hi, lo}))) / 256
}

func (s *script) point() Point   { return Point{s.coordinate(), s.coordinate()} }
func (s *script) colour() Colour { return Colour{s.byte(), s.byte(), s.byte()} }
func (s *script) pixel() image.Point {
	p := image.Pt(int(int8(s.byte())), int(int8(s.byte())))
	if p.X == 127 {
		return image.Pt(math.MaxInt, math.MinInt)
	}
	return p
}

// picture gives bounds of up to 90 x 90 pixels around the origin, and a clip.
func (s *script) picture() (im *image.YCbCr, clip image.Rectangle) {
	ratio := ratios[int(s.byte())%len(ratios)]
	at := image.Pt(int(int8(s.byte()))/2, int(int8(s.byte()))/2)
	r := image.Rectangle{Min: at, Max: at.Add(image.Pt(1+int(s.byte())%90, 1+int(s.byte())%90))}
	im = newPicture(r, ratio, s.colour())
	if s.byte()%2 == 1 {
		at = at.Add(image.Pt(int(s.byte())%40-10, int(s.byte())%40-10))
		clip = image.Rectangle{Min: at, Max: at.Add(image.Pt(1+int(s.byte())%90, 1+int(s.byte())%90))}
	}
	return im, clip
}

func (s *script) shapes(l *List) {
	for range 12 {
		if len(*s) == 0 {
			return
		}
		kind, c := s.byte(), s.colour()
		l.Style = Style{Text: 12, Stroke: 1 + int(kind>>3)%6, Outline: int(kind>>6) % 3, Dot: int(kind>>3) % 9}
		switch kind % 8 {
		case 0:
			l.Fill(image.Rectangle{Min: s.pixel(), Max: s.pixel()}, c)
		case 1:
			l.Box(s.point(), s.point(), c)
		case 2:
			l.Corners(s.point(), s.point(), c)
		case 3:
			l.Line(c, s.point(), s.point(), s.point())
		case 4:
			l.Polygon(c, s.point(), s.point(), s.point(), s.point())
		case 5:
			l.Points(c, s.point(), s.point(), s.point())
		case 6:
			l.Text(s.pixel(), int(s.byte())%40, string([]byte{s.byte(), 'g', s.byte(), 'W'}), c)
		case 7:
			l.Label(s.pixel(), int(s.byte())%40, string([]rune{rune(s.byte()), 'Ä', rune(s.byte())}), c)
		}
	}
}

// checkScript draws what data describes: shapes, or a scene.
func checkScript(t *testing.T, l *List, data []byte, add func(*script, *List)) {
	t.Helper()
	s := script(data)
	im, clip := s.picture()
	l.Reset(im.Rect, clip)
	add(&s, l)
	checkDrawn(t, l, im, clip)
}

// checkDrawn draws the list and checks the promises of Touched, of the clip and of Draw
// against the pixels.
func checkDrawn(t *testing.T, l *List, im *image.YCbCr, clip image.Rectangle) {
	t.Helper()
	before := clone(im)
	touched := l.Touched(nil)
	l.Draw(im)

	allowed := im.Rect
	if clip != (image.Rectangle{}) {
		allowed = allowed.Intersect(clip)
	}
	may := make([]bool, im.Rect.Dx()*im.Rect.Dy())
	at := func(x, y int) int { return (y-im.Rect.Min.Y)*im.Rect.Dx() + x - im.Rect.Min.X }
	for _, r := range touched {
		if r.Empty() || !r.In(allowed) {
			t.Fatalf("touched %v is empty or not inside %v", r, allowed)
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				may[at(x, y)] = true
			}
		}
	}
	for y := im.Rect.Min.Y; y < im.Rect.Max.Y; y++ {
		for x := im.Rect.Min.X; x < im.Rect.Max.X; x++ {
			yo, co := im.YOffset(x, y), im.COffset(x, y)
			luma := im.Y[yo] != before.Y[yo]
			chroma := im.Cb[co] != before.Cb[co] || im.Cr[co] != before.Cr[co]
			if (luma || chroma) && !may[at(x, y)] {
				t.Fatalf("%v %v clip %v: (%d,%d) changed (luma %v, chroma %v) outside of what is touched\nshapes %+v", im.Rect, im.SubsampleRatio, clip, x, y, luma, chroma, l.shapes)
			}
			before.Y[yo], before.Cb[co], before.Cr[co] = im.Y[yo], im.Cb[co], im.Cr[co]
			// Neighbours share the chroma sample: restore the difference for them.
			if chroma {
				before.Cb[co], before.Cr[co] = ^im.Cb[co], ^im.Cr[co]
			}
		}
	}
}

// place is mostly in the picture, in fractions of it.
func (s *script) place() [2]float64 { return [2]float64{s.coordinate() / 100, s.coordinate() / 100} }

// scene composes up to 6 detections and up to 3 areas.
func (s *script) scene(l *List) {
	var sc Scene
	o := s.byte()
	for range s.byte() % 7 {
		kind, at, size := s.byte(), s.place(), s.place()
		d := analyze.Detection{
			Box: [4]float64{at[0], at[1], size[0], size[1]}, Label: "b", Score: 0.5,
			Track: uint64(kind % 5), Predicted: kind&32 != 0, Gesture: "thumb_up",
		}
		for range []int{0, 6, 17, 21}[kind>>6] {
			p := s.place()
			d.Landmarks = append(d.Landmarks, [3]float64{p[0], p[1], float64(s.byte()) / 128})
		}
		for range kind % 7 {
			d.Trail = append(d.Trail, s.place())
		}
		sc.Detections = append(sc.Detections, d)
	}
	for range s.byte() % 4 {
		kind := s.byte()
		a := Area{Name: "a", Line: kind&1 != 0, Inside: int(kind)}
		for range kind % 6 {
			a.Points = append(a.Points, s.place())
		}
		sc.Areas = append(sc.Areas, a)
	}
	Compose(l, Options{
		Boxes: o&1 == 0, Labels: o&2 == 0, Landmarks: o&4 == 0, Trails: o&8 == 0, Zones: o&16 == 0, FPS: o&32 != 0,
	}, sc)
}

func randomScript(rng *rand.Rand) []byte {
	b := make([]byte, 12+rng.IntN(120))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func TestDrawChangesOnlyWhatIsTouched(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var l List
	for range 800 {
		checkScript(t, &l, randomScript(rng), (*script).shapes)
	}
}

func TestComposeChangesOnlyWhatIsTouched(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var l List
	for range 400 {
		checkScript(t, &l, randomScript(rng), (*script).scene)
	}
	for _, size := range []image.Point{{160, 120}, {641, 363}} {
		for _, ratio := range ratios {
			im := newPicture(image.Rectangle{Max: size}, ratio, Colour{90, 110, 140})
			l.Reset(im.Rect, image.Rectangle{})
			Compose(&l, everything, busy)
			checkDrawn(t, &l, im, image.Rectangle{})
		}
	}
}

func FuzzDraw(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 16 {
		f.Add(randomScript(rng))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var l List
		checkScript(t, &l, data, (*script).shapes)
	})
}

func FuzzCompose(f *testing.F) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 16 {
		f.Add(randomScript(rng))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var l List
		checkScript(t, &l, data, (*script).scene)
	})
}

// The stride's padding belongs to nobody.
func TestDrawLeavesPaddingAlone(t *testing.T) {
	for _, ratio := range ratios {
		r := image.Rect(1, 1, 42, 31)
		im := newPicture(r, ratio, Colour{90, 90, 90})
		var l List
		l.Reset(r, image.Rectangle{})
		l.Fill(image.Rect(-100, -100, 100, 100), Colour{200, 30, 220})
		l.Line(light, Point{-5, 3}, Point{90, 60})
		l.Draw(im)
		ys, cs := make([]bool, len(im.Y)), make([]bool, len(im.Cb))
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				ys[im.YOffset(x, y)], cs[im.COffset(x, y)] = true, true
			}
		}
		for i, v := range im.Y {
			if !ys[i] && v != 90 {
				t.Fatalf("%v: padding of Y at %d changed", ratio, i)
			}
		}
		for i := range im.Cb {
			if !cs[i] && (im.Cb[i] != 90 || im.Cr[i] != 90) {
				t.Fatalf("%v: padding of chroma at %d changed", ratio, i)
			}
		}
	}
}

// A rectangle covers a share of a chroma sample's pixels; the sample moves by that share.
func TestFillMixesChromaByCoverage(t *testing.T) {
	for _, tc := range []struct {
		name  string
		ratio image.YCbCrSubsampleRatio
		pic   image.Rectangle
		fill  image.Rectangle
		at    image.Point
		want  uint8 // from 100 toward 200
	}{
		{"444 inside", image.YCbCrSubsampleRatio444, image.Rect(0, 0, 8, 8), image.Rect(3, 3, 4, 4), image.Pt(3, 3), 200},
		{"422 half", image.YCbCrSubsampleRatio422, image.Rect(0, 0, 8, 8), image.Rect(3, 3, 8, 4), image.Pt(2, 3), 150},
		{"420 whole", image.YCbCrSubsampleRatio420, image.Rect(0, 0, 8, 8), image.Rect(2, 2, 4, 4), image.Pt(3, 3), 200},
		{"420 half", image.YCbCrSubsampleRatio420, image.Rect(0, 0, 8, 8), image.Rect(2, 3, 8, 8), image.Pt(4, 2), 150},
		{"420 quarter", image.YCbCrSubsampleRatio420, image.Rect(0, 0, 8, 8), image.Rect(3, 3, 8, 8), image.Pt(2, 2), 125},
		{"440 half", image.YCbCrSubsampleRatio440, image.Rect(0, 0, 8, 8), image.Rect(3, 3, 8, 8), image.Pt(3, 2), 150},
		{"odd edge is a whole sample", image.YCbCrSubsampleRatio420, image.Rect(0, 0, 7, 7), image.Rect(6, 6, 7, 7), image.Pt(6, 6), 200},
		{"odd start is a whole sample", image.YCbCrSubsampleRatio420, image.Rect(1, 1, 7, 7), image.Rect(1, 1, 2, 2), image.Pt(1, 1), 200},
		{"411 quarter", image.YCbCrSubsampleRatio411, image.Rect(0, 0, 8, 8), image.Rect(4, 0, 5, 8), image.Pt(4, 3), 125},
		{"sample 0 has three columns", image.YCbCrSubsampleRatio422, image.Rect(-4, 0, 4, 4), image.Rect(-1, 0, 0, 1), image.Pt(0, 0), 133},
	} {
		for _, how := range []string{"fill", "paint"} {
			im := newPicture(tc.pic, tc.ratio, Colour{100, 100, 100})
			cv := newCanvas(im, tc.pic, &scratch{})
			if c := (Colour{200, 200, 200}); how == "fill" {
				cv.fill(tc.fill, c)
			} else {
				full := slices.Repeat([]uint8{255}, tc.fill.Dx()*tc.fill.Dy())
				cv.paint(full, tc.fill.Dx(), tc.fill, c)
			}
			got := im.YCbCrAt(tc.at.X, tc.at.Y)
			if absInt(int(got.Cb)-int(tc.want)) > 1 || got.Cr != got.Cb {
				t.Errorf("%s, %s: chroma at %v is %d,%d, want %d", tc.name, how, tc.at, got.Cb, got.Cr, tc.want)
			}
			for y := tc.pic.Min.Y; y < tc.pic.Max.Y; y++ {
				for x := tc.pic.Min.X; x < tc.pic.Max.X; x++ {
					want := uint8(100)
					if image.Pt(x, y).In(tc.fill) {
						want = 200
					}
					if got := im.YCbCrAt(x, y).Y; got != want {
						t.Fatalf("%s, %s: luma at %d,%d is %d, want %d", tc.name, how, x, y, got, want)
					}
				}
			}
		}
	}
}

func absInt(x int) int { return max(x, -x) }

func TestCellsAgreeWithImageYCbCr(t *testing.T) {
	for _, ratio := range ratios {
		im := image.NewYCbCr(image.Rect(-19, -17, 18, 16), ratio)
		cv := newCanvas(im, im.Rect, nil)
		for y := im.Rect.Min.Y; y < im.Rect.Max.Y; y++ {
			for x := im.Rect.Min.X; x < im.Rect.Max.X; x++ {
				for size, v := range map[int]int{cv.sx: x, cv.sy: y} {
					if lo, hi := cellSpan(v/size, size); v < lo || v >= hi {
						t.Fatalf("%v: %d is not in its own sample's span %d..%d", ratio, v, lo, hi)
					}
				}
				if cv.chromaOffset(x/cv.sx, y/cv.sy) != im.COffset(x, y) {
					t.Fatalf("%v: chroma of %d,%d is another sample than COffset's", ratio, x, y)
				}
			}
		}
	}
}

func TestMixedIsExactAtBothEnds(t *testing.T) {
	for d := range 256 {
		for v := range 256 {
			if got := mixed(uint8(d), uint8(v), 0); got != uint8(d) {
				t.Fatalf("mixed(%d,%d,0) = %d", d, v, got)
			}
			if got := mixed(uint8(d), uint8(v), 255); got != uint8(v) {
				t.Fatalf("mixed(%d,%d,255) = %d", d, v, got)
			}
			if got := int(mixed(uint8(d), uint8(v), 128)); absInt(got-(d+v)/2) > 2 {
				t.Fatalf("mixed(%d,%d,128) = %d", d, v, got)
			}
		}
	}
}

// Cutting a line into stripes must not show: neither gaps nor parts painted twice.
func TestStripesDrawLikeOnePiece(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	area := image.Rect(-40, -30, 70, 65)
	for range 60 {
		p := func() Point { return Point{rng.Float64()*200 - 80, rng.Float64()*200 - 80} }
		g, radius := segment{p(), p()}, 0.5+rng.Float64()*6
		if rng.IntN(8) == 0 {
			g.b = g.a
		}
		for _, ratio := range ratios {
			one, cut := newPicture(area, ratio, Colour{20, 40, 60}), newPicture(area, ratio, Colour{20, 40, 60})
			c := Colour{220, 200, 180}
			cv := newCanvas(one, area, &scratch{})
			cv.stroke(g, radius, area, c)
			cv = newCanvas(cut, area, &scratch{})
			for r := range g.stripes(radius, area) {
				cv.stroke(g, radius, r, c)
			}
			if !slices.Equal(one.Y, cut.Y) || !slices.Equal(one.Cb, cut.Cb) || !slices.Equal(one.Cr, cut.Cr) {
				t.Fatalf("%v: segment %v radius %v differs when cut", ratio, g, radius)
			}
		}
	}
}

// The coverage of a stroke adds up to its area.
func TestCoverageIsTheArea(t *testing.T) {
	r := image.Rect(0, 0, 120, 120)
	m := make([]uint8, r.Dx()*r.Dy())
	for _, tc := range []struct {
		g      segment
		radius float64
	}{
		{segment{Point{20, 60}, Point{100, 60}}, 1},
		{segment{Point{20.3, 60.7}, Point{100.2, 60.7}}, 1.5},
		{segment{Point{60.5, 20}, Point{60.5, 100}}, 2.5},
		{segment{Point{20, 20}, Point{100, 100}}, 1.5},
		{segment{Point{20, 90}, Point{100, 30}}, 3},
		{segment{Point{60.2, 60.4}, Point{60.2, 60.4}}, 5},
	} {
		tc.g.coverage(m, r, tc.radius)
		sum := 0.0
		for _, a := range m {
			sum += float64(a) / 255
		}
		length := math.Hypot(tc.g.b.X-tc.g.a.X, tc.g.b.Y-tc.g.a.Y)
		want := length*2*tc.radius + math.Pi*tc.radius*tc.radius
		if math.Abs(sum-want) > 0.03*want {
			t.Errorf("%+v: covers %.1f pixels, want %.1f", tc, sum, want)
		}
	}
}

// Later issues redraw what is touched: it must stay near what is really drawn.
func TestTouchedIsTight(t *testing.T) {
	size := func(rs []image.Rectangle) (n int) {
		for _, r := range rs {
			n += r.Dx() * r.Dy()
		}
		return n
	}
	var l List
	pic := image.Rect(0, 0, 1280, 720)
	for _, tc := range []struct {
		name  string
		add   func()
		rects int // at most
		area  int
	}{
		{"box", func() { l.Box(Point{100, 100}, Point{500, 400}, light) }, 4, 2*(404*8) + 2*(304*12)},
		{"diagonal line", func() { l.Line(light, Point{100, 100}, Point{580, 580}) }, 64, 64 * 8 * 24},
		{"flat line", func() { l.Line(light, Point{100, 100}, Point{580, 100}) }, 64, 500 * 10},
		{"three dots", func() { l.Points(light, Point{9, 9}, Point{99, 99}, Point{999, 99}) }, 3, 3 * 16 * 14},
		{"outside", func() {
			l.Box(Point{-100, -100}, Point{-50, 900}, light)
			l.Line(light, Point{-9, -9}, Point{-9, 9000})
			l.Text(image.Pt(5000, 0), 20, "unseen", light)
		}, 0, 0},
		{"box around the picture", func() { l.Box(Point{-100, -100}, Point{2000, 2000}, light) }, 0, 0},
	} {
		l.Reset(pic, image.Rectangle{})
		tc.add()
		got := l.Touched(nil)
		if len(got) > tc.rects || size(got) > tc.area {
			t.Errorf("%s touches %d rectangles of %d pixels, want at most %d of %d", tc.name, len(got), size(got), tc.rects, tc.area)
		}
	}
}

// So must the standard picture, of which part after part is drawn on grey here.
func TestComposeTouchesLittleMoreThanItChanges(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    Options
		most float64 // pixels touched for each that changes
	}{
		{"boxes", Options{Boxes: true}, 1.6},
		{"labels", Options{Labels: true}, 1.1},
		{"landmarks", Options{Landmarks: true}, 2.1},
		{"trails", Options{Trails: true}, 2.1},
		{"zones", Options{Zones: true}, 1.5},
	} {
		im := newPicture(hd, image.YCbCrSubsampleRatio444, Colour{131, 97, 143})
		var l List
		l.Reset(im.Rect, image.Rectangle{})
		Compose(&l, tc.o, busy)
		l.Draw(im)
		changed := 0
		for y := range hd.Dy() {
			for x := range hd.Dx() {
				if c := im.YCbCrAt(x, y); (Colour{c.Y, c.Cb, c.Cr}) != (Colour{131, 97, 143}) {
					changed++
				}
			}
		}
		touched := share(l.Touched(nil), 1, 1) * float64(hd.Dx()*hd.Dy())
		if got := touched / float64(changed); got > tc.most {
			t.Errorf("%s touch %.2f pixels for each that changes, want at most %v", tc.name, got, tc.most)
		}
	}
}

func TestNonsenseIsLeftOut(t *testing.T) {
	nan := math.NaN()
	var l List
	l.Reset(image.Rect(0, 0, 100, 100), image.Rectangle{})
	l.Box(Point{nan, 1}, Point{50, 50}, light)
	l.Line(light, Point{1, 1}, Point{50, nan})
	l.Line(light)
	l.Polygon(light, Point{nan, nan})
	l.Points(light, Point{nan, 3}, Point{3, nan})
	l.Text(image.Pt(1, 1), 20, "", light)
	if got := l.Touched(nil); len(got) != 0 {
		t.Errorf("nonsense touches %v", got)
	}
	// One bad landmark must not take the good ones along.
	l.Points(light, Point{nan, 3}, Point{50, 50})
	if got := l.Touched(nil); len(got) != 1 {
		t.Errorf("one good point of two touches %v", got)
	}
}

func TestInfiniteBoxStillShowsItsNearEdges(t *testing.T) {
	im := newPicture(image.Rect(0, 0, 64, 48), image.YCbCrSubsampleRatio420, dark)
	var l List
	l.Reset(im.Rect, image.Rectangle{})
	l.Box(Point{20, 20}, Point{math.Inf(1), 1e300}, light)
	l.Draw(im)
	for _, p := range []image.Point{{20, 40}, {63, 20}} {
		if got := im.YCbCrAt(p.X, p.Y).Y; got != light.Y {
			t.Errorf("luma at %v is %d, want the stroke's %d", p, got, light.Y)
		}
	}
}

func TestZeroListDrawsNothing(t *testing.T) {
	im := newPicture(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio420, dark)
	before := clone(im)
	var l List
	l.Fill(im.Rect, light)
	l.Draw(im)
	if got := l.Touched(nil); got != nil || !slices.Equal(im.Y, before.Y) {
		t.Errorf("the zero list touches %v", got)
	}
}

// contrast is that of WCAG 2.2, 1..21.
func contrast(a, b Colour) float64 {
	luminance := func(c Colour) float64 {
		linear := func(v uint8) float64 {
			if x := float64(v) / 255; x > 0.04045 {
				return math.Pow((x+0.055)/1.055, 2.4)
			}
			return float64(v) / 255 / 12.92
		}
		r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
		return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
	}
	x, y := luminance(a)+0.05, luminance(b)+0.05
	return max(x, y) / min(x, y)
}

func TestPaletteStaysApart(t *testing.T) {
	if c := ColourOf(color.RGBA{255, 255, 255, 255}); c != (Colour{255, 128, 128}) {
		t.Errorf("white is %v", c)
	}
	for id := range uint64(len(palette)) {
		a, b := ColourFor(id), ColourFor(id+1)
		d := absInt(int(a.Y)-int(b.Y)) + absInt(int(a.Cb)-int(b.Cb)) + absInt(int(a.Cr)-int(b.Cr))
		if d < 60 {
			t.Errorf("colours of %d and %d differ by %d only", id, id+1, d)
		}
		// What WCAG 2.2 asks of text and of graphics. A stroke stands out from its dark rim, so
		// that one of both does from any background.
		if got := contrast(onPlate(a), a); got < 4.5 {
			t.Errorf("text on the plate of %d has a contrast of %.1f", id, got)
		}
		if got := contrast(a, dark); got < 3 {
			t.Errorf("colour %d has a contrast of %.1f to its rim", id, got)
		}
	}
	if ColourFor(math.MaxUint64) != ColourFor(math.MaxUint64%uint64(len(palette))) {
		t.Error("large numbers have no colour of the palette")
	}
}
