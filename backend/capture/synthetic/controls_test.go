package synthetic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/capture/blockcode"
)

// planesOf are the three planes of a picture without what the stride adds.
func planesOf(im *image.YCbCr) [3][]byte {
	cw, ch := (im.Rect.Dx()+1)/2, im.Rect.Dy()
	if im.SubsampleRatio == image.YCbCrSubsampleRatio420 {
		ch = (ch + 1) / 2
	}
	return [3][]byte{
		appendPlane(nil, im.Y, im.YStride, im.Rect.Dx(), im.Rect.Dy()),
		appendPlane(nil, im.Cb, im.CStride, cw, ch),
		appendPlane(nil, im.Cr, im.CStride, cw, ch),
	}
}

var looks = []look{
	{}, {brightness: 20}, {brightness: -64}, {brightness: 64}, {mirror: true}, {pattern: ramp},
	{brightness: -30, mirror: true, pattern: ramp}, {brightness: 12, mirror: true},
}

func eachLook(t *testing.T, test func(t *testing.T, s Scene, plain, changed *painter, l look)) {
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420} {
		for _, size := range []image.Point{{160, 120}, {245, 135}} {
			s := NewScene(size, 4, 3)
			plain := newPainter(s, ratio)
			for _, l := range looks {
				t.Run(fmt.Sprint(ratio, size, l), func(t *testing.T) {
					test(t, s, plain, plain.as(l), l)
				})
			}
		}
	}
}

var someTime = time.Unix(1735689600, 123456000)

// Every pixel of the scene is what the look makes of the default one's.
func TestLooksPixelByPixel(t *testing.T) {
	eachLook(t, func(t *testing.T, s Scene, plain, changed *painter, l look) {
		for _, seq := range []uint64{1, 500} {
			was, is := plain.paint(seq, someTime), changed.paint(seq, someTime)
			objects := s.Objects(seq)
			for y := range s.area.Max.Y {
				for x := range s.size.X {
					from := image.Pt(x, y)
					if l.mirror {
						from.X = s.size.X - 1 - x
					}
					near, inside := false, false
					for _, o := range objects {
						if from.In(o.Box) {
							near, inside = true, inside || within(o, from, -3)
						}
					}
					want := int(was.YCbCrAt(from.X, from.Y).Y)
					switch {
					case l.pattern == ramp && !near:
						want = from.X * 255 / (s.size.X - 1)
					case near && !inside: // its edge mixes with what is behind it
						continue
					}
					want = min(max(want+l.brightness, 0), 255)
					if got := int(is.YCbCrAt(x, y).Y); got != want {
						t.Fatalf("frame %d shows luma %d at (%d,%d), want %d", seq, got, x, y, want)
					}
				}
			}
		}
	})
}

// Colour moves with the scene and is otherwise untouched.
func TestLooksKeepColour(t *testing.T) {
	eachLook(t, func(t *testing.T, s Scene, plain, changed *painter, l look) {
		is := changed.paint(9, someTime)
		for _, o := range s.Objects(9) {
			box := l.place(pose{box: o.Box}, s.size.X).box
			if !box.In(s.area) {
				t.Fatalf("object %d at %v is outside %v", o.ID, box, s.area)
			}
			mid := box.Min.Add(box.Max).Div(2)
			got, covered := is.YCbCrAt(mid.X, mid.Y), false
			for _, other := range s.Objects(9)[o.ID:] {
				covered = covered || mid.In(l.place(pose{box: other.Box}, s.size.X).box)
			}
			if !covered && (got.Cb != o.Colour.Cb || got.Cr != o.Colour.Cr) {
				t.Errorf("the middle of object %d is %v, want the colour of %v", o.ID, got, o.Colour)
			}
		}
	})
}

// Code and caption must be readable, and the picture the same however it came about.
func TestLooksKeepTheCode(t *testing.T) {
	eachLook(t, func(t *testing.T, s Scene, plain, changed *painter, l look) {
		for seq := range uint64(20) {
			changed.paint(1e9+seq, time.Unix(int64(seq)*7777, 0))
		}
		im := changed.paint(1234, someTime)
		if seq, micros, err := blockcode.Read(im); err != nil || seq != 1234 || micros != someTime.UnixMicro() {
			t.Errorf("code (%d, %d, %v)", seq, micros, err)
		}
		if got, want := readCaption(im, &s.layout), someTime.Format("15:04:05.000")+" #1234"; got != want {
			t.Errorf("caption %q, want %q", got, want)
		}
		fresh := plain.as(l).paint(1234, someTime)
		if a, b := planesOf(im), planesOf(fresh); !bytes.Equal(a[0], b[0]) || !bytes.Equal(a[1], b[1]) || !bytes.Equal(a[2], b[2]) {
			t.Error("a used painter's frame differs from a new one's")
		}
		if l == (look{}) {
			a, b := planesOf(im), planesOf(plain.paint(1234, someTime))
			if !bytes.Equal(a[0], b[0]) || !bytes.Equal(a[1], b[1]) || !bytes.Equal(a[2], b[2]) {
				t.Error("the default look differs from none at all")
			}
		}
	})
}

