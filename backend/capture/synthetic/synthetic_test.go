package synthetic

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
	"testing"
	"testing/synctest"

	"freshframe/backend/capture"
	"freshframe/backend/capture/blockcode"
	"freshframe/backend/frame"
)

// remember parses a source value the way main does.
func remember(text string) (capture.Opener, error) {
	s, a, err := capture.Schemes{Scheme()}.Parse(text)
	if err != nil {
		return nil, err
	}
	return s.Remember(a)
}

func opener(t testing.TB, text string) capture.Opener {
	t.Helper()
	o, err := remember(text)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func open(t testing.TB, o capture.Opener, firstSeq uint64) capture.Source {
	t.Helper()
	s, err := o(t.Context(), firstSeq)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// read reads one frame; a fresh one each time, as its decoded planes are remembered.
func read(t testing.TB, s capture.Source) *frame.Frame {
	t.Helper()
	var pool frame.Pool
	f := pool.Get()
	if err := s.Read(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	return f
}

// fault checks that err is a capture.Error of that code and says all the words.
func fault(t *testing.T, err error, code capture.Code, words ...string) {
	t.Helper()
	var e *capture.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("error %v, want one of code %s", err, code)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func TestBadOptions(t *testing.T) {
	for _, c := range []struct {
		text  string
		words []string
	}{
		{"synthetic:?video_size=159x200", []string{"video_size=159x200", "160"}},
		{"synthetic:?video_size=640x119", []string{"video_size=640x119", "120"}},
		{"synthetic:?video_size=4097x480", []string{"video_size=4097x480", "4096"}},
		{"synthetic:?video_size=1600x160", []string{"video_size=1600x160", "8 times"}},
		{"synthetic:?video_size=big", []string{"video_size=big", "WIDTHxHEIGHT"}},
		{"synthetic:?video_size=321x240&input_format=yuyv422", []string{"video_size=321x240", "even width"}},
		{"synthetic:?framerate=0.5", []string{"framerate=0.5", "1 to 240"}},
		{"synthetic:?framerate=241", []string{"framerate=241"}},
		{"synthetic:?framerate=NaN", []string{"framerate=NaN"}},
		{"synthetic:?objects=33", []string{"objects=33", "0 to 32"}},
		{"synthetic:?objects=-1", []string{"objects=-1"}},
		{"synthetic:?seed=x", []string{"seed=x"}},
		{"synthetic:?scene=street", []string{"scene=street", "people", "room"}},
		{"synthetic:?input_format=h264", []string{"input_format=h264", "yuyv422"}},
		{"synthetic:?quality=0", []string{"quality=0", "1 to 100"}},
		{"synthetic:?freeze_after=3", []string{"freeze_after=3", "unit"}},
		{"synthetic:?lose_after=-1s", []string{"lose_after=-1s"}},
		{"synthetic:?return_after=1s", []string{"return_after=1s", "lose_after"}},
		{"synthetic:?drop_every=1", []string{"drop_every=1", "every frame"}},
		{"synthetic:?corrupt_every=-1", []string{"corrupt_every=-1"}},
		{"synthetic:?jitter=11s", []string{"jitter=11s"}},
		{"synthetic:?slow=2m", []string{"slow=2m"}},
		{"synthetic:?frame_rate=30", []string{"frame_rate", `"framerate"`}},
		{"synthetic:/dev/video0", []string{"/dev/video0", "synthetic:?"}},
		{"synthetic:x?drop_every=1&video_size=159x160", []string{`"x"`, "drop_every", "video_size"}},
	} {
		_, err := remember(c.text)
		fault(t, err, capture.BadSource, append(c.words, c.text)...)
	}
}

func TestEveryFormat(t *testing.T) { synctest.Test(t, everyFormat) }

func everyFormat(t *testing.T) {
	for _, format := range []frame.Format{frame.JPEG, frame.YUYV, frame.NV12, frame.I420} {
		for i, size := range []image.Point{{160, 120}, {161, 121}, {320, 240}, {642, 361}, {320, 240}, {643, 361}} {
			if format == frame.YUYV && size.X%2 != 0 {
				continue
			}
			kind := []string{measured, inhabited}[i/4]
			what := fmt.Sprintf("%s %v %v", kind, format, size)
			s := open(t, opener(t, fmt.Sprintf("synthetic:?scene=%s&framerate=240&video_size=%dx%d&input_format=%v", kind, size.X, size.Y, format)), 7)
			want := capture.Info{Device: "synthetic", Name: "Synthetic camera", Format: format, Width: size.X, Height: size.Y, Framerate: 240, Simulated: true}
			if got := s.Info(); got != want {
				t.Errorf("%s: info %+v, want %+v", what, got, want)
			}
			f := read(t, s)
			if f.Format != format || f.Width != size.X || f.Height != size.Y || f.Seq != 7 || f.Lost != 0 || f.CapturedBy != frame.ByDriver || f.Damaged != nil {
				t.Errorf("%s: frame %d has %v %dx%d, lost %d, %v, %v", what, f.Seq, f.Format, f.Width, f.Height, f.Lost, f.CapturedBy, f.Damaged)
			}
			strip := blockcode.Strip(size.X, size.Y)
			if f.Clip.Min != (image.Point{}) || f.Clip.Max.X != size.X || f.Clip.Max.Y >= strip.Min.Y || f.Clip.Max.Y < strip.Min.Y/2 {
				t.Errorf("%s: clip %v beside strip %v", what, f.Clip, strip)
			}
			if err := f.Check(); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			planes, err := f.Planes()
			if err != nil {
				t.Errorf("%s: %v", what, err)
				continue
			}
			seq, micros, err := blockcode.Read(planes)
			if err != nil || seq != f.Seq || micros != f.Captured.UnixMicro() {
				t.Errorf("%s: code (%d, %d, %v), frame (%d, %d)", what, seq, micros, err, f.Seq, f.Captured.UnixMicro())
			}
			if kind == inhabited {
				continue
			}
			for _, o := range NewScene(size, 3, 1).Objects(f.Seq) {
				mid := o.Box.Min.Add(o.Box.Max).Div(2)
				if got := planes.YCbCrAt(mid.X, mid.Y); far(got.Y, o.Colour.Y) || far(got.Cb, o.Colour.Cb) || far(got.Cr, o.Colour.Cr) {
					t.Errorf("%s: middle of object %d is %v, want %v", what, o.ID, got, o.Colour)
				}
			}
		}
	}
}

// far allows for what JPEG at quality 85 changes.
func far(a, b uint8) bool { return max(a, b)-min(a, b) > 14 }

func TestQuality(t *testing.T) {
	low := read(t, open(t, opener(t, "synthetic:?video_size=320x240&quality=20"), 1))
	high := read(t, open(t, opener(t, "synthetic:?video_size=320x240&quality=95"), 1))
	if 2*len(low.Data) > len(high.Data) {
		t.Errorf("quality 20 takes %d bytes, quality 95 %d", len(low.Data), len(high.Data))
	}
}

// Every kind of damage must be found out, by the cheap check or by decoding.
func TestCorruptEvery(t *testing.T) { synctest.Test(t, corruptEvery) }

func corruptEvery(t *testing.T) {
	for _, format := range []frame.Format{frame.JPEG, frame.YUYV, frame.NV12, frame.I420} {
		s := open(t, opener(t, fmt.Sprintf("synthetic:?video_size=160x120&framerate=240&corrupt_every=3&input_format=%v", format)), 1)
		kinds := map[uint64]bool{}
		for len(kinds) < 4 {
			f := read(t, s)
			err := f.Check()
			if err == nil {
				_, err = f.Planes()
			}
			bad := f.Seq%3 == 0
			if bad {
				kinds[f.Seq/3%4] = true
			}
			if bad != errors.Is(err, frame.ErrCorrupt) {
				t.Errorf("%v: frame %d of %d bytes gives %v", format, f.Seq, len(f.Data), err)
			}
		}
	}
}

func TestOpenGivesUpWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := opener(t, "synthetic:")(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

// FuzzSource tries source values: no panic, errors of one code, and what is accepted
// has room for its scene.
func FuzzSource(f *testing.F) {
	for _, s := range []string{"", "?", "?video_size=160x120&objects=32&seed=-1", "?video_size=4096x512", "?video_size=1280x160", "?lose_after=1s&return_after=2s", "?framerate=29.97&jitter=1ms", "?scene=room&objects=9", "?scene=people&framerate=1&video_size=161x121", "x?%zz", "?drop_every=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		s, a, err := capture.Schemes{Scheme()}.Parse("synthetic:" + rest)
		if err != nil {
			fault(t, err, capture.BadSource)
			return
		}
		if _, err := s.Remember(a); err != nil {
			fault(t, err, capture.BadSource)
			return
		}
		c, err := configure(a)
		if err != nil {
			t.Fatal(err)
		}
		sc := c.newScene()
		for _, at := range sc.poses(nil, 12345) {
			if b, area := at.bounds(), sc.parts().area; b.Empty() || !b.In(area) {
				t.Errorf("%v: sprite %d at %v is outside %v", c.size, at.sprite, b, area)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for _, options := range []string{"mjpeg", "yuyv422", "nv12", "yuv420p", "mjpeg&scene=room", "yuv420p&scene=room", "mjpeg&video_size=640x480", "mjpeg&video_size=640x480&scene=room"} {
		b.Run(options, func(b *testing.B) {
			s := open(b, opener(b, "synthetic:?input_format="+options), 1).(*source)
			var pool frame.Pool
			f := pool.Get()
			b.ReportAllocs()
			var k uint64
			for b.Loop() {
				k++
				if err := s.fill(f, k, s.instant(k)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(f.Data)), "bytes/frame")
		})
	}
}
