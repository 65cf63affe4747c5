package track

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

var begin = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// film feeds a tracker at an even rate.
type film struct {
	t     testing.TB
	k     *Tracker
	now   time.Time
	every time.Duration
}

func newFilm(t testing.TB, o Options) *film {
	t.Helper()
	k, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &film{t, k, begin, time.Second / 30}
}

// next shows the next picture.
func (f *film) next(found ...Detection) []Track {
	f.t.Helper()
	f.now = f.now.Add(f.every)
	tracks, err := f.k.Update(f.now, found)
	if err != nil {
		f.t.Fatal(err)
	}
	return tracks
}

func person(x, y float64) Detection {
	return Detection{Box{x, y, 0.1, 0.3}, "person", 0.9}
}

func weak(d Detection) Detection {
	d.Score = 0.2
	return d
}

func ids(tracks []Track) []uint64 {
	var all []uint64
	for _, k := range tracks {
		all = append(all, k.ID)
	}
	return all
}

func TestFollows(t *testing.T) {
	f := newFilm(t, Options{Trail: 5})
	f.every = time.Second / 32 // a whole number of nanoseconds
	first := f.now.Add(f.every)
	if got := f.next(person(0.1, 0.2)); len(got) != 0 {
		t.Errorf("one detection is a track: %v", got)
	}
	var k Track
	for i := range 64 {
		got := f.next(person(0.1+0.01*float64(i+1), 0.2)) // 0.32 per second
		if len(got) != 1 || got[0].ID != 1 || got[0].Lost || got[0].Refound || got[0].Detection != 0 {
			t.Fatalf("picture %d: %+v", i, got)
		}
		k = got[0]
	}
	if k.Age() != 2*time.Second || k.First != first || k.Seen != f.now || k.At != f.now || k.Label != "person" || k.Score != 0.9 {
		t.Errorf("age %v, %+v", k.Age(), k)
	}
	if math.Abs(k.Velocity[0]-0.32) > 0.005 || math.Abs(k.Velocity[1]) > 1e-9 {
		t.Errorf("velocity %v, want 0.32, 0", k.Velocity)
	}
	if k.Box.IoU(Box{0.74, 0.2, 0.1, 0.3}) < 0.98 {
		t.Errorf("box %v, want it at 0.74, 0.2", k.Box)
	}
	if len(k.Trail) != 5 || k.Trail[4].At != f.now || math.Abs(k.Trail[0].X-0.75) > 0.005 || math.Abs(k.Trail[4].Y-0.35) > 1e-9 {
		t.Errorf("trail %v, want 5 points from 0.75 to 0.79", k.Trail)
	}
}

// A thing is lost, found again within MaxLost, and given up after it.
func TestLostAndFoundAgain(t *testing.T) {
	f := newFilm(t, Options{MaxLost: 200 * time.Millisecond})
	f.next(person(0.4, 0.2))
	seen := f.next(person(0.4, 0.2))[0]
	for range 5 {
		got := f.next()
		if len(got) != 1 || !got[0].Lost || got[0].Detection != -1 || got[0].Seen != seen.Seen || got[0].At != f.now {
			t.Fatalf("lost: %+v", got)
		}
	}
	if got := f.next(person(0.41, 0.2)); len(got) != 1 || got[0].ID != 1 || got[0].Lost || !got[0].Refound {
		t.Fatalf("found again: %+v", got)
	}
	if got := f.next(person(0.41, 0.2)); len(got) != 1 || got[0].Refound {
		t.Fatalf("seen on: %+v", got)
	}
	for f.now.Before(begin.Add(time.Second)) {
		f.next()
	}
	if f.k.Len() != 0 {
		t.Fatalf("%d things in memory", f.k.Len())
	}
	f.next(person(0.41, 0.2))
	if got := f.next(person(0.41, 0.2)); !slices.Equal(ids(got), []uint64{2}) {
		t.Errorf("ids %v, want a new one", ids(got))
	}
}

