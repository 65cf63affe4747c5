//go:build linux

package v4l2

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"freshframe/backend/capture"
	"freshframe/backend/option"
)

// find is the camera that a target means. known is the camera that it meant before, nil at the
// first opening. The rule, by which a camera is followed to another node (its old one may be
// held open by another program):
//
//  1. what the target names, where that is the camera that was known;
//  2. else the node most like it, by its serial number, else by where it is attached;
//  3. else whatever camera the target names now: who puts another one in its place means that.
//     Not a twin, though: when both return at once, the first one may get the other's node.
//
// An empty target names nothing: it goes on meaning the first camera that it found. One without
// a serial number is followed to another port where it can hardly be another: it was the only
// one of its make, and again there is only one.
func (h host) find(t target, known *identity, wanted option.Dimensions) (camera, error) {
	if known == nil {
		return h.named(t, wanted)
	}
	gone := &capture.Error{Code: capture.NoSuchDevice, Device: cmp.Or(t.path, t.bus, known.bus, "v4l2:"), Hint: hintReopen, Err: fmt.Errorf("%s is not plugged in", known.name)}
	cam, err, like := camera{}, error(gone), another
	if t != (target{}) {
		if cam, err = h.named(t, wanted); err == nil {
			if like = known.likeness(cam.identity); like == stranger {
				cam, err, like = camera{}, gone, another
			}
		} else if e, ok := errors.AsType[*capture.Error](err); ok && e.Code == capture.NoSuchDevice {
			err = gone // which other cameras there are is of no interest now
		}
	}
	if like >= samePort {
		return cam, nil
	}
	var kin []camera // of its make
	for _, node := range h.nodes() {
		if node == cam.node || !known.mayBe(h.traits(node)) {
			continue
		}
		c, e := h.inspect(node, wanted)
		if e != nil {
			continue
		}
		if known.alike(c.identity) {
			kin = append(kin, c)
		}
		if l := known.likeness(c.identity); l > like {
			cam, err, like = c, nil, l
		}
	}
	if err == nil {
		return cam, nil
	}
	mayMove := t == (target{}) && known.anonymous()
	if mayMove && len(kin) == 1 && kin[0].anonymous() {
		return kin[0], nil
	}
	if known.serial == "" && known.bus != "" && (!mayMove || len(kin) > 0) {
		gone.Hint = "plug it in again at " + known.bus + ", for there is no serial number of its own to know it by elsewhere; it is reopened by itself"
	}
	return camera{}, err
}

// named is the camera that the target names now, whichever it is.
func (h host) named(t target, wanted option.Dimensions) (camera, error) {
	switch {
	case t.path != "":
		return h.inspect(t.path, wanted)
	case t.bus != "":
		return h.attached(t, wanted)
	}
	return h.first(wanted)
}

// first is the first camera among the nodes; where none is one, the error of the first node
// that hides what it is.
func (h host) first(wanted option.Dimensions) (camera, error) {
	var hidden error
	for _, node := range h.nodes() {
		cam, err := h.inspect(node, wanted)
		if err == nil {
			return cam, nil
		}
		if hidden == nil && !isNoCamera(err) {
			hidden = err
		}
	}
	if hidden != nil {
		return camera{}, hidden
	}
	return camera{}, &capture.Error{Code: capture.NoSuchDevice, Device: "v4l2:", Hint: h.hintNodes(""), Err: errors.New("no camera found")}
}

// attached is the camera at the place that the target names. Where a device has several they
// count in the order of their nodes.
func (h host) attached(t target, wanted option.Dimensions) (camera, error) {
	seen, places := map[string]int{}, []string(nil)
	var hidden error
	for _, node := range h.nodes() {
		cam, err := h.identify(node)
		if err != nil {
			if hidden == nil && !isNoCamera(err) {
				hidden = err
			}
			continue
		}
		seen[cam.bus]++
		if cam.bus == t.bus && seen[t.bus] == t.nth {
			return h.inspect(node, wanted)
		}
		places = append(places, target{bus: cam.bus, nth: seen[cam.bus]}.String())
	}
	if len(places) == 0 && hidden != nil {
		return camera{}, hidden
	}
	e := &capture.Error{Code: capture.NoSuchDevice, Device: sourceValue(t), Hint: h.hintNodes(""), Err: errors.New("no camera is attached there")}
	if len(places) > 0 {
		e.Hint = "there is one at " + strings.Join(places, ", ")
	}
	return camera{}, e
}

// nth is the camera's number among those at its place. It opens only other nodes of the same
// device.
func (h host) nth(cam camera) int {
	n := 1
	for _, node := range h.nodes() {
		if node == cam.node {
			break
		}
		if h.traits(node).home != cam.home {
			continue
		}
		if c, err := h.identify(node); err == nil && c.bus == cam.bus {
			n++
		}
	}
	return n
}

// stable is the source value that survives a replugging of the camera, the nth at its place,
// "" where there is none.
func (h host) stable(cam camera, nth int) string {
	link, bus := target{path: h.byID(cam.node)}, target{bus: cam.bus, nth: nth}
	if canBeWritten(link) && !cam.twin { // twins share one link
		return sourceValue(link)
	}
	if canBeWritten(bus) {
		return sourceValue(bus)
	}
	return ""
}

// canBeWritten reports whether a source value can hold the target, which the system made up.
func canBeWritten(t target) bool {
	back, err := parseTarget(t.String())
	return err == nil && back == t && t.String() != "" && !strings.Contains(t.String(), "?")
}

// sourceValue is what opens the target.
func sourceValue(t target) string { return "v4l2:" + t.String() }

// isNoCamera reports that a node was asked and is none.
func isNoCamera(err error) bool {
	e, ok := errors.AsType[*capture.Error](err)
	return ok && e.Code == capture.NotACamera
}
