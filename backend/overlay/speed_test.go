package overlay

import (
	"image"
	"testing"
)

var hd = image.Rect(0, 0, 1280, 720)

// draw composes and draws a frame as the renderer does.
func drawFrame(l *List, im *image.YCbCr, dst []image.Rectangle) []image.Rectangle {
	l.Reset(im.Rect, image.Rectangle{})
	Compose(l, everything, busy)
	l.Line(green, Point{10, 20}, Point{300.5, 200})
	l.Polygon(red, Point{10, 20}, Point{30, 200}, Point{200, 10})
	dst = l.Touched(dst[:0])
	l.Draw(im)
	return dst
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	im := image.NewYCbCr(hd, image.YCbCrSubsampleRatio422)
	var l List
	dst := drawFrame(&l, im, nil)
	if n := testing.AllocsPerRun(20, func() { dst = drawFrame(&l, im, dst) }); n != 0 {
		t.Errorf("%v allocations a frame, want 0", n)
	}
}

func benchmark(b *testing.B, ratio image.YCbCrSubsampleRatio, add func(*List)) {
	im := image.NewYCbCr(hd, ratio)
	var l List
	b.ReportAllocs()
	for b.Loop() {
		l.Reset(im.Rect, image.Rectangle{})
		add(&l)
		l.Draw(im)
	}
}

func BenchmarkLabel(b *testing.B) {
	benchmark(b, image.YCbCrSubsampleRatio422, func(l *List) { l.Label(image.Pt(101, 101), 26, "person #7 87%", ColourFor(1)) })
}

func BenchmarkText(b *testing.B) {
	benchmark(b, image.YCbCrSubsampleRatio422, func(l *List) { l.Text(image.Pt(101, 101), 26, "Processing Time: 100ms", green) })
}

func BenchmarkLine(b *testing.B) {
	benchmark(b, image.YCbCrSubsampleRatio422, func(l *List) { l.Line(green, Point{100, 100}, Point{400, 300}) })
}

func BenchmarkBox(b *testing.B) {
	benchmark(b, image.YCbCrSubsampleRatio422, func(l *List) { l.Box(Point{101, 101}, Point{400, 500}, green) })
}

// BenchmarkFrame is the frame of the project's estimates: 3 boxes and 4 labels.
func BenchmarkFrame(b *testing.B) {
	for _, ratio := range ratios[:4] {
		b.Run(ratio.String()[len("YCbCrSubsampleRatio"):], func(b *testing.B) {
			benchmark(b, ratio, func(l *List) {
				for i := range 3 {
					x := 100 + 300*float64(i)
					l.Box(Point{x, 200}, Point{x + 250, 600}, ColourFor(uint64(i)))
				}
				for i := range 4 {
					l.Label(image.Pt(51+300*i, 160), 26, "person #7 87%", ColourFor(uint64(i)))
				}
			})
		})
	}
}

// BenchmarkCompose is a crowded frame: four people with bones and trails, two hands and more,
// ten objects, four areas. It also tells which share of the pixels, and of the JPEG blocks of
// 16 x 8, is touched.
func BenchmarkCompose(b *testing.B) {
	for _, tc := range []struct {
		name string
		o    Options
	}{
		{"everything", everything},
		{"boxes", Options{Boxes: true}},
		{"labels", Options{Labels: true}},
		{"landmarks", Options{Landmarks: true}},
		{"trails", Options{Trails: true}},
		{"zones", Options{Zones: true}},
	} {
		b.Run(tc.name, func(b *testing.B) {
			im := image.NewYCbCr(hd, image.YCbCrSubsampleRatio422)
			var l List
			var touched []image.Rectangle
			b.ReportAllocs()
			for b.Loop() {
				l.Reset(im.Rect, image.Rectangle{})
				Compose(&l, tc.o, busy)
				touched = l.Touched(touched[:0])
				l.Draw(im)
			}
			b.ReportMetric(100*share(touched, 1, 1), "%pixels")
			b.ReportMetric(100*share(touched, 16, 8), "%blocks")
			b.ReportMetric(float64(len(touched)), "rects")
		})
	}
}

// share is how much of hd the rectangles cover, in blocks of w x h pixels.
func share(rs []image.Rectangle, w, h int) float64 {
	covered := map[image.Point]bool{}
	for _, r := range rs {
		for y := r.Min.Y / h; y <= (r.Max.Y-1)/h; y++ {
			for x := r.Min.X / w; x <= (r.Max.X-1)/w; x++ {
				covered[image.Pt(x, y)] = true
			}
		}
	}
	return float64(len(covered)*w*h) / float64(hd.Dx()*hd.Dy())
}

func BenchmarkTouched(b *testing.B) {
	var l List
	l.Reset(hd, image.Rectangle{})
	Compose(&l, everything, busy)
	var dst []image.Rectangle
	b.ReportAllocs()
	for b.Loop() {
		dst = l.Touched(dst[:0])
	}
}
