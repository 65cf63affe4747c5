package synthetic

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

const maxObjects = 32

// Shape is the outline of an object.
type Shape uint8

// The shapes.
const (
	Disc   Shape = iota // fills its box's inscribed circle
	Square              // rounded corners
)

// Object is one object in one frame: the ground truth.
type Object struct {
	ID    int             // from 1, written on the object
	Box   image.Rectangle // exact, pixels; always within the picture
	Shape Shape
	// Colour is that of the object's middle, and of all of it but its rim and number.
	Colour color.YCbCr
}

// scene is what moves, and what it needs in the room. It depends on nothing but what it was
// made of.
type scene interface {
	parts() layout
	// furnish adds to the room; at turns fractions of the picture above the strip into pixels.
	furnish(c *canvas, at func(x, y float64) point)
	// sprites are the pictures that move, for planes of that subsampling.
	sprites(ratio image.YCbCrSubsampleRatio) []sprite
	// poses appends what stands where in frame seq, later ones in front of earlier ones.
	poses(dst []pose, seq uint64) []pose
}

// Scene is scene=room: numbered shapes on known paths, to measure by.
type Scene struct {
	layout
	paths []path
}

// NewScene makes the scene of a picture of that size (at least 160x120, at most 8 times
// as wide as high), with 0 to 32 objects on paths chosen by seed.
func NewScene(size image.Point, objects int, seed int) Scene {
	s := Scene{layout: newLayout(size)}
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	for i := range objects {
		s.paths = append(s.paths, newPath(r, s.area.Size(), i, objects))
	}
	return s
}

// Objects are the objects in frame seq, later ones in front of earlier ones.
func (s Scene) Objects(seq uint64) []Object {
	out := make([]Object, len(s.paths))
	for i := range s.paths {
		out[i] = s.object(i, seq)
	}
	return out
}

func (s *Scene) object(i int, seq uint64) Object {
	p := &s.paths[i]
	at := s.area.Min.Add(image.Pt(p.x.at(seq), p.y.at(seq)))
	y, cb, cr := color.RGBToYCbCr(p.colour.R, p.colour.G, p.colour.B)
	return Object{
		ID:     i + 1,
		Box:    image.Rectangle{Min: at, Max: at.Add(image.Pt(p.side, p.side))},
		Shape:  p.shape,
		Colour: color.YCbCr{Y: y, Cb: cb, Cr: cr},
	}
}

func (s Scene) furnish(*canvas, func(x, y float64) point) {}

func (s Scene) sprites(ratio image.YCbCrSubsampleRatio) []sprite {
	var out []sprite
	for i, p := range s.paths {
		out = append(out, newSprite(drawObject(p, i+1), ratio))
	}
	return out
}

func (s Scene) poses(dst []pose, seq uint64) []pose {
	for i := range s.paths {
		dst = append(dst, pose{sprite: i, box: s.object(i, seq).Box, floor: s.area.Max.Y})
	}
	return dst
}

// path is an object's looks and its way.
type path struct {
	side   int // of the box, pixels
	shape  Shape
	colour color.RGBA
	x, y   bounce
}

// newPath draws object i of n for an area of that size.
func newPath(r *rand.Rand, area image.Point, i, n int) path {
	side := max(8, int(float64(min(area.X, area.Y))*(0.17+0.08*r.Float64())*crowding(n)))
	// 3 to 8 pixels a frame at 640x360, never nearly along an edge.
	speed := (3 + 5*r.Float64()) * min(float64(area.X)/640, float64(area.Y)/360)
	angle := (20 + 50*r.Float64()) * math.Pi / 180
	return path{
		side:   side,
		shape:  Shape(i % 2),
		colour: objectColour(i),
		x:      newBounce(r, area.X-side, speed*math.Cos(angle)),
		y:      newBounce(r, area.Y-side, speed*math.Sin(angle)),
	}
}

// crowding is how much smaller n objects are, so that they do not hide each other all the time.
func crowding(n int) float64 { return min(1, math.Sqrt(6/float64(n))) }

// firstColours are darker than anything in the room: an analyzer of brightness alone sees
// all of these objects everywhere.
var firstColours = [...]color.RGBA{{30, 48, 191, 255}, {124, 18, 30, 255}, {8, 94, 34, 255}}

// objectColour spreads the hues of all others by the golden angle, so that any few in a row
// differ well.
func objectColour(i int) color.RGBA {
	if i < len(firstColours) {
		return firstColours[i]
	}
	hue := math.Mod(0.03+float64(i)*0.6180339887, 1) * 6
	value := [...]float64{0.95, 0.75, 0.88, 0.62}[i%4] // 21 golden angles are nearly 13 turns
	channel := func(shift float64) uint8 {             // HSV to RGB with a saturation of 0.85
		k := math.Mod(hue+shift, 6)
		return uint8(255*value*(1-0.85*max(0, min(k, 4-k, 1))) + 0.5)
	}
	return color.RGBA{channel(5), channel(3), channel(1), 255}
}

// bounce is a position going to and fro between 0 and room pixels at an even pace. It is
// computed from the frame's number in whole numbers, so any frame can be asked for, and
// every machine gives the same answer.
type bounce struct {
	room  uint64 // units
	start uint64 // units, 0 .. 2*room-1
	step  uint64 // units a frame
}

// unit is the smallest step, in parts of a pixel.
const unit = 256

func newBounce(r *rand.Rand, room int, speed float64) bounce {
	b := bounce{room: unit * uint64(max(1, room)), step: uint64(unit*speed + 0.5)}
	b.start = r.Uint64N(2 * b.room)
	return b
}

func (b *bounce) at(seq uint64) int {
	// There and back is 2*room long; reducing seq first keeps the product small.
	way := (b.start + b.step*(seq%(2*b.room))) % (2 * b.room)
	if way > b.room {
		way = 2*b.room - way
	}
	return int(way / unit)
}
