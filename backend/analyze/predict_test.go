package analyze_test

import (
	"math"
	"testing"
	"time"

	"freshframe/backend/analyze"
)

func TestPredict(t *testing.T) {
	from := []analyze.Detection{
		{Box: [4]float64{0.2, 0.3, 0.1, 0.1}, Track: 1, Velocity: [2]float64{0.5, -0.1}, Age: time.Second, Refound: true, Landmarks: [][3]float64{{0.25, 0.35, 0.9}}},
		{Box: [4]float64{0.8, 0.3, 0.1, 0.1}, Track: 2, Velocity: [2]float64{1, 0}},
		{Box: [4]float64{0.5, 0.5, 0.1, 0.1}},
	}
	got := analyze.Predict(nil, from, 200*time.Millisecond)
	if len(got) != 2 {
		t.Fatalf("%d detections, want 2: one has left the picture", len(got))
	}
	d := got[0]
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	if !d.Predicted || d.Refound || d.Age != 1200*time.Millisecond || !near(d.Box[0], 0.3) || !near(d.Box[1], 0.28) || d.Box[2] != 0.1 ||
		!near(d.Landmarks[0][0], 0.35) || !near(d.Landmarks[0][1], 0.33) || d.Landmarks[0][2] != 0.9 {
		t.Errorf("moved to %+v", d)
	}
	if got[1].Box != from[2].Box || !got[1].Predicted {
		t.Errorf("an untracked one became %+v", got[1])
	}
	if from[0].Predicted || from[0].Box[0] != 0.2 || from[0].Landmarks[0][0] != 0.25 {
		t.Errorf("what was predicted from became %+v", from[0])
	}
	if far := analyze.Predict(nil, from[:1], time.Hour); !near(far[0].Box[0], 0.7) {
		t.Errorf("after an hour the box is at %v, want where it was after a second", far[0].Box)
	}
	if now := analyze.Predict(nil, from[:1], -time.Second); now[0].Box != from[0].Box || now[0].Age != time.Second {
		t.Errorf("back in time it became %+v", now[0])
	}
}
