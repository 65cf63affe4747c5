package synthetic

import (
	"bytes"
	"fmt"
	"image"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/capture/blockcode"
)

var bothRatios = []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420}

// told is frame seq in words.
func told(p *people, seq uint64) string {
	var out []string
	for _, at := range p.poses(nil, seq) {
		out = append(out, fmt.Sprintf("%s %v %d", p.cast[at.sprite].picture, at.box, at.lean))
	}
	return strings.Join(out, "\n")
}

func TestPeopleAreReproducible(t *testing.T) {
	size := image.Pt(640, 480)
	a := newPeople(size, 30, 3, 1)
	if b := newPeople(size, 30, 3, 1); told(a, 99) != told(b, 99) {
		t.Error("the same seed gives another scene")
	}
	for _, other := range []*people{newPeople(size, 30, 3, 2), newPeople(size, 15, 3, 1), newPeople(size, 30, 2, 1)} {
		if told(a, 99) == told(other, 99) {
			t.Error("other options give the same scene")
		}
	}
	// Pinned: whoever looked at seed 1 must find the same scene in the next release.
	want := strings.TrimSpace(`
person.png (197,100)-(444,344) 15
open-palm.png (64,120)-(193,344) 11
pointing-up.png (476,120)-(548,344) -4
orange.png (553,301)-(630,399) 0
cup.png (172,306)-(238,413) 0
laptop.png (368,319)-(470,426) 0
`)
	if got := told(a, 100); got != want {
		t.Errorf("seed 1, frame 100:\n%s\nwant\n%s", got, want)
	}
}

func TestPeopleStayInside(t *testing.T) {
	for _, size := range sceneSizes {
		for _, fps := range []float64{1, 29.97, 240} {
			for _, n := range []int{0, 3, maxObjects} {
				p := newPeople(size, fps, n, 7)
				var poses []pose
				for _, from := range []uint64{0, 1 << 40, math.MaxUint64 - 1000} {
					for seq := from; seq < from+1000; seq++ {
						poses = p.poses(poses[:0], seq)
						if len(poses) < 1+n || len(poses) > 3+n {
							t.Fatalf("%v: %d things in frame %d, want a person, at most two arms, and %d", size, len(poses), seq, n)
						}
						for _, at := range poses {
							made := p.cast[at.sprite].size
							if b := at.bounds(); b.Empty() || !b.In(p.area) || at.floor%2 != 0 || 2*at.box.Dx() < made.X || 2*at.box.Dy() < made.Y {
								t.Fatalf("%v at %v fps: frame %d has %s, made %v, at %+v in %v", size, fps, seq, p.cast[at.sprite].picture, made, at, p.area)
							}
						}
					}
				}
			}
		}
	}
}

func TestPeopleMoveSmoothly(t *testing.T) {
	const fps = 30
	p := newPeople(image.Pt(640, 480), fps, 4, 3)
	shown := map[string]int{} // frames
	seen := map[int]pose{}
	for seq := range uint64(60 * fps) {
		for i := range p.arms {
			if at, up := p.arms[i].pose(p, seq); up {
				shown[fmt.Sprint(i, p.cast[at.sprite].picture)]++
			}
		}
		now := map[int]pose{}
		for _, at := range p.poses(nil, seq) {
			now[at.sprite] = at
			was, known := seen[at.sprite]
			if !known {
				if seq > 0 && at.end()-at.box.Min.Y > 20 {
					t.Fatalf("frame %d: %s appears at once at %v", seq, p.cast[at.sprite].picture, at.box)
				}
				continue
			}
			step, lean := at.box.Min.Sub(was.box.Min), at.lean-was.lean
			if max(step.X, -step.X) > 12 || max(step.Y, -step.Y) > 20 || max(lean, -lean) > 12 {
				t.Fatalf("frame %d: %s jumps from %+v to %+v", seq, p.cast[at.sprite].picture, was, at)
			}
		}
		seen = now
	}
	for i := range p.arms {
		for _, g := range gestures {
			if n := shown[fmt.Sprint(i, g)]; n < 5*fps {
				t.Errorf("arm %d shows %s in %d frames of a minute", i, g, n)
			}
		}
	}
}

// Only what is said to be changed may differ from the room, or the encoder would miss it.
func TestChangedIsAllThatChanges(t *testing.T) {
	for _, ratio := range bothRatios {
		for _, size := range []image.Point{{160, 120}, {335, 251}, {640, 480}} {
			for name, s := range map[string]scene{measured: NewScene(size, 5, 2), inhabited: newPeople(size, 10, 5, 2)} {
				p := newPainter(s, ratio)
				for seq := uint64(1); seq < 100; seq += 7 {
					im := p.paint(seq, someTime)
					rest := clonePlanes(im)
					for _, r := range p.changed() {
						q := *p
						q.picture = rest
						q.restore(r)
					}
					if !bytes.Equal(rest.Y, p.room.Y) || !bytes.Equal(rest.Cb, p.room.Cb) || !bytes.Equal(rest.Cr, p.room.Cr) {
						t.Fatalf("%s %v %v: frame %d differs from the room outside %v", name, ratio, size, seq, p.changed())
					}
				}
			}
		}
	}
}

