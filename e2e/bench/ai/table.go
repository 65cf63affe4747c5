package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// table is printed when all of it is known.
type table struct {
	rows [][]string
}

func newTable(head ...string) *table { return &table{[][]string{head}} }

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print() {
	w := tabwriter.NewWriter(os.Stdout, 2, 0, 2, ' ', tabwriter.AlignRight)
	for _, cells := range t.rows {
		fmt.Fprintln(w, strings.Join(cells, "\t")+"\t")
	}
	w.Flush()
}

// missed counts the bars that are not kept.
func (t *table) missed() (n int) {
	for _, cells := range t.rows {
		n += strings.Count(strings.Join(cells, "\t"), missed)
	}
	return n
}

const missed = "MISSED"

// bar is what a figure is to keep.
type bar struct {
	limit float64
	least bool // else most
}

func atLeast(x float64) bar { return bar{x, true} }
func atMost(x float64) bar  { return bar{x, false} }

// show writes a figure and its bars, and whether they are kept.
func show(x float64, unit func(float64) string, bars []bar) string {
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

func number(x float64, bars ...bar) string {
	return show(x, func(x float64) string { return fmt.Sprintf("%.2f", x) }, bars)
}

// percent writes a share.
func percent(x float64, bars ...bar) string {
	return show(x, func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }, bars)
}

func count(n int, bars ...bar) string {
	return show(float64(n), func(x float64) string { return fmt.Sprintf("%.0f", x) }, bars)
}

// ms writes a duration; its bars are milliseconds.
func ms(d time.Duration, bars ...bar) string {
	return show(float64(d)/float64(time.Millisecond), func(x float64) string { return fmt.Sprintf("%.2f ms", x) }, bars)
}
