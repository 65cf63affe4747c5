package motion

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestReduce compares with plain averaging, in every block size and with odd remainders.
func TestReduce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		width, height int
		clip          image.Rectangle
		block         int
	}{
		{320, 240, image.Rectangle{}, 1},
		{321, 240, image.Rectangle{}, 2},
		{640, 480, image.Rectangle{}, 2},
		{643, 37, image.Rect(1, 3, 642, 36), 2},
		{1280, 72, image.Rectangle{}, 4},
		{1281, 75, image.Rect(5, 1, 1280, 74), 4},
		{1927, 83, image.Rectangle{}, 8},
		{83, 1927, image.Rectangle{}, 8},
		{3847, 70, image.Rectangle{}, 16},
		{640, 3, image.Rectangle{}, 2},
		{640, 1, image.Rectangle{}, 1},
		{65535, 256, image.Rectangle{}, maxBlock},
	} {
		planes := &image.YCbCr{YStride: c.width + 5, Rect: image.Rect(0, 0, c.width, c.height)}
		planes.Y = make([]uint8, planes.YStride*c.height)
		for i := range planes.Y {
			// Much white, so that the sums reach their largest.
			planes.Y[i] = uint8(min(random.IntN(1000), 255))
		}
		v := viewOf(planes.Rect, c.clip)
		if v.block != c.block {
			t.Errorf("%v clipped to %v: block %d, want %d", planes.Rect, c.clip, v.block, c.block)
			continue
		}
		luma := make([]uint8, v.cells())
		reduce(luma, planes, v)
		for y := range v.h {
			for x := range v.w {
				corner := v.part.Min.Add(image.Pt(x, y).Mul(v.block))
				total := 0
				for i := range v.block * v.block {
					total += int(planes.Y[planes.YOffset(corner.X+i%v.block, corner.Y+i/v.block)])
				}
				area := v.block * v.block
				if got, want := luma[v.at(x, y)], uint8((total+area/2)/area); got != want {
					t.Fatalf("%v clipped to %v: cell %d,%d is %d, want %d", planes.Rect, c.clip, x, y, got, want)
				}
			}
		}
	}
}

// marks is a random picture of marks with its margin, a share of 1/4 to 3/4 of it marked.
func marks(random *rand.Rand) ([]uint8, grid) {
	g := grid{1 + random.IntN(40), 1 + random.IntN(20)}
	m, density := make([]uint8, g.cells()), 0.25+random.Float64()/2
	for y := range g.h {
		for x := range g.w {
			if random.Float64() < density {
				m[g.at(x, y)] = 1
			}
		}
	}
	return m, g
}

func TestMajority(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		src, g := marks(random)
		dst := make([]uint8, g.cells())
		majority(dst, src, g)
		for y := -1; y <= g.h; y++ {
			for x := -1; x <= g.w; x++ {
				n := uint8(0)
				for i := range 9 {
					if p := image.Pt(x+i%3-1, y+i/3-1); p.In(image.Rect(0, 0, g.w, g.h)) {
						n += src[g.at(p.X, p.Y)]
					}
				}
				if got, want := dst[g.at(x, y)] == 1, n >= 5; got != want {
					t.Fatalf("%dx%d: cell %d,%d marked: %v, want %v", g.w, g.h, x, y, got, want)
				}
			}
		}
	}
}

// TestScan compares the regions with those of a flood fill.
func TestScan(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var f finder
	for range 300 {
		marked, g := marks(random)
		f.scan(marked, g)
		label := map[image.Point]int{}
		for _, r := range f.runs {
			for x := r.from; x < r.to; x++ {
				label[image.Pt(x, r.y)] = r.label
			}
		}
		roots := map[int]bool{} // of the filled regions so far
		seen := map[image.Point]bool{}
		for y := range g.h {
			for x := range g.w {
				start := image.Pt(x, y)
				if got, ok := label[start]; ok != (marked[g.at(x, y)] == 1) {
					t.Fatalf("cell %v: in a run is %v", start, ok)
				} else if !ok || seen[start] {
					continue
				} else if roots[got] {
					t.Fatalf("%dx%d: two regions share the label %d", g.w, g.h, got)
				}
				root := label[start]
				roots[root], seen[start] = true, true
				for todo := []image.Point{start}; len(todo) > 0; {
					p := todo[len(todo)-1]
					todo = todo[:len(todo)-1]
					if label[p] != root {
						t.Fatalf("%dx%d: connected cells %v and %v have labels %d and %d", g.w, g.h, start, p, root, label[p])
					}
					for i := range 9 {
						q := p.Add(image.Pt(i%3-1, i/3-1))
						if _, ok := label[q]; ok && !seen[q] {
							seen[q] = true
							todo = append(todo, q)
						}
					}
				}
			}
		}
	}
}

