package rendition

import (
	"image"

	"freshframe/backend/hub"
	"freshframe/backend/jpeg"
)

// Maker makes renditions one after another, keeping its memory. It must not be used by two
// goroutines at once.
type Maker struct {
	// Quality is that of the pictures for which none is wanted, 1..100.
	Quality int

	dec    jpeg.Decoder
	enc    *jpeg.Encoder
	encFor int // the quality of enc
	planes *image.YCbCr
	scaler scaler
	size   int // of the last JPEG, bytes
}

// Picture makes a rendition of pic, in the subsampling that it has, with everything else that
// is said about it. It is pic itself where that is narrow enough and no quality is wanted.
// Errors are those of jpeg.Decoder.
func (m *Maker) Picture(pic *hub.Picture, want Want) (*hub.Picture, error) {
	c, err := jpeg.Probe(pic.JPEG)
	if err != nil {
		return nil, err
	}
	if want.Width >= c.Width {
		want.Width = 0
	}
	if want == (Want{}) {
		return pic, nil
	}
	shift, size, err := m.decode(pic.JPEG, c, want.Width)
	if err != nil {
		return nil, err
	}
	im := m.planes
	if im.Rect.Size() != size {
		im = m.scaler.scale(im, size, image.Pt(c.Width, c.Height), shift)
	}
	made := *pic
	made.Width, made.Height = size.X, size.Y
	made.JPEG, err = m.encode(im, want.Quality)
	return &made, err
}

// Decode decodes a JPEG for somebody who wants that width, 0 for its own. The planes are of
// the coarsest reduction that has it, or of the whole picture if that is narrower still; size
// is the wanted one, with the picture's proportions. The planes are good until the next call.
// Errors are those of jpeg.Decoder.
func (m *Maker) Decode(data []byte, width int) (planes *image.YCbCr, size image.Point, err error) {
	c, err := jpeg.Probe(data)
	if err != nil {
		return nil, image.Point{}, err
	}
	_, size, err = m.decode(data, c, width)
	return m.planes, size, err
}

// decode is Decode into m.planes, and says by which shift they are reduced.
func (m *Maker) decode(data []byte, c jpeg.Config, width int) (shift int, size image.Point, err error) {
	size = image.Pt(c.Width, c.Height)
	if width > 0 {
		size = image.Pt(width, max((2*width*c.Height+c.Width)/(2*c.Width), 1))
		for shift < jpeg.MaxShift && width<<(shift+1) <= c.Width {
			shift++
		}
	}
	m.planes, err = m.dec.DecodeReduced(data, shift, m.planes)
	return shift, size, err
}

// encode gives the JPEG in memory of its own. Quality 0 is the maker's.
func (m *Maker) encode(im *image.YCbCr, quality int) ([]byte, error) {
	if quality == 0 {
		quality = m.Quality
	}
	if m.enc == nil || m.encFor != quality {
		m.enc, m.encFor = jpeg.NewEncoder(quality), quality
	}
	// The next picture is about as large as the last.
	data, err := m.enc.Encode(make([]byte, 0, m.size+m.size/8+8192), im)
	if err != nil {
		return nil, err
	}
	m.size = len(data)
	return data, nil
}
