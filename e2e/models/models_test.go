package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"freshframe/backend/models"
)

// Every binary16 number, against its definition.
func TestHalf(t *testing.T) {
	for _, c := range []struct {
		bits uint16
		want float64
	}{
		{0x0000, 0}, {0x8000, math.Copysign(0, -1)}, {0x3c00, 1}, {0xc000, -2}, {0x7bff, 65504}, {0x0400, 0x1p-14},
		{0x0001, 0x1p-24}, {0x83ff, -1023 * 0x1p-24}, {0x3555, 0.333251953125}, {0x7c00, math.Inf(1)}, {0xfc00, math.Inf(-1)},
	} {
		if got := half(c.bits); math.Float32bits(got) != math.Float32bits(float32(c.want)) {
			t.Errorf("half(%#04x) = %v, want %v", c.bits, got, c.want)
		}
	}
	for h := range uint16(0x7c00 - 1) {
		if half(h) >= half(h+1) || half(h|0x8000) != -half(h) {
			t.Fatalf("half(%#04x) = %v, half(%#04x) = %v", h, half(h), h+1, half(h+1))
		}
	}
	if !math.IsNaN(float64(half(0x7e00))) {
		t.Error("0x7e00 is a number")
	}
}

// The order of numbers does not matter, their last bit does.
func TestPrint(t *testing.T) {
	a := tensor{values: []float32{1, -2, 3, 3}}
	if a.print() != (tensor{values: []float32{3, 1, 3, -2}}).print() {
		t.Error("another order is another tensor")
	}
	for _, other := range [][]float32{{1, -2, 3}, {1, -2, 3, 3, 3}, {1, -2, math.Nextafter32(3, 4), 3}, {1, 2, 3, 3}} {
		if a.print() == (tensor{values: other}).print() {
			t.Errorf("%v is the same as %v", other, a.values)
		}
	}
}

// A weight that differs from the source in one bit is found, and named.
func TestCheckFindsAChange(t *testing.T) {
	data, err := models.Load("", models.FaceNear)
	if err != nil {
		t.Fatal(err)
	}
	weights, err := onnxWeights(data)
	if err != nil {
		t.Fatal(err)
	}
	files := flatBuffer(weights)
	packages := map[string]map[string][]byte{faceDetection: {sources[models.FaceNear].file: files}}
	if err := checkModel("", models.FaceNear, packages); err != nil {
		t.Errorf("unchanged: %v", err)
	}
	big := slices.IndexFunc(weights, func(w tensor) bool { return len(w.values) > 1000 })
	weights[big].values[7] = math.Nextafter32(weights[big].values[7], 9)
	packages[faceDetection][sources[models.FaceNear].file] = flatBuffer(weights)
	if err := checkModel("", models.FaceNear, packages); err == nil || !strings.Contains(err.Error(), weights[big].name) {
		t.Errorf("got %v, want %s", err, weights[big].name)
	}
	if err := checkModel("", models.Hand, packages); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("without the package: %v", err)
	}
}

func TestEveryModelHasASource(t *testing.T) {
	for _, name := range models.Names() {
		if pinned[sources[name].pkg] == "" {
			t.Errorf("%s has no pinned source", name)
		}
	}
	if len(sources) != len(models.Names()) {
		t.Errorf("%d sources, %d models", len(sources), len(models.Names()))
	}
}

// flatBuffer is a file with the tensors as buffers of float32, where TFLite has them.
func flatBuffer(tensors []tensor) []byte {
	var b []byte
	put32 := func(v int) { b = binary.LittleEndian.AppendUint32(b, uint32(v)) }
	put16 := func(v int) { b = binary.LittleEndian.AppendUint16(b, uint16(v)) }
	put32(20)
	for _, field := range []int{14, 8, 0, 0, 0, 0, 4} { // the table's fields: the fifth is at 4
		put16(field)
	}
	put16(0)
	put32(16) // the table: its list of fields begins 16 before
	put32(4)  // the vector of buffers
	put32(len(tensors))
	at := len(b)
	b = append(b, make([]byte, 4*len(tensors))...)
	for i, t := range tensors {
		fields := len(b)
		for _, field := range []int{6, 8, 4, 0} {
			put16(field)
		}
		table := len(b)
		binary.LittleEndian.PutUint32(b[at+4*i:], uint32(table-(at+4*i)))
		put32(table - fields)
		put32(4)
		put32(4 * len(t.values))
		for _, v := range t.values {
			put32(int(math.Float32bits(v)))
		}
	}
	return b
}

func TestVerify(t *testing.T) {
	if err := verify([]byte("another"), pinned[hands]); err == nil || !strings.Contains(err.Error(), "not the package that was pinned") {
		t.Errorf("got %v", err)
	}
	const empty = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
	if err := verify(nil, empty); err != nil {
		t.Error(err)
	}
}

func TestTFJS(t *testing.T) {
	const manifest = `{"weightsManifest":[{"paths":["w.bin"],"weights":[
		{"name":"axis","shape":[1],"dtype":"int32"},
		{"name":"a","shape":[2,1],"dtype":"float32","quantization":{"dtype":"float16"}},
		{"name":"b","shape":[],"dtype":"float32"}]}]}`
	data := []byte{9, 0, 0, 0, 0x00, 0x3c, 0x00, 0xc0, 0, 0, 0x80, 0x3f}
	all, err := tfjsWeights([]byte(manifest), map[string][]byte{"models/w.bin": data})
	if err != nil || len(all) != 2 || !slices.Equal(all[0].values, []float32{1, -2}) || !slices.Equal(all[1].values, []float32{1}) {
		t.Errorf("got %v, %v", all, err)
	}
	for n := range data {
		if _, err := tfjsWeights([]byte(manifest), map[string][]byte{"models/w.bin": data[:n]}); err == nil {
			t.Errorf("%d bytes are enough", n)
		}
	}
	if _, err := tfjsWeights([]byte("{"), nil); err == nil {
		t.Error("no error for what is no JSON")
	}
}

func FuzzReaders(f *testing.F) {
	f.Add([]byte{})
	f.Add(flatBuffer([]tensor{{values: []float32{1, 2, 3, 4}}, {}}))
	f.Add([]byte{58, 2, 42, 0})
	f.Add([]byte{58, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1})
	manifest, _ := json.Marshal(map[string]any{"weightsManifest": []any{map[string]any{"paths": []string{"w"}, "weights": []any{map[string]any{"shape": []int{1 << 40, 1 << 40}, "dtype": "bool"}}}}})
	f.Add(manifest)
	f.Fuzz(func(t *testing.T, data []byte) {
		given := bytes.Clone(data)
		weights, err := onnxWeights(data)
		if err == nil && len(weights) == 0 {
			t.Error("neither weights nor an error")
		}
		_, _ = tfliteWeights(data)
		_, _ = tfjsWeights(data, map[string][]byte{"models/w": data})
		if !bytes.Equal(data, given) {
			t.Error("the data was changed")
		}
	})
}