func TestMerge(t *testing.T) {
	box := func(x, y, w, h int) region { return region{box: image.Rect(x, y, x+w, y+h), area: w * h} }
	for name, c := range map[string]struct {
		regions []region
		want    []image.Rectangle
	}{
		"none":           {nil, nil},
		"apart":          {[]region{box(0, 0, 4, 4), box(6, 0, 4, 4)}, []image.Rectangle{image.Rect(0, 0, 4, 4), image.Rect(6, 0, 10, 4)}},
		"nearly touch":   {[]region{box(0, 0, 4, 4), box(5, 0, 4, 4)}, []image.Rectangle{image.Rect(0, 0, 9, 4)}},
		"inside another": {[]region{box(0, 0, 20, 20), box(5, 5, 3, 3)}, []image.Rectangle{image.Rect(0, 0, 20, 20)}},
		"chain": {
			// The last links the first two, whose union then reaches the third.
			[]region{box(0, 0, 4, 4), box(10, 0, 4, 4), box(5, 14, 3, 3), box(5, 2, 4, 11)},
			[]image.Rectangle{image.Rect(0, 0, 14, 17)},
		},
		"ghost": {[]region{{box: image.Rect(0, 0, 9, 9), area: 81, edges: 10, backgroundEdges: 90}}, nil},
	} {
		f := finder{regions: c.regions}
		got := f.merge()
		if len(got) != len(c.want) {
			t.Errorf("%s: %d regions, want %d", name, len(got), len(c.want))
			continue
		}
		area := 0
		for i, r := range got {
			area += r.area
			if r.box != c.want[i] {
				t.Errorf("%s: box %v, want %v", name, r.box, c.want[i])
			}
		}
		for _, r := range c.regions {
			if !r.ghost() {
				area -= r.area
			}
		}
		if area != 0 {
			t.Errorf("%s: merging changed the area by %d", name, area)
		}
	}
	var flicker finder
	for i := range 2 * mostRegions {
		flicker.regions = append(flicker.regions, box(10*i, 0, 3, 3+i%2))
	}
	got := flicker.merge()
	if len(got) != mostRegions || got[0].area != 12 || got[mostRegions-1].area != 12 {
		t.Errorf("%d regions left, want the %d largest", len(got), mostRegions)
	}
}

func TestToward(t *testing.T) {
	for _, c := range []struct{ a, b, weight, want int32 }{
		{0, 100, unity, 100}, {100, 0, unity, 0}, {7, 7, unity / 2, 7}, {0, 100, 0, 0},
		{0, 10, unity / 4, 3}, {10, 0, unity / 4, 8}, {0, 65280, unity, 65280}, {65280, 0, unity, 0},
	} {
		if got := toward(c.a, c.b, c.weight); got != c.want {
			t.Errorf("toward(%d, %d, %d) = %d, want %d", c.a, c.b, c.weight, got, c.want)
		}
	}
}

// TestBackgroundFollowsTime: how far the background follows depends on the time passed,
// not on the number of frames.
func TestBackgroundFollowsTime(t *testing.T) {
	for _, every := range []time.Duration{10 * time.Millisecond, 100 * time.Millisecond, time.Second, 2 * time.Second} {
		g := grid{1, 1}
		m := model{threshold: 18 * one, absorb: micros(time.Minute)}
		m.reset(g)
		luma, moved := make([]uint8, g.cells()), make([]uint8, g.cells())
		cell := g.at(0, 0)
		for luma[cell] = 100; m.learning; {
			m.learn(luma, g, 200*time.Millisecond)
		}
		luma[cell] = 110
		for range 2 * time.Second / every {
			m.update(luma, moved, g, every)
		}
		want := 100 + 10*(1-math.Exp(-2/adapt.Seconds()))
		if got := float64(m.mean[cell]) / one; math.Abs(got-want) > 0.3 {
			t.Errorf("every %v: background %.2f after 2 s, want %.2f", every, got, want)
		}
	}
}
