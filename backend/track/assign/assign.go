// Package assign pairs two sets at the least total cost (the Hungarian method). In: a cost
// matrix and the cost from which a pair is not worth having. Out: the partner of each row.
// It must never know what the rows and columns stand for.
package assign

import (
	"fmt"
	"math"
)

// Solver keeps its memory from one call to the next: once it has seen the largest matrix,
// Solve allocates nothing. The zero value is ready; it is for one goroutine at a time.
type Solver struct {
	rowPrice, colPrice []float64 // the dual variables
	slack              []float64 // the least reduced cost of each column in this search
	from               []int     // the column before each one on the cheapest way
	owner              []int     // the row that has each column, 0 for none; both from 1
	done               []bool    // columns whose cheapest way is known
	pairs              []int
}

// Solve pairs rows with columns so that the sum of limit−cost over the pairs is greatest: a
// pair that costs limit or more is never made, and a row is left alone where that is cheaper
// for the rest. cost holds rows×cols numbers, row by row; +Inf and NaN are no pair, −Inf is
// not allowed, and limit is finite. The answer is the column of each row, −1 for none, and
// is valid until the next call.
//
// It is the method of shortest augmenting paths (R. Jonker and A. Volgenant, "A shortest
// augmenting path algorithm for dense and sparse linear assignment problems", 1987), in
// min(rows, cols)²·max(rows, cols) steps. It panics where cost has another size.
func (s *Solver) Solve(cost []float64, rows, cols int, limit float64) []int {
	if rows < 0 || cols < 0 || len(cost) != rows*cols {
		panic(fmt.Sprintf("assign: %d costs for %d rows and %d columns", len(cost), rows, cols))
	}
	s.pairs = sized(s.pairs, rows)
	for i := range s.pairs {
		s.pairs[i] = -1
	}
	if rows == 0 || cols == 0 {
		return s.pairs
	}

	// The search wants the shorter side first. at gives the reduced matrix: what is not worth
	// having counts as much as being left alone, and is taken back below.
	n, m, rowStep, colStep := rows, cols, cols, 1
	if rows > cols {
		n, m, rowStep, colStep = cols, rows, 1, cols
	}
	at := func(i, j int) float64 { // from 1, as owner and from
		if c := cost[(i-1)*rowStep+(j-1)*colStep]; c < limit {
			return c
		}
		return limit
	}
	s.search(n, m, at)

	for j := 1; j <= m; j++ {
		i := s.owner[j]
		if i == 0 || !(at(i, j) < limit) {
			continue
		}
		if rows > cols {
			s.pairs[j-1] = i - 1
		} else {
			s.pairs[i-1] = j - 1
		}
	}
	return s.pairs
}

// search gives each of n rows one of m ≥ n columns, one row after the other: along the
// cheapest way of taking columns over, to the first column that is free.
func (s *Solver) search(n, m int, at func(i, j int) float64) {
	s.rowPrice, s.colPrice = sized(s.rowPrice, n+1), sized(s.colPrice, m+1)
	s.slack, s.from = sized(s.slack, m+1), sized(s.from, m+1)
	s.owner, s.done = sized(s.owner, m+1), sized(s.done, m+1)
	clear(s.rowPrice)
	clear(s.colPrice)
	clear(s.owner)
	for row := 1; row <= n; row++ {
		s.owner[0] = row // column 0 stands for "none yet"
		clear(s.done)
		for j := range s.slack {
			s.slack[j] = math.Inf(1)
		}
		col := 0
		for s.owner[col] != 0 {
			s.done[col] = true
			i, next, least := s.owner[col], 0, math.Inf(1)
			for j := 1; j <= m; j++ {
				if s.done[j] {
					continue
				}
				if c := at(i, j) - s.rowPrice[i] - s.colPrice[j]; c < s.slack[j] {
					s.slack[j], s.from[j] = c, col
				}
				if s.slack[j] < least {
					least, next = s.slack[j], j
				}
			}
			for j := range m + 1 {
				if s.done[j] {
					s.rowPrice[s.owner[j]] += least
					s.colPrice[j] -= least
				} else {
					s.slack[j] -= least
				}
			}
			col = next
		}
		for col != 0 {
			before := s.from[col]
			s.owner[col] = s.owner[before]
			col = before
		}
	}
}

// sized is a slice of n elements of any value, in the memory of s where that is enough.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, 2*n)
	}
	return s[:n]
}
