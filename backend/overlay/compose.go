package overlay

import (
	"image"
	"math"
	"strconv"
	"time"

	"freshframe/backend/analyze"
)

// Options switch the parts of the standard picture. The zero Options draw nothing.
type Options struct {
	Boxes          bool `json:"boxes"`  // boxes and landmarks
	Labels         bool `json:"labels"` // what each box holds
	ProcessingTime bool `json:"processing_time"`
	ObjectCount    bool `json:"object_count"`
	FPS            bool `json:"fps"`
}

// Numbers are shown top left.
type Numbers struct {
	ProcessingTime time.Duration
	ObjectCount    int
	FPS            float64 // analyzed frames a second; negative or not finite: not known yet
}

// The colours of the numbers: green, red and blue, light enough for a dark outline.
var (
	green = rgb(0x4cf04c)
	red   = rgb(0xff6060)
	blue  = rgb(0x70a8ff)
)

// Compose adds the standard picture to a list that was Reset: boxes, landmarks and labels
// of ds, and the numbers, above all. Boxes that are predicted rather than seen show their
// corners only. A detection has the colour of its track, or of its label if not tracked.
func Compose(l *List, o Options, n Numbers, ds []analyze.Detection) {
	if o.Boxes {
		for i := range ds {
			composeBox(l, &ds[i])
		}
	}
	if o.Labels {
		for i := range ds {
			composeLabel(l, &ds[i])
		}
	}
	composeNumbers(l, o, n)
}

func composeBox(l *List, d *analyze.Detection) {
	c := colourOf(d)
	if a, b, ok := l.corners(d); ok {
		l.box(a, b, c, d.Predicted)
	}
	if len(d.Landmarks) > 0 {
		l.dots(c)
		for _, p := range d.Landmarks {
			l.dot(l.pixel(p[0], p[1]))
		}
	}
}

// composeLabel puts the label on top of its box, or at the top inside where there is no
// room above, and always where it can be read whole if it fits at all.
func composeLabel(l *List, d *analyze.Detection) {
	a, b, ok := l.corners(d)
	rim := l.Style.Outline
	outline := image.Rect(round(a.X), round(a.Y), round(b.X), round(b.Y)).Inset(-rim)
	if !ok || !outline.Overlaps(l.area) {
		return
	}
	text := span{from: len(l.chars)}
	l.chars = appendLabel(l.chars, d)
	text.to = len(l.chars)
	if text.from == text.to {
		return
	}
	size := plateSize(l.Style.Text, l.textSize(l.Style.Text, text))
	p := image.Pt(outline.Min.X, outline.Min.Y-size.Y)
	if p.Y < l.area.Min.Y {
		p.Y = outline.Min.Y + 2*rim + l.Style.Stroke
	}
	p.X = max(min(p.X, l.area.Max.X-size.X), l.area.Min.X)
	p.Y = max(min(p.Y, l.area.Max.Y-size.Y), l.area.Min.Y)
	l.label(p, l.Style.Text, text, colourOf(d))
}

// appendLabel writes "person #7 87% waving".
func appendLabel(b []byte, d *analyze.Detection) []byte {
	from := len(b)
	word := func(s string) {
		if s == "" {
			return
		}
		if len(b) > from {
			b = append(b, ' ')
		}
		b = append(b, s...)
	}
	word(d.Label)
	if d.Track != 0 {
		word("#")
		b = strconv.AppendUint(b, d.Track, 10)
	}
	if d.Score >= 0 && d.Score <= 1 { // what is no score is not shown as one
		if len(b) > from {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(math.Round(d.Score*100)), 10)
		b = append(b, '%')
	}
	word(d.Gesture)
	word(d.Action)
	return b
}

func composeNumbers(l *List, o Options, n Numbers) {
	px := l.Style.Text
	p := l.area.Min.Add(image.Pt(px/3, px/3))
	line := func(c Colour, from int) {
		t := span{from, len(l.chars)}
		l.text(p, px, t, c, true)
		p.Y += l.textSize(px, t).Y
	}
	if o.ProcessingTime {
		from := len(l.chars)
		l.chars = append(l.chars, "Processing Time: "...)
		l.chars = strconv.AppendInt(l.chars, n.ProcessingTime.Round(time.Millisecond).Milliseconds(), 10)
		l.chars = append(l.chars, "ms"...)
		line(green, from)
	}
	if o.ObjectCount {
		from := len(l.chars)
		l.chars = append(l.chars, "Object Count: "...)
		l.chars = strconv.AppendInt(l.chars, int64(n.ObjectCount), 10)
		line(red, from)
	}
	if o.FPS {
		from := len(l.chars)
		l.chars = append(l.chars, "FPS: "...)
		if n.FPS >= 0 && !math.IsInf(n.FPS, 1) {
			l.chars = strconv.AppendFloat(l.chars, n.FPS, 'f', 2, 64)
		} else {
			l.chars = append(l.chars, '-')
		}
		line(blue, from)
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
