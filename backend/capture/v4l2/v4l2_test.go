package v4l2

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"freshframe/backend/capture"
	"freshframe/backend/option"
)

func TestSourceValues(t *testing.T) {
	size := func(w, h int) option.Dimensions { return option.Dimensions{Width: w, Height: h} }
	for text, want := range map[string]request{
		"v4l2:":            {size(1280, 720), false, 30, ""},
		"v4l2:/dev/video0": {size(1280, 720), false, 30, ""},
		"v4l2:/dev/video0?video_size=1280x720&framerate=30&input_format=mjpeg": {size(1280, 720), true, 30, "mjpeg"},
		"v4l2:/dev/v4l/by-id/usb-x?framerate=29.97&input_format=nv12":          {size(1280, 720), false, 29.97, "nv12"},
		"v4l2:?video_size=640x480&input_format=yuv420p":                        {size(640, 480), true, 30, "yuv420p"},
		"v4l2:usb-0000:00:14.0-1.2?framerate=15":                               {size(1280, 720), false, 15, ""},
	} {
		s, a, err := capture.Schemes{Scheme()}.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := requested(a.Options); got != want {
			t.Errorf("%s asks for %+v, want %+v", text, got, want)
		}
		if _, err := s.Remember(a); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWrongSourceValues(t *testing.T) {
	for text, word := range map[string]string{
		"v4l2:0":                                 "/dev/video0",
		"v4l2:video0":                            "/dev/video0",
		"v4l2:dev/video0":                        "whole path",
		"v4l2:./usb-1":                           "whole path",
		"v4l2:usb-0000:00:14.0-1,0":              "from 1",
		"v4l2:usb-0000:00:14.0-1,second":         `"second"`,
		"v4l2:/dev/video0?size=640x480":          "video_size",
		"v4l2:/dev/video0?video_size=640":        "WIDTHxHEIGHT",
		"v4l2:/dev/video0?video_size=8x8":        "video_size=8x8",
		"v4l2:/dev/video0?framerate=0":           "framerate=0",
		"v4l2:/dev/video0?input_format=h264":     "mjpeg, yuyv422, nv12, yuv420p",
		"v4l2:/dev/video0?framerate=1&framerate": "more than once",
	} {
		s, a, err := capture.Schemes{Scheme()}.Parse(text)
		if err == nil {
			_, err = s.Remember(a)
		}
		e, ok := errors.AsType[*capture.Error](err)
		if !ok || e.Code != capture.BadSource || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v, want bad_source with %q", text, err, word)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]target{
		"":                          {},
		"/dev/video0":               {path: "/dev/video0"},
		"/dev/v4l/by-id/usb-A,2":    {path: "/dev/v4l/by-id/usb-A,2"},
		"usb-0000:00:14.0-1":        {bus: "usb-0000:00:14.0-1", nth: 1},
		"usb-0000:00:14.0-1.4.2,12": {bus: "usb-0000:00:14.0-1.4.2", nth: 12},
		"platform:vivid-000,1":      {bus: "platform:vivid-000", nth: 1},
		"PCI:0000:03:00.0":          {bus: "PCI:0000:03:00.0", nth: 1},
	} {
		if got, err := parseTarget(text); err != nil || got != want {
			t.Errorf("%q is %+v (%v), want %+v", text, got, err, want)
		}
	}
}

func FuzzSourceValue(f *testing.F) {
	f.Add("v4l2:/dev/video0?video_size=1280x720&framerate=30&input_format=mjpeg")
	f.Add("v4l2:")
	f.Add("v4l2:?%zz")
	f.Add("v4l2:usb-0000:00:14.0-1,2?framerate=15")
	f.Add("v4l2:-,")
	f.Add("v4l2:relative?framerate=1e300")
	f.Fuzz(func(t *testing.T, text string) {
		s, a, err := capture.Schemes{Scheme()}.Parse(text)
		if err != nil {
			return
		}
		open, err := s.Remember(a)
		if (open == nil) == (err == nil) {
			t.Errorf("opener %v and error %v", open == nil, err)
		}
		// What is understood as a target can be written again.
		if tg, err := parseTarget(a.Target); err == nil && tg.bus != "" {
			if again, err := parseTarget(tg.bus + "," + strconv.Itoa(tg.nth)); err != nil || again != tg {
				t.Errorf("%q is %+v, then %+v (%v)", a.Target, tg, again, err)
			}
		}
		if r := requested(a.Options); r.size.Width < 16 || r.size.Height < 16 || r.rate < 0.1 {
			t.Errorf("%q asks for %+v", text, r)
		}
	})
}
