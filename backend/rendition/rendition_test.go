package rendition

import (
	"errors"
	"image"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"freshframe/backend/hub"
)

// workshop is a Set in fake time whose makings a test counts and holds up.
type workshop struct {
	*Set
	t      *testing.T
	source *hub.Pictures
	made   atomic.Int64
	slow   Want          // its makings take one from gate each
	gate   chan struct{} // closed in the end
}

func inWorkshop(t *testing.T, test func(*testing.T, *workshop)) {
	synctest.Test(t, func(t *testing.T) {
		w := &workshop{Set: NewSet(80, slog.New(slog.DiscardHandler)), t: t, source: hub.NewPictures(), gate: make(chan struct{})}
		w.make = func(m *Maker, pic *hub.Picture, want Want) (*hub.Picture, error) {
			if w.made.Add(1); want == w.slow {
				<-w.gate
			}
			switch pic.Notice {
			case "damaged":
				return nil, errors.New("damaged")
			case "panic":
				m.size = -1
				panic("as the test wants")
			}
			if m.size < 0 {
				return nil, errors.New("the maker is still the one that has panicked")
			}
			made := *pic
			made.Width = want.Width
			return &made, nil
		}
		test(t, w)
		close(w.gate)
		w.Close()
		if n, m := w.Len(), w.source.Subscribers(); n != 0 || m != 0 {
			t.Errorf("%d renditions and %d subscribers stayed behind", n, m)
		}
	})
}

// watch opens a rendition and subscribes to it; leave undoes both.
func (w *workshop) watch(want Want) (view *hub.View, leave func()) {
	w.t.Helper()
	pics, done, err := w.Open(w.source, want)
	if err != nil {
		w.t.Fatal(err)
	}
	view = pics.Subscribe()
	return view, func() { view.Close(); done() }
}

// publish publishes a picture and waits for all that follows from it.
func (w *workshop) publish(seq uint64) {
	w.source.Publish(&hub.Picture{Seq: seq})
	synctest.Wait()
}

func wantSeq(t *testing.T, v *hub.View, seq uint64, width int) {
	t.Helper()
	if pic, _ := v.Next(); pic == nil || pic.Seq != seq || pic.Width != width {
		t.Errorf("got %+v, want picture %d, %d wide", pic, seq, width)
	}
}

func wantNone(t *testing.T, v *hub.View) {
	t.Helper()
	if pic, _ := v.Next(); pic != nil {
		t.Errorf("got %+v, want nothing", pic)
	}
}

// However many watch, each picture is made once, and all get the same one.
func TestMadeOnceForAll(t *testing.T) {
	inWorkshop(t, func(t *testing.T, w *workshop) {
		var views []*hub.View
		for range 100 {
			v, leave := w.watch(Want{Width: 640, Quality: 50})
			defer leave()
			views = append(views, v)
		}
		for seq := uint64(1); seq <= 10; seq++ {
			w.publish(seq)
			first, _ := views[0].Next()
			for i, v := range views[1:] {
				if pic, _ := v.Next(); pic == nil || pic != first || pic.Seq != seq {
					t.Fatalf("subscriber %d got %p of %d, the first one %p", i+1, pic, seq, first)
				}
			}
		}
		if n := w.made.Load(); n != 10 {
			t.Errorf("10 pictures were made %d times", n)
		}
		if n, m, k := w.Len(), w.source.Subscribers(), w.Subscribers(w.source); n != 1 || m != 1 || k != 100 {
			t.Errorf("%d renditions are %d subscribers and stand for %d", n, m, k)
		}
	})
}

