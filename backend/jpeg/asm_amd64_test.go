//go:build amd64 && !noasm

package jpeg

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// asmSeed makes the blocks below; another one must do as well.
const asmSeed = 20260606

// bothWays runs f with the Go code first and with the assembly then.
func bothWays(t testing.TB, f func(asm bool)) {
	t.Helper()
	if !useAVX2 {
		t.Skip("this processor has no AVX2")
	}
	defer func() { useAVX2 = true }()
	for _, asm := range []bool{false, true} {
		useAVX2 = asm
		f(asm)
	}
}

// guarded is room for n bytes, and for as many before and after them that nobody may touch.
func guarded(n int) (all, room []byte) {
	all = bytes.Repeat([]byte{0xa5}, 3*n)
	return all, all[n : 2*n : 2*n]
}

// TestInverseAssemblyLikeGo has blocks of every number of coefficients, from those of
// pictures to what only damage brings about and overflows everything, at all alignments.
func TestInverseAssemblyLikeGo(t *testing.T) {
	r := rand.New(rand.NewPCG(asmSeed, 1))
	for i := range 20000 {
		shift := r.IntN(2)
		last := r.IntN(64)
		if shift == 1 {
			last %= cornerEnd + 1
		}
		width := 2 + r.IntN(31) // bits of a coefficient
		var coef [64]int32
		for _, place := range zigzag[:last+1] {
			if shift == 1 && (place%8 > 3 || place/8 > 3) {
				continue
			}
			switch r.IntN(4) {
			case 0:
				coef[place] = int32(r.Uint32()) >> (32 - width)
			case 1:
				coef[place] = []int32{math.MinInt32, math.MaxInt32, -1, 1}[r.IntN(4)] >> (32 - width)
			}
		}
		side := 8 >> shift
		stride := 8 + r.IntN(3)*r.IntN(2000)
		offset := r.IntN(33)
		var got [][]byte
		bothWays(t, func(asm bool) {
			all, room := guarded(offset + (side-1)*stride + side)
			c := coef
			inverse(&c, last, shift, room[offset:], stride)
			got = append(got, all)
			if c != ([64]int32{}) {
				t.Fatalf("seed %d block %d, shift %d, last %d: assembly %t leaves coefficients", asmSeed, i, shift, last, asm)
			}
		})
		if !bytes.Equal(got[0], got[1]) {
			t.Fatalf("seed %d block %d, shift %d, last %d, stride %d: the assembly's samples differ, for %v", asmSeed, i, shift, last, stride, coef)
		}
	}
}

// TestForwardAssemblyLikeGo has noise, flat blocks and every basis function saturated, over
// tables of all steps.
func TestForwardAssemblyLikeGo(t *testing.T) {
	r := rand.New(rand.NewPCG(asmSeed, 2))
	for i := range 20000 {
		var table [64]uint16
		for k := range table {
			table[k] = uint16(1 + r.IntN(1<<(1+r.IntN(12))))
			if r.IntN(8) == 0 {
				table[k] = uint16(1 + r.IntN(2)*4094)
			}
		}
		q := newQuantizer(&table)
		stride := 8 + r.IntN(3)*r.IntN(2000)
		src := make([]byte, r.IntN(33)+7*stride+8)
		src = src[len(src)-7*stride-8:]
		amplitude := 1 + r.IntN(256)
		for y := range 8 {
			for x := range 8 {
				v := 128 - amplitude/2 + r.IntN(amplitude)
				if i < 128 {
					basis := math.Cos(float64((2*x+1)*(i%8))*math.Pi/16) * math.Cos(float64((2*y+1)*(i/8%8))*math.Pi/16)
					v = 0
					if basis > 0 == (i < 64) {
						v = 255
					}
				}
				src[y*stride+x] = byte(v)
			}
		}
		var quants [][64]int16
		var masks []uint64
		bothWays(t, func(bool) {
			var out [66]int16 // one to spare on both sides
			masks = append(masks, forwardQuantize(src, stride, &q, (*[64]int16)(out[1:])))
			quants = append(quants, [64]int16(out[1:]))
			if out[0] != 0 || out[65] != 0 {
				t.Fatalf("seed %d block %d: written beyond the block", asmSeed, i)
			}
		})
		if quants[0] != quants[1] || masks[0] != masks[1] {
			t.Fatalf("seed %d block %d: assembly gives\n%v %x, Go\n%v %x", asmSeed, i, quants[1], masks[1], quants[0], masks[0])
		}
	}
}

