//go:build cameralab

package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"freshframe/backend/capture/blockcode"
	"freshframe/backend/jpeg"
	"freshframe/e2e/camera-lab/uvcsim"
	"freshframe/e2e/client"
)

// different is how many different pictures a camera of one has.
const different = 30

// one is a camera of a single format, size and rate.
func one(pixels uvcsim.Pixels, width, height int, rate float64) uvcsim.Config {
	return uvcsim.Config{Pictures: different, Formats: []uvcsim.Format{offer(pixels, width, height, rate)}}
}

// offer is a format of a single size.
func offer(pixels uvcsim.Pixels, width, height int, rates ...float64) uvcsim.Format {
	return uvcsim.Format{Pixels: pixels, Sizes: []uvcsim.Size{{Width: width, Height: height, Rates: rates}}}
}

// see decodes n frames of a stream and passes each to check.
func (s *server) see(path string, n int, check func(client.Part, *image.YCbCr)) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	var dec jpeg.Decoder
	seen := 0
	err := s.Stream(ctx, path, func(p client.Part) bool {
		if p.Notice != "" {
			return true
		}
		im, err := dec.Decode(p.JPEG, nil)
		if err != nil {
			s.t.Errorf("%s: frame %d does not decode: %v", path, p.Seq, err)
			return false
		}
		check(p, im)
		seen++
		return seen < n
	})
	if err != nil || seen < n {
		s.t.Fatalf("%s: %d of %d frames, %v", path, seen, n, err)
	}
}

// checkPicture checks that im is a picture of one's, whole and in its colors, and returns its
// number: the ball has to be where the number at the lower edge says.
func checkPicture(t *testing.T, im *image.YCbCr) int {
	t.Helper()
	n, _, err := blockcode.Read(im)
	if err != nil {
		t.Error(err)
		return 0
	}
	w, h := im.Rect.Dx(), im.Rect.Dy()
	radius := max(2, h/14)
	x := radius + int(n)*(w-2*radius)/different
	if got, want := meanColor(im, image.Pt(x, h/3), 2), [3]int{220, 90, 200}; apart(got, want) > 12 {
		t.Errorf("picture %d: the ball's color is %v, want %v", n, got, want)
	}
	return int(n)
}

// meanColor is Y, Cb and Cr around a point.
func meanColor(im *image.YCbCr, p image.Point, reach int) (mean [3]int) {
	n := 0
	for y := p.Y - reach; y <= p.Y+reach; y++ {
		for x := p.X - reach; x <= p.X+reach; x++ {
			c := im.YCbCrAt(im.Rect.Min.X+x, im.Rect.Min.Y+y)
			mean[0], mean[1], mean[2] = mean[0]+int(c.Y), mean[1]+int(c.Cb), mean[2]+int(c.Cr)
			n++
		}
	}
	for i := range mean {
		mean[i] /= n
	}
	return mean
}

// apart is the largest difference of two colors.
func apart(a, b [3]int) (most int) {
	for i := range a {
		most = max(most, a[i]-b[i], b[i]-a[i])
	}
	return most
}

// checkMode checks format, size and rate in the state.
func checkMode(t *testing.T, st client.State, format string, width, height int, rate float64) {
	t.Helper()
	if c := st.Camera; c.Format != format || c.Width != width || c.Height != height || c.Framerate != rate {
		t.Errorf("the state says %s %dx%d at %g, want %s %dx%d at %g", c.Format, c.Width, c.Height, c.Framerate, format, width, height, rate)
	}
}

