package assign

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSolve(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name       string
		cost       []float64
		rows, cols int
		limit      float64
		want       []int
	}{
		{"nothing", nil, 0, 0, 1, []int{}},
		{"no columns", nil, 2, 0, 1, []int{-1, -1}},
		{"no rows", nil, 0, 2, 1, []int{}},
		{"one", []float64{.2}, 1, 1, 1, []int{0}},
		{"at the limit", []float64{1}, 1, 1, 1, []int{-1}},
		{"not a number", []float64{nan, .5, nan, nan}, 2, 2, 1, []int{1, -1}},
		{"greedy is wrong", []float64{.1, .2, .2, .9}, 2, 2, 1, []int{1, 0}},
		{"the last row waits", []float64{.5, .1, .3}, 3, 1, 1, []int{-1, 0, -1}},
		{"wide", []float64{.5, .1, .3}, 1, 3, 1, []int{1}},
		{"one good pair beats two poor ones", []float64{.1, .8, .8, 1}, 2, 2, 1, []int{0, -1}},
		{"two good pairs beat a better one", []float64{.1, .4, .4, 1}, 2, 2, 1, []int{1, 0}},
		{"negative", []float64{-3, -5, -4, -5}, 2, 2, 0, []int{1, 0}},
		{"infinite", []float64{math.Inf(1), math.Inf(1), .1, math.Inf(1)}, 2, 2, 1, []int{-1, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Solver
			if got := s.Solve(c.cost, c.rows, c.cols, c.limit); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// best is the greatest sum of limit−cost, by trying every pairing.
func best(cost []float64, row, rows, cols int, limit float64, taken int) float64 {
	if row == rows {
		return 0
	}
	most := best(cost, row+1, rows, cols, limit, taken)
	for j := range cols {
		if gain := limit - cost[row*cols+j]; gain > 0 && taken&(1<<j) == 0 {
			most = max(most, gain+best(cost, row+1, rows, cols, limit, taken|1<<j))
		}
	}
	return most
}

// TestSolveIsBest: no pairing of small random matrices is better, and none is used twice.
func TestSolveIsBest(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	var s Solver
	for range 3000 {
		rows, cols, limit := r.IntN(6), r.IntN(6), .2+.8*r.Float64()
		cost := make([]float64, rows*cols)
		for i := range cost {
			cost[i] = r.Float64()
			if r.IntN(3) == 0 { // ties and what is out of reach
				cost[i] = float64(r.IntN(3)) / 2
			}
		}
		var gain float64
		taken := map[int]bool{}
		for i, j := range s.Solve(cost, rows, cols, limit) {
			if j < 0 {
				continue
			}
			if taken[j] || !(cost[i*cols+j] < limit) {
				t.Fatalf("row %d has column %d (taken %v) at %v of %v", i, j, taken[j], cost[i*cols+j], limit)
			}
			taken[j] = true
			gain += limit - cost[i*cols+j]
		}
		if want := best(cost, 0, rows, cols, limit, 0); math.Abs(gain-want) > 1e-9 {
			t.Fatalf("%d×%d, limit %v, cost %v: gained %v, possible is %v", rows, cols, limit, cost, gain, want)
		}
	}
}

func TestSolveKeepsItsMemory(t *testing.T) {
	cost := make([]float64, 30*40)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range cost {
		cost[i] = r.Float64()
	}
	var s Solver
	s.Solve(cost, 30, 40, .8)
	if n := testing.AllocsPerRun(20, func() { s.Solve(cost, 40, 30, .8) }); n > 1 { // 1: pairs of 40 rows, once
		t.Errorf("%v allocations", n)
	}
}

func TestSolveRefusesAnotherSize(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("5 costs were taken for 2×3")
		}
	}()
	new(Solver).Solve(make([]float64, 5), 2, 3, 1)
}

func BenchmarkSolve(b *testing.B) {
	const n = 20
	cost := make([]float64, n*n)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range cost {
		cost[i] = r.Float64()
	}
	var s Solver
	b.ReportAllocs()
	for b.Loop() {
		s.Solve(cost, n, n, .8)
	}
}
