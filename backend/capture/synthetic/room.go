package synthetic

import (
	"image"
	"image/color"
	"math"
)

// rgb makes an opaque colour of 0xRRGGBB.
func rgb(x uint32) color.RGBA { return color.RGBA{uint8(x >> 16), uint8(x >> 8), uint8(x), 255} }

// paintRoom draws what stands behind the objects: a calm room in muted colours, none of
// them near an object's, with the caption's plate. The strip is left to the block code.
func paintRoom(l *layout, s scene, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	c := newCanvas(l.size.X, l.size.Y)
	// Everything stands in fractions of the picture above the strip.
	w, h := float64(l.size.X), float64(l.strip.Min.Y)
	at := func(x, y float64) point { return point{x * w, y * h} }

	drawShell(c, at)
	drawWindow(c, at)
	drawShelf(c, at)
	drawFurniture(c, at)

	// Daylight from the window falls on the floor.
	c.polygon(color.NRGBA{255, 246, 220, 30}, at(0.16, 0.72), at(0.36, 0.72), at(0.52, 1), at(0.24, 1))
	s.furnish(c, at)

	im := image.NewYCbCr(c.Rect, ratio)
	develop(im, c.RGBA)
	darken(im, l.captionPlate())
	return im
}

// drawShell draws walls, floor and what divides them.
func drawShell(c *canvas, at func(x, y float64) point) {
	c.fade(at(0, 0), at(1, 0.66), rgb(0xa9b4b4), rgb(0x8b9a9c))
	c.fade(at(0, 0.66), at(1, 1), rgb(0x8c7462), rgb(0x665244))
	for i := range 25 { // boards run towards the horizon
		x := float64(i-12) / 6
		c.polygon(color.NRGBA{0, 0, 0, 34}, at(0.4995+0.5*x, 0.66), at(0.5005+0.5*x, 0.66), at(0.5015+1.1*x, 1), at(0.4985+1.1*x, 1))
	}
	for _, y := range []float64{0.71, 0.79, 0.91} {
		c.rect(at(0, y), at(1, y+0.003), color.NRGBA{0, 0, 0, 16})
	}
	c.rect(at(0, 0.635), at(1, 0.66), rgb(0xb9bdb8))
	c.rect(at(0, 0.655), at(1, 0.66), rgb(0x6c6258))
}

// drawWindow draws a window with hills under a pale sky, between curtains.
func drawWindow(c *canvas, at func(x, y float64) point) {
	c.rect(at(0.085, 0.085), at(0.315, 0.515), rgb(0xc9cac4))
	c.fade(at(0.097, 0.105), at(0.303, 0.495), rgb(0x9dbacb), rgb(0xd5dcd9))
	for i, far := range []color.RGBA{rgb(0x93a8a6), rgb(0x7d9386)} {
		hills := []point{at(0.303, 0.495), at(0.097, 0.495)}
		for x := 0.0; x <= 1; x += 1.0 / 64 {
			y := 0.36 + 0.06*float64(i) + 0.025*math.Sin(7*x+3*float64(i)) + 0.012*math.Sin(17*x+float64(i))
			hills = append(hills, at(0.097+0.206*x, y))
		}
		c.polygon(far, hills...)
	}
	c.rect(at(0.197, 0.1), at(0.203, 0.5), rgb(0xc9cac4))
	c.rect(at(0.09, 0.26), at(0.31, 0.27), rgb(0xc9cac4))
	c.rect(at(0.075, 0.515), at(0.325, 0.535), rgb(0xbab9b0))
	for _, x := range []float64{0.035, 0.305} {
		c.rect(at(x, 0.05), at(x+0.06, 0.6), rgb(0x9a8f8f))
		for fold := range 4 {
			f := x + 0.015*float64(fold)
			c.rect(at(f, 0.05), at(f+0.005, 0.6), color.NRGBA{0, 0, 0, 22})
		}
	}
	c.rect(at(0.02, 0.045), at(0.38, 0.055), rgb(0x5f5a56))
}

// drawShelf draws a picture on the wall and two boards of books.
func drawShelf(c *canvas, at func(x, y float64) point) {
	c.rect(at(0.43, 0.12), at(0.57, 0.38), rgb(0x6a5f55))
	c.rect(at(0.438, 0.134), at(0.562, 0.366), rgb(0xcfcbc0))
	c.fade(at(0.452, 0.16), at(0.548, 0.34), rgb(0xb8a99a), rgb(0x8d8078))
	c.polygon(rgb(0x70706f), at(0.452, 0.34), at(0.485, 0.23), at(0.51, 0.29), at(0.525, 0.265), at(0.548, 0.34))

	bindings := []color.RGBA{rgb(0x7a6a66), rgb(0x6b7a80), rgb(0x9a927f), rgb(0x5d6660), rgb(0x8c7f83), rgb(0x777c6a)}
	for i, y := range []float64{0.25, 0.45} {
		for x, n := 0.67+0.03*float64(i), uint64(i*100); x < 0.86; n++ {
			r := mix(n)
			width, height := 0.009+0.002*float64(r%5), 0.09+0.012*float64(r>>8%5)
			c.rect(at(x, y-height), at(x+width, y), bindings[r>>16%uint64(len(bindings))])
			c.rect(at(x, y-height+0.015), at(x+width, y-height+0.02), color.NRGBA{255, 255, 255, 40})
			x += width + 0.001
			if r>>24%6 == 0 {
				x += 0.025
			}
		}
		c.rect(at(0.65, y), at(0.93, y+0.014), rgb(0x75675a))
		c.rect(at(0.65, y+0.014), at(0.93, y+0.022), color.NRGBA{0, 0, 0, 40})
	}
}

