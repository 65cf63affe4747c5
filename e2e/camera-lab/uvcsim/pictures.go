package uvcsim

import (
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"

	"freshframe/backend/capture/blockcode"
	"freshframe/backend/jpeg"
)

// gallery makes the pictures of one size: a room with some detail in it, a ball that rolls
// through, and each picture's number in a block code. Only few rows differ from picture to
// picture, and only they are drawn, encoded or packed again.
type gallery struct {
	size   image.Point
	config Config
	radius int // of the ball
	jpegs  []jpegParts
	packed map[Pixels][]byte

	// Made when they are needed first.
	room    *image.YCbCr // 4:2:2
	im      *image.YCbCr // the room with the picture shown last
	encoder *jpeg.Encoder
	draft   jpeg.Draft // of the room
}

func newGallery(size image.Point, config Config) *gallery {
	return &gallery{
		size:   size,
		config: config,
		radius: max(2, size.Y/14),
		jpegs:  make([]jpegParts, config.Pictures),
		packed: map[Pixels][]byte{},
	}
}

// all makes all JPEGs, so that none is late for being made.
func (g *gallery) all() error {
	for n := range g.jpegs {
		if _, err := g.jpeg(n); err != nil {
			return err
		}
	}
	return nil
}

// jpeg is picture n, made when it is first asked for.
func (g *gallery) jpeg(n int) (jpegParts, error) {
	if g.jpegs[n].tail == nil {
		j, err := g.cached(n)
		if err != nil {
			return jpegParts{}, fmt.Errorf("picture %d of %v: %w", n, g.size, err)
		}
		if g.config.NoDHT {
			j = withoutDHT(j)
		}
		g.jpegs[n] = splitJPEG(j)
	}
	return g.jpegs[n], nil
}

func (g *gallery) encode(n int) ([]byte, error) {
	g.furnish()
	if g.encoder == nil {
		g.encoder = jpeg.NewEncoder(g.config.Quality)
		if err := g.encoder.Draft(&g.draft, g.room); err != nil {
			return nil, err
		}
	}
	g.show(n)
	return g.encoder.Finish(nil, &g.draft, g.im, g.touched())
}

// drawing is the version of the pictures: to be raised with every change to how they look.
const drawing = 1

// cached is the JPEG of picture n, out of the cache if there is one.
func (g *gallery) cached(n int) ([]byte, error) {
	if g.config.Cache == "" {
		return g.encode(n)
	}
	folder := filepath.Join(g.config.Cache, fmt.Sprintf("v%d-%dx%d-q%d-of%d", drawing, g.size.X, g.size.Y, g.config.Quality, g.config.Pictures))
	file := filepath.Join(folder, fmt.Sprintf("%d.jpg", n))
	j, err := os.ReadFile(file)
	if !errors.Is(err, os.ErrNotExist) {
		return j, err
	}
	if j, err = g.encode(n); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	return j, writeFile(folder, file, j)
}

