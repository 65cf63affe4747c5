package jpeg

import (
	"fmt"
	"image"
)

// Draft is a picture encoded ahead, before it is known what will be drawn on it: each row
// of MCUs by itself, so that Finish encodes again only the rows that were touched. Rows
// stand on their own because a restart marker precedes each (E.1.4): it resets the DC
// predictions and begins a byte. The price is two bytes a row.
//
// The zero value is ready; its memory serves picture after picture.
type Draft struct {
	bits []byte
	ends []int // of each row in bits
	size image.Point
	from image.YCbCrSubsampleRatio
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
	for my := range y.mcuRows() {
		e.encodeRestart(&w, &planes, my)
		d.ends = append(d.ends, w.pos)
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
	if len(d.ends) != y.mcuRows() || d.size != im.Rect.Size() || d.from != im.SubsampleRatio {
		return dst, fmt.Errorf("jpeg: the draft is not of this %dx%d picture", y.w, y.h)
	}
	w := bitWriter{buf: dst[:cap(dst)], pos: len(dst)}
	room := headerBytes + 2*len(d.ends) + d.ends[len(d.ends)-1] + mcuLimit(y)
	w.reserve(room, len(dst)+room+room/8)
	w.pos = len(e.appendHeader(w.buf[:w.pos], y, y.mcusAcross()))
	begin := 0
	for my, end := range d.ends {
		if my > 0 {
			w.buf[w.pos], w.buf[w.pos+1] = 0xff, byte(markRST0+(my-1)%8)
			w.pos += 2
		}
		if rowTouched(im, y, my, touched) {
			e.encodeRestart(&w, &planes, my)
		} else {
			w.reserve(end-begin+mcuLimit(y), 0)
			w.pos += copy(w.buf[w.pos:], d.bits[begin:end])
		}
		w.reserve(mcuLimit(y), 0) // for the marker, or the end of the picture
		begin = end
	}
	return append(w.buf[:w.pos], 0xff, markEOI), nil
}

// encodeRestart codes one row of MCUs that begins and ends with a byte.
func (e *Encoder) encodeRestart(w *bitWriter, planes *[3]plane, my int) {
	for i := range planes {
		planes[i].pred = 0
	}
	e.encodeRow(w, planes, my)
	w.flush()
}

// rowTouched says whether one of the rectangles reaches into a row of MCUs. The edge blocks
// repeat the last row and column, which belong to the same row of MCUs.
func rowTouched(im *image.YCbCr, y *plane, my int, touched []image.Rectangle) bool {
	top := im.Rect.Min.Y + 8*y.down*my
	for _, r := range touched {
		if r.Min.Y < top+8*y.down && r.Max.Y > top && !r.Empty() {
			return true
		}
	}
	return false
}
