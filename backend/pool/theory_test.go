package pool_test

import (
	"math"
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
