package overlay

import "image"

// canvas is a picture with the part of it that may be drawn on.
type canvas struct {
	im     *image.YCbCr
	area   image.Rectangle // inside im.Rect
	sx, sy int             // pixels a chroma sample spans
	origin int             // chromaOffset of sample 0, 0, inside the planes or not
	*scratch
}

// scratch is memory that outlives a canvas.
type scratch struct {
	mask []uint8  // coverage of the stripe in work
	sums []uint16 // coverage of the chroma samples of a row
}

func newCanvas(im *image.YCbCr, area image.Rectangle, s *scratch) canvas {
	cv := canvas{im: im, area: area.Intersect(im.Rect), sx: 1, sy: 1, scratch: s}
	switch im.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		cv.sx = 2
	case image.YCbCrSubsampleRatio420:
		cv.sx, cv.sy = 2, 2
	case image.YCbCrSubsampleRatio440:
		cv.sy = 2
	case image.YCbCrSubsampleRatio411:
		cv.sx = 4
	case image.YCbCrSubsampleRatio410:
		cv.sx, cv.sy = 4, 2
	}
	cv.origin = -im.Rect.Min.Y/cv.sy*im.CStride - im.Rect.Min.X/cv.sx
	return cv
}

// fill paints r evenly.
func (cv *canvas) fill(r image.Rectangle, c Colour) {
	r = r.Intersect(cv.area)
	if r.Empty() {
		return
	}
	fillBlock(cv.im.Y[cv.im.YOffset(r.Min.X, r.Min.Y):], cv.im.YStride, r.Dx(), r.Dy(), c.Y)
	cols, rows := cv.cells(r)
	if cols.from >= cols.to || rows.from >= rows.to {
		return
	}
	left, right := cols.full()
	top, bottom := rows.full()
	if left < right && top < bottom {
		o := cv.chromaOffset(left, top)
		fillBlock(cv.im.Cb[o:], cv.im.CStride, right-left, bottom-top, c.Cb)
		fillBlock(cv.im.Cr[o:], cv.im.CStride, right-left, bottom-top, c.Cr)
	}
	// What is left are the samples that r covers in part, around the block.
	cv.sums = grown(cv.sums, cols.to-cols.from)
	for i := range cv.sums {
		cv.sums[i] = uint16(cols.share(cols.from + i))
	}
	around := func(cy, from, to int, high uint8) {
		o := cv.chromaOffset(0, cy)
		for cx := from; cx < to; cx++ {
			a := uint8(int(high) * int(cv.sums[cx-cols.from]) / 255)
			cv.im.Cb[o+cx], cv.im.Cr[o+cx] = mixed(cv.im.Cb[o+cx], c.Cb, a), mixed(cv.im.Cr[o+cx], c.Cr, a)
		}
	}
	for cy := rows.from; cy < rows.to; cy++ {
		if cy < top || cy >= bottom {
			around(cy, cols.from, cols.to, rows.share(cy))
			continue
		}
		around(cy, cols.from, left, 255)
		around(cy, right, cols.to, 255)
	}
}

// fillBlock sets w x h samples. A stroke is so narrow that a call of copy takes longer.
func fillBlock(plane []uint8, stride, w, h int, v uint8) {
	const narrow = 16
	first := plane[:w]
	for i := range first {
		first[i] = v
	}
	for i := 1; i < h; i++ {
		row := plane[i*stride:][:w]
		if w >= narrow {
			copy(row, first)
			continue
		}
		for j := range row {
			row[j] = v
		}
	}
}

// paint paints r, which must lie inside cv.area, with the coverage in mask: 0..255, one
// byte a pixel, rows stride bytes apart.
func (cv *canvas) paint(mask []uint8, stride int, r image.Rectangle, c Colour) {
	w := r.Dx()
	for i := range r.Dy() {
		o := cv.im.YOffset(r.Min.X, r.Min.Y+i)
		mix(cv.im.Y[o:o+w], mask[i*stride:i*stride+w], c.Y)
	}
	cols, rows := cv.cells(r)
	if cols.from >= cols.to {
		return
	}
	cv.sums = grown(cv.sums, cols.last+1-cols.first)
	even := cols.even()
	for cy := rows.from; cy < rows.to; cy++ {
		clear(cv.sums)
		top, bottom := rows.drawn(cy)
		for y := top; y < bottom; y++ {
			o := (y - r.Min.Y) * stride
			addCells(cv.sums, mask[o:o+w], r.Min.X, cv.sx)
		}
		lo, hi := rows.pixels(cy)
		high, o := hi-lo, cv.chromaOffset(cols.from, cy)
		sums := cv.sums[cols.from-cols.first : cols.to-cols.first]
		cb, cr := cv.im.Cb[o:o+len(sums)], cv.im.Cr[o:o+len(sums)]
		inner := reciprocal(high * cv.sx)
		for i, sum := range sums {
			if sum == 0 {
				continue
			}
			scale := inner
			if !even {
				lo, hi := cols.pixels(cols.from + i)
				scale = reciprocal(high * (hi - lo))
			}
			a := uint8(int(sum) * scale >> 16)
			cb[i], cr[i] = mixed(cb[i], c.Cb, a), mixed(cr[i], c.Cr, a)
		}
	}
}

// reciprocal stands for a division by n: x*reciprocal(n)>>16 is 255 for x = 255*n.
func reciprocal(n int) int { return 1<<16/n + 1 }

