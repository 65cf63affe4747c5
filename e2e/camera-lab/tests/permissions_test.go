//go:build cameralab

package tests

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"freshframe/e2e/camera-lab/uvcsim"
	"freshframe/e2e/client"
)

// nobody is a user without any rights.
const nobody = 65534

// own gives a node to a group, with a mode.
func own(t *testing.T, node string, group int, mode os.FileMode) {
	t.Helper()
	if err := os.Chown(node, 0, group); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(node, mode); err != nil {
		t.Fatal(err)
	}
}

func videoGroup(t *testing.T) int {
	t.Helper()
	g, err := user.LookupGroup("video")
	if err != nil {
		t.Fatal(err)
	}
	id, err := strconv.Atoi(g.Gid)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// A user who may not open the camera hears which group it takes, and with that group it works.
func TestNodeOfGroupVideo(t *testing.T) {
	cam := plug(t, plain())
	video := videoGroup(t)
	own(t, cam.node, video, 0o660)
	stranger := &syscall.Credential{Uid: nobody, Gid: nobody}
	code, _, said := run(t, stranger, serveArgs("v4l2:"+cam.node)...)
	if code != 1 {
		t.Errorf("it ended with status %d", code)
	}
	mentions(t, said, cam.node+": may not be opened by this user", "permission denied", "group video", "usermod -aG video")
	_, table, _ := run(t, stranger, "cameras")
	mentions(t, table, cam.node, "may not be opened by this user", "group video")
	// Asked to take whatever works, it says why it does not take this one.
	s, err := client.StartAs(t.Context(), stranger, binary, "--source", "auto")
	if err != nil {
		t.Fatal(err)
	}
	if st := (&server{s, t}).live(patience); st.Camera.Source != "synthetic:" {
		t.Errorf("it took %s", st.Camera.Source)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}

	member := &syscall.Credential{Uid: nobody, Gid: nobody, Groups: []uint32{uint32(video)}}
	s, err = client.StartAs(t.Context(), member, binary, "--source", "v4l2:"+cam.node)
	if err != nil {
		t.Fatal(err)
	}
	(&server{s, t}).live(patience)
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

// Where no udev has been, no group helps.
func TestNodeOfRootAlone(t *testing.T) {
	cam := plug(t, plain())
	own(t, cam.node, 0, 0o600)
	code, _, said := run(t, &syscall.Credential{Uid: nobody, Gid: nobody}, serveArgs("v4l2:"+cam.node)...)
	if code != 1 {
		t.Errorf("it ended with status %d", code)
	}
	mentions(t, said, cam.node+": may not be opened by this user", "root's alone", "udev rule", "chgrp video "+cam.node)
	if strings.Contains(said, "usermod") {
		t.Errorf("a group would not help: %s", said)
	}
}

// holder runs a program that streams from the camera, until the test ends or stop is called.
func holder(t *testing.T, cam *camera, program string, args ...string) (pid int, stop func()) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = environment()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	stop = func() {
		if !ended {
			ended = true
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
	t.Cleanup(stop)
	eventually(t, 10*time.Second, program+" to stream", func() error {
		if !cam.Streaming() {
			return fmt.Errorf("the camera does not stream")
		}
		return nil
	})
	return cmd.Process.Pid, stop
}

// A camera that another program has is said to be busy, with that program's name and number;
// once it is free it can be started.
func TestBusyCamera(t *testing.T) {
	for name, c := range map[string]struct {
		debianPackage string
		args          func(node string) []string
	}{
		"freshframe": {"", func(node string) []string { return serveArgs("v4l2:" + node) }},
		"v4l2-ctl": {"v4l-utils", func(node string) []string {
			return []string{"--device", node, "--stream-mmap=4", "--stream-count=1000000", "--stream-to=/dev/null"}
		}},
		"ustreamer": {"ustreamer", func(node string) []string {
			return []string{"--device", node, "--format", "JPEG", "--unix", filepath.Join(t.TempDir(), "socket")}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			program := binary
			if name != "freshframe" {
				needs(t, name, c.debianPackage)
				program = name
			} else {
				name = filepath.Base(binary)
			}
			cam := plug(t, plain())
			s := serve(t, "v4l2:"+cam.node, "--stopped")
			pid, stop := holder(t, cam, program, c.args(cam.node)...)
			who := fmt.Sprintf("%s: is in use by %s (process %d)", cam.node, name, pid)

			status, why := refusal(t, s.Call(t.Context(), "POST", "/api/v1/camera/start", nil, nil))
			if status != 409 || why.Code != "device_busy" || why.Hint == "" {
				t.Errorf("status %d, %+v", status, why)
			}
			mentions(t, why.Message, who)
			if p := procOf(t, s.PID()); p.videos != 0 {
				t.Errorf("after the failed start the server holds %d descriptors and maps of it", p.videos)
			}
			code, _, said := run(t, nil, serveArgs("v4l2:"+cam.node)...)
			if code != 1 {
				t.Errorf("another one ended with status %d", code)
			}
			mentions(t, said, who)
			if list := listed(t); len(list) != 1 || list[0].Error == nil || list[0].Error.Code != "device_busy" {
				t.Errorf("listed are %+v", list)
			} else {
				mentions(t, list[0].Error.Message, who)
			}

			stop()
			if err := s.Call(t.Context(), "POST", "/api/v1/camera/start", nil, nil); err != nil {
				t.Errorf("the camera is free: %v", err)
			}
			s.live(patience)
		})
	}
}

// Who only holds the node open is in nobody's way.
func TestOpenIsNotBusy(t *testing.T) {
	cam := plug(t, plain())
	node, err := os.OpenFile(cam.node, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	if list := listed(t); len(list) != 1 || list[0].Error != nil {
		t.Errorf("listed are %+v", list)
	}
	serve(t, "v4l2:"+cam.node).live(patience)
}

// Whatever a start fails of, the camera is free for everybody afterwards: other programs, and
// the next start.
func TestFailedStartsLeaveTheDeviceFree(t *testing.T) {
	for name, c := range map[string]struct {
		options string
		flags   []string
		refuse  bool
		code    string
	}{
		"the camera refuses to stream": {refuse: true, code: "camera_frozen"},
		"no such format":               {options: "?input_format=nv12", code: "unsupported"},
		"no such size":                 {options: "?video_size=1024x768", code: "unsupported"},
		"no such control":              {flags: []string{"--control", "focus_absolute=1"}, code: "bad_control"},
		"no such value":                {flags: []string{"--control", "brightness=1000"}, code: "bad_control"},
	} {
		t.Run(name, func(t *testing.T) {
			cam := plug(t, plain())
			s := serve(t, "v4l2:"+cam.node+c.options, append(c.flags, "--stopped")...)
			cam.Refuse(c.refuse)
			for range 3 {
				_, why := refusal(t, s.Call(t.Context(), "POST", "/api/v1/camera/start", nil, nil))
				if why.Code != c.code {
					t.Errorf("%+v, want %s", why, c.code)
				}
				if p := procOf(t, s.PID()); p.videos != 0 {
					t.Errorf("after the failed start the server holds %d descriptors and maps of it", p.videos)
				}
			}
			cam.Refuse(false)
			other := serve(t, "v4l2:"+cam.node)
			other.live(patience)
			if err := other.Stop(); err != nil {
				t.Error(err)
			}
			if c.refuse {
				if err := s.Call(t.Context(), "POST", "/api/v1/camera/start", nil, nil); err != nil {
					t.Error(err)
				}
				s.live(patience)
			}
		})
	}
}

// Two servers take two cameras, each its own.
func TestTwoServersTwoCameras(t *testing.T) {
	a := plug(t, small(0, 320, 240, "Lab Camera", "A"))
	b := plug(t, small(1, 640, 480, "Lab Camera", "B"))
	servers := map[*camera]*server{a: serve(t, "v4l2:"+a.node), b: serve(t, "v4l2:"+b.node)}
	for cam, s := range servers {
		s.live(patience)
		for _, p := range s.raw(10) {
			if at, ok := sentBy(cam, p.sent); !ok {
				t.Errorf("%s: frame %d is not this camera's", cam.node, p.sent)
			} else if d := (uvcsim.Monotonic() - at.Monotonic); d > 5*time.Second {
				t.Errorf("%s: frame %d is %v old", cam.node, p.sent, d)
			}
		}
	}
	for cam, want := range map[*camera][2]int{a: {320, 240}, b: {640, 480}} {
		st := servers[cam].state()
		if got := [2]int{st.Camera.Width, st.Camera.Height}; got != want || st.Camera.Device != cam.node {
			t.Errorf("%s: the state is %+v", cam.node, st.Camera)
		}
	}
	// The end of one is nothing to the other.
	if err := servers[a].Stop(); err != nil {
		t.Error(err)
	}
	before := servers[b].state().Ledger.Captured
	servers[b].until(patience, "further frames", func(st client.State) bool { return st.Ledger.Captured > before+15 })
}

// sentBy finds a frame among those that the camera has sent.
func sentBy(cam *camera, seq uint64) (uvcsim.Sent, bool) {
	for _, s := range cam.Sent() {
		if s.Seq == seq {
			return s, true
		}
	}
	return uvcsim.Sent{}, false
}
