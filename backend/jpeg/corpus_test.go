package jpeg

import (
	"image"
	"math"
	"math/rand/v2"
	"strings"
)

// ratios are the subsamplings that Decode reads and Encode writes.
var ratios = []image.YCbCrSubsampleRatio{
	image.YCbCrSubsampleRatio444,
	image.YCbCrSubsampleRatio422,
	image.YCbCrSubsampleRatio420,
	image.YCbCrSubsampleRatio440,
	image.YCbCrSubsampleRatio411,
}

func ratioName(r image.YCbCrSubsampleRatio) string {
	return strings.TrimPrefix(r.String(), "YCbCrSubsampleRatio")
}

// scene draws a picture like a camera's: smooth light, sharp edges, fine texture, and
// sensor noise of the given standard deviation. The same arguments give the same picture.
func scene(w, h int, ratio image.YCbCrSubsampleRatio, noise float64) *image.YCbCr {
	im := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
	r := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	sample := func(v, noise float64) uint8 {
		return uint8(min(max(v+noise*r.NormFloat64(), 0), 255))
	}
	for y := range h {
		for x := range w {
			fx, fy := float64(x), float64(y)
			v := 110 + 60*math.Sin(fx/97)*math.Cos(fy/71)
			if (x/40+y/56)%5 == 0 {
				v += 55
			}
			if y/64%3 == 1 {
				v += 18 * math.Sin(fx*fx/900)
			}
			im.Y[im.YOffset(x, y)] = sample(v, noise)
		}
	}
	for i := range im.Cb {
		fx, fy := float64(i%im.CStride), float64(i/im.CStride)
		im.Cb[i] = sample(128+50*math.Sin(fx/43), noise/3)
		im.Cr[i] = sample(128+50*math.Cos((fx+fy)/61), noise/3)
	}
	return im
}

// subsampled are the factors of luma over chroma, across and down.
var subsampled = map[image.YCbCrSubsampleRatio][2]int{
	image.YCbCrSubsampleRatio444: {1, 1},
	image.YCbCrSubsampleRatio422: {2, 1},
	image.YCbCrSubsampleRatio420: {2, 2},
	image.YCbCrSubsampleRatio440: {1, 2},
	image.YCbCrSubsampleRatio411: {4, 1},
}

// builder makes JPEGs that Encode does not: what cameras and still files may bring. The
// zero value makes what Encode makes, without JFIF and with a DHT for each table.
type builder struct {
	quality     int
	gray        bool
	chroma      [2]int // sampling factors of chroma, {1, 1} if zero
	restart     int    // MCUs between restart markers
	noDHT       bool
	noEOI       bool
	wideQuant   bool // 16-bit DQT elements, each table in its own segment
	oneDHT      bool // all Huffman tables in one segment
	fillBytes   bool // 0xFF before every marker that may have it
	separate    bool // a scan per component
	progressive bool // one scan of DC coefficients, nothing more
	sof         byte // 0 for the fitting one
	app         []byte
	ids         [3]byte
}

