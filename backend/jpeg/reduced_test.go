package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// box is the mean of a square of samples.
func box(p []byte, stride, x, y, side int) float64 {
	sum := 0
	for j := range side {
		for i := range side {
			sum += int(p[(y*side+j)*stride+x*side+i])
		}
	}
	return float64(sum) / float64(side*side)
}

// deviation is how far samples are from the means of those that they stand for: in the
// mean, signed and not, and at most.
type deviation struct{ bias, mean, worst float64 }

// deviationOf compares got with the whole picture, planes of whole MCUs of which are there.
func deviationOf(t *testing.T, got, whole *image.YCbCr, shift int) deviation {
	t.Helper()
	side := 1 << shift
	w, h := ceilDiv(whole.Rect.Dx(), side), ceilDiv(whole.Rect.Dy(), side)
	if got.Rect != image.Rect(0, 0, w, h) || got.SubsampleRatio != whole.SubsampleRatio {
		t.Fatalf("%v %v, from %v %v by %d", got.Rect, got.SubsampleRatio, whole.Rect, whole.SubsampleRatio, shift)
	}
	var d deviation
	n := 0.0
	compare := func(g []byte, gs int, p []byte, ps, w, h int) {
		for y := range h {
			for x := range w {
				diff := float64(g[y*gs+x]) - box(p, ps, x, y, side)
				d.bias += diff
				d.mean += math.Abs(diff)
				d.worst = max(d.worst, math.Abs(diff))
				n++
			}
		}
	}
	compare(got.Y, got.YStride, whole.Y, whole.YStride, w, h)
	f := subsampled[whole.SubsampleRatio]
	w, h = ceilDiv(w, f[0]), ceilDiv(h, f[1])
	compare(got.Cb, got.CStride, whole.Cb, whole.CStride, w, h)
	compare(got.Cr, got.CStride, whole.Cr, whole.CStride, w, h)
	d.bias /= n
	d.mean /= n
	return d
}

// TestDecodeReducedLikeBoxFilter goes through the corpus with one Decoder and one image a
// reduction. What differs is moiré, of noise above all, which the box filter lets through;
// 1/8 has none, only rounding and samples that were clamped before their mean was taken.
// Ties are rounded up, and with small quantization steps there are many: hence the bias.
func TestDecodeReducedLikeBoxFilter(t *testing.T) {
	bounds := [MaxShift + 1]deviation{1: {0.1, 1.2, 9}, 2: {0.2, 0.7, 4}, 3: {0.25, 0.4, 1}}
	var d Decoder
	var whole *image.YCbCr
	var reduced [MaxShift + 1]*image.YCbCr
	for _, ratio := range ratios {
		t.Run(ratioName(ratio), func(t *testing.T) {
			for _, size := range sizes {
				src := scene(size[0], size[1], ratio, 6)
				for _, quality := range []int{25, 75, 95} {
					for _, restart := range []int{0, 1, 3} {
						data := builder{quality: quality, restart: restart}.build(src)
						var err error
						if whole, err = d.Decode(data, whole); err != nil {
							t.Fatal(err)
						}
						for shift := 1; shift <= MaxShift; shift++ {
							if reduced[shift], err = d.DecodeReduced(data, shift, reduced[shift]); err != nil {
								t.Fatalf("%v quality %d restart %d by %d: %v", size, quality, restart, shift, err)
							}
							got := deviationOf(t, reduced[shift], whole, shift)
							bound := bounds[shift]
							if size[0]*size[1] < 1000 { // too few samples for a mean
								bound.bias, bound.mean = bound.worst, bound.worst
							}
							if math.Abs(got.bias) > bound.bias || got.mean > bound.mean || got.worst > bound.worst {
								t.Errorf("%v quality %d restart %d by %d: %+v, want %+v", size, quality, restart, shift, got, bound)
							}
						}
					}
				}
			}
		})
	}
}

func TestCornerEnd(t *testing.T) {
	want := 0
	for k, place := range zigzag {
		if place%8 < 4 && place/8 < 4 {
			want = k
		}
	}
	if cornerEnd != want {
		t.Errorf("%d, want %d", cornerEnd, want)
	}
}

