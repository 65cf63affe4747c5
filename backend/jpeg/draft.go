package jpeg

import (
	"fmt"
	"image"
)

// Draft is a picture encoded ahead, before it is known what will be drawn on it: in pieces
// of rows of MCUs, so that Finish encodes again only the pieces that were touched. They
// stand on their own because a restart marker precedes each (E.1.4): it resets the DC
// predictions and begins a byte. The price is two bytes a piece.
//
// The zero value is ready; its memory serves picture after picture.
type Draft struct {
	bits []byte
	ends []int // of each piece in bits
	size image.Point
	from image.YCbCrSubsampleRatio
}

// minPiece is how many MCUs a piece has at least: fewer would cost more bytes than a label
// needs time.
const minPiece = 16

// piece is the length of a draft's pieces in MCUs. The standard wants all restart intervals
// equal (E.1.4), and none shall go over the edge: so it is a whole part of a row.
func (p *plane) piece() int {
	across := p.mcusAcross()
	for n := minPiece; n <= across/2; n++ {
		if across%n == 0 {
			return n
		}
	}
	return across
}

// Draft encodes im into d. Errors are those of Encode.
func (e *Encoder) Draft(d *Draft, im *image.YCbCr) error {
	d.ends = d.ends[:0]
	planes, err := split(im)
	if err != nil {
		return err
	}
	y := &planes[0]
	d.size, d.from = im.Rect.Size(), im.SubsampleRatio
	w := bitWriter{buf: d.bits[:cap(d.bits)]}
	w.reserve(mcuLimit(y), mcuLimit(y)+y.w*y.h/4)
	n, across := y.piece(), y.mcusAcross()
	for my := range y.mcuRows() {
		for mx := 0; mx < across; mx += n {
			e.encodePiece(&w, &planes, my, mx, n)
			d.ends = append(d.ends, w.pos)
		}
	}
	d.bits = w.buf
	return nil
}

// Finish appends the picture of which d is the draft to dst, as Encode does. im is the same
// picture by now: it may differ from what was drafted only inside the touched rectangles.
// The error is for an im of another geometry than the draft's, or none at all.
func (e *Encoder) Finish(dst []byte, d *Draft, im *image.YCbCr, touched []image.Rectangle) ([]byte, error) {
	planes, err := split(im)
	if err != nil {
		return dst, err
	}
	y := &planes[0]
	n, across := y.piece(), y.mcusAcross()
	if len(d.ends) != y.mcuRows()*across/n || d.size != im.Rect.Size() || d.from != im.SubsampleRatio {
		return dst, fmt.Errorf("jpeg: the draft is not of this %dx%d picture", y.w, y.h)
	}
	w := bitWriter{buf: dst[:cap(dst)], pos: len(dst)}
	room := headerBytes + 2*len(d.ends) + d.ends[len(d.ends)-1] + mcuLimit(y)
	w.reserve(room, len(dst)+room+room/8)
	w.pos = len(e.appendHeader(w.buf[:w.pos], y, n))
	begin := 0
	for i, end := range d.ends {
		my, mx := i*n/across, i*n%across
		if i > 0 {
			w.buf[w.pos], w.buf[w.pos+1] = 0xff, byte(markRST0+(i-1)%8)
			w.pos += 2
		}
		if isTouched(y.pixels(im, my, mx, n), touched) {
			e.encodePiece(&w, &planes, my, mx, n)
		} else {
			w.reserve(end-begin+mcuLimit(y), 0)
			w.pos += copy(w.buf[w.pos:], d.bits[begin:end])
		}
		w.reserve(mcuLimit(y), 0) // for the marker, or the end of the picture
		begin = end
	}
	return append(w.buf[:w.pos], 0xff, markEOI), nil
}

// encodePiece codes n MCUs of a row, beginning and ending with a byte.
func (e *Encoder) encodePiece(w *bitWriter, planes *[3]plane, my, mx, n int) {
	for i := range planes {
		planes[i].pred = 0
	}
	e.encodeMCUs(w, planes, my, mx, n)
	w.flush()
}

// pixels is the place of n MCUs of a row in im. The edge blocks repeat the last row and
// column, which belong to the same MCUs.
func (p *plane) pixels(im *image.YCbCr, my, mx, n int) image.Rectangle {
	w, h := 8*p.across, 8*p.down
	return image.Rect(mx*w, my*h, (mx+n)*w, (my+1)*h).Add(im.Rect.Min)
}

func isTouched(place image.Rectangle, touched []image.Rectangle) bool {
	for _, r := range touched {
		if r.Overlaps(place) {
			return true
		}
	}
	return false
}
