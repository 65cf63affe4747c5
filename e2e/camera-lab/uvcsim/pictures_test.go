package uvcsim

import (
	"bytes"
	"image"
	stdjpeg "image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"freshframe/backend/jpeg"
)

func TestPictures(t *testing.T) {
	config := small(MJPEG).defaults()
	for _, size := range []image.Point{{64, 32}, {66, 34}, {160, 120}, {320, 240}, {854, 480}, {1280, 720}, {128, 1000}} {
		g := newGallery(size, config)
		for _, n := range []int{0, 3, 6, 1} { // in no order
			j, err := g.jpeg(n)
			if err != nil {
				t.Fatal(err)
			}
			for p, data := range map[Pixels][]byte{MJPEG: j.stamped(nil, Sent{}, 0), YUYV: g.raw(YUYV, n), NV12: g.raw(NV12, n)} {
				if got, err := code(p, size, data); err != nil || got != uint64(n) {
					t.Errorf("%v %s: picture %d reads %d, %v", size, p, n, got, err)
				}
			}
		}
	}
}

// All ways to make a picture give the same one, whatever was shown before.
func TestPicturesAgree(t *testing.T) {
	config := small(MJPEG).defaults()
	config.Quality = 100
	size := image.Pt(320, 240)
	used := newGallery(size, config)
	for n := range config.Pictures {
		fresh := newGallery(size, config)
		for _, p := range []Pixels{YUYV, NV12} {
			if !bytes.Equal(used.raw(p, n), fresh.raw(p, n)) {
				t.Errorf("picture %d in %s depends on what was shown before", n, p)
			}
		}
		a, _ := used.jpeg(n)
		im, err := stdjpeg.Decode(bytes.NewReader(a.stamped(nil, Sent{}, 0)))
		if err != nil {
			t.Fatal(err)
		}
		planes := im.(*image.YCbCr)
		if planes.SubsampleRatio != image.YCbCrSubsampleRatio422 {
			t.Errorf("subsampling %v: want that of cameras", planes.SubsampleRatio)
		}
		raw := used.raw(YUYV, n)
		for y := range size.Y {
			for x := range size.X {
				if d := int(raw[2*(y*size.X+x)]) - int(planes.Y[planes.YOffset(x, y)]); max(d, -d) > 6 {
					t.Fatalf("picture %d at (%d,%d): YUYV and JPEG are %d apart", n, x, y, d)
				}
			}
		}
	}
}

func TestPicturesAreACamerasSize(t *testing.T) {
	g := newGallery(image.Pt(1280, 720), small(MJPEG).defaults())
	j, err := g.jpeg(0)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(j.head) + len(j.tail); n < 60e3 || n > 90e3 {
		t.Errorf("%d bytes: want 60 to 90 kB", n)
	}
}

func TestNoDHTAndPadding(t *testing.T) {
	config := small(MJPEG).defaults()
	config.NoDHT = true
	g := newGallery(image.Pt(320, 240), config)
	parts, err := g.jpeg(2)
	if err != nil {
		t.Fatal(err)
	}
	j := parts.stamped(nil, Sent{Seq: 1<<64 - 1, Monotonic: time.Hour}, 10)
	var markers []byte
	for m := range segments(j) {
		markers = append(markers, m)
	}
	if slices.Contains(markers, markDHT) || !slices.Contains(markers, byte(markCOM)) || markers[0] != markAPP0 {
		t.Errorf("segments % x: want APP0 first, COM, and no DHT", markers)
	}
	if !bytes.HasSuffix(j, append(slices.Clone(eoi), make([]byte, 10)...)) {
		t.Errorf("it ends with % x", j[len(j)-12:])
	}
	if seq, at, ok := ReadStamp(j); seq != 1<<64-1 || at != time.Hour || !ok {
		t.Errorf("stamp %d, %v, %v", seq, at, ok)
	}
	if _, err := new(jpeg.Decoder).Decode(j, nil); err != nil {
		t.Error(err)
	}
}

