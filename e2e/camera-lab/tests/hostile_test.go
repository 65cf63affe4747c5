//go:build cameralab

package tests

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"freshframe/backend/jpeg"
	"freshframe/e2e/camera-lab/uvcsim"
	"freshframe/e2e/client"
)

// quirk sets a parameter of the uvcvideo module until the test ends.
func quirk(t *testing.T, name, value string) {
	t.Helper()
	path := "/sys/module/uvcvideo/parameters/" + name
	before, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(value), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(path, before, 0); err != nil {
			t.Error(err)
		}
	})
}

// Whatever a device sends: spoilt frames are counted or never reach us, whole ones go on
// coming, and the server lives. The analyzer looks at every pixel.
func TestSpoiltFrames(t *testing.T) {
	for _, c := range []struct {
		fault   uvcsim.Fault
		pixels  uvcsim.Pixels
		corrupt bool // each of them has to be counted as corrupt
		intact  bool // each of them is a good picture after all
	}{
		{fault: uvcsim.Error, pixels: uvcsim.MJPEG, corrupt: true},
		{fault: uvcsim.Error, pixels: uvcsim.YUYV, corrupt: true},
		{fault: uvcsim.Truncate, pixels: uvcsim.MJPEG, corrupt: true},
		{fault: uvcsim.Short, pixels: uvcsim.MJPEG, corrupt: true},
		{fault: uvcsim.Short, pixels: uvcsim.YUYV, corrupt: true}, // fewer bytesused than a picture has
		{fault: uvcsim.Garbage, pixels: uvcsim.MJPEG, corrupt: true},
		{fault: uvcsim.Garbage, pixels: uvcsim.YUYV, intact: true}, // noise is a picture, too
		{fault: uvcsim.Empty, pixels: uvcsim.MJPEG},
		{fault: uvcsim.Empty, pixels: uvcsim.YUYV},
		{fault: uvcsim.NoEOF, pixels: uvcsim.MJPEG, intact: true},
		{fault: uvcsim.NoEOI, pixels: uvcsim.MJPEG, intact: true},
		{fault: uvcsim.OtherSize, pixels: uvcsim.MJPEG, intact: true},
		{fault: uvcsim.Overlong, pixels: uvcsim.MJPEG, corrupt: true}, // whole, but flagged by the driver
		{fault: uvcsim.Babble, pixels: uvcsim.MJPEG},
		{fault: uvcsim.Babble, pixels: uvcsim.YUYV},
	} {
		t.Run(fmt.Sprintf("%s %s", c.fault, c.pixels), func(t *testing.T) {
			quirk(t, "nodrop", "1") // hand out bad frames too, as newer kernels do
			cam := plug(t, uvcsim.Config{Formats: []uvcsim.Format{{Pixels: c.pixels, Sizes: []uvcsim.Size{{Width: 640, Height: 480, Rates: []float64{15}}}}}})
			s := serve(t, "v4l2:"+cam.node, "--analyzer", "motion")
			s.live(patience)
			const spoilt = 5
			before := s.state()
			cam.Inject(c.fault, spoilt)
			done := func(st client.State) bool {
				var sent int
				for _, f := range cam.Sent() {
					if f.Fault == c.fault {
						sent++
					}
				}
				// Whole ones after the spoilt ones.
				return sent >= spoilt && st.Camera.State == "live" && st.Ledger.Analyzed >= before.Ledger.Analyzed+10
			}
			st := s.until(patience, "good frames after bad ones", done)
			corrupt, lost := st.Ledger.Corrupt-before.Ledger.Corrupt, st.Ledger.LostUpstream-before.Ledger.LostUpstream
			displaced := st.Ledger.Displaced - before.Ledger.Displaced
			t.Logf("%d corrupt, %d lost upstream, %d displaced, %d reopenings", corrupt, lost, displaced, st.Camera.Reopens)
			switch {
			case c.corrupt && (corrupt == 0 || corrupt+lost+displaced < spoilt): // a busy guest skips some, or never looks at them
				t.Errorf("of %d spoilt frames %d were counted as corrupt, %d as lost and %d as displaced", spoilt, corrupt, lost, displaced)
			case c.intact && corrupt > 0:
				t.Errorf("%d good frames were counted as corrupt", corrupt)
			case corrupt > 2*spoilt:
				t.Errorf("%d frames were counted as corrupt, %d were spoilt", corrupt, spoilt)
			case !c.corrupt && !c.intact && corrupt+lost == 0 && st.Camera.Reopens == before.Camera.Reopens:
				t.Errorf("%d spoilt frames left no trace", spoilt)
			}
		})
	}
}

// Cameras that leave the Huffman tables out, or add padding, are no worse than others; what
// viewers get always has the tables.
func TestOddButLegalJPEGs(t *testing.T) {
	for name, config := range map[string]uvcsim.Config{
		"no tables":          {NoDHT: true},
		"padding":            {Padding: 1000},
		"bulk":               {Bulk: true},
		"bulk, no tables":    {Bulk: true, NoDHT: true},
		"everything at once": {Bulk: true, NoDHT: true, Padding: 65536},
	} {
		t.Run(name, func(t *testing.T) {
			config.Formats = []uvcsim.Format{{Pixels: uvcsim.MJPEG, Sizes: []uvcsim.Size{{Width: 640, Height: 480, Rates: []float64{15}}}}}
			cam := plug(t, config)
			s := serve(t, "v4l2:"+cam.node, "--analyzer", "motion")
			s.live(patience)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			n := 0
			var dec jpeg.Decoder
			err := s.Stream(ctx, "/ai-video-stream", func(p client.Part) bool {
				if p.Notice != "" {
					return true
				}
				if im, err := dec.Decode(p.JPEG, nil); err != nil || im.Rect.Dx() != 640 {
					t.Errorf("an annotated frame does not decode: %v", err)
				}
				n++
				return n < 10
			})
			if err != nil || n < 10 {
				t.Errorf("%d annotated frames, %v", n, err)
			}
			if st := s.state(); st.Ledger.Corrupt > 0 {
				t.Errorf("%d frames were counted as corrupt", st.Ledger.Corrupt)
			}
		})
	}
}

// A camera that refuses to stream is an error that says so, and leaves the device free for
// everybody at once.
func TestRefusedStreamLeavesTheDeviceFree(t *testing.T) {
	cam := plug(t, hd())
	s := serve(t, "v4l2:"+cam.node)
	s.live(patience)
	cam.Refuse(true)
	if err := s.Call(t.Context(), "POST", "/api/v1/camera/stop", nil, nil); err != nil {
		t.Fatal(err)
	}
	err := s.Call(t.Context(), "POST", "/api/v1/camera/start", nil, nil)
	t.Logf("the refusal: %v", err)
	if err == nil {
		t.Fatal("a camera that refuses to stream was started")
	}
	if p := procOf(t, s.PID()); p.videos != 0 {
		t.Errorf("after the failed start the server holds %d descriptors and maps of it", p.videos)
	}
	cam.Refuse(false)
	other := serve(t, "v4l2:"+cam.node) // another program, while the first still runs
	other.live(patience)
}
