package track

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// chaos is detections as no camera gives them: many or none, huge and tiny, on top of one
// another, of any score.
func chaos(r *rand.Rand) []Detection {
	labels := []string{"person", "cup", ""}
	var found []Detection
	for range r.IntN(12) * r.IntN(2) {
		d := Detection{
			Box{r.NormFloat64(), r.NormFloat64(), r.ExpFloat64() + smallest, r.ExpFloat64() + smallest},
			labels[r.IntN(3)], r.Float64(),
		}
		switch r.IntN(10) {
		case 0:
			d.Box = Box{largest, -largest, smallest, largest}
		case 1:
			d.Box = Box{0, 0, smallest, smallest}
		case 2:
			d.Score = float64(r.IntN(2))
		case 3, 4, 5:
			d.Box = Box{0.4, 0.4, 0.2, 0.2}
		}
		found = append(found, d)
	}
	return found
}

// TestHoldsUnderChaos: ids are never given twice and rise, a detection has at most one track
// and that of its label, every number is finite, nothing is kept longer than MaxLost.
func TestHoldsUnderChaos(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 40 {
		o := Options{MinHits: 1 + r.IntN(3), MaxLost: time.Duration(1 + r.IntN(int(2*time.Second))), Agility: 0.01 + 20*r.Float64(), Trail: 1 + r.IntN(5), Moving: r.IntN(2) == 0}
		f := newFilm(t, o)
		var highest uint64
		gone, here := map[uint64]bool{}, map[uint64]bool{}
		for range 300 {
			f.every = time.Duration(1 + r.IntN(int(100*time.Millisecond)))
			switch r.IntN(50) {
			case 0:
				f.every = 24 * time.Hour
			case 1:
				f.every = 1
			}
			found := chaos(r)
			tracks := f.next(found...)
			taken := map[int]bool{}
			now := map[uint64]bool{}
			for i, k := range tracks {
				if k.ID == 0 || now[k.ID] || gone[k.ID] || i > 0 && k.ID < tracks[i-1].ID {
					t.Fatalf("ids %v", ids(tracks))
				}
				if !here[k.ID] && k.ID <= highest {
					t.Fatalf("id %d is new, but %d was given before", k.ID, highest)
				}
				highest = max(highest, k.ID)
				now[k.ID] = true
				if k.Lost != (k.Detection < 0) {
					t.Fatalf("%+v", k)
				}
				if k.Lost && f.now.Sub(k.Seen) > o.MaxLost {
					t.Fatalf("lost for %v, at most %v", f.now.Sub(k.Seen), o.MaxLost)
				}
				if !k.Lost {
					if taken[k.Detection] || found[k.Detection].Label != k.Label || found[k.Detection].Score != k.Score {
						t.Fatalf("detection %d twice, or not %+v", k.Detection, k)
					}
					taken[k.Detection] = true
				}
				checkFinite(t, k)
				if len(k.Trail) < 1 || len(k.Trail) > o.Trail {
					t.Fatalf("%d points of %d", len(k.Trail), o.Trail)
				}
			}
			for id := range here {
				gone[id] = !now[id]
			}
			here = now
		}
	}
}

func checkFinite(t *testing.T, k Track) {
	t.Helper()
	numbers := append(slices.Clone(k.Box[:]), k.Velocity[0], k.Velocity[1], k.Score)
	for _, p := range k.Trail {
		numbers = append(numbers, p.X, p.Y)
	}
	for _, x := range numbers {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.Fatalf("a number is none: %+v", k)
		}
	}
	if k.Box[2] <= 0 || k.Box[3] <= 0 {
		t.Fatalf("no size: %+v", k)
	}
}

