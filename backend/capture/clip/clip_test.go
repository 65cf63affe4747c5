package clip

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
)

// play reads a clip to its end, in fake time.
func play(t *testing.T, path string) (data [][]byte, info capture.Info) {
	synctest.Test(t, func(t *testing.T) {
		s, err := openClip(t, t.Context(), path, "loop=off", 1)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		info = s.Info()
		var f frame.Frame
		for {
			err := s.Read(t.Context(), &f)
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			data = append(data, bytes.Clone(f.Data))
		}
	})
	return data, info
}

func TestContainers(t *testing.T) {
	p := pictures(t, 4)
	idx1 := chunkOf("idx1", make([]byte, 32))
	tests := []struct {
		name    string
		content [][]byte
		want    [][]byte
		rate    float64
	}{
		{"run", p, p, 30},
		{"run as a camera's stream was saved", [][]byte{[]byte("\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n"), p[0], []byte("\r\n--b\r\n\r\n"), p[1]}, p[:2], 30},
		{"single picture", p[:1], p[:1], 30},
		{"damaged picture in the run", [][]byte{p[0], p[1][:len(p[1])-8], p[2]}, [][]byte{p[0], p[1][:len(p[1])-8], p[2]}, 30},
		{"avi", [][]byte{riffOf("AVI ", hdrl(mjpg()), listOf("movi", video(p...)), idx1)}, p, 25},
		{"avi, rate of NTSC", [][]byte{riffOf("AVI ", hdrl(strl("vids", "MJPG", 1001, 30000)), listOf("movi", video(p...)))}, p, 30000.0 / 1001},
		{"avi, rate in the file header only", [][]byte{riffOf("AVI ", hdrl(strl("vids", "MJPG", 0, 0)), listOf("movi", video(p...)))}, p, 25},
		{"avi, impossible rate", [][]byte{riffOf("AVI ", hdrl(strl("vids", "MJPG", 1, 1e6)), listOf("movi", video(p...)))}, p, 30},
		{"avi, no rate", [][]byte{riffOf("AVI ", listOf("hdrl", strl("vids", "MJPG", 0, 0)), listOf("movi", video(p...)))}, p, 30},
		{"avi, db chunks and a codec in small letters", [][]byte{riffOf("AVI ", hdrl(strl("vids", "mjpg", 1, 25)), listOf("movi", chunkOf("00db", p[0]), chunkOf("00dc", p[1])))}, p[:2], 25},
		{"avi, sound and index among the pictures", [][]byte{riffOf("AVI ", hdrl(strl("auds", "\x00\x00\x00\x00", 1, 8000), mjpg()),
			listOf("movi", chunkOf("ix01", []byte{1}), chunkOf("00wb", p[3]), chunkOf("01dc", p[0]), chunkOf("JUNK"), chunkOf("01dc", p[1])))}, p[:2], 25},
		{"avi, rec lists", [][]byte{riffOf("AVI ", hdrl(mjpg()), listOf("movi", listOf("rec ", video(p[0]), chunkOf("01wb", []byte("x"))), listOf("rec ", video(p[1], p[2]))))}, p[:3], 25},
		{"avi, odd sizes", [][]byte{riffOf("AVI ", hdrl(mjpg()), chunkOf("JUNK", []byte("odd")), listOf("movi", video(append(bytes.Clone(p[0]), 0), p[1], append(bytes.Clone(p[2]), 0))))},
			[][]byte{append(bytes.Clone(p[0]), 0), p[1], append(bytes.Clone(p[2]), 0)}, 25},
		{"avi, repeated pictures", [][]byte{riffOf("AVI ", hdrl(mjpg()), listOf("movi", video(nil, p[0], nil, nil, p[1])))}, [][]byte{p[0], p[0], p[0], p[1]}, 25},
		{"avi, OpenDML", [][]byte{riffOf("AVI ", hdrl(mjpg()), listOf("movi", video(p[0], p[1])), idx1), riffOf("AVIX", listOf("movi", video(p[2]))), riffOf("AVIX", listOf("movi", video(p[3])))}, p, 25},
		{"avi, something appended", [][]byte{riffOf("AVI ", hdrl(mjpg()), listOf("movi", video(p[0]))), []byte("trailing notes of some tool")}, p[:1], 25},
		{"avi, second video stream ignored", [][]byte{riffOf("AVI ", hdrl(strl("vids", "H264", 1, 30), mjpg(), mjpg()), listOf("movi", chunkOf("00dc", []byte("h264")), chunkOf("01dc", p[0]), chunkOf("02dc", p[1])))}, p[:1], 25},
		{"avi, bad picture first", [][]byte{riffOf("AVI ", hdrl(mjpg()), listOf("movi", video([]byte("no JPEG"), p[0])))}, [][]byte{[]byte("no JPEG"), p[0]}, 25},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The name lies: what counts is the content.
			got, info := play(t, write(t, "clip.bin", tt.content...))
			if !slices.EqualFunc(got, tt.want, bytes.Equal) {
				t.Errorf("%d pictures, want %d or others", len(got), len(tt.want))
			}
			if want := (capture.Info{Device: "clip.bin", Format: frame.JPEG, Width: 24, Height: 16, Framerate: tt.rate, Simulated: true}); info != want {
				t.Errorf("info %+v, want %+v", info, want)
			}
		})
	}
}