// A slow analyzer's track outlives one gap longer than MaxLost if it is seen at its end.
func TestSlowAnalyzer(t *testing.T) {
	f := newFilm(t, Options{})
	f.every = 3 * time.Second
	for range 5 {
		f.next(person(0.4, 0.2))
	}
	if got := f.next(person(0.4, 0.2)); !slices.Equal(ids(got), []uint64{1}) {
		t.Errorf("ids %v, want 1", ids(got))
	}
}

// What is quick keeps its id although its boxes of two pictures hardly touch.
func TestQuickAtFiveFrames(t *testing.T) {
	f := newFilm(t, Options{Agility: 10})
	f.every = 200 * time.Millisecond
	for i := range 8 {
		got := f.next(Detection{Box{0.05 + 0.09*float64(i), 0.3, 0.1, 0.1}, "hand", 0.9})
		if want := min(i, 1); len(got) != want || want == 1 && (got[0].ID != 1 || got[0].Lost) {
			t.Fatalf("picture %d: %+v", i, got)
		}
	}
}

// Weak detections keep a track, but begin none, find none and are nothing below Low.
func TestWeakDetections(t *testing.T) {
	f := newFilm(t, Options{MaxLost: 500 * time.Millisecond})
	for range 5 {
		if got := f.next(weak(person(0.4, 0.2))); len(got) != 0 || f.k.Len() != 0 {
			t.Fatalf("a weak one began %v", got)
		}
	}
	f.next(person(0.4, 0.2))
	f.next(person(0.4, 0.2))
	for range 100 {
		if got := f.next(weak(person(0.4, 0.2))); len(got) != 1 || got[0].Lost || got[0].Score != 0.2 {
			t.Fatalf("weak ones do not keep it: %+v", got)
		}
	}
	f.next()
	if got := f.next(weak(person(0.4, 0.2))); len(got) != 1 || !got[0].Lost {
		t.Errorf("a weak one found it: %+v", got)
	}
	f.next(person(0.4, 0.2))
	d := person(0.4, 0.2)
	d.Score = 0.09
	if got := f.next(d); !got[0].Lost {
		t.Errorf("one below Low kept it: %+v", got)
	}
}

func TestMinHits(t *testing.T) {
	f := newFilm(t, Options{MinHits: 3})
	for i, want := range []int{0, 0, 1} {
		if got := f.next(person(0.4, 0.2)); len(got) != want {
			t.Errorf("picture %d: %d tracks", i, len(got))
		}
	}
	f.k.Reset()
	for range 6 { // never three in a row
		f.next(person(0.4, 0.2))
		f.next(person(0.4, 0.2))
		if got := f.next(); len(got) != 0 || f.k.Len() != 0 {
			t.Fatalf("tracks %v, %d in memory", got, f.k.Len())
		}
	}
	f = newFilm(t, Options{MinHits: 1})
	if got := f.next(person(0.4, 0.2), person(0.7, 0.2)); !slices.Equal(ids(got), []uint64{1, 2}) || got[1].Detection != 1 {
		t.Errorf("at once: %+v", got)
	}
}

// A cup in a person's place is not that person.
func TestLabelsStayApart(t *testing.T) {
	f := newFilm(t, Options{MinHits: 1})
	f.next(person(0.4, 0.2))
	cup := person(0.4, 0.2)
	cup.Label = "cup"
	if got := f.next(cup); len(got) != 2 || !got[0].Lost || got[0].Label != "person" || got[1].ID != 2 || got[1].Label != "cup" {
		t.Errorf("%+v", got)
	}
}

