package hub

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Event is one server-sent event, ready for the wire and immutable.
type Event struct {
	N    uint64    // counts from 1
	Name string    // "frame", "state"
	Wire []byte    // id:, event:, data: and the empty line
	At   time.Time // the moment it tells of

	next  *Event
	ready chan struct{} // closed when next is set
}

// Next is the event after this one; nil, and a channel that is closed when it comes, while
// this is the newest.
func (e *Event) Next() (*Event, <-chan struct{}) {
	select {
	case <-e.ready:
		return e.next, nil
	default:
		return nil, e.ready
	}
}

// Events is a bounded history of events with a live end. Each event is marshalled once,
// its bytes shared by every subscriber.
type Events struct {
	boot string

	mu     sync.Mutex
	oldest *Event // the newest one that left the history; its chain leads to all that is kept
	kept   int
	limit  int

	newest   atomic.Pointer[Event]
	watching atomic.Int64
}

// NewEvents makes a history of at most limit events. boot goes into every id, so that ids
// of an earlier process are told from ours.
func NewEvents(boot string, limit int) *Events {
	e := &Events{boot: boot, limit: limit}
	e.oldest = &Event{ready: make(chan struct{})}
	e.newest.Store(e.oldest)
	return e
}

// Publish appends an event that tells of the moment at. data is one JSON value without line
// breaks. Goroutines may call it at once.
func (h *Events) Publish(name string, data []byte, at time.Time) *Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := h.newest.Load()
	e := &Event{N: last.N + 1, Name: name, At: at, ready: make(chan struct{})}
	e.Wire = fmt.Appendf(nil, "id: %s-%d\nevent: %s\ndata: %s\n\n", h.boot, e.N, name, data)
	last.next = e
	h.newest.Store(e)
	close(last.ready)
	if h.kept++; h.kept > h.limit {
		h.oldest = h.oldest.next
		h.kept--
	}
	return e
}

// Newest is the live end: its Next is the next event to come.
func (h *Events) Newest() *Event { return h.newest.Load() }

// Resume finds where a subscriber left off that saw the event with that id last. The
// returned event's Next is the first one it has not seen. lost says that some in between
// are gone for good: from and to are their numbers, both 0 when the id is another
// process's or no id at all.
func (h *Events) Resume(id string) (at *Event, lost bool, from, to uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	num, ours := strings.CutPrefix(id, h.boot+"-")
	n, err := strconv.ParseUint(num, 10, 64)
	if !ours || err != nil || n > h.newest.Load().N {
		return h.oldest, true, 0, 0
	}
	if n < h.oldest.N {
		return h.oldest, true, n + 1, h.oldest.N
	}
	at = h.oldest
	for at.N < n {
		at = at.next
	}
	return at, false, 0, 0
}

// Boot is this process's part of every id.
func (h *Events) Boot() string { return h.boot }

// Enter counts a subscriber until the returned function is called.
func (h *Events) Enter() (leave func()) {
	h.watching.Add(1)
	return sync.OnceFunc(func() { h.watching.Add(-1) })
}

// Subscribers is how many there are.
func (h *Events) Subscribers() int { return int(h.watching.Load()) }
