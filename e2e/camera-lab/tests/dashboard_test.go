//go:build cameralab

package tests

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"freshframe/e2e/camera-lab/uvcsim"
)

// page is the dashboard in a real browser.
type page struct {
	t     *testing.T
	lines chan string // closed at the browser's end
}

// browse opens the dashboard until the test ends.
func browse(t *testing.T, url string) *page {
	t.Helper()
	cmd := exec.Command("node", "dashboard.mjs", url)
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &page{t, make(chan string, 100)}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(output); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		input.Close()
		for range p.lines {
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the browser: %v\n%s", err, &stderr)
		}
	})
	return p
}

// shows waits until the page says that word and returns when it began to.
func (p *page) shows(limit time.Duration, word string) time.Time {
	p.t.Helper()
	over := time.After(limit)
	var seen []string
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("the browser ended before %q, after %q", word, seen)
			}
			seen = append(seen, line)
			said, at, _ := strings.Cut(line, " ")
			if said != word {
				continue
			}
			var ms float64
			if _, err := fmt.Sscan(at, &ms); err != nil {
				p.t.Fatalf("the page said %q: %v", line, err)
			}
			return time.UnixMicro(int64(ms * 1000))
		case <-over:
			p.t.Fatalf("the page did not say %q within %v, only %q", word, limit, seen)
		}
	}
}

// A person at the dashboard hears within a second that the camera is gone, and sees new
// pictures when it is back, without touching anything.
func TestDashboardTellsUnplug(t *testing.T) {
	// A small and slow picture, for the browser has to share the guest's only processor.
	c := plug(t, uvcsim.Config{Formats: []uvcsim.Format{{Pixels: uvcsim.MJPEG, Sizes: []uvcsim.Size{{Width: 320, Height: 240, Rates: []float64{10}}}}}})
	s := serve(t, "v4l2:"+c.node, "--analyzer", "simulate?processing_time=100ms")
	s.live(patience)
	p := browse(t, s.URL)
	p.shows(2*time.Minute, "painted") // a browser takes its time here
	pulled := time.Now()
	c.unplug()
	if took := p.shows(20*time.Second, "lost").Sub(pulled); took > time.Second {
		t.Errorf("the page said so %v after the unplug", took)
	} else {
		t.Logf("the page said lost %v after the unplug", took)
	}
	c.plug()
	back := time.Now()
	p.shows(20*time.Second, "live")
	t.Logf("the page showed a new picture %v after the camera's return", p.shows(20*time.Second, "painted").Sub(back))
}
