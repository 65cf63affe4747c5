package motion

import (
	"context"
	"errors"
	"fmt"
	"image"
	"runtime"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
)

// TestFollowsAMovingShape measures how well the box fits while a shape crosses the
// picture, and that it neither trails behind nor falls apart.
func TestFollowsAMovingShape(t *testing.T) {
	for _, c := range []struct {
		disc  bool
		half  float64
		luma  uint8
		speed float64 // pixels a frame
		every time.Duration
	}{
		{true, 30, 220, 3, 33 * time.Millisecond},
		{true, 30, 220, 5, 100 * time.Millisecond},
		{true, 24, 20, 10, 100 * time.Millisecond},
		{false, 40, 200, 3, 100 * time.Millisecond},
		{false, 20, 230, 10, 33 * time.Millisecond},
		{false, 16, 10, 6, 100 * time.Millisecond},
	} {
		t.Run(fmt.Sprintf("disc=%v_half=%v_luma=%d_speed=%v_every=%v", c.disc, c.half, c.luma, c.speed, c.every), func(t *testing.T) {
			a, s := newAnalyzer(t, ""), newScene(640, 480, 4)
			s.every = c.every
			learn(t, a, s)
			var fit, extra float64
			frames, found := 0, 0
			for o := (shape{c.disc, 60, 100, c.half, c.luma}); o.x < 60+60*c.speed; o.x, o.y = o.x+c.speed, o.y+c.speed/2 {
				r := see(t, a, s.next(o))
				frames++
				if len(r.Detections) != 1 {
					t.Logf("x=%v: %d regions", o.x, len(r.Detections))
					continue
				}
				found++
				truth, box := o.box(s.size), r.Detections[0].Box
				fit += iou(truth, box)
				extra = max(extra, box[2]*box[3]/(truth[2]*truth[3])-1)
			}
			t.Logf("found in %d of %d frames, mean IoU %.3f, box at most %.0f %% too large", found, frames, fit/float64(found), 100*extra)
			if found < frames*98/100 {
				t.Errorf("found in %d of %d frames", found, frames)
			}
			if fit < 0.85*float64(found) {
				t.Errorf("mean IoU %.3f, want at least 0.85", fit/float64(found))
			}
			if extra > 0.25 {
				t.Errorf("a box is %.0f %% larger than the shape", 100*extra)
			}
		})
	}
}

// TestIrregularIntervals: neither speed nor pauses between frames leave a trail.
func TestIrregularIntervals(t *testing.T) {
	a, s := newAnalyzer(t, ""), newScene(640, 480, 4)
	learn(t, a, s)
	o := shape{true, 60, 200, 30, 220}
	for i := range 60 {
		s.every = []time.Duration{10, 33, 250, 1000, 5}[i%5] * time.Millisecond
		s.seq += uint64(i % 7)
		o.x += 8
		r := see(t, a, s.next(o))
		if len(r.Detections) != 1 || iou(o.box(s.size), r.Detections[0].Box) < 0.8 {
			t.Errorf("frame %d: %+v, want the shape at %v", i, r.Detections, o.box(s.size))
		}
	}
}

func TestCrossingObjects(t *testing.T) {
	a, s := newAnalyzer(t, ""), newScene(640, 480, 4)
	learn(t, a, s)
	for step := range 50 {
		x := 60 + 10*float64(step)
		p, q := shape{true, x, 240, 30, 220}, shape{false, 620 - x, 250, 24, 10}
		r := see(t, a, s.next(p, q))
		gap := max(p.x, q.x) - min(p.x, q.x) - p.half - q.half
		switch {
		case gap > 8:
			if r.Count != 2 || len(r.Detections) != 2 {
				t.Errorf("%v pixels apart: %d regions, want 2", gap, r.Count)
				continue
			}
			for _, o := range []shape{p, q} {
				if best := max(iou(o.box(s.size), r.Detections[0].Box), iou(o.box(s.size), r.Detections[1].Box)); best < 0.8 {
					t.Errorf("%v pixels apart: best IoU %.2f", gap, best)
				}
			}
		case gap < -2:
			if r.Count != 1 {
				t.Errorf("overlapping: %d regions, want 1", r.Count)
			}
		}
	}
}

