//go:build linux

package v4l2

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// traits are what sysfs tells of a node without its being opened; what it does not tell is "".
type traits struct {
	label  string // the driver's name for the node
	serial string // the serial number of the USB device
	part   string // which of the device's nodes it is: USB interface and index
	home   string // the folder of the device in sysfs, which is its port
}

// identity is how a camera is known again.
type identity struct {
	name, bus, driver string // in the driver's words
	traits                   // without the serial number where a twin has the same
	twin              bool   // another camera of the machine looked exactly like it
}

// traits reads sysfs.
func (h host) traits(node string) traits {
	folder := filepath.Join(h.sys, filepath.Base(node))
	read := func(path string) string {
		b, _ := os.ReadFile(path) // absent is as good as empty
		return strings.TrimSpace(string(b))
	}
	t := traits{label: read(filepath.Join(folder, "name")), part: read(filepath.Join(folder, "index"))}
	device, err := filepath.EvalSymlinks(filepath.Join(folder, "device"))
	if err != nil {
		return t // a virtual camera has none
	}
	t.home = device
	// A USB camera's node belongs to an interface (1-1:1.0) of the device (1-1).
	if usb := filepath.Dir(device); read(filepath.Join(usb, "idVendor")) != "" {
		_, number, _ := strings.Cut(filepath.Base(device), ":")
		t.home, t.part, t.serial = usb, number+"/"+t.part, read(filepath.Join(usb, "serial"))
	}
	return t
}

// hasTwin reports that another device of the machine looks exactly like the node's: neither a
// serial number, which cheap cameras of a kind share, nor a link made of it tells them apart.
func (h host) hasTwin(node string, t traits) bool {
	return slices.ContainsFunc(h.nodes(), func(other string) bool {
		o := h.traits(other)
		return o.home != t.home && o.label == t.label && o.part == t.part && o.serial == t.serial
	})
}

// mayBe reports whether a node is worth opening to see whether it is the camera.
func (known identity) mayBe(t traits) bool {
	return t.label == known.label || t.label == "" || known.label == ""
}

// anonymous reports that nothing but its make and its port tell of the camera, and that none of
// its make was there beside it. Where the system does not say what the device is, it may have a
// serial number all the same.
func (id identity) anonymous() bool { return id.home != "" && id.serial == "" && !id.twin }

// alike reports that both are of one make, and the same part of their devices.
func (known identity) alike(c identity) bool {
	return c.name == known.name && c.driver == known.driver && c.part == known.part
}

// likeness is how sure it is that a camera is the one that was known.
type likeness int

const (
	stranger likeness = iota // surely another one of its make, attached elsewhere
	another
	sameMake   // another one of its make, where it was attached
	samePort   // attached where it was, and nothing speaks against it
	sameSerial // wherever it is attached
)

func (known identity) likeness(c identity) likeness {
	if !known.alike(c) {
		return another
	}
	numbered := c.serial != "" && known.serial != ""
	switch {
	case numbered && c.serial == known.serial:
		return sameSerial
	case numbered && c.bus != known.bus:
		return stranger
	case c.bus != known.bus:
		return another
	case numbered:
		return sameMake
	}
	return samePort
}
