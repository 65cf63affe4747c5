package mot

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"freshframe/backend/track"
)

// Rates that a sequence may have, in frames per second.
const (
	MinRate = 0.1
	MaxRate = 10_000
)

// Track reads detections from in and writes what was seen of each track to out, by frame and
// id: the filter's boxes in hundredths of a pixel. rate is the sequence's frames per second.
// An error names the line or the option.
func Track(in io.Reader, out io.Writer, rate float64, o track.Options) error {
	found, err := Read(in)
	if err != nil {
		return err
	}
	rows, err := Tracks(found, rate, o)
	if err != nil {
		return err
	}
	return Write(out, rows)
}

// Tracks is Track on rows, which may be in any order and stay as they are. A score above 1
// counts as 1, one below 0 as 0.
func Tracks(found []Row, rate float64, o track.Options) ([]Row, error) {
	if !(rate >= MinRate && rate <= MaxRate) {
		return nil, fmt.Errorf("mot: a rate of %v frames per second is out of range; want %v to %v", rate, MinRate, float64(MaxRate))
	}
	tracker, err := track.New(o)
	if err != nil {
		return nil, err
	}
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b Row) int { return a.Frame - b.Frame })

	var rows []Row
	var detections []track.Detection
	frame := 0
	for len(found) > 0 {
		frame++
		if tracker.Len() == 0 { // nothing to wait for
			frame = found[0].Frame
		}
		detections = detections[:0]
		for len(found) > 0 && found[0].Frame == frame {
			detections = append(detections, track.Detection{Box: found[0].Box, Score: min(max(found[0].Score, 0), 1)})
			found = found[1:]
		}
		tracks, err := tracker.Update(moment(frame, rate), detections)
		if err != nil {
			return nil, fmt.Errorf("mot: frame %d: %w", frame, err)
		}
		for _, t := range tracks {
			if !t.Lost {
				rows = append(rows, Row{frame, int(t.ID), rounded(t.Box), t.Score})
			}
		}
	}
	return rows, nil
}

// moment is the time of a frame, from an arbitrary beginning.
func moment(frame int, rate float64) time.Time {
	s, part := math.Modf(float64(frame) / rate)
	return time.Unix(int64(s), int64(part*1e9))
}

// rounded is the box in hundredths of a pixel, no side of it below one.
func rounded(b track.Box) track.Box {
	for i, x := range b {
		b[i] = math.Round(x*100) / 100
	}
	b[2], b[3] = max(b[2], 0.01), max(b[3], 0.01)
	return b
}
