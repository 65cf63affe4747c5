package pool_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"freshframe/backend/pool"
)

// steady has observed analyses that all took that long.
func steady(d time.Duration) (s pool.Service) {
	for range 64 {
		s.Add(d)
	}
	return s
}

// lifelike has observed analyses with that mean that vary by so much, log-normally: 64 equally
// likely ones, in an order without a trend.
func lifelike(mean time.Duration, cv float64) (s pool.Service) {
	sigma2 := math.Log(1 + cv*cv)
	for i := range 64 {
		p := (float64(i*37%64) + 0.5) / 64
		z := math.Sqrt2 * math.Erfinv(2*p-1)
		s.Add(time.Duration(float64(mean) * math.Exp(math.Sqrt(sigma2)*z-sigma2/2)))
	}
	return s
}

// Where nothing varies the formulas are plain sums. That they hold where it does, e2e/poolsim
// shows by simulation.
func TestExpectSteady(t *testing.T) {
	const T = 40 * ms
	for _, c := range []struct {
		name    string
		service time.Duration
		cfg     pool.Config
		want    pool.Theory
	}{
		{"serial, keeps up", 30 * ms, pool.Config{Workers: 1}, pool.Theory{Ceiling: 25, FPS: 25, Age: 30 * ms, AgeP95: 30 * ms}},
		{"serial, does not", 100 * ms, pool.Config{Workers: 1}, pool.Theory{Ceiling: 10, FPS: 10, Skipped: 0.6, Age: 100*ms + T/2, AgeP95: 100*ms + T}},
		{"pool that keeps up", 100 * ms, pool.Config{Workers: 3}, pool.Theory{Ceiling: 25, FPS: 25, Age: 100 * ms, AgeP95: 100 * ms}},
		{"evenness is free", 100 * ms, pool.Config{Workers: 3, Even: 0.5}, pool.Theory{Ceiling: 25, FPS: 25, Age: 100 * ms, AgeP95: 100 * ms}},
		{"pool that does not", 100 * ms, pool.Config{Workers: 2}, pool.Theory{Ceiling: 20, FPS: 20, Skipped: 0.2, Age: 100*ms + T/2, AgeP95: 100*ms + T}},
		{"impossible budget", 100 * ms, pool.Config{Workers: 3, MaxAge: 80 * ms}, pool.Theory{Ceiling: 25, Skipped: 1, Late: 1}},
		{"no workers", 100 * ms, pool.Config{}, pool.Theory{}},
		{"no work", 0, pool.Config{Workers: 1}, pool.Theory{}},
	} {
		service := steady(c.service)
		got := pool.Expect(25, &service, c.cfg)
		near := func(a, b float64) bool { return math.Abs(a-b) <= 0.005*math.Abs(b)+1e-9 }
		if !near(got.Ceiling, c.want.Ceiling) || !near(got.FPS, c.want.FPS) || !near(got.Skipped, c.want.Skipped) || !near(got.Late, c.want.Late) ||
			!near(float64(got.Age), float64(c.want.Age)) || !near(float64(got.AgeP95), float64(c.want.AgeP95)) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
	var unknown pool.Service
	service := steady(100 * ms)
	if a, b := pool.Expect(25, &unknown, pool.Config{Workers: 1}), pool.Expect(0, &service, pool.Config{Workers: 1}); a != b || a != (pool.Theory{}) {
		t.Errorf("from nothing: %+v, %+v", a, b)
	}
}

// The figures that the order and evenness are known to cost.
func TestExpectVarying(t *testing.T) {
	service := lifelike(100*ms, 0.3)
	for _, c := range []struct {
		cfg  pool.Config
		from time.Duration
		to   time.Duration
	}{
		{pool.Config{Workers: 4}, 105 * ms, 108 * ms},
		{pool.Config{Workers: 4, MaxAge: 200 * ms}, 104 * ms, 108 * ms},
		{pool.Config{Workers: 4, MaxAge: 200 * ms, Even: pool.DefaultEven}, 108 * ms, 112 * ms},
		{pool.Config{Workers: 1}, 115 * ms, 118 * ms},
	} {
		got := pool.Expect(30, &service, c.cfg)
		if got.Age < c.from || got.Age > c.to || got.AgeP95 <= got.Age {
			t.Errorf("%+v: age %v, 95 %% up to %v", c.cfg, got.Age, got.AgeP95)
		}
	}
}

// It is shown in every state: it must not cost much, whatever it is asked.
func BenchmarkExpect(b *testing.B) {
	service := lifelike(100*ms, 0.3)
	for b.Loop() {
		pool.Expect(120, &service, pool.Config{Workers: 16, Even: pool.DefaultEven})
	}
}

// Whatever was observed, shares are shares and no rate exceeds the ceiling: analyzers that take
// their turns at rates of their own vary wildly.
func TestExpectWithinBounds(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		var s pool.Service
		for range 1 + rnd.IntN(64) {
			s.Add(time.Duration(math.Exp(rnd.Float64()*12)) * time.Microsecond)
		}
		camera := 1 + 200*rnd.Float64()
		cfg := pool.Config{Workers: 1 + rnd.IntN(8)}
		if rnd.IntN(2) == 0 {
			cfg.MaxAge = time.Duration(rnd.IntN(300)) * ms
		}
		got := pool.Expect(camera, &s, cfg)
		const tiny = 1e-9
		if !(got.FPS >= 0 && got.FPS <= got.Ceiling+tiny && got.Ceiling <= camera && got.Skipped >= -tiny && got.Skipped <= 1 && got.Late >= -tiny && got.Late <= 1 && got.Age >= 0 && got.AgeP95 >= 0) {
			t.Fatalf("seed %d: camera %.1f, %+v, spread %.2f: %+v", seed, camera, cfg, s.Spread(), got)
		}
	}
}

// One worker whose every sixth frame takes longer than an interval, as faces+objects@5fps does:
// the formula is near what happens.
func TestExpectTurns(t *testing.T) {
	const T = time.Second / 30
	for _, c := range []struct{ short, long time.Duration }{{10 * ms, 45 * ms}, {5 * ms, 90 * ms}, {20 * ms, 60 * ms}} {
		var s pool.Service
		took := func(i int) time.Duration {
			if i%6 == 0 {
				return c.long
			}
			return c.short
		}
		var now time.Duration
		done, last := 0, -1
		for ; now < 60*time.Second; done++ {
			frame := max(int(now/T), last+1) // the newest there is, else the next
			now = max(now, time.Duration(frame)*T) + took(done)
			last = frame
			s.Add(took(done))
		}
		want := float64(done) / 60
		if got := pool.Expect(30, &s, pool.Config{Workers: 1}).FPS; math.Abs(got-want) > 0.15*want {
			t.Errorf("%v and %v: expected %.1f fps, happened %.1f", c.short, c.long, got, want)
		}
	}
}