// Two people walk through each other; the one behind is not seen meanwhile.
func TestCrossing(t *testing.T) {
	f := newFilm(t, Options{})
	for i := range 60 {
		x := 0.01 * float64(i)
		a, b := person(0.1+x, 0.2), person(0.7-x, 0.22)
		if math.Abs(a.Box[0]-b.Box[0]) < 0.06 {
			f.next(a)
			continue
		}
		got := f.next(b, a)
		if i == 0 {
			continue
		}
		if !slices.Equal(ids(got), []uint64{1, 2}) || got[0].Detection != 0 || got[1].Detection != 1 {
			t.Fatalf("picture %d: %+v", i, got)
		}
	}
}

func TestReset(t *testing.T) {
	f := newFilm(t, Options{MinHits: 1})
	f.next(person(0.1, 0.1), person(0.5, 0.1))
	f.k.Reset()
	f.now = begin.Add(-time.Hour) // time may go back now
	if got := f.next(person(0.1, 0.1)); !slices.Equal(ids(got), []uint64{3}) {
		t.Errorf("ids %v, want 3", ids(got))
	}
}

// What cannot be taken is named, and changes nothing.
func TestRefuses(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	f := newFilm(t, Options{MinHits: 1})
	f.next(person(0.1, 0.1))
	for _, c := range []struct {
		name string
		bad  Detection
		want string
	}{
		{"NaN left", Detection{Box{nan, 0, 1, 1}, "cat", 0.9}, "detection 1 (cat) has the box [NaN 0 1 1]; want sides"},
		{"NaN width", Detection{Box{0, 0, nan, 1}, "cat", 0.9}, "box [0 0 NaN 1]"},
		{"infinite", Detection{Box{0, -inf, 1, 1}, "cat", 0.9}, "box [0 -Inf 1 1]"},
		{"flat", Detection{Box{0, 0, 1, 0}, "cat", 0.9}, "box [0 0 1 0]"},
		{"inside out", Detection{Box{0, 0, -1, 1}, "cat", 0.9}, "box [0 0 -1 1]"},
		{"huge", Detection{Box{0, 0, 1, 1e300}, "cat", 0.9}, "box [0 0 1 1e+300]"},
		{"NaN score", Detection{Box{0, 0, 1, 1}, "cat", nan}, "score NaN; want 0 to 1"},
		{"percent", Detection{Box{0, 0, 1, 1}, "cat", 90}, "score 90; want 0 to 1"},
		{"negative", Detection{Box{0, 0, 1, 1}, "cat", -0.1}, "score -0.1; want 0 to 1"},
	} {
		_, err := f.k.Update(f.now.Add(time.Second), []Detection{person(0.1, 0.1), c.bad})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	for _, at := range []time.Time{f.now, f.now.Add(-1)} {
		if _, err := f.k.Update(at, nil); err == nil || !strings.Contains(err.Error(), "rising time") {
			t.Errorf("at %v: %v", at, err)
		}
	}
	if got := f.next(person(0.1, 0.1)); len(got) != 1 || got[0].ID != 1 || got[0].Age() != f.every {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestOptionsRefused(t *testing.T) {
	for want, o := range map[string]Options{
		"Low NaN is out of range; want 0 to 1":             {Low: math.NaN()},
		"High 1.5 is out of range; want 0 to 1":            {High: 1.5},
		"Low 0.7 is above High 0.5":                        {Low: 0.7},
		"MinHits -1 is out of range; want 1 to 1000":       {MinHits: -1},
		"MaxLost (seconds) -1 is out of range":             {MaxLost: -time.Second},
		"Agility +Inf is out of range; want 0.01 to 1000":  {Agility: math.Inf(1)},
		"Trail 1e+09 is out of range; want 0 to 10000":     {Trail: 1e9},
		"MinHits 5000 is out of range; want 1 to 1000\ntr": {MinHits: 5000, Trail: 1e9},
	} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", o, err, want)
		}
	}
}

func TestNoTrail(t *testing.T) {
	f := newFilm(t, Options{Trail: -1, MinHits: 1})
	if got := f.next(person(0.1, 0.1)); len(got) != 1 || got[0].Trail != nil {
		t.Errorf("%+v", got)
	}
}