func TestNoiseIsNoMotion(t *testing.T) {
	for _, c := range []struct {
		width, height int
		sigma         float64
		frames        int
		every         time.Duration
	}{
		{640, 480, 4, 300, 100 * time.Millisecond},
		{320, 240, 14, 60, 33 * time.Millisecond},
		{160, 120, 30, 300, 100 * time.Millisecond},
		{160, 120, 14, 300, time.Second},
		{160, 120, 4, 300, 5 * time.Millisecond},
		{1280, 720, 8, 20, 33 * time.Millisecond},
	} {
		t.Run(fmt.Sprintf("%dx%d_sigma%v_every%v", c.width, c.height, c.sigma, c.every), func(t *testing.T) {
			a, s := newAnalyzer(t, "min_area=0"), newScene(c.width, c.height, c.sigma)
			s.every = c.every
			for range c.frames {
				if r := see(t, a, s.next()); r.Count != 0 || r.Values["motion_share"] != 0 || r.Values["scene_change"] != 0 {
					t.Fatalf("frame %d: %d regions, values %v", s.seq, r.Count, r.Values)
				}
			}
			r := see(t, a, s.next(shape{true, float64(c.width) / 2, float64(c.height) / 2, float64(c.height) / 6, 255}))
			if r.Count != 1 {
				t.Errorf("after the noise a large disc gives %d regions", r.Count)
			}
		})
	}
}

// TestSlowLightChangeIsNoMotion: the background follows, at any frame rate, and what is
// little darker than it is now is found.
func TestSlowLightChangeIsNoMotion(t *testing.T) {
	for _, every := range []time.Duration{50 * time.Millisecond, 100 * time.Millisecond, time.Second} {
		a, s := newAnalyzer(t, ""), newScene(80, 60, 2)
		s.plain, s.every = true, every
		learn(t, a, s)
		for s.light < 1.2 {
			s.light += 0.02 * every.Seconds()
			if r := see(t, a, s.next()); r.Count != 0 || r.Values["scene_change"] != 0 {
				t.Fatalf("every %v, light %.2f: %d regions, values %v", every, s.light, r.Count, r.Values)
			}
		}
		if r := see(t, a, s.next(shape{true, 40, 30, 8, 70})); r.Count != 1 {
			t.Errorf("every %v: a dark disc gives %d regions", every, r.Count)
		}
	}
}

// TestLearningWhileSomethingPasses: what passed and is gone leaves neither a smear nor a
// blind spot.
func TestLearningWhileSomethingPasses(t *testing.T) {
	a, s := newAnalyzer(t, "min_area=0"), newScene(320, 240, 1)
	s.plain = true
	for x := 60.0; x <= 180; x += 40 {
		if r := see(t, a, s.next(shape{false, x, 120, 30, 250})); r.Values["learning"] != 1 {
			t.Fatal("learned too early for this test")
		}
	}
	learn(t, a, s)
	if r := see(t, a, s.next()); r.Count != 0 {
		t.Errorf("the empty scene gives %+v", r.Detections)
	}
	for x := 60.0; x <= 180; x += 40 {
		o := shape{false, x, 120, 20, 122}
		if r := see(t, a, s.next(o)); r.Count != 1 || iou(o.box(s.size), r.Detections[0].Box) < 0.8 {
			t.Errorf("%+v, want the faint shape at %v", r.Detections, o.box(s.size))
		}
	}
}