// Every format comes through with its picture, on both streams, frame after frame.
func TestFormats(t *testing.T) {
	for _, c := range []struct {
		pixels        uvcsim.Pixels
		format        string
		width, height int
		rate          float64
	}{
		{uvcsim.MJPEG, "mjpeg", 1280, 720, 30},
		{uvcsim.MJPEG, "mjpeg", 640, 480, 15},
		{uvcsim.YUYV, "yuyv422", 640, 480, 30},
		{uvcsim.YUYV, "yuyv422", 1280, 720, 10},
		{uvcsim.NV12, "nv12", 640, 480, 30},
		{uvcsim.NV12, "nv12", 1280, 720, 10},
	} {
		t.Run(fmt.Sprintf("%s %dx%d", c.pixels, c.width, c.height), func(t *testing.T) {
			cam := plug(t, one(c.pixels, c.width, c.height, c.rate))
			s := serve(t, "v4l2:"+cam.node, "--overlay", "none")
			checkMode(t, s.live(patience), c.format, c.width, c.height, c.rate)
			for _, path := range []string{"/raw-video-stream", "/ai-video-stream"} {
				var last uint64
				s.see(path, 10, func(p client.Part, im *image.YCbCr) {
					if im.Rect.Dx() != c.width || im.Rect.Dy() != c.height {
						t.Errorf("%s: a picture of %v", path, im.Rect.Size())
					}
					sent, ok := cam.LastSent(checkPicture(t, im))
					if !ok || sent.Seq <= last {
						t.Errorf("%s: the camera's frame %d came after its frame %d", path, sent.Seq, last)
					}
					last = sent.Seq
					if path == "/raw-video-stream" && c.pixels == uvcsim.MJPEG {
						if seq, _, ok := uvcsim.ReadStamp(p.JPEG); !ok || seq != sent.Seq {
							t.Errorf("the JPEG is not as the camera sent it: its number is %d, want %d", seq, sent.Seq)
						}
					}
				})
			}
			if st := s.state(); st.Ledger.Corrupt > 0 {
				t.Errorf("%d frames were counted as corrupt", st.Ledger.Corrupt)
			}
		})
	}
}

// The format is the one that comes nearest to the rate asked for at the size asked for, and
// the camera's own order decides between equals.
func TestFormatChosen(t *testing.T) {
	for name, c := range map[string]struct {
		formats []uvcsim.Format
		options string
		want    string
	}{
		"MJPEG has the higher rate": {
			[]uvcsim.Format{offer(uvcsim.YUYV, 1280, 720, 10), offer(uvcsim.MJPEG, 1280, 720, 30)}, "", "mjpeg",
		},
		"MJPEG has the higher rate at the size asked for": {
			[]uvcsim.Format{
				{Pixels: uvcsim.YUYV, Sizes: []uvcsim.Size{{Width: 320, Height: 240, Rates: []float64{30}}, {Width: 640, Height: 480, Rates: []float64{15}}}},
				{Pixels: uvcsim.MJPEG, Sizes: []uvcsim.Size{{Width: 320, Height: 240, Rates: []float64{30}}, {Width: 640, Height: 480, Rates: []float64{30}}}},
			}, "?video_size=640x480", "mjpeg",
		},
		"all have the same rate, MJPEG last": {
			[]uvcsim.Format{offer(uvcsim.NV12, 320, 240, 30), offer(uvcsim.YUYV, 320, 240, 30), offer(uvcsim.MJPEG, 320, 240, 30)}, "", "nv12",
		},
		"all have the same rate, MJPEG first": {
			[]uvcsim.Format{offer(uvcsim.MJPEG, 320, 240, 30), offer(uvcsim.YUYV, 320, 240, 30)}, "", "mjpeg",
		},
		"a low rate was asked for, which all have": {
			[]uvcsim.Format{offer(uvcsim.YUYV, 320, 240, 10), offer(uvcsim.MJPEG, 320, 240, 30, 10)}, "?framerate=10", "yuyv422",
		},
		"MJPEG is slower": {
			[]uvcsim.Format{offer(uvcsim.MJPEG, 320, 240, 15), offer(uvcsim.YUYV, 320, 240, 30)}, "", "yuyv422",
		},
		"the slower one was asked for": {
			[]uvcsim.Format{offer(uvcsim.MJPEG, 320, 240, 30), offer(uvcsim.YUYV, 320, 240, 15)}, "?input_format=yuyv422", "yuyv422",
		},
	} {
		t.Run(name, func(t *testing.T) {
			cam := plug(t, uvcsim.Config{Formats: c.formats, Pictures: 5})
			s := serve(t, "v4l2:"+cam.node+c.options)
			if st := s.live(patience); st.Camera.Format != c.want {
				t.Errorf("%s was chosen, want %s", st.Camera.Format, c.want)
			}
		})
	}
}

