//go:build amd64 && !noasm

package frame

import (
	"bytes"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
)

// TestAssemblyLikeGo splits rows of every length around the assembly's chunks from and to
// every alignment, between guard bytes that must stay as they are.
func TestAssemblyLikeGo(t *testing.T) {
	if !useAVX2 {
		t.Skip("this processor has no AVX2")
	}
	defer func() { useAVX2 = true }()
	r := rand.New(rand.NewPCG(7, 9))
	src := make([]byte, 1024)
	for i := range src {
		src[i] = byte(r.Uint32())
	}
	const guard = 64
	for pairs := range 150 {
		from, to := r.IntN(64), r.IntN(64)
		for _, c := range []struct {
			name  string
			split func(planes [3][]byte)
		}{
			{"YUYV", func(p [3][]byte) {
				unpackYUYV(src[from:][:4*pairs:4*pairs], &image.YCbCr{Y: p[0][: 2*pairs : 2*pairs], Cb: p[1][:pairs:pairs], Cr: p[2][:pairs:pairs]})
			}},
			{"CbCr", func(p [3][]byte) {
				deinterleave(src[from:][:2*pairs:2*pairs], p[1][:pairs:pairs], p[2][:pairs:pairs])
			}},
		} {
			var got [2][]byte
			for i, asm := range []bool{false, true} {
				useAVX2 = asm
				room := bytes.Repeat([]byte{0xa5}, 3*(512+guard))
				got[i] = room
				c.split([3][]byte{room[guard+to:], room[512+2*guard+to:], room[1024+2*guard+to:]})
			}
			if !bytes.Equal(got[0], got[1]) {
				t.Fatalf("%d pairs of %s from byte %d to byte %d differ", pairs, c.name, from, to)
			}
		}
	}
}

func BenchmarkUnpack(b *testing.B) {
	for _, format := range []Format{YUYV, NV12} {
		for _, asm := range []bool{true, false} {
			b.Run(fmt.Sprintf("%v/AVX2=%t", format, asm), func(b *testing.B) {
				have := useAVX2
				defer func() { useAVX2 = have }()
				useAVX2 = have && asm
				f := Frame{Format: format, Width: 1280, Height: 720, Data: make([]byte, 2*1280*720)}
				var im *image.YCbCr
				for b.Loop() {
					var err error
					if im, err = f.Unpack(im); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
