package pool_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"freshframe/backend/pool"
)

// at is the moment so many milliseconds after the tests' time zero.
func at(n int) time.Time { return epoch.Add(time.Duration(n) * ms) }

// told is everything that the plan says at that moment: "start 1, release 2, wait 100".
func told(p *pool.Plan, n int) string {
	var all []string
	for {
		a := p.Next(at(n))
		if a.Kind == pool.Wait {
			if !a.At.IsZero() {
				all = append(all, fmt.Sprintf("wait %d", a.At.Sub(epoch).Milliseconds()))
			}
			return strings.Join(all, ", ")
		}
		all = append(all, fmt.Sprintf("%v %d", a.Kind, a.Ticket))
	}
}

// script is a plan's life: a line is "TIME EVENT: what it says then". Events: "frame" captured
// now, "old N" one that is N ms old, "ok N", "fail N", "wake", "workers N", "relearn", "drain".
func script(t *testing.T, cfg pool.Config, lines string) {
	t.Helper()
	p := pool.New(cfg)
	for line := range strings.Lines(strings.TrimSpace(lines)) {
		event, want, _ := strings.Cut(strings.TrimSpace(line), ":")
		want = strings.TrimSpace(want)
		var n, arg int
		var what string
		fmt.Sscan(event, &n, &what, &arg)
		switch what {
		case "frame":
			p.Frame(at(n), at(n))
		case "old":
			p.Frame(at(n), at(n-arg))
		case "ok", "fail":
			p.Done(at(n), pool.Ticket(arg), what == "ok")
		case "workers":
			cfg.Workers = arg
			p.Configure(cfg)
		case "relearn":
			p.Relearn()
		case "drain":
			p.Drain(at(n))
		case "wake":
		default:
			t.Fatalf("unknown event %q", event)
		}
		if got := told(p, n); got != want {
			t.Errorf("%s: said %q, want %q", event, got, want)
		}
	}
}

func TestNewestWins(t *testing.T) {
	script(t, pool.Config{Workers: 1}, `
		0 frame: start 1
		33 frame:
		67 frame: displace 2
		100 ok 1: release 1, start 3
		100 frame:
		133 frame: displace 4
		200 ok 3: release 3, start 5`)
}

func TestResultsLeaveInOrder(t *testing.T) {
	script(t, pool.Config{Workers: 3, MaxReorderWait: 500 * ms}, `
		0 frame: start 1
		33 frame: start 2
		67 frame: start 3
		90 ok 3: wait 590
		92 ok 3: wait 590
		95 ok 2: wait 590
		100 ok 1: release 1, release 2, release 3`)
}

// A result waits for frames before it as long as it may; then they are late, and what they still
// give is for nobody, but their worker is free.
func TestStraggler(t *testing.T) {
	script(t, pool.Config{Workers: 2, MaxReorderWait: 50 * ms}, `
		0 frame: start 1
		33 frame: start 2
		100 ok 2: wait 150
		149 wake: wait 150
		150 wake: late 1, release 2
		160 frame: start 3
		170 frame:
		180 ok 1: start 4
		200 ok 3: release 3
		210 ok 4: release 4`)
}

// Of several stragglers in a row all are given up for the same result.
func TestStragglersInARow(t *testing.T) {
	script(t, pool.Config{Workers: 3, MaxReorderWait: 50 * ms}, `
		0 frame: start 1
		33 frame: start 2
		67 frame: start 3
		100 ok 3: wait 150
		150 wake: late 1, late 2, release 3`)
}

// The default wait is what all but the slowest tenth of the analyses take.
// Behind the last frames no result comes that would end the patience with them.
func TestDrain(t *testing.T) {
	script(t, pool.Config{Workers: 2}, `
		0 frame: start 1
		100 ok 1: release 1
		110 frame: start 2
		155 frame: wait 160
		160 wake: start 3
		160 drain: wait 285
		210 ok 2: release 2, wait 285
		284 wake: wait 285
		285 wake: late 3
		400 ok 3:`)
}

