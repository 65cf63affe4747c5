//go:build linux

package v4l2

import "freshframe/backend/frame"

// plane is a part of an uncompressed picture: so many rows of so many bytes, which the driver
// keeps stride bytes apart.
type plane struct{ bytes, rows, stride int }

// planes of a picture in the driver's memory, one after the other.
func (s *stream) planes() []plane {
	w, h := s.size.Width, s.size.Height
	cw, ch := (w+1)/2, (h+1)/2
	switch s.format {
	case frame.YUYV:
		return []plane{{2 * w, h, s.stride}}
	case frame.NV12:
		return []plane{{w, h, s.stride}, {2 * cw, ch, s.stride}}
	case frame.I420:
		half := (s.stride + 1) / 2
		return []plane{{w, h, s.stride}, {cw, ch, half}, {cw, ch, half}}
	}
	return nil
}

// appendPicture copies a picture out of the driver's memory and leaves the padding at the
// rows' ends behind. A picture that is too short comes over as far as it goes.
func appendPicture(dst, src []byte, s *stream) []byte {
	planes := s.planes()
	if planes == nil {
		return append(dst, src...)
	}
	for _, p := range planes {
		stride := max(p.stride, p.bytes) // 0 where the driver does not say
		if stride == p.bytes {
			n := min(p.bytes*p.rows, len(src))
			dst, src = append(dst, src[:n]...), src[n:]
			continue
		}
		for range p.rows {
			dst = append(dst, src[:min(p.bytes, len(src))]...)
			src = src[min(stride, len(src)):]
		}
	}
	return dst
}