// TestInverseReducedIsBoxFilter: of coefficients in the corner alone, whose means show no
// moiré, nothing but rounding remains. The reference is A.3.3 in floating point.
func TestInverseReducedIsBoxFilter(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for shift := 1; shift <= MaxShift; shift++ {
		side, corner := 1<<shift, 8>>shift
		for range 400 {
			var coef [64]int32
			coef[0] = int32(r.IntN(2040) - 1020)
			last := 0
			if r.IntN(4) > 0 {
				for k := 1; k <= cornerEnd; k++ {
					if place := int(zigzag[k]); place%8 < corner && place/8 < corner && r.IntN(2) == 0 {
						coef[place] = int32(300*r.NormFloat64()) / int32(k)
						last = k
					}
				}
			}
			var samples [64]float64
			for y := range 8 {
				for x := range 8 {
					for v := range 8 {
						for u := range 8 {
							c := float64(coef[8*v+u]) / 4
							if u == 0 {
								c /= math.Sqrt2
							}
							if v == 0 {
								c /= math.Sqrt2
							}
							samples[8*y+x] += c * math.Cos(float64((2*x+1)*u)*math.Pi/16) * math.Cos(float64((2*y+1)*v)*math.Pi/16)
						}
					}
				}
			}
			before := coef
			const stride = 11
			got := bytes.Repeat([]byte{77}, 8*stride)
			switch shift {
			case 1:
				inverse(&coef, last, shift, got, stride)
				if coef != ([64]int32{}) {
					t.Fatalf("by %d: %v is left of %v", shift, coef, before)
				}
			case 2:
				inverse2(coef[0], coef[1], coef[8], coef[9], got, stride)
			default:
				got[0] = mean(coef[0])
			}
			for y := range 8 {
				for x := range stride {
					want, tolerance := 77.0, 0.0 // outside the block
					if x < corner && y < corner {
						want, tolerance = 128, 0.6 // rounded after each pass
						for j := range side {
							for i := range side {
								want += samples[8*(y*side+j)+x*side+i] / float64(side*side)
							}
						}
						want = min(max(want, 0), 255)
					}
					if g := float64(got[y*stride+x]); math.Abs(g-want) > tolerance {
						t.Fatalf("by %d at %d,%d: %v, want %.2f, of %v", shift, x, y, g, want, before)
					}
				}
			}
		}
	}
}

// TestSkipReadsWhatBlockReads: however much of a block is wanted, it ends at the same bit,
// and what is wanted is the same. Random bits come upon every way to end one.
func TestSkipReadsWhatBlockReads(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	// Short codes for EOB, ZRL, a run of 15, which end blocks in damage, and a mean one.
	short := newDecodeTable(classAC, &huffmanSpec{[16]uint8{0, 1, 3, 2, 1}, []uint8{0x01, 0x00, 0xf0, 0xf1, 0x11, 0x1f, 0x30}})
	// No EOB, so that all sound blocks end in a coefficient at the last place.
	endless := newDecodeTable(classAC, &huffmanSpec{[16]uint8{0, 2, 1}, []uint8{0x01, 0x02, 0x13}})
	// Runs that add up to more than a block within a few bits.
	runs := newDecodeTable(classAC, &huffmanSpec{[16]uint8{1, 1}, []uint8{0xf1, 0x00}})
	var steps [64]step
	for k, place := range zigzag {
		steps[k] = 1<<6 | step(place)
	}
	tables := []*decodeTable{typicalDecode[classAC][luma], typicalDecode[classAC][chroma], short, endless, runs}
	ends := map[string]int{}
	for range 20000 {
		buf := make([]byte, 200+readSlack)
		for i := range buf[:200] {
			buf[i] = byte(r.Uint32())
		}
		ac := tables[r.IntN(len(tables))]
		start := r.IntN(8 * 150)
		var want [64]int32
		whole := bitReader{buf: buf}
		whole.seek(start)
		var pred int32
		last := whole.block(typicalDecode[classDC][luma], ac, &steps, &pred, &want, 63)
		switch {
		case last < 0:
			ends["damage"]++
		case last == 63:
			ends["full"]++
		default:
			ends["EOB"]++
		}
		for shift := 2; shift <= MaxShift; shift++ {
			block := unit{dc: typicalDecode[classDC][luma], ac: ac, steps: &steps, plane: make([]byte, 4), stride: 2}
			walked := bitReader{buf: buf}
			walked.seek(start)
			var pred [3]int32
			if ok := walked.walk([]unit{block}, &pred, 1, nil, shift) == 1; ok != (last >= 0) {
				t.Fatalf("from bit %d by %d: %v, whole %d, of %x", start, shift, ok, last, buf)
			}
			if last < 0 {
				continue
			}
			if walked.bit() != whole.bit() || pred[0] != want[0] {
				t.Fatalf("from bit %d by %d: %d ends at bit %d, whole %d at %d, of %x", start, shift, pred[0], walked.bit(), want[0], whole.bit(), buf)
			}
			samples := make([]byte, 4)
			if shift == 2 {
				inverse2(want[0], want[1], want[8], want[9], samples, 2)
			} else {
				samples[0] = mean(want[0])
			}
			if !bytes.Equal(block.plane, samples) {
				t.Fatalf("from bit %d by %d: %v, want %v, of %x", start, shift, block.plane, samples, buf)
			}
		}
		for _, end := range []int{cornerEnd, 4, 0} {
			var got [64]int32
			part := bitReader{buf: buf}
			part.seek(start)
			pred = 0
			partLast := part.block(typicalDecode[classDC][luma], ac, &steps, &pred, &got, end)
			if (partLast < 0) != (last < 0) {
				t.Fatalf("from bit %d up to %d: %d, whole %d, of %x", start, end, partLast, last, buf)
			}
			if last < 0 {
				continue
			}
			if part.bit() != whole.bit() {
				t.Fatalf("from bit %d up to %d: ends at bit %d, whole at %d, of %x", start, end, part.bit(), whole.bit(), buf)
			}
			for k, place := range zigzag[:end+1] {
				if got[place] != want[place] {
					t.Fatalf("from bit %d up to %d: coefficient %d is %d, not %d, of %x", start, end, k, got[place], want[place], buf)
				}
			}
		}
	}
	for _, end := range []string{"damage", "full", "EOB"} {
		if ends[end] < 100 {
			t.Errorf("only %d blocks ended by %s", ends[end], end)
		}
	}
}

