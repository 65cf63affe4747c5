// Package rendition makes pictures smaller for those with a slow network: coarser, narrower
// or both. In: a hub of pictures, and what somebody wants of them. Out: a hub of renditions,
// one for all who want the same. A rendition must never be made twice, nor late: each picture
// is the newest one's.
package rendition

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync"

	"freshframe/backend/hub"
)

// Want is what a rendition shall be. Its zero value wants the picture as it is.
type Want struct {
	Width   int // pixels; 0, or any not below the picture's, for the picture's own
	Quality int // of JPEG, 1..100; 0 for the maker's, where the picture gets narrower
}

// String is as in a query: "width=640&quality=50", "" for the picture as it is.
func (w Want) String() string {
	var s string
	if w.Width > 0 {
		s = "width=" + strconv.Itoa(w.Width)
	}
	if w.Quality > 0 {
		if s != "" {
			s += "&"
		}
		s += "quality=" + strconv.Itoa(w.Quality)
	}
	return s
}

// Most is how many renditions there may be at once: each takes its time of the processor.
const Most = 16

var (
	// ErrFull says that there are Most others.
	ErrFull = fmt.Errorf("all %d renditions are taken", Most)
	// ErrClosed says that the Set makes none any more.
	ErrClosed = errors.New("no more renditions are made")
)

// Set has the renditions that somebody watches now, and owns the goroutine of each.
type Set struct {
	quality int
	log     *slog.Logger
	make    func(*Maker, *hub.Picture, Want) (*hub.Picture, error) // Maker.Picture, except in tests

	mu     sync.Mutex
	open   map[key]*rendition
	closed bool
	wg     sync.WaitGroup
}

type key struct {
	source *hub.Pictures
	want   Want
}

// rendition is one variant of one hub. It ends when nobody is left; who comes before its
// goroutine has noticed finds it alive, so there is never a second one beside it.
type rendition struct {
	key
	set     *Set
	watched *hub.View // of the source
	out     *hub.Pictures
	kept    *hub.View     // holds what is published for those who have not subscribed yet
	left    chan struct{} // has a signal when it may be time to end
	users   int           // under set.mu
}

// NewSet makes a Set whose narrower pictures have that quality, 1..100, where none is wanted.
func NewSet(quality int, log *slog.Logger) *Set {
	return &Set{quality: quality, log: log, make: (*Maker).Picture, open: map[key]*rendition{}}
}

// Open gives the hub of the source's pictures as they are wanted, which is the source itself
// if they are wanted as they are. It begins with the source's newest picture and has notices
// too; a picture that does not decode is left out. Call done when it is used no more, once.
// The error is ErrFull or ErrClosed.
func (s *Set) Open(source *hub.Pictures, want Want) (pics *hub.Pictures, done func(), err error) {
	if want == (Want{}) {
		return source, func() {}, nil
	}
	k := key{source, want}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, ErrClosed
	}
	r := s.open[k]
	if r == nil {
		if len(s.open) >= Most {
			return nil, nil, ErrFull
		}
		out := hub.NewPictures()
		r = &rendition{key: k, set: s, watched: source.Subscribe(), out: out, kept: out.Subscribe(), left: make(chan struct{}, 1)}
		s.open[k] = r
		s.wg.Go(r.run)
	}
	r.users++
	return r.out, r.leave, nil
}

// Close ends every goroutine and waits for them. Hubs that are still open stay silent.
func (s *Set) Close() {
	s.mu.Lock()
	s.closed = true
	for _, r := range s.open {
		r.wake()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// Len is how many renditions there are, 0..Most.
func (s *Set) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// Subscribers is how many watch the source, itself or a rendition, which to the source is one
// subscriber whoever watches it.
func (s *Set) Subscribers(source *hub.Pictures) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := source.Subscribers()
	for k, r := range s.open {
		if k.source == source {
			n += r.users - 1
		}
	}
	return n
}

func (r *rendition) leave() {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	if r.users--; r.users == 0 {
		r.wake()
	}
}

func (r *rendition) wake() {
	select {
	case r.left <- struct{}{}:
	default:
	}
}

// ended takes the rendition out of the set if it is used no more.
func (r *rendition) ended() bool {
	s := r.set
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.users > 0 && !s.closed {
		return false
	}
	r.watched.Close()
	r.kept.Close()
	delete(s.open, r.key)
	return true
}

// run makes a rendition of the newest picture, again and again. What comes while it makes one
// is skipped, except for the last.
func (r *rendition) run() {
	m := &Maker{Quality: r.set.quality}
	for !r.ended() {
		pic, newer := r.watched.Next()
		if pic == nil {
			select {
			case <-newer:
			case <-r.left:
			}
			continue
		}
		made, err := r.make(m, pic)
		if err != nil {
			r.set.log.LogAttrs(context.Background(), slog.LevelDebug, "no rendition", slog.String("of", r.want.String()), slog.Uint64("seq", pic.Seq), slog.Any("error", err))
			continue
		}
		r.out.Publish(made)
	}
}

// make is Set.make, whose panic costs this one picture and not the process.
func (r *rendition) make(m *Maker, pic *hub.Picture) (made *hub.Picture, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			r.set.log.Error("making a rendition panicked", "of", r.want.String(), "seq", pic.Seq, "panic", cause, "stack", string(debug.Stack()))
			*m = Maker{Quality: m.Quality}
			err = errors.New("it panicked")
		}
	}()
	return r.set.make(m, pic, r.want)
}