// TestMovingAlongAStripe: a shape as bright as the picture, in front of a dark stripe, has
// the outline of a ghost. While it moves it is none.
func TestMovingAlongAStripe(t *testing.T) {
	a, s := newAnalyzer(t, ""), newScene(640, 480, 2)
	s.plain = true
	stripe := func(f *frame.Frame) *frame.Frame {
		for y := range 480 {
			for x := 300; x < 340; x++ {
				f.Data[y*640+x] -= 70
			}
		}
		return f
	}
	for range 10 {
		see(t, a, stripe(s.next()))
	}
	for y := 60.0; y < 400; y += 6 {
		f := stripe(s.next())
		for dy := range 60 {
			for x := 290; x < 350; x++ {
				f.Data[(int(y)+dy)*640+x] = 100
			}
		}
		want := [4]float64{300. / 640, y / 480, 40. / 640, 60. / 480}
		if r := see(t, a, f); r.Count != 1 || iou(want, r.Detections[0].Box) < 0.8 {
			t.Fatalf("at %v: %+v, want %v", y, r.Detections, want)
		}
	}
}

// TestSuddenLightChange: a light that goes on or off is reported as such, never as
// motion, and within a second what moves is found again.
func TestSuddenLightChange(t *testing.T) {
	for light, luma := range map[float64]uint8{1.8: 10, 0.4: 250} {
		a, s := newAnalyzer(t, ""), newScene(640, 480, 4)
		learn(t, a, s)
		for range 5 {
			see(t, a, s.next())
		}
		s.light = light
		if r := see(t, a, s.next()); r.Values["scene_change"] != 1 || r.Count != 0 {
			t.Fatalf("light %v: %d regions, values %v, want a scene change", light, r.Count, r.Values)
		}
		changed := s.now
		for s.now.Sub(changed) < 900*time.Millisecond {
			if r := see(t, a, s.next()); r.Count != 0 || r.Values["scene_change"] != 0 {
				t.Errorf("light %v: %d regions, values %v after %v", light, r.Count, r.Values, s.now.Sub(changed))
			}
		}
		o := shape{true, 100, 200, 30, luma}
		if r := see(t, a, s.next(o)); r.Count != 1 || iou(o.box(s.size), r.Detections[0].Box) < 0.8 {
			t.Errorf("light %v: after a second %+v, want the shape at %v", light, r.Detections, o.box(s.size))
		}
	}
}

// TestLightChangesBehindAMovingShape: the place where it was then is forgotten once it
// has moved on.
func TestLightChangesBehindAMovingShape(t *testing.T) {
	a, s := newAnalyzer(t, "absorb=600s"), newScene(640, 480, 4)
	learn(t, a, s)
	o := shape{true, 60, 200, 30, 240}
	for ; o.x < 120; o.x += 10 {
		see(t, a, s.next(o))
	}
	s.light = 0.4
	for range 8 {
		see(t, a, s.next(o))
		o.x += 10
	}
	leaves(t, a, s, o)
}

func TestStoppedObjectIsAbsorbed(t *testing.T) {
	for _, every := range []time.Duration{50 * time.Millisecond, 100 * time.Millisecond, 400 * time.Millisecond} {
		t.Run(every.String(), func(t *testing.T) {
			a, s := newAnalyzer(t, "absorb=3s"), newScene(640, 480, 4)
			s.every = every
			learn(t, a, s)
			o := shape{true, 100, 200, 30, 220}
			for ; o.x < 200; o.x += 10 {
				see(t, a, s.next(o))
			}
			stopped := s.now
			for s.now.Sub(stopped) < 2500*time.Millisecond {
				if r := see(t, a, s.next(o)); r.Count != 1 {
					t.Fatalf("%v after the stop: %d regions, want 1", s.now.Sub(stopped), r.Count)
				}
			}
			for s.now.Sub(stopped) < 3400*time.Millisecond {
				see(t, a, s.next(o))
			}
			for range 10 {
				if r := see(t, a, s.next(o)); r.Count != 0 {
					t.Fatalf("%v after the stop: %d regions, want 0", s.now.Sub(stopped), r.Count)
				}
			}
			leaves(t, a, s, o)
		})
	}
}