// TestDecodeReducedDialects has what the builder's plain pictures have not.
func TestDecodeReducedDialects(t *testing.T) {
	src := scene(80, 48, image.YCbCrSubsampleRatio422, 6)
	for name, b := range map[string]builder{
		"no DHT":               {quality: 80, noDHT: true},
		"no EOI":               {quality: 80, noEOI: true},
		"16-bit DQT":           {quality: 80, wideQuant: true},
		"tall MCUs":            {quality: 80, chroma: [2]int{1, 2}},
		"gray":                 {quality: 80, gray: true},
		"a scan per component": {quality: 80, separate: true},
		"progressive":          {quality: 80, progressive: true},
		"progressive gray":     {quality: 80, progressive: true, gray: true},
	} {
		t.Run(name, func(t *testing.T) {
			data := b.build(src)
			var d Decoder
			whole, err := d.Decode(data, nil)
			if err != nil {
				t.Fatal(err)
			}
			bound := 1.2
			if b.progressive || b.separate {
				bound = 0.5 // means of what image/jpeg decodes
			}
			for shift := 1; shift <= MaxShift; shift++ {
				im, err := d.DecodeReduced(data, shift, nil)
				if err != nil {
					t.Fatal(err)
				}
				if got := deviationOf(t, im, whole, shift); got.mean > bound {
					t.Errorf("by %d: %+v", shift, got)
				}
			}
		})
	}
}

// TestShrinkAtTheEdge: a square that sticks out counts only what is inside.
func TestShrinkAtTheEdge(t *testing.T) {
	im := image.NewYCbCr(image.Rect(0, 0, 5, 3), image.YCbCrSubsampleRatio420)
	for i := range im.Y {
		im.Y[i] = byte(10 * i)
	}
	copy(im.Cb, []byte{10, 20, 31, 50, 60, 70})
	if err := shrink(im, 1); err != nil {
		t.Fatal(err)
	}
	//  0  10 | 20  30 |  40
	// 50  60 | 70  80 |  90
	// ------------------
	// 100 110| 120 130| 140
	want := [][]byte{{30, 50, 65}, {105, 125, 140}}
	for y, row := range want {
		if got := im.Y[y*im.YStride:][:3]; !bytes.Equal(got, row) {
			t.Errorf("row %d is %v, want %v", y, got, row)
		}
	}
	if got, want := im.Cb[:2], []byte{35, 51}; !bytes.Equal(got, want) || im.Rect != image.Rect(0, 0, 3, 2) {
		t.Errorf("chroma %v, %v, want %v", got, im.Rect, want)
	}
}

