// Package uvcsim is a USB webcam made in this process: in go descriptions, commands and
// faults, out comes what the kernel's uvcvideo driver sees of a real camera, over USB/IP
// into vhci-hcd. It must never outlive its Camera: after Unplug nothing of it runs.
//
// The parts, from the cable inwards: vhci.go plugs into the kernel, usbip.go carries
// transfers, requests.go answers the control endpoint, with descriptors.go, negotiate.go
// and controls.go; streaming.go paces the frames of pictures.go, which faults.go spoils and
// payloads.go packs.
//
// Numbers in comments such as (UVC 4.2.2) are sections of "USB Device Class Definition for
// Video Devices", revision 1.1; (USB 9.4) of the USB specification, revision 2.0.
package uvcsim

import (
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Camera is a simulated webcam. Any goroutine may call its methods. It keeps its knobs
// (Freeze, Refuse, Stall, Mute, faults) over replugging, its controls' values not.
type Camera struct {
	config  Config
	device  []byte // descriptors
	layout  []byte
	strings []string
	attach  func(port int) (io.ReadWriteCloser, error) // vhciAttach, except in tests

	cable   sync.Mutex // held while plugging and unplugging
	plugged *plug

	mu      sync.Mutex
	frozen  bool
	refuse  bool
	stall   bool
	muted   bool
	faults  []pendingFault
	values  []int // of the controls, in the order of Config.Controls
	sent    []Sent
	count   uint64 // frames sent
	missed  uint64
	newest  map[int]Sent // by picture
	streams bool

	// Of the stream's goroutine, of which there is at most one, and while unplugged of whoever
	// has the cable.
	galleries map[image.Point]*gallery
}

// Sent is a frame handed to the kernel.
type Sent struct {
	Seq     uint64 // counts this camera's frames from 1, replugging included
	Picture int    // the number in the picture's block code: Seq modulo Config.Pictures
	// At and Monotonic (of CLOCK_MONOTONIC, which times buffers in the kernel) are the moment
	// just before the frame's first bytes were handed over.
	At        time.Time
	Monotonic time.Duration
	Fault     Fault // what was wrong with the frame, NoFault mostly
}

// sentMax is how many frames are remembered.
const sentMax = 4096

// New makes a camera, not plugged in yet. An error names the value of the configuration
// that no camera can have.
func New(config Config) (*Camera, error) {
	config = config.defaults()
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("uvcsim: %w", err)
	}
	c := &Camera{
		config:    config,
		device:    deviceDescriptor(config),
		strings:   []string{"Freshframe", config.Name, config.Serial},
		attach:    vhciAttach,
		newest:    map[int]Sent{},
		galleries: map[image.Point]*gallery{},
	}
	var err error
	if c.layout, err = configDescriptor(config); err != nil {
		return nil, fmt.Errorf("uvcsim: %w", err)
	}
	c.resetControls()
	return c, nil
}

// MakePictures makes the JPEGs of all sizes, which otherwise happens when a stream of one
// begins and delays its first frame; in an emulated machine by seconds. With a Cache it is
// enough to have done it once, somewhere. The camera must not be plugged in.
func (c *Camera) MakePictures() error {
	c.cable.Lock()
	defer c.cable.Unlock()
	if c.plugged != nil {
		return errors.New("uvcsim: unplug the camera before its pictures are made")
	}
	for _, f := range c.config.Formats {
		for _, s := range f.Sizes {
			if f.Pixels != MJPEG {
				continue
			}
			if err := c.gallery(s.point()).all(); err != nil {
				return fmt.Errorf("uvcsim: %w", err)
			}
		}
	}
	return nil
}

func (c *Camera) gallery(size image.Point) *gallery {
	if c.galleries[size] == nil {
		c.galleries[size] = newGallery(size, c.config)
	}
	return c.galleries[size]
}

// Plug plugs the camera in and returns when the kernel has taken note; the video device
// appears some 0.2 s later. Right after an unplug the port is still busy, which Plug waits
// for, a few seconds at most. An error says what the kernel lacks.
func (c *Camera) Plug() error {
	c.cable.Lock()
	defer c.cable.Unlock()
	if c.plugged != nil {
		return errors.New("uvcsim: the camera is plugged in already")
	}
	conn, err := c.attach(c.config.Port)
	if err != nil {
		return fmt.Errorf("uvcsim: plug into port %d: %w", c.config.Port, err)
	}
	c.plugged = newPlug(c, conn)
	c.log().Info("plugged in", "port", c.config.Port)
	return nil
}