// What was asked for and what the camera grants both stand in the state.
func TestAskedAndNegotiated(t *testing.T) {
	rates := []float64{30, 15}
	small := uvcsim.Config{Pictures: 5, Formats: []uvcsim.Format{{Pixels: uvcsim.MJPEG, Sizes: []uvcsim.Size{
		{Width: 320, Height: 240, Rates: rates}, {Width: 1920, Height: 1080, Rates: rates}, {Width: 640, Height: 480, Rates: rates},
	}}}}
	cam := plug(t, small)
	for _, c := range []struct {
		name, options string
		asked         client.Asked
		width, height int
		rate          float64
	}{
		{"nothing", "", client.Asked{Width: 1280, Height: 720, Framerate: 30}, 640, 480, 30}, // the largest that is no larger
		{"too fast", "?video_size=320x240&framerate=60", client.Asked{Width: 320, Height: 240, Framerate: 60}, 320, 240, 30},
		{"too slow", "?video_size=320x240&framerate=5", client.Asked{Width: 320, Height: 240, Framerate: 5}, 320, 240, 15},
		{"in the middle between two", "?video_size=320x240&framerate=22.5", client.Asked{Width: 320, Height: 240, Framerate: 22.5}, 320, 240, 30},
		{"what there is", "?video_size=640x480&framerate=15&input_format=mjpeg", client.Asked{Format: "mjpeg", Width: 640, Height: 480, Framerate: 15}, 640, 480, 15},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := serve(t, "v4l2:"+cam.node+c.options).live(patience)
			checkMode(t, st, "mjpeg", c.width, c.height, c.rate)
			if st.Camera.Asked == nil || *st.Camera.Asked != c.asked {
				t.Errorf("the state says that %+v was asked for, want %+v", st.Camera.Asked, c.asked)
			}
		})
	}
}

// What the camera does not have is refused with what it has.
func TestUnsupportedMode(t *testing.T) {
	cam := plug(t, hd())
	const all = "1280x720 640x480"
	for options, words := range map[string][]string{
		"input_format=nv12":                         {"has no nv12", "mjpeg " + all, "yuyv422 " + all},
		"video_size=641x479":                        {"has no size 641x479", "mjpeg " + all, "yuyv422 " + all},
		"video_size=1920x1080&input_format=yuyv422": {"has no size 1920x1080", "yuyv422 " + all},
	} {
		t.Run(options, func(t *testing.T) {
			code, _, said := run(t, nil, serveArgs("v4l2:"+cam.node+"?"+options)...)
			if code != 1 {
				t.Errorf("it ended with status %d", code)
			}
			mentions(t, said, append(words, cam.node, "choose one of those")...)
		})
	}
}

// device is a camera as `freshframe cameras --json` and GET /api/v1/cameras tell it.
type device struct {
	Source, Device, Name, Bus, Driver, Stable string
	ByID                                      string `json:"by_id"`
	Formats                                   []struct {
		InputFormat string `json:"input_format"`
		Sizes       []struct {
			VideoSize  string `json:"video_size"`
			Framerates []float64
		}
	}
	Error *client.Error
}

// listed is what the program says of this machine's cameras.
func listed(t *testing.T) []device {
	t.Helper()
	code, out, said := run(t, nil, "cameras", "--json")
	var list struct{ Cameras []device }
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != 0 {
		t.Fatalf("status %d, %v\n%s%s", code, err, out, said)
	}
	return list.Cameras
}

