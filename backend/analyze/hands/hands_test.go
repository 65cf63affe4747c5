package hands

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/analyze/follow"
	"freshframe/backend/frame"
)

// A hand is searched for once and then followed, wherever it goes.
func TestFollowsWithoutSearching(t *testing.T) {
	w := newWorld(t, 1, false)
	w.discs = []disc{{150, 300, 25}}
	var id uint64
	for i := range 60 {
		d := w.only(w.see())
		if i == 0 {
			id = d.Track
		}
		if d.Track != id || id == 0 || d.Label != "right hand" || d.Score < 0.9 || len(d.Landmarks) != NumPoints || d.Predicted || d.Gesture != "" {
			t.Fatalf("frame %d: %+v", i, d)
		}
		// The middle finger's knuckle lies a radius above the disc's middle.
		at, c := d.Landmarks[Middle], w.discs[0]
		if off := math.Hypot(at[0]*width-c.x, at[1]*height-(c.y-c.r)); off > 0.3*c.r {
			t.Fatalf("frame %d: the knuckle is %.1f pixels off", i, off)
		}
		if b := d.Box; at[0] < b[0] || at[0] > b[0]+b[2] || at[1] < b[1] || at[1] > b[1]+b[3] {
			t.Fatalf("frame %d: the box %v leaves the knuckle %v out", i, b, at)
		}
		w.discs[0].x += 5
		w.discs[0].y -= 2
		w.discs[0].r += 0.2
	}
	if w.palm.runs != 1 || w.hand.runs != 60 {
		t.Errorf("%d searches and %d looks in 60 frames, want 1 and 60", w.palm.runs, w.hand.runs)
	}
}

// What is known of a hand's track is told.
func TestWhatTracksKnow(t *testing.T) {
	w := newWorld(t, 1, false)
	w.discs = []disc{{100, 240, 30}}
	w.see()
	var d analyze.Detection
	for range 31 {
		w.discs[0].x += 6
		d = w.only(w.see())
	}
	speed := 6. / width / w.every.Seconds()
	if d.Velocity[0] < 0.8*speed || d.Velocity[0] > 1.2*speed || d.Age != 31*w.every || len(d.Trail) != follow.TrailPoints || d.Refound {
		t.Errorf("%+v, want the velocity %.2f", d, speed)
	}
	hand := w.discs
	w.discs = nil
	w.see()
	w.discs = hand
	if d := w.only(w.see()); !d.Refound {
		t.Errorf("back: %+v", d)
	}
}

// Without a hand every frame is searched; a hand that comes back within a second is the same.
func TestLostAndFound(t *testing.T) {
	w := newWorld(t, 1, false)
	hand := []disc{{300, 240, 30}}
	w.discs = hand
	id := w.only(w.see()).Track
	w.only(w.see())
	w.discs = nil
	before := w.palm.runs
	for range 10 {
		if r := w.see(); r.Count != 0 || len(r.Detections) != 0 || r.Values["palm_search"] != 1 {
			t.Fatalf("%+v without a hand", r)
		}
	}
	if n := w.palm.runs - before; n != 10 {
		t.Errorf("%d searches in 10 frames without a hand", n)
	}
	w.discs = hand
	if d := w.only(w.see()); d.Track != id {
		t.Errorf("back as %d, was %d", d.Track, id)
	}
	w.discs = nil
	for range 40 {
		w.see()
	}
	w.discs = hand
	if d := w.only(w.see()); d.Track == id {
		t.Error("the same hand after more than a second")
	}
	if n := len(w.a.memory); n != 1 {
		t.Errorf("%d hands in memory", n)
	}
}

// While one hand is seen and another may come, searches are rare.
func TestSearchesNowAndThen(t *testing.T) {
	w := newWorld(t, 2, false)
	w.discs = []disc{{150, 240, 30}}
	frames := 0
	for start := w.at; w.at.Sub(start) < 1500*time.Millisecond; frames++ {
		r := w.see()
		w.only(r)
		if ran := r.Values["palm_search"] == 1; ran != w.a.searched.Equal(w.at.Add(-w.every)) {
			t.Fatalf("frame %d: palm_search is %v", frames, r.Values)
		}
	}
	if w.palm.runs < 8 || w.palm.runs > 11 {
		t.Errorf("%d searches in 1.5 s, want one each 150 ms", w.palm.runs)
	}
	if w.hand.runs != frames {
		t.Errorf("%d looks in %d frames: the hand that is followed was looked at twice", w.hand.runs, frames)
	}
	w.discs = append(w.discs, disc{450, 240, 30})
	for i := 0; len(w.a.seen) < 2; i++ {
		if i > 6 {
			t.Fatal("the second hand is not found")
		}
		w.see()
	}
	runs := w.palm.runs
	var ids [2]uint64
	for i := range 30 {
		r := w.see()
		if r.Count != 2 || len(r.Detections) != 2 {
			t.Fatalf("frame %d: %+v", i, r)
		}
		if now := [2]uint64{r.Detections[0].Track, r.Detections[1].Track}; i == 0 {
			ids = now
		} else if now != ids {
			t.Fatalf("ids %v, were %v", now, ids)
		}
	}
	if w.palm.runs != runs {
		t.Error("searched while all hands are seen")
	}
}

