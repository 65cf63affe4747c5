package vision

import (
	"cmp"
	"slices"
)

// Candidate is something a network found, of one of its classes.
type Candidate struct {
	Box
	Score float64 // 0..1
	Class int     // from 0
}

// Suppress keeps of candidates of one class that overlap by more than the given IoU only
// the best: greedy non-maximum suppression. The result is the front of c, best first,
// candidates of equal score in their order. At most limit of the best candidates are
// looked at, because the time grows with their square.
func Suppress(c []Candidate, overlap float64, limit int) []Candidate {
	slices.SortStableFunc(c, func(a, b Candidate) int { return cmp.Compare(b.Score, a.Score) })
	c = c[:min(len(c), limit)]
	kept := c[:0]
next:
	for _, d := range c {
		for i := range kept {
			if k := &kept[i]; k.Class == d.Class && k.IoU(d.Box) > overlap {
				continue next
			}
		}
		kept = append(kept, d)
	}
	return kept
}

// MaxPoints is the most key points a Marked has room for.
const MaxPoints = 7

// Marked is something found together with key points. How many of them count is the
// network's to know; the others are zero.
type Marked struct {
	Box
	Score  float64 // 0..1
	Points [MaxPoints]Point
}

// On is d in the picture that m leads to.
func (d Marked) On(m Affine, points int) Marked {
	d.Box = m.Box(d.Box)
	for i := range d.Points[:points] {
		d.Points[i] = m.Point(d.Points[i])
	}
	return d
}

// Blend replaces those that overlap the best one by more than the given IoU, and the best
// one itself, by their average weighted by score, with the best score; then the same with
// what is left. Against plain suppression this calms boxes from frame to frame. The method
// is that of Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on
// Mobile GPUs" (2019). What scores less than sure does not count in the average of what
// scores more, so that the sure ones are the same whether or not the others are asked for.
// The result is the front of d, best first. Of more than limit only the best are looked at.
func Blend(d []Marked, overlap, sure float64, limit int) []Marked {
	slices.SortStableFunc(d, func(a, b Marked) int { return cmp.Compare(b.Score, a.Score) })
	d = d[:min(len(d), limit)]
	n := 0 // blended so far; what follows is left
	for ; n < len(d); n++ {
		best := d[n]
		sum, total := weighted(best, best.Score), best.Score
		left := d[:n+1]
		for _, o := range d[n+1:] {
			if o.IoU(best.Box) <= overlap {
				left = append(left, o)
				continue
			}
			if o.Score < sure && best.Score >= sure {
				continue
			}
			sum.add(weighted(o, o.Score))
			total += o.Score
		}
		if total > best.Score { // else nothing was added, or nothing that weighs
			d[n] = weighted(sum, 1/total)
		}
		d[n].Score = best.Score
		d = left
	}
	return d
}

// weighted is d with every coordinate times w.
func weighted(d Marked, w float64) Marked {
	d.X0, d.Y0, d.X1, d.Y1 = d.X0*w, d.Y0*w, d.X1*w, d.Y1*w
	for i := range d.Points {
		d.Points[i].X *= w
		d.Points[i].Y *= w
	}
	return d
}

func (d *Marked) add(o Marked) {
	d.X0, d.Y0, d.X1, d.Y1 = d.X0+o.X0, d.Y0+o.Y0, d.X1+o.X1, d.Y1+o.Y1
	for i := range d.Points {
		d.Points[i].X += o.Points[i].X
		d.Points[i].Y += o.Points[i].Y
	}
}
