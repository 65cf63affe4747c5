package client

import "context"

// State is what GET /api/v1/state and its event tell, as far as tests and benchmarks look.
type State struct {
	Camera struct {
		State     string  `json:"state"`
		Source    string  `json:"source"`
		Stable    string  `json:"stable"`
		Device    string  `json:"device"`
		Name      string  `json:"name"`
		Format    string  `json:"format"`
		Width     int     `json:"width"`
		Height    int     `json:"height"`
		Framerate float64 `json:"framerate"`
		Asked     *Asked  `json:"asked"`
		Reopens   int     `json:"reopens"`
		Controls  uint64  `json:"controls_rev"`
		Error     *Error  `json:"error"`
	} `json:"camera"`
	Pipeline Pipeline `json:"pipeline"`
	Rates    struct {
		Captured float64 `json:"captured"`
		Analyzed float64 `json:"analyzed"`
	} `json:"rates"`
	Ledger  Ledger `json:"ledger"`
	Process struct {
		CPU        float64 `json:"cpu_s"`
		RSS        int64   `json:"rss_bytes"`
		Goroutines int     `json:"goroutines"`
	} `json:"process"`
}

// Pipeline is who analyzes, what can be expected of it and what is observed.
type Pipeline struct {
	Running string `json:"running"` // serial, pool
	Workers struct {
		Working int    `json:"working"`
		Limit   string `json:"limit"` // why fewer than asked for work, "" if as many do
	} `json:"workers"`
	Theory *Expected `json:"theory"` // nil while unknown
}

// Expected is the part of the theory that holds for results.
type Expected struct {
	Ceiling float64 `json:"ceiling_fps"`
	FPS     float64 `json:"fps"`
	Late    float64 `json:"late"` // 0 to 1, of the started frames
	AgeMS   float64 `json:"age_ms"`
}

// Asked is what the camera was asked for.
type Asked struct {
	Format    string  `json:"format"`
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	Framerate float64 `json:"framerate"`
}

// Error is an error on the wire.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// Ledger is where the captured frames have gone.
type Ledger struct {
	Captured     uint64 `json:"captured"`
	Analyzed     uint64 `json:"analyzed"`
	Displaced    uint64 `json:"displaced"`
	Late         uint64 `json:"late"`
	Corrupt      uint64 `json:"corrupt"`
	Failed       uint64 `json:"failed"`
	Idle         uint64 `json:"idle"`
	Shutdown     uint64 `json:"shutdown"`
	InFlight     uint64 `json:"in_flight"`
	LostUpstream uint64 `json:"lost_upstream"`
}

// Balanced says whether every captured frame has one fate or is in flight.
func (l Ledger) Balanced() bool {
	return l.Captured == l.Analyzed+l.Displaced+l.Late+l.Corrupt+l.Failed+l.Idle+l.Shutdown+l.InFlight
}

// Since is what has been counted since an earlier moment; InFlight is that of now.
func (l Ledger) Since(before Ledger) Ledger {
	return Ledger{
		Captured:     l.Captured - before.Captured,
		Analyzed:     l.Analyzed - before.Analyzed,
		Displaced:    l.Displaced - before.Displaced,
		Late:         l.Late - before.Late,
		Corrupt:      l.Corrupt - before.Corrupt,
		Failed:       l.Failed - before.Failed,
		Idle:         l.Idle - before.Idle,
		Shutdown:     l.Shutdown - before.Shutdown,
		InFlight:     l.InFlight,
		LostUpstream: l.LostUpstream - before.LostUpstream,
	}
}

// State asks for the present state.
func (s *Server) State(ctx context.Context) (st State, err error) {
	err = s.JSON(ctx, "/api/v1/state", &st)
	return st, err
}
