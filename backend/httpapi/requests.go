package httpapi

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// requests knows every connection that fasthttp serves: its own shutdown leaves behind
// those that are in the middle of a request, and their goroutines. The zero value is ready.
type requests struct {
	mu    sync.Mutex
	open  map[net.Conn]struct{}
	empty chan struct{} // closed when the last one is gone; nil until end
}

// giveUp ends what reads or writes on a connection that fasthttp serves, now and later. It
// does not close it: an answer that is only late can still be sent.
func giveUp(nc net.Conn) {
	if tc, ok := plain(nc).(*net.TCPConn); ok {
		tc.CloseRead()
	}
	nc.SetWriteDeadline(time.Unix(1, 0))
}

// noteConn hears of every connection's way: new, active, idle, then closed or hijacked.
func (s *Server) noteConn(nc net.Conn, st fasthttp.ConnState) {
	switch st {
	case fasthttp.StateNew:
		s.requests.enter(nc)
	case fasthttp.StateHijacked:
		s.requests.leave(nc)
	case fasthttp.StateClosed:
		s.streams.abandon(nc)
		s.requests.leave(nc)
	}
}

func (r *requests) enter(nc net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		r.open = map[net.Conn]struct{}{}
	}
	r.open[nc] = struct{}{}
}

func (r *requests) leave(nc net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, nc)
	if r.empty != nil && len(r.open) == 0 {
		close(r.empty)
		r.empty = nil
	}
}

// end gives the connections up and waits until they are gone or ctx has ended: a handler
// may be stuck in a driver, which nothing here can end.
func (r *requests) end(ctx context.Context) {
	r.mu.Lock()
	if len(r.open) == 0 {
		r.mu.Unlock()
		return
	}
	for nc := range r.open {
		giveUp(nc)
	}
	empty := make(chan struct{})
	r.empty = empty
	r.mu.Unlock()
	select {
	case <-empty:
	case <-ctx.Done():
	}
}
