//go:build turbo

package turbo

// #cgo LDFLAGS: -lturbojpeg
// #include <stdio.h>
// #include <stdlib.h>
// #include <turbojpeg.h>
//
// // The library takes its planes as an array of pointers, which Go may not pass.
// static int decode(tjhandle t, const unsigned char *data, unsigned long size,
//                   unsigned char *y, unsigned char *cb, unsigned char *cr, int ys, int cs) {
//   unsigned char *planes[3] = {y, cb, cr};
//   int strides[3] = {ys, cs, cs};
//   return tjDecompressToYUVPlanes(t, data, size, planes, 0, strides, 0, 0);
// }
//
// static long encode(tjhandle t, const unsigned char *y, const unsigned char *cb, const unsigned char *cr,
//                    int ys, int cs, int w, int h, int subsampling,
//                    unsigned char *out, unsigned long room, int quality, int flags) {
//   const unsigned char *planes[3] = {y, cb, cr};
//   int strides[3] = {ys, cs, cs};
//   if (tjCompressFromYUVPlanes(t, planes, w, strides, h, subsampling, &out, &room, quality, flags | TJFLAG_NOREALLOC))
//     return -1;
//   return (long)room;
// }
//
// // This is how the library's own benchmark asks for what its API has no name for.
// static void ask(int restart, int optimized) {
//   char text[16];
//   snprintf(text, sizeof text, "%dB", restart);
//   restart ? setenv("TJ_RESTART", text, 1) : unsetenv("TJ_RESTART");
//   optimized ? setenv("TJ_OPTIMIZE", "1", 1) : unsetenv("TJ_OPTIMIZE");
// }
import "C"

import (
	"errors"
	"fmt"
	"image"
	"unsafe"
)

// Codec is a decoder and an encoder. Only one in the program may be used at a time.
type Codec struct{ in, out C.tjhandle }

// New makes a codec; Close frees it.
func New() (*Codec, error) {
	c := &Codec{C.tjInitDecompress(), C.tjInitCompress()}
	if c.in == nil || c.out == nil {
		c.Close()
		return nil, errors.New("libjpeg-turbo: no memory")
	}
	return c, nil
}

// Close frees it.
func (c *Codec) Close() {
	for _, h := range []C.tjhandle{c.in, c.out} {
		if h != nil {
			C.tjDestroy(h)
		}
	}
	*c = Codec{}
}

var subsamplings = map[image.YCbCrSubsampleRatio]C.int{
	image.YCbCrSubsampleRatio444: C.TJSAMP_444,
	image.YCbCrSubsampleRatio422: C.TJSAMP_422,
	image.YCbCrSubsampleRatio420: C.TJSAMP_420,
	image.YCbCrSubsampleRatio440: C.TJSAMP_440,
	image.YCbCrSubsampleRatio411: C.TJSAMP_411,
}

// ratioOf has a gray picture as 4:2:0.
func ratioOf(subsampling C.int) (image.YCbCrSubsampleRatio, bool) {
	if subsampling == C.TJSAMP_GRAY {
		return image.YCbCrSubsampleRatio420, true
	}
	for ratio, s := range subsamplings {
		if s == subsampling {
			return ratio, true
		}
	}
	return 0, false
}

// Decode decodes into dst where its geometry fits, else into new planes, with the exact
// inverse DCT (islow). The planes cover whole chroma samples, so that the luma of an odd
// picture in 4:2:0 has a column and a row more than Rect. A gray picture's chroma keeps what
// it was. Damage that the library would conceal is an error.
func (c *Codec) Decode(data []byte, dst *image.YCbCr) (*image.YCbCr, error) {
	var w, h, subsampling, space C.int
	if len(data) == 0 || C.tjDecompressHeader3(c.in, bytes(data), C.ulong(len(data)), &w, &h, &subsampling, &space) != 0 {
		return dst, failed(c.in)
	}
	ratio, ok := ratioOf(subsampling)
	if !ok {
		return dst, fmt.Errorf("libjpeg-turbo: subsampling %d", subsampling)
	}
	if dst == nil || dst.Rect != image.Rect(0, 0, int(w), int(h)) || dst.SubsampleRatio != ratio {
		dst = Planes(int(w), int(h), ratio)
	}
	if C.decode(c.in, bytes(data), C.ulong(len(data)), bytes(dst.Y), bytes(dst.Cb), bytes(dst.Cr), C.int(dst.YStride), C.int(dst.CStride)) != 0 {
		return dst, failed(c.in)
	}
	return dst, nil
}

// Options are what Encode can do beside its quality of 1 to 100.
type Options struct {
	Quality   int
	Gray      bool // the luma alone
	Accurate  bool // the exact forward DCT (islow), not the library's own choice
	Optimized bool // Huffman tables made for the picture
	Restart   int  // MCUs between restart markers, 0 for none
}

// Encode appends im, which Planes or Decode made, as a JPEG to dst. Nothing is allocated
// where dst has room for the worst picture.
func (c *Codec) Encode(dst []byte, im *image.YCbCr, o Options) ([]byte, error) {
	subsampling, ok := subsamplings[im.SubsampleRatio]
	if o.Gray {
		subsampling, ok = C.TJSAMP_GRAY, true
	}
	w, h := im.Rect.Dx(), im.Rect.Dy()
	room := C.tjBufSize(C.int(w), C.int(h), subsampling)
	if !ok || room == ^C.ulong(0) {
		return dst, fmt.Errorf("libjpeg-turbo: cannot encode %dx%d in %v", w, h, im.SubsampleRatio)
	}
	if free := cap(dst) - len(dst); free < int(room) {
		dst = append(make([]byte, 0, len(dst)+int(room)), dst...)
	}
	var flags C.int
	if o.Accurate {
		flags = C.TJFLAG_ACCURATEDCT
	}
	C.ask(C.int(o.Restart), C.int(truth(o.Optimized)))
	n := C.encode(c.out, bytes(im.Y), bytes(im.Cb), bytes(im.Cr), C.int(im.YStride), C.int(im.CStride), C.int(w), C.int(h), subsampling,
		bytes(dst[len(dst):cap(dst)]), room, C.int(o.Quality), flags)
	if n < 0 {
		return dst, failed(c.out)
	}
	if o.Optimized { // a compressor keeps the tables that it made, and takes them for the typical ones
		C.tjDestroy(c.out)
		c.out = C.tjInitCompress()
	}
	return dst[:len(dst)+int(n)], nil
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func bytes(b []byte) *C.uchar { return (*C.uchar)(unsafe.SliceData(b)) }

func failed(h C.tjhandle) error {
	return fmt.Errorf("libjpeg-turbo: %s", C.GoString(C.tjGetErrorStr2(h)))
}
