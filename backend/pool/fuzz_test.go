package pool_test

import (
	"testing"
	"time"

	"freshframe/backend/pool"
)

// Any events in any order, at any time, also such as a driver must not send: no panic, and the
// rules hold that do not depend on a punctual driver.
func FuzzPlan(f *testing.F) {
	f.Add([]byte{0, 33, 1, 0, 0, 33, 1, 0, 2, 0, 0, 40, 2, 1})
	f.Add([]byte{6, 9, 1, 0, 0, 5, 1, 200, 3, 0, 4, 7, 5, 0, 1, 0, 0, 255, 2, 0, 7, 1})
	f.Add([]byte{1, 0, 1, 0, 0, 50, 1, 0, 0, 50, 1, 0, 2, 2, 0, 255, 2, 0, 2, 0, 8, 100, 1, 0, 6, 0})
	f.Fuzz(func(t *testing.T, events []byte) {
		r := newReferee(pool.Config{Workers: 3, MaxAge: 200 * ms, Even: pool.DefaultEven})
		for len(events) >= 2 && r.foul == nil {
			op, arg := events[0], int(events[1])
			events = events[2:]
			running := r.running()
			switch op % 9 {
			case 0:
				r.now = r.now.Add(time.Duration(arg) * ms)
			case 1:
				r.frame(r.now.Add(time.Duration(100-arg) * ms))
			case 2, 3:
				if len(running) > 0 {
					r.done(running[arg%len(running)], op%9 == 2)
				}
			case 4:
				r.done(pool.Ticket(arg), arg%2 == 0)
			case 5:
				r.withdraw()
			case 6:
				r.configure(pool.Config{Workers: arg % 6, MaxAge: time.Duration(arg/6%3) * 100 * ms, MaxReorderWait: time.Duration(arg/18%3) * 40 * ms, Even: float64(arg/54) / 4})
			case 7:
				r.plan.Relearn()
			case 8: // a clock that goes back, told with the ticket of nobody
				r.plan.Done(r.now.Add(-time.Duration(arg)*ms), 1<<60, true)
			}
			r.act()
		}
		for r.foul == nil { // everything ends, and whoever has to wait does
			for _, ticket := range r.running() {
				r.done(ticket, true)
			}
			r.act()
			if len(r.running()) == 0 && r.wake.IsZero() {
				break
			}
			if r.wake.After(r.now) {
				r.now = r.wake
			}
		}
		r.end()
		if r.foul != nil {
			t.Error(r.foul)
		}
	})
}