// Every hub, width and quality is another one; the picture as it is needs none.
func TestWhatIsShared(t *testing.T) {
	inWorkshop(t, func(t *testing.T, w *workshop) {
		other := hub.NewPictures()
		seen := map[*hub.Pictures]bool{}
		for _, source := range []*hub.Pictures{w.source, other} {
			for _, want := range []Want{{Width: 100}, {Width: 101}, {Quality: 100}, {Width: 100, Quality: 100}, {Width: 100, Quality: 80}} {
				pics, done, err := w.Open(source, want)
				if err != nil {
					t.Fatal(err)
				}
				defer done()
				again, done, err := w.Open(source, want)
				if err != nil || again != pics || seen[pics] {
					t.Errorf("%v: %p, again %p, %v; known before: %v", want, pics, again, err, seen[pics])
				}
				defer done()
				seen[pics] = true
			}
		}
		if pics, done, err := w.Open(w.source, Want{}); pics != w.source || err != nil || w.Len() != 10 {
			t.Errorf("as it is: %p, %v, %d renditions; want the source and 10", pics, err, w.Len())
		} else {
			done()
		}
	})
}

// A slow making skips what comes meanwhile, except for the newest, and holds up nobody else.
func TestSlowMakingTakesTheNewest(t *testing.T) {
	inWorkshop(t, func(t *testing.T, w *workshop) {
		w.slow = Want{Width: 1000}
		slow, leave := w.watch(w.slow)
		defer leave()
		fast, leave := w.watch(Want{Width: 100})
		defer leave()
		own := w.source.Subscribe()
		defer own.Close()
		for seq := uint64(1); seq <= 9; seq++ {
			w.publish(seq)
			wantSeq(t, fast, seq, 100)
			wantSeq(t, own, seq, 0)
			wantNone(t, slow)
		}
		for _, seq := range []uint64{1, 9} {
			w.gate <- struct{}{}
			synctest.Wait()
			wantSeq(t, slow, seq, 1000)
		}
		wantNone(t, slow)
	})
}

// What was made before its client has subscribed is not lost, and who comes later begins with
// the newest.
func TestBeginsWithTheNewest(t *testing.T) {
	inWorkshop(t, func(t *testing.T, w *workshop) {
		keeper := w.source.Subscribe()
		defer keeper.Close()
		w.publish(1)
		pics, done, err := w.Open(w.source, Want{Width: 100})
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		synctest.Wait() // the picture is made by now
		v := pics.Subscribe()
		defer v.Close()
		wantSeq(t, v, 1, 100)
		w.publish(2)
		late, leave := w.watch(Want{Width: 100})
		defer leave()
		wantSeq(t, late, 2, 100)
	})
}

// The first one asks the source for a picture; the last one takes that wish away.
func TestSourceIsWatchedWhileSomebodyIs(t *testing.T) {
	inWorkshop(t, func(t *testing.T, w *workshop) {
		_, leaveA := w.watch(Want{Width: 100})
		_, leaveB := w.watch(Want{Width: 100})
		select {
		case <-w.source.Demand():
		default:
			t.Error("the source does not know that a picture is wanted")
		}
		for _, step := range []struct {
			leave   func()
			watched bool
		}{{leaveA, true}, {leaveB, false}} {
			step.leave()
			synctest.Wait()
			if got := w.source.Watched(); got != step.watched || (w.Len() == 1) != step.watched {
				t.Errorf("watched: %v with %d renditions, want %v", got, w.Len(), step.watched)
			}
		}
		w.publish(1)
		if n := w.made.Load(); n != 0 {
			t.Errorf("%d were made for nobody", n)
		}
	})
}

// Who comes while the last one's picture is still being made finds the same rendition.
func TestComesBackBeforeTheEnd(t *testing.T) {
	inWorkshop(t, func(t *testing.T, w *workshop) {
		w.slow = Want{Width: 100}
		_, leave := w.watch(w.slow)
		w.publish(1)
		leave()
		synctest.Wait()
		v, leave := w.watch(w.slow)
		defer leave()
		if n := w.Len(); n != 1 {
			t.Errorf("%d renditions of the same", n)
		}
		w.publish(2)
		w.gate <- struct{}{}
		w.gate <- struct{}{}
		synctest.Wait()
		wantSeq(t, v, 2, 100)
	})
}

