package overlay

import (
	"image"
	"math"
	"strconv"
	"time"
)

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

// line is a line of the numbers.
type line struct {
	span
	at     image.Point
	colour Colour
}

// writeNumbers writes the n lines wanted and takes their places.
func (l *List) writeNumbers(o Options, v Numbers) (lines [3]line, n int) {
	px := l.Style.Text
	p := l.area.Min.Add(image.Pt(px/3, px/3))
	end := func(from int, c Colour) {
		t := span{from, len(l.chars)}
		size := l.textSize(px, t)
		l.taken = append(l.taken, image.Rectangle{Min: p, Max: p.Add(size)})
		lines[n] = line{t, p, c}
		n++
		p.Y += size.Y
	}
	if o.ProcessingTime {
		from := len(l.chars)
		l.chars = append(l.chars, "Processing Time: "...)
		l.chars = strconv.AppendInt(l.chars, v.ProcessingTime.Round(time.Millisecond).Milliseconds(), 10)
		l.chars = append(l.chars, "ms"...)
		end(from, green)
	}
	if o.ObjectCount {
		from := len(l.chars)
		l.chars = append(l.chars, "Object Count: "...)
		l.chars = strconv.AppendInt(l.chars, int64(v.ObjectCount), 10)
		end(from, red)
	}
	if o.FPS {
		from := len(l.chars)
		l.chars = append(l.chars, "FPS: "...)
		if v.FPS >= 0 && !math.IsInf(v.FPS, 1) {
			l.chars = strconv.AppendFloat(l.chars, v.FPS, 'f', 2, 64)
		} else {
			l.chars = append(l.chars, '-')
		}
		end(from, blue)
	}
	return lines, n
}
