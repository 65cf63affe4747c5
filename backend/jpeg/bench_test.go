package jpeg

import (
	"bytes"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"testing"
)

// benchPictures are what cameras send: noisy 720p in 4:2:2, and VGA in 4:2:0.
var benchPictures = []struct {
	w, h  int
	ratio image.YCbCrSubsampleRatio
}{
	{1280, 720, image.YCbCrSubsampleRatio422},
	{640, 480, image.YCbCrSubsampleRatio420},
}

const benchQuality = 85

func eachBenchPicture(b *testing.B, run func(b *testing.B, im *image.YCbCr, data []byte)) {
	for _, p := range benchPictures {
		im := scene(p.w, p.h, p.ratio, 6)
		data, err := NewEncoder(benchQuality).Encode(nil, im)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("%dx%d_%s", p.w, p.h, ratioName(p.ratio)), func(b *testing.B) {
			b.SetBytes(int64(p.w * p.h))
			b.ReportAllocs()
			run(b, im, data)
			b.ReportMetric(8*float64(len(data))/float64(p.w*p.h), "bits/pixel")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	eachBenchPicture(b, func(b *testing.B, _ *image.YCbCr, data []byte) {
		var d Decoder
		var im *image.YCbCr
		for b.Loop() {
			var err error
			if im, err = d.Decode(data, im); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkDecodeReduced has the whole picture first, to compare with.
func BenchmarkDecodeReduced(b *testing.B) {
	for shift := range MaxShift + 1 {
		b.Run(fmt.Sprintf("1over%d", 1<<shift), func(b *testing.B) {
			eachBenchPicture(b, func(b *testing.B, _ *image.YCbCr, data []byte) {
				var d Decoder
				var im *image.YCbCr
				for b.Loop() {
					var err error
					if im, err = d.DecodeReduced(data, shift, im); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func BenchmarkDecodeStandardLibrary(b *testing.B) {
	eachBenchPicture(b, func(b *testing.B, _ *image.YCbCr, data []byte) {
		for b.Loop() {
			if _, err := stdjpeg.Decode(bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	eachBenchPicture(b, func(b *testing.B, im *image.YCbCr, _ []byte) {
		e := NewEncoder(benchQuality)
		var out []byte
		for b.Loop() {
			var err error
			if out, err = e.Encode(out[:0], im); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEncodeStandardLibrary(b *testing.B) {
	eachBenchPicture(b, func(b *testing.B, im *image.YCbCr, _ []byte) {
		var out bytes.Buffer
		for b.Loop() {
			out.Reset()
			if err := stdjpeg.Encode(&out, im, &stdjpeg.Options{Quality: benchQuality}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkProbe(b *testing.B) {
	eachBenchPicture(b, func(b *testing.B, _ *image.YCbCr, data []byte) {
		for b.Loop() {
			if _, err := Probe(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
