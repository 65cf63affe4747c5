package pipeline_test

import (
	"bytes"
	"context"
	"image"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"freshframe/backend/analyze"
	"freshframe/backend/frame"
	"freshframe/backend/hub"
	"freshframe/backend/jpeg"
	"freshframe/backend/overlay"
	"freshframe/backend/pipeline"
)

// grainy is a picture 200x120 that compresses badly.
func grainy(t *testing.T, ratio image.YCbCrSubsampleRatio) []byte {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	im := image.NewYCbCr(image.Rect(0, 0, 200, 120), ratio)
	for _, plane := range [][]byte{im.Y, im.Cb, im.Cr} {
		for i := range plane {
			plane[i] = byte(90 + rnd.IntN(80))
		}
	}
	data, err := jpeg.NewEncoder(70).Encode(nil, im)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decoded(t *testing.T, data []byte) *image.YCbCr {
	t.Helper()
	var d jpeg.Decoder
	im, err := d.Decode(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// What the overlay does not touch comes out as the camera gave it, bit for bit, in the annotated
// and in the live stream; the standard library's way loses a little everywhere.
func TestOverlayLeavesTheRestAlone(t *testing.T) {
	const mcu = 16 // as large as they get
	box := [4]float64{0.3, 0.3, 0.4, 0.4}
	found := func() fake {
		return fake{analyze: func(context.Context, *frame.Frame) (analyze.Result, error) {
			return analyze.Result{Count: 1, Detections: []analyze.Detection{{Box: box, Label: "x", Score: 1}}}, nil
		}}
	}
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420} {
		for _, standard := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, func(cfg *pipeline.Config) {
					cfg.Overlay, cfg.Standard = overlay.Options{Boxes: true}, standard
				}, found)
				b.pool.Standard = standard
				data := grainy(t, ratio)
				views := []*hub.View{b.out[0].Subscribe(), b.out[3].Subscribe(), b.out[1].Subscribe()}
				for range 3 { // the live stream shows a result from the second on
					b.offer(func(f *frame.Frame) {
						f.Format, f.Width, f.Height, f.Data = frame.JPEG, 200, 120, append(f.Data[:0], data...)
					})
					time.Sleep(time.Second / 30)
					synctest.Wait()
				}
				was := decoded(t, data)
				for i, v := range views[:2] {
					pic, _ := v.Next()
					if pic == nil || pic.Width != 200 || pic.Height != 120 {
						t.Fatalf("view %d: %+v", i, pic)
					}
					is := decoded(t, pic.JPEG)
					beside, inside := 0, 0
					for y := range 120 {
						for x := range 200 {
							if was.YCbCrAt(x, y) == is.YCbCrAt(x, y) {
								continue
							}
							if image.Pt(x, y).In(image.Rect(60-mcu, 36-mcu, 140+mcu, 84+mcu)) {
								inside++
							} else {
								beside++
							}
						}
					}
					if inside == 0 || (beside == 0) == standard {
						t.Errorf("%v, standard %v, view %d: %d pixels differ at the box and %d elsewhere", ratio, standard, i, inside, beside)
					}
				}
				if pic, _ := views[2].Next(); pic == nil || !bytes.Equal(pic.JPEG, data) {
					t.Error("the clean stream does not have the camera's bytes")
				}
				for _, v := range views {
					v.Close()
				}
				b.end()
			})
		}
	}
}

// steep is a gray 64x64 picture with DC differences of 12 bits, for which no typical Huffman
// table has a code: it can be decoded, and not be spliced.
func steep() []byte {
	data := append([]byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}, bytes.Repeat([]byte{1}, 64)...)
	data = append(data, 0xff, 0xc0, 0, 11, 8, 0, 64, 0, 64, 1, 1, 0x11, 0)
	for class, symbol := range []byte{12, 0} { // the code 0 each
		data = append(data, 0xff, 0xc4, 0, 20, byte(class<<4), 1)
		data = append(append(data, make([]byte, 15)...), symbol)
	}
	data = append(data, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0)
	acc, n := uint32(0), 0
	for block := range 64 {
		value := uint32(2500) // and back: -2500 is sent less one
		if block%2 == 1 {
			value = ^uint32(2500) & 0xfff
		}
		acc, n = acc<<14|value<<1, n+14 // the code of DC, its value, EOB
		for ; n >= 8; n -= 8 {
			data = append(data, byte(acc>>(n-8)))
		}
	}
	return append(data, 0xff, 0xd9)
}

// What cannot be spliced is decoded, drawn on and encoded.
func TestWhatCannotBeSpliced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, func(cfg *pipeline.Config) { cfg.Overlay = overlay.Options{Boxes: true} }, func() fake {
			return fake{analyze: func(context.Context, *frame.Frame) (analyze.Result, error) {
				return analyze.Result{Count: 1, Detections: []analyze.Detection{{Box: [4]float64{0.3, 0.3, 0.4, 0.4}, Score: 1}}}, nil
			}}
		})
		data := steep()
		views := []*hub.View{b.out[0].Subscribe(), b.out[3].Subscribe()}
		for range 2 {
			b.offer(func(f *frame.Frame) {
				f.Format, f.Width, f.Height, f.Data = frame.JPEG, 64, 64, append(f.Data[:0], data...)
			})
			time.Sleep(time.Second / 30)
			synctest.Wait()
		}
		was := decoded(t, data)
		for i, v := range views {
			pic, _ := v.Next()
			if pic == nil {
				t.Fatalf("view %d: no picture", i)
			}
			if is := decoded(t, pic.JPEG); bytes.Equal(is.Y[:64*64], was.Y[:64*64]) {
				t.Errorf("view %d: nothing is drawn", i)
			}
			v.Close()
		}
		if n := b.ledger.Totals(); n.Analyzed != 2 || n.Corrupt != 0 {
			t.Errorf("%+v", n)
		}
		b.end()
	})
}
