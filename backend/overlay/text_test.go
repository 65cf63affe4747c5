package overlay

import (
	"fmt"
	"image"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Every text must read on every background: its ink has the wanted luma, a rim around it
// is far from that, and its colour survives the coarser chroma.
func TestTextReadsOnAnyBackground(t *testing.T) {
	for _, ratio := range ratios[:4] {
		for _, px := range []int{12, 17, 26} {
			for _, background := range []uint8{0, 128, 255} {
				for name, c := range map[string]Colour{"green": green, "red": red, "blue": blue, "light": light} {
					im := newPicture(image.Rect(0, 0, 700, 80), ratio, Colour{background, 128, 128})
					var l List
					l.Reset(im.Rect, image.Rectangle{})
					l.Text(image.Pt(5, 5), px, "Object Count: 8", c)
					l.Draw(im)
					ink, rim, cb, cr := textStatistics(&l, im)
					what := fmt.Sprintf("%s text of %d px on %d in %v", name, px, background, ratio)
					if absInt(int(ink)-int(c.Y)) > 1 {
						t.Errorf("%s: luma %d, want %d", what, int(ink), c.Y)
					}
					if ink-rim < 75 {
						t.Errorf("%s: luma %d against a rim of %d", what, int(ink), int(rim))
					}
					for _, x := range [][2]float64{{cb, float64(c.Cb)}, {cr, float64(c.Cr)}} {
						if got, want := x[0]-128, x[1]-128; got/want < 0.4 && max(want, -want) > 5 {
							t.Errorf("%s: chroma is %.0f of %.0f", what, got, want)
						}
					}
				}
			}
		}
	}
}

// textStatistics gives the mean luma and chroma of the list's only text where its ink is
// full, and the mean luma where there is rim and no ink.
func textStatistics(l *List, im *image.YCbCr) (ink, rim, cb, cr float64) {
	s := l.shapes[0]
	f := l.fonts.face(s.px)
	full, bare := map[image.Point]bool{}, map[image.Point]bool{}
	each := func(m mask, pen image.Point, fn func(image.Point, uint8)) {
		for y := m.rect.Min.Y; y < m.rect.Max.Y; y++ {
			for x := m.rect.Min.X; x < m.rect.Max.X; x++ {
				fn(image.Pt(x, y).Add(pen), m.pix[(y-m.rect.Min.Y)*m.rect.Dx()+x-m.rect.Min.X])
			}
		}
	}
	pen := s.pen
	for _, r := range string(l.chars[s.from:s.to]) {
		g := f.glyph(r)
		each(*f.mask(g, true), pen, func(p image.Point, a uint8) { bare[p] = bare[p] || a == 255 })
		pen.X += g.advance
	}
	pen = s.pen
	for _, r := range string(l.chars[s.from:s.to]) {
		g := f.glyph(r)
		each(g.ink, pen, func(p image.Point, a uint8) {
			if a > 0 {
				bare[p] = false
			}
			if a == 255 {
				full[p] = true
			}
		})
		pen.X += g.advance
	}
	n := float64(len(full))
	for p := range full {
		c := im.YCbCrAt(p.X, p.Y)
		ink, cb, cr = ink+float64(c.Y)/n, cb+float64(c.Cb)/n, cr+float64(c.Cr)/n
	}
	n = 0
	for p, is := range bare {
		if is {
			rim += float64(im.YCbCrAt(p.X, p.Y).Y)
			n++
		}
	}
	return ink, rim / n, cb, cr
}

func TestTextSizeHoldsTheInk(t *testing.T) {
	var l List
	for _, px := range []int{minText, 7, 12, 17, 26, 48, 96} {
		for _, s := range []string{"Processing Time: 100ms", "jÅgß|", "\x00\n", "猫", "WWW", " "} {
			l.Reset(image.Rect(0, 0, 4000, 400), image.Rectangle{})
			p := image.Pt(50, 60)
			l.Text(p, px, s, light)
			// Accents may rise above the font's own ascent, and slanted ends lean out.
			slack := 1 + px/8
			room := image.Rectangle{Min: p, Max: p.Add(l.TextSize(px, s))}
			if ink := l.shapes[0].rect; !ink.In(room.Inset(-slack)) {
				t.Errorf("%q at %d px: ink %v does not fit %v", s, px, ink, room)
			}
		}
	}
	if a, b := l.TextSize(20, "FPS: 9.87"), l.TextSize(20, "FPS: 1.11"); a != b {
		t.Errorf("digits differ in width: %v and %v; numbers would jump", a, b)
	}
	if a, b := l.TextSize(-5, "x"), l.TextSize(minText, "x"); a != b {
		t.Errorf("heights below the smallest: %v, want %v", a, b)
	}
}

func TestUnknownRunesShowAsBox(t *testing.T) {
	var l List
	f := l.fonts.face(20)
	for _, r := range []rune{'猫', '\n', 0, '\U0010ffff'} {
		if g := f.glyph(r); g != f.missing {
			t.Errorf("rune %q has a glyph of its own", r)
		}
	}
	if f.glyph('ü') == f.missing {
		t.Error("ü is missing")
	}
	if len(f.others) != 1 {
		t.Errorf("%d glyphs are kept, want only ü", len(f.others))
	}
	if !slices.Contains(f.missing.ink.pix, 255) {
		t.Error("the box for unknown runes is invisible")
	}
	// Broken UTF-8 is drawn byte by byte, not dropped.
	if a, b := l.TextSize(20, "\xff\xfe"), l.TextSize(20, "\ufffd\ufffd"); a != b {
		t.Errorf("broken bytes take %v, want %v", a, b)
	}
}

func TestFacesAreBounded(t *testing.T) {
	draw := func(l *List) *image.YCbCr {
		im := newPicture(image.Rect(0, 0, 400, 400), image.YCbCrSubsampleRatio420, Colour{80, 128, 128})
		l.Reset(im.Rect, image.Rectangle{})
		y := 0
		for px := 10; px < 30; px++ { // more heights than faces are kept
			l.Text(image.Pt(3, y), px, "Agj 猫", green)
			y += px
		}
		l.Draw(im)
		return im
	}
	var l List
	a, b := draw(&l), draw(&l)
	if !slices.Equal(a.Y, b.Y) || !slices.Equal(a.Cb, b.Cb) {
		t.Error("the same list draws differently once faces were replaced")
	}
}

// Lists share nothing that is written to.
func TestListsDrawConcurrently(t *testing.T) {
	pictures := make([]*image.YCbCr, 4)
	var wg sync.WaitGroup
	for i := range pictures {
		wg.Go(func() {
			var l List
			im := newPicture(image.Rect(0, 0, 640, 120), image.YCbCrSubsampleRatio422, Colour{80, 128, 128})
			l.Reset(im.Rect, image.Rectangle{})
			l.Text(image.Pt(0, 0), 20, "Concurrent äöü", red)
			l.Label(image.Pt(0, 50), 31, "person #7 87%", green)
			l.Draw(im)
			pictures[i] = im
		})
	}
	wg.Wait()
	for _, im := range pictures[1:] {
		if !slices.Equal(im.Y, pictures[0].Y) || !slices.Equal(im.Cr, pictures[0].Cr) {
			t.Fatal("lists that draw at the same time draw differently")
		}
	}
}

func TestVeryLongText(t *testing.T) {
	im := newPicture(image.Rect(0, 0, 64, 48), image.YCbCrSubsampleRatio420, dark)
	var l List
	l.Reset(im.Rect, image.Rectangle{})
	l.Text(image.Pt(-3000, 10), 20, strings.Repeat("long ", 10000), light)
	l.Draw(im)
	if !slices.Contains(im.Y, light.Y) {
		t.Error("the visible part of a long text is not drawn")
	}
	for _, r := range l.Touched(nil) {
		if !r.In(im.Rect) {
			t.Errorf("touches %v", r)
		}
	}
}

func TestDilatedIsAMaximumOverADisc(t *testing.T) {
	m := mask{pix: []uint8{200}, rect: image.Rect(5, 7, 6, 8)}
	d := m.dilated(2)
	if d.rect != image.Rect(3, 5, 8, 10) {
		t.Fatalf("grew to %v", d.rect)
	}
	want := []uint8{
		0, 200, 200, 200, 0,
		200, 200, 200, 200, 200,
		200, 200, 200, 200, 200,
		200, 200, 200, 200, 200,
		0, 200, 200, 200, 0,
	}
	if !slices.Equal(d.pix, want) {
		t.Errorf("got %v", d.pix)
	}
}
