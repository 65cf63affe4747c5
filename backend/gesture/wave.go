package gesture

import (
	"time"

	"freshframe/backend/gesture/swing"
)

// What makes a wave: the tips of a stretched hand that points upwards go from side to side,
// by the wrist or by the arm.
const (
	waveSway  = 0.5 // palm lengths at least from turn to turn
	waveTurns = 3
	waveOpen  = 0.5 // how stretched the four fingers are on average, at least
	waveLean  = 60  // degrees that the hand may lean from the picture's up
)

type wave struct {
	on    bool
	turns int
	open  float64 // smoothed
	x     float64 // where the tips are: the sum of their steps, each in palm lengths of its time
	last  float64 // the tips' x in the picture
	begun bool
	swing swing.Counter
}

func (w *wave) update(at time.Time, h *Hand, f *fingers) {
	x := (h[indexTip].X + h[middleTip].X + h[16].X + h[20].X) / 4
	open := (f.out[1] + f.out[2] + f.out[3] + f.out[4]) / 4
	if !w.begun {
		w.begun, w.last, w.open = true, x, open
		w.swing = swing.Counter{Least: waveSway, Shortest: 80 * time.Millisecond, Longest: 800 * time.Millisecond}
	}
	w.x += (x - w.last) / h.size()
	w.last = x
	w.open += (open - w.open) / 2
	if w.open < waveOpen || angle(flat(h[wrist], h[middleMCP]), Point{Y: -1}) > waveLean {
		w.swing.Reset()
		w.on, w.turns = false, 0
		return
	}
	w.turns = w.swing.Add(at, w.x)
	w.on = w.turns >= waveTurns
}
