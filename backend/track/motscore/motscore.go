// Package motscore measures trackers. In: the true rows of a sequence and those of a
// tracker. Out: the CLEAR-MOT and the identity metrics. It must never serve the program:
// tests and benchmarks are its only callers.
package motscore

import (
	"cmp"
	"fmt"
	"slices"

	"freshframe/backend/track/assign"
	"freshframe/backend/track/mot"
)

// MinIoU is the least overlap at which a box counts as found, as in the MOT challenge.
const MinIoU = 0.5

// Score is what was counted over one sequence, or, by Add, over many.
type Score struct {
	Truth    int // true boxes
	Found    int // the tracker's boxes
	Matches  int // true boxes that one of the tracker's covers
	Switches int // matches to another id than that thing had at its last match
	IDTrue   int // boxes right in place and id, under the best pairing of whole trajectories
}

// Misses are the true boxes not found.
func (s Score) Misses() int { return s.Truth - s.Matches }

// FalseAlarms are the tracker's boxes where nothing is.
func (s Score) FalseAlarms() int { return s.Found - s.Matches }

// MOTA is 1 − (misses + false alarms + switches) / truth: at most 1, and below 0 for a
// tracker with more errors than there are things. It is 0 without truth.
func (s Score) MOTA() float64 {
	return 1 - ratio(s.Misses()+s.FalseAlarms()+s.Switches, s.Truth, 1)
}

// IDF1 is the share of boxes with the right id, 0..1: the harmonic mean of the identity
// precision and recall. It is 0 without boxes.
func (s Score) IDF1() float64 { return ratio(2*s.IDTrue, s.Truth+s.Found, 0) }

func ratio(a, b int, otherwise float64) float64 {
	if b == 0 {
		return otherwise
	}
	return float64(a) / float64(b)
}

// Add counts another sequence in.
func (s *Score) Add(o Score) {
	s.Truth += o.Truth
	s.Found += o.Found
	s.Matches += o.Matches
	s.Switches += o.Switches
	s.IDTrue += o.IDTrue
}

// String has everything in one line.
func (s Score) String() string {
	return fmt.Sprintf("MOTA %.4f IDF1 %.4f switches %d misses %d false alarms %d of %d",
		s.MOTA(), s.IDF1(), s.Switches, s.Misses(), s.FalseAlarms(), s.Truth)
}

// Of scores a tracker's rows against the true ones, in any order. It refuses an id that a
// frame has twice.
//
// Matches and switches are counted after K. Bernardin and R. Stiefelhagen, "Evaluating
// Multiple Object Tracking Performance: The CLEAR MOT Metrics", 2008: a thing stays with the
// id it last had as long as the two overlap, and what is left is paired at the greatest
// overlap. IDTrue is that of E. Ristani et al., "Performance Measures and a Data Set for
// Multi-Target, Multi-Camera Tracking", 2016.
func Of(truth, found []mot.Row) (Score, error) {
	s := Score{Truth: len(truth), Found: len(found)}
	truth, err := ordered("true", truth)
	if err != nil {
		return Score{}, err
	}
	found, err = ordered("found", found)
	if err != nil {
		return Score{}, err
	}

	var solver assign.Solver
	var cost []float64
	last := map[int]int{}      // the found id that each true one had at its last match
	shared := map[[2]int]int{} // the frames in which two ids overlap
	for len(truth) > 0 {
		frame := truth[0].Frame
		things := take(&truth, frame)
		for len(found) > 0 && found[0].Frame < frame {
			found = found[1:]
		}
		boxes := take(&found, frame)

		cost = cost[:0]
		for _, a := range things {
			stays := -1
			for j, b := range boxes {
				if id, ok := last[a.ID]; ok && id == b.ID && a.Box.IoU(b.Box) >= MinIoU {
					stays = j
				}
			}
			for j, b := range boxes {
				iou := a.Box.IoU(b.Box)
				switch {
				case iou < MinIoU:
					cost = append(cost, 0)
					continue
				case stays == j:
					cost = append(cost, -1000) // before any sum of the others
				default:
					cost = append(cost, -iou)
				}
				shared[[2]int{a.ID, b.ID}]++
			}
		}
		for i, j := range solver.Solve(cost, len(things), len(boxes), 0) {
			if j < 0 {
				continue
			}
			s.Matches++
			if id, ok := last[things[i].ID]; ok && id != boxes[j].ID {
				s.Switches++
			}
			last[things[i].ID] = boxes[j].ID
		}
	}
	s.IDTrue = bestTotal(&solver, shared)
	return s, nil
}

// bestTotal pairs true with found ids so that they share most frames.
func bestTotal(solver *assign.Solver, shared map[[2]int]int) int {
	rows, cols := map[int]int{}, map[int]int{}
	for ids := range shared {
		for i, places := range []map[int]int{rows, cols} {
			if _, ok := places[ids[i]]; !ok {
				places[ids[i]] = len(places)
			}
		}
	}
	cost := make([]float64, len(rows)*len(cols))
	for ids, n := range shared {
		cost[rows[ids[0]]*len(cols)+cols[ids[1]]] = -float64(n)
	}
	var total float64
	for i, j := range solver.Solve(cost, len(rows), len(cols), 0) {
		if j >= 0 {
			total -= cost[i*len(cols)+j]
		}
	}
	return int(total)
}

// ordered is a copy of the rows by frame and id.
func ordered(which string, rows []mot.Row) ([]mot.Row, error) {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b mot.Row) int {
		return cmp.Or(cmp.Compare(a.Frame, b.Frame), cmp.Compare(a.ID, b.ID))
	})
	for i := 1; i < len(rows); i++ {
		if a, b := rows[i-1], rows[i]; a.Frame == b.Frame && a.ID == b.ID {
			return nil, fmt.Errorf("motscore: frame %d has the %s id %d twice", b.Frame, which, b.ID)
		}
	}
	return rows, nil
}

// take cuts the leading rows of one frame off.
func take(rows *[]mot.Row, frame int) []mot.Row {
	n := 0
	for n < len(*rows) && (*rows)[n].Frame == frame {
		n++
	}
	taken := (*rows)[:n]
	*rows = (*rows)[n:]
	return taken
}
