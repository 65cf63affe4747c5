package synthetic

import (
	"image"
	"image/color"
	"math/rand/v2"
)

// people is scene=people: a person behind a table, arms that rise beside it and make
// gestures, and things that slide over the table. Where everything is follows from the
// frame's number in whole numbers, so any frame can be asked for, and every machine gives
// the same answer.
type people struct {
	layout
	table  int // the row where the table begins, even
	cast   []part
	person person
	arms   [2]arm
	things []thing
}

// part is one picture of the scene: what it is called, and its size in this one.
type part struct {
	picture  string
	size     image.Point
	mirrored bool
}

// thing slides to and fro on the table.
type thing struct {
	sprite int
	x      bounce
	foot   int // row
}

// tableEdge is where the table begins, as a share of what is above the strip.
const tableEdge = 0.77

// onTable are the things, with the heights, in shares of the room's, at which networks know
// them best.
var onTable = [...]struct {
	picture string
	height  float64
}{{"laptop.png", 0.24}, {"bear.png", 0.29}, {"orange.png", 0.22}, {"cup.png", 0.24}}

// newPeople makes the scene of a picture of that size (see NewScene) with 0 to 32 things.
// Whoever moves does so in seconds, so it needs the number of frames in one.
func newPeople(size image.Point, fps float64, things, seed int) *people {
	p := &people{layout: newLayout(size)}
	p.table = int(tableEdge*float64(p.strip.Min.Y)) &^ 1
	// All sizes are in shares of the room above the strip, or of a part of it where that is narrow.
	unit := min(float64(p.strip.Min.Y), 0.75*float64(size.X))
	r := rand.New(rand.NewPCG(uint64(seed), 1))
	p.person = newPerson(p.add("person.png", 0.6*unit, false), fps, r)
	for side := range p.arms {
		p.arms[side] = newArm(p, side, 0.5*unit, fps, r)
	}
	p.addThings(r, things, unit, fps)
	return p
}

// add takes a picture into the scene, in that height, and gives its number.
func (p *people) add(name string, height float64, mirrored bool) int {
	from := picture(name).Rect
	size := image.Pt(int(height*float64(from.Dx())/float64(from.Dy())), int(height))
	p.cast = append(p.cast, part{name, size, mirrored})
	return len(p.cast) - 1
}

func (p *people) addThings(r *rand.Rand, n int, unit, fps float64) {
	first := len(p.cast)
	for _, t := range onTable {
		p.add(t.picture, t.height*unit*crowding(n), false)
	}
	turn := r.IntN(len(onTable))
	depth := p.area.Max.Y - p.table
	for i := range n {
		sprite := first + (turn+i)%len(onTable)
		room := p.size.X - p.cast[sprite].size.X
		speed := (0.08 + 0.08*r.Float64()) * float64(p.size.X) / fps // pixels a frame
		p.things = append(p.things, thing{sprite, newBounce(r, room, speed), p.area.Max.Y - depth/2*(n-1-i)/n})
	}
}

// furnish puts the table into the room.
func (p *people) furnish(c *canvas, at func(x, y float64) point) {
	edge := float64(p.table) / float64(p.strip.Min.Y)
	c.fade(at(0, edge), at(1, 1), rgb(0xa08468), rgb(0x7c6450))
	for i := range 14 { // the grain of the wood
		y := edge + (1-edge)*(0.05+0.068*float64(i)+0.02*float64(mix(uint64(i))%3))
		x := float64(mix(uint64(i)+50)%100)/100 - 0.3
		c.rect(at(x, y), at(x+0.75, y+0.002), color.NRGBA{60, 34, 16, 26})
	}
	c.rect(at(0, edge), at(1, edge+0.006), rgb(0xb59a7d))
	c.rect(at(0, edge-0.012), at(1, edge), color.NRGBA{0, 0, 0, 60})
}

func (p *people) sprites(ratio image.YCbCrSubsampleRatio) []sprite {
	var out []sprite
	for _, c := range p.cast {
		out = append(out, newSprite(scaled(c.picture, c.size, c.mirrored), ratio))
	}
	return out
}

func (p *people) poses(dst []pose, seq uint64) []pose {
	dst = append(dst, p.person.pose(p, seq))
	for i := range p.arms {
		if at, up := p.arms[i].pose(p, seq); up {
			dst = append(dst, at)
		}
	}
	for i := range p.things {
		t := &p.things[i]
		size := p.cast[t.sprite].size
		at := image.Pt(t.x.at(seq), t.foot-size.Y)
		dst = append(dst, pose{sprite: t.sprite, box: image.Rectangle{at, at.Add(size)}, floor: p.area.Max.Y &^ 1})
	}
	return dst
}
