package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// refit gives a picture Huffman tables of its own that have no code for what it does not
// need, as encoders do that optimize them. All codes of a table have one length.
func refit(t testing.TB, data []byte) []byte {
	t.Helper()
	var x Index
	if _, err := x.Walk(data, 3, nil); err != nil {
		t.Fatal(err)
	}
	d, s := &x.dec, Splicer{x: &x}
	h := &d.head
	s.units = d.layOut(&s.room, h.planesFor(nil, 0), 0)
	var plain [64]step
	for k, place := range zigzag {
		plain[k] = 1<<6 | step(place)
	}
	var used [2][4][256]bool
	var codes [2][4]encodeTable
	w := bitWriter{}
	w.reserve(1000+len(x.marks)*maxUnits*maxSplicedBytes, 0)
	w.pos = copy(w.buf, data[:h.sos])
	for _, count := range []bool{true, false} {
		if !count {
			for class := range used {
				for dst := range used[class] {
					spec := huffmanSpec{}
					for symbol, yes := range used[class][dst] {
						if yes {
							spec.symbols = append(spec.symbols, uint8(symbol))
						}
					}
					if len(spec.symbols) == 0 {
						continue
					}
					length := 1
					for 1<<length <= len(spec.symbols) { // not all ones (C)
						length++
					}
					spec.counts[length-1] = uint8(len(spec.symbols))
					codes[class][dst].set(&spec.counts, spec.symbols)
					body := appendHuffman(nil, class, dst, &spec)
					w.pos += copy(w.buf[w.pos:], append([]byte{0xff, markDHT, 0, byte(2 + len(body))}, body...))
				}
			}
			w.pos += copy(w.buf[w.pos:], data[h.sos:h.scan])
		}
		r := bitReader{buf: d.entropy}
		var dc, pred [3]int32
		for m := range x.marks {
			if m%x.interval() == 0 {
				r.seek(int(x.marks[m].bit))
				dc, pred = [3]int32{}, [3]int32{}
				if m > 0 && !count {
					w.flush()
					w.pos += copy(w.buf[w.pos:], []byte{0xff, byte(markRST0 + (m/x.interval()-1)&7)})
				}
			}
			for i := range s.units {
				u := &s.units[i]
				c := h.comps[u.comp]
				b := &s.mcu[i]
				s.takeCoef(b, r.block(u.dc, u.ac, &plain, &dc[u.comp], &s.coef, 63))
				if !count {
					w.block(&codes[classDC][c.td], &codes[classAC][c.ta], &pred[u.comp], &b.quants, b.mask)
					continue
				}
				used[classDC][c.td][magnitude(int32(b.quants[0])-pred[u.comp])] = true
				pred[u.comp] = int32(b.quants[0])
				run := 0
				for k := 1; k < 64; k++ {
					if b.mask>>k&1 == 0 {
						run++
						continue
					}
					for ; run > 15; run -= 16 {
						used[classAC][c.ta][0xf0] = true
					}
					used[classAC][c.ta][run<<4|int(magnitude(int32(b.quants[zigzag[k]])))] = true
					run = 0
				}
				if run > 0 {
					used[classAC][c.ta][0] = true
				}
			}
		}
	}
	w.flush()
	return append(w.buf[:w.pos], 0xff, markEOI)
}

