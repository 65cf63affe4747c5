package frame_test

import (
	"errors"
	"fmt"
	"image"
	"math"
	"sync"
	"testing"

	"freshframe/backend/frame"
	"freshframe/backend/jpeg"
)

func jpegFrame(tb testing.TB, w, h int) *frame.Frame {
	return &frame.Frame{Format: frame.JPEG, Width: w, Height: h, Data: jpegBytes(tb, w, h, image.YCbCrSubsampleRatio422)}
}

func TestReducedIsTheCoarsestThatIsEnough(t *testing.T) {
	for _, c := range []struct{ w, h, minWidth, minHeight, wantW, wantH int }{
		{640, 480, 640, 480, 640, 480},
		{640, 480, 641, 1, 640, 480}, // smaller than asked for: the whole picture
		{640, 480, 1, 481, 640, 480},
		{640, 480, 321, 1, 640, 480},
		{640, 480, 320, 240, 320, 240},
		{640, 480, 161, 120, 320, 240},
		{640, 480, 160, 121, 320, 240},
		{640, 480, 160, 120, 160, 120},
		{640, 480, 81, 60, 160, 120},
		{640, 480, 80, 60, 80, 60},
		{640, 480, 1, 1, 80, 60},
		{640, 480, 0, -1, 80, 60},
		{101, 35, 0, 0, 13, 5}, // rounded up
		{101, 35, 26, 9, 26, 9},
		{101, 35, 51, 18, 51, 18},
		{101, 35, 52, 18, 101, 35},
		{1, 1, 0, 0, 1, 1},
		{1, 1, 1, 1, 1, 1},
	} {
		t.Run(fmt.Sprintf("%dx%d for %dx%d", c.w, c.h, c.minWidth, c.minHeight), func(t *testing.T) {
			f := jpegFrame(t, c.w, c.h)
			im, err := f.Reduced(c.minWidth, c.minHeight)
			if err != nil {
				t.Fatal(err)
			}
			if whole, err := f.Planes(); (im == whole) != (c.wantW == c.w && c.w > 1) || err != nil {
				t.Errorf("the frame's own planes: %v, %v", im == whole, err)
			}
			if im.Rect != image.Rect(0, 0, c.wantW, c.wantH) || im.SubsampleRatio != image.YCbCrSubsampleRatio422 {
				t.Errorf("got %v %v, want %dx%d", im.Rect, im.SubsampleRatio, c.wantW, c.wantH)
			}
		})
	}
}

// The same fraction of every reduction is the same place.
func TestReducedShowsThePicture(t *testing.T) {
	const w, h = 640, 480
	whole, err := jpegFrame(t, w, h).Planes()
	if err != nil {
		t.Fatal(err)
	}
	for _, minWidth := range []int{320, 160, 80} {
		im, err := jpegFrame(t, w, h).Reduced(minWidth, 1)
		if err != nil {
			t.Fatal(err)
		}
		for y := range im.Rect.Dy() {
			for x := range im.Rect.Dx() {
				n := w / im.Rect.Dx()
				got, want := im.YCbCrAt(x, y).Y, whole.YCbCrAt(x*n+n/2, y*n+n/2).Y
				if math.Abs(float64(got)-float64(want)) > 3 { // the slope inside n lines, and JPEG's
					t.Fatalf("width %d at %d,%d: %d, want about %d", im.Rect.Dx(), x, y, got, want)
				}
			}
		}
	}
}

func TestReducedTakesWhatIsAtHand(t *testing.T) {
	get := func(t *testing.T, f *frame.Frame, minWidth int) *image.YCbCr {
		t.Helper()
		im, err := f.Reduced(minWidth, 1)
		if err != nil {
			t.Fatal(err)
		}
		return im
	}
	t.Run("planes", func(t *testing.T) {
		f := jpegFrame(t, 640, 480)
		whole, err := f.Planes()
		if err != nil {
			t.Fatal(err)
		}
		if im := get(t, f, 80); im != whole {
			t.Errorf("got %v, though the planes are decoded", im.Rect)
		}
	})
	t.Run("a finer one", func(t *testing.T) {
		f := jpegFrame(t, 640, 480)
		half := get(t, f, 320)
		if im := get(t, f, 80); im != half {
			t.Errorf("got %v, though a half is decoded", im.Rect)
		}
	})
	t.Run("but none too coarse", func(t *testing.T) {
		f := jpegFrame(t, 640, 480)
		eighth, quarter := get(t, f, 80), get(t, f, 160)
		if quarter.Rect.Dx() != 160 {
			t.Errorf("got %v, want a quarter", quarter.Rect)
		}
		if im := get(t, f, 8); im != eighth {
			t.Errorf("got %v, though an eighth is decoded", im.Rect)
		}
		if im := get(t, f, 100); im != quarter {
			t.Errorf("got %v, though a quarter is decoded", im.Rect)
		}
	})
	t.Run("uncompressed", func(t *testing.T) {
		for _, format := range rawFormats {
			f := rawFrame(format, 64, 48)
			im := get(t, f, 8)
			wantPixels(t, f, im)
			if whole, err := f.Planes(); im != whole || err != nil {
				t.Errorf("%v: planes of its own, %v", format, err)
			}
		}
	})
}

