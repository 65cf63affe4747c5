package follow

import (
	"cmp"
	"slices"

	"freshframe/backend/analyze"
	"freshframe/backend/track"
)

// TrailPoints is how many points a trail has at most: half a second at 30 frames a second.
const TrailPoints = 16

// Fill tells of each detection that has the number of a track what is known of that track. The
// tracks are by rising number, as a tracker gives them, and may change afterwards.
func Fill(detections []analyze.Detection, tracks []track.Track) {
	room := 0
	for _, t := range tracks {
		room += min(len(t.Trail), TrailPoints)
	}
	points := make([][2]float64, 0, room) // of all trails
	for i := range detections {
		d := &detections[i]
		at, found := slices.BinarySearchFunc(tracks, d.Track, func(t track.Track, id uint64) int { return cmp.Compare(t.ID, id) })
		if !found { // 0 is nobody's
			continue
		}
		t := &tracks[at]
		d.Velocity, d.Age, d.Refound = t.Velocity, t.Age(), t.Refound
		first := len(points)
		for _, p := range t.Trail[max(0, len(t.Trail)-TrailPoints):] {
			points = append(points, [2]float64{p.X, p.Y})
		}
		if len(points) > first {
			d.Trail = points[first:len(points):len(points)]
		}
	}
}