func (b builder) build(im *image.YCbCr) []byte {
	e := NewEncoder(b.quality)
	if b.chroma == ([2]int{}) {
		b.chroma = [2]int{1, 1}
	}
	if b.ids == ([3]byte{}) {
		b.ids = [3]byte{1, 2, 3}
	}
	if b.sof == 0 {
		b.sof = markSOF0
		if b.progressive {
			b.sof = markSOF2
		}
	}
	w, h := im.Rect.Dx(), im.Rect.Dy()
	f := subsampled[im.SubsampleRatio]
	planes := []plane{
		{samples: im.Y, stride: im.YStride, w: w, h: h, across: f[0] * b.chroma[0], down: f[1] * b.chroma[1], use: luma},
		{samples: im.Cb, stride: im.CStride, w: ceilDiv(w, f[0]), h: ceilDiv(h, f[1]), across: b.chroma[0], down: b.chroma[1], use: chroma},
		{samples: im.Cr, stride: im.CStride, w: ceilDiv(w, f[0]), h: ceilDiv(h, f[1]), across: b.chroma[0], down: b.chroma[1], use: chroma},
	}
	if b.gray {
		planes = planes[:1]
	}

	out := []byte{0xff, markSOI}
	mark := func(m byte) {
		if b.fillBytes {
			out = append(out, 0xff, 0xff)
		}
		out = append(out, 0xff, m)
	}
	segment := func(m byte, body ...byte) {
		mark(m)
		out = append(out, byte((len(body)+2)>>8), byte(len(body)+2))
		out = append(out, body...)
	}
	out = append(out, b.app...)
	if b.wideQuant {
		for i, t := range e.tables {
			body := []byte{byte(0x10 | i)}
			for _, q := range t {
				body = append(body, 0, q)
			}
			segment(markDQT, body...)
		}
	} else {
		var body []byte
		for i, t := range e.tables {
			body = append(append(body, byte(i)), t[:]...)
		}
		segment(markDQT, body...)
	}
	sof := []byte{8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), byte(len(planes))}
	for i, p := range planes {
		sof = append(sof, b.ids[i], byte(p.across<<4|p.down), byte(p.use))
	}
	segment(b.sof, sof...)
	if !b.noDHT {
		var all []byte
		for i := range typicalDC {
			for class, spec := range []*huffmanSpec{&typicalDC[i], &typicalAC[i]} {
				one := appendHuffman(nil, class, i, spec)
				if b.oneDHT {
					all = append(all, one...)
				} else {
					segment(markDHT, one...)
				}
			}
		}
		if b.oneDHT {
			segment(markDHT, all...)
		}
	}
	if b.restart > 0 {
		segment(markDRI, byte(b.restart>>8), byte(b.restart))
	}

	scans := [][]int{[]int{0, 1, 2}[:len(planes)]}
	if b.separate {
		scans = [][]int{{0}, {1}, {2}}[:len(planes)]
	}
	for _, members := range scans {
		sos := []byte{byte(len(members))}
		for _, i := range members {
			sos = append(sos, b.ids[i], byte(planes[i].use*0x11))
		}
		if b.progressive {
			segment(markSOS, append(sos, 0, 0, 0)...)
		} else {
			segment(markSOS, append(sos, 0, 63, 0)...)
		}
		// A scan of one component goes block by block (A.2.2).
		mx, my := ceilDiv(w, 8*planes[0].across), ceilDiv(h, 8*planes[0].down)
		if len(members) == 1 {
			p := &planes[members[0]]
			p.across, p.down = 1, 1
			mx, my = ceilDiv(p.w, 8), ceilDiv(p.h, 8)
		}
		for i := range planes {
			planes[i].pred = 0
		}
		var bw bitWriter
		bw.reserve(mx*my*maxUnits*maxBlockBytes+100, 0)
		flush := func() {
			bw.flush()
			out = append(out, bw.buf[:bw.pos]...)
			bw.pos, bw.acc = 0, 0
		}
		for m := range mx * my {
			if b.restart > 0 && m > 0 && m%b.restart == 0 {
				flush()
				mark(markRST0 + byte(m/b.restart-1)&7)
				for i := range planes {
					planes[i].pred = 0
				}
			}
			for _, i := range members {
				p := &planes[i]
				for v := range p.down {
					for h := range p.across {
						b.block(e, &bw, p, 8*(m%mx*p.across+h), 8*(m/mx*p.down+v))
					}
				}
			}
		}
		flush()
	}
	if !b.noEOI {
		mark(markEOI)
	}
	return out
}

func (b builder) block(e *Encoder, w *bitWriter, p *plane, x, y int) {
	q := &e.mcu[0]
	e.quantizeBlock(q, p, x, y)
	if !b.progressive {
		w.quantized(q, p)
		return
	}
	// A first DC scan has the DC codes of a sequential one and nothing else (G.1.2.1).
	diff := int32(q.quants[0]) - p.pred
	p.pred = int32(q.quants[0])
	size := magnitude(diff)
	code, length := codeOf(typicalEncode[classDC][p.use][size], diff, size)
	w.acc, w.n = w.acc<<length|code, w.n+length
	if w.n >= 32 {
		w.n -= 32
		w.pos = putStuffed(w.buf, w.pos, uint32(w.acc>>w.n))
	}
}

// sizes are picture widths and heights around the edges of blocks and MCUs.
var sizes = [][2]int{
	{1, 1}, {1, 9}, {9, 1}, {2, 3}, {7, 8}, {8, 7}, {8, 8}, {15, 16}, {16, 15}, {16, 16}, {17, 17},
	{31, 33}, {33, 31}, {32, 32}, {65, 17}, {17, 65}, {65, 65}, {129, 40},
}
