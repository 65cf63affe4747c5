//go:build cameralab

package tests

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"freshframe/e2e/camera-lab/uvcsim"
	"freshframe/e2e/client"
)

// small is a camera of small pictures, by the size of which it can be told from others.
func small(port, width, height int, name, serial string) uvcsim.Config {
	c := one(uvcsim.MJPEG, width, height, 15)
	c.Port, c.Name, c.Serial, c.Pictures = port, name, serial, 5
	return c
}

// link makes the link to a camera that udev would make, until the test ends.
func (c *camera) link(name string) (path string) {
	c.t.Helper()
	const folder = "/dev/v4l/by-id"
	path = filepath.Join(folder, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		c.t.Fatal(err)
	}
	os.Remove(path) // the one from before a replugging
	if err := os.Symlink("../../"+filepath.Base(c.node), path); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { os.Remove(path) })
	return path
}

// bus is what the driver says of where a camera is plugged in.
func bus(port int) string { return "usb-vhci_hcd.0-" + string(rune('1'+port)) }

// The table and the JSON name every camera with what survives its replugging: the link to it,
// else the place where it is attached. The API tells the same.
func TestCamerasListed(t *testing.T) {
	a := plug(t, small(0, 320, 240, "Lab Camera", "A"))
	b := plug(t, small(1, 640, 480, "Other Lab Camera With A Long Name", "B"))
	link := a.link("usb-Freshframe_Lab_Camera_A-video-index0")
	list := listed(t)
	if len(list) != 2 {
		t.Fatalf("listed are %+v", list)
	}
	for i, want := range []device{
		{Source: "v4l2:" + a.node, Device: a.node, Name: "Lab Camera", Bus: bus(0), Driver: "uvcvideo", Stable: "v4l2:" + link, ByID: link},
		{Source: "v4l2:" + b.node, Device: b.node, Name: "Other Lab Camera With A Long Na", Bus: bus(1), Driver: "uvcvideo", Stable: "v4l2:" + bus(1)},
	} {
		got := list[i]
		got.Formats = nil
		if got.Error != nil || !equal(got, want) {
			t.Errorf("listed is %+v, want %+v", got, want)
		}
	}
	if got := list[1].rates(t, "mjpeg", "640x480"); !slices.Equal(got, []float64{15}) {
		t.Errorf("rates listed: %v", got)
	}

	code, table, said := run(t, nil, "cameras")
	if code != 0 {
		t.Errorf("it ended with status %d: %s", code, said)
	}
	mentions(t, table, "v4l2:"+a.node, "v4l2:"+b.node, "v4l2:"+link, "v4l2:"+bus(1), "320x240", "640x480", "mjpeg")

	s := serve(t, "v4l2:"+a.node)
	s.live(patience)
	var told struct{ Cameras []device }
	if err := s.JSON(t.Context(), "/api/v1/cameras", &told); err != nil {
		t.Fatal(err)
	}
	for i, d := range told.Cameras { // a camera that streams to us is no trouble
		if i >= len(list) || d.Error != nil || d.Source != list[i].Source || d.Stable != list[i].Stable {
			t.Errorf("the API tells %+v", d)
		}
	}
	if len(told.Cameras) != len(list) {
		t.Errorf("the API tells of %d cameras", len(told.Cameras))
	}
}

func equal(a, b device) bool {
	return a.Source == b.Source && a.Device == b.Device && a.Name == b.Name && a.Bus == b.Bus && a.Driver == b.Driver && a.Stable == b.Stable && a.ByID == b.ByID
}

// A camera is opened by its link or by its place, and shown with the name that lasts.
func TestStableNames(t *testing.T) {
	cam := plug(t, small(0, 320, 240, "Lab Camera", "A"))
	place := "v4l2:" + bus(0)
	check := func(source, stable string) {
		t.Helper()
		s := serve(t, source)
		if c := s.live(patience).Camera; c.Device != cam.node || c.Stable != stable {
			t.Errorf("%s: live from %s with the stable name %q, want %s and %q", source, c.Device, c.Stable, cam.node, stable)
		}
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}
	check("v4l2:"+cam.node, place)
	check(place, place)
	link := "v4l2:" + cam.link("usb-Freshframe_Lab_Camera_A-video-index0")
	for _, source := range []string{"v4l2:", "v4l2:" + cam.node, place, link, link + "?video_size=320x240"} {
		check(source, link)
	}

	for source, words := range map[string][]string{
		"v4l2:" + bus(3):           {"no camera is attached there", "there is one at " + bus(0)},
		"v4l2:" + bus(0) + ",2":    {"no camera is attached there", "there is one at " + bus(0)},
		"v4l2:/dev/v4l/by-id/none": {"there is no such device", "there is " + cam.node},
	} {
		code, _, said := run(t, nil, serveArgs(source)...)
		if code != 1 {
			t.Errorf("%s: it ended with status %d", source, code)
		}
		mentions(t, said, words...)
	}
}

