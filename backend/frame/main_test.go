package frame_test

import (
	"image"
	"math/rand/v2"
	"testing"

	"go.uber.org/goleak"

	"freshframe/backend/frame"
	"freshframe/backend/jpeg"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noise is n bytes that look like nothing, the same ones for the same n.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// rawBytes is how many bytes a picture takes, by the formats' definitions.
func rawBytes(format frame.Format, w, h int) int {
	if format == frame.YUYV {
		return 2 * w * h
	}
	return w*h + 2*((w+1)/2)*((h+1)/2)
}

// rawFrame is a picture of noise.
func rawFrame(format frame.Format, w, h int) *frame.Frame {
	return &frame.Frame{Format: format, Width: w, Height: h, Data: noise(rawBytes(format, w, h))}
}

// jpegBytes is a gray slope of that size and subsampling.
func jpegBytes(tb testing.TB, w, h int, ratio image.YCbCrSubsampleRatio) []byte {
	tb.Helper()
	im := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
	for i := range im.Y {
		im.Y[i] = byte(i * 255 / len(im.Y))
	}
	for i := range im.Cb {
		im.Cb[i], im.Cr[i] = 128, 128
	}
	b, err := jpeg.NewEncoder(90).Encode(nil, im)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
