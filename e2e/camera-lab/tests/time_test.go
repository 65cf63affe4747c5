//go:build cameralab

package tests

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"freshframe/e2e/camera-lab/uvcsim"
	"freshframe/e2e/client"
)

// stamped is a raw part and what the camera wrote into its JPEG.
type stamped struct {
	client.Part
	sent uint64        // the camera's own number
	age  time.Duration // of the frame when all of it was there, since the camera began to send it
	late time.Duration // from that moment to the capture time that the server tells
}

// raw reads n parts of the raw stream.
func (s *server) raw(n int) (parts []stamped) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	err := s.Stream(ctx, "/raw-video-stream", func(p client.Part) bool {
		if p.Notice == "" {
			parts = append(parts, stamp(s.t, p))
		}
		return len(parts) < n
	})
	if err != nil || len(parts) < n {
		s.t.Fatalf("%d of %d parts, %v", len(parts), n, err)
	}
	return parts
}

// stamp reads the camera's own number and time out of a part.
func stamp(t *testing.T, p client.Part) stamped {
	t.Helper()
	seq, begun, ok := uvcsim.ReadStamp(p.JPEG)
	if !ok {
		t.Fatal("a raw part has not the camera's own bytes")
	}
	return stamped{p, seq, uvcsim.Monotonic() - begun, p.Captured.Sub(wallZero.Add(begun))}
}

// wallZero is the wall clock's time when CLOCK_MONOTONIC was zero. The closest of some readings
// is taken: this process may have to wait between reading the one and the other.
var wallZero = func() (zero time.Time) {
	closest := time.Hour
	for range 20 {
		before := uvcsim.Monotonic()
		wall := time.Now().Round(0)
		if d := uvcsim.Monotonic() - before; d < closest {
			closest, zero = d, wall.Add(-before-d/2)
		}
	}
	return zero
}()

// origins are the words for where capture times come from in the next n frame events.
func (s *server) origins(n int) (words []string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	err := s.Events(ctx, "?events=frame", func(e client.Event) bool {
		var f client.Frame
		if err := json.Unmarshal(e.Data, &f); err != nil {
			s.t.Error(err)
		}
		words = append(words, f.CapturedBy)
		return len(words) < n
	})
	if err != nil || len(words) < n {
		s.t.Fatalf("%d of %d events, %v", len(words), n, err)
	}
	return words
}

// The capture time is the driver's, which notes when a frame's first bytes come in.
func TestCaptureTimeIsTheDrivers(t *testing.T) {
	c := plug(t, hd())
	s := serve(t, "v4l2:"+c.node)
	s.live(patience)
	for _, word := range s.origins(10) {
		if word != "driver" {
			t.Errorf("captured by %s", word)
		}
	}
	var late []time.Duration
	for _, p := range s.raw(30) {
		// The wall clock of the part's header is told in whole microseconds.
		if p.late < -time.Millisecond {
			t.Errorf("frame %d: captured %v before the camera began to send it", p.Seq, -p.late)
		}
		late = append(late, p.late)
	}
	slices.Sort(late)
	// Now and then the driver itself is late on an emulated processor.
	if median := late[len(late)/2]; median > 20*time.Millisecond {
		t.Errorf("captured %v after the camera began to send it, %v at most", median, late[len(late)-1])
	}
}

// A driver that says monotonic and counts on another clock is found out: the moment of the
// dequeue stands in, and that is said, in every frame and once in the log.
func TestWrongClock(t *testing.T) {
	quirk(t, "clock", "CLOCK_REALTIME")
	c := plug(t, hd())
	s := serve(t, "v4l2:"+c.node)
	s.live(patience)
	for _, word := range s.origins(10) {
		if word != "dequeue" {
			t.Errorf("captured by %s", word)
		}
	}
	for _, p := range s.raw(10) {
		if p.late < 0 || p.late > time.Second {
			t.Errorf("frame %d: captured %v after the camera began to send it", p.Seq, p.late)
		}
	}
	if n := strings.Count(s.Log(), "age counts from their arrival"); n != 1 {
		t.Errorf("the log says so %d times:\n%s", n, s.Log())
	}
}

// What is lost while the program stands still is counted: a frame's number advances by as
// much as the camera's own.
func TestSequenceGaps(t *testing.T) {
	c := plug(t, hd())
	s := serve(t, "v4l2:"+c.node)
	s.live(patience)
	before := s.raw(1)[0]
	s.Signal(syscall.SIGSTOP)
	eventually(t, patience, "40 frames", func() error {
		if all := c.Sent(); all[len(all)-1].Seq < before.sent+40 {
			return errNotYet
		}
		return nil
	})
	s.Signal(syscall.SIGCONT)
	var after stamped
	eventually(t, patience, "a frame from after the pause", func() error {
		if after = s.raw(1)[0]; after.sent < before.sent+40 {
			return errNotYet
		}
		return nil
	})
	if counted, real := after.Seq-before.Seq, after.sent-before.sent; counted != real {
		t.Errorf("the camera sent %d frames, the server counts %d", real, counted)
	}
	st := s.state()
	if st.Ledger.LostUpstream < 20 {
		t.Errorf("%d frames lost upstream in a pause of 40", st.Ledger.LostUpstream)
	}
	t.Logf("%d frames sent, %d lost upstream", after.sent-before.sent, st.Ledger.LostUpstream)
}
