package hub_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"weak"

	"go.uber.org/goleak"

	"freshframe/backend/hub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wantPicture wants Next to give the picture with that number at once.
func wantPicture(t *testing.T, v *hub.View, seq uint64) {
	t.Helper()
	pic, newer := v.Next()
	if pic == nil || pic.Seq != seq || newer != nil {
		t.Errorf("got %+v, %v, want picture %d", pic, newer, seq)
	}
}

// wantNothing wants Next to have nothing new, and returns the channel to wait on.
func wantNothing(t *testing.T, v *hub.View) <-chan struct{} {
	t.Helper()
	pic, newer := v.Next()
	if pic != nil || newer == nil || closed(newer) {
		t.Errorf("got %+v, %v, want nothing yet", pic, newer)
	}
	return newer
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestViewGetsTheNewest(t *testing.T) {
	p := hub.NewPictures()
	v := p.Subscribe()
	defer v.Close()
	newer := wantNothing(t, v)
	p.Publish(&hub.Picture{Seq: 1})
	if !closed(newer) {
		t.Error("the waiting view was not woken")
	}
	wantPicture(t, v, 1)
	newer = wantNothing(t, v)
	p.Publish(&hub.Picture{Seq: 2})
	p.Publish(&hub.Picture{Seq: 3})
	if !closed(newer) {
		t.Error("the waiting view was not woken")
	}
	wantPicture(t, v, 3)
	wantNothing(t, v)

	late := p.Subscribe() // whoever comes later begins with the newest at once
	defer late.Close()
	wantPicture(t, late, 3)
	wantNothing(t, late)
}

// The same pointer goes to all: nothing is copied.
func TestPicturesAreShared(t *testing.T) {
	p := hub.NewPictures()
	a, b := p.Subscribe(), p.Subscribe()
	defer a.Close()
	defer b.Close()
	want := &hub.Picture{Seq: 1, JPEG: []byte("jpeg")}
	p.Publish(want)
	gotA, _ := a.Next()
	gotB, _ := b.Next()
	if gotA != want || gotB != want {
		t.Errorf("got %p and %p, want %p", gotA, gotB, want)
	}
}

func TestSkippedIsExact(t *testing.T) {
	// Each number is how many pictures are published before the next call of Next.
	for _, c := range []struct {
		before  int // before the view subscribes, with another one watching
		publish []int
		want    uint64
	}{
		{0, nil, 0},
		{0, []int{1, 1, 1}, 0},
		{0, []int{5}, 0}, // what came before the first it took was not skipped
		{7, []int{0, 1}, 0},
		{7, []int{3, 1}, 0},
		{0, []int{1, 2}, 1},
		{0, []int{1, 0, 0, 3}, 2},
		{3, []int{4, 4, 4, 1, 0, 10}, 3 + 3 + 9},
	} {
		p := hub.NewPictures()
		other := p.Subscribe()
		seq := uint64(0)
		publish := func(n int) {
			for range n {
				seq++
				p.Publish(&hub.Picture{Seq: seq})
			}
		}
		publish(c.before)
		v := p.Subscribe()
		for _, n := range c.publish {
			publish(n)
			v.Next()
		}
		publish(1) // not asked for any more: nobody can say yet whether it will be skipped
		if got := v.Skipped(); got != c.want {
			t.Errorf("%d, %v: %d skipped, want %d", c.before, c.publish, got, c.want)
		}
		if got := other.Skipped(); got != 0 {
			t.Errorf("a view that took none has skipped %d", got)
		}
		v.Close()
		other.Close()
	}
}

func TestDemandIsForTheFirstSubscriber(t *testing.T) {
	p := hub.NewPictures()
	asked := func() bool { return closed(p.Demand()) }
	if asked() {
		t.Error("there is demand without a subscriber")
	}
	a := p.Subscribe()
	if !asked() {
		t.Error("the first subscriber was not announced")
	}
	b := p.Subscribe()
	a.Close()
	c := p.Subscribe()
	if asked() {
		t.Error("a further subscriber was announced")
	}
	b.Close()
	c.Close()
	for range 3 { // nobody listens meanwhile: that neither blocks nor adds up
		p.Subscribe().Close()
	}
	if !asked() {
		t.Error("the first subscriber after the last one left was not announced")
	}
	if asked() {
		t.Error("demand has piled up")
	}
}

func TestSubscribersAreCounted(t *testing.T) {
	p := hub.NewPictures()
	var views []*hub.View
	for n := range 4 {
		if p.Subscribers() != n || p.Watched() != (n > 0) {
			t.Errorf("%d subscribers, watched %t, want %d", p.Subscribers(), p.Watched(), n)
		}
		views = append(views, p.Subscribe())
	}
	for n, v := range views {
		v.Close()
		v.Close() // counts once
		if want := 3 - n; p.Subscribers() != want || p.Watched() != (want > 0) {
			t.Errorf("%d subscribers, watched %t, want %d", p.Subscribers(), p.Watched(), want)
		}
	}
}

// Nobody is shown a picture from before he came, once nobody watched in between.
func TestNoPictureFromThePast(t *testing.T) {
	p := hub.NewPictures()
	a, b := p.Subscribe(), p.Subscribe()
	p.Publish(&hub.Picture{Seq: 1})
	a.Close()
	c := p.Subscribe() // b still watches: the picture is present
	wantPicture(t, c, 1)
	b.Close()
	c.Close()

	v := p.Subscribe()
	newer := wantNothing(t, v)
	p.Publish(&hub.Picture{Seq: 2})
	if !closed(newer) {
		t.Error("the waiting view was not woken")
	}
	wantPicture(t, v, 2)
	if v.Skipped() != 0 {
		t.Errorf("%d skipped", v.Skipped())
	}
	v.Close()

	// The producer was still drawing when the last viewer left.
	p.Publish(&hub.Picture{Seq: 3})
	late := p.Subscribe()
	defer late.Close()
	wantNothing(t, late)
}

// A viewer that does nothing holds up nobody: not the producer, not another viewer.
func TestPublishNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a publisher that blocked would be a deadlock here
		p := hub.NewPictures()
		for range 100 {
			idle := p.Subscribe()
			defer idle.Close()
		}
		quick := p.Subscribe()
		defer quick.Close()
		for seq := uint64(1); seq <= 10000; seq++ {
			p.Publish(&hub.Picture{Seq: seq})
			wantPicture(t, quick, seq)
		}
		if quick.Skipped() != 0 {
			t.Errorf("%d skipped", quick.Skipped())
		}
	})
}