func TestFolder(t *testing.T) {
	p := pictures(t, 12)
	dir := writeFolder(t, p)
	for name, content := range map[string]string{"notes.txt": "x", ".hidden.jpg": "x", "pic13.JPEG": "a damaged one"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, "folder.jpg"), 0o755),
		syscall.Mkfifo(filepath.Join(dir, "pipe.jpg"), 0o644),
		os.Symlink("pic1.jpg", filepath.Join(dir, "pic14.jpg")),
		os.Symlink("pipe.jpg", filepath.Join(dir, "pic15.jpg")),
		os.Symlink("nowhere", filepath.Join(dir, "pic16.jpg")),
	); err != nil {
		t.Fatal(err)
	}
	want := append(slices.Clone(p), []byte("a damaged one"), p[0])
	got, info := play(t, dir)
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("%d pictures, want %d or another order", len(got), len(want))
	}
	if info.Framerate != defaultRate || info.Device != filepath.Base(dir) {
		t.Errorf("info %+v", info)
	}
}

func TestNaturalOrder(t *testing.T) {
	want := []string{"", "0", "001", "01", "1", "2", "9", "10", "a", "a1", "a1b", "a1b2", "a1b10", "a02", "a2", "a10", "a10b", "a99999999999999999999", "a100000000000000000000", "b", "é"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, natural)
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	for _, a := range want {
		for _, b := range want {
			if natural(a, b) != -natural(b, a) || (natural(a, b) == 0) != (a == b) {
				t.Errorf("natural(%q, %q) = %d, the other way round %d", a, b, natural(a, b), natural(b, a))
			}
		}
	}
}

