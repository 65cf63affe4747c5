package frame_test

import (
	"errors"
	"image"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"freshframe/backend/frame"
	"freshframe/backend/jpeg"
)

func TestCheck(t *testing.T) {
	broken := errors.New("the driver set its error flag")
	photo := jpegBytes(t, 48, 20, image.YCbCrSubsampleRatio422)
	large := make([]byte, 3*65535)
	for _, c := range []struct {
		name string
		f    *frame.Frame
		want string // part of the error, "" for none
		also error  // wrapped too
	}{
		{"yuyv", rawFrame(frame.YUYV, 6, 3), "", nil},
		{"nv12", rawFrame(frame.NV12, 5, 3), "", nil},
		{"i420", rawFrame(frame.I420, 5, 3), "", nil},
		{"the smallest", rawFrame(frame.I420, 1, 1), "", nil},
		{"the widest", &frame.Frame{Format: frame.I420, Width: 65535, Height: 1, Data: large}, "", nil},
		{"the highest", &frame.Frame{Format: frame.NV12, Width: 1, Height: 65535, Data: large}, "", nil},
		{"more bytes than needed", &frame.Frame{Format: frame.YUYV, Width: 2, Height: 1, Data: noise(9)}, "", nil},

		{"damaged, though all bytes are there", &frame.Frame{Format: frame.YUYV, Width: 2, Height: 1, Data: noise(4), Damaged: broken}, "error flag", broken},
		{"damaged JPEG", &frame.Frame{Format: frame.JPEG, Data: photo, Damaged: broken}, "error flag", broken},
		{"odd yuyv", rawFrame(frame.YUYV, 5, 3), "even width, got 5", nil},
		{"no width", &frame.Frame{Format: frame.YUYV, Width: 0, Height: 3, Data: noise(9)}, "0x3 is outside 1..65535", nil},
		{"no height", &frame.Frame{Format: frame.NV12, Width: 4, Height: 0, Data: noise(9)}, "4x0", nil},
		{"negative", &frame.Frame{Format: frame.I420, Width: -4, Height: -4, Data: noise(90)}, "-4x-4", nil},
		{"too wide", &frame.Frame{Format: frame.YUYV, Width: 65536, Height: 1, Data: large}, "65536x1", nil},
		{"too high", &frame.Frame{Format: frame.I420, Width: 1, Height: 65536, Data: large}, "1x65536", nil},
		{"the largest, without its bytes", &frame.Frame{Format: frame.I420, Width: 65535, Height: 65535, Data: noise(9)}, "needs 6442319873 bytes, got 9", nil},
		{"yuyv one short", &frame.Frame{Format: frame.YUYV, Width: 2, Height: 3, Data: noise(11)}, "yuyv422 2x3 needs 12 bytes, got 11", nil},
		{"nv12 one short", &frame.Frame{Format: frame.NV12, Width: 3, Height: 3, Data: noise(16)}, "nv12 3x3 needs 17 bytes, got 16", nil},
		{"i420 empty", &frame.Frame{Format: frame.I420, Width: 2, Height: 2}, "needs 6 bytes, got 0", nil},
		{"no format", &frame.Frame{Width: 2, Height: 2, Data: noise(9)}, "format(0)", nil},
		{"unknown format", &frame.Frame{Format: 99, Width: 2, Height: 2, Data: noise(9)}, "format(99)", nil},
		{"no JPEG at all", &frame.Frame{Format: frame.JPEG, Width: 2, Height: 2}, "SOI", jpeg.ErrFormat},
		{"JPEG of noise", &frame.Frame{Format: frame.JPEG, Width: 2, Height: 2, Data: noise(500)}, "SOI", jpeg.ErrFormat},
		{"JPEG cut in its headers", &frame.Frame{Format: frame.JPEG, Width: 2, Height: 2, Data: photo[:60]}, "", jpeg.ErrFormat},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, h := c.f.Width, c.f.Height
			err := c.f.Check()
			if c.want == "" && c.also == nil {
				if err != nil {
					t.Fatal(err)
				}
				if _, err := c.f.Planes(); err != nil {
					t.Errorf("what Check let pass does not decode: %v", err)
				}
				return
			}
			if !errors.Is(err, frame.ErrCorrupt) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want a corrupt frame and %q", err, c.want)
			}
			if c.also != nil && !errors.Is(err, c.also) {
				t.Errorf("%v does not wrap %v", err, c.also)
			}
			if c.f.Width != w || c.f.Height != h {
				t.Errorf("the size became %dx%d", c.f.Width, c.f.Height)
			}
		})
	}
}

// A JPEG's own header is right about its size, whatever the driver negotiated.
func TestCheckTakesSizeFromJPEG(t *testing.T) {
	for _, before := range []image.Point{{}, {48, 20}, {640, 480}, {-1, math.MaxInt}} {
		f := &frame.Frame{Format: frame.JPEG, Width: before.X, Height: before.Y, Data: jpegBytes(t, 48, 20, image.YCbCrSubsampleRatio422)}
		if err := f.Check(); err != nil {
			t.Fatal(err)
		}
		if want := image.Rect(0, 0, 48, 20); f.Bounds() != want {
			t.Errorf("said to be %v: became %v, want %v", before, f.Bounds(), want)
		}
		im, err := f.Planes()
		if err != nil || im.Rect != f.Bounds() {
			t.Errorf("planes %v, %v", im, err)
		}
	}
}

func TestPlanesKeepSubsampling(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420} {
		f := &frame.Frame{Format: frame.JPEG, Width: 37, Height: 19, Data: jpegBytes(t, 37, 19, ratio)}
		im, err := f.Planes()
		if err != nil || im.SubsampleRatio != ratio || im.Rect != f.Bounds() {
			t.Errorf("%v: %v, %v", ratio, im, err)
		}
	}
}

