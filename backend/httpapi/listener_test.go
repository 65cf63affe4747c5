package httpapi

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// scriptedListener gives one answer after another, errors or connections, then waits to be
// closed.
type scriptedListener struct {
	accept []any
	closed chan struct{}
}

func (l *scriptedListener) Accept() (net.Conn, error) {
	if len(l.accept) == 0 {
		<-l.closed
		return nil, net.ErrClosed
	}
	next := l.accept[0]
	l.accept = l.accept[1:]
	if err, ok := next.(error); ok {
		return nil, err
	}
	return next.(net.Conn), nil
}

func (l *scriptedListener) Close() error {
	select {
	case <-l.closed:
		return net.ErrClosed
	default:
		close(l.closed)
		return nil
	}
}

func (l *scriptedListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// acceptError is an error as the net package wraps it.
func acceptError(errno syscall.Errno) error {
	return &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", errno)}
}

func TestAcceptGoesOnAfterErrorsThatPass(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ECONNABORTED, syscall.ENOBUFS, syscall.ENOMEM, syscall.EPROTO} {
		t.Run(errno.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				want, other := net.Pipe()
				defer want.Close()
				defer other.Close()
				e := acceptError(errno)
				ln := retry(&scriptedListener{closed: make(chan struct{}), accept: []any{e, e, e, want}})
				begin := time.Now()
				got, err := ln.Accept()
				if got != want || err != nil {
					t.Fatalf("got %v, %v", got, err)
				}
				if d := time.Since(begin); d != (5+10+20)*time.Millisecond {
					t.Errorf("three failures took %v, want 5+10+20 ms", d)
				}
			})
		})
	}
}

// Out of files for an hour costs about one try a second.
func TestAcceptBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var script []any
		for range 20 {
			script = append(script, acceptError(syscall.EMFILE))
		}
		ln := retry(&scriptedListener{closed: make(chan struct{}), accept: append(script, errors.New("enough"))})
		begin := time.Now()
		ln.Accept()
		if d := time.Since(begin); d < 12*time.Second || d > 14*time.Second {
			t.Errorf("20 failures took %v", d)
		}
	})
}

func TestAcceptReportsWhatDoesNotPass(t *testing.T) {
	for _, want := range []error{net.ErrClosed, acceptError(syscall.EBADF), errors.New("other"), fmt.Errorf("wrapped: %w", net.ErrClosed)} {
		ln := retry(&scriptedListener{closed: make(chan struct{}), accept: []any{want}})
		if _, err := ln.Accept(); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

// The end need not wait until the pause is over.
func TestCloseEndsThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var script []any
		for range 100 {
			script = append(script, acceptError(syscall.EMFILE))
		}
		ln := retry(&scriptedListener{closed: make(chan struct{}), accept: script})
		begin := time.Now()
		ended := make(chan error)
		go func() { _, err := ln.Accept(); ended <- err }()
		time.Sleep(10*time.Second + 100*time.Millisecond)
		ln.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) || time.Since(begin) != 10100*time.Millisecond {
			t.Errorf("Accept ended with %v after %v", err, time.Since(begin))
		}
		ln.Close() // twice is no harm
	})
}

// A server that ran out of files serves again when some are free.
func TestServerSurvivesRunningOutOfFiles(t *testing.T) {
	real, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := newRigOn(t, &failingListener{Listener: real, failures: 3})
	if got := r.head("/healthz"); got != 200 {
		t.Errorf("got %d", got)
	}
}

// failingListener fails some times before it works.
type failingListener struct {
	net.Listener
	failures int
}

func (l *failingListener) Accept() (net.Conn, error) {
	if l.failures > 0 {
		l.failures--
		return nil, acceptError(syscall.EMFILE)
	}
	return l.Listener.Accept()
}
