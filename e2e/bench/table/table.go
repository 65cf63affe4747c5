// Package table prints what a benchmark measured, each figure beside the bars that it is to
// keep. It must never measure anything.
package table

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// Table is printed when all of it is known.
type Table struct {
	rows [][]string
}

// New makes a table with a head.
func New(head ...string) *Table { return &Table{[][]string{head}} }

// Row adds a row.
func (t *Table) Row(cells ...string) { t.rows = append(t.rows, cells) }

// Print writes the table to standard output.
func (t *Table) Print() {
	w := tabwriter.NewWriter(os.Stdout, 2, 0, 2, ' ', tabwriter.AlignRight)
	for _, cells := range t.rows {
		fmt.Fprintln(w, strings.Join(cells, "\t")+"\t")
	}
	w.Flush()
}

// Missed counts the bars that are not kept.
func (t *Table) Missed() (n int) {
	for _, cells := range t.rows {
		n += strings.Count(strings.Join(cells, "\t"), missed)
	}
	return n
}

const missed = "MISSED"

// Bar is what a figure is to keep.
type Bar struct {
	limit float64
	least bool // else most
}

// AtLeast is a lower bar.
func AtLeast(x float64) Bar { return Bar{x, true} }

// AtMost is an upper one.
func AtMost(x float64) Bar { return Bar{x, false} }

// show writes a figure and its bars, and whether they are kept.
func show(x float64, unit func(float64) string, bars []Bar) string {
	text := unit(x)
	for _, b := range bars {
		sign, kept := "≤", x <= b.limit
		if b.least {
			sign, kept = "≥", x >= b.limit
		}
		verdict := "ok"
		if !kept {
			verdict = missed
		}
		text += fmt.Sprintf(" (%s %s: %s)", sign, unit(b.limit), verdict)
	}
	return text
}

// Number writes a number.
func Number(x float64, bars ...Bar) string {
	return show(x, func(x float64) string { return fmt.Sprintf("%.2f", x) }, bars)
}

// Percent writes a share.
func Percent(x float64, bars ...Bar) string {
	return show(x, func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }, bars)
}

// Count writes a whole number.
func Count(n int, bars ...Bar) string {
	return show(float64(n), func(x float64) string { return fmt.Sprintf("%.0f", x) }, bars)
}

// Ms writes a duration; its bars are milliseconds.
func Ms(d time.Duration, bars ...Bar) string {
	return show(float64(d)/float64(time.Millisecond), func(x float64) string { return fmt.Sprintf("%.2f ms", x) }, bars)
}