// Every caller hears the same reason.
func TestPlanesFailEveryTime(t *testing.T) {
	photo := jpegBytes(t, 64, 64, image.YCbCrSubsampleRatio420)
	for name, f := range map[string]*frame.Frame{
		"noise":         {Format: frame.JPEG, Width: 64, Height: 64, Data: noise(500)},
		"cut off":       {Format: frame.JPEG, Width: 64, Height: 64, Data: photo[:len(photo)-len(photo)/8]},
		"another size":  {Format: frame.JPEG, Width: 64, Height: 63, Data: photo},
		"short yuyv":    {Format: frame.YUYV, Width: 64, Height: 64, Data: noise(500)},
		"no format":     {Width: 64, Height: 64, Data: photo},
		"absurd width":  {Format: frame.I420, Width: math.MaxInt, Height: math.MaxInt, Data: noise(500)},
		"negative size": {Format: frame.NV12, Width: -64, Height: 64, Data: noise(500)},
	} {
		im, first := f.Planes()
		if im != nil || !errors.Is(first, frame.ErrCorrupt) {
			t.Errorf("%s: %v, %v", name, im, first)
		}
		f.Data = photo
		if im, second := f.Planes(); im != nil || second != first {
			t.Errorf("%s: the second caller got %v, %v, the first %v", name, im, second, first)
		}
	}
}

// Whoever comes second gets the same planes with what the first has drawn on them: a
// second decoding would wipe it out.
func TestPlanesDecodeOnceForAll(t *testing.T) {
	frames := map[string]func() *frame.Frame{
		"jpeg": func() *frame.Frame {
			return &frame.Frame{Format: frame.JPEG, Width: 128, Height: 96, Data: jpegBytes(t, 128, 96, image.YCbCrSubsampleRatio420)}
		},
		"yuyv": func() *frame.Frame { return rawFrame(frame.YUYV, 128, 96) },
	}
	for name, fresh := range frames {
		t.Run(name, func(t *testing.T) {
			for range 50 {
				f := fresh()
				const callers = 2
				var (
					begin  = make(chan struct{})
					pencil sync.Mutex
					got    [callers]*image.YCbCr
					wg     sync.WaitGroup
				)
				for i := range callers {
					wg.Go(func() {
						<-begin
						im, err := f.Planes()
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
				begin <- struct{}{}
				begin <- struct{}{}
				wg.Wait()
				if got[0] == nil || got[0] != got[1] {
					t.Fatalf("the callers got different planes, %p and %p", got[0], got[1])
				}
				if got[0].Y[0] != 100 || got[0].Y[1] != 101 {
					t.Fatalf("what was drawn is gone: %d, %d", got[0].Y[0], got[0].Y[1])
				}
			}
		})
	}
}

// Unpack is for those who need clean pixels while somebody draws on the frame's planes.
func TestUnpackWhileDrawing(t *testing.T) {
	f := rawFrame(frame.YUYV, 64, 48)
	im, err := f.Planes()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 20 {
			for i := range im.Y {
				im.Y[i]++
			}
		}
	})
	for range 20 {
		clean, err := f.Unpack(nil)
		if err != nil {
			t.Fatal(err)
		}
		wantPixels(t, f, clean)
	}
	wg.Wait()
}

func TestSettleCountsOnce(t *testing.T) {
	f := &frame.Frame{}
	if got := f.Fate(); got != frame.InFlight {
		t.Fatalf("a new frame is %v", got)
	}
	fates := []frame.Fate{frame.Analyzed, frame.Displaced, frame.Late, frame.Corrupt, frame.Failed, frame.Idle, frame.Shutdown}
	first := make([]bool, len(fates))
	var wg sync.WaitGroup
	for i, fate := range fates {
		wg.Go(func() { first[i] = f.Settle(fate) })
	}
	wg.Wait()
	n := 0
	for i, fate := range fates {
		if first[i] {
			n++
			if f.Fate() != fate {
				t.Errorf("%v was counted, but the frame is %v", fate, f.Fate())
			}
		}
		if f.Settle(fate) {
			t.Errorf("a settled frame could be settled as %v", fate)
		}
	}
	if n != 1 {
		t.Errorf("%d calls counted, want 1", n)
	}
}

func TestSettleRefusesWhatIsNoFate(t *testing.T) {
	for _, fate := range []frame.Fate{frame.InFlight, frame.NumFates, 200} {
		f := &frame.Frame{}
		wantPanic(t, fate.String(), func() { f.Settle(fate) })
		if f.Fate() != frame.InFlight {
			t.Errorf("the frame became %v", f.Fate())
		}
	}
}

func TestAge(t *testing.T) {
	at := time.Unix(1000, 0)
	f := &frame.Frame{Captured: at}
	if got := f.Age(at.Add(117 * time.Millisecond)); got != 117*time.Millisecond {
		t.Errorf("got %v", got)
	}
}

// These words go over the wire and into logs.
func TestWords(t *testing.T) {
	var got []string
	for f := range frame.NumFates + 1 {
		got = append(got, f.String())
	}
	for f := range frame.I420 + 2 {
		got = append(got, f.String())
	}
	got = append(got, frame.ByDequeue.String(), frame.ByDriver.String())
	const want = "in_flight analyzed displaced late corrupt failed idle shutdown fate(8) " +
		"format(0) mjpeg yuyv422 nv12 yuv420p format(5) dequeue driver"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

// wantPanic runs fn and wants it to panic with a message that contains part.
func wantPanic(t *testing.T, part string, fn func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if msg, _ := recover().(string); !strings.HasPrefix(msg, "frame: ") || !strings.Contains(msg, part) {
			t.Errorf("panic %q, want one of this package with %q", msg, part)
		}
	}()
	fn()
}
