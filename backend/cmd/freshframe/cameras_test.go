package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"testing"

	"freshframe/backend/capture"
	"freshframe/backend/capture/v4l2"
)

// What a machine with a good, a busy and a forbidden camera has, one of them without rates.
var someCameras = []v4l2.Device{
	{
		Source: "v4l2:/dev/video0", Device: "/dev/video0", Name: "HD Pro Webcam C920", Bus: "usb-0000:00:14.0-1", Driver: "uvcvideo",
		ByID: "/dev/v4l/by-id/usb-046d_C920_A1B2-video-index0", Stable: "v4l2:/dev/v4l/by-id/usb-046d_C920_A1B2-video-index0",
		Formats: []v4l2.Format{
			{InputFormat: "mjpeg", Description: "Motion-JPEG", Sizes: []v4l2.Size{
				{VideoSize: "1280x720", Framerates: []float64{60, 30, 29.97, 7.5}}, {VideoSize: "640x480", Framerates: []float64{30}}}},
			{InputFormat: "yuyv422", Description: "YUYV 4:2:2", Sizes: []v4l2.Size{{VideoSize: "1280x720", Framerates: []float64{10}}}},
		},
	},
	{
		Source: "v4l2:/dev/video2", Device: "/dev/video2", Name: "Integrated Camera", Bus: "usb-0000:00:14.0-8", Driver: "uvcvideo",
		Stable:  "v4l2:usb-0000:00:14.0-8",
		Formats: []v4l2.Format{{InputFormat: "nv12", Description: "Y/UV 4:2:0", Sizes: []v4l2.Size{{VideoSize: "640x480", Framerates: []float64{}}}}},
		Error:   &v4l2.Problem{Code: capture.DeviceBusy, Message: "/dev/video2: is in use by zoom (process 300): device or resource busy", Hint: "close that program, or choose another camera"},
	},
	{
		Source: "v4l2:/dev/video4", Device: "/dev/video4", Formats: []v4l2.Format{},
		Error: &v4l2.Problem{Code: capture.PermissionDenied, Message: "/dev/video4: may not be opened by this user: permission denied", Hint: "add yourself to the group video (sudo usermod -aG video $USER) and log in again"},
	},
}

const someCamerasForPeople = `HD Pro Webcam C920
  source  v4l2:/dev/video0
  stable  v4l2:/dev/v4l/by-id/usb-046d_C920_A1B2-video-index0
  bus     usb-0000:00:14.0-1
  driver  uvcvideo

  input_format  description  video_size  framerate
  mjpeg         Motion-JPEG  1280x720    60 30 29.97 7.5
                             640x480     30
  yuyv422       YUYV 4:2:2   1280x720    10

Integrated Camera
  source  v4l2:/dev/video2
  stable  v4l2:usb-0000:00:14.0-8
  bus     usb-0000:00:14.0-8
  driver  uvcvideo
  error   /dev/video2: is in use by zoom (process 300): device or resource busy
  hint    close that program, or choose another camera

  input_format  description  video_size  framerate
  nv12          Y/UV 4:2:0   640x480     unknown

/dev/video4
  source  v4l2:/dev/video4
  error   /dev/video4: may not be opened by this user: permission denied
  hint    add yourself to the group video (sudo usermod -aG video $USER) and log in again
`

func TestPrintCameras(t *testing.T) {
	for _, c := range []struct {
		name    string
		devices []v4l2.Device
		want    string
	}{
		{"none", nil, "No V4L2 camera found. Plug one in, or try: freshframe --source synthetic:\n"},
		{"several", someCameras, someCamerasForPeople},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := printCameras(&out, c.devices); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// The JSON is that of the wire, which the dashboard's tests read.
func TestEncodeCameras(t *testing.T) {
	golden, err := os.ReadFile("../../../testdata/api/cameras.json")
	if err != nil {
		t.Fatal(err)
	}
	var wire struct {
		Cameras []v4l2.Device `json:"cameras"`
	}
	if err := json.Unmarshal(golden, &wire); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := encodeCameras(&out, wire.Cameras); err != nil {
		t.Fatal(err)
	}
	var got, want struct {
		Cameras any `json:"cameras"`
	}
	if err := errors.Join(json.Unmarshal(out.Bytes(), &got), json.Unmarshal(golden, &want)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestPrintCamerasSaysWhenItCannot(t *testing.T) {
	for name, err := range map[string]error{
		"a table": printCameras(fullDisk{}, someCameras), "none": printCameras(fullDisk{}, nil), "JSON": encodeCameras(fullDisk{}, someCameras),
	} {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
