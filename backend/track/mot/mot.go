// Package mot reads and writes the text format of the MOT challenge, and tracks from one
// file to another. In: lines of frame,id,left,top,width,height,confidence,…. Out: rows, or
// the same lines with ids. It must never open a file.
package mot

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"freshframe/backend/track"
)

// Row is one box of one frame (A. Milan et al., "MOT16: A Benchmark for Multi-Object
// Tracking", 2016). The columns after the confidence are not kept.
type Row struct {
	Frame int       // from 1
	ID    int       // −1 where nobody knows
	Box   track.Box // pixels
	Score float64   // as the detector gave it: not always 0..1; for a true box, 0 is "do not count"
}

// columns are those that every MOT file begins with.
var columns = [...]string{"frame", "id", "left", "top", "width", "height", "confidence"}

// bound is what a column may hold.
type bound struct {
	lo, hi float64
	whole  bool
}

func (b bound) String() string {
	if b.whole {
		return fmt.Sprintf("a whole number from %.0f to %.0f", b.lo, b.hi)
	}
	return fmt.Sprintf("%v to %v pixels", b.lo, b.hi)
}

const maxFrame = 1_000_000_000 // so that its time can be counted in nanoseconds

// bounds are those of the columns before the confidence: what a tracker takes.
var bounds = [...]bound{
	{1, maxFrame, true}, {-1, 1 << 53, true},
	{-1e6, 1e6, false}, {-1e6, 1e6, false}, {1e-6, 1e6, false}, {1e-6, 1e6, false},
}

// Read gives the rows in the file's order. Empty lines are skipped, columns may have spaces
// around them, and whole numbers may be written as 1.0. An error names the line.
func Read(r io.Reader) ([]Row, error) {
	var rows []Row
	in := bufio.NewScanner(r)
	line := 0
	for in.Scan() {
		line++
		if strings.TrimSpace(in.Text()) == "" {
			continue
		}
		row, err := parse(in.Text())
		if err != nil {
			return nil, fmt.Errorf("mot: line %d: %w", line, err)
		}
		rows = append(rows, row)
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("mot: line %d: %w", line+1, err)
	}
	return rows, nil
}

func parse(line string) (Row, error) {
	fields := strings.Split(line, ",")
	if len(fields) < len(columns) || len(fields) > 10 {
		return Row{}, fmt.Errorf("%d columns; want 7 to 10, separated by commas: %s,…", len(fields), strings.Join(columns[:], ","))
	}
	var v [len(columns)]float64
	for i, name := range columns {
		text := strings.TrimSpace(fields[i])
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return Row{}, fmt.Errorf("%s is %q; want a number", name, text)
		}
		v[i] = x
	}
	for i, b := range bounds {
		if v[i] < b.lo || v[i] > b.hi || b.whole && v[i] != math.Trunc(v[i]) {
			return Row{}, fmt.Errorf("%s is %v; want %s", columns[i], v[i], b)
		}
	}
	return Row{int(v[0]), int(v[1]), track.Box(v[2:6]), v[6]}, nil
}

// Write writes the rows so that Read gives the same ones.
func Write(w io.Writer, rows []Row) error {
	out := bufio.NewWriter(w)
	var line []byte
	for _, r := range rows {
		line = strconv.AppendInt(line[:0], int64(r.Frame), 10)
		line = append(line, ',')
		line = strconv.AppendInt(line, int64(r.ID), 10)
		for _, x := range [...]float64{r.Box[0], r.Box[1], r.Box[2], r.Box[3], r.Score} {
			line = append(line, ',')
			line = strconv.AppendFloat(line, x, 'f', -1, 64)
		}
		line = append(line, ",-1,-1,-1\n"...) // no place in the world
		if _, err := out.Write(line); err != nil {
			return fmt.Errorf("mot: writing frame %d: %w", r.Frame, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("mot: writing the last lines: %w", err)
	}
	return nil
}