// kind is the sentinel that an error wraps, and panics for one of neither kind.
func kind(err error) error {
	for _, k := range []error{nil, ErrFormat, ErrUnsupported} {
		if errors.Is(err, k) {
			return k
		}
	}
	panic(fmt.Sprintf("an error of neither kind: %v", err))
}

// reason is an error without the number of the MCU: past the end of the data, a decoder
// that reads several codes at a time notices it some of them later.
func reason(err error) string {
	if err == nil {
		return ""
	}
	s, _, _ := strings.Cut(err.Error(), " in MCU")
	s, _, _ = strings.Cut(s, " before MCU")
	return s
}

// TestDecodeReducedRefusesWhatDecodeRefuses cuts streams at every byte and flips bytes.
func TestDecodeReducedRefusesWhatDecodeRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var d Decoder
	var whole, im *image.YCbCr
	check := func(b builder, bad []byte) {
		t.Helper()
		var want, err error
		whole, want = d.Decode(bad, whole)
		for shift := 1; shift <= MaxShift; shift++ {
			if im, err = d.DecodeReduced(bad, shift, im); kind(err) != kind(want) || reason(err) != reason(want) {
				t.Fatalf("%+v by %d: %v, Decode says %v", b, shift, err, want)
			}
			if err == nil && im.Rect != reducedRect(whole.Rect.Dx(), whole.Rect.Dy(), shift) {
				t.Fatalf("%+v by %d: %v of %v", b, shift, im.Rect, whole.Rect)
			}
		}
	}
	for _, b := range []builder{
		{quality: 70}, {quality: 95, restart: 3}, {quality: 70, noDHT: true, restart: 1}, {quality: 95, gray: true},
		{quality: 50, separate: true}, {quality: 50, progressive: true},
	} {
		data := b.build(scene(33, 17, image.YCbCrSubsampleRatio422, 10))
		for n := range len(data) {
			check(b, bytes.Clone(data[:n]))
		}
		for range 300 {
			bad := bytes.Clone(data)
			for range 1 + r.IntN(4) {
				bad[r.IntN(len(bad))] = byte(r.Uint32())
			}
			check(b, bad)
		}
		// What damage left behind must not show in the next picture.
		var err error
		if whole, err = d.Decode(data, whole); err != nil {
			t.Fatal(err)
		}
		var fresh Decoder
		want, err := fresh.DecodeReduced(data, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if im, err = d.DecodeReduced(data, 1, im); err != nil || !bytes.Equal(im.Y, want.Y) || !bytes.Equal(im.Cr, want.Cr) {
			t.Fatalf("%+v: after damage the picture is another one, %v", b, err)
		}
	}
}

func TestDecodeReducedSteadyStateDoesNotAllocate(t *testing.T) {
	for _, b := range []builder{{quality: 80}, {quality: 80, restart: 5}, {quality: 80, noDHT: true}, {quality: 80, gray: true}} {
		data := b.build(scene(192, 112, image.YCbCrSubsampleRatio422, 8))
		for shift := range MaxShift + 1 {
			var d Decoder
			im, err := d.DecodeReduced(data, shift, nil)
			if err != nil {
				t.Fatal(err)
			}
			if n := 192 * 112 >> (2 * shift); len(im.Y) != n {
				t.Errorf("%+v by %d: luma takes %d bytes, want %d", b, shift, len(im.Y), n)
			}
			first := im
			if n := testing.AllocsPerRun(20, func() { im, err = d.DecodeReduced(data, shift, im) }); n != 0 || err != nil || im != first {
				t.Errorf("%+v by %d: allocates %v times, %v", b, shift, n, err)
			}
		}
	}
}

func TestDecodeReducedRefusesOtherShifts(t *testing.T) {
	for _, shift := range []int{-1, MaxShift + 1} {
		func() {
			defer func() {
				if s, _ := recover().(string); !strings.Contains(s, fmt.Sprint("shift ", shift)) {
					t.Errorf("by %d: panic %q", shift, s)
				}
			}()
			new(Decoder).DecodeReduced(nil, shift, nil)
		}()
	}
}
