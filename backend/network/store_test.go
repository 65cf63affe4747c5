package network_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"freshframe/backend/models"
	"freshframe/backend/network"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx"
	"freshframe/backend/onnx/onnxtest"
)

func accept([]onnx.Value, []onnx.Value) error { return nil }

func says(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want %q", err, part)
		}
	}
}

func closed(t *testing.T, n *network.Network) {
	t.Helper()
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, folder, name, content string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var small = network.Form{Inputs: []onnx.Value{network.Floats(2)}, Outputs: []onnx.Value{network.Floats(3)}}

// A model is open from the first to the last of its users: by content and provider, under
// whatever name.
func TestModelsAreShared(t *testing.T) {
	f := &networktest.Fake{Form: small}
	s := f.Store()
	bind := func(name, content string, on onnx.Provider) *network.Network {
		t.Helper()
		n, err := s.Bind(network.File{Name: name, Data: []byte(content)}, on, accept)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	a, b := bind("a.onnx", "one", onnx.CPU), bind("b.onnx", "one", onnx.CPU)
	if got := f.Counts(); got != (networktest.Counts{Opened: 1, Bound: 2}) {
		t.Errorf("two users: %+v", got)
	}
	if &a.Inputs[0].Float32[0] == &b.Inputs[0].Float32[0] || &a.Outputs[0].Float32[0] == &b.Outputs[0].Float32[0] {
		t.Error("two networks in the same memory")
	}
	c, d := bind("a.onnx", "two", onnx.CPU), bind("a.onnx", "one", onnx.CUDA)
	if got := f.Counts(); got.Opened != 3 || f.Last().Provider != onnx.CUDA {
		t.Errorf("another content and another provider: %+v, %+v", got, f.Last())
	}
	for range 2 { // the second Close is nothing
		closed(t, a)
	}
	if got := f.Counts(); got.Closed != 0 {
		t.Errorf("closed under a user: %+v", got)
	}
	closed(t, b)
	if got := f.Counts(); got.Closed != 1 {
		t.Errorf("left by all: %+v", got)
	}
	e := bind("a.onnx", "one", onnx.CPU)
	if got := f.Counts(); got.Opened != 4 {
		t.Errorf("wanted again: %+v", got)
	}
	for _, n := range []*network.Network{c, d, e} {
		closed(t, n)
	}
	f.Tidy(t)
}

func TestManyAtOnce(t *testing.T) {
	f := &networktest.Fake{Form: small}
	s := f.Store()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				n, err := s.Bind(network.File{Name: "m", Data: []byte{byte(i % 2)}}, onnx.CPU, accept)
				if err != nil {
					t.Error(err)
					return
				}
				if err := errors.Join(n.Run(), n.Close()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	f.Tidy(t)
}

// Whatever fails, nothing stays open, and the next one may go well.
func TestRefusals(t *testing.T) {
	missing := fmt.Errorf("model m: %w. Install it", onnx.ErrUnavailable)
	no := errors.New("not this one")
	for _, c := range []struct {
		what   string
		spoil  func(*networktest.Fake)
		accept func(_, _ []onnx.Value) error
		want   string
	}{
		{"no runtime", func(f *networktest.Fake) { f.Missing = missing }, accept, "model m: ONNX Runtime is not available"},
		{"refused", func(*networktest.Fake) {}, func(_, _ []onnx.Value) error { return no }, "model m: not this one"},
		{"unbound", func(f *networktest.Fake) { f.Unbound = no }, accept, "not this one"},
		{"an open input", func(f *networktest.Fake) { f.Inputs = []onnx.Value{network.Floats(1, -1, -1, 3)} }, accept, "model m: float32 1x?x?x3: a size is needed for each ?"},
		{"a huge output", func(f *networktest.Fake) { f.Outputs = []onnx.Value{network.Floats(1<<20, 1<<20)} }, accept, "a tensor cannot be 1048576x1048576"},
		{"half floats", func(f *networktest.Fake) { f.Outputs = []onnx.Value{{Type: "float16", Shape: []int{1}}} }, accept, "numbers of type float16 are not supported"},
	} {
		f := &networktest.Fake{Form: small}
		c.spoil(f)
		s := f.Store()
		file := network.File{Name: "m", Data: []byte("m")}
		n, err := s.Bind(file, onnx.CPU, c.accept)
		if n != nil || err == nil {
			t.Fatalf("%s: %v, %v", c.what, n, err)
		}
		says(t, err, c.want)
		if errors.Is(err, onnx.ErrUnavailable) != (f.Missing != nil) || (s.Missing() != nil) != (f.Missing != nil) {
			t.Errorf("%s: %v, missing %v", c.what, err, s.Missing())
		}
		f.Tidy(t)
		f.Missing, f.Unbound, f.Form = nil, nil, small
		if n, err = s.Bind(file, onnx.CPU, accept); err != nil {
			t.Errorf("after %s: %v", c.what, err)
			continue
		}
		closed(t, n)
		f.Tidy(t)
	}
}

// The number of pictures may be open, and outputs of any number are made by the runtime.
func TestOpenSizes(t *testing.T) {
	f := &networktest.Fake{Form: network.Form{
		Inputs:  []onnx.Value{network.Floats(-1, 4, 4, 3)},
		Outputs: []onnx.Value{network.Floats(-1, 2, 2), network.Floats(-1, 6), network.Floats(1, -1, 4)},
	}}
	n, err := f.Store().Bind(network.File{Name: "m"}, onnx.CPU, accept)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, n)
	if len(n.Inputs[0].Float32) != 48 || len(n.Outputs[0].Float32) != 4 || n.Outputs[1].Shape != nil || n.Outputs[2].Shape != nil {
		t.Errorf("%+v", n)
	}
}

func TestForm(t *testing.T) {
	want := network.Form{
		Inputs:  []onnx.Value{{Type: onnx.Int32, Shape: []int{1, 4, 4, 3}}},
		Outputs: []onnx.Value{network.Floats(1, 6), network.Floats(1, 1)},
	}
	in := func(typ onnx.Type, shape ...int) []onnx.Value {
		return []onnx.Value{{Name: "image", Type: typ, Shape: shape}}
	}
	for _, c := range []struct {
		in, out []onnx.Value
		want    string
	}{
		{in(onnx.Int32, 1, 4, 4, 3), want.Outputs, ""},
		{in(onnx.Int32, -1, 4, 4, 3), []onnx.Value{network.Floats(-1, 6), network.Floats(-1, -1)}, ""},
		{in(onnx.Float32, 1, 4, 4, 3), want.Outputs, "it takes [image float32 1x4x4x3] and gives [float32 1x6 float32 1x1]: want [int32 1x4x4x3] and [float32 1x6 float32 1x1]"},
		{in(onnx.Int32, 1, 3, 4, 4), want.Outputs, "it takes"},
		{in(onnx.Int32, 4, 4, 3), want.Outputs, "it takes"},
		{nil, want.Outputs, "it takes []"},
		{in(onnx.Int32, 1, 4, 4, 3), want.Outputs[:1], "gives [float32 1x6]"},
		{in(onnx.Int32, 1, 4, 4, 3), []onnx.Value{want.Outputs[1], want.Outputs[0]}, "gives [float32 1x1 float32 1x6]"},
	} {
		if err := want.Check(c.in, c.out); c.want != "" || err != nil {
			says(t, err, c.want)
		}
	}
}

func TestUse(t *testing.T) {
	var s network.Store
	file := write(t, t.TempDir(), "file", "")
	says(t, s.Use("/nowhere/models", ""), "the folder of models: stat /nowhere/models: no such file")
	says(t, s.Use(file, ""), file+" is no folder")
	f := &networktest.Fake{Form: small}
	fake := f.Store()
	if err := fake.Use(t.TempDir(), "/opt/libonnxruntime.so"); err != nil {
		t.Fatal(err)
	}
	n, err := fake.Own(models.Pose, onnx.CPU, small)
	if err != nil || f.Last().Library != "/opt/libonnxruntime.so" {
		t.Fatalf("opened with %+v, %v", f.Last(), err)
	}
	closed(t, n)
}

// A file of the right name in the folder stands for the program's own.
func TestProgram(t *testing.T) {
	var s network.Store
	folder := t.TempDir()
	own, err := s.Program(models.Palm)
	if err != nil || own.Name != models.Palm || len(own.Data) < 1<<20 {
		t.Fatalf("%s, %d bytes, %v", own.Name, len(own.Data), err)
	}
	if err := s.Use(folder, ""); err != nil {
		t.Fatal(err)
	}
	if f, err := s.Program(models.Palm); err != nil || f.Name != models.Palm || len(f.Data) != len(own.Data) {
		t.Errorf("not in the folder: %s, %d bytes, %v", f.Name, len(f.Data), err)
	}
	path := write(t, folder, models.Palm+".onnx", "mine")
	if f, err := s.Program(models.Palm); err != nil || f.Name != path || string(f.Data) != "mine" {
		t.Errorf("in the folder: %s, %q, %v", f.Name, f.Data, err)
	}
	if err := os.Mkdir(filepath.Join(folder, models.Hand+".onnx"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err = s.Own(models.Hand, onnx.CPU, small)
	says(t, err, "model "+models.Hand, "is no file")
	_, err = s.Own("yolo", onnx.CPU, small)
	says(t, err, `there is no model "yolo"`)
}

// A bare name is looked for in the folder, then here; a path is a path.
func TestRead(t *testing.T) {
	here, folder := t.TempDir(), t.TempDir()
	t.Chdir(here)
	write(t, here, "here.onnx", "here")
	write(t, here, "both.onnx", "here")
	inside := write(t, folder, "both.onnx", "folder")
	large := write(t, folder, "large.onnx", strings.Repeat("x", 100))
	pipe := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	var s network.Store
	if f, err := s.Read("both.onnx", 99); err != nil || string(f.Data) != "here" {
		t.Errorf("without a folder: %+v, %v", f, err)
	}
	_, err := s.Read("none.onnx", 99)
	says(t, err, "stat none.onnx: no such file")
	if err := s.Use(folder, ""); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]network.File{
		"both.onnx":                             {Name: inside, Data: []byte("folder")},
		"here.onnx":                             {Name: "here.onnx", Data: []byte("here")},
		"./both.onnx":                           {Name: "./both.onnx", Data: []byte("here")},
		filepath.Join(folder, ".", "both.onnx"): {Name: inside, Data: []byte("folder")},
	} {
		if f, err := s.Read(name, 99); err != nil || f.Name != want.Name || string(f.Data) != string(want.Data) {
			t.Errorf("%s: %s %q, %v; want %s", name, f.Name, f.Data, err, want.Name)
		}
	}
	for name, want := range map[string]string{
		"none.onnx":         "there is neither " + filepath.Join(folder, "none.onnx") + " nor a file none.onnx where the program was started",
		"/nowhere/my.onnx":  "stat /nowhere/my.onnx: no such file",
		"large.onnx":        large + " has 100 bytes: want at most 99",
		"pipe":              pipe + " is no file",
		"..":                "is no file",
		"../elsewhere.onnx": "stat ../elsewhere.onnx",
	} {
		_, err := s.Read(name, 99)
		says(t, err, want)
	}
}

// The real thing: a network that has run, on memory of its own.
func TestOwn(t *testing.T) {
	onnxtest.Need(t)
	var s network.Store
	if err := s.Missing(); err != nil {
		t.Errorf("missing with the runtime loaded: %v", err)
	}
	form := network.Form{
		Inputs:  []onnx.Value{{Type: onnx.Int32, Shape: []int{1, 192, 192, 3}}},
		Outputs: []onnx.Value{network.Floats(1, 1, 17, 3)},
	}
	n, err := s.Own(models.Pose, onnx.CPU, form)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, n)
	if out := n.Outputs[0].Float32; out[0] == 0 && out[1] == 0 {
		t.Error("it has not run")
	}
	if err := n.Run(); err != nil {
		t.Error(err)
	}
	_, err = s.Own(models.Pose, onnx.CPU, small)
	says(t, err, "model "+models.Pose+": it takes [input int32 1x192x192x3] and gives")
}

// Without the runtime the error says how to get it, and is not remembered. A process loads the
// runtime once, so this takes another.
func TestWithoutRuntime(t *testing.T) {
	const child = "NETWORK_TEST_CHILD"
	if os.Getenv(child) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWithoutRuntime$", "-test.v")
		cmd.Env = append(os.Environ(), child+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	var s network.Store
	if err := s.Use("", filepath.Join(t.TempDir(), "nothing.so")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := s.Own(models.Pose, onnx.CPU, small)
		for _, err := range []error{err, s.Missing()} {
			if !errors.Is(err, onnx.ErrUnavailable) {
				t.Errorf("got %v", err)
			}
		}
		says(t, err, "model "+models.Pose)
	}
}