// Every caller hears the same reason, one like that of Planes.
func TestReducedFailsEveryTime(t *testing.T) {
	photo := jpegBytes(t, 64, 64, image.YCbCrSubsampleRatio420)
	for name, f := range map[string]*frame.Frame{
		"noise":         {Format: frame.JPEG, Width: 64, Height: 64, Data: noise(500)},
		"cut off":       {Format: frame.JPEG, Width: 64, Height: 64, Data: photo[:len(photo)-len(photo)/8]},
		"another size":  {Format: frame.JPEG, Width: 64, Height: 63, Data: photo}, // an eighth is 8x8 of both
		"no size":       {Format: frame.JPEG, Data: photo},
		"short yuyv":    {Format: frame.YUYV, Width: 64, Height: 64, Data: noise(500)},
		"no format":     {Width: 64, Height: 64, Data: photo},
		"absurd width":  {Format: frame.JPEG, Width: math.MaxInt, Height: math.MaxInt, Data: photo},
		"negative size": {Format: frame.JPEG, Width: -64, Height: 64, Data: photo},
	} {
		t.Run(name, func(t *testing.T) {
			like := &frame.Frame{Format: f.Format, Width: f.Width, Height: f.Height, Data: f.Data}
			_, want := like.Planes()
			im, first := f.Reduced(0, 0)
			if im != nil || !errors.Is(first, frame.ErrCorrupt) || errors.Is(first, jpeg.ErrFormat) != errors.Is(want, jpeg.ErrFormat) {
				t.Errorf("%v, %v; Planes: %v", im, first, want)
			}
			f.Data = photo
			if im, second := f.Reduced(1, 1); im != nil || !errors.Is(second, frame.ErrCorrupt) {
				t.Errorf("the second caller got %v, %v, the first %v", im, second, first)
			}
		})
	}
	t.Run("as Planes did", func(t *testing.T) {
		f := &frame.Frame{Format: frame.JPEG, Width: 64, Height: 64, Data: noise(500)}
		_, want := f.Planes()
		f.Data = photo
		if im, err := f.Reduced(8, 8); im != nil || err != want {
			t.Errorf("%v, %v, want %v", im, err, want)
		}
	})
}

// All who ask at once for one reduction get the same planes with what the others have drawn
// on them, which a second decoding would wipe out; meanwhile the whole picture is decoded.
func TestReducedOnceForAll(t *testing.T) {
	for range 50 {
		f := jpegFrame(t, 128, 96)
		begin := make(chan struct{})
		var wg sync.WaitGroup
		var pencil sync.Mutex
		var got [4]*image.YCbCr
		for i := range got {
			wg.Go(func() {
				<-begin
				im, err := f.Reduced(64>>(i/2), 1)
				if err != nil {
					t.Error(err)
					return
				}
				pencil.Lock()
				im.Y[i] = byte(100 + i)
				pencil.Unlock()
				got[i] = im
			})
		}
		wg.Go(func() {
			<-begin
			if im, err := f.Planes(); err != nil || im.Rect != f.Bounds() {
				t.Errorf("%v, %v", im, err)
			}
		})
		close(begin)
		wg.Wait()
		for i, im := range got {
			if im == nil {
				t.FailNow()
			}
			if im.Y[i] != byte(100+i) {
				t.Fatalf("what caller %d drew on %v is gone", i, im.Rect)
			}
		}
	}
}

// A frame that comes again shows its new picture, of whatever size, in old memory if it fits.
func TestReducedPool(t *testing.T) {
	var p frame.Pool
	old := map[image.Rectangle]*image.YCbCr{}
	for i, c := range []struct {
		w, h  int
		reuse bool
		cut   int
	}{
		{160, 96, false, 0}, {160, 96, true, 0}, {320, 240, false, 0}, {320, 240, true, 0},
		{320, 240, false, 40}, {320, 240, true, 0}, {48, 32, false, 0}, {160, 96, false, 0},
	} {
		f := p.Get()
		f.Format, f.Width, f.Height = frame.JPEG, c.w, c.h
		data := jpegBytes(t, c.w, c.h, image.YCbCrSubsampleRatio422)
		f.Data = append(f.Data, data[:len(data)-c.cut]...)
		im, err := f.Reduced(c.w/4, c.h/4)
		if (err != nil) != (c.cut > 0) {
			t.Fatalf("picture %d: %v", i, err)
		}
		if err == nil {
			if want := image.Rect(0, 0, c.w/4, c.h/4); im.Rect != want {
				t.Fatalf("picture %d: %v, want %v", i, im.Rect, want)
			}
			if reused := old[im.Rect] == im; reused != c.reuse {
				t.Errorf("picture %d: reused: %v, want %v", i, reused, c.reuse)
			}
			old[im.Rect] = im
		}
		f.Release()
	}
}

func TestReducedDoesNotAllocate(t *testing.T) {
	var p frame.Pool
	data := jpegBytes(t, 640, 480, image.YCbCrSubsampleRatio422)
	cycle := func() {
		f := p.Get()
		f.Format, f.Width, f.Height = frame.JPEG, 640, 480
		f.Data = append(f.Data, data...)
		for _, minWidth := range []int{80, 160, 320, 640} {
			if _, err := f.Reduced(minWidth, 1); err != nil {
				t.Fatal(err)
			}
		}
		f.Release()
	}
	cycle()
	if n := testing.AllocsPerRun(20, cycle); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
