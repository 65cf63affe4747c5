package gesture

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// pose is where the hand is and how, at one moment of a movement: x and y in palm lengths.
type pose struct {
	x, y, roll float64
	shape      posture
}

// act plays a movement at the given rate, near or far, with landmarks that err, and returns
// what began, and what was held at the end.
func act(m *Motion, rng *rand.Rand, fps, size float64, mirrored bool, lasts float64, f func(t float64) pose) (began []Gesture, held Gesture) {
	for i := range int(lasts*fps) + 1 {
		t := float64(i) / fps
		p := f(t)
		h := p.shape.hand(nil).turned(p.roll, 0, 0).seen(6, size, 0, 0, mirrored).noisy(rng, 0.015)
		for j := range h {
			h[j].X += p.x * size
			h[j].Y += p.y * size
		}
		moved := m.Update(noon.Add(time.Duration(t*float64(time.Second))), &h)
		held = moved.Held
		if moved.Began != None {
			began = append(began, moved.Began)
		}
	}
	return began, held
}

// smooth goes from 0 to 1 as a hand moves: slow, fast, slow.
func smooth(x float64) float64 {
	x = max(0, min(1, x))
	return x * x * (3 - 2*x)
}

// pinched is an open hand whose thumb and index finger come together.
func pinched(k float64) posture {
	p := postures[OpenPalm][0]
	ring := postures[OK][0]
	p.bend[0] = [3]float64{5 + 40*k, 5 + 60*k, 5 + 30*k}
	p.thumb = [3][2]float64{{45 - 10*k, 20 + 25*k}, {50, 15}, {50, 10}}
	if k > 0.95 {
		p.thumb, p.ring = ring.thumb, true
	}
	return p
}

func TestMotion(t *testing.T) {
	const seed = 12
	t.Logf("seed %d", seed)
	palm, fist := postures[OpenPalm][0], postures[Fist][0]
	stroke := func(x, y, takes float64) func(float64) pose {
		return func(t float64) pose {
			k := smooth((t - 0.5) / takes)
			return pose{x: x * k, y: y * k, shape: palm}
		}
	}
	sway := func(x, roll, hertz float64, shape posture) func(float64) pose {
		return func(t float64) pose {
			s := math.Sin(2 * math.Pi * hertz * t)
			return pose{x: x * s, roll: roll * s, shape: shape}
		}
	}
	for _, c := range []struct {
		name string
		f    func(float64) pose
		want []Gesture
		held Gesture
	}{
		{"swiping right", stroke(3, 0, 0.35), []Gesture{SwipeRight}, None},
		{"swiping left, a little down", stroke(-3, 1, 0.35), []Gesture{SwipeLeft}, None},
		{"swiping up", stroke(0.5, -2.6, 0.3), []Gesture{SwipeUp}, None},
		{"swiping down", stroke(0, 2.6, 0.3), []Gesture{SwipeDown}, None},
		{"swiping and coming back", func(t float64) pose {
			return pose{x: 3*smooth((t-0.5)/0.35) - 3*smooth((t-1.15)/0.5), shape: palm}
		}, []Gesture{SwipeRight}, None},
		{"winding up for a stroke", func(t float64) pose {
			return pose{x: -2.2*smooth((t-0.5)/0.3) + 4*smooth((t-0.8)/0.35), shape: palm}
		}, []Gesture{SwipeRight}, None},
		{"moving slowly", stroke(3, 0, 2), nil, None},
		{"moving a little", stroke(1, 0, 0.3), nil, None},
		{"moving across", stroke(2.5, 2.5, 0.35), nil, None},
		{"waving by the arm", sway(1, 10, 1.2, palm), []Gesture{Wave}, Wave},
		{"waving widely", sway(1.6, 10, 1, palm), []Gesture{Wave}, Wave},
		{"waving by the wrist", sway(0, 30, 2, palm), []Gesture{Wave}, Wave},
		{"shaking a fist", sway(0.6, 10, 2, fist), nil, None},
		{"still", sway(0, 0, 1, palm), nil, None},
		{"pinching", func(t float64) pose { return pose{shape: pinched(smooth((t - 0.5) / 0.4))} }, []Gesture{Pinch}, Pinch},
		{"pinching and letting go", func(t float64) pose {
			return pose{shape: pinched(smooth((t-0.5)/0.4) - smooth((t-1.5)/0.4))}
		}, []Gesture{Pinch}, None},
		{"a ring from the beginning", func(float64) pose { return pose{shape: pinched(1)} }, nil, None},
		{"a fist", func(t float64) pose {
			if t > 0.5 {
				return pose{shape: fist}
			}
			return pose{shape: palm}
		}, nil, None},
	} {
		for _, fps := range []float64{12, 30, 60} {
			for _, size := range []float64{0.1, 40, 200} {
				for _, mirrored := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%vfps/size=%v/mirrored=%v", c.name, fps, size, mirrored), func(t *testing.T) {
						var m Motion
						began, held := act(&m, rand.New(rand.NewPCG(seed, 0)), fps, size, mirrored, 3, c.f)
						if !slices.Equal(began, c.want) || held != c.held {
							t.Errorf("%v began, %v held; want %v and %v", began, held, c.want, c.held)
						}
					})
				}
			}
		}
	}
}

// A swipe out of the picture ends with the hand; after a gap nothing of the old hand counts.
func TestEnd(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	away := func(t float64) pose { return pose{x: 4 * smooth(t/0.5), shape: postures[OpenPalm][0]} }
	var m Motion
	if began, _ := act(&m, rng, 30, 80, false, 0.4, away); len(began) > 0 {
		t.Errorf("%v began before the end", began)
	}
	if g := m.End(); g != SwipeRight {
		t.Errorf("it left with %v", g)
	}
	if g := m.End(); g != None {
		t.Errorf("it left again with %v", g)
	}
	act(&m, rng, 30, 80, false, 0.4, away)
	h := hand(OpenPalm)
	for i := range 30 {
		if moved := m.Update(noon.Add(2*time.Second+time.Duration(i)*33*time.Millisecond), &h); moved != (Moved{}) {
			t.Errorf("after a gap: %v", moved)
		}
	}
}
