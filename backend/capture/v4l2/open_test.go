//go:build linux

package v4l2

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

var hdRequest = request{size: option.Dimensions{Width: 1280, Height: 720}, rate: 30}

// wantError checks code and words of an error and that it says what to do.
func wantError(t *testing.T, err error, code capture.Code, words ...string) {
	t.Helper()
	e, ok := errors.AsType[*capture.Error](err)
	if !ok || e.Code != code {
		t.Fatalf("error %v, want code %s", err, code)
	}
	if e.Hint == "" || e.Device == "" {
		t.Errorf("%v: device or hint is missing", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v: does not say %q", err, w)
		}
	}
}

// On the real machine: none of these may even be opened, let alone hang.
func TestWhatIsNoDevice(t *testing.T) {
	dir := t.TempDir()
	file, pipe, socket := filepath.Join(dir, "clip.avi"), filepath.Join(dir, "pipe"), filepath.Join(dir, "socket")
	if err := os.WriteFile(file, []byte("RIFF"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for path, want := range map[string]struct {
		code capture.Code
		word string
	}{
		filepath.Join(dir, "none"):  {capture.NoSuchDevice, "no such device"},
		filepath.Join(file, "none"): {capture.NoSuchDevice, "no such device"},
		file:                        {capture.NotACamera, "file:" + file},
		dir:                         {capture.NotACamera, "a directory"},
		pipe:                        {capture.NotACamera, "a named pipe"},
		socket:                      {capture.NotACamera, "a socket"},
		"/dev/null":                 {capture.NotACamera, "major number 1"},
	} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := machine.openTarget(ctx, path, hdRequest, 1)
			wantError(t, err, want.code, path, want.word)
		})
	}
}

func TestWhatTheKernelSays(t *testing.T) {
	for _, tt := range []struct {
		err  error
		code capture.Code
		word string
	}{
		{unix.ENOENT, capture.NoSuchDevice, "no such device"},
		{unix.ENXIO, capture.NoSuchDevice, "no device behind it"},
		{unix.ENODEV, capture.NoSuchDevice, "no device behind it"},
		{unix.EACCES, capture.PermissionDenied, "group"},
		{unix.EPERM, capture.PermissionDenied, "--device"}, // a container's list of devices
		{unix.EBUSY, capture.DeviceBusy, "in use"},
		{unix.ENOTTY, capture.NotACamera, "V4L2"},
		{unix.ENOSPC, capture.Unsupported, "bandwidth"},
		{unix.EMFILE, capture.DeviceBusy, "ulimit"},
		{unix.EIO, capture.CameraFrozen, "unplug"},
		{errors.New("Failed to start streaming: no space left on device"), capture.Unsupported, "bandwidth"},
		{errors.New("Failed to start streaming: device or resource busy"), capture.DeviceBusy, "in use"},
		{errors.New("Not a video capture device"), capture.CameraFrozen, "unplug"},
	} {
		t.Run(tt.err.Error(), func(t *testing.T) {
			h := fakeHost(t, webcamFake(), &fakeCamera{caps: webcamCaps, openErr: tt.err})
			_, err := h.openTarget(t.Context(), h.node(1), hdRequest, 1)
			wantError(t, err, tt.code, h.node(1), tt.word)
			if !errors.Is(err, tt.err) {
				t.Errorf("%v does not wrap %v", err, tt.err)
			}
			if e, _ := errors.AsType[*capture.Error](err); tt.code == capture.NoSuchDevice && tt.err == unix.ENOENT && !strings.Contains(e.Hint, h.node(0)) {
				t.Errorf("hint %q does not name the device that exists", e.Hint)
			}
		})
	}
}

