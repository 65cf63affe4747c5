package httpapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Limits bound what clients of long-lived streams may take.
type Limits struct {
	Streams      int           // at once, of all kinds
	StreamsPerIP int           // at once from one address
	Write        time.Duration // one write may take that long before the client is given up
}

const (
	// notSentLowat is how many bytes may wait unsent in a socket. It is what makes "newest
	// wins" true for slow clients: without it, megabytes of old frames queue in the kernel.
	notSentLowat = 32 << 10
	// userTimeout ends a connection whose peer acknowledges nothing.
	userTimeout = 20 * time.Second
)

// streams owns every hijacked connection, which fasthttp forgets: it counts them, limits
// them and ends them.
type streams struct {
	limits Limits
	log    *slog.Logger

	mu    sync.Mutex
	conns map[net.Conn]*conn
	perIP map[string]int
	ids   uint64
	done  chan struct{} // closed by shutdown
	wg    sync.WaitGroup

	evicted atomic.Uint64 // clients given up because a write took too long
}

func newStreams(l Limits, log *slog.Logger) *streams {
	return &streams{limits: l, log: log, conns: map[net.Conn]*conn{}, perIP: map[string]int{}, done: make(chan struct{})}
}

// conn is one client of a stream. Its stream's goroutine writes; others only read the
// counters.
type conn struct {
	s     *streams
	nc    net.Conn
	id    uint64
	kind  string // annotated, clean, live, raw, with what a rendition is; events
	ip    string
	since time.Time
	begun bool          // under s.mu: fasthttp has handed the connection over
	gone  chan struct{} // closed when the peer has hung up
	done  func()        // called in the end, whether it has begun or not

	// limit is the write deadline that the socket has; the writing goroutine's own.
	limit time.Time

	sent, skipped, bytes atomic.Uint64
	age                  atomic.Int64 // µs, of the last frame when it was sent
}

// write sends all of bufs in one system call or fails. The buffers may be shared: they are
// only read. bufs itself is used up. A client has between 7/8 of the write limit and all of
// it: the deadline is a timer, and setting it for every write would cost more than it is
// worth.
func (c *conn) write(now time.Time, bufs net.Buffers) error {
	if whole := c.s.limits.Write; c.limit.Sub(now) < whole-whole/8 {
		c.limit = now.Add(whole)
		c.nc.SetWriteDeadline(c.limit)
	}
	n, err := bufs.WriteTo(c.nc)
	c.bytes.Add(uint64(n))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.s.evicted.Add(1)
		c.s.log.Info("a client took no data for too long and was disconnected", "stream", c.kind, "remote", c.ip, "limit", c.s.limits.Write)
	}
	if err != nil {
		c.reset()
	}
	return err
}

// reset makes the closing of the connection immediate: what the kernel still holds for a
// client that does not read is thrown away.
func (c *conn) reset() {
	if tc, ok := c.nc.(*net.TCPConn); ok {
		tc.SetLinger(0)
	}
}

