package synthetic

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// canvas draws smooth-edged shapes on an RGBA picture, in pixels. It serves what is
// drawn once: the room and the objects' looks.
type canvas struct {
	*image.RGBA
	raster vector.Rasterizer
}

func newCanvas(w, h int) *canvas {
	return &canvas{RGBA: image.NewRGBA(image.Rect(0, 0, w, h))}
}

// point is a place on the canvas.
type point struct{ x, y float64 }

// bend is how far a cubic's handles reach for a quarter of a circle of radius 1.
const bend = 0.5522847498

// roundRect fills the rectangle between two corners, with that radius at its own.
func (c *canvas) roundRect(lo, hi point, radius float64, col color.Color) {
	k := radius * (1 - bend)
	c.fill(lo, hi, col, func(at func(x, y float64) (float32, float32)) {
		c.raster.MoveTo(at(lo.x+radius, lo.y))
		quarter := func(x, y, ax, ay, bx, by, cx, cy float64) {
			c.raster.LineTo(at(x, y))
			a, b := at(ax, ay)
			d, e := at(bx, by)
			f, g := at(cx, cy)
			c.raster.CubeTo(a, b, d, e, f, g)
		}
		quarter(hi.x-radius, lo.y, hi.x-k, lo.y, hi.x, lo.y+k, hi.x, lo.y+radius)
		quarter(hi.x, hi.y-radius, hi.x, hi.y-k, hi.x-k, hi.y, hi.x-radius, hi.y)
		quarter(lo.x+radius, hi.y, lo.x+k, hi.y, lo.x, hi.y-k, lo.x, hi.y-radius)
		quarter(lo.x, lo.y+radius, lo.x, lo.y+k, lo.x+k, lo.y, lo.x+radius, lo.y)
	})
}

// rect fills the rectangle between two corners.
func (c *canvas) rect(lo, hi point, col color.Color) {
	c.polygon(col, lo, point{hi.x, lo.y}, hi, point{lo.x, hi.y})
}

// disc fills a circle.
func (c *canvas) disc(mid point, radius float64, col color.Color) {
	c.roundRect(point{mid.x - radius, mid.y - radius}, point{mid.x + radius, mid.y + radius}, radius, col)
}

// polygon fills the shape with those corners.
func (c *canvas) polygon(col color.Color, corners ...point) {
	lo, hi := corners[0], corners[0]
	for _, p := range corners {
		lo = point{min(lo.x, p.x), min(lo.y, p.y)}
		hi = point{max(hi.x, p.x), max(hi.y, p.y)}
	}
	c.fill(lo, hi, col, func(at func(x, y float64) (float32, float32)) {
		c.raster.MoveTo(at(corners[0].x, corners[0].y))
		for _, p := range corners[1:] {
			c.raster.LineTo(at(p.x, p.y))
		}
	})
}

// fill rasterises a path between two corners; at turns places into what the rasteriser
// wants.
func (c *canvas) fill(lo, hi point, col color.Color, path func(at func(x, y float64) (float32, float32))) {
	r := image.Rect(int(math.Floor(lo.x)), int(math.Floor(lo.y)), int(math.Ceil(hi.x)), int(math.Ceil(hi.y)))
	r = r.Intersect(c.Rect) // the rasteriser cuts paths off, but writes where it is told
	if r.Empty() {
		return
	}
	c.raster.Reset(r.Dx(), r.Dy())
	path(func(x, y float64) (float32, float32) {
		return float32(x - float64(r.Min.X)), float32(y - float64(r.Min.Y))
	})
	c.raster.ClosePath()
	c.raster.Draw(c.RGBA, r, image.NewUniform(col), image.Point{})
}

// fade fills the rectangle between two corners from one colour, above, to another.
func (c *canvas) fade(lo, hi point, above, below color.RGBA) {
	r := image.Rect(int(math.Round(lo.x)), int(math.Round(lo.y)), int(math.Round(hi.x)), int(math.Round(hi.y)))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		part := (y - r.Min.Y) * 255 / r.Dy()
		between := func(a, b uint8) uint8 { return uint8((int(a)*(255-part) + int(b)*part) / 255) }
		col := color.RGBA{between(above.R, below.R), between(above.G, below.G), between(above.B, below.B), 255}
		draw.Draw(c.RGBA, image.Rect(r.Min.X, y, r.Max.X, y+1), image.NewUniform(col), image.Point{}, draw.Src)
	}
}

// text fills the blocks of text, each of that size, from the top left corner at on. They
// are one path, so that no seams show between them.
func (c *canvas) text(text string, at point, block float64, col color.Color) {
	hi := point{at.x + float64(len(text)*glyphPitch)*block, at.y + glyphHeight*block}
	c.fill(at, hi, col, func(to func(x, y float64) (float32, float32)) {
		blocks([]byte(text), func(p image.Point) {
			x, y := at.x+float64(p.X)*block, at.y+float64(p.Y)*block
			c.raster.MoveTo(to(x, y))
			c.raster.LineTo(to(x+block, y))
			c.raster.LineTo(to(x+block, y+block))
			c.raster.LineTo(to(x, y+block))
			c.raster.ClosePath()
		})
	})
}
