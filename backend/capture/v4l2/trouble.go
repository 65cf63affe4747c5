//go:build linux

package v4l2

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"freshframe/backend/capture"
)

// Hints that stand in more than one place.
const (
	hintReplug = "unplug the camera and plug it in again, at another port if need be"
	hintReopen = "plug it in again; it is reopened by itself"
)

// checkNode says what stands at the path where it is no V4L2 node, without opening it.
func (h host) checkNode(path string) error {
	st, err := h.stat(path)
	if err != nil {
		return h.trouble(path, err)
	}
	var what, hint string
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFCHR:
		if unix.Major(st.Rdev) == major {
			return nil
		}
		what = fmt.Sprintf("a character device of another kind (major number %d; cameras have %d)", unix.Major(st.Rdev), major)
	case unix.S_IFREG:
		what, hint = "a regular file", "to play a clip write file:"+path
	case unix.S_IFDIR:
		what = "a directory"
	case unix.S_IFIFO:
		what = "a named pipe"
	case unix.S_IFSOCK:
		what = "a socket"
	case unix.S_IFBLK:
		what = "a block device"
	default:
		what = "no device"
	}
	if hint == "" {
		hint = h.hintNodes(path)
	}
	return &capture.Error{Code: capture.NotACamera, Device: path, Hint: hint, Err: errors.New("is no camera but " + what)}
}

// checkCapability says what the node is where no pictures can be had from it. Metadata nodes
// carry the camera's name and the whole device's capabilities, which is all that the library
// looks at, so only the node's own tell them apart.
func (h host) checkCapability(path string, c capability) error {
	caps := c.Capabilities
	if caps&capDeviceCaps != 0 {
		caps = c.DeviceCaps
	}
	refuse := func(code capture.Code, what string) error {
		return &capture.Error{Code: code, Device: path, Hint: h.hintNodes(path), Err: errors.New(what)}
	}
	switch {
	case caps&capVideoCapture != 0 && caps&capStreaming != 0:
		return nil
	case caps&capVideoCapture != 0:
		return refuse(capture.NotACamera, "is a video device without streaming I/O")
	case caps&(capM2M|capM2MMPlane) != 0:
		return refuse(capture.NotACamera, "is no camera but a codec or scaler (memory to memory)")
	case caps&capVideoCaptureMPlane != 0: // the library speaks the single-planar interface only
		return refuse(capture.Unsupported, "is a camera with multi-planar buffers, which freshframe does not read")
	case caps&capMetaCapture != 0:
		return refuse(capture.NotACamera, "is no camera but the node of a camera's metadata")
	case caps&(capVideoOutput|capVideoOutputMPlane) != 0:
		return refuse(capture.NotACamera, "is no camera but a video output")
	}
	return refuse(capture.NotACamera, fmt.Sprintf("is no camera but another V4L2 device (capabilities %#08x)", caps))
}

// trouble turns what the kernel said into an error that says what to do.
func (h host) trouble(path string, err error) error {
	errno, known := errnoOf(err)
	fail := func(code capture.Code, hint string, err error) error {
		return &capture.Error{Code: code, Device: path, Hint: hint, Err: err}
	}
	if !known {
		return fail(capture.CameraFrozen, hintReplug, err)
	}
	switch errno {
	case unix.ENOENT, unix.ENOTDIR, unix.ELOOP:
		return fail(capture.NoSuchDevice, h.hintNodes(path), fmt.Errorf("there is no such device: %w", err))
	case unix.ENXIO, unix.ENODEV:
		return fail(capture.NoSuchDevice, hintReplug, fmt.Errorf("the node has no device behind it: %w", err))
	case unix.EACCES:
		return fail(capture.PermissionDenied, h.hintPermission(path), fmt.Errorf("may not be opened by this user: %w", err))
	case unix.EPERM: // the node's own mode would be EACCES
		return fail(capture.PermissionDenied, "give the device to the container (--device "+path+"), or start the program outside of it", fmt.Errorf("may not be opened in this container: %w", err))
	case unix.EBUSY:
		return h.busy(path, err)
	case unix.ENOTTY:
		return fail(capture.NotACamera, h.hintNodes(path), fmt.Errorf("does not answer as a V4L2 device: %w", err))
	case unix.ENOSPC:
		return fail(capture.Unsupported, "use input_format=mjpeg or a smaller video_size, or a port on another USB controller", fmt.Errorf("the USB bus has too little bandwidth left: %w", err))
	case unix.EMFILE, unix.ENFILE:
		return fail(capture.DeviceBusy, "raise the limit of open files (ulimit -n)", fmt.Errorf("no more files can be opened: %w", err))
	}
	return fail(capture.CameraFrozen, hintReplug, fmt.Errorf("the camera does not do what it is told: %w", err))
}

