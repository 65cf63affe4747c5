package overlay

import (
	"image"
	"math"
)

// Style is how large things are drawn, in pixels.
type Style struct {
	Text    int // height of text: the font's em
	Stroke  int // thickness of boxes, lines and polygons
	Outline int // thickness of the dark rim around boxes, lines, polygons and points
	Dot     int // diameter of points
}

// StyleFor scales to a picture of size w x h: text is 1/28 of the height, 12 to 48
// pixels. In upright pictures three quarters of the width count as the height.
func StyleFor(size image.Point) Style {
	h := min(float64(size.Y), float64(size.X)*3/4)
	scaled := func(share float64, lo, hi int) int {
		return min(max(int(math.Round(h*share)), lo), hi)
	}
	return Style{
		Text:    scaled(1.0/28, 12, 48),
		Stroke:  scaled(1.0/240, 2, 8),
		Outline: scaled(1.0/720, 1, 3),
		Dot:     scaled(1.0/96, 4, 18),
	}
}