// More palms than hands are asked for cost no more looks than hands.
func TestMost(t *testing.T) {
	w := newWorld(t, 2, false)
	w.discs = []disc{{100, 240, 25}, {280, 240, 25}, {460, 240, 25}, {580, 100, 25}}
	if r := w.see(); r.Count != 2 {
		t.Errorf("%+v", r)
	}
	w = newWorld(t, 2, false)
	w.discs = []disc{{100, 240, 25}, {280, 240, 25}, {460, 240, 25}, {580, 100, 25}}
	w.hand.see = func() { w.hand.out[1][0] = 0.01 } // no hands at all
	for range 10 {
		w.see()
	}
	if w.hand.runs != 20 {
		t.Errorf("%d looks in 10 frames, want 20", w.hand.runs)
	}
}

// Two squares that have come to show one hand are one hand.
func TestOneHandIsSeenOnce(t *testing.T) {
	w := newWorld(t, 2, false)
	w.discs = []disc{{300, 240, 30}}
	w.only(w.see())
	w.a.seen = append(w.a.seen, w.a.seen[0])
	w.a.seen[1].next.X += 20
	w.only(w.see())
}

// A step back in time, a long gap and another size make every hand a new one.
func TestForgets(t *testing.T) {
	w := newWorld(t, 1, false)
	w.discs = []disc{{300, 140, 30}}
	id := w.only(w.see()).Track
	for _, c := range []struct {
		what   string
		change func()
	}{
		{"a step back in time", func() { w.at = w.at.Add(-time.Minute) }},
		{"a long gap", func() { w.at = w.at.Add(2 * time.Second) }},
		{"another size", func() { w.size = [2]int{width, height / 2} }},
	} {
		if now := w.only(w.see()).Track; now != id {
			t.Fatalf("%s: the hand was lost before", c.what)
		}
		c.change()
		searches := w.palm.runs
		now := w.only(w.see()).Track
		if now == id || w.palm.runs != searches+1 {
			t.Errorf("%s: the hand is %d, was %d; %d searches", c.what, now, id, w.palm.runs-searches)
		}
		id = now
	}
}

// One slip about whose hand it is changes nothing, the truth in the end does.
func TestHandedness(t *testing.T) {
	w := newWorld(t, 1, false)
	w.discs = []disc{{300, 240, 30}}
	for range 10 {
		w.see()
	}
	w.right = 0.05
	if d := w.only(w.see()); d.Label != "right hand" {
		t.Errorf("one slip makes it the %s", d.Label)
	}
	for range 30 {
		w.see()
	}
	if d := w.only(w.see()); d.Label != "left hand" {
		t.Errorf("it stays the %s", d.Label)
	}
}

func TestShapes(t *testing.T) {
	w := newWorld(t, 1, true)
	w.discs = []disc{{300, 240, 30}}
	if d := w.only(w.see()); d.Gesture != "" {
		t.Errorf("%q in the first frame", d.Gesture)
	}
	hold := func(want string) {
		t.Helper()
		var d analyze.Detection
		for range 15 {
			d = w.only(w.see())
		}
		if d.Gesture != want {
			t.Errorf("%q, want %q", d.Gesture, want)
		}
	}
	hold("open palm")
	w.fist = true
	hold("fist")
}

// swipe moves the hand to the right in a third of a second.
func (w *world) swipe() {
	w.tb.Helper()
	for range 10 {
		w.discs[0].x += 14
		w.see()
	}
}

// A wave is shown while it lasts, and no longer.
func TestWave(t *testing.T) {
	w := newWorld(t, 1, true)
	w.discs = []disc{{300, 240, 20}}
	start := w.at
	for w.only(w.see()).Gesture != "wave" {
		seconds := w.at.Sub(start).Seconds()
		if seconds > 3 {
			t.Fatal("no wave in 3 s")
		}
		w.discs[0].x = 300 + 40*math.Sin(3*math.Pi*seconds)
	}
	w.fist = true
	for range 6 {
		w.see()
	}
	if d := w.only(w.see()); d.Gesture == "wave" {
		t.Error("a fist waves")
	}
}

// A swipe is shown for a moment after it ended, then the shape is again.
func TestSwipe(t *testing.T) {
	w := newWorld(t, 1, true)
	w.discs = []disc{{150, 240, 20}}
	for range 15 {
		w.see()
	}
	w.swipe()
	shown := 0
	last := ""
	for range 45 {
		last = w.only(w.see()).Gesture
		if last == "swipe right" {
			shown++
		}
	}
	if shown < 16 || shown > 20 || last != "open palm" {
		t.Errorf("shown in %d frames, then %q; want 0.6 s, then open palm", shown, last)
	}
}

