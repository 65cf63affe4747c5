package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// fasthttp ends the one up to 10 s after the server, the other never: one a process.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

// program is run() going on in a goroutine.
type program struct {
	t      *testing.T
	url    string
	stop   context.CancelFunc
	exit   chan int
	stderr *bytes.Buffer // to be read after the exit
}

// launch starts the program, with an analyzer that needs nothing unless the arguments name
// another, and waits for its first line.
func launch(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &program{t: t, stop: cancel, exit: make(chan int, 1), stderr: &bytes.Buffer{}}
	out, w := io.Pipe()
	go func() {
		p.exit <- run(ctx, append([]string{"--listen", "127.0.0.1:0", "--analyzer", "motion"}, args...), nil, nil, w, p.stderr)
		w.Close()
	}()
	var line []byte
	for b := make([]byte, 1); !bytes.HasSuffix(line, []byte("\n")); {
		n, err := out.Read(b)
		if err != nil {
			t.Fatalf("the program ended with %d before its first line: %s", <-p.exit, p.stderr)
		}
		line = append(line, b[:n]...)
	}
	go io.Copy(io.Discard, out)
	var found bool
	if p.url, found = strings.CutPrefix(strings.TrimSpace(string(line)), "freshframe: listening on "); !found {
		t.Fatalf("first line %q", line)
	}
	t.Cleanup(func() {
		cancel()
		http.DefaultClient.CloseIdleConnections()
	})
	return p
}

