package pipeline

import (
	"bytes"
	"image"
	stdjpeg "image/jpeg"
	"time"

	"freshframe/backend/jpeg"
	"freshframe/backend/overlay"
)

// splice draws the list on a JPEG, decoding and encoding no more of it than is touched. size is
// that of the last one. drawn is the moment when it was.
func splice(cut *jpeg.Splicer, x *jpeg.Index, list *overlay.List, touched []image.Rectangle, size int) (data []byte, drawn time.Time, err error) {
	im, err := cut.Open(x, touched)
	if err != nil {
		return nil, drawn, err
	}
	list.Draw(im)
	drawn = time.Now()
	data, err = cut.Close(roomFor(size))
	return data, drawn, err
}

// encoder is the project's, or, to be compared with, the standard library's.
type encoder struct {
	*jpeg.Encoder
	quality  int
	standard bool
}

func (p *Pipeline) newEncoder() encoder {
	return encoder{jpeg.NewEncoder(p.cfg.Quality), p.cfg.Quality, p.cfg.Standard}
}

// Encode appends the picture to dst.
func (e *encoder) Encode(dst []byte, im *image.YCbCr) ([]byte, error) {
	if !e.standard {
		return e.Encoder.Encode(dst, im)
	}
	w := bytes.NewBuffer(dst)
	err := stdjpeg.Encode(w, im, &stdjpeg.Options{Quality: e.quality})
	return w.Bytes(), err
}
