package pool_test

import (
	"testing"

	"freshframe/backend/pool"
)

// While results cannot get away nothing is started; the newest frame is, as soon as they can.
func TestHold(t *testing.T) {
	p := pool.New(pool.Config{Workers: 2})
	p.Hold(true)
	p.Frame(epoch, epoch)
	if a := p.Next(epoch); a.Kind != pool.Wait || !a.At.IsZero() {
		t.Errorf("held: %+v", a)
	}
	newest := p.Frame(epoch.Add(33*ms), epoch.Add(33*ms))
	if a := p.Next(epoch.Add(33 * ms)); a.Kind != pool.Displace {
		t.Errorf("held, with a newer frame: %+v", a)
	}
	p.Hold(false)
	if a := p.Next(epoch.Add(40 * ms)); a.Kind != pool.Start || a.Ticket != newest {
		t.Errorf("let go: %+v, want a start of %d", a, newest)
	}
}

// What was known before counts as if the plan had seen it.
func TestAssume(t *testing.T) {
	p := pool.New(pool.Config{Workers: 2})
	p.Assume(steady(100 * ms))
	if s := p.Service(); s.Mean() != 100*ms || s.Samples() != 64 {
		t.Errorf("%v from %d", s.Mean(), s.Samples())
	}
	p.Relearn()
	if s := p.Service(); s.Samples() != 0 {
		t.Errorf("%d samples of another analyzer", s.Samples())
	}
}
