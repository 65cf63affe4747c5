package pose

import (
	"math"
	"os"
	"testing"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/network"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx/onnxtest"
)

// nets are the real networks.
var nets = new(network.Store)

func TestRealNetwork(t *testing.T) {
	onnxtest.Need(t)
	spec := networktest.Spec(t, Kind(nets), "threshold=0.05")
	a, b := networktest.Made(t, spec), networktest.Made(t, spec)
	for _, size := range [][2]int{{1, 1}, {640, 480}} {
		if r := networktest.Analyzed(t, networktest.Made(t, networktest.Spec(t, Kind(nets), "")), networktest.Gray(size[0], size[1])); r.Count != 0 {
			t.Errorf("in a gray picture of %v: %+v", size, r)
		}
	}
	networktest.SideBySide(t, a, b, func() *frame.Frame { return networktest.Gray(640, 480) })
}

// A portrait, alone and then small in another picture, where the second look is at the
// person's part, and so is nearer. The points wanted were read off the picture by eye; the
// suit hides the shoulders.
func TestRealPerson(t *testing.T) {
	onnxtest.Need(t)
	data, err := os.ReadFile("../objects/testdata/astronaut.jpg")
	if err != nil {
		t.Fatal(err)
	}
	portrait := networktest.Gray(2, 2)
	portrait.Format, portrait.Data, portrait.Width, portrait.Height = frame.JPEG, data, 256, 256
	wanted := map[int][2]float64{ // in pixels of the portrait
		Nose: {111, 61}, LeftEye: {123.5, 51.5}, RightEye: {101, 50}, LeftEar: {137.5, 59}, RightEar: {88.5, 57.5},
		LeftShoulder: {160, 135}, RightShoulder: {53, 130},
	}
	is := func(what string, r analyze.Result, within, x, y, width, height float64) {
		t.Helper()
		if r.Count != 1 {
			t.Errorf("%s: %+v, want a person", what, r)
			return
		}
		for i, p := range wanted {
			l := r.Detections[0].Landmarks[i]
			if off := math.Hypot(l[0]*width-p[0]-x, l[1]*height-p[1]-y); off > within || l[2] < 0.4 {
				t.Errorf("%s: point %d is %v, off by %.1f pixels", what, i, l, off)
			}
		}
	}
	is("alone", networktest.Analyzed(t, networktest.Made(t, networktest.Spec(t, Kind(nets), "")), portrait), 6, 0, 0, 256, 256)
	planes := shotPlanes(t, portrait)
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
	a := networktest.Made(t, networktest.Spec(t, Kind(nets), "")).(*analyzer)
	is("in the whole", networktest.Analyzed(t, a, wide), 30, x, y, 640, 480)
	if a.seen.IsZero() {
		t.Fatal("the whole is looked at again")
	}
	for range 5 {
		is("in a part", networktest.Analyzed(t, a, wide), 20, x, y, 640, 480)
	}
}

func TestRealAllocations(t *testing.T) {
	onnxtest.Need(t)
	a := networktest.Made(t, networktest.Spec(t, Kind(nets), ""))
	shot := networktest.Gray(640, 480)
	networktest.Analyzed(t, a, shot)
	if n := testing.AllocsPerRun(5, func() { networktest.Analyzed(t, a, shot) }); n > 1 {
		t.Errorf("%v allocations a frame, want the result's", n)
	}
}

// BenchmarkAnalyze is the whole way from planes to points; BenchmarkRun, the network alone, is
// its measure.
func BenchmarkAnalyze(b *testing.B) {
	onnxtest.Need(b)
	a := networktest.Made(b, networktest.Spec(b, Kind(nets), ""))
	shot := networktest.Gray(640, 480)
	networktest.Analyzed(b, a, shot)
	b.ReportAllocs()
	for b.Loop() {
		networktest.Analyzed(b, a, shot)
	}
}

func BenchmarkRun(b *testing.B) {
	onnxtest.Need(b)
	a := networktest.Made(b, networktest.Spec(b, Kind(nets), "")).(*analyzer)
	for b.Loop() {
		if err := a.net.Run(); err != nil {
			b.Fatal(err)
		}
	}
}