func TestDefaultReorderWait(t *testing.T) {
	script(t, pool.Config{Workers: 2}, `
		0 frame: start 1
		80 ok 1: release 1
		100 frame: start 2
		150 frame: start 3
		230 ok 3: wait 310
		310 wake: late 2, release 3`)
	script(t, pool.Config{Workers: 2}, `
		0 frame: start 1
		10 frame: start 2
		15 relearn: 
		80 ok 2: wait 1080`)
}

func TestFailureDoesNotBlock(t *testing.T) {
	script(t, pool.Config{Workers: 3, MaxReorderWait: 500 * ms}, `
		0 frame: start 1
		33 frame: start 2
		67 frame: start 3
		90 ok 3: wait 590
		100 fail 1: fail 1, wait 590
		110 ok 2: release 2, release 3`)
}

// A hung analysis is given up: it failed, the worker that replaces it is free, and what the
// other says at last is ignored. If the frame was late already, it stays late.
func TestHung(t *testing.T) {
	script(t, pool.Config{Workers: 1}, `
		0 frame: start 1
		33 frame:
		1000 fail 1: fail 1, start 2
		1050 ok 1:
		1100 ok 2: release 2`)
	script(t, pool.Config{Workers: 2, MaxReorderWait: 50 * ms}, `
		0 frame: start 1
		33 frame: start 2
		100 ok 2: wait 150
		150 wake: late 1, release 2
		1000 fail 1:
		1000 ok 1:`)
}

// What cannot be done in time is not started while others run; alone it is tried. What was not
// done in time is late, also if the driver is.
func TestAgeBudget(t *testing.T) {
	script(t, pool.Config{Workers: 2, MaxAge: 150 * ms}, `
		0 frame: start 1, wait 150
		100 ok 1: release 1
		110 frame: start 2, wait 260
		120 old 60: wait 260
		170 frame: displace 3, start 4, wait 260
		180 old 110: wait 260
		210 ok 2: release 2, wait 320
		230 ok 4: release 4
		240 frame: displace 5, start 6, wait 390
		400 ok 6: late 6
		500 old 140: start 7, wait 510
		510 wake: late 7
		520 old 150:
		530 ok 7:`)
}

// The budget is that of the oldest: what waits behind a straggler leaves in time even if it was
// captured earlier.
func TestAgeBudgetOfTheOnesBehind(t *testing.T) {
	script(t, pool.Config{Workers: 2, MaxAge: 150 * ms, MaxReorderWait: 500 * ms}, `
		0 frame: start 1, wait 150
		20 old 30: start 2, wait 150
		90 ok 2: wait 140
		140 wake: late 1, release 2`)
}

// Two workers, 100 ms, a camera at 30 fps: starts move into the middle between those of the
// other by up to a twentieth of the service time each round.
func TestPacing(t *testing.T) {
	script(t, pool.Config{Workers: 2}, `
		0 frame: start 1
		30 frame: start 2
		60 frame:
		100 ok 1: release 1, start 3
		125 frame:
		130 ok 2: release 2, wait 135
		134 frame: displace 4, wait 135
		135 wake: start 5
		190 frame:
		200 ok 3: release 3, start 6
		230 frame:
		235 ok 5: release 5, wait 240`)
}

// Results that come early are held until they have stayed as long as the fastest of the slower
// ones, and after a straggler the stay shrinks by halves.
func TestEven(t *testing.T) {
	script(t, pool.Config{Workers: 2, MaxReorderWait: 500 * ms, Even: 0.5}, `
		0 frame: start 1
		100 ok 1: release 1
		200 frame: start 2
		260 frame: start 3
		300 ok 2: release 2
		350 ok 3: wait 360
		360 wake: release 3
		400 frame: start 4
		480 frame: start 5
		600 ok 4: release 4
		605 ok 5: wait 630
		630 wake: release 5`)
}