func TestPermissionHint(t *testing.T) {
	h := fakeHost(t, webcamFake())
	for _, tt := range []struct {
		mode, gid uint32
		want      string
	}{
		{0o660, 0, "udev"},        // root's group is no answer
		{0o600, 0, "chgrp video"}, // no udev at all, as in a container
		{0o600, 44, "chmod 660"},
		{0o660, 0xfffffff0, "--group-add 4294967280"}, // a group without a name here
	} {
		h.stat = func(string) (st unix.Stat_t, err error) {
			st.Mode, st.Gid = unix.S_IFCHR|tt.mode, tt.gid
			return st, nil
		}
		if got := h.hintPermission("/dev/video0"); !strings.Contains(got, tt.want) {
			t.Errorf("mode %o, group %d: %q does not say %q", tt.mode, tt.gid, got, tt.want)
		}
	}
}

func TestWhatIsNoCamera(t *testing.T) {
	for name, tt := range map[string]struct {
		camera fakeCamera
		code   capture.Code
		word   string
	}{
		"metadata":         {fakeCamera{caps: capMetaCapture | capStreaming}, capture.NotACamera, "metadata"},
		"output":           {fakeCamera{caps: capVideoOutput | capStreaming}, capture.NotACamera, "video output"},
		"codec":            {fakeCamera{caps: capM2M | capStreaming}, capture.NotACamera, "memory to memory"},
		"multi-planar":     {fakeCamera{caps: capVideoCaptureMPlane | capStreaming}, capture.Unsupported, "multi-planar"},
		"no streaming I/O": {fakeCamera{caps: capVideoCapture}, capture.NotACamera, "streaming I/O"},
		"radio":            {fakeCamera{caps: 0x00040000}, capture.NotACamera, "0x00040000"},
		"not V4L2":         {fakeCamera{notV4L2: true}, capture.NotACamera, "V4L2"},
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeHost(t, &tt.camera)
			_, err := h.openTarget(t.Context(), h.node(0), hdRequest, 1)
			wantError(t, err, tt.code, tt.word)
		})
	}
}

// An old driver has no word of its own for each node.
func TestCapabilitiesWithoutDeviceCaps(t *testing.T) {
	if err := (host{}).checkCapability("/dev/video0", capability{Capabilities: webcamCaps, DeviceCaps: capMetaCapture}); err != nil {
		t.Error(err)
	}
}

func TestBusyNamesTheHolder(t *testing.T) {
	h := fakeHost(t, webcamFake(), &fakeCamera{caps: webcamCaps, openErr: unix.EBUSY})
	link := filepath.Join(h.dev, "link")
	if err := os.Symlink(h.node(1), link); err != nil {
		t.Fatal(err)
	}
	_, err := h.openTarget(t.Context(), link, hdRequest, 1)
	wantError(t, err, capture.DeviceBusy, link, "another program", "fuser")
	h.hold(t, os.Getpid(), "v4l2.test", h.node(1))
	_, err = h.openTarget(t.Context(), link, hdRequest, 1)
	wantError(t, err, capture.DeviceBusy, "freshframe itself", strconv.Itoa(os.Getpid()), "try again")
	h.hold(t, 300, "zoom", h.node(1))
	h.hold(t, 20, "skype", h.node(0))
	_, err = h.openTarget(t.Context(), link, hdRequest, 1)
	wantError(t, err, capture.DeviceBusy, "zoom (process 300)")
	for _, word := range []string{"skype", "freshframe itself"} {
		if strings.Contains(err.Error(), word) {
			t.Errorf("%v: names %s, which is not in the way", err, word)
		}
	}
}

func TestUnsupportedLeavesNothingOpen(t *testing.T) {
	h := fakeHost(t, webcamFake()) // checks at the end that no node is open
	h.start = func(string, mode) (*stream, error) { t.Error("started all the same"); return nil, unix.EIO }
	_, err := h.openTarget(t.Context(), h.node(0), request{format: "nv12"}, 1)
	wantError(t, err, capture.Unsupported, "mjpeg 640x480 1280x720")
}

