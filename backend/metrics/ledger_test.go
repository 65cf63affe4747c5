package metrics_test

import (
	"encoding/json"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"freshframe/backend/frame"
	"freshframe/backend/metrics"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// settled adds up the fates without the ledger's help.
func settled(t metrics.Totals) uint64 {
	return t.Analyzed + t.Displaced + t.Late + t.Corrupt + t.Failed + t.Idle + t.Shutdown
}

// Each fate has its own count, under its own word on the wire.
func TestLedgerCountsEachFate(t *testing.T) {
	var l metrics.Ledger
	want := map[string]uint64{"captured": 2, "in_flight": 2, "lost_upstream": 5}
	l.Capture(&frame.Frame{Lost: 5}) // these two stay in flight
	l.Capture(&frame.Frame{})
	for fate := frame.InFlight + 1; fate < frame.NumFates; fate++ {
		for range fate {
			f := &frame.Frame{}
			l.Capture(f)
			if !l.Settle(f, fate) || f.Fate() != fate {
				t.Errorf("a frame settled as %v is %v", fate, f.Fate())
			}
			want["captured"]++
			want[fate.String()]++
		}
	}
	data, err := json.Marshal(l.Totals())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]uint64
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%s is %d, want %d", name, got[name], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("the ledger has other entries than the contract: %s", data)
	}
}

// What comes second changes nothing: not the fate, not the counts.
func TestLedgerIgnoresTheSecondFate(t *testing.T) {
	for first := frame.InFlight + 1; first < frame.NumFates; first++ {
		for second := frame.InFlight + 1; second < frame.NumFates; second++ {
			var l metrics.Ledger
			f := &frame.Frame{}
			l.Capture(f)
			l.Settle(f, first)
			before := l.Totals()
			if l.Settle(f, second) || f.Fate() != first || l.Totals() != before {
				t.Errorf("%v after %v: the frame is %v, the books %+v", second, first, f.Fate(), l.Totals())
			}
		}
	}
}

// A mistake in the program leaves the books alone, and usable.
func TestLedgerRefusesWhatIsNoFate(t *testing.T) {
	var l metrics.Ledger
	f := &frame.Frame{}
	l.Capture(f)
	for _, fate := range []frame.Fate{frame.InFlight, frame.NumFates, 200} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v was accepted", fate)
				}
			}()
			l.Settle(f, fate)
		}()
	}
	if got := l.Totals(); got != (metrics.Totals{Captured: 1, InFlight: 1}) {
		t.Errorf("got %+v", got)
	}
}

// Cameras capture, and everyone settles what everyone else may be settling at the same
// moment. In every snapshot taken meanwhile the books balance, against counters of the
// test's own.
func TestLedgerAlwaysBalances(t *testing.T) {
	const cameras, settlers, each = 3, 4, 4000
	var (
		l                 metrics.Ledger
		entering, entered atomic.Uint64 // before and after Capture
		settling, counted atomic.Uint64 // before the first Settle of a frame, and after one that counted
		lost              atomic.Uint64
		won               [frame.NumFates]atomic.Uint64
		open              = make(chan *frame.Frame, 64)
		cams, rest        sync.WaitGroup
		over              = make(chan struct{})
		snapshots         int
	)
	for c := range cameras {
		r := rand.New(rand.NewPCG(1, uint64(c)))
		cams.Go(func() {
			for range each {
				f := &frame.Frame{Lost: r.Uint64N(3)}
				lost.Add(f.Lost)
				entering.Add(1)
				l.Capture(f)
				entered.Add(1)
				settling.Add(1)
				open <- f
				if r.IntN(4) == 0 { // late, or hung and coming back after all
					open <- f
				}
			}
		})
	}
	for s := range settlers {
		r := rand.New(rand.NewPCG(2, uint64(s)))
		rest.Go(func() {
			for f := range open {
				fate := frame.Fate(1 + r.IntN(int(frame.NumFates)-1))
				if l.Settle(f, fate) {
					won[fate].Add(1)
					counted.Add(1)
				}
			}
		})
	}
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		var last metrics.Totals
		for {
			minCaptured, minSettled := entered.Load(), counted.Load()
			now := l.Totals()
			maxCaptured, maxSettled := entering.Load(), settling.Load()
			snapshots++
			sum := settled(now)
			switch {
			case now.Captured != sum+now.InFlight:
				t.Errorf("the books do not balance: %+v", now)
			case now.Captured < minCaptured || now.Captured > maxCaptured:
				t.Errorf("%d captured, outside %d..%d", now.Captured, minCaptured, maxCaptured)
			case sum < minSettled || sum > maxSettled:
				t.Errorf("%d settled, outside %d..%d", sum, minSettled, maxSettled)
			case now.InFlight > 64+cameras+settlers:
				t.Errorf("%d in flight, more than there are places for", now.InFlight)
			case now.Analyzed < last.Analyzed || now.Displaced < last.Displaced || now.Late < last.Late || now.Corrupt < last.Corrupt ||
				now.Failed < last.Failed || now.Idle < last.Idle || now.Shutdown < last.Shutdown || now.LostUpstream < last.LostUpstream:
				t.Errorf("a count ran backwards: %+v after %+v", now, last)
			}
			last = now
			select {
			case <-over:
				return
			default:
			}
		}
	}()
	cams.Wait()
	close(open)
	rest.Wait()
	close(over)
	<-watching

	want := metrics.Totals{
		Captured: cameras * each, LostUpstream: lost.Load(),
		Analyzed: won[frame.Analyzed].Load(), Displaced: won[frame.Displaced].Load(), Late: won[frame.Late].Load(), Corrupt: won[frame.Corrupt].Load(),
		Failed: won[frame.Failed].Load(), Idle: won[frame.Idle].Load(), Shutdown: won[frame.Shutdown].Load(),
	}
	if got := l.Totals(); got != want || settled(got) != cameras*each {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	t.Logf("%d snapshots", snapshots)
}
