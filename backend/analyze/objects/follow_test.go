package objects

import (
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/network/networktest"
)

// Things are followed by their class, down to half the threshold, or not at all.
func TestFollow(t *testing.T) {
	thing := func(label string, x, score float64) analyze.Detection {
		return analyze.Detection{Box: [4]float64{x, 0.4, 0.1, 0.2}, Label: label, Score: score}
	}
	for query, want := range map[string][]uint64{
		"threshold=0.5":         {1, 2}, // the weak one was seen before
		"threshold=0.5&max=1":   {1},
		"tracks=off":            {0, 0, 0},
		"threshold=0.8":         {1}, // the weak one is too weak
		"threshold=0.2&max=100": {1, 2, 3},
	} {
		f, err := networktest.Spec(t, Kind(nets), query).Follow()
		if err != nil {
			t.Fatal(err)
		}
		of := analyze.Moment{Captured: time.Unix(1_763_870_000, 0), Width: 640, Height: 480}
		var r analyze.Result
		for i, second := range []float64{0.9, 0.9, 0.3} {
			of.Captured = of.Captured.Add(50 * time.Millisecond)
			r = analyze.Result{Detections: []analyze.Detection{
				thing("person", 0.1+0.01*float64(i), 0.9), thing("dog", 0.4, second), thing("cat", 0.7, 0.28),
			}}
			if err := f.Follow(of, &r); err != nil {
				t.Fatal(err)
			}
		}
		var got []uint64
		for _, d := range r.Detections {
			if !d.Predicted {
				got = append(got, d.Track)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %v, want %v", query, got, want)
			continue
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %v, want %v", query, got, want)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// People keep their numbers when the camera pans, if it is said that it does.
func TestMovingCamera(t *testing.T) {
	for query, want := range map[string]bool{"": false, "moving_camera=on": true} {
		f, err := networktest.Spec(t, Kind(nets), query).Follow()
		if err != nil {
			t.Fatal(err)
		}
		of := analyze.Moment{Captured: time.Unix(1_763_870_000, 0), Width: 640, Height: 480}
		kept := false
		for _, pan := range []float64{0, 0, 0.09, 0.18} {
			of.Captured = of.Captured.Add(50 * time.Millisecond)
			var r analyze.Result
			for i := range 5 {
				r.Detections = append(r.Detections, analyze.Detection{
					Box: [4]float64{0.05 + 0.15*float64(i) + pan, 0.4, 0.1, 0.2}, Label: "person", Score: 0.9,
				})
			}
			if err := f.Follow(of, &r); err != nil {
				t.Fatal(err)
			}
			kept = r.Detections[0].Track == 1 && r.Detections[4].Track == 5
		}
		if kept != want {
			t.Errorf("%q: kept %v, want %v", query, kept, want)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