// serve turns the request into a close-delimited stream of that kind and runs fn on it,
// after the handler has returned: whatever fn needs of the request must be copied before.
// opening goes out with the headers. open, which may be nil, is called once it is clear that
// there is room for the stream; what it returns is called once when the stream is over.
func (s *streams) serve(c *fiber.Ctx, kind, contentType string, opening []byte, open func() (done func(), err error), fn func(*conn)) error {
	h := &c.Response().Header
	h.SetContentType(contentType)
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no")
	h.SetConnectionClose()
	if c.Method() == fiber.MethodHead { // fiber registers HEAD with every GET
		c.Response().SkipBody = true
		return nil
	}
	cn := &conn{s: s, nc: plain(c.Context().Conn()), kind: kind, ip: c.Context().RemoteIP().String(), since: time.Now(), gone: make(chan struct{}), done: func() {}}
	if err := s.enter(cn); err != nil {
		h.Set("Retry-After", "5")
		return err
	}
	if open != nil {
		done, err := open()
		if err != nil {
			s.leave(cn)
			h.Set("Retry-After", "5")
			return err
		}
		cn.done = done
	}
	head := append(slices.Clone(h.Header()), opening...) // with what earlier middleware set
	ctx := c.Context()
	ctx.HijackSetNoResponse(true) // else fasthttp sends a Content-Length of 0 itself
	ctx.Hijack(func(net.Conn) {
		defer s.leave(cn)
		defer func() { // a panic here would end the process: no middleware is above us
			if r := recover(); r != nil {
				cn.reset()
				s.log.Error("stream panicked", "stream", kind, "panic", r, "stack", string(debug.Stack()))
			}
		}()
		if !s.begin(cn) {
			return
		}
		tune(cn.nc)
		watched := make(chan struct{})
		go cn.watch(watched)
		defer func() {
			cn.nc.SetReadDeadline(time.Unix(1, 0)) // ends watch
			<-watched
		}()
		if cn.write(time.Now(), net.Buffers{head}) == nil {
			fn(cn)
		}
	})
	return nil
}

// watch notices at once when the peer hangs up; a stream that has nothing to write would
// not notice for a long time.
func (c *conn) watch(ended chan<- struct{}) {
	defer close(ended)
	defer close(c.gone)
	var b [256]byte
	for {
		if _, err := c.nc.Read(b[:]); err != nil {
			return
		}
	}
}

func (s *streams) enter(c *conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return shuttingDown()
	default:
	}
	if len(s.conns) >= s.limits.Streams {
		return fail(fiber.StatusServiceUnavailable, "too_many_streams", fmt.Sprintf("all %d streams are taken", s.limits.Streams), "close a viewer, or start the server with a larger --max-streams")
	}
	if s.perIP[c.ip] >= s.limits.StreamsPerIP {
		return fail(fiber.StatusTooManyRequests, "too_many_streams", fmt.Sprintf("%s already has %d streams", c.ip, s.limits.StreamsPerIP), "close a viewer, or start the server with a larger --max-streams-per-ip")
	}
	s.ids++
	c.id = s.ids
	s.conns[c.nc] = c
	s.perIP[c.ip]++
	s.wg.Add(1)
	return nil
}

// begin notes that the connection is ours alone. It may not begin any more once shutdown
// has.
func (s *streams) begin(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return false
	default:
		c.begun = true
		return true
	}
}

func (s *streams) leave(c *conn) {
	s.mu.Lock()
	delete(s.conns, c.nc)
	if s.perIP[c.ip]--; s.perIP[c.ip] == 0 {
		delete(s.perIP, c.ip)
	}
	s.mu.Unlock()
	c.done()
	s.wg.Done()
}

// abandon hears of a connection that was closed before its stream began: the answer to an
// earlier request on it could not be sent. Its place is free again.
func (s *streams) abandon(nc net.Conn) {
	s.mu.Lock()
	c := s.conns[plain(nc)]
	s.mu.Unlock()
	if c != nil {
		s.leave(c)
	}
}

// clients are those connected now, longest first.
func (s *streams) clients() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	cs := make([]*conn, 0, len(s.conns))
	for _, c := range s.conns {
		cs = append(cs, c)
	}
	slices.SortFunc(cs, func(a, b *conn) int { return cmp.Compare(a.id, b.id) })
	return cs
}

// shutdown tells every stream to end, resets those that have not ended when ctx does, and
// waits until all goroutines are gone.
func (s *streams) shutdown(ctx context.Context) {
	s.mu.Lock()
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() { s.wg.Wait(); close(ended) }()
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	s.mu.Lock()
	for _, c := range s.conns {
		if !c.begun {
			giveUp(c.nc)
			continue
		}
		c.reset()
		c.nc.Close() // ends a write that is stuck, and any to come
	}
	s.mu.Unlock()
	<-ended
}