// leaves moves a shape that was learned as background away and expects that half a
// second (or two frames) after it is clear of the place, nothing is reported there.
func leaves(t *testing.T, a analyze.Analyzer, s *scene, o shape) {
	t.Helper()
	start, clear := o.x, time.Time{}
	for o.x += 10; o.x < start+250; o.x += 10 {
		r := see(t, a, s.next(o))
		if o.x < start+2*o.half+10 {
			continue
		}
		if clear.IsZero() {
			clear = s.now
		}
		if s.now.Sub(clear) > max(500*time.Millisecond, 2*s.every) && (r.Count != 1 || iou(o.box(s.size), r.Detections[0].Box) < 0.8) {
			t.Errorf("%v after leaving: %+v, want the shape at %v alone", s.now.Sub(clear), r.Detections, o.box(s.size))
		}
	}
	if clear.IsZero() {
		t.Fatal("the shape never left")
	}
}

// TestNoGhostOfWhatWasLearned: objects present while learning leave nothing behind.
func TestNoGhostOfWhatWasLearned(t *testing.T) {
	for _, luma := range []uint8{220, 30} {
		for _, every := range []time.Duration{33 * time.Millisecond, 100 * time.Millisecond} {
			a, s := newAnalyzer(t, "absorb=600s"), newScene(640, 480, 4)
			s.every = every
			o := shape{true, 100, 200, 30, luma}
			learn(t, a, s, o)
			leaves(t, a, s, o)
		}
	}
}

// TestMovingFromTheStart: what moves while the background is learned is found alone soon.
func TestMovingFromTheStart(t *testing.T) {
	a, s := newAnalyzer(t, ""), newScene(640, 480, 4)
	s.every = 33 * time.Millisecond
	for o := (shape{true, 60, 200, 30, 220}); o.x < 400; o.x += 5 {
		r := see(t, a, s.next(o))
		if s.seq > 45 && (r.Count != 1 || iou(o.box(s.size), r.Detections[0].Box) < 0.8) {
			t.Errorf("frame %d: %+v, want the shape at %v", s.seq, r.Detections, o.box(s.size))
		}
	}
}

func TestClip(t *testing.T) {
	s := newScene(640, 480, 4)
	for _, c := range []struct {
		clip image.Rectangle
		want int
	}{
		{image.Rectangle{}, 2},
		{image.Rect(0, 0, 640, 431), 1},
		{image.Rect(3, 5, 637, 433), 1},
		{image.Rect(-50, -50, 700, 430), 1},
		{image.Rect(0, 300, 640, 480), 1},
		{image.Rect(0, 440, 40, 480), 0},
		{image.Rect(900, 900, 950, 950), 0},
	} {
		a := newAnalyzer(t, "")
		s.clip = c.clip
		learn(t, a, s)
		object, code := shape{true, 320, 200, 30, 220}, shape{false, 560, 460, 20, 250}
		r := see(t, a, s.next(object, code))
		if r.Count != c.want {
			t.Errorf("clip %v: %d regions, want %d", c.clip, r.Count, c.want)
		}
		if c.want == 1 {
			o := object
			if c.clip.Min.Y == 300 {
				o = code
			}
			if fit := iou(o.box(s.size), r.Detections[0].Box); fit < 0.8 {
				t.Errorf("clip %v: IoU %.2f with the shape inside", c.clip, fit)
			}
		}
	}
}

