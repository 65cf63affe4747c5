package synthetic

import (
	"encoding/binary"
	"image"
	"slices"
)

// packYUYV appends im (4:2:2, even width) as Y0 Cb Y1 Cr.
func packYUYV(dst []byte, im *image.YCbCr) []byte {
	w, h := im.Rect.Dx(), im.Rect.Dy()
	dst, out := extend(dst, 2*w*h)
	for y := range h {
		luma := im.Y[y*im.YStride:][:w]
		cb, cr := im.Cb[y*im.CStride:][:w/2], im.Cr[y*im.CStride:][:w/2]
		row := out[2*w*y:][:2*w]
		for i := range cb {
			pair := uint32(binary.LittleEndian.Uint16(luma[2*i:]))
			binary.LittleEndian.PutUint32(row[4*i:], pair&0xff|uint32(cb[i])<<8|pair>>8<<16|uint32(cr[i])<<24)
		}
	}
	return dst
}

// packNV12 appends im (4:2:0) as its luma, then Cb and Cr interleaved.
func packNV12(dst []byte, im *image.YCbCr) []byte {
	dst = appendPlane(dst, im.Y, im.YStride, im.Rect.Dx(), im.Rect.Dy())
	cw, ch := (im.Rect.Dx()+1)/2, (im.Rect.Dy()+1)/2
	dst, out := extend(dst, 2*cw*ch)
	for y := range ch {
		cb, cr := im.Cb[y*im.CStride:][:cw], im.Cr[y*im.CStride:][:cw]
		row := out[2*cw*y:][:2*cw]
		for i := range cb {
			row[2*i], row[2*i+1] = cb[i], cr[i]
		}
	}
	return dst
}

// packI420 appends im (4:2:0) plane by plane.
func packI420(dst []byte, im *image.YCbCr) []byte {
	cw, ch := (im.Rect.Dx()+1)/2, (im.Rect.Dy()+1)/2
	dst = appendPlane(dst, im.Y, im.YStride, im.Rect.Dx(), im.Rect.Dy())
	dst = appendPlane(dst, im.Cb, im.CStride, cw, ch)
	return appendPlane(dst, im.Cr, im.CStride, cw, ch)
}

func appendPlane(dst, plane []byte, stride, w, h int) []byte {
	for y := range h {
		dst = append(dst, plane[y*stride:][:w]...)
	}
	return dst
}

// extend lengthens dst by n bytes and gives those apart too.
func extend(dst []byte, n int) (all, added []byte) {
	all = slices.Grow(dst, n)[:len(dst)+n]
	return all, all[len(dst):]
}
