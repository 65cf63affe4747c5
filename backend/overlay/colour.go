package overlay

import "image/color"

// Colour is an opaque colour as the planes store it: full-range YCbCr, as in JPEG.
type Colour struct{ Y, Cb, Cr uint8 }

// ColourOf converts c; its alpha is ignored.
func ColourOf(c color.RGBA) Colour {
	y, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
	return Colour{y, cb, cr}
}

func rgb(hex uint32) Colour {
	return ColourOf(color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255})
}

var (
	dark  = Colour{16, 128, 128} // outlines, and text on light plates
	light = Colour{250, 128, 128}
)

// palette is Okabe and Ito's set (Color Universal Design, 2008), which stays apart under
// every common colour blindness. Its black is left out: outlines are dark already.
var palette = [...]Colour{
	rgb(0x56b4e9), // sky blue
	rgb(0xe69f00), // orange
	rgb(0x009e73), // bluish green
	rgb(0xf0e442), // yellow
	rgb(0xcc79a7), // reddish purple
	rgb(0xd55e00), // vermilion
	rgb(0x0072b2), // blue
}

// ColourFor gives an identity its colour, the same every time; neighbouring numbers get
// different ones.
func ColourFor(id uint64) Colour { return palette[id%uint64(len(palette))] }

// onPlate is the text colour with the higher contrast on a plate of colour c, as WCAG
// reckons it.
func onPlate(c Colour) Colour {
	if c.Y >= 100 {
		return dark
	}
	return light
}
