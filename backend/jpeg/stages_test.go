package jpeg

import (
	"image"
	"testing"
)

// BenchmarkStages times what a codec does for one block; with -tags noasm, in Go.
func BenchmarkStages(b *testing.B) {
	im := scene(64, 8, image.YCbCrSubsampleRatio444, 6)
	q := newQuantizer(&NewEncoder(benchQuality).tables[luma])
	var quants [8][64]int16
	var masks [8]uint64
	for i := range masks {
		masks[i] = forwardQuantize(im.Y[i*8:], im.YStride, &q, &quants[i])
	}
	b.Run("forwardQuantize", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			masks[i%8] = forwardQuantize(im.Y[i%8*8:], im.YStride, &q, &quants[i%8])
		}
	})
	b.Run("bitWriter", func(b *testing.B) {
		var w bitWriter
		w.reserve(1<<12, 0)
		var pred int32
		for i := 0; b.Loop(); i++ {
			w.block(typicalEncode[classDC][luma], typicalEncode[classAC][luma], &pred, &quants[i%8], masks[i%8])
			if w.pos > 1<<11 {
				w.pos = 0
			}
		}
	})
	for _, c := range []struct {
		name string
		last int
	}{{"flat", 0}, {"corner", lastInCorner}, {"full", 63}} {
		b.Run("inverse/"+c.name, func(b *testing.B) {
			var coef [64]int32
			for b.Loop() {
				for k, place := range zigzag[:c.last+1] {
					coef[place] = int32(300 >> (k / 4))
				}
				inverse(&coef, c.last, 0, im.Y, im.YStride)
			}
		})
	}
}