// TestForgets: whenever frames do not continue what was seen, learning begins again.
func TestForgets(t *testing.T) {
	for name, c := range map[string]struct {
		jump   func(*scene)
		forget bool
	}{
		"next frame":      {func(*scene) {}, false},
		"some lost":       {func(s *scene) { s.seq += 100; s.now = s.now.Add(3 * time.Second) }, false},
		"same time":       {func(s *scene) { s.every = 0 }, false},
		"number repeated": {func(s *scene) { s.seq-- }, true},
		"numbers restart": {func(s *scene) { s.seq = 0 }, true},
		"many lost":       {func(s *scene) { s.seq += 2000 }, true},
		"time back":       {func(s *scene) { s.now = s.now.Add(-time.Second) }, true},
		"long pause":      {func(s *scene) { s.now = s.now.Add(time.Minute) }, true},
		"clip":            {func(s *scene) { s.clip = image.Rect(0, 0, 640, 400) }, true},
		"size":            {func(s *scene) { *s = *resized(s, 320, 240) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			a, s := newAnalyzer(t, ""), newScene(640, 480, 4)
			learn(t, a, s)
			c.jump(s)
			r := see(t, a, s.next())
			if (r.Values["learning"] == 1) != c.forget || r.Count != 0 || r.Values["scene_change"] != 0 {
				t.Errorf("%d regions, values %v; want learning: %v", r.Count, r.Values, c.forget)
			}
			s.every = 100 * time.Millisecond
			learn(t, a, s)
			w := float64(s.size.X)
			if r := see(t, a, s.next(shape{true, w / 2, w / 4, w / 16, 220})); r.Count != 1 {
				t.Errorf("afterwards a disc gives %d regions", r.Count)
			}
		})
	}
}

// resized is a scene of another size that goes on where s is.
func resized(s *scene, width, height int) *scene {
	n := newScene(width, height, s.sigma)
	n.seq, n.now = s.seq, s.now
	return n
}

func TestAllSizes(t *testing.T) {
	a := newAnalyzer(t, "min_area=0")
	s := newScene(1, 1, 0)
	for _, size := range []image.Point{
		{1, 1}, {2, 1}, {1, 2}, {3, 3}, {7, 5}, {161, 121}, {319, 1}, {321, 3}, {1, 700}, {333, 251},
		{643, 481}, {1283, 721}, {3000, 16}, {5123, 9},
	} {
		s = resized(s, size.X, size.Y)
		for i := range 9 {
			o := shape{i%2 == 0, float64(size.X*i) / 9, float64(size.Y) / 2, float64(max(size.X, size.Y)) / 5, 250}
			see(t, a, s.next(o))
		}
		if n := s.pool.Live(); n != 0 {
			t.Errorf("%v: %d frames kept", size, n)
		}
	}
}

func TestRegionsCapped(t *testing.T) {
	a, s := newAnalyzer(t, "max_regions=3"), newScene(640, 480, 4)
	learn(t, a, s)
	var many []shape
	for i := range 6 {
		many = append(many, shape{true, 60 + 100*float64(i), 240, 12 + 4*float64(i), 230})
	}
	r := see(t, a, s.next(many...))
	if r.Count != 6 || len(r.Detections) != 3 {
		t.Fatalf("count %d, %d detections, want 6 and 3", r.Count, len(r.Detections))
	}
	for i, d := range r.Detections {
		if fit := iou(many[5-i].box(s.size), d.Box); fit < 0.8 {
			t.Errorf("detection %d: IoU %.2f with the shape of that rank", i, fit)
		}
	}
	want := 0.0
	for _, o := range many {
		want += 3.14 * o.half * o.half / (640 * 480)
	}
	if got := r.Values["motion_share"]; got < 0.85*want || got > 1.15*want {
		t.Errorf("motion_share %.4f, want about %.4f", got, want)
	}
}

func TestMinArea(t *testing.T) {
	for query, want := range map[string]int{"min_area=0.1": 1, "min_area=1": 0} {
		a, s := newAnalyzer(t, query), newScene(640, 480, 4)
		learn(t, a, s)
		if r := see(t, a, s.next(shape{true, 300, 200, 20, 220})); r.Count != want { // 0.41 %
			t.Errorf("%s: %d regions, want %d", query, r.Count, want)
		}
	}
}

func TestThreshold(t *testing.T) {
	for query, want := range map[string]int{"threshold=10": 1, "threshold=60": 0} {
		a, s := newAnalyzer(t, query), newScene(640, 480, 2)
		s.plain = true
		learn(t, a, s)
		if r := see(t, a, s.next(shape{true, 300, 200, 30, 130})); r.Count != want {
			t.Errorf("%s: %d regions, want %d", query, r.Count, want)
		}
	}
}

