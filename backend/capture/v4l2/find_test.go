//go:build linux

package v4l2

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"freshframe/backend/capture"
)

// usbCamera is a camera at a USB port, its node for pictures.
func usbCamera(name, port, serial string) *fakeCamera {
	c := webcamFake()
	c.card, c.bus, c.port, c.iface, c.index, c.serial = name, "usb-"+port, port, "1.0", "0", serial
	return c
}

// metadataOf is the node beside a camera's.
func metadataOf(c *fakeCamera) *fakeCamera {
	m := *c
	m.caps, m.index = capMetaCapture|capStreaming, "1"
	return &m
}

// infraredOf is the second camera of a laptop's: of the same device, another interface.
func infraredOf(c *fakeCamera) *fakeCamera {
	i := *c
	i.iface = "1.2"
	return &i
}

// A camera that was opened is lost, and the machine looks otherwise now.
func TestFollow(t *testing.T) {
	a, b := usbCamera("C920", "1-1", "A"), usbCamera("C920", "1-2", "B")
	a2, b1 := usbCamera("C920", "1-2", "A"), usbCamera("C920", "1-1", "B") // the ports changed over
	plain, plain2 := usbCamera("C270", "1-1", ""), usbCamera("C270", "1-2", "")
	dup, dup2 := usbCamera("Cheap", "1-1", "0001"), usbCamera("Cheap", "1-2", "0001")
	brio := usbCamera("BRIO", "1-1", "X")
	ir := infraredOf(plain)
	bare, bare2 := webcamFake(), webcamFake() // a machine without sysfs
	bare2.bus = "usb-elsewhere"
	type machine []*fakeCamera
	const node, byID, bus, first = "video0", "link", "bus", ""
	for _, tt := range []struct {
		name    string
		before  machine
		targets []string // of the first opening: each means the camera of video0
		after   machine
		link    int // where the by-id link points afterwards; -1: it is gone
		want    int // the node opened afterwards; -1: none
	}{
		{"the same node", machine{a}, []string{node, byID, bus, first}, machine{a}, 0, 0},
		{"another node, for the old one is held open", machine{a}, []string{node, byID, bus, first}, machine{nil, a}, 1, 1},
		{"another node, past its metadata", machine{a, metadataOf(a)}, []string{node, byID, bus, first}, machine{nil, metadataOf(a), a}, 2, 2},
		{"another node, no link made yet", machine{a}, []string{byID}, machine{nil, nil, a}, -1, 2},
		{"another port", machine{a}, []string{node, byID, bus, first}, machine{nil, a2}, 1, 1},
		{"another port, and another camera at the node", machine{a}, []string{node, bus, first}, machine{b1, a2}, 1, 1},
		{"not another camera of its make", machine{a, b}, []string{first}, machine{nil, b}, -1, -1},
		{"of its make, where it was attached", machine{a}, []string{node, bus, first}, machine{nil, b1}, -1, 1},
		{"another camera in its place", machine{a}, []string{node, bus}, machine{brio}, -1, 0},
		{"another camera in its place is not the first camera", machine{a}, []string{first}, machine{brio}, -1, -1},
		{"not yet back, and its twin has its node", machine{a, b}, []string{node, byID, first}, machine{b}, 0, -1},
		{"back, and its twin has its node", machine{a, b}, []string{node, bus, first}, machine{b, a}, -1, 1},
		{"not yet back, another camera elsewhere", machine{a, b}, []string{node, byID, bus, first}, machine{nil, b}, -1, -1},
		{"without a serial number, another node", machine{plain}, []string{node, byID, bus, first}, machine{nil, nil, plain}, 2, 2},
		{"without a serial number, another port", machine{plain}, []string{first}, machine{nil, plain2}, -1, 1},
		{"without a serial number, another port than named", machine{plain}, []string{node, byID, bus}, machine{nil, plain2}, -1, -1},
		{"a serial number that others have too, another node", machine{dup, dup2}, []string{node, bus, first}, machine{nil, dup2, dup}, -1, 2},
		{"a serial number that others have too, not back", machine{dup, dup2}, []string{node, bus, first}, machine{nil, dup2}, -1, -1},
		{"the same one of a device's two", machine{plain, ir}, []string{node, byID, bus, first}, machine{nil, ir, plain}, 2, 2},
		{"without sysfs, another node", machine{bare}, []string{node, byID, bus, first}, machine{nil, bare}, 1, 1},
		{"without sysfs, another port", machine{bare}, []string{first}, machine{bare2}, -1, -1},
	} {
		for _, target := range tt.targets {
			t.Run(tt.name+"/"+target, func(t *testing.T) {
				h := fakeHost(t, tt.before...)
				h.start = func(string, mode) (*stream, error) { return fakeStream(&fakeRing{t: t}), nil }
				var text string
				byIDLink := filepath.Join(h.dev, "v4l", "by-id", "usb-video-index0")
				link(t, h.node(0), byIDLink)
				switch target {
				case node:
					text = h.node(0)
				case byID:
					text = byIDLink
				case bus:
					text = tt.before[0].bus
				}
				tg, err := parseTarget(text)
				if err != nil {
					t.Fatal(err)
				}
				open := h.opener(tg, hdRequest)
				src, err := open(t.Context(), 1)
				if err != nil || src.Info().Device != h.node(0) {
					t.Fatalf("first opening: %v, %v", src, err)
				}
				src.Close()

				h.become(t, tt.after...)
				os.Remove(byIDLink)
				if tt.link >= 0 {
					link(t, h.node(tt.link), byIDLink)
				}
				for range 2 { // and again from there
					src, err = open(t.Context(), 7)
					if tt.want < 0 {
						wantError(t, err, capture.NoSuchDevice, tidyName(tt.before[0].card)+" is not plugged in", "by itself")
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					if got := src.Info(); got.Device != h.node(tt.want) || got.Name != tidyName(tt.after[tt.want].card) {
						t.Errorf("opened %s, %s; want video%d", got.Device, got.Name, tt.want)
					}
					src.Close()
				}
			})
		}
	}
}

// A camera without a serial number is followed to another port where it is the only one of its
// make and was so before; else the hint says which port it is expected at.
func TestFollowWithoutSerialNumber(t *testing.T) {
	at := func(port string) *fakeCamera { return usbCamera("C270", port, "") }
	numbered := func(port, serial string) *fakeCamera { return usbCamera("C270", port, serial) }
	otherPart := infraredOf(at("1-2"))
	bare, bareElsewhere := webcamFake(), webcamFake() // a machine without sysfs
	bareElsewhere.bus = "usb-elsewhere"
	type machine []*fakeCamera
	const expected = "plug it in again at "
	for name, tt := range map[string]struct {
		before machine
		target string
		after  machine
		want   int    // the node opened afterwards; -1: none
		hint   string // then
	}{
		"moved":                                {machine{at("1-1")}, "", machine{nil, at("1-2")}, 1, ""},
		"moved, past its metadata":             {machine{at("1-1"), metadataOf(at("1-1"))}, "", machine{metadataOf(at("1-2")), at("1-2")}, 1, ""},
		"moved, beside one of another make":    {machine{at("1-1")}, "", machine{usbCamera("BRIO", "1-1", ""), at("1-2")}, 1, ""},
		"moved, one of its device's two":       {machine{at("1-1"), infraredOf(at("1-1"))}, "", machine{otherPart, at("1-2")}, 1, ""},
		"gone":                                 {machine{at("1-1")}, "", machine{}, -1, hintReopen},
		"gone, another part":                   {machine{at("1-1")}, "", machine{otherPart}, -1, hintReopen},
		"two of its make":                      {machine{at("1-1")}, "", machine{at("1-2"), at("1-3")}, -1, expected + "usb-1-1"},
		"two of its make, at its old port too": {machine{at("1-1")}, "", machine{at("1-2"), at("1-1")}, 1, ""},
		"two of its make, one with a number":   {machine{at("1-1")}, "", machine{at("1-2"), numbered("1-3", "A")}, -1, expected + "usb-1-1"},
		"one of its make, with a number":       {machine{at("1-1")}, "", machine{numbered("1-2", "A")}, -1, expected + "usb-1-1"},
		"it had a twin":                        {machine{at("1-1"), at("1-2")}, "", machine{nil, at("1-2")}, -1, expected + "usb-1-1"},
		"it had a twin, and none is there":     {machine{at("1-1"), at("1-2")}, "", machine{}, -1, expected + "usb-1-1"},
		"it had a twin with the same number":   {machine{numbered("1-1", "1"), numbered("1-2", "1")}, "", machine{nil, numbered("1-3", "1")}, -1, expected + "usb-1-1"},
		"it had a number, and this one none":   {machine{numbered("1-1", "A")}, "", machine{at("1-2")}, -1, hintReopen},
		"named by its port":                    {machine{at("1-1")}, "usb-1-1", machine{at("1-2")}, -1, expected + "usb-1-1"},
		"named by its port, and gone":          {machine{at("1-1")}, "usb-1-1", machine{}, -1, expected + "usb-1-1"},
		"without sysfs":                        {machine{bare}, "", machine{bareElsewhere}, -1, expected + bare.bus},
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHost(t, tt.before...)
			h.start = func(string, mode) (*stream, error) { return fakeStream(&fakeRing{t: t}), nil }
			tg, err := parseTarget(tt.target)
			if err != nil {
				t.Fatal(err)
			}
			open := h.opener(tg, hdRequest)
			src, err := open(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			src.Close()
			h.become(t, tt.after...)
			for range 2 { // and again from there
				src, err := open(t.Context(), 7)
				if tt.want < 0 {
					wantError(t, err, capture.NoSuchDevice, tidyName(tt.before[0].card)+" is not plugged in")
					if e, ok := errors.AsType[*capture.Error](err); ok && !strings.HasPrefix(e.Hint, tt.hint) {
						t.Errorf("the hint is %q, want %q", e.Hint, tt.hint)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := src.Info().Device; got != h.node(tt.want) {
					t.Errorf("opened %s, want video%d", got, tt.want)
				}
				src.Close()
			}
		})
	}
}

// While a camera is away, cameras that cannot be it are left in peace.
func TestFollowOpensOnlyWhatMayBeIt(t *testing.T) {
	mine, other := usbCamera("C920", "1-1", "A"), usbCamera("BRIO", "1-2", "X")
	h := fakeHost(t, mine, other)
	h.start = func(string, mode) (*stream, error) { return fakeStream(&fakeRing{t: t}), nil }
	open := h.opener(target{path: h.node(0)}, hdRequest)
	src, err := open(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	src.Close()
	h.become(t, nil, other)
	other.opened = func() { t.Error("the other camera was opened") }
	if _, err := open(t.Context(), 2); err == nil {
		t.Error("opened what is not there")
	}
}

func TestTargets(t *testing.T) {
	front := usbCamera("Integrated", "1-1", "")
	h := fakeHost(t, front, metadataOf(front), infraredOf(front), usbCamera("C920", "1-2", "A"))
	h.start = func(string, mode) (*stream, error) { return fakeStream(&fakeRing{t: t}), nil }
	byID := filepath.Join(h.dev, "v4l", "by-id", "usb-C920")
	link(t, "../../video3", byID)
	for text, want := range map[string]struct {
		node   int
		stable string
	}{
		"":          {0, "usb-1-1"},
		h.node(2):   {2, "usb-1-1,2"},
		byID:        {3, byID},
		"usb-1-1":   {0, "usb-1-1"},
		"usb-1-1,1": {0, "usb-1-1"},
		"usb-1-1,2": {2, "usb-1-1,2"},
		"usb-1-2":   {3, byID},
	} {
		src, err := h.openTarget(t.Context(), text, hdRequest, 1)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := src.Info(); got.Device != h.node(want.node) || got.Stable != "v4l2:"+want.stable {
			t.Errorf("%q opened %s, stable %s; want video%d, %s", text, got.Device, got.Stable, want.node, want.stable)
		}
		src.Close()
	}
	for _, text := range []string{"usb-1-1,3", "usb-1-2,2", "usb-1-7"} {
		_, err := h.openTarget(t.Context(), text, hdRequest, 1)
		wantError(t, err, capture.NoSuchDevice, "v4l2:"+text, "usb-1-1, usb-1-1,2, usb-1-2")
	}
}

func TestTargetsOfHiddenCameras(t *testing.T) {
	h := fakeHost(t)
	_, err := h.openTarget(t.Context(), "usb-1-1", hdRequest, 1)
	wantError(t, err, capture.NoSuchDevice, "synthetic:")
	h = fakeHost(t, &fakeCamera{openErr: errors.New("x")}, &fakeCamera{caps: capMetaCapture})
	_, err = h.openTarget(t.Context(), "usb-1-1", hdRequest, 1)
	wantError(t, err, capture.CameraFrozen, h.node(0))
}

func TestStable(t *testing.T) {
	odd, none, comma := webcamFake(), webcamFake(), webcamFake()
	odd.bus, none.bus, comma.bus = "usb-1?x=1", "", "a-b,c"
	for name, tt := range map[string]struct {
		cameras []*fakeCamera
		links   map[string]int
		want    []string // of each camera
	}{
		"links":                        {[]*fakeCamera{usbCamera("C920", "1-1", "A"), usbCamera("BRIO", "1-2", "")}, map[string]int{"usb-A": 0, "usb-B": 1}, []string{"LINKS/usb-A", "LINKS/usb-B"}},
		"no links":                     {[]*fakeCamera{usbCamera("C920", "1-1", "A"), usbCamera("BRIO", "1-2", "")}, nil, []string{"usb-1-1", "usb-1-2"}},
		"twins share their link":       {[]*fakeCamera{usbCamera("C270", "1-1", ""), usbCamera("C270", "1-2", "")}, map[string]int{"usb-C270": 1}, []string{"usb-1-1", "usb-1-2"}},
		"twins with the same number":   {[]*fakeCamera{usbCamera("C", "1-1", "0"), usbCamera("C", "1-2", "0")}, map[string]int{"usb-C": 0}, []string{"usb-1-1", "usb-1-2"}},
		"two of one make":              {[]*fakeCamera{usbCamera("C", "1-1", "1"), usbCamera("C", "1-2", "2")}, map[string]int{"usb-1": 0, "usb-2": 1}, []string{"LINKS/usb-1", "LINKS/usb-2"}},
		"a bus info that cuts options": {[]*fakeCamera{odd}, nil, []string{""}},
		"a bus info that counts":       {[]*fakeCamera{comma}, nil, []string{""}},
		"no bus info":                  {[]*fakeCamera{none}, nil, []string{""}},
		"a link that cuts options":     {[]*fakeCamera{webcamFake()}, map[string]int{"usb-what?": 0}, []string{"usb-0000:00:14.0-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHost(t, tt.cameras...)
			h.start = func(string, mode) (*stream, error) { return fakeStream(&fakeRing{t: t}), nil }
			links := filepath.Join(h.dev, "v4l", "by-id")
			for name, n := range tt.links {
				link(t, h.node(n), filepath.Join(links, name))
			}
			for i, d := range h.discover() {
				src, err := h.openTarget(t.Context(), d.Device, hdRequest, 1)
				if err != nil {
					t.Fatal(err)
				}
				want := tt.want[i]
				if want != "" {
					want = "v4l2:" + strings.Replace(want, "LINKS", links, 1)
				}
				if d.Stable != want || src.Info().Stable != want {
					t.Errorf("camera %d: %q when listed, %q when opened, want %q", i, d.Stable, src.Info().Stable, want)
				}
				src.Close()
			}
		})
	}
}

func TestTraits(t *testing.T) {
	h := fakeHost(t, usbCamera("C920", "1-4.2", "A1B2"), webcamFake())
	got := h.traits(h.node(0))
	home := filepath.Base(got.home)
	got.home = ""
	if want := (traits{label: "C920", serial: "A1B2", part: "1.0/0"}); got != want || home != "1-4.2" {
		t.Errorf("%+v at %s, want %+v at 1-4.2", got, home, want)
	}
	if got := h.traits(h.node(1)); got != (traits{}) {
		t.Errorf("without sysfs: %+v", got)
	}
	// On the PCI bus, and without a device at all.
	class := filepath.Join(h.sys, "video9")
	write(t, filepath.Join(class, "name"), "Capture card\n")
	write(t, filepath.Join(class, "index"), "1\n")
	want := traits{label: "Capture card", part: "1"}
	if got := h.traits(filepath.Join(h.dev, "video9")); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	pci := filepath.Join(filepath.Dir(h.dev), "pci", "0000:03:00.0")
	write(t, filepath.Join(pci, "vendor"), "0x1131\n")
	link(t, pci, filepath.Join(class, "device"))
	want.home = pci
	if got := h.traits(filepath.Join(h.dev, "video9")); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestLikeness(t *testing.T) {
	id := func(name, bus, serial, part string) identity {
		return identity{name: name, bus: bus, driver: "uvcvideo", traits: traits{serial: serial, part: part}}
	}
	known := id("C920", "usb-1", "A", "1.0/0")
	for _, tt := range []struct {
		known, c identity
		want     likeness
	}{
		{known, known, sameSerial},
		{known, id("C920", "usb-2", "A", "1.0/0"), sameSerial},
		{known, id("C920", "usb-1", "", "1.0/0"), samePort},
		{known, id("C920", "usb-1", "B", "1.0/0"), sameMake},
		{known, id("C920", "usb-2", "B", "1.0/0"), stranger},
		{known, id("C920", "usb-2", "", "1.0/0"), another},
		{known, id("BRIO", "usb-1", "A", "1.0/0"), another},
		{known, id("C920", "usb-1", "A", "1.0/2"), another},
		{known, identity{name: "C920", bus: "usb-1", driver: "other", traits: known.traits}, another},
		{id("C920", "usb-1", "", ""), id("C920", "usb-1", "B", ""), samePort},
		{id("C920", "usb-1", "", ""), id("C920", "usb-2", "", ""), another},
	} {
		t.Run(fmt.Sprint(tt.known, tt.c), func(t *testing.T) {
			if got := tt.known.likeness(tt.c); got != tt.want {
				t.Errorf("likeness %d, want %d", got, tt.want)
			}
		})
	}
}
