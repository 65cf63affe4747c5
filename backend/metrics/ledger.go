// Package metrics counts: the ledger of frame fates, rates over the last few events, and
// distributions over the last few hundred. In: frames, moments and durations. Out:
// consistent snapshots. It must never format them for a wire or decide anything.
package metrics

import (
	"sync"

	"freshframe/backend/frame"
)

// Ledger counts every captured frame and the one fate it ended in, so that
//
//	captured = Σ fates + in flight
//
// holds in every snapshot. The zero value is ready; it is safe for concurrent use.
type Ledger struct {
	mu       sync.Mutex
	captured uint64
	lost     uint64
	fates    [frame.NumFates]uint64
}

// Totals is a snapshot of the ledger.
type Totals struct {
	Captured  uint64 `json:"captured"`
	Analyzed  uint64 `json:"analyzed"`
	Displaced uint64 `json:"displaced"`
	Late      uint64 `json:"late"`
	Corrupt   uint64 `json:"corrupt"`
	Failed    uint64 `json:"failed"`
	Idle      uint64 `json:"idle"`
	Shutdown  uint64 `json:"shutdown"`
	InFlight  uint64 `json:"in_flight"`
	// LostUpstream frames never reached user space; they are not part of Captured.
	LostUpstream uint64 `json:"lost_upstream"`
}

// Capture enters a frame. From here on it is in flight until Settle.
func (l *Ledger) Capture(f *frame.Frame) {
	l.mu.Lock()
	l.captured++
	l.lost += f.Lost
	l.mu.Unlock()
}

// Settle ends the frame in that fate. Only the first call for a frame counts and returns
// true, so whoever comes second (a hung analyzer that returns after all) changes nothing.
func (l *Ledger) Settle(f *frame.Frame, fate frame.Fate) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !f.Settle(fate) {
		return false
	}
	l.fates[fate]++
	return true
}

// Totals is the present state of the books.
func (l *Ledger) Totals() Totals {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := Totals{
		Captured:     l.captured,
		Analyzed:     l.fates[frame.Analyzed],
		Displaced:    l.fates[frame.Displaced],
		Late:         l.fates[frame.Late],
		Corrupt:      l.fates[frame.Corrupt],
		Failed:       l.fates[frame.Failed],
		Idle:         l.fates[frame.Idle],
		Shutdown:     l.fates[frame.Shutdown],
		LostUpstream: l.lost,
	}
	t.InFlight = t.Captured - t.settled()
	return t
}

func (t Totals) settled() uint64 {
	return t.Analyzed + t.Displaced + t.Late + t.Corrupt + t.Failed + t.Idle + t.Shutdown
}
