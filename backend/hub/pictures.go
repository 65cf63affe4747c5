// Package hub hands what was produced once to everyone who watches. In: pictures and
// events from one producer. Out: the newest picture, and every event in order, to any
// number of subscribers. A subscriber can never slow the producer or another one: the hub
// must never wait for anybody, and never change what it was given.
package hub

import (
	"sync"
	"sync/atomic"
	"time"
)

// Picture is one encoded picture, immutable and shared by every subscriber.
type Picture struct {
	// Seq is the frame's sequence number, 0 for a drawn notice.
	Seq           uint64
	JPEG          []byte // never written to again
	Width, Height int
	Captured      time.Time
	// Result is the frame whose result is drawn, moved on to this one; 0 where it is its own, or
	// none.
	Result uint64
	// Notice is the camera's state on a drawn notice ("lost", …), "" on a real picture.
	Notice string
}

// link is a picture in the hub and the way to the one after it.
type link struct {
	pic  *Picture // nil before the first
	n    uint64
	next chan struct{} // closed when a newer one is there
}

// Pictures holds the newest picture. Publishing is O(1) however many wait. The zero value
// is not ready: use NewPictures.
type Pictures struct {
	newest atomic.Pointer[link]
	demand chan struct{}

	mu       sync.Mutex // held to change newest or watching
	watching int
}

// NewPictures makes an empty hub.
func NewPictures() *Pictures {
	p := &Pictures{demand: make(chan struct{}, 1)}
	p.newest.Store(&link{next: make(chan struct{})})
	return p
}

// Publish makes pic the newest. When nobody is subscribed it does nothing: the last viewer
// may have left while pic was being drawn, and the next one must not be shown the past.
func (p *Pictures) Publish(pic *Picture) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watching == 0 {
		return
	}
	old := p.newest.Load()
	p.newest.Store(&link{pic: pic, n: old.n + 1, next: make(chan struct{})})
	close(old.next)
}

// Watched reports whether anybody is subscribed: if not, nothing need be drawn.
func (p *Pictures) Watched() bool { return p.Subscribers() > 0 }

// Subscribers is how many there are.
func (p *Pictures) Subscribers() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.watching
}

// Demand receives a signal when the first subscriber arrives, so that the producer can
// give it a picture at once. One goroutine may listen.
func (p *Pictures) Demand() <-chan struct{} { return p.demand }

// View is one subscriber's place in the hub. One goroutine may use it.
type View struct {
	hub     *Pictures
	seen    uint64
	skipped uint64
	closed  bool
}

// Subscribe enters a subscriber. Close it.
func (p *Pictures) Subscribe() *View {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watching++; p.watching == 1 {
		select {
		case p.demand <- struct{}{}:
		default:
		}
	}
	return &View{hub: p}
}

// Next is the newest picture if it has not been returned yet; otherwise nil and a channel
// that is closed when a newer one is there.
func (v *View) Next() (*Picture, <-chan struct{}) {
	l := v.hub.newest.Load()
	if l.pic == nil || l.n == v.seen {
		return nil, l.next
	}
	if v.seen > 0 {
		v.skipped += l.n - v.seen - 1
	}
	v.seen = l.n
	return l.pic, nil
}

// Skipped is how many pictures were published and never returned by Next since the first.
func (v *View) Skipped() uint64 { return v.skipped }

// Close leaves the hub. The last one to leave takes the newest picture away, for nobody
// renews it from then on and the next subscriber must not be shown the past. Only the
// first call counts.
func (v *View) Close() {
	p := v.hub
	p.mu.Lock()
	defer p.mu.Unlock()
	if v.closed {
		return
	}
	v.closed = true
	if p.watching--; p.watching == 0 {
		old := p.newest.Load()
		p.newest.Store(&link{n: old.n, next: old.next})
	}
}
