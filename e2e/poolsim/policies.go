package main

import (
	"time"

	"freshframe/backend/pool"
)

// queue is what people build: workers that take the oldest frame of a queue that drops what
// comes when it is full, and results that leave as they come. With one place that a newer frame
// takes over it is the latest-frame slot.
type queue struct {
	workers, places int
	slot            bool // the newest displaces, instead of being dropped
	dropLate        bool // results older than one already released are dropped, and counted late

	waiting []int
	newest  int // released
}

func (q *queue) frame(w *world, seq int) {
	switch {
	case len(q.waiting) < q.places:
		q.waiting = append(q.waiting, seq)
	case q.slot:
		q.waiting[0] = seq
	}
	q.feed(w)
}

func (q *queue) done(w *world, seq int) {
	switch {
	case !q.dropLate || seq >= q.newest:
		w.release(seq)
		q.newest = max(q.newest, seq)
	default:
		w.late++
	}
	q.feed(w)
}

func (q *queue) wake(*world) {}

func (q *queue) feed(w *world) {
	for len(q.waiting) > 0 && len(w.running) < q.workers {
		w.start(q.waiting[0])
		q.waiting = q.waiting[1:]
	}
}

// ours is the program's own plan, driven as the pipeline drives it.
type ours struct {
	plan *pool.Plan
	seqs map[pool.Ticket]int
	tick map[int]pool.Ticket
}

func newOurs(cfg pool.Config) *ours {
	return &ours{pool.New(cfg), map[pool.Ticket]int{}, map[int]pool.Ticket{}}
}

// epoch is the simulation's time zero.
var epoch = time.Unix(0, 0)

func (o *ours) frame(w *world, seq int) {
	now := epoch.Add(w.now)
	t := o.plan.Frame(now, now)
	o.seqs[t], o.tick[seq] = seq, t
	o.wake(w)
}

func (o *ours) done(w *world, seq int) {
	o.plan.Done(epoch.Add(w.now), o.tick[seq], true)
	delete(o.tick, seq)
	o.wake(w)
}

func (o *ours) wake(w *world) {
	for {
		a := o.plan.Next(epoch.Add(w.now))
		seq := o.seqs[a.Ticket]
		switch a.Kind {
		case pool.Wait:
			w.wakeAt(-1)
			if !a.At.IsZero() {
				w.wakeAt(a.At.Sub(epoch))
			}
			return
		case pool.Start:
			w.start(seq)
			continue
		case pool.Release:
			w.release(seq)
		case pool.Late:
			w.late++
		case pool.Displace:
			delete(o.tick, seq)
		}
		delete(o.seqs, a.Ticket)
	}
}
