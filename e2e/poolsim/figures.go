package main

import (
	"slices"

	"freshframe/e2e/evenness"
)

// figures are what is to be told of a run.
type figures struct {
	evenness.Figures
	fps             float64
	late, displaced float64 // shares of the frames started, of those captured
}

// measure computes them.
func measure(w *world) figures {
	return figures{
		Figures:   evenness.Of(w.out),
		fps:       float64(len(w.out)) / w.now.Seconds(),
		late:      float64(w.late) / float64(max(w.started, 1)),
		displaced: 1 - float64(w.started)/float64(len(w.captured)),
	}
}

// atOnce are the results as they would be if each had left when its analysis ended.
func atOnce(w *world) []output {
	ended := slices.Clone(w.out)
	for i, o := range ended {
		ended[i].Released = w.ended[o.Seq]
	}
	return ended
}