func TestRefused(t *testing.T) {
	p := picture(t, 0)
	noFolder := t.TempDir()
	pipe := filepath.Join(t.TempDir(), "pipe.avi")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	secret := write(t, "secret.mjpeg", p)
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	whole := riffOf("AVI ", hdrl(mjpg()), listOf("movi", video(p)))
	bigChunk := slices.Clone(whole)
	copy(bigChunk[bytes.Index(whole, []byte("00dc"))+4:], words(5000))
	endless := slices.Clone(whole)
	copy(endless[bytes.Index(whole, []byte("movi"))-4:], words(0))
	tests := []struct {
		name, path string
		code       capture.Code
		says       string
	}{
		{"no path", "", capture.BadSource, "the path is missing"},
		{"missing", filepath.Join(noFolder, "nothing.avi"), capture.NoSuchDevice, "no such file"},
		{"empty folder", noFolder, capture.NotACamera, "no .jpg or .jpeg"},
		{"device", "/dev/null", capture.NotACamera, "a device"},
		{"pipe", pipe, capture.NotACamera, "a pipe"},
		{"not readable", secret, capture.PermissionDenied, "permission denied"},
		{"empty file", write(t, "a.avi"), capture.BadClip, "no JPEG picture in its 0 bytes"},
		{"text", write(t, "a.avi", []byte("hello")), capture.BadClip, "no JPEG picture in its 5 bytes"},
		{"MP4", write(t, "a.mjpeg", []byte("\x00\x00\x00\x20ftypisom"), p), capture.BadClip, "MP4"},
		{"Matroska", write(t, "a.avi", []byte("\x1A\x45\xDF\xA3"), p), capture.BadClip, "Matroska"},
		{"sound", write(t, "a.avi", riffOf("WAVE")), capture.BadClip, "another kind than AVI"},
		{"no picture header", write(t, "a.avi", riffOf("AVI ", hdrl(mjpg()), listOf("movi", video([]byte("one"), []byte("two"))))), capture.BadClip, "none of its 2 pictures"},
		{"no pictures", write(t, "a.avi", riffOf("AVI ", hdrl(mjpg()), listOf("movi"))), capture.BadClip, "no JPEG picture"},
		{"other codec", write(t, "a.avi", riffOf("AVI ", hdrl(strl("vids", "H264", 1, 25)), listOf("movi", video(p)))), capture.BadClip, `"H264/H264", not MJPG`},
		{"no video", write(t, "a.avi", riffOf("AVI ", hdrl(strl("auds", "pcm ", 1, 25)), listOf("movi", video(p)))), capture.BadClip, "no video stream"},
		{"cut short", write(t, "a.avi", whole[:len(whole)-20]), capture.BadClip, "at offset 0 should end at offset"},
		{"chunk beyond its list", write(t, "a.avi", bigChunk), capture.BadClip, `"00dc" at offset`},
		{"unfinished list", write(t, "a.avi", endless), capture.BadClip, "not finished"},
		{"short header", write(t, "a.avi", riffOf("AVI ", listOf("hdrl", listOf("strl", chunkOf("strh", []byte("vidsMJPG")))))), capture.BadClip, `"strh" at offset`},
		{"huge picture", write(t, "a.avi", riffOf("AVI ", hdrl(mjpg()), listOf("movi", video(make([]byte, 33<<20))))), capture.BadClip, "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.path == secret && os.Getuid() == 0 {
				t.Skip("root may read everything")
			}
			s, err := openClip(t, t.Context(), tt.path, "", 1)
			var e *capture.Error
			if s != nil || !errors.As(err, &e) {
				t.Fatalf("source %v, error %v", s, err)
			}
			if e.Code != tt.code || !strings.Contains(e.Err.Error(), tt.says) || e.Hint == "" {
				t.Errorf("code %q, error %q", e.Code, err)
			}
			if tt.path != "" && (e.Device != tt.path || strings.Count(err.Error(), tt.path) != 1) {
				t.Errorf("the error must name the clip once: %q", err)
			}
		})
	}
}

func TestOpenGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := pictures(t, 2)
	for _, path := range []string{
		write(t, "a.mjpeg", p...),
		write(t, "a.avi", riffOf("AVI ", hdrl(mjpg()), listOf("movi", video(p...)))),
		writeFolder(t, p),
	} {
		if s, err := openClip(t, ctx, path, "", 1); s != nil || err != context.Canceled {
			t.Errorf("%s: source %v, error %v", path, s, err)
		}
	}
}

func TestIndexIsBounded(t *testing.T) {
	p := pictures(t, 3)
	x := index{limit: 2}
	err := x.addRun(t.Context(), bytes.NewReader(slices.Concat(p...)))
	if err == nil || !strings.Contains(err.Error(), "more than 2 pictures") {
		t.Errorf("run: %v", err)
	}
	avi := riffOf("AVI ", hdrl(mjpg()), listOf("movi", video(p[0], nil, nil)))
	x = index{limit: 2}
	_, err = x.addAVI(t.Context(), bytes.NewReader(avi), int64(len(avi)))
	if err == nil || !strings.Contains(err.Error(), "more than 2 pictures") {
		t.Errorf("avi: %v", err)
	}
}

