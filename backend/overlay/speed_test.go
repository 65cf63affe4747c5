package overlay

import (
	"image"
	"testing"
)

var hd = image.Rect(0, 0, 1280, 720)

// draw composes and draws a frame as the renderer does.
func drawFrame(l *List, im *image.YCbCr, dst []image.Rectangle) []image.Rectangle {
	l.Reset(im.Rect, image.Rectangle{})
	Compose(l, everything, numbers, scene)
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

func BenchmarkTouched(b *testing.B) {
	var l List
	l.Reset(hd, image.Rectangle{})
	Compose(&l, everything, numbers, scene)
	var dst []image.Rectangle
	b.ReportAllocs()
	for b.Loop() {
		dst = l.Touched(dst[:0])
	}
}
