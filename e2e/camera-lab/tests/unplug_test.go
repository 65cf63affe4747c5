//go:build cameralab

package tests

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"freshframe/e2e/client"
)

// told is when somebody was told, or why nobody was.
type told struct {
	who string
	at  time.Time
	err error
}

// listen waits at every place where people and programs hear of the camera, and reports for
// each when it first told of that state. It returns when all are connected.
func (s *server) listen(ctx context.Context, state string) <-chan told {
	s.t.Helper()
	heard := make(chan told, 4)
	ready := make(chan string, 4)
	viewer := func(who, path string) {
		n, at := 0, time.Time{}
		err := s.Stream(ctx, path, func(p client.Part) bool {
			if n++; n == 1 {
				ready <- who
			}
			at = p.At
			return p.Notice != state
		})
		heard <- told{who, at, err}
	}
	go viewer("annotated picture", "/ai-video-stream")
	go viewer("raw picture", "/raw-video-stream")
	go func() {
		n, at := 0, time.Time{}
		err := s.Events(ctx, "?events=state", func(e client.Event) bool {
			if n++; n == 1 {
				ready <- "events"
			}
			var st client.State
			json.Unmarshal(e.Data, &st)
			at = e.At
			return st.Camera.State != state
		})
		heard <- told{"events", at, err}
	}()
	for range 3 {
		select {
		case <-ready:
		case <-time.After(10 * time.Second):
			s.t.Fatal("not everybody is connected within 10 s")
		}
	}
	go func() { // readiness is asked for, as supervisors do
		for ctx.Err() == nil && s.Status(ctx, "/readyz") == 200 {
			time.Sleep(20 * time.Millisecond)
		}
		heard <- told{"readiness", time.Now(), ctx.Err()}
	}()
	return heard
}

// Everybody hears within a second that the camera is gone; it is let go of at once, so that
// it returns under its own name, and is live again within two seconds.
func TestUnplugIsSaidEverywhere(t *testing.T) {
	c := plug(t, hd())
	s := serve(t, "v4l2:"+c.node)
	s.live(patience)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	heard := s.listen(ctx, "lost")
	old := c.node

	pulled := time.Now()
	c.unplug()
	for range 4 {
		h := <-heard
		if took := h.at.Sub(pulled); h.err != nil || took > time.Second {
			t.Errorf("%s: told %v after the unplug, error %v", h.who, took, h.err)
		} else {
			t.Logf("%s: told %v after the unplug", h.who, took)
		}
	}
	st := s.state()
	if e := st.Camera.Error; st.Camera.State != "lost" || e == nil || e.Hint == "" {
		t.Errorf("the state is %+v", st.Camera)
	}
	if p := procOf(t, s.PID()); p.videos != 0 {
		t.Errorf("the server still holds %d descriptors and maps of the camera that is gone", p.videos)
	}

	c.plug()
	back := time.Now()
	if c.node != old {
		t.Errorf("the camera returned as %s, was %s", c.node, old)
	}
	st = s.live(2 * time.Second)
	t.Logf("live %v after its return", time.Since(back))
	if st.Camera.Reopens == 0 {
		t.Error("no reopening was counted")
	}
}