// TestBlockAssemblyLikeGo writes runs of blocks with tables of all kinds, among them some
// whose codes are all ones, so that bytes are stuffed.
func TestBlockAssemblyLikeGo(t *testing.T) {
	r := rand.New(rand.NewPCG(asmSeed, 3))
	for run := range 300 {
		dc, ac := typicalEncode[classDC][run%2], typicalEncode[classAC][run%2]
		if run%3 != 0 {
			dc, ac = new(encodeTable), new(encodeTable)
			for i := range dc {
				for _, table := range []*encodeTable{dc, ac} {
					length := r.UintN(17) // 0 for symbols without a code
					table[i] = uint32(length)<<16 | r.Uint32()&(1<<length-1)
					if run%3 == 2 {
						table[i] = uint32(length)<<16 | 1<<length - 1
					}
				}
			}
		}
		type block struct {
			coef [64]int16
			mask uint64
		}
		blocks := make([]block, 40)
		for i := range blocks {
			density, width := r.IntN(5), 1+r.IntN(16)
			for k, place := range zigzag {
				if k == 0 || r.IntN(1<<(2*density)) == 0 {
					blocks[i].coef[place] = int16(r.Uint32()) >> (16 - width)
				}
				if k == 16 && i == 0 { // the largest there is, after the longest run
					for _, before := range zigzag[1:16] {
						blocks[i].coef[before] = 0
					}
					blocks[i].coef[place], blocks[i].mask = math.MinInt16, blocks[i].mask&1
				}
				if blocks[i].coef[place] != 0 {
					blocks[i].mask |= 1 << k
				}
			}
		}
		first := int32(r.Uint32()) >> 15
		var streams [][]byte
		bothWays(t, func(bool) {
			var w bitWriter
			pred := first
			for i := range blocks {
				w.reserve(600, 0)
				w.block(dc, ac, &pred, &blocks[i].coef, blocks[i].mask)
				if w.n > 31 {
					t.Fatalf("%d bits left", w.n)
				}
			}
			w.flush()
			streams = append(streams, w.buf[:w.pos])
		})
		if !bytes.Equal(streams[0], streams[1]) {
			t.Fatalf("seed %d run %d: the assembly's bytes differ", asmSeed, run)
		}
	}
}

// TestBlockAssemblyKeepsToItsRoom: whatever the room, it panics or writes inside.
func TestBlockAssemblyKeepsToItsRoom(t *testing.T) {
	if !useAVX2 {
		t.Skip("this processor has no AVX2")
	}
	ones := new(encodeTable)
	for i := range ones {
		ones[i] = 16<<16 | 0xffff
	}
	coef := [64]int16{}
	for i := range coef {
		coef[i] = -1
	}
	panics := 0
	for n := range 600 {
		all, room := guarded(n)
		func() {
			defer func() {
				if recover() != nil {
					panics++
				}
			}()
			w := bitWriter{buf: room}
			w.block(ones, ones, new(int32), &coef, math.MaxUint64)
		}()
		if want, _ := guarded(n); !slices.Equal(all[:n], want[:n]) || !slices.Equal(all[2*n:], want[2*n:]) {
			t.Fatalf("a block in %d bytes is written beyond them", n)
		}
	}
	if panics == 0 || panics == 600 {
		t.Errorf("%d of 600 panic", panics)
	}
}

// TestCodecAssemblyLikeGo goes through whole pictures.
func TestCodecAssemblyLikeGo(t *testing.T) {
	for _, ratio := range ratios {
		for _, size := range sizes {
			src := scene(size[0], size[1], ratio, 12)
			for _, quality := range []int{1, 30, 75, 90, 100} {
				t.Run(fmt.Sprintf("%s/%v/%d", ratioName(ratio), size, quality), func(t *testing.T) {
					var data [][]byte
					var pictures []*image.YCbCr
					bothWays(t, func(bool) {
						one, err := NewEncoder(quality).Encode(nil, src)
						if err != nil {
							t.Fatal(err)
						}
						var d Decoder
						im, err := d.Decode(one, nil)
						if err != nil {
							t.Fatal(err)
						}
						data, pictures = append(data, one), append(pictures, im)
					})
					if !bytes.Equal(data[0], data[1]) {
						t.Error("the assembly encodes otherwise")
					}
					if a, b := pictures[0], pictures[1]; !bytes.Equal(a.Y, b.Y) || !bytes.Equal(a.Cb, b.Cb) || !bytes.Equal(a.Cr, b.Cr) {
						t.Error("the assembly decodes otherwise")
					}
				})
			}
		}
	}
}
