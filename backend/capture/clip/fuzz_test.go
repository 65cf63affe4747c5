package clip

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

func FuzzAVI(f *testing.F) {
	p := pictures(f, 2)
	f.Add(riffOf("AVI ", hdrl(mjpg()), listOf("movi", video(p...))))
	f.Add(riffOf("AVI ", hdrl(strl("auds", "pcm ", 0, 0), mjpg()), listOf("movi", listOf("rec ", chunkOf("01dc", p[0])), chunkOf("01db"))))
	f.Add(slices.Concat(riffOf("AVI ", hdrl(mjpg()), listOf("movi", video([]byte("x")))), riffOf("AVIX", listOf("movi", video(p[1])))))
	f.Add(riffOf("AVI ", hdrl(mjpg()), listOf("movi", video(p...)))[:200])
	f.Fuzz(func(t *testing.T, data []byte) {
		x := index{limit: 1000}
		fps, err := x.addAVI(t.Context(), bytes.NewReader(data), int64(len(data)))
		if fps < 0 {
			t.Fatalf("frame rate %v", fps)
		}
		if err != nil {
			return
		}
		for i, s := range x.spans {
			if s.Off < 8 || s.Size < 1 || s.Off+int64(s.Size) > int64(len(data)) {
				t.Fatalf("picture %d: %v of %d bytes", i, s, len(data))
			}
			if n := binary.LittleEndian.Uint32(data[s.Off-4:]); int(n) != s.Size {
				t.Fatalf("picture %d: %v, but its chunk has %d bytes", i, s, n)
			}
		}
	})
}

func FuzzNatural(f *testing.F) {
	f.Add("a2", "a10", "a010")
	f.Add("", "1", "01")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if natural(a, b) != -natural(b, a) || (natural(a, b) == 0) != (a == b) {
			t.Errorf("%q and %q: %d and %d", a, b, natural(a, b), natural(b, a))
		}
		if natural(a, b) < 0 && natural(b, c) < 0 && natural(a, c) >= 0 {
			t.Errorf("%q < %q < %q, but %d", a, b, c, natural(a, c))
		}
	})
}
