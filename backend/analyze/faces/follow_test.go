package faces

import (
	"slices"
	"testing"
	"time"

	"freshframe/backend/analyze"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func moment(frames int) analyze.Moment {
	return analyze.Moment{Seq: uint64(frames + 1), Captured: noon.Add(time.Duration(frames) * 33 * time.Millisecond), Width: 640, Height: 480}
}

func face(x, score float64) analyze.Detection {
	return analyze.Detection{Box: [4]float64{x, 0.4, 0.2, 0.25}, Label: "face", Score: score}
}

// followed gives the ids of the faces that are left, in their order, then those of the lost ones.
func followed(t *testing.T, f analyze.Follower, of analyze.Moment, faces ...analyze.Detection) (ids []uint64) {
	t.Helper()
	r := analyze.Result{Count: len(faces), Detections: faces}
	if err := f.Follow(of, &r); err != nil {
		t.Fatal(err)
	}
	for i, d := range r.Detections {
		ids = append(ids, d.Track)
		if d.Predicted != (i >= r.Count) || d.Label != "face" {
			t.Errorf("face %d of %d: %+v", i, r.Count, d)
		}
	}
	return ids
}

func is(t *testing.T, what string, got []uint64, want ...uint64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: ids %v, want %v", what, got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%s: ids %v, want %v", what, got, want)
		}
	}
}

func TestFollow(t *testing.T) {
	f, err := newFollower(0.5, 20, false)
	if err != nil {
		t.Fatal(err)
	}
	is(t, "new", followed(t, f, moment(0), face(0.1, 0.9), face(0.7, 0.8)), 0, 0)
	is(t, "seen again", followed(t, f, moment(1), face(0.11, 0.9), face(0.69, 0.8)), 1, 2)
	is(t, "in another order", followed(t, f, moment(2), face(0.68, 0.9), face(0.12, 0.8)), 2, 1)
	is(t, "doubtful, but seen before", followed(t, f, moment(3), face(0.13, 0.9), face(0.67, 0.35)), 1, 2)
	is(t, "doubtful and new", followed(t, f, moment(4), face(0.14, 0.9), face(0.4, 0.45), face(0.66, 0.8)), 1, 2)
	is(t, "one of them hidden", followed(t, f, moment(5), face(0.15, 0.9)), 1, 2)
	is(t, "and back", followed(t, f, moment(15), face(0.25, 0.9), face(0.56, 0.8)), 1, 2)
	is(t, "nobody", followed(t, f, moment(16)), 1, 2)
	is(t, "for long", followed(t, f, moment(100)))
	is(t, "somebody new", followed(t, f, moment(101), face(0.25, 0.9)), 0)
	is(t, "who stays", followed(t, f, moment(102), face(0.25, 0.9)), 3)
	is(t, "a step back in time", followed(t, f, moment(50), face(0.25, 0.9)), 0)
	is(t, "and on", followed(t, f, moment(51), face(0.25, 0.9)), 4)
	other := moment(52)
	other.Width = 320
	is(t, "another size", followed(t, f, other, face(0.25, 0.9)), 0)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// Hours without a face leave nothing behind.
func TestFollowNobody(t *testing.T) {
	f, err := newFollower(0.5, 20, false)
	if err != nil {
		t.Fatal(err)
	}
	followed(t, f, moment(0), face(0.1, 0.9))
	for i := range 10_000 {
		followed(t, f, moment(1+i))
	}
	var r analyze.Result
	i := 20_000
	if n := testing.AllocsPerRun(100, func() {
		i++
		if err := f.Follow(moment(i), &r); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Faces keep their numbers when the camera pans, if it is said that it does.
func TestMovingCamera(t *testing.T) {
	for _, query := range []string{"moving_camera=off", "moving_camera=on"} {
		f, err := Kind(nets).Follow(values(t, query))
		if err != nil {
			t.Fatal(err)
		}
		var ids []uint64
		for i, pan := range []float64{0, 0, 0, 0.12, 0.24} {
			ids = followed(t, f, moment(i+1), face(0.05+pan, 0.9), face(0.28+pan, 0.9), face(0.5+pan, 0.9), face(0.7+pan, 0.9))
		}
		if kept := slices.Equal(ids[:4], []uint64{1, 2, 3, 4}); kept != (query == "moving_camera=on") {
			t.Errorf("%s: %v", query, ids)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
