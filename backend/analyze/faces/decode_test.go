package faces

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"freshframe/backend/vision"
)

// quiet is outputs that show nothing.
func quiet(n int) (boxes, logits []float32) {
	boxes, logits = make([]float32, n*(4+2*NumPoints)), make([]float32, n)
	for i := range logits {
		logits[i] = -100
	}
	return boxes, logits
}

func TestAnchorsByHand(t *testing.T) {
	for _, c := range []struct {
		name    string
		head    *Head
		n, at   int
		x, y    float64
		meaning string
	}{
		{"near", Near, 896, 0, 4, 4, "the first cell of 8"},
		{"near", Near, 896, 3, 12, 4, "two anchors to a cell"},
		{"near", Near, 896, 2*16 + 1, 4, 12, "the second row"},
		{"near", Near, 896, 511, 124, 124, "the last cell of 8"},
		{"near", Near, 896, 512 + 6, 24, 8, "six anchors to a cell of 16"},
		{"near", Near, 896, 895, 120, 120, "the last of all"},
		{"far", Far, 2304, 49, 6, 6, "the second row of 4"},
		{"far", Far, 2304, 2303, 190, 190, "the last of all"},
	} {
		boxes, logits := quiet(c.n)
		logits[c.at] = 3
		row := boxes[c.at*16:][:16]
		row[2], row[3] = 20, 30
		for k := range NumPoints {
			row[4+2*k], row[5+2*k] = float32(k), float32(-k)
		}
		got, err := c.head.Decode(nil, boxes, logits, c.head.Threshold, c.head.Threshold)
		if err != nil || len(got) != 1 {
			t.Errorf("%s, %s: %v, %v", c.name, c.meaning, got, err)
			continue
		}
		want := vision.Around(c.x, c.y, 20, 30)
		if got[0].Box != want || math.Abs(got[0].Score-1/(1+math.Exp(-3))) > 1e-12 {
			t.Errorf("%s, %s: %v, want %v", c.name, c.meaning, got[0], want)
		}
		if p, want := got[0].Points[LeftEar], (vision.Point{X: c.x + 5, Y: c.y - 5}); p != want {
			t.Errorf("%s, %s: the left ear is at %v, want %v", c.name, c.meaning, p, want)
		}
	}
}

func TestAnotherNetworksOutput(t *testing.T) {
	boxes, logits := quiet(896)
	if _, err := Far.Decode(nil, boxes, logits, 0.5, 0.5); err == nil || !strings.Contains(err.Error(), "faces, 192x192: 14336 box numbers and 896 scores, want 36864 and 2304") {
		t.Errorf("got %v", err)
	}
	logits[7] = float32(math.NaN())
	if _, err := Near.Decode(nil, boxes, logits, 0.5, 0.5); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("got %v", err)
	}
}

// A network that sees faces everywhere costs bounded time and memory.
func TestFacesEverywhere(t *testing.T) {
	boxes, logits := quiet(2304)
	for i := range logits {
		logits[i] = 5
		boxes[i*16+2], boxes[i*16+3] = 1, 1
	}
	got, err := Far.Decode(nil, boxes, logits, 0.5, 0.5)
	if err != nil || len(got) != 300 {
		t.Errorf("%d faces, %v; want 300 of 2304", len(got), err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 0, 0x80, 0x3f})
	f.Add([]byte{0, 0, 0xc0, 0x7f, 0, 0, 0x80, 0xff})
	f.Add([]byte{0xff, 0xff, 0x7f, 0x7f, 1, 2, 3, 4, 5, 6, 7})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 4 {
			return
		}
		boxes, logits := quiet(896)
		for i := range boxes {
			boxes[i] = number(data, i)
		}
		for i := range logits {
			logits[i] = number(data, i+5)
		}
		got, err := Near.Decode(nil, boxes, logits, 0.5, 0.5)
		if err != nil && len(got) > 0 {
			t.Fatalf("faces besides the error %v", err)
		}
		for _, d := range got {
			if !d.Finite() || !(d.Score >= 0.5 && d.Score <= 1) || d.Area() <= 0 {
				t.Fatalf("a face is %+v", d)
			}
		}
	})
}

// number reads the float that the bytes hold at i, round and round.
func number(data []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(data[i%(len(data)-3):]))
}

func BenchmarkDecode(b *testing.B) {
	boxes, logits := quiet(2304)
	for i := 0; i < len(logits); i += 100 {
		logits[i], boxes[i*16+2], boxes[i*16+3] = 2, 20, 20
	}
	var dst []vision.Marked
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if dst, err = Far.Decode(dst, boxes, logits, 0.6, 0.6); err != nil {
			b.Fatal(err)
		}
	}
}