// A result is not held beyond its budget, nor beyond the reorder wait.
func TestEvenHasLimits(t *testing.T) {
	script(t, pool.Config{Workers: 2, MaxAge: 110 * ms, Even: 1}, `
		0 frame: start 1, wait 110
		100 ok 1: release 1
		200 old 20: start 2, wait 290
		250 ok 2: wait 290
		290 wake: release 2`)
	script(t, pool.Config{Workers: 2, MaxReorderWait: 10 * ms, Even: 1}, `
		0 frame: start 1
		100 ok 1: release 1
		200 frame: start 2
		250 ok 2: wait 260
		260 wake: release 2`)
}

// Fewer workers: the surplus finishes. None: nothing starts, what is in flight leaves.
func TestWorkersChange(t *testing.T) {
	script(t, pool.Config{Workers: 3}, `
		0 frame: start 1
		10 frame: start 2
		20 frame: start 3
		25 workers 1:
		30 frame:
		100 ok 1: release 1
		110 ok 2: release 2
		120 ok 3: release 3, start 4
		125 workers 0:
		130 frame:
		220 ok 4: release 4
		230 workers 2: start 5
		240 frame: wait 245`)
	if p := pool.New(pool.Config{Workers: -1, MaxAge: -1, MaxReorderWait: -1, Even: -1}); p.Frame(at(0), at(0)) != 1 || told(p, 0) != "" {
		t.Error("negative values are not taken for 0")
	}
}

// Another analyzer: what is in flight keeps its place, and its service times tell nothing.
func TestRelearn(t *testing.T) {
	p := pool.New(pool.Config{Workers: 2})
	p.Frame(at(0), at(0))
	told(p, 0)
	p.Relearn()
	p.Frame(at(10), at(10))
	told(p, 10)
	p.Done(at(30), 2, true)
	if got := told(p, 30); got != "wait 50" { // 20 ms: all that is known of the new one
		t.Errorf("said %q", got)
	}
	p.Done(at(40), 1, true)
	if got := told(p, 40); got != "release 1, release 2" {
		t.Errorf("said %q", got)
	}
	service := p.Service()
	if n, mean := service.Samples(), service.Mean(); n != 1 || mean != 20*ms {
		t.Errorf("%d samples, mean %v", n, mean)
	}
}

// A failure's duration says nothing about an analysis.
func TestFailuresTeachNothing(t *testing.T) {
	p := pool.New(pool.Config{Workers: 1})
	p.Frame(at(0), at(0))
	told(p, 0)
	p.Done(at(1), 1, false)
	if service := p.Service(); service.Samples() != 0 {
		t.Errorf("the mean is %v", service.Mean())
	}
}

func TestWithdraw(t *testing.T) {
	p := pool.New(pool.Config{})
	if ticket, ok := p.Withdraw(); ticket != 0 || ok {
		t.Errorf("withdrew %d", ticket)
	}
	p.Frame(at(0), at(0))
	if ticket, ok := p.Withdraw(); ticket != 1 || !ok {
		t.Errorf("withdrew %d, %v", ticket, ok)
	}
	p.Frame(at(1), at(1))
	if got := told(p, 1); got != "" {
		t.Errorf("said %q", got)
	}
}

func TestKindNames(t *testing.T) {
	for k, want := range map[pool.Kind]string{pool.Wait: "wait", pool.Fail: "fail", pool.Fail + 1: "unknown"} {
		if k.String() != want {
			t.Errorf("%d is %q, want %q", k, k, want)
		}
	}
}

// Deciding costs nothing that would show: no garbage, and little time.
func BenchmarkFrame(b *testing.B) {
	p := pool.New(pool.Config{Workers: 4, MaxAge: 200 * ms, Even: pool.DefaultEven})
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n += 33
		p.Frame(at(n), at(n))
		told := func(now int) {
			for a := p.Next(at(now)); a.Kind != pool.Wait; a = p.Next(at(now)) {
			}
		}
		told(n)
		if n > 100 {
			p.Done(at(n+1), pool.Ticket(n/33-3), true)
			told(n + 1)
		}
	}
}
