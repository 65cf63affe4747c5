package httpapi

import (
	"maps"
	"slices"
	"sync"
	"time"

	"freshframe/backend/pipeline"
)

// spent counts what each analyzer did, for the metrics.
type spent struct {
	mu     sync.Mutex
	by     map[string]analyzerTime
	tracks int // in the newest result
}

type analyzerTime struct {
	name string
	took time.Duration
	runs uint64
}

func (s *spent) add(r *pipeline.Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[string]analyzerTime{}
	}
	for _, a := range r.Analyzers {
		if a.Ran {
			t := s.by[a.Name]
			s.by[a.Name] = analyzerTime{a.Name, t.took + a.Took, t.runs + 1}
		}
	}
	s.tracks = 0
	for i := range r.Result.Detections {
		if r.Result.Detections[i].Track != 0 {
			s.tracks++
		}
	}
}

// read gives the analyzers in the order of their names.
func (s *spent) read() (all []analyzerTime, tracks int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.by)) {
		all = append(all, s.by[name])
	}
	return all, s.tracks
}