func (p *program) get(path string) (int, string) {
	p.t.Helper()
	res, err := http.Get(p.url + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func (p *program) patch(path, body string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodPatch, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

// until polls a condition of the running program; its limit is only there to fail.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (p *program) end() {
	p.t.Helper()
	p.stop()
	if code := <-p.exit; code != 0 {
		p.t.Errorf("exit code %d: %s", code, p.stderr)
	}
}

// What a person can get wrong on the command line, and what the program says. Nothing may
// be left open: the port and, checked by goleak, every goroutine.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string // all of these are in what it says
	}{
		{"unknown scheme", []string{"--source", "vfl2:/dev/video0"}, 2, []string{"vfl2", `did you mean "v4l2"?`}},
		{"no scheme", []string{"--source", "/dev/video0"}, 2, []string{"/dev/video0", "SCHEME:TARGET"}},
		{"unknown source option", []string{"--source", "synthetic:?video_sice=640x480"}, 2, []string{"video_sice", `did you mean "video_size"?`}},
		{"absurd size", []string{"--source", "synthetic:?video_size=99999x2"}, 2, []string{"99999x2", "4096 pixels"}},
		{"not a size", []string{"--source", "synthetic:?video_size=big"}, 2, []string{"big", "WIDTHxHEIGHT"}},
		{"absurd rate", []string{"--source", "synthetic:?framerate=0"}, 2, []string{"framerate=0", "1 to 240"}},
		{"missing device", []string{"--source", "v4l2:/dev/video99"}, 1, []string{"/dev/video99"}},
		{"a device that is no camera", []string{"--source", "v4l2:/dev/null"}, 1, []string{"/dev/null", "camera"}},
		{"a file that is no camera", []string{"--source", "v4l2:" + write("file", "x")}, 1, []string{"file", "camera"}},
		{"a pipe that is no camera", []string{"--source", "v4l2:" + fifo}, 1, []string{"fifo", "camera"}},
		{"missing clip", []string{"--source", "file:" + filepath.Join(dir, "no.avi")}, 1, []string{"no.avi"}},
		{"broken clip", []string{"--source", "file:" + write("broken.avi", "RIFF\x10\x00\x00\x00AVI LIST")}, 1, []string{"broken.avi"}},
		{"a text as clip", []string{"--source", "file:" + write("notes.mjpeg", "milk, bread, eggs")}, 1, []string{"notes.mjpeg"}},
		{"a folder without pictures", []string{"--source", "file:" + filepath.Join(dir, "empty")}, 1, []string{"empty"}},
		{"unknown analyzer", []string{"--analyzer", "mution"}, 2, []string{"mution", `did you mean "motion"?`}},
		{"unknown parameter", []string{"--analyzer", "simulate?processingtime=1s"}, 2, []string{"processingtime", `did you mean "processing_time"?`}},
		{"parameter without unit", []string{"--analyzer", "simulate?processing_time=100"}, 2, []string{"processing_time=100", "100ms"}},
		{"an analyzer twice", []string{"--analyzer", "motion+simulate+motion@5fps"}, 2, []string{"--analyzer", "motion is there twice"}},
		{"a rate of nothing", []string{"--analyzer", "simulate@0fps"}, 2, []string{"@0fps", "@5fps"}},
		{"a zone of two corners", []string{"--zones", "desk: zone 0,0 1,1"}, 2, []string{"--zones", "desk", "3 to 64 corners"}},
		{"unknown flag", []string{"--sorce", "auto"}, 2, []string{"--sorce", "--source"}},
		{"a pool of what needs order", []string{"--mode", "pool", "--analyzer", "motion", "--source", "synthetic:"}, 2, []string{"--mode", "motion remembers earlier frames", "serial or auto"}},
		{"more workers than there may be", []string{"--workers", "17"}, 2, []string{"--workers=17", "0 to 16"}},
		{"an unknown control", []string{"--source", "synthetic:?video_size=160x120", "--control", "brightnes=10"}, 2, []string{"brightnes", `did you mean "brightness"?`}},
		{"a control out of range", []string{"--source", "synthetic:?video_size=160x120", "--control", "brightness=200"}, 2, []string{"brightness=200", "-64 to 64"}},
		{"one right control, one wrong", []string{"--source", "synthetic:?video_size=160x120", "--control", "brightness=-64,brightness_=1"}, 2, []string{"brightness_"}},
		{"a control without a value", []string{"--control", "brightness"}, 2, []string{"brightness", "NAME=VALUE"}},
		{"a control of what has none", []string{"--source", "file:" + writeClip(t), "--control", "brightness=1"}, 2, []string{"clip.mjpeg", "no controls"}},
		{"taken port", []string{"--listen", taken.Addr().String(), "--source", "synthetic:"}, 1, []string{taken.Addr().String(), "another program", "--listen"}},
		{"someone else's address", []string{"--listen", "198.51.100.7:8080", "--api-key", "0123456789abcdef", "--source", "synthetic:"}, 1, []string{"198.51.100.7:8080", "not an address of this machine"}},
		{"open to the network without a key", []string{"--listen", "0.0.0.0:0"}, 2, []string{"API key"}},
		{"missing file of settings", []string{"--config", filepath.Join(dir, "no.yaml")}, 2, []string{"no.yaml"}},
		{"unknown key in the file", []string{"--config", write("a.yaml", "source: auto\nlisen: 127.0.0.1:1\n")}, 2, []string{"a.yaml:2", "lisen", "listen"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			args := c.args
			if !strings.Contains(strings.Join(args, " "), "--listen") {
				args = append([]string{"--listen", "127.0.0.1:0"}, args...)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			code := run(ctx, args, nil, nil, &out, &errOut)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, w := range c.want {
				if !strings.Contains(errOut.String(), w) {
					t.Errorf("it does not say %q:\n%s", w, &errOut)
				}
			}
		})
	}
}

// heavy is an analyzer of which nothing may be left open.
type heavy struct{ open *atomic.Int32 }

func (heavy) Analyze(context.Context, *frame.Frame) (analyze.Result, error) {
	return analyze.Result{}, nil
}
func (h heavy) Close() error { h.open.Add(-1); return nil }

// A start that fails leaves no analyzer open.
func TestAnalyzerIsClosed(t *testing.T) {
	var made, open atomic.Int32
	before := kinds
	defer func() { kinds = before }()
	kinds = append(slices.Clone(kinds), analyze.Kind{Name: "heavy", New: func(option.Values) (analyze.Analyzer, error) {
		made.Add(1)
		open.Add(1)
		return heavy{&open}, nil
	}})
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, args := range [][]string{
		{"--listen", taken.Addr().String(), "--source", "synthetic:"},
		{"--listen", "127.0.0.1:0", "--source", "file:" + filepath.Join(t.TempDir(), "no.avi")},
	} {
		if code := run(t.Context(), append(args, "--analyzer", "heavy"), nil, nil, io.Discard, io.Discard); code != 1 {
			t.Errorf("%q: exit code %d, want 1", args, code)
		}
		if n := open.Load(); n != 0 {
			t.Errorf("%q: %d analyzers left open", args, n)
		}
	}
	if made.Load() == 0 {
		t.Error("no analyzer was made at all")
	}
}

// The help's examples name sources and analyzers that this build has, and every option is
// described by whole sentences, which the help and the dashboard string together.
func TestHelp(t *testing.T) {
	var out bytes.Buffer
	if code := run(t.Context(), []string{"serve", "--help"}, nil, nil, &out, io.Discard); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	examples := regexp.MustCompile(`(?m)^  freshframe .*--source '?([^' \n]+)`).FindAllStringSubmatch(out.String(), -1)
	if len(examples) < 3 {
		t.Fatalf("only %d examples with a source", len(examples))
	}
	for _, m := range examples {
		if _, _, err := schemes.Parse(m[1]); err != nil {
			t.Errorf("an example of the help: %v", err)
		}
	}
	sentence := regexp.MustCompile(`^[A-Z].*\.$`)
	check := func(where, doc string) {
		if !sentence.MatchString(doc) {
			t.Errorf("%s: %q is no sentence", where, doc)
		}
	}
	for _, s := range schemes {
		check(s.Name, s.Doc)
		if _, _, err := schemes.Parse(s.Form); err != nil {
			t.Errorf("the form of %s: %v", s.Name, err)
		}
		for _, o := range s.Options {
			check(s.Name+"."+o.Name, o.Doc)
		}
	}
	for _, k := range kinds {
		check(k.Name, k.Doc)
		for _, o := range k.Params {
			check(k.Name+"."+o.Name, o.Doc)
		}
	}
}

// Permission and busy need a device; what they answer is tested in capture/v4l2 with a
// faked system.

// From start to end as a person does it: picture, data, stop, start, end, with a client
// that never reads and one that hangs up.
func TestServe(t *testing.T) {
	p := launch(t, "--source", "synthetic:?video_size=320x240", "--analyzer", "simulate?processing_time=20ms")
	until(t, "ready", func() bool { code, _ := p.get("readyz"); return code == http.StatusOK })
	stuck, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer stuck.Close()
	fmt.Fprintf(stuck, "GET /raw-video-stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
	until(t, "the stuck client is counted", func() bool {
		_, body := p.get("api/v1/state")
		return strings.Contains(body, `"raw":1`)
	})
	code, body := p.get("api/v1/snapshot.jpg")
	im, err := stdjpeg.Decode(strings.NewReader(body))
	if code != http.StatusOK || err != nil || im.Bounds() != image.Rect(0, 0, 320, 240) {
		t.Fatalf("snapshot: %d, %v", code, err)
	}
	for _, c := range []struct{ path, state string }{{"stop", "off"}, {"stop", "off"}, {"start", "live"}, {"start", "live"}} {
		res, err := http.Post(p.url+"api/v1/camera/"+c.path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusOK || !strings.Contains(string(data), `"state":"`+c.state+`"`) {
			t.Errorf("%s: %d %s", c.path, res.StatusCode, data)
		}
	}
	begin := time.Now()
	p.end()
	// 2 s is the promise; the test machine may be slow, so this only catches a wait that
	// depends on the stuck client, whose limit is 10 s.
	if took := time.Since(begin); took > 8*time.Second {
		t.Errorf("it took %v to end with a stuck client", took)
	}
}

// A camera that is lost comes back by itself; meanwhile readiness is false.
func TestCameraLostAndBack(t *testing.T) {
	p := launch(t, "--source", "synthetic:?video_size=160x120&lose_after=500ms&return_after=700ms")
	defer p.end()
	ready := func(want int) func() bool {
		return func() bool { code, _ := p.get("readyz"); return code == want }
	}
	for range 2 {
		until(t, "ready", ready(http.StatusOK))
		until(t, "not ready", ready(http.StatusServiceUnavailable))
	}
	until(t, "ready again", ready(http.StatusOK))
	if _, body := p.get("api/v1/state"); strings.Contains(body, `"reopens":0`) {
		t.Error("no reopening is counted")
	}
}

// Controls are set from the start and by request, are told of, and outlive a loss of the
// camera.
func TestControls(t *testing.T) {
	p := launch(t, "--source", "synthetic:?video_size=160x120&lose_after=2s&return_after=500ms", "--control", "brightness=10")
	defer p.end()
	brightness := func(want string) func() bool {
		value := regexp.MustCompile(`"name":"brightness",[^{}]*"value":` + want + `,`)
		return func() bool { _, body := p.get("api/v1/camera/controls"); return value.MatchString(body) }
	}
	set := func(value string) (code int, body string) {
		until(t, "an answer", func() bool { // 503 while the camera is lost
			code, body = p.patch("api/v1/camera/controls", `{"controls":{"brightness":`+value+`}}`)
			return code != http.StatusServiceUnavailable
		})
		return code, body
	}
	until(t, "as given on the command line", brightness("10"))
	if code, body := set("-20"); code != http.StatusOK {
		t.Errorf("%d %s", code, body)
	}
	until(t, "in force", brightness("-20"))
	until(t, "lost and back", func() bool {
		_, body := p.get("api/v1/state")
		return !strings.Contains(body, `"reopens":0`) && strings.Contains(body, `"state":"live"`)
	})
	until(t, "restored", brightness("-20"))
	if code, body := set("65"); code != http.StatusBadRequest || !strings.Contains(body, "-64 to 64") {
		t.Errorf("out of range: %d %s", code, body)
	}
}

// The stopped program holds no camera until it is told to.
func TestStopped(t *testing.T) {
	p := launch(t, "--source", "synthetic:?video_size=160x120", "--stopped")
	defer p.end()
	if _, body := p.get("api/v1/state"); !strings.Contains(body, `"state":"off"`) {
		t.Errorf("state: %s", body)
	}
	code, body := p.get("api/v1/snapshot.jpg?source=raw")
	if code != http.StatusServiceUnavailable || !strings.Contains(body, "camera/start") {
		t.Errorf("snapshot of a stopped camera: %d %s", code, body)
	}
}

// writeClip makes a clip of five pictures.
func writeClip(t *testing.T) (path string) {
	t.Helper()
	var clip []byte
	for i := range 5 {
		im := image.NewGray(image.Rect(0, 0, 64, 48))
		binary.LittleEndian.PutUint32(im.Pix, uint32(i))
		var b bytes.Buffer
		if err := stdjpeg.Encode(&b, im, nil); err != nil {
			t.Fatal(err)
		}
		clip = append(clip, b.Bytes()...)
	}
	path = filepath.Join(t.TempDir(), "clip.mjpeg")
	if err := os.WriteFile(path, clip, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A clip played once ends as it should: the camera is off, without an error.
func TestClipEnds(t *testing.T) {
	p := launch(t, "--source", "file:"+writeClip(t)+"?loop=off&framerate=50")
	defer p.end()
	until(t, "off", func() bool { _, body := p.get("api/v1/state"); return strings.Contains(body, `"state":"off"`) })
	_, body := p.get("api/v1/state")
	if !strings.Contains(body, `"captured":5`) || !strings.Contains(body, `"error":null`) {
		t.Errorf("after the end: %s", body)
	}
}
