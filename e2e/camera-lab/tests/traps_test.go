//go:build cameralab

package tests

import (
	"bufio"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"freshframe/e2e/camera-lab/uvcsim"
	"freshframe/e2e/client"
)

// The library asks for 256 buffers, 32 of which uvcvideo grants; 2 to 4 are enough for a
// reader that drains.
func TestFewBuffers(t *testing.T) {
	cam := plug(t, one(uvcsim.MJPEG, 640, 480, 30))
	s := serve(t, "v4l2:"+cam.node)
	s.live(patience)
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", s.PID()))
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	n := 0
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		if strings.HasSuffix(lines.Text(), " "+cam.node) {
			n++
		}
	}
	if n < 2 || n > 4 {
		t.Errorf("%d buffers are mapped", n)
	}
}

// The library leaves the descriptor open for children, which would keep the camera.
func TestNoChildInheritsTheCamera(t *testing.T) {
	cam := plug(t, plain())
	s := serve(t, "v4l2:"+cam.node)
	s.live(patience)
	dir := fmt.Sprintf("/proc/%d", s.PID())
	fds, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, fd := range fds {
		if to, _ := os.Readlink(filepath.Join(dir, "fd", fd.Name())); to != cam.node {
			continue
		}
		found++
		info, err := os.ReadFile(filepath.Join(dir, "fdinfo", fd.Name()))
		if err != nil {
			t.Fatal(err)
		}
		_, flags, _ := strings.Cut(string(info), "flags:")
		bits, err := strconv.ParseUint(strings.Fields(flags)[0], 8, 64)
		if err != nil {
			t.Fatalf("%v in %s", err, info)
		}
		if bits&unix.O_CLOEXEC == 0 {
			t.Errorf("descriptor %s of %s goes to children (flags %#o)", fd.Name(), cam.node, bits)
		}
	}
	if found != 1 {
		t.Errorf("the camera is open %d times", found)
	}
}

// The library gives a buffer back to the driver before it hands out its bytes, which change
// under the reader's eyes then. However slow the reading is, a frame is whole: in every JPEG
// the number that the camera wrote into its header is that in its pixels.
func TestFramesAreWhole(t *testing.T) {
	cam := plug(t, one(uvcsim.MJPEG, 640, 480, 30))
	// An analyzer that takes a frame's time and more keeps frames in use while newer ones come.
	s := serve(t, "v4l2:"+cam.node, "--analyzer", "simulate?processing_time=100ms")
	s.live(patience)
	s.see("/raw-video-stream", 60, func(p client.Part, im *image.YCbCr) {
		n := checkPicture(t, im)
		if seq, _, ok := uvcsim.ReadStamp(p.JPEG); !ok || int(seq%different) != n {
			t.Errorf("frame %d has the pixels of picture %d", seq, n)
		}
	})
	if st := s.state(); st.Ledger.Corrupt > 0 {
		t.Errorf("%d frames were counted as corrupt", st.Ledger.Corrupt)
	}
}

// The library cannot change a format without leaving buffers behind: stopping closes the
// device altogether, and another program can take it in another format at once.
func TestStopFreesTheCamera(t *testing.T) {
	cam := plug(t, hd())
	first := serve(t, "v4l2:"+cam.node+"?input_format=mjpeg&video_size=640x480")
	second := serve(t, "v4l2:"+cam.node+"?input_format=yuyv422&video_size=640x480", "--stopped")
	call := func(s *server, what string) {
		t.Helper()
		if err := s.Call(t.Context(), "POST", "/api/v1/camera/"+what, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	first.live(patience)
	for range 2 {
		call(first, "stop")
		if p := procOf(t, first.PID()); p.videos != 0 {
			t.Errorf("the stopped server holds %d descriptors and maps of it", p.videos)
		}
		call(second, "start")
		checkMode(t, second.live(patience), "yuyv422", 640, 480, 30)
		call(second, "stop")
		call(first, "start")
		checkMode(t, first.live(patience), "mjpeg", 640, 480, 30)
	}
}
