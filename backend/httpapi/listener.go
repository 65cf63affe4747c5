package httpapi

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// retryListener keeps accepting after errors that pass: fasthttp ends its accept loop at
// the first one (too many open files, a client gone before it was accepted) while the
// port stays in LISTEN, and nobody could connect any more.
type retryListener struct {
	net.Listener
	closing sync.Once
	closed  chan struct{}
}

func retry(ln net.Listener) *retryListener {
	return &retryListener{Listener: ln, closed: make(chan struct{})}
}

var passing = []error{syscall.EMFILE, syscall.ENFILE, syscall.ECONNABORTED, syscall.ENOBUFS, syscall.ENOMEM, syscall.EPROTO}

// Accept waits for the next connection, through errors that pass.
func (l *retryListener) Accept() (net.Conn, error) {
	pause := 5 * time.Millisecond
	for {
		c, err := l.Listener.Accept()
		if tc, ok := c.(*net.TCPConn); ok {
			c = &calmConn{tc}
		}
		if err == nil || !isPassing(err) {
			return c, err
		}
		select {
		case <-time.After(pause):
		case <-l.closed:
			return nil, net.ErrClosed
		}
		pause = min(2*pause, time.Second)
	}
}

// Close ends the listening, and a pause between two tries.
func (l *retryListener) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

func isPassing(err error) bool {
	for _, p := range passing {
		if errors.Is(err, p) {
			return true
		}
	}
	return false
}

// calmConn is a connection that may be closed under fasthttp's hands: fasthttp takes a
// deadline that cannot be set for a bug of its own and panics, which at the end of the
// program, when we close what is left, would be the last thing people see.
type calmConn struct{ *net.TCPConn }

func (c *calmConn) SetDeadline(t time.Time) error {
	c.TCPConn.SetDeadline(t)
	return nil
}

func (c *calmConn) SetReadDeadline(t time.Time) error {
	c.TCPConn.SetReadDeadline(t)
	return nil
}

func (c *calmConn) SetWriteDeadline(t time.Time) error {
	c.TCPConn.SetWriteDeadline(t)
	return nil
}

// plain is the connection below, which can write several buffers in one system call and
// has socket options.
func plain(nc net.Conn) net.Conn {
	if c, ok := nc.(*calmConn); ok {
		return c.TCPConn
	}
	return nc
}
