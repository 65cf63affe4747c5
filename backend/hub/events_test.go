package hub_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"freshframe/backend/hub"
)

func TestEventWire(t *testing.T) {
	h := hub.NewEvents("b007", 10)
	if h.Boot() != "b007" || h.Newest().N != 0 {
		t.Errorf("boot %q, newest %d", h.Boot(), h.Newest().N)
	}
	h.Publish("state", []byte(`{"a":1}`), time.Time{})
	e := h.Publish("frame", []byte(`{"seq":5}`), time.Time{})
	const want = "id: b007-2\nevent: frame\ndata: {\"seq\":5}\n\n"
	if string(e.Wire) != want || e.N != 2 || e.Name != "frame" || h.Newest() != e {
		t.Errorf("got %+v with %q, want %q", e, e.Wire, want)
	}
}

// The caller may use its bytes again at once.
func TestEventKeepsItsBytes(t *testing.T) {
	h := hub.NewEvents("b", 10)
	data := []byte("first")
	e := h.Publish("frame", data, time.Time{})
	copy(data, "XXXXX")
	if want := "id: b-1\nevent: frame\ndata: first\n\n"; string(e.Wire) != want {
		t.Errorf("got %q, want %q", e.Wire, want)
	}
}

func TestNext(t *testing.T) {
	h := hub.NewEvents("b", 10)
	at := h.Newest()
	e, more := at.Next()
	if e != nil || more == nil || closed(more) {
		t.Fatalf("before the first event: %v, %v", e, more)
	}
	first := h.Publish("frame", nil, time.Time{})
	if !closed(more) {
		t.Error("the waiting subscriber was not woken")
	}
	second := h.Publish("frame", nil, time.Time{})
	for _, want := range []*hub.Event{first, second} {
		if at, more = at.Next(); at != want || more != nil {
			t.Fatalf("got %v, %v, want event %d", at, more, want.N)
		}
	}
	if e, more = at.Next(); e != nil || closed(more) {
		t.Errorf("after the newest: %v, %v", e, more)
	}
}

// Every subscriber gets every event in order, however many publish and however slowly it
// follows: the history's length is no limit for one that holds its place.
func TestEveryEventInOrder(t *testing.T) {
	const publishers, each, subscribers = 4, 500, 20
	h := hub.NewEvents("b", 8)
	var wg sync.WaitGroup
	for s := range subscribers {
		at := h.Newest()
		wg.Go(func() {
			from := map[string]int{}
			for at.N < publishers*each {
				e, more := at.Next()
				if e == nil {
					<-more
					continue
				}
				if e.N != at.N+1 {
					t.Errorf("subscriber %d got %d after %d", s, e.N, at.N)
					return
				}
				want := fmt.Sprintf("id: b-%d\nevent: %s\ndata: %d\n\n", e.N, e.Name, from[e.Name])
				if string(e.Wire) != want {
					t.Errorf("got %q, want %q", e.Wire, want)
					return
				}
				from[e.Name]++
				at = e
				for range s % 5 {
					runtime.Gosched()
				}
			}
		})
	}
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				h.Publish(fmt.Sprintf("p%d", p), fmt.Appendf(nil, "%d", i), time.Time{})
			}
		})
	}
	wg.Wait()
	if h.Newest().N != publishers*each {
		t.Errorf("the newest is %d", h.Newest().N)
	}
}

func TestResumeAtEveryPosition(t *testing.T) {
	const limit = 10
	for _, published := range []uint64{0, 1, limit - 1, limit, limit + 1, 3*limit + 5} {
		h := hub.NewEvents("b", limit)
		for range published {
			h.Publish("frame", nil, time.Time{})
		}
		gone := max(published, limit) - limit // events 1..gone have left the history
		for seen := uint64(0); seen <= published+2; seen++ {
			at, lost, from, to := h.Resume(fmt.Sprintf("b-%d", seen))
			name := fmt.Sprintf("%d published, %d seen", published, seen)
			var wantAt, wantFrom, wantTo uint64
			wantLost := false
			switch {
			case seen > published: // never given out
				wantAt, wantLost = gone, true
			case seen < gone:
				wantAt, wantLost, wantFrom, wantTo = gone, true, seen+1, gone
			default:
				wantAt = seen
			}
			if at.N != wantAt || lost != wantLost || from != wantFrom || to != wantTo {
				t.Errorf("%s: at %d, lost %t %d..%d; want %d, %t %d..%d", name, at.N, lost, from, to, wantAt, wantLost, wantFrom, wantTo)
			}
			// What was lost and what follows make up everything since, without a hole.
			for n := wantAt + 1; n <= published; n++ {
				e, _ := at.Next()
				if e == nil || e.N != n {
					t.Fatalf("%s: event %d is missing", name, n)
				}
				at = e
			}
			if e, _ := at.Next(); e != nil {
				t.Errorf("%s: event %d out of nowhere", name, e.N)
			}
		}
	}
}

func TestResumeWithAnotherID(t *testing.T) {
	h := hub.NewEvents("a1b2", 5)
	for range 9 {
		h.Publish("frame", nil, time.Time{})
	}
	for _, id := range []string{
		"", "-", "6", "-6", "a1b2", "a1b2-", "a1b2-x", "a1b2--6", "a1b2-+6", "a1b2- 6", "a1b2-6 ", "a1b2-6-6", "a1b2-0x6", "a1b2-6.0",
		"a1b2-10", "a1b2-18446744073709551615", "a1b2-18446744073709551616", "a1b2-99999999999999999999999",
		"ffff-6", "A1B2-6", "a1b-6", "a1b2a1b2-6", "xa1b2-6", "a1b2-\x00", "a1b2-٦", "\xff\xfe-6",
	} {
		at, lost, from, to := h.Resume(id)
		if at.N != 4 || !lost || from != 0 || to != 0 {
			t.Errorf("%q: at %d, lost %t %d..%d; want all that is kept and an unknown gap", id, at.N, lost, from, to)
		}
	}
}