// drawFurniture draws a sofa, a plant and a rug.
func drawFurniture(c *canvas, at func(x, y float64) point) {
	c.polygon(rgb(0x857c78), at(0.3, 0.86), at(0.72, 0.86), at(0.8, 0.97), at(0.24, 0.97))
	c.polygon(rgb(0x938b86), at(0.315, 0.872), at(0.705, 0.872), at(0.768, 0.957), at(0.268, 0.957))

	unit := at(0, 0.1).y
	c.rect(at(0.6, 0.83), at(0.97, 0.85), color.NRGBA{0, 0, 0, 50})
	c.roundRect(at(0.6, 0.54), at(0.96, 0.8), 0.3*unit, rgb(0x66747c))
	c.roundRect(at(0.62, 0.68), at(0.778, 0.79), 0.2*unit, rgb(0x748289))
	c.roundRect(at(0.782, 0.68), at(0.94, 0.79), 0.2*unit, rgb(0x748289))
	c.roundRect(at(0.58, 0.62), at(0.622, 0.84), 0.2*unit, rgb(0x5c6971))
	c.roundRect(at(0.938, 0.62), at(0.98, 0.84), 0.2*unit, rgb(0x5c6971))
	c.rect(at(0.62, 0.79), at(0.94, 0.835), rgb(0x5c6971))

	for i := range 9 {
		lean := float64(i-4) / 4
		tip := at(0.48+0.055*lean, 0.43+0.12*lean*lean)
		root, bow := at(0.48, 0.71), at(0.48+0.045*lean, 0.52+0.06*lean*lean)
		thick := 0.12 * unit
		c.polygon(rgb([]uint32{0x5f7563, 0x6d826c}[i%2]), root, point{bow.x - thick, bow.y}, tip, point{bow.x + thick, bow.y})
	}
	c.polygon(rgb(0xa09488), at(0.452, 0.69), at(0.508, 0.69), at(0.498, 0.8), at(0.462, 0.8))
	c.rect(at(0.449, 0.675), at(0.511, 0.7), rgb(0xaca093))
}

// develop turns RGB into planes as a camera would: darker towards the corners, with a
// little grain. Odd last columns and rows have chroma of their own.
func develop(im *image.YCbCr, from *image.RGBA) {
	w, h := from.Rect.Dx(), from.Rect.Dy()
	sx, sy := chromaShift(im.SubsampleRatio)
	falloff := func(i, n int) int { d := 2*i - n; return 36 * d * d / (n * n) } // 0 .. 36 of 256
	for y0 := 0; y0 < h; y0 += 1 << sy {
		for x0 := 0; x0 < w; x0 += 1 << sx {
			var r, g, b, n int
			for y := y0; y < min(y0+1<<sy, h); y++ {
				for x := x0; x < min(x0+1<<sx, w); x++ {
					p := from.Pix[from.PixOffset(x, y):][:3]
					light := 256 - falloff(x, w) - falloff(y, h)
					pr, pg, pb := int(p[0])*light>>8, int(p[1])*light>>8, int(p[2])*light>>8
					luma, _, _ := color.RGBToYCbCr(uint8(pr), uint8(pg), uint8(pb))
					noise := mix(uint64(y)<<32 | uint64(x))
					grain := int(noise&3) + int(noise>>2&3) - 3
					im.Y[im.YOffset(x, y)] = uint8(min(max(int(luma)+grain, 0), 255))
					r, g, b, n = r+pr, g+pg, b+pb, n+1
				}
			}
			_, cb, cr := color.RGBToYCbCr(uint8(r/n), uint8(g/n), uint8(b/n))
			o := im.COffset(x0, y0)
			im.Cb[o], im.Cr[o] = cb, cr
		}
	}
}

// darken makes a plate for light letters: dark and without colour.
func darken(im *image.YCbCr, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			o, co := im.YOffset(x, y), im.COffset(x, y)
			im.Y[o] = 16 + im.Y[o]/8
			im.Cb[co], im.Cr[co] = 128, 128
		}
	}
}
