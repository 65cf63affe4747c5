//go:build cameralab

// Package tests proves the program against the kernel's own camera drivers. It is compiled
// on the host and run in the camera lab's guest: npm run test:camera.
package tests

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"freshframe/e2e/camera-lab/uvcsim"
	"freshframe/e2e/client"
)

// binary is the program under test.
var binary = os.Getenv("FRESHFRAME_BINARY")

func TestMain(m *testing.M) {
	if _, err := os.Stat("/sys/module/uvcvideo"); err != nil || binary == "" {
		fmt.Fprintln(os.Stderr, "this runs in the camera lab's guest: npm run test:camera")
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// hd is the usual camera: MJPEG and YUYV at 1280x720 and 640x480, 30 and 15 frames a second.
func hd() uvcsim.Config {
	sizes := []uvcsim.Size{
		{Width: 1280, Height: 720, Rates: []float64{30, 15}},
		{Width: 640, Height: 480, Rates: []float64{30, 15}},
	}
	return uvcsim.Config{Formats: []uvcsim.Format{{Pixels: uvcsim.MJPEG, Sizes: sizes}, {Pixels: uvcsim.YUYV, Sizes: sizes}}}
}

// camera is a simulated camera and the node that the kernel gave it.
type camera struct {
	*uvcsim.Camera
	t    *testing.T
	port int
	node string // /dev/video0
}

// plug plugs a camera in until the test ends.
func plug(t *testing.T, config uvcsim.Config) *camera {
	t.Helper()
	if config.Name == "" {
		config.Name = "Lab Camera"
	}
	sim, err := uvcsim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	c := &camera{Camera: sim, t: t, port: config.Port}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
		gone(t, c.port)
	})
	c.plug()
	return c
}

// plug plugs it in (again) and waits for its node.
func (c *camera) plug() {
	c.t.Helper()
	if err := c.Plug(); err != nil {
		c.t.Fatal(err)
	}
	eventually(c.t, 5*time.Second, "the camera's node", func() error {
		nodes := nodesAt(c.port, pictures)
		if len(nodes) == 0 {
			return fmt.Errorf("there is none at port %d", c.port)
		}
		c.node = nodes[0]
		return nil
	})
}

// unplug pulls the cable.
func (c *camera) unplug() {
	c.t.Helper()
	if err := c.Unplug(); err != nil {
		c.t.Fatal(err)
	}
}

// What a camera's nodes are for, by their index.
const (
	pictures = "0"
	metadata = "1"
)

// nodesAt are the nodes, for that, of what is plugged into a port.
func nodesAt(port int, index string) (nodes []string) {
	found, _ := filepath.Glob(fmt.Sprintf("/sys/devices/platform/vhci_hcd.0/usb*/*-%d/*/video4linux/video*", port+1))
	for _, dir := range found {
		is, _ := os.ReadFile(filepath.Join(dir, "index"))
		node := filepath.Join("/dev", filepath.Base(dir))
		if strings.TrimSpace(string(is)) == index && exists(node) { // it comes a moment later
			nodes = append(nodes, node)
		}
	}
	return nodes
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// gone waits until the kernel has forgotten what was plugged into the port.
func gone(t *testing.T, port int) {
	t.Helper()
	eventually(t, patience, "the end of the camera's node", func() error {
		if nodes := nodesAt(port, pictures); len(nodes) > 0 {
			return fmt.Errorf("%v is still there", nodes)
		}
		return nil
	})
}

// server is the program under test, running.
type server struct {
	*client.Server
	t *testing.T
}

// serve starts the program until the test ends, when it must end cleanly with its books
// balanced. Arguments may repeat and override the first ones.
func serve(t *testing.T, source string, args ...string) *server {
	t.Helper()
	s, err := client.Start(context.Background(), binary, append([]string{"--source", source, "--analyzer", "simulate?processing_time=5ms"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	srv := &server{s, t}
	t.Cleanup(func() {
		select {
		case <-s.Ended(): // the test has seen to it
		default:
			if st := srv.state(); !st.Ledger.Balanced() {
				t.Errorf("the books do not balance: %+v", st.Ledger)
			}
			if err := s.Stop(); err != nil {
				t.Errorf("the server's end: %v", err)
			}
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.Log())
		}
	})
	return srv
}

// state is the present state.
func (s *server) state() client.State {
	s.t.Helper()
	st, err := s.State(context.Background())
	if err != nil {
		s.t.Fatalf("state: %v\n%s", err, s.Log())
	}
	return st
}

// until waits until the state fits and returns it.
func (s *server) until(limit time.Duration, what string, fits func(client.State) bool) (st client.State) {
	s.t.Helper()
	eventually(s.t, limit, what, func() error {
		st = s.state()
		if fits(st) {
			return nil
		}
		text, _ := json.Marshal(st)
		return fmt.Errorf("the state is %s", text)
	})
	return st
}

// patience is for what has to come, but is promised by no moment: this machine is emulated,
// and slower still where the one below has other things to do.
const patience = 30 * time.Second

// live waits until the camera delivers.
func (s *server) live(limit time.Duration) client.State {
	s.t.Helper()
	return s.until(limit, "a live camera", func(st client.State) bool { return st.Camera.State == "live" })
}

// errNotYet is the reason to ask again where there is no more to say.
var errNotYet = errors.New("not yet")

// eventually asks again until there is no error; after limit the last one fails the test.
func eventually(t *testing.T, limit time.Duration, what string, ask func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := ask()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come within %v: %v", what, limit, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// serve's arguments for a camera that is not expected to open.
func serveArgs(source string, more ...string) []string {
	return append([]string{"serve", "--listen", "127.0.0.1:0", "--source", source}, more...)
}

// run runs the program, as another user if as is given, until it ends by itself.
func run(t *testing.T, as *syscall.Credential, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); ctx.Err() != nil || cmd.ProcessState == nil {
		t.Fatalf("%v did not end by itself: %v\n%s%s", args, err, &out, &errs)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// environment is this process's without the settings for the program, which are not the test's.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "FRESHFRAME") })
}

// needs skips a test that takes a program which is not installed.
func needs(t *testing.T, program, debianPackage string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%v: apt-get install %s", err, debianPackage)
	}
}

// mentions fails the test for each of the words that is not in the text.
func mentions(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in: %s", w, text)
		}
	}
}

// proc is what the kernel says about a process.
type proc struct {
	files   int           // open file descriptors
	videos  int           // of them and of memory maps, those of video nodes
	threads int           //
	cpu     time.Duration // user and system
}

func procOf(t *testing.T, pid int) (p proc) {
	t.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	fds, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	p.files = len(fds)
	for _, fd := range fds {
		if to, _ := os.Readlink(filepath.Join(dir, "fd", fd.Name())); strings.HasPrefix(to, "/dev/video") {
			p.videos++
		}
	}
	maps, err := os.ReadFile(filepath.Join(dir, "maps"))
	if err != nil {
		t.Fatal(err)
	}
	p.videos += strings.Count(string(maps), "/dev/video")
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		t.Fatal(err)
	}
	// The second field is the name in parentheses and may hold anything; user time is the 14th.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const tick = 10 * time.Millisecond // USER_HZ is 100 everywhere
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		p.cpu += time.Duration(n) * tick
	}
	if p.threads, err = strconv.Atoi(fields[17]); err != nil {
		t.Fatal(err)
	}
	return p
}
