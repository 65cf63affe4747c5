//go:build cameralab

package tests

import (
	"context"
	"syscall"
	"testing"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/capture/v4l2"
	"freshframe/backend/frame"
	"freshframe/e2e/client"
)

// interval is that of hd.
const interval = time.Second / 30

// The source itself, without the program around it: whoever comes back after five seconds
// gets a frame younger than two intervals, and no frame is counted twice or forgotten.
func TestFreshAfterAStall(t *testing.T) {
	c := plug(t, hd())
	scheme, address, err := capture.Schemes{v4l2.Scheme()}.Parse("v4l2:" + c.node)
	if err != nil {
		t.Fatal(err)
	}
	open, err := scheme.Remember(address)
	if err != nil {
		t.Fatal(err)
	}
	src, err := open(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var pool frame.Pool
	f := pool.Get()
	defer f.Release()
	read := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := src.Read(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		read()
	}
	last := f.Seq
	time.Sleep(5 * time.Second) // the stall itself
	read()
	if age := f.Age(time.Now()); age > 2*interval {
		t.Errorf("the first frame after the stall is %v old", age)
	} else {
		t.Logf("the first frame after the stall is %v old", age)
	}
	if f.Seq != last+1+f.Lost || f.Lost < 100 {
		t.Errorf("frame %d after %d, with %d lost in between", f.Seq, last, f.Lost)
	}
}

// The same with the whole program standing still for five seconds: no viewer is shown what
// waited in the kernel.
func TestNoOldFramesAfterAStop(t *testing.T) {
	c := plug(t, hd())
	s := serve(t, "v4l2:"+c.node)
	s.live(patience)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	stopped, resumed := make(chan struct{}), make(chan struct{})
	var until uint64 // the newest frame sent before the stop, by the camera's count
	go func() {
		<-stopped
		all := c.Sent()
		until = all[len(all)-1].Seq
		time.Sleep(5 * time.Second) // the stall itself
		s.Signal(syscall.SIGCONT)
		close(resumed)
	}()
	n, after := 0, 0
	err := s.Stream(ctx, "/raw-video-stream", func(p client.Part) bool {
		if p.Notice != "" {
			return true
		}
		if n++; n == 10 {
			s.Signal(syscall.SIGSTOP)
			close(stopped)
			<-resumed
		}
		if n <= 10 {
			return true
		}
		f := stamp(t, p)
		if f.sent <= until { // was on its way already
			return true
		}
		if after++; f.age > 2*interval+20*time.Millisecond { // with the way to this client
			t.Errorf("part %d after the stop is %v old", after, f.age)
		}
		return after < 20
	})
	if err != nil || after < 20 {
		t.Errorf("%d frames after the stop, %v", after, err)
	}
}