// oracle is what a splice must decode to, planes of whole MCUs: the blocks that drawing has
// changed through the transforms and the quantization tables of data, the others as before.
// It asks the reverse, too: nothing but MCUs under the rectangles may have changed.
func oracle(t *testing.T, data []byte, before, drawn *image.YCbCr) *image.YCbCr {
	t.Helper()
	var d Decoder
	want, err := d.Decode(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.head.n {
		p, q, stride := want.Y, drawn.Y, want.YStride
		b := before.Y
		if i > 0 {
			stride = want.CStride
			p, q, b = want.Cb, drawn.Cb, before.Cb
			if i == 2 {
				p, q, b = want.Cr, drawn.Cr, before.Cr
			}
		}
		var table [64]uint16
		steps := &d.tables.steps[d.head.comps[i].tq]
		for k, s := range steps {
			table[k] = uint16(s >> 6)
		}
		quantizer := newQuantizer(&table)
		for at := 0; at < len(p); at += 8 {
			if at/stride%8 != 0 {
				continue
			}
			same := true
			for y := range 8 {
				same = same && bytes.Equal(q[at+y*stride:][:8], b[at+y*stride:][:8])
			}
			if same {
				continue
			}
			var quants [64]int16
			var coef [64]int32
			forwardQuantize(q[at:], stride, &quantizer, &quants)
			for k, place := range zigzag {
				coef[place] = int32(quants[place]) * int32(table[k])
			}
			inverse(&coef, 63, 0, p[at:], stride)
		}
	}
	return want
}

// draw draws noise, flat colours or edges inside the rectangles, or next to nothing.
func draw(r *rand.Rand, im *image.YCbCr, rects []image.Rectangle) {
	for _, rect := range rects {
		rect = rect.Intersect(im.Rect)
		how, colour := r.IntN(5), byte(r.Uint32())
		for y := rect.Min.Y; y < rect.Max.Y; y++ {
			for x := rect.Min.X; x < rect.Max.X; x++ {
				v := colour
				switch how {
				case 0:
					v = byte(r.Uint32())
				case 1:
					v = byte(x/3%2) * 255
				case 2:
					if r.IntN(200) > 0 {
						continue
					}
				case 3:
					continue
				}
				im.Y[im.YOffset(x, y)] = v
				if how == 0 {
					continue // leaves chroma blocks unchanged
				}
				im.Cb[im.COffset(x, y)], im.Cr[im.COffset(x, y)] = v, 255-v
			}
		}
	}
}

// randomRects has thin ones, ones that stick out, empty ones, and now and then none.
func randomRects(r *rand.Rand, w, h int) (rects []image.Rectangle) {
	for range r.IntN(5) {
		x, y := r.IntN(w+8)-4, r.IntN(h+8)-4
		dx, dy := r.IntN(w/2+2), r.IntN(h/2+2)
		if r.IntN(2) == 0 {
			dx = r.IntN(4)
		}
		rects = append(rects, image.Rect(x, y, x+dx, y+dy))
	}
	return rects
}

// checkSplice draws on data and compares with the oracle, bit for bit, and outside the
// touched blocks with data itself. The error is Close's, of the kind it may have.
func checkSplice(t *testing.T, s *Splicer, x *Index, data []byte, rects []image.Rectangle, r *rand.Rand) ([]byte, error) {
	t.Helper()
	if _, err := x.Walk(data, 2+r.IntN(2), nil); err != nil {
		t.Fatal(err)
	}
	whole, err := new(Decoder).Decode(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	im, err := s.Open(x, rects)
	if err != nil {
		t.Fatal(err)
	}
	f := subsampled[whole.SubsampleRatio]
	untouched := func(plane string, x, y int) bool { // at luma's resolution
		w, h := 8, 8 // of its block
		if plane == "C" {
			w, h = w*f[0], h*f[1]
		}
		return !isTouched(image.Rect(x/w*w, y/h*h, x/w*w+w, y/h*h+h).Intersect(whole.Rect), rects)
	}
	// What is open is the picture, and no other block counts.
	each := func(do func(plane string, at, x, y int)) {
		for at := range whole.Y {
			do("Y", at, at%whole.YStride, at/whole.YStride)
		}
		for at := range whole.Cb {
			do("C", at, at%whole.CStride*f[0], at/whole.CStride*f[1])
		}
	}
	each(func(plane string, at, x, y int) {
		switch {
		case untouched(plane, x, y):
			if plane == "Y" {
				im.Y[at] = whole.Y[at]
			} else {
				im.Cb[at], im.Cr[at] = whole.Cb[at], whole.Cr[at]
			}
		case plane == "Y" && im.Y[at] != whole.Y[at], plane == "C" && (im.Cb[at] != whole.Cb[at] || im.Cr[at] != whole.Cr[at]):
			t.Fatalf("%s at %d,%d is not open", plane, x, y)
		}
	})
	draw(r, im, rects)
	want := oracle(t, data, whole, im)
	prefix := []byte("kept")
	out, err := s.Close(prefix)
	if errors.Is(err, ErrUnsupported) && string(out) == "kept" {
		return nil, err
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(out, prefix) {
		t.Fatal("Close has overwritten dst")
	}
	out = out[len(prefix):]
	got, err := new(Decoder).Decode(out, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Rect != want.Rect || got.SubsampleRatio != want.SubsampleRatio {
		t.Fatalf("%v %v, want %v %v", got.Rect, got.SubsampleRatio, want.Rect, want.SubsampleRatio)
	}
	each(func(plane string, at, x, y int) {
		if plane == "Y" && got.Y[at] != want.Y[at] || plane == "C" && (got.Cb[at] != want.Cb[at] || got.Cr[at] != want.Cr[at]) {
			t.Fatalf("%s at %d,%d is wrong", plane, x, y)
		}
		if untouched(plane, x, y) && (plane == "Y" && got.Y[at] != whole.Y[at] || plane == "C" && (got.Cb[at] != whole.Cb[at] || got.Cr[at] != whole.Cr[at])) {
			t.Fatalf("%s at %d,%d has changed", plane, x, y)
		}
	})
	// image/jpeg decodes what it did before, and what came without tables.
	if theirs, err := stdjpeg.Decode(bytes.NewReader(out)); err == nil && theirs.Bounds() != got.Rect {
		t.Fatalf("image/jpeg finds %v, want %v", theirs.Bounds(), got.Rect)
	} else if err != nil {
		_, before := stdjpeg.Decode(bytes.NewReader(data))
		if before == nil || strings.Contains(before.Error(), "uninitialized Huffman table") {
			t.Fatalf("image/jpeg: %v; before: %v", err, before)
		}
	}
	return out, nil
}

// TestSplice goes through subsamplings, sizes, qualities, restart intervals and dialects, with
// one Splicer and one Index.
func TestSplice(t *testing.T) {
	now := uint64(time.Now().UnixNano())
	t.Logf("seed %d", now)
	r := rand.New(rand.NewPCG(now, 0))
	var s Splicer
	var x Index
	check := func(name string, data []byte) {
		t.Helper()
		c, err := Probe(data)
		if err != nil {
			t.Fatal(err)
		}
		rects := randomRects(r, c.Width, c.Height)
		out, err := checkSplice(t, &s, &x, data, rects, r)
		if err == nil { // a splice can be spliced
			_, err = checkSplice(t, &s, &x, out, randomRects(r, c.Width, c.Height), r)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, ratio := range ratios {
		for _, size := range append([][2]int{{100, 75}}, sizes...) {
			src := scene(size[0], size[1], ratio, 8)
			for name, b := range dialects {
				if f := subsampled[ratio]; f[0]*f[1]*b.chroma[0]*b.chroma[1] > 4 {
					continue
				}
				t.Run(fmt.Sprintf("%s %v %s", ratioName(ratio), size, name), func(t *testing.T) {
					data := b.build(src)
					check(name, data)
					check(name, refit(t, data))
				})
			}
			for _, quality := range []int{1, 10, 50, 95, 100} {
				for _, restart := range []int{0, 1, 2, 3, 7} {
					check("", builder{quality: quality, restart: restart}.build(src))
				}
			}
		}
	}
}

// TestSpliceOfNothing: where nothing was drawn the picture comes out as it was, byte for
// byte.
func TestSpliceOfNothing(t *testing.T) {
	var s Splicer
	var x Index
	for name, b := range dialects {
		if b.fillBytes {
			continue // they are lost, in front of restart markers
		}
		for _, ratio := range ratios {
			if f := subsampled[ratio]; f[0]*f[1]*b.chroma[0]*b.chroma[1] > 4 {
				continue
			}
			data := b.build(scene(75, 43, ratio, 8))
			b := b
			b.noEOI = false
			want := b.build(scene(75, 43, ratio, 8))
			if b.noDHT {
				// The tables stand before SOS, in the order of the components' first use.
				sos := bytes.Index(want, []byte{0xff, markSOS})
				var dht []byte
				for i := range typicalDC {
					for class, spec := range []*huffmanSpec{&typicalDC[i], &typicalAC[i]} {
						one := appendHuffman(nil, class, i, spec)
						dht = append(append(dht, 0xff, markDHT, 0, byte(2+len(one))), one...)
					}
				}
				want = append(append(bytes.Clone(want[:sos]), dht...), want[sos:]...)
			}
			for _, rects := range [][]image.Rectangle{nil, {image.Rect(0, 0, 75, 43)}, {image.Rect(20, 20, 30, 21)}} {
				if _, err := x.Walk(data, 3, nil); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Open(&x, rects); err != nil {
					t.Fatal(err)
				}
				got, err := s.Close(nil)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s %v %v: %d bytes have changed, to %d", name, ratio, rects, len(data), len(got))
				}
			}
		}
	}
}

// TestSpliceSize: the picture grows by what was drawn only.
func TestSpliceSize(t *testing.T) {
	data := builder{quality: 85}.build(scene(640, 480, image.YCbCrSubsampleRatio422, 6))
	var s Splicer
	var x Index
	if _, err := x.Walk(data, 3, nil); err != nil {
		t.Fatal(err)
	}
	im, err := s.Open(&x, []image.Rectangle{image.Rect(100, 100, 132, 116)})
	if err != nil {
		t.Fatal(err)
	}
	for y := 100; y < 116; y++ {
		for x := 100; x < 132; x++ {
			im.Y[im.YOffset(x, y)] = 255
		}
	}
	out, err := s.Close(nil)
	if err != nil {
		t.Fatal(err)
	}
	const most = 600
	if len(out) > len(data)+most || len(out) < len(data)-most || bytes.Equal(out, data) {
		t.Errorf("%d bytes came to %d", len(data), len(out))
	}
}

// TestSpliceRecodes: a picture gets the typical tables where its own lack codes, and only
// there.
func TestSpliceRecodes(t *testing.T) {
	data := refit(t, builder{quality: 70, restart: 4}.build(scene(90, 50, image.YCbCrSubsampleRatio422, 3)))
	typical := appendHuffman(nil, classAC, luma, &typicalAC[luma])
	before := bytes.Count(data, typical)
	var s Splicer
	var x Index
	if _, err := x.Walk(data, 3, nil); err != nil {
		t.Fatal(err)
	}
	for _, drawn := range []bool{false, true} {
		im, err := s.Open(&x, []image.Rectangle{image.Rect(40, 20, 60, 30)})
		if err != nil {
			t.Fatal(err)
		}
		if drawn {
			for i := range 100 {
				im.Y[im.YOffset(40+i%10, 20+i/10)] = byte(i%2) * 255 // stripes, which data has not
			}
		}
		out, err := s.Close(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Count(out, typical) > before; got != drawn {
			t.Errorf("drawn on %v: typical tables %v", drawn, got)
		}
		if drawn == bytes.Equal(out, data) {
			t.Errorf("drawn on %v: the same bytes %v", drawn, !drawn)
		}
	}
}

// TestSpliceDCWrap has the largest DC differences that there are, 11 bits, arise where
// drawing ends and drop out where it begins.
func TestSpliceDCWrap(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var s Splicer
	var x Index
	for _, from := range []byte{0, 255} {
		src := image.NewYCbCr(image.Rect(0, 0, 64, 40), image.YCbCrSubsampleRatio422)
		for _, p := range [][]byte{src.Y, src.Cb, src.Cr} {
			fill(p, from)
		}
		for _, restart := range []int{0, 3} {
			data := builder{quality: 100, restart: restart}.build(src)
			for _, rects := range [][]image.Rectangle{{image.Rect(16, 8, 32, 16)}, {image.Rect(0, 0, 8, 8)}, {image.Rect(8, 0, 16, 40), image.Rect(48, 0, 64, 40)}} {
				for _, data := range [][]byte{data, refit(t, data)} {
					if _, err := x.Walk(data, 3, nil); err != nil {
						t.Fatal(err)
					}
					before, err := new(Decoder).Decode(data, nil)
					if err != nil {
						t.Fatal(err)
					}
					im, err := s.Open(&x, rects)
					if err != nil {
						t.Fatal(err)
					}
					drawn := &image.YCbCr{Y: bytes.Clone(before.Y), Cb: bytes.Clone(before.Cb), Cr: bytes.Clone(before.Cr), YStride: before.YStride, CStride: before.CStride, Rect: before.Rect, SubsampleRatio: before.SubsampleRatio}
					for _, rect := range rects {
						for y := rect.Min.Y; y < rect.Max.Y; y++ {
							for x := rect.Min.X; x < rect.Max.X; x++ {
								for _, im := range []*image.YCbCr{im, drawn} {
									im.Y[im.YOffset(x, y)] = ^from
									im.Cb[im.COffset(x, y)] = ^from
									im.Cr[im.COffset(x, y)] = ^from
								}
							}
						}
					}
					out, err := s.Close(nil)
					if err != nil {
						t.Fatal(err)
					}
					got, err := new(Decoder).Decode(out, nil)
					if err != nil {
						t.Fatal(err)
					}
					want := oracle(t, data, before, drawn)
					if !bytes.Equal(got.Y, want.Y) || !bytes.Equal(got.Cb, want.Cb) || !bytes.Equal(got.Cr, want.Cr) {
						t.Fatalf("%v with restart %d comes out wrong", rects, restart)
					}
					if _, err := checkSplice(t, &s, &x, out, randomRects(r, 64, 40), r); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// TestSpliceOddSteps: quantization steps that no encoder writes make no quantizer trip, and
// leave what is not drawn on alone.
func TestSpliceOddSteps(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	data := builder{quality: 80, wideQuant: true}.build(scene(48, 32, image.YCbCrSubsampleRatio422, 8))
	dqt := bytes.Index(data, []byte{0xff, markDQT}) + 5
	for k := 1; k < 64; k += 3 {
		copy(data[dqt+2*k:], []byte{0, 0, 0xff, 0xff})
	}
	var s Splicer
	var x Index
	if _, err := x.Walk(data, 3, nil); err != nil {
		t.Fatal(err)
	}
	want, err := new(Decoder).Decode(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	rects := []image.Rectangle{image.Rect(16, 8, 32, 16)}
	im, err := s.Open(&x, rects)
	if err != nil {
		t.Fatal(err)
	}
	for y := 8; y < 16; y++ {
		for x := 16; x < 32; x++ {
			im.Y[im.YOffset(x, y)] = byte(r.Uint32())
		}
	}
	out, err := s.Close(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := new(Decoder).Decode(out, nil)
	if err != nil {
		t.Fatal(err)
	}
	for at := range want.Y {
		if p := image.Pt(at%want.YStride, at/want.YStride); !p.In(rects[0]) && got.Y[at] != want.Y[at] {
			t.Fatalf("Y at %v has changed", p)
		}
	}
}

// TestSpliceDamaged flips bits of scans, some of which decode to something all the same:
// with DC values that no picture has, and blocks of any kind.
func TestSpliceDamaged(t *testing.T) {
	now := uint64(time.Now().UnixNano())
	t.Logf("seed %d", now)
	r := rand.New(rand.NewPCG(now, 0))
	var s Splicer
	var x Index
	spliced := 0
	for _, b := range []builder{{quality: 70}, {quality: 95, restart: 3}, {quality: 90, gray: true}, {quality: 50, noDHT: true, restart: 1}} {
		whole := b.build(scene(70, 50, image.YCbCrSubsampleRatio420, 12))
		for _, data := range [][]byte{whole, refit(t, whole)} {
			scan := bytes.LastIndex(data, []byte{0xff, markSOS}) + 14
			for range 300 {
				bad := bytes.Clone(data)
				for range 1 + r.IntN(3) {
					bad[scan+r.IntN(len(bad)-scan)] ^= 1 << r.IntN(8)
				}
				rects := randomRects(r, 70, 50)
				if _, err := x.Walk(bad, 3, nil); err != nil {
					continue
				}
				if _, err := checkSplice(t, &s, &x, bad, rects, r); err == nil {
					spliced++
				}
			}
		}
	}
	if spliced < 100 {
		t.Errorf("only %d were spliced", spliced)
	}
}

func TestSpliceSteadyStateDoesNotAllocate(t *testing.T) {
	rects := []image.Rectangle{image.Rect(20, 20, 100, 30), image.Rect(90, 0, 95, 112)}
	for _, b := range []builder{{quality: 80}, {quality: 80, restart: 5}, {quality: 80, noDHT: true}, {quality: 80, gray: true}} {
		plain := b.build(scene(192, 112, image.YCbCrSubsampleRatio422, 8))
		for _, data := range [][]byte{plain, refit(t, plain)} {
			var x Index
			var s Splicer
			thumb, err := x.Walk(data, 2, nil)
			if err != nil {
				t.Fatal(err)
			}
			var out []byte
			room := make([]byte, 0, 2*len(data)+4096)
			if n := testing.AllocsPerRun(20, func() {
				if thumb, err = x.Walk(data, 2, thumb); err != nil {
					t.Fatal(err)
				}
				im, err := s.Open(&x, rects)
				if err != nil {
					t.Fatal(err)
				}
				for y := range 30 {
					im.Y[im.YOffset(90+y%5, y)] = 0
				}
				if out, err = s.Close(room); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%+v: allocates %v times", b, n)
			}
			if &out[0] != &room[:1][0] {
				t.Errorf("%+v: there was room, and it was not used", b)
			}
		}
	}
}

// TestSpliceGrows: dst of any capacity gives the same picture.
func TestSpliceGrows(t *testing.T) {
	data := builder{quality: 95, restart: 3}.build(scene(150, 90, image.YCbCrSubsampleRatio420, 20))
	var s Splicer
	var x Index
	if _, err := x.Walk(data, 3, nil); err != nil {
		t.Fatal(err)
	}
	var want []byte
	for room := 0; room < 2*len(data); room += 777 {
		r := rand.New(rand.NewPCG(7, 8))
		rects := []image.Rectangle{image.Rect(10, 10, 100, 80)}
		im, err := s.Open(&x, rects)
		if err != nil {
			t.Fatal(err)
		}
		draw(r, im, rects)
		got, err := s.Close(make([]byte, 0, room))
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("with room for %d bytes it is another picture", room)
		}
	}
}

// FuzzSplice: no input panics or hangs, and what comes out decodes to the oracle's picture.
func FuzzSplice(f *testing.F) {
	for _, ratio := range ratios {
		f.Add(builder{quality: 60}.build(scene(19, 13, ratio, 8)), uint64(1))
		f.Add(refit(f, builder{quality: 90, restart: 1}.build(scene(33, 23, ratio, 8))), uint64(2))
	}
	src := scene(40, 30, image.YCbCrSubsampleRatio420, 8)
	for _, b := range dialects {
		if b.chroma == [2]int{} {
			f.Add(b.build(src), uint64(3))
		}
	}
	var s Splicer
	var x Index
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		if len(data) > 1<<16 {
			return
		}
		c, err := Probe(data)
		if err != nil || c.Width*c.Height > 1<<16 {
			return
		}
		if _, err := x.Walk(data, 3, nil); err != nil {
			return
		}
		if _, err := s.Open(&x, nil); err != nil {
			return
		}
		r := rand.New(rand.NewPCG(seed, 0))
		rects := randomRects(r, c.Width, c.Height)
		im, err := s.Open(&x, rects)
		if err != nil {
			t.Fatal(err)
		}
		draw(r, im, rects)
		if _, err := s.Close(nil); err != nil && !errors.Is(err, ErrUnsupported) {
			t.Fatal(err)
		}
		for _, q := range x.dec.head.comps[:x.dec.head.n] {
			for _, step := range x.dec.tables.steps[q.tq] {
				if step>>6 < 1 || step>>6 > maxStep {
					return // the oracle knows no such tables
				}
			}
		}
		checkSplice(t, &s, &x, data, rects, r)
	})
}

// steep is a gray picture of one row of blocks, each a steep ramp, with those DC differences in 15 bits:
// none of the typical tables has a code for them.
func steep(diffs ...int) []byte {
	data := []byte{0xff, markSOI, 0xff, markDQT, 0, 67, 0}
	data = append(data, bytes.Repeat([]byte{1}, 64)...)
	w := 8 * len(diffs)
	data = append(data, 0xff, markSOF0, 0, 11, 8, 0, 8, byte(w>>8), byte(w), 1, 1, 0x11, 0)
	for class, symbols := range [2][2]byte{classDC: {15, 0}, classAC: {0, 10}} { // codes 0 and 10
		data = append(data, 0xff, markDHT, 0, 21, byte(class<<4), 1, 1)
		data = append(append(data, make([]byte, 14)...), symbols[:]...)
	}
	data = append(data, 0xff, markSOS, 0, 8, 1, 1, 0, 0, 63, 0)
	bw := bitWriter{buf: make([]byte, 8*len(diffs)+maxTailBytes)}
	for _, d := range diffs {
		bw.append32(uint32(d+d>>63)&0x7fff<<13|0b10_1111111111_0, 29) // DC, its value, 1023, EOB
	}
	bw.flush()
	return append(append(data, bw.buf[:bw.pos]...), 0xff, markEOI)
}

// TestSpliceAfterRefusal: what cannot be spliced leaves nothing behind for the next picture.
func TestSpliceAfterRefusal(t *testing.T) {
	src := image.NewYCbCr(image.Rect(0, 0, 64, 40), image.YCbCrSubsampleRatio422)
	for y := range 40 { // no coefficient of it hides one that is left over
		fill(src.Y[y*src.YStride:][:64], byte(3*y))
	}
	data := builder{quality: 90}.build(src)
	splice := func(s *Splicer, data []byte) ([]byte, error) {
		var x Index
		if _, err := x.Walk(data, 3, nil); err != nil {
			t.Fatal(err)
		}
		im, err := s.Open(&x, []image.Rectangle{{Max: image.Pt(16, 8)}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 8 {
			im.Y[i] ^= 0xff
		}
		return s.Close(nil)
	}
	want, err := splice(new(Splicer), data)
	if err != nil {
		t.Fatal(err)
	}
	for _, diffs := range [][]int{{20000, 20000}, {-20000, -20000, 1 << 14}, {0, 0, 20000}} {
		var s Splicer
		if _, err := splice(&s, steep(diffs...)); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%v: %v, want ErrUnsupported", diffs, err)
		}
		if got, err := splice(&s, data); err != nil || !bytes.Equal(got, want) {
			t.Errorf("after %v: another picture, %v", diffs, err)
		}
	}
}

// TestWhole: a picture is whole with its tables and its end, and what is spliced always is.
func TestWhole(t *testing.T) {
	src := scene(64, 40, image.YCbCrSubsampleRatio422, 9)
	good := builder{quality: 90}.build(src)
	for name, c := range map[string]struct {
		data []byte
		want bool
	}{
		"good":      {good, true},
		"padded":    {append(bytes.Clone(good), 0, 0, 0), true},
		"no EOI":    {good[:len(good)-2], false},
		"no tables": {builder{quality: 90, noDHT: true}.build(src), false},
		"gray":      {builder{quality: 90, gray: true}.build(src), true},
	} {
		var x Index
		var s Splicer
		if _, err := x.Walk(c.data, 3, nil); err != nil || x.Whole() != c.want {
			t.Errorf("%s: whole is %v, %v", name, x.Whole(), err)
		}
		if _, err := s.Open(&x, nil); err != nil {
			t.Fatal(err)
		}
		out, err := s.Close(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Walk(out, 3, nil); err != nil || !x.Whole() {
			t.Errorf("%s, spliced: whole is %v, %v", name, x.Whole(), err)
		}
	}
}