func TestLooksPaintWithoutAllocating(t *testing.T) {
	for _, l := range looks {
		p := newPainter(NewScene(image.Pt(640, 360), 8, 1), image.YCbCrSubsampleRatio422).as(l)
		seq := uint64(0)
		if n := testing.AllocsPerRun(20, func() { seq++; p.paint(seq, someTime) }); n > 0 {
			t.Errorf("%+v: painting a frame allocates %v times", l, n)
		}
	}
}

func controlsOf(s capture.Source) capture.Controls { return s.(capture.Controllable).Controls() }

func valuesOf(t *testing.T, c capture.Controls) string {
	t.Helper()
	list, err := c.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out string
	for _, k := range list {
		out += fmt.Sprintf("%s=%d ", k.Name, k.Value)
	}
	return out
}

// Set while frames flow: the next frame shows it, none is late or lost, and the next opening
// is back at the defaults.
func TestSyntheticControls(t *testing.T) {
	for _, format := range []string{"mjpeg", "yuyv422", "nv12", "yuv420p"} {
		synctest.Test(t, func(t *testing.T) {
			o := opener(t, "synthetic:?video_size=320x240&objects=0&input_format="+format)
			s := open(t, o, 1)
			c := controlsOf(s)
			corner := func() uint8 {
				t.Helper()
				f := read(t, s)
				if !f.Dequeued.Equal(f.Captured) || f.Lost != 0 {
					t.Errorf("%s: frame %d is %v late, %d lost", format, f.Seq, f.Dequeued.Sub(f.Captured), f.Lost)
				}
				planes, err := f.Planes()
				if err != nil {
					t.Fatal(err)
				}
				return planes.Y[planes.YOffset(4, 4)]
			}
			set := func(values map[string]int64) {
				t.Helper()
				if err := c.Set(t.Context(), values); err != nil {
					t.Fatal(err)
				}
			}
			plain := corner()
			set(map[string]int64{"brightness": 40})
			if got := corner(); far(got, plain+40) {
				t.Errorf("%s: luma %d, want %d and 40 more", format, got, plain)
			}
			set(map[string]int64{"pattern": 1, "brightness": 0})
			if got := corner(); far(got, 3) {
				t.Errorf("%s: luma %d at the dark end of the ramp", format, got)
			}
			set(map[string]int64{"mirror": 1})
			if got := corner(); far(got, 251) {
				t.Errorf("%s: luma %d at the bright end of the ramp", format, got)
			}
			if got := valuesOf(t, c); got != "brightness=0 mirror=1 pattern=1 " {
				t.Errorf("%s: %s", format, got)
			}
			s = open(t, o, 100)
			if got := valuesOf(t, controlsOf(s)); got != "brightness=0 mirror=0 pattern=0 " {
				t.Errorf("%s: after a reopening %s", format, got)
			}
			if got := corner(); got != plain {
				t.Errorf("%s: luma %d after a reopening, want %d", format, got, plain)
			}
		})
	}
}

func TestSyntheticControlsRefuse(t *testing.T) {
	c := controlsOf(open(t, opener(t, "synthetic:?video_size=160x120"), 1))
	for _, values := range []map[string]int64{{"brightness": 65}, {"mirror": 2}, {"pattern": -1}, {"contrast": 0}, {"mirror": 1, "brightness": -65}} {
		fault(t, c.Set(t.Context(), values), capture.ControlFailed, "no such control or value")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Set(ctx, map[string]int64{"mirror": 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	if _, err := c.List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	if got := valuesOf(t, c); got != "brightness=0 mirror=0 pattern=0 " {
		t.Errorf("after refusals %s", got)
	}
}

// Many set while one reads; the race detector watches.
func TestSetWhileReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, opener(t, "synthetic:?video_size=160x120&framerate=240"), 1)
		done := make(chan struct{})
		for i := range 4 {
			go func() {
				for j := range 25 {
					time.Sleep(time.Millisecond)
					if err := controlsOf(s).Set(t.Context(), map[string]int64{"brightness": int64(10*i - j), "mirror": int64(j % 2)}); err != nil {
						t.Error(err)
					}
				}
				done <- struct{}{}
			}()
		}
		for range 20 {
			if err := read(t, s).Check(); err != nil {
				t.Error(err)
			}
		}
		for range 4 {
			<-done
		}
	})
}

func BenchmarkSetControls(b *testing.B) {
	c := controlsOf(open(b, opener(b, "synthetic:"), 1))
	i := int64(0)
	for b.Loop() {
		i++
		if err := c.Set(b.Context(), map[string]int64{"brightness": i%64 + 1, "mirror": i % 2}); err != nil {
			b.Fatal(err)
		}
	}
}