// Two cameras of one name are told apart by their serial numbers, and each server follows its
// own, when they return under each other's node.
func TestTwinsSwapNodes(t *testing.T) {
	for _, by := range []string{"node", "link", "place"} {
		t.Run(by, func(t *testing.T) {
			a := plug(t, small(0, 320, 240, "Twin", "A"))
			b := plug(t, small(1, 640, 480, "Twin", "B"))
			source := func(c *camera, serial string) string {
				switch by {
				case "node":
					return "v4l2:" + c.node
				case "link":
					return "v4l2:" + c.link("usb-Freshframe_Twin_"+serial+"-video-index0")
				}
				return "v4l2:" + bus(c.port)
			}
			sa, sb := serve(t, source(a, "A")), serve(t, source(b, "B"))
			check := func(s *server, c *camera, width int) {
				t.Helper()
				st := s.until(patience, "a live camera", func(st client.State) bool {
					return st.Camera.State == "live" && st.Camera.Device == c.node
				})
				if st.Camera.Width != width {
					t.Errorf("from %s come pictures %d pixels wide, want %d", c.node, st.Camera.Width, width)
				}
			}
			check(sa, a, 320)
			check(sb, b, 640)
			wasA, wasB := a.node, b.node
			a.unplug()
			b.unplug()
			lost := func(st client.State) bool { return st.Camera.State == "lost" }
			sa.until(time.Second, "the first camera lost", lost)
			sb.until(time.Second, "the second camera lost", lost)
			gone(t, a.port)
			gone(t, b.port)
			os.RemoveAll("/dev/v4l") // so does udev
			b.plug()
			if b.node != wasA {
				t.Fatalf("the second one returned as %s, not as %s", b.node, wasA)
			}
			source(b, "B") // a new link
			check(sb, b, 640)
			if st := sa.state(); st.Camera.State != "lost" {
				t.Errorf("the first one is not back and the state of its server is %+v", st.Camera)
			}
			a.plug()
			if a.node != wasB {
				t.Fatalf("the first one returned as %s, not as %s", a.node, wasB)
			}
			source(a, "A")
			check(sa, a, 320)
		})
	}
}

// A camera that is plugged in at another port is known again by its serial number, and one of
// its make with another number is not taken for it.
func TestFollowedToAnotherPort(t *testing.T) {
	here := plug(t, small(0, 320, 240, "Lab Camera", "A"))
	s := serve(t, "v4l2:")
	first := s.live(patience)
	mentions(t, first.Camera.Stable, bus(0))
	here.unplug()
	s.until(time.Second, "a lost camera", func(st client.State) bool { return st.Camera.State == "lost" })
	gone(t, here.port)
	if other := plug(t, small(1, 640, 480, "Lab Camera", "B")); other.node != here.node {
		t.Fatalf("the other camera is %s, not %s", other.node, here.node)
	}
	there := plug(t, small(2, 320, 240, "Lab Camera", "A"))
	st := s.until(patience, "the camera at its new port", func(st client.State) bool {
		return st.Camera.State == "live" && st.Camera.Device == there.node
	})
	if !strings.HasSuffix(st.Camera.Stable, bus(2)) || st.Camera.Width != 320 {
		t.Errorf("the state is %+v", st.Camera)
	}
}

// A camera without a serial number is known again at another port while it is the only one of
// its make. Of two it may be either, and the hint says where it is expected.
func TestFollowedWithoutSerialNumber(t *testing.T) {
	anonymous := func(port, width, height int) *camera {
		c := small(port, width, height, "Cheap Camera", "")
		c.NoSerial = true
		return plug(t, c)
	}
	lost := func(st client.State) bool { return st.Camera.State == "lost" }
	here := anonymous(0, 320, 240)
	s := serve(t, "v4l2:")
	s.live(patience)
	here.unplug()
	s.until(time.Second, "a lost camera", lost)
	gone(t, here.port)

	there := anonymous(1, 320, 240)
	st := s.until(patience, "the camera at its new port", func(st client.State) bool {
		return st.Camera.State == "live" && st.Camera.Device == there.node
	})
	mentions(t, st.Camera.Stable, bus(1))

	there.unplug()
	s.until(time.Second, "a lost camera", lost)
	gone(t, there.port)
	// The server looks again and again: it must not find the first of the two alone.
	s.Signal(syscall.SIGSTOP)
	anonymous(2, 640, 480)
	anonymous(3, 640, 480)
	s.Signal(syscall.SIGCONT)
	st = s.until(patience, "a hint", func(st client.State) bool {
		return st.Camera.State == "live" || st.Camera.Error != nil && strings.Contains(st.Camera.Error.Hint, bus(1))
	})
	if st.Camera.State == "live" {
		t.Errorf("one of two was taken for it: %+v", st.Camera)
	}
	there.plug()
	s.until(patience, "the camera at its port", func(st client.State) bool {
		return st.Camera.State == "live" && st.Camera.Device == there.node && st.Camera.Width == 320
	})
}

// Of two cameras of one name, the one that is back first may get the other's node: it is not
// taken for the other, whatever the source is called.
func TestTwinIsNotTakenForTheOther(t *testing.T) {
	a := plug(t, small(0, 320, 240, "Twin", "A"))
	b := plug(t, small(1, 640, 480, "Twin", "B"))
	s := serve(t, "v4l2:"+a.node)
	s.live(patience)
	a.unplug()
	b.unplug()
	s.until(time.Second, "a lost camera", func(st client.State) bool { return st.Camera.State == "lost" })
	gone(t, a.port)
	gone(t, b.port)
	was := a.node
	b.plug()
	if b.node != was {
		t.Fatalf("the second one returned as %s, not as %s", b.node, was)
	}
	// Five looks at it, by the pauses between them.
	before := s.state().Camera.Reopens
	st := s.until(patience, "further tries", func(st client.State) bool {
		return st.Camera.State == "live" || st.Camera.Reopens >= before+5
	})
	if st.Camera.State != "lost" {
		t.Errorf("the first one is not back and the state of its server is %+v", st.Camera)
	}
	a.plug()
	s.until(patience, "a live camera", func(st client.State) bool {
		return st.Camera.State == "live" && st.Camera.Device == a.node && st.Camera.Width == 320
	})
}
