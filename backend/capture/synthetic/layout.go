package synthetic

import (
	"image"

	"freshframe/backend/capture/blockcode"
)

// layout says which part of the picture is for what.
type layout struct {
	size    image.Point
	strip   image.Rectangle // of the block code
	caption image.Rectangle // of the readable clock, above the strip
	area    image.Rectangle // where things move
}

// newLayout is for a picture of at least 160x120, at most 8 times as wide as high.
func newLayout(size image.Point) layout {
	l := layout{size: size, strip: blockcode.Strip(size.X, size.Y)}
	top := l.strip.Min.Y - captionHeight(size)
	l.caption = image.Rect(0, top, size.X, l.strip.Min.Y)
	l.area = image.Rect(0, 0, size.X, top)
	return l
}

func (l layout) parts() layout { return l }

// captionPlate is the dark plate that the room has for the caption.
func (l *layout) captionPlate() image.Rectangle {
	width := (captionLetters*glyphPitch - 1 + 2*captionMargin) * captionBlock(l.size)
	return image.Rect(0, l.caption.Min.Y, width, l.caption.Max.Y)
}
