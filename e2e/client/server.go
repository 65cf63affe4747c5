// Package client is the server as programs outside see it, for tests and benchmarks: it
// starts the real program and reads its streams, events and state over HTTP. In: the
// program's path and arguments. Out: parts, events and JSON with the moments at which they
// came. It must never look inside the server.
package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Server is a running freshframe.
type Server struct {
	URL string // with a slash at its end
	cmd *exec.Cmd
	log lockedBuffer

	ended chan struct{} // closed when the process is gone
	err   error         // of the process, once ended
}

// startLimit is how long the program may take to print its address.
const startLimit = 20 * time.Second

// Start runs `binary serve args…` on a free loopback port and waits for its address. The
// process gets SIGTERM when ctx ends, and SIGKILL 5 s later.
func Start(ctx context.Context, binary string, args ...string) (*Server, error) {
	return StartAs(ctx, nil, binary, args...)
}

// StartAs is Start as another user.
func StartAs(ctx context.Context, as *syscall.Credential, binary string, args ...string) (*Server, error) {
	s := &Server{ended: make(chan struct{})}
	s.cmd = exec.CommandContext(ctx, binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	// Settings in this shell's environment are a person's, not the test's.
	s.cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "FRESHFRAME") })
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = 5 * time.Second
	s.cmd.Stderr = &s.log
	r, w := io.Pipe()
	s.cmd.Stdout = w
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.err = s.cmd.Wait()
		w.Close()
		close(s.ended)
	}()
	address := make(chan string, 1)
	go func() { // ends with the process
		lines := bufio.NewReader(r)
		line, _ := lines.ReadString('\n')
		address <- line
		io.Copy(io.Discard, lines)
	}()
	select {
	case line := <-address:
		at := strings.Index(line, "http://")
		if at < 0 {
			<-s.ended
			return nil, fmt.Errorf("the server did not start: %v\n%s", s.err, s.Log())
		}
		s.URL = strings.TrimSpace(line[at:])
		return s, nil
	case <-time.After(startLimit):
		s.cmd.Process.Kill()
		<-s.ended
		return nil, fmt.Errorf("the server printed no address within %v\n%s", startLimit, s.Log())
	}
}

// Log is what the server has logged so far.
func (s *Server) Log() string { return s.log.String() }

// PID is the process's.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Signal sends a signal to the process.
func (s *Server) Signal(sig syscall.Signal) error { return s.cmd.Process.Signal(sig) }

// Ended is closed when the process is gone.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// Stop ends the process with SIGTERM and returns its error: nil after a clean end. A process
// that is there 5 s later is killed, which is an error.
func (s *Server) Stop() error {
	s.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
		return s.err
	case <-time.After(5 * time.Second):
		s.cmd.Process.Kill()
		<-s.ended
		return errors.New("the server was still there 5 s after SIGTERM")
	}
}

// Wait waits for the process to end by itself and returns its exit code, -1 where a signal
// ended it or ctx came first.
func (s *Server) Wait(ctx context.Context) int {
	select {
	case <-s.ended:
		return s.cmd.ProcessState.ExitCode()
	case <-ctx.Done():
		return -1
	}
}

// Get fetches a path below the server's address. The caller closes the body.
func (s *Server) Get(ctx context.Context, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+strings.TrimPrefix(path, "/"), nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req)
}

// Status is the HTTP status of a path, 0 where there is no answer.
func (s *Server) Status(ctx context.Context, path string) int {
	res, err := s.Get(ctx, path)
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

// JSON fetches a path and reads its JSON into v; another status than 200 is an error that
// holds the body.
func (s *Server) JSON(ctx context.Context, path string, v any) error {
	return s.Call(ctx, http.MethodGet, path, nil, v)
}

// Call sends body, unless it is nil, as JSON and reads the reply into v, unless that is nil.
func (s *Server) Call(ctx context.Context, method, path string, body, v any) error {
	var sent io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+strings.TrimPrefix(path, "/"), sent)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return &StatusError{res.StatusCode, string(data)}
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(data, v)
}

// StatusError is a reply that is not 200.
type StatusError struct {
	Status int
	Body   string
}

func (e *StatusError) Error() string { return fmt.Sprintf("status %d: %s", e.Status, e.Body) }

// lockedBuffer is a buffer that one goroutine writes while others look.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
