package follow

import (
	"math"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/track"
)

// What a track knows goes to the detection of its number and to no other.
func TestFill(t *testing.T) {
	noon := time.Unix(1_763_870_000, 0)
	long := make([]track.Point, 40)
	for i := range long {
		long[i] = track.Point{X: float64(i), Y: -float64(i)}
	}
	tracks := []track.Track{
		{ID: 2, First: noon, At: noon.Add(time.Second), Velocity: [2]float64{1, 2}, Trail: long[:3]},
		{ID: 5, First: noon, At: noon, Refound: true, Trail: long},
		{ID: 9, First: noon, At: noon},
	}
	ds := []analyze.Detection{{Track: 5}, {Label: "new"}, {Track: 2}, {Track: 9}, {Track: 7}}
	Fill(ds, tracks)
	if d := ds[0]; !d.Refound || d.Age != 0 || len(d.Trail) != TrailPoints || d.Trail[0] != [2]float64{24, -24} || d.Trail[15] != [2]float64{39, -39} {
		t.Errorf("track 5: %+v", d)
	}
	if d := ds[2]; d.Refound || d.Age != time.Second || d.Velocity != [2]float64{1, 2} || len(d.Trail) != 3 {
		t.Errorf("track 2: %+v", d)
	}
	for _, i := range []int{1, 3, 4} {
		if d := ds[i]; d.Refound || d.Age != 0 || d.Trail != nil || d.Velocity != [2]float64{} {
			t.Errorf("detection %d: %+v", i, d)
		}
	}
	// The trails are the caller's.
	_ = append(ds[0].Trail, [2]float64{99, 99})
	long[39] = track.Point{X: 77}
	Fill([]analyze.Detection{{Track: 2}}, tracks)
	if ds[0].Trail[15] != [2]float64{39, -39} || ds[2].Trail[0] != [2]float64{0, 0} {
		t.Errorf("trails have changed: %v, %v", ds[0].Trail, ds[2].Trail)
	}
	if n := testing.AllocsPerRun(50, func() { Fill(ds, tracks) }); n != 1 {
		t.Errorf("%v allocations, want 1", n)
	}
	if n := testing.AllocsPerRun(50, func() { Fill(ds, nil) }); n != 0 {
		t.Errorf("%v allocations for nothing", n)
	}
}

// A thing that walks on has its speed, its age and its trail; one that comes back says so once.
func TestWhatTracksKnow(t *testing.T) {
	p := newTape(t, usual)
	const speed = 0.2 // of the picture a second
	x := 0.1
	var r analyze.Result
	walk := func() analyze.Detection {
		t.Helper()
		x += speed * step.Seconds()
		r = p.next(at(x, 0.9))
		if len(r.Detections) != 1 {
			t.Fatalf("%+v", r)
		}
		return r.Detections[0]
	}
	if d := walk(); d.Trail != nil || d.Age != 0 {
		t.Errorf("new: %+v", d)
	}
	var d analyze.Detection
	for range 30 {
		if d = walk(); d.Refound {
			t.Errorf("refound at %v", d.Age)
		}
	}
	if math.Abs(d.Velocity[0]-speed) > 0.02 || math.Abs(d.Velocity[1]) > 0.02 || d.Age != 30*step || len(d.Trail) != TrailPoints {
		t.Errorf("after 30 steps: %+v", d)
	}
	middle := [2]float64{d.Box[0] + d.Box[2]/2, d.Box[1] + d.Box[3]/2}
	if last := d.Trail[TrailPoints-1]; math.Hypot(last[0]-middle[0], last[1]-middle[1]) > 0.01 {
		t.Errorf("the trail ends at %v, the thing is at %v", last, middle)
	}
	for i := range d.Trail[1:] {
		if d.Trail[i+1][0] <= d.Trail[i][0] {
			t.Errorf("the trail turns back: %v", d.Trail)
		}
	}
	x += 3 * speed * step.Seconds()
	for range 3 {
		if r = p.next(); len(r.Detections) != 1 || r.Detections[0].Refound || math.Abs(r.Detections[0].Velocity[0]-speed) > 0.02 {
			t.Errorf("lost: %+v", r)
		}
	}
	if d = walk(); !d.Refound || d.Age != 34*step {
		t.Errorf("back: %+v", d)
	}
	if d = walk(); d.Refound {
		t.Error("back twice")
	}
}