// Any name may be a boot's, also one with the id's own separator.
func TestResumeWithAnyBoot(t *testing.T) {
	for _, boot := range []string{"", "-", "a-b", "7-7", "é"} {
		h := hub.NewEvents(boot, 5)
		h.Publish("frame", nil, time.Time{})
		h.Publish("frame", nil, time.Time{})
		if at, lost, _, _ := h.Resume(boot + "-1"); lost || at.N != 1 {
			t.Errorf("boot %q: at %d, lost %t", boot, at.N, lost)
		}
	}
}

func FuzzResume(f *testing.F) {
	for _, id := range []string{"", "b-0", "b-6", "b-3", "b-9", "c-6", "b-", "b--1", "b-18446744073709551616"} {
		f.Add(id)
	}
	h := hub.NewEvents("b", 5)
	for range 9 {
		h.Publish("frame", nil, time.Time{})
	}
	f.Fuzz(func(t *testing.T, id string) {
		at, lost, from, to := h.Resume(id)
		if at.N < 4 || at.N > 9 || lost && at.N != 4 {
			t.Errorf("%q: at %d, lost %t", id, at.N, lost)
		}
		if (from != 0 || to != 0) && (!lost || from < 1 || from > to || to != 4) {
			t.Errorf("%q: lost %t %d..%d", id, lost, from, to)
		}
	})
}

// Resume while others publish gives a place from which nothing is missing.
func TestResumeWhilePublishing(t *testing.T) {
	h := hub.NewEvents("b", 50)
	const total = 3000
	var wg sync.WaitGroup
	wg.Go(func() {
		for range total {
			h.Publish("frame", nil, time.Time{})
		}
	})
	for range 4 {
		wg.Go(func() {
			for seen := uint64(0); seen < total; {
				at, lost, from, to := h.Resume(fmt.Sprintf("b-%d", seen))
				if lost && (from != seen+1 || to != at.N) || !lost && at.N != seen {
					t.Errorf("%d seen: at %d, lost %t %d..%d", seen, at.N, lost, from, to)
					return
				}
				seen = at.N
				for range 10 {
					e, _ := at.Next()
					if e == nil {
						break
					}
					if e.N != seen+1 {
						t.Errorf("got %d after %d", e.N, seen)
						return
					}
					at, seen = e, e.N
				}
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
}

func TestEventSubscribersAreCounted(t *testing.T) {
	h := hub.NewEvents("b", 5)
	a, b := h.Enter(), h.Enter()
	if n := h.Subscribers(); n != 2 {
		t.Errorf("%d subscribers, want 2", n)
	}
	a()
	a() // counts once
	if n := h.Subscribers(); n != 1 {
		t.Errorf("%d subscribers, want 1", n)
	}
	b()
	if n := h.Subscribers(); n != 0 {
		t.Errorf("%d subscribers, want 0", n)
	}
}

// The history is bounded in memory too: what has left it is freed, unless a subscriber's
// place still leads there, and then once he moves on.
func TestOldEventsAreFreed(t *testing.T) {
	const limit = 5
	h := hub.NewEvents("b", limit)
	var all []weak.Pointer[hub.Event]
	publish := func(n int) {
		for range n {
			all = append(all, weak.Make(h.Publish("frame", make([]byte, 1000), time.Time{})))
		}
	}
	alive := func() (n int) {
		runtime.GC()
		for _, p := range all {
			if p.Value() != nil {
				n++
			}
		}
		return n
	}
	publish(3)
	if got := alive(); got != 3 {
		t.Errorf("%d events are kept of 3", got)
	}
	publish(100)
	// One more than the limit: the last that left marks where the history begins.
	if got := alive(); got != limit+1 {
		t.Errorf("%d events are kept, want %d", got, limit+1)
	}
	place := h.Newest()
	publish(100)
	if got := alive(); got != 101 {
		t.Errorf("%d events are kept for a subscriber 100 behind, want 101", got)
	}
	if e, _ := place.Next(); e == nil || e.N != place.N+1 {
		t.Errorf("he got %v after %d", e, place.N)
	}
	place = h.Newest()
	if got := alive(); got != limit+1 {
		t.Errorf("%d events are kept after he moved on, want %d", got, limit+1)
	}
	runtime.KeepAlive(place)
	runtime.KeepAlive(h)
}

func TestPublishEventNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a publisher that blocked would be a deadlock here
		h := hub.NewEvents("b", 5)
		at := h.Newest()
		for range 100 {
			go func() {
				_, more := at.Next()
				<-more // and never looks again
			}()
		}
		synctest.Wait()
		for range 1000 {
			h.Publish("frame", nil, time.Time{})
		}
	})
}

// BenchmarkPublishEvent is one event to all who wait for it, until the last has it.
func BenchmarkPublishEvent(b *testing.B) {
	const waiters = 1000
	h := hub.NewEvents("b", 512)
	data := make([]byte, 500)
	var ready, took, gone sync.WaitGroup
	ready.Add(waiters)
	for range waiters {
		gone.Go(func() {
			at := h.Newest()
			ready.Done()
			for {
				e, more := at.Next()
				if e == nil {
					<-more
					continue
				}
				if at = e; e.Name == "end" {
					return
				}
				took.Done()
			}
		})
	}
	ready.Wait()
	b.ReportAllocs()
	for b.Loop() {
		took.Add(waiters)
		h.Publish("frame", data, time.Time{})
		took.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*waiters), "ns/wake-up")
	h.Publish("end", nil, time.Time{})
	gone.Wait()
}