// A sprite that neither leans nor shrinks is blended pixel by pixel, and its chroma by what
// it covers of each block.
func TestDrawIsBlending(t *testing.T) {
	for _, ratio := range bothRatios {
		sx, sy := chromaShift(ratio)
		s := newSprite(scaled("cup.png", image.Pt(37, 61), false), ratio)
		flat := newSprite(scaled("cup.png", image.Pt(37, 61), false), image.YCbCrSubsampleRatio422)
		for _, at := range []image.Point{{10, 20}, {11, 20}, {10, 21}, {11, 21}} {
			im := image.NewYCbCr(image.Rect(0, 0, 80, 100), ratio)
			for i := range im.Y {
				im.Y[i] = 77
			}
			for i := range im.Cb {
				im.Cb[i], im.Cr[i] = 90, 160
			}
			box := image.Rectangle{at, at.Add(s.size)}
			s.draw(im, pose{box: box, floor: 100})
			cover := func(x, y int) int {
				if !image.Pt(x, y).In(box) {
					return 0
				}
				return int(flat.cover[(y-at.Y)*s.size.X+x-at.X])
			}
			for y := range 100 {
				for x := range 80 {
					a, want := cover(x, y), 77
					if a > 0 {
						want = (77*(255-a) + int(flat.y[(y-at.Y)*s.size.X+x-at.X])*a + 127) / 255
					}
					if got := int(im.Y[im.YOffset(x, y)]); got != want {
						t.Fatalf("%v at %v: luma %d at (%d,%d), want %d", ratio, at, got, x, y, want)
					}
				}
			}
			for cy := range 100 >> sy {
				for cx := range 80 >> sx {
					sum := 0
					for y := cy << sy; y < (cy+1)<<sy; y++ {
						for x := cx << sx; x < (cx+1)<<sx; x++ {
							sum += cover(x, y)
						}
					}
					changed := im.Cb[cy*im.CStride+cx] != 90 || im.Cr[cy*im.CStride+cx] != 160
					if sum == 0 && changed || sum == 255<<(sx+sy) && !changed {
						t.Fatalf("%v at %v: chroma of block (%d,%d), %d covered, changed: %v", ratio, at, cx, cy, sum, changed)
					}
				}
			}
		}
	}
}

func TestPeopleInTheMirror(t *testing.T) {
	for _, ratio := range bothRatios {
		p := newPainter(newPeople(image.Pt(320, 240), 15, 3, 1), ratio)
		q := p.as(look{mirror: true})
		for seq := range uint64(40) {
			a, b := p.paint(7*seq, someTime), q.paint(7*seq, someTime)
			if got, micros, err := blockcode.Read(b); err != nil || got != 7*seq || micros != someTime.UnixMicro() {
				t.Fatalf("code (%d, %d, %v) of frame %d", got, micros, err, 7*seq)
			}
			off := 0
			for y := range p.area.Max.Y {
				for x := range 320 {
					if d := int(a.Y[a.YOffset(x, y)]) - int(b.Y[b.YOffset(319-x, y)]); d > 8 || d < -8 {
						off++
					}
				}
			}
			if share := float64(off) / float64(320*p.area.Max.Y); share > 0.03 { // other pixels of a smaller person
				t.Errorf("%v: %.3f of frame %d is not as in a mirror", ratio, share, 7*seq)
			}
		}
	}
}

func TestSceneOption(t *testing.T) {
	for text, want := range map[string]string{"": "*synthetic.people", "?scene=people": "*synthetic.people", "?scene=room": "synthetic.Scene"} {
		_, a, err := capture.Schemes{Scheme()}.Parse("synthetic:" + text)
		if err != nil {
			t.Fatal(err)
		}
		c, err := configure(a)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%T", c.newScene()); got != want {
			t.Errorf("%q gives %s, want %s", text, got, want)
		}
	}
}

// The pictures are small enough, all used, and their sources are told.
func TestPictures(t *testing.T) {
	readme, err := os.ReadFile("pictures/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	for _, c := range newPeople(image.Pt(640, 480), 30, 0, 1).cast {
		used = append(used, c.picture)
	}
	total := 0
	files, err := fs.Glob(pictureFiles, "pictures/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := pictureFiles.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		total += len(data)
		name := strings.TrimPrefix(f, "pictures/")
		if !slices.Contains(used, name) {
			t.Errorf("%s is in no scene", f)
		}
		if !bytes.Contains(readme, []byte("`"+name+"`")) {
			t.Errorf("pictures/README.md says nothing of %s", name)
		}
	}
	if total > 600e3 {
		t.Errorf("the pictures take %d bytes of the program", total)
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, name := range []string{inhabited, measured} {
		b.Run(name, func(b *testing.B) {
			o := opener(b, "synthetic:?scene="+name)
			for b.Loop() {
				if _, err := o(b.Context(), 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPaint(b *testing.B) {
	for _, size := range []image.Point{{640, 480}, {1280, 720}} {
		for name, s := range map[string]scene{measured: NewScene(size, 3, 1), inhabited: newPeople(size, 30, 3, 1)} {
			b.Run(fmt.Sprintf("%s-%dx%d", name, size.X, size.Y), func(b *testing.B) {
				p := newPainter(s, image.YCbCrSubsampleRatio422)
				at := time.Now()
				b.ReportAllocs()
				seq := uint64(0)
				for b.Loop() {
					seq++
					p.paint(seq, at)
				}
			})
		}
	}
}
