package hands

import (
	"os"
	"testing"
	"time"

	"freshframe/backend/frame"
	"freshframe/backend/gesture"
)

// rendered is the hand of one of the project's rendered pictures, as the networks see it.
func rendered(t *testing.T, name string) Hand {
	t.Helper()
	data, err := os.ReadFile("../../../testdata/hands/" + name)
	if err != nil {
		t.Fatal(err)
	}
	f := new(frame.Pool).Get()
	defer f.Release()
	f.Seq, f.Format, f.Data, f.Captured = 1, frame.JPEG, data, time.Unix(1_763_870_000, 0)
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	a := newReal(t, "max=1")
	if _, err := a.Analyze(t.Context(), f); err != nil || len(a.seen) != 1 {
		t.Fatalf("%s: %d hands, %v", name, len(a.seen), err)
	}
	return a.seen[0].Hand
}

// way is the hand on its way from one to another, both with the wrist of the first.
func way(from, to *Hand, share float64) Hand {
	h := *from
	for i := range h.Points {
		p, q := &h.Points[i], to.Points[i]
		q.X += from.Points[Wrist].X - to.Points[Wrist].X
		q.Y += from.Points[Wrist].Y - to.Points[Wrist].Y
		*p = Point{p.X + share*(q.X-p.X), p.Y + share*(q.Y-p.Y), p.Z + share*(q.Z-p.Z)}
	}
	return h
}

// An OK is made by pinching: first it is told as a pinch, and soon as what it is, until the
// fingers part.
func TestPinchBecomesOK(t *testing.T) {
	for _, pair := range [][2]string{{"open-palm-1.jpg", "ok-1.jpg"}, {"open-palm-2.jpg", "ok-2.jpg"}} {
		palm, ok := rendered(t, pair[0]), rendered(t, pair[1])
		for _, takes := range []int{3, 10, 20} { // frames
			m, at := newMemory(1), time.Unix(1_763_870_000, 0)
			var told []gesture.Gesture // without repetitions
			frames := map[gesture.Gesture]int{}
			show := func(n int, share func(i int) float64) {
				for i := range n {
					at = at.Add(time.Second / 30)
					h := way(&palm, &ok, share(i))
					g := m.gesture(at, &h)
					if frames[g]++; len(told) == 0 || told[len(told)-1] != g {
						told = append(told, g)
					}
				}
			}
			show(15, func(int) float64 { return 0 })
			show(takes, func(i int) float64 { return float64(i+1) / float64(takes) })
			show(60, func(int) float64 { return 1 })
			t.Logf("%s in %d frames: %v, %v", pair[1], takes, told, frames)
			if last := told[len(told)-1]; last != gesture.OK || frames[gesture.OK] < 55 || frames[gesture.Pinch] > 6 {
				t.Errorf("%s in %d frames, and 60 more: told %v, %v", pair[1], takes, told, frames)
			}
			show(takes, func(i int) float64 { return 1 - float64(i+1)/float64(takes) })
			show(15, func(int) float64 { return 0 })
			if last := told[len(told)-1]; last != gesture.OpenPalm {
				t.Errorf("%s and open again: told %v", pair[1], told)
			}
		}
	}
}
