package track

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// group is six people side by side before a camera that looks at x, and what each of them is.
func group(x float64) []Detection {
	var all []Detection
	for i := range 6 {
		d := person(0.05+0.15*float64(i)-x, 0.2+0.03*float64(i%3))
		d.Box[2] += 0.005 * float64(i%2)
		all = append(all, d)
	}
	return all
}

// A camera pans by most of a person from one picture to the next. With Moving everybody keeps
// id, trail and velocity, without it nobody.
func TestPanningCamera(t *testing.T) {
	for _, moving := range []bool{true, false} {
		f := newFilm(t, Options{Moving: moving})
		x, kept := 0.0, 0
		var got []Track
		for i := range 40 {
			if i >= 5 {
				x += 0.09 * float64(1-2*(i/4%2)) // to the right and back
			}
			got = f.next(group(x)...)
		}
		for i, k := range got {
			if k.ID != uint64(i+1) || k.Detection != i || k.Lost {
				continue
			}
			kept++
			if speed := math.Hypot(k.Velocity[0], k.Velocity[1]); speed > 0.01 {
				t.Errorf("id %d stands still at %.3f a second", k.ID, speed)
			}
			for _, p := range k.Trail {
				if math.Abs(p.X-k.Box[0]-k.Box[2]/2) > 0.01 {
					t.Errorf("id %d stands still, with the trail %v", k.ID, k.Trail)
					break
				}
			}
		}
		if want := map[bool]int{true: 6, false: 0}[moving]; kept != want {
			t.Errorf("moving=%v: %d people kept their ids, want %d: %v", moving, kept, want, ids(got))
		}
	}
}

// What is a camera's motion changes the tracks, and what is none leaves them as they are without
// Moving: too few who agree, others of another size or label, and a little.
func TestWhatIsCameraMotion(t *testing.T) {
	shifted := func(by float64, n int) []Detection {
		all := group(0)
		for i := range n {
			all[i].Box[1] += by
		}
		return all
	}
	larger, cups := shifted(0.25, 6), shifted(0.25, 6)
	for i := range larger {
		larger[i].Box[2] *= 2
		cups[i].Label = "cup"
	}
	for _, c := range []struct {
		name   string
		people int
		after  []Detection
		moved  bool
	}{
		{"all", 6, shifted(0.25, 6), true},
		{"most", 6, shifted(0.25, 4), true},
		{"three", 3, shifted(0.25, 3)[:3], true},
		{"two", 2, shifted(0.25, 2)[:2], false},
		{"some run", 6, shifted(0.25, 3), false},
		{"a little", 6, shifted(0.1, 6), false},
		{"another size", 6, larger, false},
		{"another kind", 6, cups, false},
		{"nobody", 6, nil, false},
	} {
		end := func(o Options) []Track {
			f := newFilm(t, o)
			f.next(group(0)[:c.people]...)
			f.next(group(0)[:c.people]...)
			return f.next(c.after...)
		}
		with, without := end(Options{Moving: true}), end(Options{})
		if moved := !reflect.DeepEqual(with, without); moved != c.moved || len(with) < c.people {
			t.Errorf("%s: moved %v, want %v:\n%+v\n%+v", c.name, moved, c.moved, with, without)
		}
	}
}

// A crowd before a camera that looks anywhere costs no memory.
func TestMovingAllocates(t *testing.T) {
	const seed = 4
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 4))
	var pictures [100][]Detection
	for i := range pictures {
		pictures[i] = group(r.Float64())
	}
	f := newFilm(t, Options{})
	i := 0
	show := func() {
		f.next(pictures[i%len(pictures)]...)
		i++
	}
	for range 300 {
		show()
	}
	if n := testing.AllocsPerRun(300, show); n != 0 {
		t.Errorf("%v allocations per update", n)
	}
}

// BenchmarkMoving is the worst: a hundred people alike, and a camera that moved.
func BenchmarkMoving(b *testing.B) {
	var pictures [2][]Detection
	for i := range pictures {
		for k := range 100 {
			pictures[i] = append(pictures[i], person(0.2*float64(k%10), 0.5*float64(k/10)+0.2*float64(i)))
		}
	}
	f := newFilm(b, Options{Moving: true})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f.next(pictures[i%2]...)
	}
}