// rates are the framerates listed for a format and a size.
func (d device) rates(t *testing.T, format, size string) []float64 {
	t.Helper()
	for _, f := range d.Formats {
		for _, s := range f.Sizes {
			if f.InputFormat == format && s.VideoSize == size {
				return s.Framerates
			}
		}
	}
	t.Fatalf("%s %s is not listed: %+v", format, size, d.Formats)
	return nil
}

// Frame intervals that are offered as a range, in steps or in those of the bus's own unit,
// which is as continuous as a USB camera can be, are listed, negotiated and kept to.
func TestIntervalRanges(t *testing.T) {
	for _, c := range []struct {
		step          time.Duration
		asked         string
		granted       float64
		betweenFrames time.Duration
	}{
		{10 * time.Millisecond, "12.5", 12.5, 80 * time.Millisecond},
		{10 * time.Millisecond, "15", 14.29, 70 * time.Millisecond}, // 66.7 ms are no step
		{100 * time.Nanosecond, "12.5", 12.5, 80 * time.Millisecond},
		{100 * time.Nanosecond, "7.3", 7.3, 136986300 * time.Nanosecond},
		{100 * time.Nanosecond, "60", 50, 20 * time.Millisecond},
		{100 * time.Nanosecond, "1", 5, 200 * time.Millisecond},
	} {
		t.Run(fmt.Sprintf("%s in steps of %v", c.asked, c.step), func(t *testing.T) {
			cam := plug(t, uvcsim.Config{Pictures: 5, Formats: []uvcsim.Format{{Pixels: uvcsim.MJPEG, Sizes: []uvcsim.Size{
				{Width: 320, Height: 240, Rates: []float64{50, 5}, Step: c.step},
			}}}})
			list := listed(t)
			if len(list) != 1 {
				t.Fatalf("listed are %+v", list)
			}
			if got, want := list[0].rates(t, "mjpeg", "320x240"), []float64{50, 30, 25, 24, 20, 15, 10, 5}; !slices.Equal(got, want) {
				t.Errorf("rates listed: %v, want %v", got, want)
			}
			s := serve(t, "v4l2:"+cam.node+"?framerate="+c.asked)
			checkMode(t, s.live(patience), "mjpeg", 320, 240, c.granted)
			sent := cam.Sent()
			before := len(sent)
			eventually(t, 10*time.Second, "five frames", func() error {
				if sent = cam.Sent(); len(sent) < before+5 {
					return fmt.Errorf("%d were sent", len(sent)-before)
				}
				return nil
			})
			// A late one makes one pause longer and another one shorter.
			var pauses []time.Duration
			for i := range sent[1:] {
				pauses = append(pauses, sent[i+1].Monotonic-sent[i].Monotonic)
			}
			slices.Sort(pauses)
			if median := pauses[len(pauses)/2]; (median - c.betweenFrames).Abs() > c.betweenFrames/10 {
				t.Errorf("the camera sends a frame every %v, want %v", median, c.betweenFrames)
			}
		})
	}
}

// A camera's second node carries metadata: it is nobody's camera.
func TestMetadataNodeSkipped(t *testing.T) {
	cam := plug(t, hd())
	nodes := nodesAt(cam.port, metadata)
	if len(nodes) != 1 {
		t.Fatalf("the nodes for metadata are %v", nodes)
	}
	if list := listed(t); len(list) != 1 || list[0].Device != cam.node {
		t.Errorf("listed are %+v, want %s alone", list, cam.node)
	}
	if _, table, _ := run(t, nil, "cameras"); strings.Contains(table, nodes[0]) {
		t.Errorf("the table has %s:\n%s", nodes[0], table)
	}
	code, _, said := run(t, nil, serveArgs("v4l2:"+nodes[0])...)
	if code != 1 {
		t.Errorf("it ended with status %d", code)
	}
	mentions(t, said, nodes[0]+": is no camera but the node of a camera's metadata", "there is "+cam.node)
}