// Another program that keeps the old node open makes the camera return under another name.
func TestReplugUnderAnotherNode(t *testing.T) {
	for _, source := range []string{"v4l2:", "v4l2:NODE", "v4l2:usb-vhci_hcd.0-1"} {
		t.Run(source, func(t *testing.T) {
			c := plug(t, hd())
			old := c.node
			if source == "v4l2:NODE" {
				source = "v4l2:" + old
			}
			s := serve(t, source)
			s.live(patience)
			holder, err := os.OpenFile(old, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer holder.Close()
			c.unplug()
			s.until(time.Second, "a lost camera", func(st client.State) bool { return st.Camera.State == "lost" })
			c.plug()
			if c.node == old {
				t.Fatalf("it returned as %s although that is held", old)
			}
			st := s.live(2 * time.Second)
			if st.Camera.Device != c.node {
				t.Errorf("live from %s, the camera is %s", st.Camera.Device, c.node)
			}
		})
	}
}

// While the camera is gone the server waits, it does not spin.
func TestNoBusyLoopWhileGone(t *testing.T) {
	c := plug(t, hd())
	s := serve(t, "v4l2:"+c.node)
	s.live(patience)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go s.Stream(ctx, "/ai-video-stream", func(client.Part) bool { return true })
	c.unplug()
	s.until(time.Second, "a lost camera", func(st client.State) bool { return st.Camera.State == "lost" })
	const watched = 5 * time.Second
	before := procOf(t, s.PID()).cpu
	time.Sleep(watched) // not a wait for anything: the time over which is measured
	used := procOf(t, s.PID()).cpu - before
	t.Logf("%.1f %% of a processor with one viewer", 100*used.Seconds()/watched.Seconds())
	if used > watched/10 {
		t.Errorf("%v of processor time in %v", used, watched)
	}
}

// Fifty times unplugged and plugged in again leave nothing behind.
func TestFiftyReplugsLeakNothing(t *testing.T) {
	c := plug(t, hd())
	s := serve(t, "v4l2:"+c.node)
	type holdings struct {
		proc
		goroutines int
		rss        int64
	}
	look := func() holdings {
		st := s.live(patience)
		return holdings{procOf(t, s.PID()), st.Process.Goroutines, st.Process.RSS}
	}
	s.live(patience)
	var first holdings
	slowest := time.Duration(0)
	const cycles, warm = 50, 5
	for i := range cycles {
		c.unplug()
		s.until(time.Second, "a lost camera", func(st client.State) bool { return st.Camera.State == "lost" })
		c.plug()
		back := time.Now()
		s.live(2 * time.Second)
		slowest = max(slowest, time.Since(back))
		if i == warm-1 {
			first = look()
		}
	}
	last := look()
	t.Logf("after %d cycles %+v, after %d %+v; slowest return %v", warm, first, cycles, last, slowest)
	if last.files > first.files || last.videos > first.videos {
		t.Errorf("open files and maps grew: %+v, then %+v", first.proc, last.proc)
	}
	// The runtime may need one more thread or goroutine at the moment of looking.
	if last.threads > first.threads+2 || last.goroutines > first.goroutines+2 {
		t.Errorf("threads %d → %d, goroutines %d → %d", first.threads, last.threads, first.goroutines, last.goroutines)
	}
	if grown := last.rss - first.rss; grown > 8<<20 {
		t.Errorf("memory grew by %d KiB in %d cycles", grown>>10, cycles-warm)
	}
	if st := s.state(); st.Camera.Reopens < cycles {
		t.Errorf("%d reopenings in %d cycles", st.Camera.Reopens, cycles)
	}
}

// A camera that stops delivering without an error is called stalled, reopened again and
// again, and live within a second once it delivers, whatever the server is about then.
func TestFreeze(t *testing.T) {
	c := plug(t, hd())
	s := serve(t, "v4l2:"+c.node)
	s.live(patience)
	reopened := func(n int) {
		t.Helper()
		before := s.state().Camera.Reopens
		s.until(patience, "a reopening", func(st client.State) bool { return st.Camera.Reopens >= before+n })
	}
	for _, thaw := range []struct {
		when   string
		arrive func()
	}{
		{"stalled, still open", func() {}},
		{"closed, in the pause before it is opened again", func() { reopened(2) }},
		{"open again, still silent", func() {
			reopened(1)
			eventually(t, 2*time.Second, "the stream", func() error {
				if !c.Streaming() {
					return errNotYet
				}
				return nil
			})
		}},
	} {
		t.Run(thaw.when, func(t *testing.T) {
			frozen := time.Now()
			c.Freeze()
			defer c.Thaw()
			st := s.until(2*time.Second, "a stalled camera", func(st client.State) bool { return st.Camera.State == "stalled" })
			t.Logf("stalled %v after the last frame", time.Since(frozen))
			if st.Camera.Error == nil || st.Camera.Error.Code != "camera_frozen" {
				t.Errorf("the reason is %+v", st.Camera.Error)
			}
			thaw.arrive()
			if code := s.Status(t.Context(), "/readyz"); code != 503 {
				t.Errorf("ready (%d) with a camera that stands still", code)
			}
			thawed := time.Now()
			c.Thaw()
			s.live(time.Second)
			t.Logf("live %v after the thaw", time.Since(thawed))
		})
	}
}
