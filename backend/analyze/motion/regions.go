package motion

import (
	"bytes"
	"cmp"
	"image"
	"slices"
)

const (
	// reach is how many cells apart regions must be to count as two.
	reach = 2
	// mostRegions bounds the work of merging in a picture that flickers all over; the
	// largest regions are kept.
	mostRegions = 128
)

// run is a row's longest stretch of marked cells: from ≤ x < to.
type run struct{ y, from, to, label int }

// region is a set of connected marked cells.
type region struct {
	box  image.Rectangle // cells
	area int             // marked cells
	// fresh are those that have changed lately.
	fresh int
	// How much luma changes across the left and right border, now and in the background.
	edges, backgroundEdges int
}

// finder collects marked cells into regions. Its slices are kept for the next picture.
type finder struct {
	runs    []run
	parent  []int    // of each label; a root is its own
	regions []region // by label; those of roots are filled
	found   []region
}

// scan finds the runs and labels them so that runs that touch, also at a corner, share a
// root: He, Chao and Suzuki, "A run-based two-scan labeling algorithm" (IEEE TIP 17(5),
// 2008), with union-find. At the end every run's label is its root.
func (f *finder) scan(marked []uint8, g grid) {
	f.runs, f.parent = f.runs[:0], f.parent[:0]
	above := 0 // first run of the row above that may touch the next run
	for y := range g.h {
		row, first := marked[g.at(0, y):g.at(g.w, y)], len(f.runs)
		for x := 0; ; {
			start := bytes.IndexByte(row[x:], 1)
			if start < 0 {
				break
			}
			r := run{y: y, from: x + start, to: g.w, label: len(f.parent)}
			if n := bytes.IndexByte(row[r.from:], 0); n >= 0 {
				r.to = r.from + n
			}
			f.parent = append(f.parent, r.label)
			for above < first && (f.runs[above].y < y-1 || f.runs[above].to < r.from) {
				above++
			}
			for i := above; i < first && f.runs[i].from <= r.to; i++ {
				f.join(f.runs[i].label, r.label)
			}
			f.runs = append(f.runs, r)
			x = r.to
		}
		above = first
	}
	for i := range f.runs {
		f.runs[i].label = f.root(f.runs[i].label)
	}
}

func (f *finder) root(label int) int {
	for f.parent[label] != label {
		f.parent[label] = f.parent[f.parent[label]]
		label = f.parent[label]
	}
	return label
}

func (f *finder) join(a, b int) {
	a, b = f.root(a), f.root(b)
	f.parent[max(a, b)] = min(a, b)
}

// measure adds the runs up to regions.
func (f *finder) measure(luma, moved []uint8, m *model, g grid) {
	f.regions = slices.Grow(f.regions[:0], len(f.parent))[:len(f.parent)]
	clear(f.regions)
	for _, r := range f.runs {
		reg := &f.regions[r.label]
		reg.box = reg.box.Union(image.Rect(r.from, r.y, r.to, r.y+1))
		reg.area += r.to - r.from
		for i := g.at(r.from, r.y); i < g.at(r.to, r.y); i++ {
			if moved[i] != 0 && m.rest[i] < micros(restTime) {
				reg.fresh++
			}
		}
		// One cell off the border on both sides, because the cells there are mixed.
		for _, e := range [2][2]int{{r.from - 2, min(r.from+1, r.to-1)}, {r.to + 1, max(r.to-2, r.from)}} {
			if e[0] < 0 || e[0] >= g.w {
				continue
			}
			out, in := g.at(e[0], r.y), g.at(e[1], r.y)
			reg.edges += int(magnitude(int32(luma[out])-int32(luma[in]))) * one
			reg.backgroundEdges += int(magnitude(int32(m.mean[out]) - int32(m.mean[in])))
		}
	}
}

// ghost reports whether a region is no object but the place that one has left after it
// was learned as background: it rests, and its outline is in the background rather than
// in the picture. The test is that of Connell et al., "Detection and tracking in the IBM
// PeopleVision system" (IEEE ICME 2004).
func (r region) ghost() bool {
	return 20*r.fresh < r.area && 2*r.backgroundEdges > 3*r.edges
}

// merge gives the regions that are no ghosts, with those that overlap or nearly touch as
// one. They are valid until the next scan.
func (f *finder) merge() []region {
	f.found = f.found[:0]
	for _, r := range f.regions {
		if r.area > 0 && !r.ghost() {
			f.found = append(f.found, r)
		}
	}
	if len(f.found) > mostRegions {
		slices.SortFunc(f.found, func(p, q region) int { return cmp.Compare(q.area, p.area) })
		f.found = f.found[:mostRegions]
	}
	for i := 0; i < len(f.found); {
		near := f.found[i].box.Inset(-reach)
		j := slices.IndexFunc(f.found[i+1:], func(r region) bool { return r.box.Overlaps(near) })
		if j < 0 {
			i++
			continue
		}
		// The grown region may now touch one that was passed over.
		j += i + 1
		f.found[i].box = f.found[i].box.Union(f.found[j].box)
		f.found[i].area += f.found[j].area
		f.found = slices.Delete(f.found, j, j+1)
		i = 0
	}
	return f.found
}
