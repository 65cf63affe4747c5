// Package httpapi is the program's face on the network: streams, snapshots, events, state,
// control, health and the page. In: HTTP requests, pictures and reports. Out: responses,
// streams on hijacked connections. It must never let a client slow the camera, the
// analyzer or another client, and it alone knows Fiber.
package httpapi

import (
	"cmp"
	"context"
	"io/fs"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"golang.org/x/sys/unix"

	"freshframe/backend/analyze"
	"freshframe/backend/capture"
	"freshframe/backend/hub"
	"freshframe/backend/metrics"
	"freshframe/backend/pipeline"
	"freshframe/backend/rendition"
	"freshframe/backend/zone"
)

// Camera is what the API needs of the camera.
type Camera interface {
	Status() (capture.Status, <-chan struct{})
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Controls(ctx context.Context) ([]capture.Control, error)
	// SetControls sets all or none, and gives the list as it is afterwards.
	SetControls(ctx context.Context, settings []capture.Setting) ([]capture.Control, error)
}

// Pipeline is what the API needs of the pipeline.
type Pipeline interface {
	Settings() (pipeline.Settings, <-chan struct{})
	Apply(pipeline.Change) (pipeline.Settings, error)
	Snapshot(ctx context.Context) (*hub.Picture, error)
	RawSnapshot() (*hub.Picture, error)
	Rates(now time.Time) pipeline.Rates
	Work(now time.Time) pipeline.Work
	Ages() metrics.Percentiles
	Totals() metrics.Totals
	Trouble() error
	Silence() string
	Zones() []zone.Tally
}

// Config is everything a Server needs.
type Config struct {
	Camera   Camera
	Pipeline Pipeline
	Kinds    analyze.Kinds
	Schemes  capture.Schemes
	// Discover lists the cameras of this machine as JSON-ready values.
	Discover func() any
	// Source is the source value in use, Why the line that says why it was chosen.
	Source, Why string
	// Automatic, optional, is the spec that the analyzer auto stands for at the moment, and why it
	// is not the best one; Fallback is that of the beginning.
	Automatic func() (spec string, fallback *Fallback)
	Fallback  *Fallback
	// Models is the folder of which clients may name the files, "" for none.
	Models                      string
	Annotated, Clean, Live, Raw *hub.Pictures
	Quality                     int    // of streams made narrower, where the client wants none; 1–100, 0 for 80
	Boot                        string // goes into every event id
	Build                       Build
	Limits                      Limits
	// Page is the built dashboard; nil when this binary has none.
	Page fs.FS
	// Key, when not empty, is asked of every client.
	Key string
	// Hosts are further Host names to answer to, besides the loopback ones.
	Hosts []string
	Log   *slog.Logger
}

// Server serves the API. Run owns its goroutines.
type Server struct {
	cfg        Config
	app        *fiber.App
	requests   requests
	streams    *streams
	renditions *rendition.Set
	events     *hub.Events
	newest     atomic.Pointer[reported]
	spent      spent
	fallback   atomic.Pointer[Fallback]
	files      map[file]bool // that the command line named
	untold     atomic.Bool   // the newest result could not be marshalled

	// life ends when the server shuts down, and with it every request that waits. Fasthttp's
	// own context of a request ends too late for that.
	life    context.Context
	endLife context.CancelFunc

	started    time.Time
	wallOffset time.Duration // wall clock − CLOCK_MONOTONIC at the start
	loopback   bool          // the listener's address is one of this machine only
	cameras    cameraList
	changing   sync.Mutex // held while settings are read, changed and applied
	resizing   sync.Mutex // held while a snapshot is resized
}