// stroke paints the part of a stroked segment that lies in r, itself inside cv.area.
func (cv *canvas) stroke(g segment, radius float64, r image.Rectangle, c Colour) {
	if r.Empty() {
		return
	}
	cv.mask = grown(cv.mask, r.Dx()*r.Dy())
	g.coverage(cv.mask, r, radius)
	cv.paint(cv.mask, r.Dx(), r, c)
}

// grown gives a slice of n elements, s itself where it is large enough.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// addCells adds the coverage of a row of pixels that begins at x to the sums of the chroma
// samples of size pixels; sums begins with the sample of x.
func addCells(sums []uint16, row []uint8, x, size int) {
	if size == 2 && x > 0 { // the common one
		if x%2 == 1 {
			sums[0] += uint16(row[0])
			sums, row = sums[1:], row[1:]
		}
		n := len(row) / 2
		pairs := row[:2*n]
		for i := range sums[:n] {
			sums[i] += uint16(pairs[2*i]) + uint16(pairs[2*i+1])
		}
		if len(row)%2 == 1 {
			sums[n] += uint16(row[2*n])
		}
		return
	}
	first := x / size
	for i, a := range row {
		sums[(x+i)/size-first] += uint16(a)
	}
}

// chromaOffset is where the sample of column cx and row cy stands in Cb and Cr.
func (cv *canvas) chromaOffset(cx, cy int) int { return cv.origin + cy*cv.im.CStride + cx }

// cells are the chroma samples that a stretch of pixels touches along one axis.
type cells struct {
	first, last int // the samples of the first and the last pixel
	from, to    int // from ≤ c < to may change: all their pixels lie in the area
	size        int
	pic, draw   [2]int // the pixels of the picture, and those drawn on: [0] ≤ x < [1]
}

// cells gives the chroma columns and rows that r, inside cv.area, touches.
func (cv *canvas) cells(r image.Rectangle) (cols, rows cells) {
	pic, area := cv.im.Rect, cv.area
	return cellsOf(cv.sx, [2]int{r.Min.X, r.Max.X}, [2]int{area.Min.X, area.Max.X}, [2]int{pic.Min.X, pic.Max.X}),
		cellsOf(cv.sy, [2]int{r.Min.Y, r.Max.Y}, [2]int{area.Min.Y, area.Max.Y}, [2]int{pic.Min.Y, pic.Max.Y})
}

func cellsOf(size int, draw, area, pic [2]int) cells {
	c := cells{first: draw[0] / size, last: (draw[1] - 1) / size, size: size, pic: pic, draw: draw}
	c.from, c.to = c.first, c.last+1
	if lo, _ := c.pixels(c.first); lo < area[0] {
		c.from++
	}
	if _, hi := c.pixels(c.last); hi > area[1] {
		c.to--
	}
	return c
}

// pixels are the pixels lo ≤ x < hi of the picture that sample i colours.
func (c *cells) pixels(i int) (lo, hi int) {
	lo, hi = cellSpan(i, c.size)
	return max(lo, c.pic[0]), min(hi, c.pic[1])
}

// even reports whether every sample that may change colours as many pixels as its size.
func (c *cells) even() bool {
	lo, _ := c.pixels(c.from)
	_, hi := c.pixels(c.to - 1)
	return c.from > 0 && lo == c.from*c.size && hi == c.to*c.size
}

// drawn are those of them that are drawn on.
func (c *cells) drawn(i int) (lo, hi int) {
	lo, hi = c.pixels(i)
	return max(lo, c.draw[0]), min(hi, c.draw[1])
}

// share is how much of sample i is drawn on, 0..255.
func (c *cells) share(i int) uint8 {
	lo, hi := c.pixels(i)
	from, to := c.drawn(i)
	return uint8((to - from) * 255 / (hi - lo))
}

// full are the samples lo ≤ c < hi that are drawn on in full and may change.
func (c *cells) full() (lo, hi int) {
	lo, hi = c.from, c.to
	if c.share(lo) < 255 {
		lo++
	}
	if hi > lo && c.share(hi-1) < 255 {
		hi--
	}
	return lo, hi
}

// cellSpan is the pixels lo ≤ x < hi that share chroma sample c, of size pixels, along one
// axis. As in image.YCbCr the sample of x is x/size rounded toward zero, so sample 0 also
// serves the pixels just left of 0.
func cellSpan(c, size int) (lo, hi int) {
	switch {
	case c > 0:
		return c * size, (c + 1) * size
	case c < 0:
		return (c-1)*size + 1, c*size + 1
	}
	return 1 - size, size
}

// wholeCells grows a rectangle until it cuts no chroma sample of any subsampling: 4 pixels
// wide and 2 high is the largest. JPEG blocks begin and end there too, so this adds none.
func wholeCells(r image.Rectangle) image.Rectangle {
	r.Min.X, _ = cellSpan(r.Min.X/4, 4)
	r.Min.Y, _ = cellSpan(r.Min.Y/2, 2)
	_, r.Max.X = cellSpan((r.Max.X-1)/4, 4)
	_, r.Max.Y = cellSpan((r.Max.Y-1)/2, 2)
	return r
}

// mix moves each sample toward v by its coverage.
func mix(dst, coverage []uint8, v uint8) {
	coverage = coverage[:len(dst)]
	for i, a := range coverage {
		dst[i] = mixed(dst[i], v, a) // without a branch: glyphs are hard to predict
	}
}

// mixed is d moved toward v by a/255, exact at both ends.
func mixed(d, v, a uint8) uint8 {
	w := int(a) + int(a>>7) // 0..256
	return uint8(int(d) + ((int(v)-int(d))*w+128)>>8)
}
