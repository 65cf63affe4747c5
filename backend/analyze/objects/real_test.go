package objects

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/models"
	"freshframe/backend/network"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx/onnxtest"
	"freshframe/backend/track"
)

// nets are the real networks.
var nets = new(network.Store)

func TestRealNetwork(t *testing.T) {
	onnxtest.Need(t)
	spec := networktest.Spec(t, Kind(nets), "tracks=off&threshold=0.3")
	a, b := networktest.Made(t, spec), networktest.Made(t, spec)
	if a.(*analyzer).head.Name != "nanodet" {
		t.Errorf("recognised as %s", a.(*analyzer).head.Name)
	}
	for _, size := range [][2]int{{1, 1}, {640, 480}} {
		if r := networktest.Analyzed(t, a, networktest.Gray(size[0], size[1])); r.Count != 0 {
			t.Errorf("in a gray picture of %v: %+v", size, r)
		}
	}
	networktest.SideBySide(t, a, b, stripes)
}

// A portrait, alone and small in another picture. The box wanted was drawn by eye.
func TestRealPerson(t *testing.T) {
	onnxtest.Need(t)
	data, err := os.ReadFile("testdata/astronaut.jpg")
	if err != nil {
		t.Fatal(err)
	}
	portrait := networktest.Gray(2, 2)
	portrait.Format, portrait.Data, portrait.Width, portrait.Height = frame.JPEG, data, 256, 256
	a := networktest.Made(t, networktest.Spec(t, Kind(nets), "tracks=off&classes=person"))
	is := func(r analyze.Result, want track.Box) {
		t.Helper()
		if r.Count != 1 || r.Detections[0].Score < 0.6 || want.IoU(r.Detections[0].Box) < 0.8 {
			t.Errorf("%+v, want a person at %v", r, want)
		}
	}
	is(networktest.Analyzed(t, a, portrait), track.Box{0.039, 0.029, 0.67, 0.971})
	planes, err := portrait.Planes()
	if err != nil {
		t.Fatal(err)
	}
	wide := networktest.Gray(640, 480)
	const x, y = 300, 224 // down to the lower edge
	for row := range 256 {
		copy(wide.Data[(y+row)*640+x:][:256], planes.Y[row*planes.YStride:])
	}
	for row := range 128 {
		at := 640*480 + (y/2+row)*320 + x/2
		copy(wide.Data[at:][:128], planes.Cb[row*planes.CStride:])
		copy(wide.Data[at+320*240:][:128], planes.Cr[row*planes.CStride:])
	}
	is(networktest.Analyzed(t, a, wide), track.Box{(x + 0.039*256) / 640, (y + 0.029*256) / 480, 0.67 * 256 / 640, 0.971 * 256 / 480})
}

func TestRealAllocations(t *testing.T) {
	onnxtest.Need(t)
	a := networktest.Made(t, networktest.Spec(t, Kind(nets), ""))
	shot := networktest.Gray(640, 480)
	networktest.Analyzed(t, a, shot)
	if n := testing.AllocsPerRun(3, func() { networktest.Analyzed(t, a, shot) }); n > 1 {
		t.Errorf("%v allocations a frame, want the result's", n)
	}
}

func TestRealRefusals(t *testing.T) {
	onnxtest.Need(t)
	nano, err := models.Load("", models.Objects)
	if err != nil {
		t.Fatal(err)
	}
	face, err := models.Load("", models.FaceNear)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		model  []byte
		labels string
		want   string
	}{
		"cut short":    {nano[:len(nano)/2], "", "cut short"},
		"another head": {face, "", "gives regressors_out 1x896x16, classificators_out 1x896x1, which no known head does"},
		"labels":       {nano, "cat\ndog\n", "it would be NanoDet with 80 classes, but there are 2 labels"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "my.onnx")
		if err := os.WriteFile(path, c.model, 0o600); err != nil {
			t.Fatal(err)
		}
		query := "model=" + url.QueryEscape(path)
		if c.labels != "" {
			query += "&labels=" + file(t, "l.txt", c.labels)
		}
		if _, err := networktest.Spec(t, Kind(nets), query).New(); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "my.onnx") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// BenchmarkAnalyze is the whole way from planes to detections; BenchmarkRun, the network alone,
// is its measure.
func BenchmarkAnalyze(b *testing.B) {
	onnxtest.Need(b)
	a := networktest.Made(b, networktest.Spec(b, Kind(nets), ""))
	shot := stripes()
	networktest.Analyzed(b, a, shot)
	b.ReportAllocs()
	for b.Loop() {
		networktest.Analyzed(b, a, shot)
	}
}

func BenchmarkRun(b *testing.B) {
	onnxtest.Need(b)
	a := networktest.Made(b, networktest.Spec(b, Kind(nets), "")).(*analyzer)
	networktest.Analyzed(b, a, stripes())
	for b.Loop() {
		if err := a.Run(); err != nil {
			b.Fatal(err)
		}
	}
}