// New makes a server. Nothing listens before Run.
func New(cfg Config) *Server {
	s := &Server{
		cfg:        cfg,
		streams:    newStreams(cfg.Limits, cfg.Log),
		renditions: rendition.NewSet(cmp.Or(cfg.Quality, 80), cfg.Log),
		events:     hub.NewEvents(cfg.Boot, history),
		started:    time.Now(),
	}
	s.fallback.Store(cfg.Fallback)
	begin, _ := cfg.Pipeline.Settings()
	s.files = filesOf(begin.Spec)
	s.life, s.endLife = context.WithCancel(context.Background())
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) == nil {
		s.wallOffset = time.Duration(s.started.UnixNano() - ts.Nano())
	}
	s.app = fiber.New(fiber.Config{
		DisableStartupMessage: true,
		ErrorHandler:          s.onError,
		Immutable:             true,      // strings of a request stay what they are after it
		BodyLimit:             256 << 10, // as many zones as there may be, with all their corners
		ReadBufferSize:        16 << 10,  // bounds a request's headers: cookies of every program on localhost come along
		ReadTimeout:           10 * time.Second,
		WriteTimeout:          30 * time.Second, // of a whole response; streams are hijacked
		IdleTimeout:           60 * time.Second,
		ServerHeader:          "freshframe",
	})
	s.app.Server().ConnState = s.noteConn
	s.routes()
	return s
}

func (s *Server) routes() {
	app := s.app
	app.Use(recover.New(recover.Config{EnableStackTrace: true, StackTraceHandler: s.logPanic}), s.guard)
	app.Post("/login", s.handleLogin)

	app.Get("/healthz", s.handleHealthz)
	app.Get("/readyz", s.handleReadyz)
	app.Get("/metrics", s.handleMetrics)

	app.Get("/ai-video-stream", s.handleAnnotated)
	app.Get("/live-video-stream", s.handleLive)
	app.Get("/raw-video-stream", s.handleRaw)

	v1 := app.Group("/api/v1")
	v1.Get("/snapshot.jpg", s.handleSnapshotJPEG)
	v1.Get("/snapshot", s.handleSnapshot)
	v1.Get("/events", s.handleEvents)
	v1.Get("/state", s.handleState)
	v1.Get("/analyzers", s.handleAnalyzers)
	v1.Get("/cameras", s.handleCameras)
	v1.Patch("/pipeline", s.handlePipeline)
	v1.Get("/zones", s.handleZones)
	v1.Put("/zones", s.handleZonesChange)
	v1.Post("/camera/start", s.handleCameraStart)
	v1.Post("/camera/stop", s.handleCameraStop)
	v1.Get("/camera/controls", s.handleControls)
	v1.Patch("/camera/controls", s.handleControlsChange)
	v1.Get("/openapi.json", s.handleOpenAPI)

	// What ustreamer and mjpg-streamer clients ask for.
	app.Get("/stream", s.handleAnnotated)
	app.Get("/snapshot", s.snapshotJPEG)
	app.Get("/", s.handleRoot)
	app.Get("/*", s.handlePage)
}

// Run serves on ln until ctx ends, then ends the streams: they get a moment to finish,
// stuck ones are reset. It closes ln, and returns when every goroutine is gone, except one
// that a camera's driver holds up.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	if a, ok := ln.Addr().(*net.TCPAddr); ok {
		s.loopback = a.IP.IsLoopback()
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer s.endLife()
	wg.Go(func() { s.runStates(s.life) })

	patient := retry(ln)
	var err error
	served := make(chan struct{})
	go func() {
		defer close(served)
		err = s.app.Listener(patient)
	}()
	select {
	case <-served:
	case <-ctx.Done():
	}
	s.shutdown()
	patient.Close() // once more: the shutdown knows nothing of a listener not yet served
	<-served
	return err
}

// shutdown ends the streams, then the requests, then what is left of both.
func (s *Server) shutdown() {
	const toFinish, toAnswer, toClose = 500 * time.Millisecond, 500 * time.Millisecond, 250 * time.Millisecond
	s.endLife()
	finish, cancel := context.WithTimeout(context.Background(), toFinish)
	defer cancel()
	s.streams.shutdown(finish)
	s.app.ShutdownWithTimeout(toAnswer) // its errors are dealt with here: what is open still is closed
	gone, cancel := context.WithTimeout(context.Background(), toClose)
	defer cancel()
	s.requests.end(gone)
	s.renditions.Close()
}
