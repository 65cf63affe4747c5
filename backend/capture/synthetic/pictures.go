package synthetic

import (
	"embed"
	"fmt"
	"image"
	"image/png"
	"sync"

	"golang.org/x/image/draw"
)

// pictureFiles are described in pictures/README.md.
//
//go:embed pictures/*.png
var pictureFiles embed.FS

// pictures are decoded once, for all cameras. They are part of the program: one that is
// missing or wrong is a mistake in it, and a panic.
var pictures = sync.OnceValue(decodePictures)

func picture(name string) *image.NRGBA {
	im, ok := pictures()[name]
	if !ok {
		panic("synthetic: there is no picture " + name)
	}
	return im
}

func decodePictures() map[string]*image.NRGBA {
	files, err := pictureFiles.ReadDir("pictures")
	if err != nil {
		panic(err)
	}
	out := map[string]*image.NRGBA{}
	for _, f := range files {
		r, err := pictureFiles.Open("pictures/" + f.Name())
		if err != nil {
			panic(err)
		}
		im, err := png.Decode(r)
		if err != nil {
			panic(fmt.Sprintf("synthetic: pictures/%s: %v", f.Name(), err))
		}
		out[f.Name()] = im.(*image.NRGBA)
	}
	return out
}

// scaled is the picture of that name in another size, seen in a mirror or not.
func scaled(name string, size image.Point, mirrored bool) *image.RGBA {
	from := picture(name)
	im := image.NewRGBA(image.Rectangle{Max: size})
	draw.CatmullRom.Scale(im, im.Rect, from, from.Rect, draw.Src, nil)
	if mirrored {
		for y := range size.Y {
			for x, z := 0, size.X-1; x < z; x, z = x+1, z-1 {
				a, b := im.RGBAAt(x, y), im.RGBAAt(z, y)
				im.SetRGBA(x, y, b)
				im.SetRGBA(z, y, a)
			}
		}
	}
	return im
}