func TestOpenTellsWhatWasGranted(t *testing.T) {
	h := fakeHost(t, webcamFake())
	r := &fakeRing{t: t}
	h.start = func(path string, m mode) (*stream, error) {
		if want := (mode{code("MJPG"), hdRequest.size, false, 30}); path != h.node(0) || m != want {
			t.Errorf("started %s with %v, want %v", path, m, want)
		}
		st := fakeStream(r)
		st.size, st.rate = option.Dimensions{Width: 640, Height: 480}, 25
		return st, nil
	}
	src, err := h.openTarget(t.Context(), h.node(0), hdRequest, 7)
	if err != nil {
		t.Fatal(err)
	}
	want := capture.Info{Device: h.node(0), Name: "HD Webcam", Stable: "v4l2:usb-0000:00:14.0-1", Asked: &capture.Asked{Width: 1280, Height: 720, Framerate: 30},
		Format: frame.YUYV, Width: 640, Height: 480, Framerate: 25}
	if got := src.Info(); !reflect.DeepEqual(got, want) {
		t.Errorf("info %+v, want %+v", got, want)
	}
	if err := src.Close(); err != nil || !r.closed {
		t.Errorf("close: %v, ring closed: %v", err, r.closed)
	}
}

func TestStartErrors(t *testing.T) {
	h := fakeHost(t, webcamFake())
	for _, tt := range []struct {
		err  error
		code capture.Code
	}{
		{unix.EBUSY, capture.DeviceBusy},
		{errors.New("Failed to start streaming: broken pipe"), capture.CameraFrozen},
		{&capture.Error{Code: capture.Unsupported, Device: h.node(0), Hint: "as it is", Err: errors.New("x")}, capture.Unsupported},
	} {
		h.start = func(string, mode) (*stream, error) { return nil, tt.err }
		_, err := h.openTarget(t.Context(), h.node(0), hdRequest, 1)
		wantError(t, err, tt.code)
	}
}

func TestNoFirstCamera(t *testing.T) {
	h := fakeHost(t)
	_, err := h.openTarget(t.Context(), "", hdRequest, 1)
	wantError(t, err, capture.NoSuchDevice, "no camera found", "synthetic:")
	h = fakeHost(t, &fakeCamera{caps: capMetaCapture}, &fakeCamera{openErr: unix.EACCES})
	_, err = h.openTarget(t.Context(), "", hdRequest, 1)
	wantError(t, err, capture.PermissionDenied, h.node(1))
}

func TestOpenGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := fakeHost(t, webcamFake())
		r, hang := &fakeRing{t: t}, make(chan struct{})
		h.start = func(string, mode) (*stream, error) { <-hang; return fakeStream(r), nil }
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if src, err := h.openTarget(ctx, h.node(0), hdRequest, 1); !errors.Is(err, context.DeadlineExceeded) || src != nil {
			t.Errorf("%v, %v", src, err)
		}
		if _, err := h.openTarget(ctx, h.node(0), hdRequest, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a context that is over: %v", err)
		}
		close(hang)
		synctest.Wait()
		if !r.closed {
			t.Error("what opened too late stayed open")
		}
	})
}