func TestMakePictures(t *testing.T) {
	config := small(YUYV, MJPEG)
	config.Cache = filepath.Join(t.TempDir(), "pictures")
	c := newCamera(t, config)
	if err := c.MakePictures(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(config.Cache, "*", "*"))
	if want := config.Pictures * len(config.Formats[1].Sizes); err != nil || len(files) != want {
		t.Errorf("%d files, %v: want %d", len(files), err, want)
	}

	again := newCamera(t, config)
	if err := again.MakePictures(); err != nil {
		t.Fatal(err)
	}
	for size, g := range c.galleries {
		other := again.gallery(size)
		if other.room != nil {
			t.Errorf("%v was drawn again", size)
		}
		for n := range g.jpegs {
			if !bytes.Equal(g.jpegs[n].stamped(nil, Sent{}, 0), other.jpegs[n].stamped(nil, Sent{}, 0)) {
				t.Errorf("picture %d of %v came back different", n, size)
			}
		}
	}

	plugInto(t, c, sockets)
	if err := c.MakePictures(); err == nil {
		t.Error("pictures were made while a stream may send them")
	}
}

func TestMakePicturesNowhere(t *testing.T) {
	config := small(MJPEG)
	config.Cache = filepath.Join(t.TempDir(), "file", "below")
	if err := os.WriteFile(filepath.Dir(config.Cache), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := newCamera(t, config).MakePictures(); err == nil || !strings.Contains(err.Error(), config.Cache) {
		t.Errorf("error %v: want the folder in it", err)
	}
}

func TestReadStampElsewhere(t *testing.T) {
	comment := func(text string) []byte {
		return slices.Concat(soi, []byte{0xff, markCOM, 0, byte(2 + len(text))}, []byte(text), []byte{0xff, markSOS})
	}
	for name, b := range map[string][]byte{
		"nothing":     nil,
		"no JPEG":     []byte("uvcsim seq=1 monotonic_ns=1"),
		"other words": comment("made by hand"),
		"half of it":  comment("uvcsim seq=1 monotonic"),
		"negative":    comment("uvcsim seq=-1 monotonic_ns=1"),
		"cut":         comment("uvcsim seq=1 monotonic_ns=1")[:20],
		"length 0":    append(slices.Clone(soi), 0xff, markCOM, 0, 0, 1, 2),
		"after SOS":   slices.Concat(soi, []byte{0xff, markSOS}, comment("uvcsim seq=1 monotonic_ns=1")[2:]),
	} {
		if seq, at, ok := ReadStamp(b); ok || seq != 0 || at != 0 {
			t.Errorf("%s: %d, %v, %v", name, seq, at, ok)
		}
	}
}

func FuzzReadStamp(f *testing.F) {
	f.Add([]byte{})
	f.Add(slices.Concat(soi, []byte{0xff, markAPP0, 0, 4, 1, 2, 0xff, markCOM, 0, 29}, []byte("uvcsim seq=1 monotonic_ns=1"), eoi))
	f.Add(slices.Concat(soi, []byte{0xff, markCOM, 0xff, 0xff, 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := slices.Clone(b)
		ReadStamp(b)
		if !bytes.HasPrefix(b, soi) {
			return
		}
		parts := splitJPEG(b)
		if !bytes.Equal(b, before) || !bytes.Equal(slices.Concat(parts.head, parts.tail), b) {
			t.Fatal("bytes were changed or lost")
		}
	})
}

func TestPortState(t *testing.T) {
	const table = `hub port sta spd dev      sockfd local_busid
hs  0000 006 003 00010001 000005 1-1
hs  0001 004 000 00000000 000000 0-0
ss  0002 004 000 00000000 000000 0-0
`
	for port, want := range map[int]string{0: "006", 1: portFree, 2: "", 3: ""} {
		if got, ok := portState(table, port); got != want || ok != (want != "") {
			t.Errorf("port %d: %q, %v: want %q", port, got, ok, want)
		}
	}
	if _, ok := portState("", 0); ok {
		t.Error("a port in an empty table")
	}
}

func TestPlugWithoutController(t *testing.T) {
	if _, err := os.Stat(vhciFolder); err == nil {
		t.Skip("this machine has a virtual host controller")
	}
	if err := newCamera(t, small(MJPEG)).Plug(); err == nil || !strings.Contains(err.Error(), "modprobe vhci-hcd") {
		t.Errorf("error %v", err)
	}
}

func TestParseFault(t *testing.T) {
	for _, f := range Faults() {
		if got, err := ParseFault(string(f)); got != f || err != nil {
			t.Errorf("%s: %q, %v", f, got, err)
		}
	}
	for _, bad := range []string{"", "smoke"} {
		if _, err := ParseFault(bad); err == nil {
			t.Errorf("%q is a fault", bad)
		}
	}
}