func TestNoMoreThanMost(t *testing.T) {
	inWorkshop(t, func(t *testing.T, w *workshop) {
		var leave []func()
		for i := range Most {
			_, l := w.watch(Want{Width: 100 + i})
			leave = append(leave, l)
		}
		if _, _, err := w.Open(w.source, Want{Width: 99}); !errors.Is(err, ErrFull) {
			t.Errorf("one too many: %v", err)
		}
		_, l := w.watch(Want{Width: 100}) // what there is can be shared
		leave = append(leave, l)
		leave[3]()
		synctest.Wait()
		v, l := w.watch(Want{Width: 99}) // the place is free
		leave[3] = l
		w.publish(1)
		wantSeq(t, v, 1, 99)
		for _, l := range leave {
			l()
		}
		synctest.Wait()
	})
}

// A picture that cannot be made is left out, and one that makes the maker panic too.
func TestGoesOnAfterAFailure(t *testing.T) {
	inWorkshop(t, func(t *testing.T, w *workshop) {
		v, leave := w.watch(Want{Width: 100})
		defer leave()
		for seq, trouble := range []string{"damaged", "panic"} {
			w.source.Publish(&hub.Picture{Notice: trouble})
			synctest.Wait()
			wantNone(t, v)
			w.publish(uint64(seq + 1))
			wantSeq(t, v, uint64(seq+1), 100)
		}
	})
}

// Close ends the renditions that are still watched, and waits for a making to end.
func TestClose(t *testing.T) {
	inWorkshop(t, func(t *testing.T, w *workshop) {
		w.slow = Want{Width: 100}
		_, leaveSlow := w.watch(w.slow)
		_, leave := w.watch(Want{Width: 200})
		w.publish(1)
		closed := make(chan struct{})
		go func() { w.Close(); close(closed) }()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("Close did not wait for the making")
		default:
		}
		if _, _, err := w.Open(w.source, Want{Width: 300}); !errors.Is(err, ErrClosed) {
			t.Errorf("opened while closing: %v", err)
		}
		w.gate <- struct{}{}
		<-closed
		if n, m := w.Len(), w.source.Subscribers(); n != 0 || m != 0 {
			t.Errorf("%d renditions, %d subscribers are left", n, m)
		}
		leave() // may come afterwards
		leaveSlow()
	})
}

// Many come and go while pictures are made: nothing races, nothing stays, nobody is shown
// another rendition than the wanted one.
func TestComingAndGoing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := NewSet(80, slog.New(slog.DiscardHandler))
	source := hub.NewPictures()
	pic := pictureOf(t, gradient(64, 48, image.YCbCrSubsampleRatio420))
	var clients, producer sync.WaitGroup
	stop := make(chan struct{})
	producer.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				source.Publish(pic)
			}
		}
	})
	for i := range 8 {
		clients.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			for range 50 {
				width := 16 + rng.IntN(4)
				pics, done, err := s.Open(source, Want{Width: width})
				if err != nil {
					t.Error(err)
					return
				}
				v := pics.Subscribe()
				for range rng.IntN(3) {
					got, newer := v.Next()
					if got == nil {
						<-newer
						continue
					}
					if got.Width != width {
						t.Errorf("got one %d wide, want %d", got.Width, width)
					}
				}
				v.Close()
				done()
			}
		})
	}
	clients.Wait()
	s.Close()
	close(stop)
	producer.Wait()
	if n := source.Subscribers(); n != 0 {
		t.Errorf("%d subscribers stayed behind", n)
	}
}

func TestWantAsText(t *testing.T) {
	for want, text := range map[Want]string{
		{}:                        "",
		{Width: 640}:              "width=640",
		{Quality: 50}:             "quality=50",
		{Width: 640, Quality: 50}: "width=640&quality=50",
	} {
		if got := want.String(); got != text {
			t.Errorf("%q, want %q", got, text)
		}
	}
}