func TestPacing(t *testing.T) {
	path := write(t, "a.mjpeg", pictures(t, 3)...)
	type shot struct {
		seq, lost uint64
		at        time.Duration // Captured, since the first Read
	}
	const ms = time.Millisecond
	tests := []struct {
		name    string
		options string
		pauses  []time.Duration // before each Read, that of the end too
		want    []shot
		end     error         // of one Read more
		endAt   time.Duration // when that returned
	}{
		{"on time", "framerate=10&loop=off", []time.Duration{0, 0, 0, 0}, []shot{{7, 0, 0}, {8, 0, 100 * ms}, {9, 0, 200 * ms}}, io.EOF, 300 * ms},
		{"own work between", "framerate=10&loop=off", []time.Duration{0, 70 * ms, 99 * ms, 0}, []shot{{7, 0, 0}, {8, 0, 100 * ms}, {9, 0, 200 * ms}}, io.EOF, 300 * ms},
		{"a little late", "framerate=10&loop=off", []time.Duration{0, 150 * ms, 0, 0}, []shot{{7, 0, 0}, {8, 0, 100 * ms}, {9, 0, 200 * ms}}, io.EOF, 300 * ms},
		{"one missed", "framerate=10&loop=off", []time.Duration{0, 250 * ms, 0}, []shot{{7, 0, 0}, {9, 1, 200 * ms}}, io.EOF, 300 * ms},
		{"the end missed", "framerate=10&loop=off", []time.Duration{0, 700 * ms}, []shot{{7, 0, 0}}, io.EOF, 700 * ms},
		{"loop", "framerate=10", []time.Duration{0, 0, 0, 0, 0, 0}, []shot{{7, 0, 0}, {8, 0, 100 * ms}, {9, 0, 200 * ms}, {10, 0, 300 * ms}, {11, 0, 400 * ms}}, nil, 500 * ms},
		{"loop, a long pause", "framerate=10", []time.Duration{0, time.Hour + 30*ms, 0, 0}, []shot{{7, 0, 0}, {7 + 36000, 35999, time.Hour}, {7 + 36001, 0, time.Hour + 100*ms}}, nil, time.Hour + 200*ms},
		{"slowest", "framerate=0.1", []time.Duration{0, 0, 0}, []shot{{7, 0, 0}, {8, 0, 10 * time.Second}}, nil, 20 * time.Second},
		{"fastest", "framerate=240", []time.Duration{0, 0, 0, 0}, []shot{{7, 0, 0}, {8, 0, 4166667}, {9, 0, 8333334}}, nil, 12500000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := openClip(t, t.Context(), path, tt.options, 7)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				time.Sleep(time.Hour) // what lies between opening and the first Read does not count
				start := time.Now()
				var f frame.Frame
				for i, want := range tt.want {
					time.Sleep(tt.pauses[i])
					if err := s.Read(t.Context(), &f); err != nil {
						t.Fatal(err)
					}
					if got := (shot{f.Seq, f.Lost, f.Captured.Sub(start)}); got != want {
						t.Errorf("read %d: %v, want %v", i, got, want)
					}
					if f.Dequeued.Before(f.Captured) || !f.Dequeued.Equal(time.Now()) || f.CapturedBy != frame.ByDriver {
						t.Errorf("read %d: captured %v by %v, dequeued %v", i, f.Captured, f.CapturedBy, f.Dequeued)
					}
				}
				time.Sleep(tt.pauses[len(tt.want)])
				if err := s.Read(t.Context(), &f); err != tt.end || time.Since(start) != tt.endAt {
					t.Errorf("at the end: %v after %v, want %v after %v", err, time.Since(start), tt.end, tt.endAt)
				}
			})
		})
	}
}

