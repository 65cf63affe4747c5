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
