package overlay

import (
	"freshframe/backend/analyze"
)

// Options switch the parts of the standard picture. The zero Options draw nothing.
type Options struct {
	Boxes          bool `json:"boxes"`
	Labels         bool `json:"labels"`    // what each box holds
	Landmarks      bool `json:"landmarks"` // hands and bodies with their bones
	Trails         bool `json:"trails"`    // where tracked things came from
	Zones          bool `json:"zones"`     // areas with their names and counts
	ProcessingTime bool `json:"processing_time"`
	ObjectCount    bool `json:"object_count"`
	FPS            bool `json:"fps"`
}

// Scene is what the standard picture shows. It is read only while Compose runs.
type Scene struct {
	Numbers
	Detections []analyze.Detection
	Areas      []Area
}

// Compose adds the standard picture to a list that was Reset. From the bottom up: areas,
// trails, boxes, landmarks, labels, and the numbers above all. A detection has the colour of
// its track, or of its label if not tracked. One that is predicted rather than seen shows
// its box's corners only and thin landmarks, and its label begins with "~".
//
// Labels make room for one another and for the numbers as far as there is any.
func Compose(l *List, o Options, s Scene) {
	if o.Zones {
		for i := range s.Areas {
			composeArea(l, &s.Areas[i])
		}
	}
	if o.Trails {
		for i := range s.Detections {
			composeTrail(l, &s.Detections[i])
		}
	}
	if o.Boxes {
		for i := range s.Detections {
			composeBox(l, &s.Detections[i])
		}
	}
	if o.Landmarks {
		for i := range s.Detections {
			composeLandmarks(l, &s.Detections[i])
		}
	}
	// What stands still gets its place first.
	lines, n := l.writeNumbers(o, s.Numbers)
	if o.Zones {
		for i := range s.Areas {
			labelArea(l, &s.Areas[i])
		}
	}
	if o.Labels {
		labelDetections(l, s.Detections)
	}
	for _, t := range lines[:n] {
		l.text(t.at, l.Style.Text, t.span, t.colour, true)
	}
}

func composeBox(l *List, d *analyze.Detection) {
	if a, b, ok := l.corners(d); ok {
		l.box(a, b, colourOf(d), d.Predicted)
	}
}

// corners are a detection's box in pixels; false where it has no size, or no place.
func (l *List) corners(d *analyze.Detection) (a, b Point, ok bool) {
	x, y, w, h := d.Box[0], d.Box[1], d.Box[2], d.Box[3]
	a, okA := l.pixel(x, y).bounded()
	b, okB := l.pixel(x+w, y+h).bounded()
	return a, b, okA && okB && w > 0 && h > 0
}

// pixel is the place of fractions of the picture's width and height.
func (l *List) pixel(x, y float64) Point {
	return Point{
		float64(l.bounds.Min.X) + x*float64(l.bounds.Dx()),
		float64(l.bounds.Min.Y) + y*float64(l.bounds.Dy()),
	}
}

func colourOf(d *analyze.Detection) Colour {
	if d.Track != 0 {
		return ColourFor(d.Track)
	}
	h := uint64(14695981039346656037) // FNV-1a: the same on every run
	for i := range len(d.Label) {
		h = (h ^ uint64(d.Label[i])) * 1099511628211
	}
	return ColourFor(h)
}
