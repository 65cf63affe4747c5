package motion

import (
	"image"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

// shape is one thing drawn: what it covers, its middle and half its size in pixels.
type shape struct {
	disc       bool
	x, y, half float64
	luma       uint8
}

// box is the shape's box as fractions of the picture.
func (s shape) box(size image.Point) [4]float64 {
	w, h := float64(size.X), float64(size.Y)
	x0, y0 := max(s.x-s.half, 0), max(s.y-s.half, 0)
	return [4]float64{x0 / w, y0 / h, (min(s.x+s.half, w) - x0) / w, (min(s.y+s.half, h) - y0) / h}
}

// scene draws frames: shapes over a background, under light and noise.
type scene struct {
	backdrop
	clip  image.Rectangle
	every time.Duration // between frames

	pool   frame.Pool
	random *rand.Rand
	seq    uint64
	now    time.Time
}

func newScene(width, height int, sigma float64) *scene {
	return &scene{
		backdrop: backdrop{size: image.Pt(width, height), sigma: sigma, light: 1},
		every:    100 * time.Millisecond, random: rand.New(rand.NewPCG(5, 6)), now: time.Unix(1_763_870_000, 0),
	}
}

// next draws the next frame; release it after use.
func (s *scene) next(shapes ...shape) *frame.Frame {
	s.seq++
	s.now = s.now.Add(s.every)
	w, h := s.size.X, s.size.Y
	f := s.pool.Get()
	f.Seq, f.Captured, f.Dequeued = s.seq, s.now, s.now
	f.Format, f.Width, f.Height, f.Clip = frame.I420, w, h, s.clip
	n := w*h + 2*((w+1)/2)*((h+1)/2)
	f.Data = slices.Grow(f.Data[:0], n)[:n]
	rows := s.draw()
	for y := range h {
		copy(f.Data[y*w:(y+1)*w], rows[y*variants+s.random.IntN(variants)])
	}
	for _, o := range shapes {
		for y := max(int(o.y-o.half), 0); y < min(int(o.y+o.half)+1, h); y++ {
			for x := max(int(o.x-o.half), 0); x < min(int(o.x+o.half)+1, w); x++ {
				dx, dy := math.Abs(float64(x)+0.5-o.x), math.Abs(float64(y)+0.5-o.y)
				if (o.disc && dx*dx+dy*dy < o.half*o.half) || (!o.disc && max(dx, dy) < o.half) {
					f.Data[y*w+x] = s.shade(float64(o.luma), s.random.NormFloat64())
				}
			}
		}
	}
	return f
}

// backdrop is what stands behind the shapes.
type backdrop struct {
	size  image.Point
	plain bool    // the same luma everywhere rather than a texture
	sigma float64 // of the noise, luma steps
	light float64 // gain, 1 is neutral
}

// variants is how many noisy versions of a row there are; a frame picks one for each row.
const variants = 8

// drawn keeps backdrops between tests: drawing is slow under the race detector.
var drawn = map[backdrop][][]uint8{}

// draw gives each row in its variants.
func (b backdrop) draw() [][]uint8 {
	if rows := drawn[b]; rows != nil {
		return rows
	}
	random := rand.New(rand.NewPCG(3, 4))
	var rows [][]uint8
	for y := range b.size.Y {
		clean := make([]float64, b.size.X)
		for x := range clean {
			if clean[x] = 100; !b.plain {
				clean[x] = 90 + 20*math.Sin(float64(x)/17) + 15*math.Cos(float64(y)/11+float64(x)/40) + 10*float64((x/32+y/32)%2)
			}
		}
		for range variants {
			row := make([]uint8, b.size.X)
			for x := range row {
				row[x] = b.shade(clean[x], random.NormFloat64())
			}
			rows = append(rows, row)
		}
	}
	drawn[b] = rows
	return rows
}

// shade is the luma of a surface in the scene's light with some noise.
func (b backdrop) shade(luma, noise float64) uint8 {
	return uint8(min(max(math.Round(luma*b.light+b.sigma*noise), 0), 255))
}

func newAnalyzer(t testing.TB, query string) analyze.Analyzer {
	t.Helper()
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	v, err := option.Parse(Kind().Params, q)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Kind().New(v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return a
}

// see analyzes one frame, releases it, and checks what holds for every result.
func see(t testing.TB, a analyze.Analyzer, f *frame.Frame) analyze.Result {
	t.Helper()
	defer f.Release()
	r, err := a.Analyze(t.Context(), f)
	if err != nil {
		t.Fatalf("frame %d: %v", f.Seq, err)
	}
	const eps = 1e-9
	previous := math.Inf(1)
	for _, d := range r.Detections {
		b := d.Box
		if b[0] < 0 || b[1] < 0 || b[2] <= 0 || b[3] <= 0 || b[0]+b[2] > 1+eps || b[1]+b[3] > 1+eps {
			t.Errorf("frame %d: box %v leaves the picture", f.Seq, b)
		}
		if d.Score <= 0 || d.Score > 1 || d.Label != "motion" {
			t.Errorf("frame %d: label %q, score %v", f.Seq, d.Label, d.Score)
		}
		if area := d.Score * b[2] * b[3]; area > previous+eps {
			t.Errorf("frame %d: regions are not sorted by area", f.Seq)
		} else {
			previous = area
		}
	}
	if r.Count < len(r.Detections) || r.Detections == nil {
		t.Errorf("frame %d: count %d with %d detections (nil: %v)", f.Seq, r.Count, len(r.Detections), r.Detections == nil)
	}
	if share := r.Values["motion_share"]; share < 0 || share > 1+eps {
		t.Errorf("frame %d: motion_share %v", f.Seq, share)
	}
	return r
}

// learn shows the scene until its background is learned.
func learn(t testing.TB, a analyze.Analyzer, s *scene, shapes ...shape) {
	t.Helper()
	for range 100 {
		r := see(t, a, s.next(shapes...))
		if r.Values["learning"] == 0 {
			return
		}
		if r.Count != 0 {
			t.Fatalf("%d regions while learning", r.Count)
		}
	}
	t.Fatal("still learning after 100 frames")
}

// iou is the share of the union of two boxes that both cover.
func iou(a, b [4]float64) float64 {
	w := min(a[0]+a[2], b[0]+b[2]) - max(a[0], b[0])
	h := min(a[1]+a[3], b[1]+b[3]) - max(a[1], b[1])
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (a[2]*a[3] + b[2]*b[3] - w*h)
}