func TestCorruptFrame(t *testing.T) {
	a, s := newAnalyzer(t, ""), newScene(640, 480, 4)
	learn(t, a, s)
	bad := s.next()
	bad.Data = bad.Data[:1000]
	if _, err := a.Analyze(t.Context(), bad); !errors.Is(err, frame.ErrCorrupt) {
		t.Errorf("error %v, want frame.ErrCorrupt", err)
	}
	bad.Release()
	if r := see(t, a, s.next(shape{true, 300, 200, 30, 220})); r.Count != 1 {
		t.Errorf("after a corrupt frame: %d regions, want 1", r.Count)
	}
}

func TestContextEnded(t *testing.T) {
	a, s := newAnalyzer(t, ""), newScene(64, 48, 4)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := s.next()
	defer f.Release()
	if _, err := a.Analyze(ctx, f); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
}

// TestGrey takes planes without chroma, as a grey JPEG may give, and with long rows.
func TestGrey(t *testing.T) {
	plane := &image.YCbCr{Y: make([]uint8, 72*40), YStride: 72, Rect: image.Rect(0, 0, 65, 39)}
	for i := range plane.Y {
		plane.Y[i] = uint8(i % 72)
	}
	v := viewOf(plane.Rect, image.Rectangle{})
	dst := make([]uint8, v.cells())
	reduce(dst, plane, v)
	for _, x := range []int{0, 31, 64} {
		if got := dst[v.at(x, 38)]; int(got) != x {
			t.Errorf("cell %d is %d", x, got)
		}
	}
}

func TestSteadyStateAllocatesLittle(t *testing.T) {
	a, s := newAnalyzer(t, ""), newScene(1280, 720, 4)
	learn(t, a, s)
	frames := [2]*frame.Frame{s.next(shape{true, 300, 300, 60, 220}), s.next(shape{true, 330, 300, 60, 220})}
	i := 0
	analyzeNext := func() {
		f := frames[i%2]
		i++
		f.Seq, f.Captured = s.seq+uint64(i), s.now.Add(time.Duration(i)*s.every)
		r, err := a.Analyze(t.Context(), f)
		if err != nil || r.Count != 1 {
			t.Fatalf("%d regions, error %v", r.Count, err)
		}
	}
	for range 4 {
		analyzeNext()
	}
	if n := testing.AllocsPerRun(20, analyzeNext); n > 8 {
		t.Errorf("%v allocations a frame", n)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const runs = 20
	for range runs {
		analyzeNext()
	}
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / runs; n > 2048 {
		t.Errorf("%d bytes allocated a frame", n)
	}
	for _, f := range frames {
		f.Release()
	}
}

func BenchmarkAnalyze(b *testing.B) {
	for _, size := range []image.Point{{640, 480}, {1280, 720}, {1920, 1080}} {
		b.Run(fmt.Sprintf("%dx%d", size.X, size.Y), func(b *testing.B) {
			a, s := newAnalyzer(b, ""), newScene(size.X, size.Y, 4)
			learn(b, a, s)
			var frames [8]*frame.Frame
			for i := range frames {
				frames[i] = s.next(shape{true, 200 + 10*float64(i), 200, 50, 220}, shape{false, 500, 300 - 10*float64(i), 40, 20})
				if _, err := frames[i].Planes(); err != nil { // decoding is not the analyzer's cost
					b.Fatal(err)
				}
			}
			seq, now := s.seq, s.now
			b.ReportAllocs()
			for b.Loop() {
				seq, now = seq+1, now.Add(s.every)
				f := frames[seq%8]
				f.Seq, f.Captured = seq, now
				if _, err := a.Analyze(b.Context(), f); err != nil {
					b.Fatal(err)
				}
			}
			for _, f := range frames {
				f.Release()
			}
		})
	}
}