func TestDiscover(t *testing.T) {
	h := fakeHost(t,
		webcamFake(),
		&fakeCamera{caps: capMetaCapture | capStreaming},
		nil,
		&fakeCamera{card: "Busy", bus: "usb-1", caps: webcamCaps, streaming: true, formats: []fakeFormat{{"NV12", "NV12", []sizeEnum{discreteSize(2, 2)}, nil}}},
		&fakeCamera{openErr: unix.ENXIO},
		&fakeCamera{card: "Odd", bus: "usb-2", caps: webcamCaps, formats: []fakeFormat{{code: "H264"}}},
		&fakeCamera{card: "Ours", bus: "usb-3", caps: webcamCaps, streaming: true, formats: []fakeFormat{{"YUYV", "YUYV", []sizeEnum{discreteSize(2, 2)}, []intervalEnum{interval(1, 5)}}}},
		&fakeCamera{caps: capVideoOutput},
	)
	h.hold(t, 300, "zoom", h.node(3))
	h.hold(t, os.Getpid(), "freshframe", h.node(6))
	if err := os.WriteFile(filepath.Join(h.dev, "video-not-a-number"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(h.dev, "v4l", "by-id"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../video6", filepath.Join(h.dev, "v4l", "by-id", "usb-Ours")); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, d := range h.discover() {
		if err := enc.Encode(d); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.ReplaceAll(b.String(), h.dev, "/dev")
	const want = `{"source":"v4l2:/dev/video0","device":"/dev/video0","name":"HD Webcam","bus":"usb-0000:00:14.0-1","driver":"uvcvideo","stable":"v4l2:usb-0000:00:14.0-1","formats":[{"input_format":"mjpeg","description":"Motion-JPEG","sizes":[{"video_size":"1280x720","framerates":[30,15]},{"video_size":"640x480","framerates":[30,15]}]},{"input_format":"yuyv422","description":"YUYV 4:2:2","sizes":[{"video_size":"1280x720","framerates":[10]},{"video_size":"640x480","framerates":[10]}]}],"error":null}
{"source":"v4l2:/dev/video3","device":"/dev/video3","name":"Busy","bus":"usb-1","driver":"uvcvideo","stable":"v4l2:usb-1","formats":[{"input_format":"nv12","description":"NV12","sizes":[{"video_size":"2x2","framerates":[]}]}],"error":{"code":"device_busy","message":"/dev/video3: is in use by zoom (process 300): device or resource busy","hint":"close that program, or choose another camera"}}
{"source":"v4l2:/dev/video4","device":"/dev/video4","name":"","bus":"","driver":"","stable":"","formats":[],"error":{"code":"no_such_device","message":"/dev/video4: the node has no device behind it: no such device or address","hint":"unplug the camera and plug it in again, at another port if need be"}}
{"source":"v4l2:/dev/video5","device":"/dev/video5","name":"Odd","bus":"usb-2","driver":"uvcvideo","stable":"v4l2:usb-2","formats":[],"error":{"code":"unsupported","message":"/dev/video5: has no format that freshframe reads; it offers H264 (which freshframe does not read) 0x0 any size from 1x1 to 65535x65535","hint":"use another camera"}}
{"source":"v4l2:/dev/video6","device":"/dev/video6","name":"Ours","bus":"usb-3","driver":"uvcvideo","by_id":"/dev/v4l/by-id/usb-Ours","stable":"v4l2:/dev/v4l/by-id/usb-Ours","formats":[{"input_format":"yuyv422","description":"YUYV","sizes":[{"video_size":"2x2","framerates":[5]}]}],"error":null}
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The wire's golden file is read by the dashboard's tests too.
func TestDeviceIsTheWiresCamera(t *testing.T) {
	golden, err := os.ReadFile("../../../testdata/api/cameras.json")
	if err != nil {
		t.Fatal(err)
	}
	var wire struct {
		Cameras []json.RawMessage `json:"cameras"`
	}
	if err := json.Unmarshal(golden, &wire); err != nil {
		t.Fatal(err)
	}
	for _, raw := range wire.Cameras {
		var d Device
		dec := json.NewDecoder(strings.NewReader(string(raw)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&d); err != nil {
			t.Fatal(err)
		}
		var want, got any
		out, err := json.Marshal(d)
		if err := errors.Join(err, json.Unmarshal(raw, &want), json.Unmarshal(out, &got)); err != nil {
			t.Fatal(err)
		}
		w, _ := json.Marshal(want)
		g, _ := json.Marshal(got)
		if string(w) != string(g) {
			t.Errorf("got  %s\nwant %s", g, w)
		}
	}
}

func TestDiscoverDoesNotHangOnOneCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := webcamFake()
		stuck.hang = make(chan struct{})
		h := fakeHost(t, stuck, webcamFake())
		begin := time.Now()
		list := h.discover()
		if took := time.Since(begin); len(list) != 2 || list[0].Error == nil || list[0].Error.Code != capture.CameraFrozen || list[1].Error != nil || took > askLimit {
			t.Errorf("%+v after %v", list, took)
		}
		close(stuck.hang)
		synctest.Wait()
	})
}

func TestFirstWorking(t *testing.T) {
	good := func() filled { b := buf(0, 0, 0); b.monotonic = false; return b }
	short := good()
	short.data = short.data[:3]
	for _, tt := range []struct {
		name    string
		cameras []*fakeCamera
		rings   map[int]*fakeRing // by node; none: it does not start
		source  int               // -1: none
		reason  []string
		limit   time.Duration
	}{
		{"none at all", nil, nil, -1, []string{"no V4L2 camera found"}, 0},
		{"only metadata", []*fakeCamera{{caps: capMetaCapture}}, nil, -1, []string{"no V4L2 camera found"}, 0},
		{"the first", []*fakeCamera{webcamFake()}, map[int]*fakeRing{0: {wakes: [][]filled{{good()}}}}, 0, []string{"HD Webcam"}, 0},
		{"a torn picture first", []*fakeCamera{webcamFake()}, map[int]*fakeRing{0: {wakes: [][]filled{{short}, {good()}}}}, 0, []string{"HD Webcam"}, 0},
		{"the third, after one that is not ours to open and a silent one", []*fakeCamera{{openErr: unix.EACCES}, webcamFake(), webcamFake()},
			map[int]*fakeRing{1: {}, 2: {wakes: [][]filled{{good()}}}}, 2, []string{"HD Webcam"}, tryLimit + pollSlice},
		{"none works", []*fakeCamera{{openErr: unix.EACCES}, webcamFake(), webcamFake(), webcamFake()},
			map[int]*fakeRing{1: {}, 2: {wakes: [][]filled{{short}}}}, -1,
			[]string{"video0: may not be opened", "video1: opens but delivers no picture", "video2: delivers no intact picture", "video3: the camera does not do what it is told"}, 2 * (tryLimit + pollSlice)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := fakeHost(t, tt.cameras...)
				h.start = func(path string, _ mode) (*stream, error) {
					for n, r := range tt.rings {
						if path == h.node(n) {
							r.t = t
							return fakeStream(r), nil
						}
					}
					return nil, unix.EIO
				}
				begin := time.Now()
				source, reason, err := h.firstWorking(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				want := ""
				if tt.source >= 0 {
					want = "v4l2:" + h.node(tt.source)
				}
				if source != want {
					t.Errorf("source %q, want %q", source, want)
				}
				for _, w := range tt.reason {
					if !strings.Contains(reason, w) || strings.Contains(reason, "\n") {
						t.Errorf("reason %q, want one line with %q", reason, w)
					}
				}
				if took := time.Since(begin); took > tt.limit {
					t.Errorf("took %v, want at most %v", took, tt.limit)
				}
				for n, r := range tt.rings {
					if !r.closed {
						t.Errorf("camera %d was left open", n)
					}
				}
			})
		})
	}
}

func TestFirstWorkingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := fakeHost(t, webcamFake(), webcamFake())
		h.start = func(string, mode) (*stream, error) { return fakeStream(&fakeRing{t: t}), nil }
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		source, reason, err := h.firstWorking(ctx)
		if source != "" || reason != "" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q, %q, %v", source, reason, err)
		}
	})
}

// On the real machine, whatever it has.
func TestDiscoverHere(t *testing.T) {
	for _, d := range Discover() {
		if d.Source != "v4l2:"+d.Device || d.Error == nil && len(d.Formats) == 0 {
			t.Errorf("%+v", d)
		}
	}
}