// Unplug pulls the cable, whatever is going on, and returns when nothing of the camera
// runs any more. An error says that it was not plugged in, or that the kernel had given up
// the camera before, which it does to one that breaks the USB/IP protocol.
func (c *Camera) Unplug() error {
	c.cable.Lock()
	defer c.cable.Unlock()
	if c.plugged == nil {
		return errors.New("uvcsim: the camera is not plugged in")
	}
	err := c.plugged.close()
	c.plugged = nil
	c.resetControls()
	c.log().Info("unplugged")
	if err != nil {
		return fmt.Errorf("uvcsim: port %d: %w", c.config.Port, err)
	}
	return nil
}

// Close unplugs the camera if it is plugged in. It may be plugged in again.
func (c *Camera) Close() error {
	c.cable.Lock()
	plugged := c.plugged != nil
	c.cable.Unlock()
	if !plugged {
		return nil
	}
	return c.Unplug()
}

func (c *Camera) log() *slog.Logger { return c.config.Log.With("camera", c.config.Name) }

// Freeze stops the frames; the camera still answers everything.
func (c *Camera) Freeze() { c.set(&c.frozen, true) }

// Thaw ends Freeze.
func (c *Camera) Thaw() { c.set(&c.frozen, false) }

// Refuse on makes the camera refuse the format it is told to stream in, as one does whose
// bus has no bandwidth left: starting to stream fails.
func (c *Camera) Refuse(on bool) { c.set(&c.refuse, on) }

// Stall on makes the camera refuse every request to its controls.
func (c *Camera) Stall(on bool) { c.set(&c.stall, on) }

// Mute on makes the camera answer nothing at endpoint 0, as hung firmware does, while frames
// go on. Requests wait, and are answered when it is off again, except those that the host has
// taken back by then.
func (c *Camera) Mute(on bool) {
	c.set(&c.muted, on)
	if on {
		return
	}
	c.cable.Lock()
	p := c.plugged
	c.cable.Unlock()
	if p != nil {
		p.link.catchUp()
	}
}

func (c *Camera) set(knob *bool, on bool) {
	c.mu.Lock()
	*knob = on
	c.mu.Unlock()
}

func (c *Camera) is(knob *bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return *knob
}

// Inject spoils the next n frames with f. Faults wait for one another: each frame gets one.
// n of 0 or less takes back what waits of f.
func (c *Camera) Inject(f Fault, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n <= 0 {
		c.faults = slices.DeleteFunc(c.faults, func(p pendingFault) bool { return p.fault == f })
		return
	}
	c.faults = append(c.faults, pendingFault{f, n})
}

// Sent tells the newest frames handed to the kernel, at most 4096, the oldest first.
func (c *Camera) Sent() []Sent {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

// LastSent tells when a picture, known by the number in its block code, was sent last; ok
// is false if it never was.
func (c *Camera) LastSent(picture int) (s Sent, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok = c.newest[picture]
	return s, ok
}

// Missed counts the frames that were due while streaming and not sent, or not to the end,
// because the kernel made no room for them in time: a slow machine's fault, not a camera's.
func (c *Camera) Missed() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.missed
}

func (c *Camera) miss(n int) {
	c.mu.Lock()
	c.missed += uint64(n)
	c.mu.Unlock()
}

// Streaming says whether the kernel has started the video stream.
func (c *Camera) Streaming() bool { return c.is(&c.streams) }

// ControlValue is the value a control has in the camera, in the camera's own numbers (see
// Control), the default while unplugged; ok is false for a control that it has not.
func (c *Camera) ControlValue(name string) (value int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.config.Controls, func(k Control) bool { return k.Name == name })
	if i < 0 {
		return 0, false
	}
	return c.values[i], true
}

func (c *Camera) resetControls() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values = make([]int, len(c.config.Controls))
	for i, k := range c.config.Controls {
		c.values[i] = k.Default
	}
}

// nextPicture is the picture of the frame that comes next.
func (c *Camera) nextPicture() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.picture(c.count + 1)
}

func (c *Camera) picture(seq uint64) int { return int(seq % uint64(c.config.Pictures)) }

// begin begins a frame: it gets its number, a fault if one waits, and the present time.
func (c *Camera) begin() Sent {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	s := Sent{Seq: c.count, Picture: c.picture(c.count), Fault: NoFault}
	if len(c.faults) > 0 {
		p := &c.faults[0]
		s.Fault = p.fault
		if p.left--; p.left == 0 {
			c.faults = c.faults[1:]
		}
	}
	if len(c.sent) == sentMax {
		c.sent = append(c.sent[:0], c.sent[sentMax/4:]...)
	}
	s.At, s.Monotonic = time.Now(), Monotonic()
	c.sent = append(c.sent, s)
	c.newest[s.Picture] = s
	return s
}