// A hundred viewers, each at a pace of its own, while others come and go: every one sees
// only newer pictures, ends with the newest, and knows exactly how many it missed.
func TestManyViewers(t *testing.T) {
	const viewers, pictures = 100, 2000
	p := hub.NewPictures()
	keeper := p.Subscribe()
	var wg sync.WaitGroup
	var ready sync.WaitGroup
	ready.Add(viewers)
	for i := range viewers {
		wg.Go(func() {
			v := p.Subscribe()
			ready.Done()
			defer v.Close()
			var first, last, got uint64
			for last < pictures {
				pic, newer := v.Next()
				if pic == nil {
					<-newer
					continue
				}
				if pic.Seq <= last {
					t.Errorf("viewer %d got %d after %d", i, pic.Seq, last)
					return
				}
				if got++; got == 1 {
					first = pic.Seq
				}
				last = pic.Seq
				for range i % 7 { // slow, each in his own way
					runtime.Gosched()
				}
			}
			if got+v.Skipped() != last-first+1 {
				t.Errorf("viewer %d: %d got and %d skipped of %d..%d", i, got, v.Skipped(), first, last)
			}
		})
	}
	for i := range 4 { // guests
		r := rand.New(rand.NewPCG(1, uint64(i)))
		wg.Go(func() {
			for range 500 {
				v := p.Subscribe()
				for range r.IntN(3) {
					v.Next()
				}
				v.Close()
			}
		})
	}
	ready.Wait()
	for seq := uint64(1); seq <= pictures; seq++ {
		p.Publish(&hub.Picture{Seq: seq})
		if seq%8 == 0 {
			runtime.Gosched()
		}
	}
	wg.Wait()
	keeper.Close()
	if n := p.Subscribers(); n != 0 {
		t.Errorf("%d subscribers are left", n)
	}
}

// The hub holds one picture, and none when nobody watches: a viewer that lags holds none
// either.
func TestPicturesAreFreed(t *testing.T) {
	p := hub.NewPictures()
	lagging, v := p.Subscribe(), p.Subscribe()
	publish := func() weak.Pointer[hub.Picture] {
		pic := &hub.Picture{JPEG: make([]byte, 100)}
		p.Publish(pic)
		return weak.Make(pic)
	}
	first := publish()
	lagging.Next()
	v.Next()
	second := publish()
	runtime.GC()
	if first.Value() != nil {
		t.Error("a picture outlives the newer one")
	}
	if second.Value() == nil {
		t.Error("the newest picture is gone")
	}
	v.Close()
	lagging.Close()
	runtime.GC()
	if second.Value() != nil {
		t.Error("a picture is kept for nobody")
	}
	runtime.KeepAlive(lagging)
	runtime.KeepAlive(v)
	runtime.KeepAlive(p)
}

// BenchmarkPublish is one picture to all who wait for it, until the last has taken it.
func BenchmarkPublish(b *testing.B) {
	for _, waiters := range []int{1, 1000} {
		b.Run(fmt.Sprintf("waiters=%d", waiters), func(b *testing.B) {
			p := hub.NewPictures()
			var took, gone sync.WaitGroup
			var over atomic.Bool
			for range waiters {
				v := p.Subscribe()
				gone.Go(func() {
					defer v.Close()
					for !over.Load() {
						pic, newer := v.Next()
						if pic == nil {
							<-newer
							continue
						}
						took.Done()
					}
				})
			}
			b.ReportAllocs()
			for b.Loop() {
				took.Add(waiters)
				p.Publish(&hub.Picture{})
				took.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*waiters), "ns/wake-up")
			over.Store(true)
			took.Add(waiters) // for those who get this one before they look at over
			p.Publish(&hub.Picture{})
			gone.Wait()
		})
	}
}