// A hand that leaves with a swipe is told of where it was last.
func TestSwipeOut(t *testing.T) {
	w := newWorld(t, 1, true)
	w.discs = []disc{{150, 240, 20}}
	for range 15 {
		w.see()
	}
	w.swipe()
	was := w.only(w.see())
	w.discs = nil
	shown := 0
	for range 40 {
		r := w.see()
		if r.Count != 0 || len(r.Detections) > 1 {
			t.Fatalf("%+v without a hand", r)
		}
		for _, d := range r.Detections {
			shown++
			if d.Gesture != "swipe right" || !d.Predicted || d.Landmarks != nil || d.Box != was.Box || d.Track != was.Track {
				t.Fatalf("%+v after %+v", d, was)
			}
		}
	}
	if shown < 16 || shown > 20 {
		t.Errorf("shown in %d frames, want 0.6 s", shown)
	}
}

// At rest landmarks tremble less than the network's do, and in motion they stay with it.
func TestSmoothing(t *testing.T) {
	w := newWorld(t, 1, false)
	w.discs = []disc{{200, 240, 30}}
	see, slip := w.hand.see, float32(1)
	w.hand.see = func() {
		see()
		for i := range 63 {
			w.hand.out[0][i] += slip
		}
		slip = -slip
	}
	var xs []float64
	for range 60 {
		xs = append(xs, w.only(w.see()).Landmarks[Wrist][0]*width)
	}
	raw := 2 * w.a.seen[0].next.Side / handSize // from slip to slip
	if trembles := math.Abs(xs[59] - xs[58]); trembles > raw/2 {
		t.Errorf("trembles by %.2f of %.2f pixels", trembles, raw)
	}
	slip = 0
	for range 20 {
		w.discs[0].x += 12
		w.see()
	}
	d := w.only(w.see())
	if lag := w.discs[0].x - d.Landmarks[Wrist][0]*width; math.Abs(lag) > 6 {
		t.Errorf("lags by %.1f pixels at 12 a frame", lag)
	}
}

func TestAnalyzeRefuses(t *testing.T) {
	w := newWorld(t, 2, true)
	w.discs = []disc{{300, 240, 30}}
	w.only(w.see())
	searches := w.palm.runs

	corrupt := w.frame()
	corrupt.Data = corrupt.Data[:100]
	if _, err := w.a.Analyze(t.Context(), corrupt); !errors.Is(err, frame.ErrCorrupt) {
		t.Errorf("a corrupt frame: %v", err)
	}
	corrupt.Release()
	if w.only(w.see()); w.palm.runs != searches {
		t.Error("a corrupt frame lost the hand")
	}

	w.hand.fail = errors.New("no memory")
	if _, err := w.try(); !errors.Is(err, w.hand.fail) || !strings.Contains(err.Error(), "frame ") {
		t.Errorf("a look that fails: %v", err)
	}
	w.hand.fail = nil
	if w.only(w.see()); w.palm.runs != searches+1 {
		t.Error("no new search after a failure")
	}

	see := w.hand.see
	w.hand.see = func() { see(); w.hand.out[0][7] = float32(math.NaN()) }
	if _, err := w.try(); err == nil || !strings.Contains(err.Error(), "landmark 2") {
		t.Errorf("a landmark that is none: %v", err)
	}
	// Landmarks beyond every picture are no hand, and not followed.
	w.hand.see = func() {
		see()
		for i := range 63 {
			w.hand.out[0][i] = float32(i-31) * 1e30
		}
	}
	for range 3 {
		if r := w.see(); r.Count != 0 {
			t.Errorf("%+v", r)
		}
	}
	w.hand.see = see
	w.only(w.see())

	w.discs = nil
	w.palm.fail = errors.New("no memory")
	if _, err := w.try(); !errors.Is(err, w.palm.fail) {
		t.Errorf("a search that fails: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	f := w.frame()
	defer f.Release()
	if _, err := w.a.Analyze(ended, f); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
	if err := w.a.Close(); err != nil || w.palm.closed != 1 || w.hand.closed != 1 {
		t.Errorf("closed %d and %d times, %v", w.palm.closed, w.hand.closed, err)
	}
}

// Minutes without a hand leave nothing behind.
func TestNobody(t *testing.T) {
	w := newWorld(t, 2, true)
	w.size = [2]int{32, 32}
	w.discs = []disc{{16, 16, 4}}
	w.see()
	w.discs, w.every = nil, 900*time.Millisecond
	for range 100 {
		w.see()
	}
	if len(w.a.memory) != 0 || w.a.tracker.Len() != 0 {
		t.Errorf("%d hands in memory, %d tracks", len(w.a.memory), w.a.tracker.Len())
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"max=0", "from 1 to 10"},
		{"threshold=1", "from 0.05 to 0.99"},
		{"gestures=maybe", "want on or off"},
	} {
		if _, err := (analyze.Kinds{Kind(nets)}).Parse("hands?" + c.query); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.query, err, c.want)
		}
	}
	if k := Kind(nets); !k.Stateful || k.Follow != nil {
		t.Error("hands are searched for where they were")
	}
}

// What cannot be made gives its networks up.
func TestRefusedIsClosed(t *testing.T) {
	var palm, hand fakeNet
	if _, err := newAnalyzer(palm.network(), hand.network(), math.NaN(), 2, true); err == nil || palm.closed != 1 || hand.closed != 1 {
		t.Errorf("%v, closed %d and %d times", err, palm.closed, hand.closed)
	}
}