func TestNoDrift(t *testing.T) {
	path := write(t, "a.mjpeg", picture(t, 0))
	synctest.Test(t, func(t *testing.T) {
		s, err := openClip(t, t.Context(), path, "framerate=29.97", 1)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		start := time.Now()
		var f frame.Frame
		for n := range 2998 {
			if err := s.Read(t.Context(), &f); err != nil {
				t.Fatal(err)
			}
			if f.Seq != uint64(n+1) || f.Lost != 0 {
				t.Fatalf("picture %d has seq %d and lost %d", n, f.Seq, f.Lost)
			}
		}
		if d := f.Captured.Sub(start) - 100*time.Second; d < 0 || d > time.Microsecond {
			t.Errorf("2997 pictures took %v more than 100 s", d)
		}
	})
}

func TestReadHonoursContext(t *testing.T) {
	path := write(t, "a.mjpeg", picture(t, 0))
	synctest.Test(t, func(t *testing.T) {
		s, err := openClip(t, t.Context(), path, "framerate=0.1", 1)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var f frame.Frame
		if err := s.Read(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := s.Read(ctx, &f); err != context.DeadlineExceeded || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if err := s.Read(ctx, &f); err != context.DeadlineExceeded {
			t.Errorf("with a context that has ended: %v", err)
		}
	})
}

func TestChangedWhilePlayed(t *testing.T) {
	p := pictures(t, 3)
	tests := []struct {
		name   string
		change func(path string) error
		says   string
	}{
		{"truncated", func(path string) error { return os.Truncate(path, 100) }, "cut from"},
		{"appended", func(path string) error { return os.WriteFile(path, slices.Concat(p[0], p[1], p[2], p[0]), 0o644) }, "written to"},
		{"touched", func(path string) error { return os.Chtimes(path, time.Time{}, time.Unix(1, 0)) }, "written to"},
		{"removed", os.Remove, "went away"},
		{"replaced", func(path string) error {
			return errors.Join(os.WriteFile(path+".new", slices.Concat(p...), 0o644), os.Rename(path+".new", path))
		}, "replaced"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, "a.mjpeg", p...)
			err := readAfter(t, path, func() error { return tt.change(path) })
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("folder", func(t *testing.T) {
		dir := writeFolder(t, p)
		err := readAfter(t, dir, func() error { return os.Remove(filepath.Join(dir, "pic2.jpg")) })
		if err == nil || !strings.Contains(err.Error(), "pic2.jpg") {
			t.Errorf("error %v", err)
		}
	})
}

// readAfter plays one picture, makes the change and returns the second Read's error,
// which must say that the camera is lost.
func readAfter(t *testing.T, path string, change func() error) (err error) {
	synctest.Test(t, func(t *testing.T) {
		s, openErr := openClip(t, t.Context(), path, "", 1)
		if openErr != nil {
			t.Fatal(openErr)
		}
		defer s.Close()
		var f frame.Frame
		if err := s.Read(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		err = s.Read(t.Context(), &f)
		var e *capture.Error
		if !errors.As(err, &e) || e.Code != capture.CameraLost || e.Device != path || e.Hint == "" {
			t.Errorf("error %#v", err)
		}
	})
	return err
}

func TestReadReusesTheBuffer(t *testing.T) {
	big := make([]byte, 300<<10)
	copy(big, picture(t, 0))
	avi := riffOf("AVI ", hdrl(mjpg()), listOf("movi", video(big, big)))
	dir := writeFolder(t, [][]byte{big, big})
	for _, path := range []string{write(t, "a.avi", avi), dir} {
		synctest.Test(t, func(t *testing.T) {
			s, err := openClip(t, t.Context(), path, "", 1)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var f frame.Frame
			read := func() {
				if err := s.Read(t.Context(), &f); err != nil {
					t.Fatal(err)
				}
			}
			read()
			const n = 50
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range n {
				read()
			}
			runtime.ReadMemStats(&after)
			if got := (after.TotalAlloc - before.TotalAlloc) / n; got > 8<<10 {
				t.Errorf("%s: %d bytes allocated for each picture of %d", filepath.Base(path), got, len(f.Data))
			}
		})
	}
}
