//go:build cameralab

package tests

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"freshframe/e2e/client"
)

// A camera whose firmware hangs, so that no request to it is ever answered, while its frames go
// on. The kernel waits 5 s for each answer and cannot be interrupted; nobody else waits along.
func TestMutedCamera(t *testing.T) {
	cam := plug(t, plain())
	s := serve(t, "v4l2:"+cam.node)
	s.live(patience)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	arrivals := make(chan time.Time, 1000)
	go s.Stream(ctx, "/raw-video-stream", func(p client.Part) bool {
		if p.Notice == "" {
			arrivals <- p.At
		}
		return true
	})
	select {
	case <-arrivals:
	case <-time.After(patience):
		t.Fatalf("no raw picture within %v", patience)
	}

	cam.Mute(true)
	begin := time.Now()
	refused := make(chan error, 1)
	go func() {
		_, err := s.change(settings{"brightness": 1})
		refused <- err
	}()
	// The frames until then, the longest time between two of them, and the slowest reply.
	frames, gap, slowest := 0, time.Duration(0), time.Duration(0)
	last := begin
	ask := time.NewTicker(100 * time.Millisecond)
	defer ask.Stop()
	var err error
	for waiting := true; waiting; {
		select {
		case at := <-arrivals:
			frames, gap, last = frames+1, max(gap, at.Sub(last)), at
		case <-ask.C:
			asked := time.Now()
			if st := s.state(); st.Camera.State != "live" {
				t.Errorf("the state is %+v", st.Camera)
			}
			slowest = max(slowest, time.Since(asked))
		case err = <-refused:
			waiting = false
		}
	}
	took := time.Since(begin)
	t.Logf("refused after %v: %v; meanwhile %d frames, at most %v apart, and replies within %v", took, err, frames, gap, slowest)
	if took > 3500*time.Millisecond {
		t.Errorf("the refusal took %v", took)
	}
	if err == nil {
		t.Error("a camera that does not answer has a new brightness")
	} else if status, why := refusal(t, err); status < 500 || why.Code == "" || why.Hint == "" {
		t.Errorf("status %d, %+v", status, why)
	}
	if frames < 20 || gap > time.Second || slowest > 500*time.Millisecond { // of 15 a second
		t.Errorf("%d frames, at most %v apart, replies within %v", frames, gap, slowest)
	}

	// The program ends at once; the process stays until the kernel has given up telling the
	// camera to stop, which nothing can hurry.
	begin = time.Now()
	s.Signal(syscall.SIGTERM)
	eventually(t, 2*time.Second, "the end of the program", func() error { return runs(s.PID()) })
	t.Logf("ended %v after SIGTERM", time.Since(begin))
	enough, over := context.WithTimeout(t.Context(), 10*time.Second)
	defer over()
	if code := s.Wait(enough); code != 0 {
		t.Errorf("it ended with status %d", code)
	}
	t.Logf("gone %v after SIGTERM", time.Since(begin))
	mentions(t, s.Log(), "msg=stopped") // all of the log is here only now
	cam.Mute(false)
	serve(t, "v4l2:"+cam.node).live(patience)
}

// runs is the error that a thread of the process can still run its code: one that is neither
// dead (Z, X) nor in a wait of the kernel's that only its end ends (D).
func runs(pid int) error {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return err
	}
	for _, path := range threads {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // gone meanwhile
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if rest == "" || !strings.Contains("ZXD", rest[:1]) {
			return fmt.Errorf("%s: %s", path, stat)
		}
	}
	return nil
}
