package main

import (
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"freshframe/e2e/camera-lab/uvcsim"
)

func TestParseFormat(t *testing.T) {
	got, err := parseFormat("nv12:1280x720@30/7.5,640x480@25")
	want := uvcsim.Format{Pixels: uvcsim.NV12, Sizes: []uvcsim.Size{
		{Width: 1280, Height: 720, Rates: []float64{30, 7.5}},
		{Width: 640, Height: 480, Rates: []float64{25}},
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v: want %+v", got, err, want)
	}
	for _, bad := range []string{"", "mjpeg", "mjpeg:", "mjpeg:640", "mjpeg:640x", "mjpeg:640x480", "mjpeg:640x480@", "mjpeg:640x480@x", "mjpeg:640x480@30,"} {
		if f, err := parseFormat(bad); err == nil {
			t.Errorf("%q: %+v", bad, f)
		}
	}
}

func flags() *flag.FlagSet {
	f := flag.NewFlagSet("uvcsim", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	return f
}

func TestParse(t *testing.T) {
	o, err := parse(flags(), strings.Fields("-port 3 -name A -serial B -format yuyv:64x32@5 -format mjpeg:64x32@7 -step 2ms -bulk -pictures 9 -quality 50 -nodht -padding 4 -cache /c -make"))
	o.camera.Log = nil
	want := uvcsim.Config{
		Port: 3, Name: "A", Serial: "B", Bulk: true, Pictures: 9, Quality: 50, NoDHT: true, Padding: 4, Cache: "/c",
		Formats: []uvcsim.Format{
			{Pixels: uvcsim.YUYV, Sizes: []uvcsim.Size{{Width: 64, Height: 32, Rates: []float64{5}, Step: 2 * time.Millisecond}}},
			{Pixels: uvcsim.MJPEG, Sizes: []uvcsim.Size{{Width: 64, Height: 32, Rates: []float64{7}, Step: 2 * time.Millisecond}}},
		},
	}
	if err != nil || !o.makeOnly || !reflect.DeepEqual(o.camera, want) {
		t.Errorf("%+v, %v: want %+v", o, err, want)
	}
	if o, err := parse(flags(), nil); err != nil || len(o.camera.Formats) == 0 {
		t.Errorf("without flags: %+v, %v", o, err)
	} else if _, err := uvcsim.New(o.camera); err != nil {
		t.Errorf("without flags: %v", err)
	}
	for _, bad := range []string{"-port x", "unplug", "-format nonsense"} {
		if _, err := parse(flags(), strings.Fields(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestDo(t *testing.T) {
	o, err := parse(flags(), nil)
	if err != nil {
		t.Fatal(err)
	}
	camera, err := uvcsim.New(o.camera)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ line, out, err string }{
		{"", "", ""},
		{"freeze", "", ""},
		{"thaw", "", ""},
		{"refuse on", "", ""},
		{"refuse maybe", "", "want on or off"},
		{"stall off", "", ""},
		{"stall", "", "want on or off"},
		{"truncate", "", ""},
		{"babble 3", "", ""},
		{"babble three", "", "want a number of frames"},
		{"control zoom_absolute", "zoom_absolute 100\n", ""},
		{"control tilt", "", "the camera has no such control"},
		{"status", "streaming false, 0 frames missed\n", ""},
		{"wait 1us", "", ""},
		{"wait long", "", "want a duration such as 500ms"},
		{"unplug", "", "uvcsim: the camera is not plugged in"},
		{"smoke", "", "no such command; uvcsim -help lists them"},
	} {
		var out strings.Builder
		message := ""
		if err := do(t.Context(), camera, strings.Fields(tc.line), &out); err != nil {
			message = err.Error()
		}
		if out.String() != tc.out || message != tc.err {
			t.Errorf("%q: %q, error %q: want %q, error %q", tc.line, out.String(), message, tc.out, tc.err)
		}
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := wait(ctx, "1h"); err != nil {
		t.Error(err)
	}
}

func TestMake(t *testing.T) {
	cache := t.TempDir()
	o, err := parse(flags(), []string{"-make", "-cache", cache, "-pictures", "3", "-format", "mjpeg:64x32@30"})
	if err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), o, os.Stdin, io.Discard); err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Join(cache, "*", "*.jpg")); len(files) != 3 {
		t.Errorf("%d pictures: want 3", len(files))
	}
}