// errnos that the library can wrap into plain text when it starts streaming.
var errnos = []unix.Errno{unix.EBUSY, unix.ENODEV, unix.ENOSPC, unix.EIO, unix.EPIPE, unix.EPROTO, unix.ETIMEDOUT, unix.EINVAL, unix.ENOMEM}

// errnoOf finds the kernel's number in an error. The library's StartStreaming keeps only the
// words, so they are looked at too.
func errnoOf(err error) (unix.Errno, bool) {
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		return errno, true
	}
	for _, errno := range errnos {
		if strings.HasSuffix(err.Error(), errno.Error()) {
			return errno, true
		}
	}
	return 0, false
}

// busy names who has the device, as far as can be seen.
func (h host) busy(path string, err error) error {
	e := &capture.Error{Code: capture.DeviceBusy, Device: path}
	node, linkErr := filepath.EvalSymlinks(path)
	if linkErr != nil {
		node = path
	}
	list := h.holders(node)
	if len(list) == 0 {
		e.Err = fmt.Errorf("is in use by another program: %w", err)
		e.Hint = "find and close it: sudo fuser -v " + node
		return e
	}
	// What we hold ourselves is no reason while somebody else has it too.
	others := slices.DeleteFunc(slices.Clone(list), func(p holder) bool { return p.pid == os.Getpid() })
	if len(others) == 0 {
		e.Err = fmt.Errorf("is still in use by freshframe itself (process %d): %w", os.Getpid(), err)
		e.Hint = "the driver has not let go of an earlier opening: try again in a moment, or unplug the camera and plug it in again"
		return e
	}
	names := make([]string, len(others))
	for i, p := range others {
		names[i] = p.String()
	}
	e.Err = fmt.Errorf("is in use by %s: %w", strings.Join(names, " and "), err)
	e.Hint = "close that program, or choose another camera"
	return e
}

// hintNodes names the nodes there are besides the one that will not do.
func (h host) hintNodes(not string) string {
	list := slices.DeleteFunc(h.nodes(), func(node string) bool { return node == not })
	if len(list) == 0 {
		return "there is no other " + filepath.Join(h.dev, "video*") + ": plug a camera in (a container needs --device), or use synthetic:"
	}
	return "there is " + strings.Join(list, ", ") + "; v4l2: alone takes the first camera"
}

// hintPermission says how to get access: by the node's group where that would help.
func (h host) hintPermission(path string) string {
	st, err := h.stat(path)
	if err != nil {
		return "run as a user who may open it"
	}
	if st.Gid == 0 || st.Mode&0o060 != 0o060 { // as where no udev runs: root:root 0600
		return "the node is root's alone: let a udev rule give it to the group video, or in a container do so by hand (chgrp video " + path + " && chmod 660 " + path + ")"
	}
	group := strconv.FormatUint(uint64(st.Gid), 10)
	g, err := user.LookupGroupId(group)
	if err != nil {
		return "run with the group " + group + " (a container needs --group-add " + group + ")"
	}
	return "add yourself to the group " + g.Name + " (sudo usermod -aG " + g.Name + " $USER) and log in again; a container needs --group-add " + group
}
