package objects

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"freshframe/backend/frame"
	"freshframe/backend/network"
	"freshframe/backend/network/networktest"
	"freshframe/backend/onnx"
)

// value reads "float32 name 1x3x64x64".
func value(text string) onnx.Value {
	typ, rest, _ := strings.Cut(text, " ")
	t := tensor(rest)
	return onnx.Value{Name: t.Name, Type: onnx.Type(typ), Shape: t.Shape}
}

// form is one of an input and outputs.
func form(in string, out ...string) network.Form {
	f := network.Form{Inputs: []onnx.Value{value(in)}}
	for _, o := range out {
		f.Outputs = append(f.Outputs, value(o))
	}
	return f
}

// rows is a network with suppression inside, for 64x64 pixels, that finds these: x0, y0, x1,
// y1, score, class.
func rows(found ...[6]float32) *networktest.Fake {
	f := &networktest.Fake{Form: form("float32 images 1x3x64x64", "float32 out 1x9x6")}
	f.Do = func(_, out []*onnx.Tensor) error {
		clear(out[0].Float32)
		for i, r := range found {
			copy(out[0].Float32[6*i:], r[:])
		}
		return nil
	}
	return f
}

// file writes a file and gives its path for a query.
func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return url.QueryEscape(path)
}

// stripes is a picture with edges of every kind.
func stripes() *frame.Frame {
	f := networktest.Gray(640, 480)
	for i := range f.Data {
		f.Data[i] = uint8(i*i/997 + i/640)
	}
	return f
}

var errFake = errors.New("out of memory")
