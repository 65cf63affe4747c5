package main

import (
	"fmt"
	"slices"
	"strings"

	"freshframe/backend/gesture"
)

const (
	none   = "none"    // a hand that means nothing
	noHand = "no hand" // none was found
)

// matrix counts what was said by what was shown.
type matrix map[string]map[string]int

func (m matrix) add(shown, said string) {
	if m[shown] == nil {
		m[shown] = map[string]int{}
	}
	m[shown][said]++
}

// right is how many were said as shown, of how many.
func (m matrix) right() (right, all int) {
	for shown := range m {
		r, a := m.row(shown)
		right, all = right+r, all+a
	}
	return right, all
}

func (m matrix) row(shown string) (right, all int) {
	for _, n := range m[shown] {
		all += n
	}
	return m[shown][shown], all
}

// String is the matrix as a table in Markdown: a row for each gesture shown, a column for
// each that was said.
func (m matrix) String() string {
	order := append(shapes(), none, noHand)
	var columns []string
	for _, said := range order {
		if slices.ContainsFunc(order, func(shown string) bool { return m[shown][said] > 0 }) {
			columns = append(columns, said)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| shown, said | %s | right |\n|---|%s---:|\n", strings.Join(columns, " | "), strings.Repeat("---:|", len(columns)))
	for _, shown := range order {
		right, all := m.row(shown)
		if all == 0 {
			continue
		}
		fmt.Fprintf(&b, "| %s |", shown)
		for _, said := range columns {
			if n := m[shown][said]; n > 0 {
				fmt.Fprintf(&b, " %d |", n)
			} else {
				b.WriteString(" |")
			}
		}
		fmt.Fprintf(&b, " %s |\n", percent(right, all))
	}
	right, all := m.right()
	fmt.Fprintf(&b, "\n%d of %d right: %s\n", right, all, percent(right, all))
	return b.String()
}

func percent(n, of int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of)) }

// shapes are the gestures that one picture can show.
func shapes() (names []string) {
	for g := range len(gesture.Scores{}) {
		if name := gesture.Gesture(g).String(); name != "" {
			names = append(names, name)
		}
	}
	return names
}
