package zone

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"freshframe/backend/analyze"
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// at is a detection of a person whose middle is there; its foot is 0.1 lower.
func at(track uint64, x, y float64) analyze.Detection {
	return analyze.Detection{Track: track, Label: "person", Box: [4]float64{x - 0.05, y - 0.1, 0.1, 0.2}}
}

func counter(t testing.TB, text string) *Counter {
	t.Helper()
	areas, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCounter(areas)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// story walks one track through the places, one each tenth of a second, and tells the
// events as "seconds area what".
func story(c *Counter, places ...point) []string {
	var told []string
	for i, p := range places {
		for _, e := range c.Update(noon.Add(time.Duration(i)*100*time.Millisecond), []analyze.Detection{at(1, p[0], p[1])}) {
			s := fmt.Sprintf("%.1f %s %s", e.At.Sub(noon).Seconds(), e.Area, e.What)
			if e.Stay > 0 {
				s += " " + e.Stay.String()
			}
			told = append(told, s)
		}
	}
	return told
}

func TestStories(t *testing.T) {
	const (
		mid  = "mid: zone 0.4,0.4 0.6,0.4 0.6,0.6 0.4,0.6"
		wire = "wire: line 0.5,0.3 0.5,0.7" // downwards: its right is the picture's left
	)
	still := slices.Repeat([]point{{0.5, 0.5}}, 6)
	for _, c := range []struct {
		name, areas string
		places      []point
		want        []string
	}{
		{"in and out", mid, []point{{0.1, 0.5}, {0.45, 0.5}, {0.55, 0.5}, {0.7, 0.5}},
			[]string{"0.1 mid entered", "0.3 mid left 200ms"}},
		{"over it between two pictures", mid, []point{{0.1, 0.5}, {0.9, 0.5}}, nil},
		{"first seen inside", mid, []point{{0.5, 0.5}, {0.9, 0.5}}, []string{"0.0 mid appeared", "0.1 mid left 100ms"}},
		{"trembling on the border", mid, []point{{0.3, 0.5}, {0.401, 0.5}, {0.399, 0.5}, {0.4, 0.5}, {0.395, 0.5}, {0.402, 0.5}, {0.3, 0.5}},
			[]string{"0.1 mid entered", "0.6 mid left 500ms"}},
		{"on the border is inside", mid, []point{{0.1, 0.1}, {0.4, 0.4}}, []string{"0.1 mid entered"}},
		{"staying", mid + " dwell=300ms", still, []string{"0.0 mid appeared", "0.3 mid dwelt 300ms"}},
		{"the foot is inside, the middle not", mid + " anchor=foot", []point{{0.5, 0.1}, {0.5, 0.35}}, []string{"0.1 mid entered"}},
		{"not of this class", mid + " classes=dog,cat", still, nil},
		{"a concave zone's notch", "u: zone 0.2,0.2 0.8,0.2 0.8,0.8 0.6,0.8 0.6,0.4 0.4,0.4 0.4,0.8 0.2,0.8",
			[]point{{0.5, 0.7}, {0.3, 0.7}, {0.5, 0.7}, {0.7, 0.7}},
			[]string{"0.1 u entered", "0.2 u left 100ms", "0.3 u entered"}},

		{"crossing to the picture's right", wire, []point{{0.3, 0.5}, {0.7, 0.5}}, []string{"0.1 wire to_left"}},
		{"crossing to the picture's left", wire, []point{{0.7, 0.5}, {0.45, 0.5}}, []string{"0.1 wire to_right"}},
		{"there and back", wire, []point{{0.3, 0.5}, {0.7, 0.5}, {0.3, 0.5}}, []string{"0.1 wire to_left", "0.2 wire to_right"}},
		{"around the end", wire, []point{{0.3, 0.5}, {0.3, 0.8}, {0.7, 0.8}, {0.7, 0.5}}, nil},
		{"trembling on the line", wire, []point{{0.4, 0.5}, {0.501, 0.5}, {0.499, 0.5}, {0.5, 0.5}, {0.505, 0.5}, {0.6, 0.5}}, []string{"0.5 wire to_left"}},
		{"touching it and back", wire, []point{{0.4, 0.5}, {0.5, 0.5}, {0.505, 0.5}, {0.4, 0.5}}, nil},
		{"stopping on it", wire, []point{{0.4, 0.5}, {0.5, 0.5}, {0.6, 0.5}}, []string{"0.2 wire to_left"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := story(counter(t, c.areas), c.places...); !slices.Equal(got, c.want) {
				t.Errorf("told %q, want %q", got, c.want)
			}
		})
	}
}

func TestVanishing(t *testing.T) {
	c := counter(t, "mid: zone 0.4,0.4 0.6,0.4 0.6,0.6 0.4,0.6; wire: line 0.5,0.3 0.5,0.7")
	tell := func(after time.Duration, ds ...analyze.Detection) (told []string) {
		for _, e := range c.Update(noon.Add(after), ds) {
			told = append(told, fmt.Sprintf("%v %s %s %d %v", e.At.Sub(noon), e.Area, e.What, e.Track, e.Stay))
		}
		return told
	}
	expect := func(got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	expect(tell(0, at(7, 0.45, 0.5)), "0s mid appeared 7 0s")
	expect(tell(time.Second, at(7, 0.504, 0.5)))
	// Unseen for a while is not gone; predicted keeps it, wherever it is said to be.
	expect(tell(2900 * time.Millisecond))
	p := at(7, 0.9, 0.5)
	p.Predicted = true
	expect(tell(3*time.Second, p))
	expect(tell(5 * time.Second))
	expect(tell(5001*time.Millisecond), "3s mid vanished 7 3s", "3s wire to_left 7 0s")
	// A new sight of the same id is a new visit; a prediction alone is none.
	p.Track = 8
	expect(tell(6*time.Second, p, at(7, 0.5, 0.5), at(7, 0.9, 0.5)), "6s mid appeared 7 0s")
	// Time steps back: another stream.
	expect(tell(time.Second, at(7, 0.5, 0.5)), "6s mid vanished 7 0s", "1s mid appeared 7 0s")

	got := counts(c)
	want := map[string]map[string]Count{
		"mid":  {"person": {Inside: 1, Appeared: 3, Vanished: 2, Stayed: 3 * time.Second, Longest: 3 * time.Second}},
		"wire": {"person": {ToLeft: 1}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

// Whatever tracks do, the counts balance, the events add up to the counts, and of the
// crossings to one side there is at most one more than to the other for each track whose
// line has no ends to go around.
func TestBalance(t *testing.T) {
	const seed = 11
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	c := counter(t, "a: zone 0.2,0.2 0.8,0.3 0.5,0.9 dwell=1s; b: zone 0,0 1,0 1,1 0,1 classes=dog; whole: line 0.5,0 0.5,1")
	told := map[string]int{}
	sides := map[uint64]int{}
	walk := map[uint64]point{}
	now := noon
	for range 20_000 {
		now = now.Add(time.Duration(rng.IntN(80)) * time.Millisecond)
		var ds []analyze.Detection
		for id := uint64(1); id < 9; id++ {
			p, ok := walk[id]
			switch {
			case !ok:
				p = point{rng.Float64(), rng.Float64()}
			case rng.IntN(500) == 0: // gone for good, the id is used again
				delete(walk, id)
				now = now.Add(forget + 1)
				continue
			}
			p = point{max(0.001, min(0.999, p[0]+rng.NormFloat64()*0.02)), max(0.001, min(0.999, p[1]+rng.NormFloat64()*0.02))}
			walk[id] = p
			d := at(id, p[0], p[1])
			if id%2 == 0 {
				d.Label = "dog"
			}
			d.Predicted = rng.IntN(10) == 0
			if rng.IntN(10) > 0 {
				ds = append(ds, d)
			}
		}
		for _, e := range c.Update(now, ds) {
			told[fmt.Sprint(e.Area, e.Class, e.What)]++
			switch e.What {
			case Appeared:
				if e.Area == "b" {
					sides[e.Track] = 0
				}
			case ToRight:
				sides[e.Track]++
			case ToLeft:
				sides[e.Track]--
			}
			if n := sides[e.Track]; e.Track%2 == 0 && (n < -1 || n > 1) {
				t.Fatalf("track %d crossed to one side %d times in a row", e.Track, n)
			}
		}
		for area, by := range counts(c) {
			for class, n := range by {
				if n.Inside < 0 || n.Entered+n.Appeared != n.Left+n.Vanished+uint64(n.Inside) {
					t.Fatalf("%s of %s: %+v does not balance", area, class, n)
				}
			}
		}
	}
	for area, by := range counts(c) {
		for class, n := range by {
			for what, want := range map[Happening]uint64{Entered: n.Entered, Appeared: n.Appeared, Left: n.Left, Vanished: n.Vanished, Dwelt: n.Dwelt, ToRight: n.ToRight, ToLeft: n.ToLeft} {
				if got := told[fmt.Sprint(area, class, what)]; uint64(got) != want {
					t.Errorf("%s of %s %s: %d events, counted %d", area, class, what, got, want)
				}
			}
		}
	}
	if n := counts(c)["whole"]["dog"]; n.ToLeft == 0 || n.ToRight == 0 {
		t.Errorf("nobody crossed: %+v", n)
	}
}

func TestBadDetections(t *testing.T) {
	c := counter(t, "all: zone 0,0 1,0 1,1 0,1")
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
		for i := range 4 {
			d := at(1, 0.5, 0.5)
			d.Box[i] = v
			if e := c.Update(noon, []analyze.Detection{d}); len(e) > 0 {
				t.Errorf("box %v: %v", d.Box, e)
			}
		}
	}
	if e := c.Update(noon, []analyze.Detection{at(0, 0.5, 0.5)}); len(e) > 0 {
		t.Errorf("an untracked thing counts: %v", e)
	}
	if _, err := NewCounter([]Area{{Name: "x", Kind: Line}}); err == nil {
		t.Error("a line without ends is taken")
	}
}

// Neither hours with nobody, nor ever new tracks and classes, grow the memory.
func TestBounded(t *testing.T) {
	c := counter(t, "all: zone 0,0 1,0 1,1 0,1")
	now, id := noon, uint64(0)
	for range 200 {
		var ds []analyze.Detection
		for range 50 {
			id++
			d := at(id, 0.5, 0.5)
			d.Label = fmt.Sprint("class ", id)
			ds = append(ds, d)
		}
		now = now.Add(10 * time.Millisecond)
		c.Update(now, ds)
	}
	if len(c.tracks) != mostTracks || len(counts(c)["all"]) != mostLabels+1 {
		t.Errorf("%d tracks and %d classes, want %d and %d", len(c.tracks), len(counts(c)["all"]), mostTracks, mostLabels+1)
	}
	for range 10 * 60 * 60 * 3 { // three hours
		now = now.Add(100 * time.Millisecond)
		c.Update(now, nil)
	}
	sum := 0
	for _, n := range counts(c)["all"] {
		sum += n.Inside
	}
	if len(c.tracks) != 0 || sum != 0 {
		t.Errorf("after hours: %d tracks, %d inside", len(c.tracks), sum)
	}
}

func TestUpdateAllocates(t *testing.T) {
	c, ds := busy(t)
	now := noon
	if n := testing.AllocsPerRun(100, func() { now = now.Add(33 * time.Millisecond); c.Update(now, ds) }); n != 0 {
		t.Errorf("%v allocations an update", n)
	}
}

func busy(t testing.TB) (*Counter, []analyze.Detection) {
	var text strings.Builder
	for i := range 8 {
		fmt.Fprintf(&text, "z%d: zone 0.1,0.1 0.9,0.1 0.9,0.9 0.5,0.5 0.1,0.9 dwell=1s\nl%d: line 0.%d,0 0.5,1\n", i, i, i+1)
	}
	c := counter(t, text.String())
	var ds []analyze.Detection
	for i := range 20 {
		ds = append(ds, at(uint64(i+1), 0.1+0.04*float64(i), 0.4))
	}
	c.Update(noon, ds)
	return c, ds
}

// Twenty tracks, eight zones and eight lines.
func BenchmarkUpdate(b *testing.B) {
	c, ds := busy(b)
	now := noon
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		now = now.Add(33 * time.Millisecond)
		for j := range ds {
			ds[j].Box[0] += 0.01 * math.Sin(float64(i))
		}
		c.Update(now, ds)
	}
}

// counts are those of the areas by name.
func counts(c *Counter) map[string]map[string]Count {
	all := map[string]map[string]Count{}
	for _, t := range c.Tallies() {
		all[t.Name] = t.Counts
	}
	return all
}

func TestTotals(t *testing.T) {
	c, err := NewCounter([]Area{{Name: "all", Kind: Zone, Points: [][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}})
	if err != nil {
		t.Fatal(err)
	}
	box := [4]float64{0.4, 0.4, 0.1, 0.1}
	at := time.Unix(100, 0)
	c.Update(at, []analyze.Detection{{Track: 1, Label: "dog", Box: box}, {Track: 2, Label: "cat", Box: box}})
	c.Update(at.Add(time.Second), []analyze.Detection{{Track: 1, Label: "dog", Box: box}, {Track: 2, Label: "cat", Box: box}})
	if n := c.Tallies()[0].Total; n.Inside != 2 || n.Appeared != 2 {
		t.Errorf("two inside: %+v", n)
	}
	// Another analyzer gives the same ids to other things.
	c.Forget()
	var what []Happening
	for _, e := range c.Update(at.Add(2*time.Second), []analyze.Detection{{Track: 1, Label: "person", Box: box}}) {
		what = append(what, e.What)
	}
	if !slices.Equal(what, []Happening{Vanished, Vanished, Appeared}) {
		t.Errorf("told of %v", what)
	}
	if again := c.Update(at.Add(3*time.Second), nil); len(again) != 0 {
		t.Errorf("told again of %v", again)
	}
	n := c.Tallies()[0]
	if n.Total.Inside != 1 || n.Total.Vanished != 2 || n.Total.Stayed != 2*time.Second || n.Total.Longest != time.Second || n.Counts["person"].Appeared != 1 {
		t.Errorf("after another start: %+v", n)
	}
}
