// Package turbo is libjpeg-turbo, the JPEG codec that everybody measures against, for tests
// and benchmarks alone: the program itself never links it. In: JPEG bytes or planar YCbCr.
// Out: the other of the two. Its tests hold backend/jpeg against it.
//
// All but Planes needs the build tag turbo, cgo and Debian's libturbojpeg0-dev, which
// `npm test` and `npm run bench:jpeg` install.
package turbo

import "image"

// Planes are what Decode fills and Encode takes: of whole chroma samples.
func Planes(w, h int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	im := image.NewYCbCr(image.Rect(0, 0, (w+3)&^3, (h+1)&^1), ratio)
	im.Rect = image.Rect(0, 0, w, h)
	return im
}
