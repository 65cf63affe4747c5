package overlay

import "image"

// The colours of notices.
var (
	calm  = rgb(0x1b2530) // background
	title = rgb(0xf2f4f7)
	plain = rgb(0xaab4c0)
)

// Notice covers the whole picture with a dark background and, centred on it, a heading
// with smaller lines below, such as "CAMERA LOST" and "no signal for 12 s". Text shrinks
// until all of it fits; below 4 pixels it is cut off instead. Call it on a list that was
// Reset; it needs more time and memory than Compose and is not meant for every frame.
func Notice(l *List, heading string, lines ...string) {
	l.Fill(l.bounds, calm)
	room := l.area.Size().Mul(9).Div(10)
	// Heading, a gap of half its height, and lines of at most 6/10 of it.
	big := min(l.area.Dy(), l.area.Dx()*3/4) / 9
	big = min(big, room.Y*10/(15+8*len(lines)))
	big = l.fitting(big, room.X, heading)
	small := l.fitting(big*6/10, room.X, lines...)

	size := l.TextSize(big, heading)
	height := size.Y
	if len(lines) > 0 {
		height += big/2 + len(lines)*l.TextSize(small, "").Y
	}
	y := l.area.Min.Y + (l.area.Dy()-height)/2
	put := func(px int, s string, c Colour) {
		size := l.TextSize(px, s)
		x := l.area.Min.X + (l.area.Dx()-size.X)/2
		l.text(image.Pt(x, y), px, l.write(s), c, false)
		y += size.Y
	}
	put(big, heading, title)
	y += big / 2
	for _, s := range lines {
		put(small, s, plain)
	}
}

// fitting is the largest text height up to px at which every line is at most width wide.
func (l *List) fitting(px, width int, lines ...string) int {
	px = textHeight(px)
	for _, s := range lines {
		for px > minText {
			w := l.TextSize(px, s).X
			if w <= width {
				break
			}
			px = max(min(px*width/w, px-1), minText)
		}
	}
	return px
}