// writeFile leaves a whole file or none, for others may read it at the same time.
func writeFile(folder, file string, b []byte) error {
	f, err := os.CreateTemp(folder, "new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// raw is picture n without compression. It is valid until the next call.
func (g *gallery) raw(p Pixels, n int) []byte {
	pack := packYUYV
	if p == NV12 {
		pack = packNV12
	}
	g.furnish()
	if g.packed[p] == nil {
		g.packed[p] = make([]byte, p.bytes(g.size))
		pack(g.packed[p], g.room, image.Rectangle{Max: g.size})
	}
	g.show(n)
	for _, r := range g.touched() {
		pack(g.packed[p], g.im, r)
	}
	return g.packed[p]
}

// lane is where the ball rolls, in even rows.
func (g *gallery) lane() image.Rectangle {
	middle := g.size.Y / 3
	return image.Rect(0, (middle-g.radius)&^1, g.size.X, (middle+g.radius+1)&^1)
}

// touched are the rows in which pictures differ.
func (g *gallery) touched() []image.Rectangle {
	return []image.Rectangle{g.lane(), blockcode.Strip(g.size.X, g.size.Y)}
}

// show draws picture n over the one before.
func (g *gallery) show(n int) {
	lane := g.lane()
	copyRows(g.im, g.room, lane)
	middle := (lane.Min.Y + lane.Max.Y) / 2
	x := g.radius + n*(g.size.X-2*g.radius)/g.config.Pictures
	for dy := -g.radius; dy < g.radius; dy++ {
		for dx := -g.radius; dx < g.radius; dx++ {
			if d := dx*dx + dy*dy; d < g.radius*g.radius {
				y, c := g.im.YOffset(x+dx, middle+dy), g.im.COffset(x+dx, middle+dy)
				g.im.Y[y] = uint8(220 - 120*d/(g.radius*g.radius))
				g.im.Cb[c], g.im.Cr[c] = 90, 200
			}
		}
	}
	blockcode.Draw(g.im, uint64(n), 0)
}

func copyRows(dst, src *image.YCbCr, r image.Rectangle) {
	y0, y1 := src.YOffset(0, r.Min.Y), src.YOffset(0, r.Max.Y)
	c0, c1 := src.COffset(0, r.Min.Y), src.COffset(0, r.Max.Y)
	copy(dst.Y[y0:y1], src.Y[y0:y1])
	copy(dst.Cb[c0:c1], src.Cb[c0:c1])
	copy(dst.Cr[c0:c1], src.Cr[c0:c1])
}

// furnish makes room and im.
func (g *gallery) furnish() {
	if g.room == nil {
		g.room = drawRoom(g.size)
		g.im = image.NewYCbCr(g.room.Rect, g.room.SubsampleRatio)
		copyRows(g.im, g.room, g.room.Rect)
	}
}

// drawRoom draws large shadows, shapes, the structure of surfaces, and the noise of a
// sensor, for JPEGs as large as a camera's. It is the same every time.
func drawRoom(size image.Point) *image.YCbCr {
	im := image.NewYCbCr(image.Rectangle{Max: size}, image.YCbCrSubsampleRatio422)
	r := rand.New(rand.NewPCG(uint64(size.X), uint64(size.Y)))
	shadow, surface, tint := newRelief(size, size.Y/3, r), newRelief(size, max(2, size.Y/60), r), newRelief(size, size.Y/2, r)
	pillar := max(8, size.X/24)
	for y := range size.Y {
		for x := range size.X {
			v := 40 + shadow.at(x, y)/2 + surface.at(x, y)/6 + r.IntN(7)
			if y > size.Y/2 && x/pillar%3 == 0 { // pillars
				v += 40
			}
			im.Y[im.YOffset(x, y)] = uint8(v)
		}
		for x := 0; x < size.X; x += 2 {
			c, t := im.COffset(x, y), tint.at(x, y)
			im.Cb[c], im.Cr[c] = uint8(104+t/5), uint8(154-t/5)
		}
	}
	return im
}

// relief is a smooth surface over the picture through random heights, cell pixels apart.
type relief struct {
	heights      []uint8
	across, cell int
}

func newRelief(size image.Point, cell int, r *rand.Rand) relief {
	f := relief{across: size.X/cell + 2, cell: cell}
	f.heights = make([]uint8, f.across*(size.Y/cell+2))
	for i := range f.heights {
		f.heights[i] = uint8(r.Uint32())
	}
	return f
}

// at is the height at (x, y), 0..255.
func (f relief) at(x, y int) int {
	i := y/f.cell*f.across + x/f.cell
	u, v := x%f.cell, y%f.cell
	upper := int(f.heights[i])*(f.cell-u) + int(f.heights[i+1])*u
	lower := int(f.heights[i+f.across])*(f.cell-u) + int(f.heights[i+f.across+1])*u
	return (upper*(f.cell-v) + lower*v) / (f.cell * f.cell)
}

// packYUYV packs rows of im: Y0 Cb Y1 Cr.
func packYUYV(dst []byte, im *image.YCbCr, rows image.Rectangle) {
	w := im.Rect.Dx()
	for y := rows.Min.Y; y < rows.Max.Y; y++ {
		luma, cb, cr := im.Y[im.YOffset(0, y):], im.Cb[im.COffset(0, y):], im.Cr[im.COffset(0, y):]
		out := dst[2*w*y : 2*w*(y+1)]
		for i := range w / 2 {
			out[4*i], out[4*i+1], out[4*i+2], out[4*i+3] = luma[2*i], cb[i], luma[2*i+1], cr[i]
		}
	}
}

// packNV12 packs rows of im, an even number from an even one on: chroma of two is averaged.
func packNV12(dst []byte, im *image.YCbCr, rows image.Rectangle) {
	w, h := im.Rect.Dx(), im.Rect.Dy()
	for y := rows.Min.Y; y < rows.Max.Y; y++ {
		copy(dst[w*y:w*(y+1)], im.Y[im.YOffset(0, y):])
	}
	for y := rows.Min.Y / 2; y < rows.Max.Y/2; y++ {
		a, b := im.COffset(0, 2*y), im.COffset(0, 2*y+1)
		out := dst[w*h+w*y : w*h+w*(y+1)]
		for i := range w / 2 {
			out[2*i] = uint8((int(im.Cb[a+i]) + int(im.Cb[b+i]) + 1) / 2)
			out[2*i+1] = uint8((int(im.Cr[a+i]) + int(im.Cr[b+i]) + 1) / 2)
		}
	}
}