// TestScaleMakesNoDifference: pixels or fractions, the tracks are the same. Factors of two
// leave even the last bit alone.
func TestScaleMakesNoDifference(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	f, g := newFilm(t, Options{}), newFilm(t, Options{})
	scale := [2]float64{1024, 0.25}
	for range 500 {
		var fs, gs []Detection
		for i := range 6 {
			d := person(0.1*float64(i)+0.01*r.NormFloat64(), 0.2+0.01*r.NormFloat64())
			d.Score = r.Float64()
			fs = append(fs, d)
			for j := range d.Box {
				d.Box[j] *= scale[j%2]
			}
			gs = append(gs, d)
		}
		a, b := f.next(fs...), g.next(gs...)
		if !slices.Equal(ids(a), ids(b)) {
			t.Fatalf("%v and %v", ids(a), ids(b))
		}
		for i := range a {
			for j := range 4 {
				if a[i].Box[j]*scale[j%2] != b[i].Box[j] {
					t.Fatalf("%v and %v", a[i].Box, b[i].Box)
				}
			}
		}
	}
}

// crowd is n people who walk to and fro, of changing scores.
func crowd(n, picture int) []Detection {
	found := make([]Detection, n)
	for i := range found {
		phase := float64(picture)/60 + float64(i)
		found[i] = person(0.5+0.4*math.Sin(phase), 0.05*float64(i%10))
		if (picture+i)%7 == 0 {
			found[i].Score = 0.3
		}
	}
	return found
}

// TestMemoryIsBounded: hours without detections keep nothing, and hours of things that come
// and go keep no more than there were at once.
func TestMemoryIsBounded(t *testing.T) {
	f := newFilm(t, Options{})
	for i := range 100 {
		f.next(crowd(20, i)...)
	}
	for range 4 * 3600 * 30 / 10 {
		f.every = time.Second / 3
		if got := f.next(); len(got) > 0 && f.now.Sub(begin) > 10*time.Second {
			t.Fatalf("%d tracks of what was not seen for long", len(got))
		}
	}
	if f.k.Len() != 0 {
		t.Fatalf("%d things in memory", f.k.Len())
	}
	if n := testing.AllocsPerRun(100, func() { f.next() }); n != 0 {
		t.Errorf("%v allocations for nothing", n)
	}
	made := len(f.k.free)
	f.every = time.Second / 30
	for i := range 20_000 { // every second others, elsewhere
		f.next(person(float64(i/30%7)*0.5, 0.2), person(float64(i/30%5)*0.5, 5))
	}
	if all := len(f.k.free) + f.k.Len(); all > made+10 {
		t.Errorf("%d things where there were %d", all, made)
	}
}

// TestUpdateAllocatesNothing, once it has seen as many things as there are.
func TestUpdateAllocatesNothing(t *testing.T) {
	f := newFilm(t, Options{})
	pictures := make([][]Detection, 600)
	for i := range pictures {
		pictures[i] = crowd(20-i%3, i)
	}
	i := 0
	show := func() {
		f.next(pictures[i%len(pictures)]...)
		i++
	}
	for range 600 {
		show()
	}
	if n := testing.AllocsPerRun(500, show); n != 0 {
		t.Errorf("%v allocations per update", n)
	}
}

func BenchmarkUpdate(b *testing.B) {
	for name, n := range map[string]int{"5": 5, "20": 20, "100": 100} {
		b.Run(name, func(b *testing.B) {
			pictures := make([][]Detection, 600)
			for i := range pictures {
				pictures[i] = crowd(n, i)
			}
			f := newFilm(b, Options{})
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				f.next(pictures[i%len(pictures)]...)
				i++
			}
		})
	}
}

// TestFilterStaysSane: the covariances stay those of something after days of updates.
func TestFilterStaysSane(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	m := newMotion(Box{0.1, 0.1, 0.2, 0.3})
	for i := range 500_000 {
		m.predict(r.Float64()*0.1, 1)
		if r.IntN(10) > 0 {
			m.correct(Box{0.1 + 0.01*r.NormFloat64(), 0.1, 0.2 + 0.01*r.Float64(), 0.3}, 1+r.Float64())
		}
		for _, l := range []line{m.x, m.y} {
			if !(l.pp > 0 && l.vv > 0 && l.pp*l.vv >= l.pv*l.pv) {
				t.Fatalf("step %d: %+v", i, l)
			}
		}
		if !(m.w.variance > 0 && m.h.variance > 0) {
			t.Fatalf("step %d: %+v", i, m)
		}
	}
}
