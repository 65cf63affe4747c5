package clip

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"freshframe/backend/capture"
	"freshframe/backend/option"
)

// picture makes a small JPEG whose content depends on shade.
func picture(tb testing.TB, shade int) []byte {
	im := image.NewGray(image.Rect(0, 0, 24, 16))
	for i := range im.Pix {
		im.Pix[i] = byte(shade + i*7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, nil); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func pictures(tb testing.TB, n int) (pics [][]byte) {
	for i := range n {
		pics = append(pics, picture(tb, i*20))
	}
	return pics
}

// chunkOf is a RIFF chunk with its padding.
func chunkOf(id string, content ...[]byte) []byte {
	data := slices.Concat(content...)
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(data)))
	b = append(b, data...)
	if len(data)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func listOf(kind string, content ...[]byte) []byte {
	return chunkOf("LIST", append([][]byte{[]byte(kind)}, content...)...)
}

func riffOf(kind string, content ...[]byte) []byte {
	return chunkOf("RIFF", append([][]byte{[]byte(kind)}, content...)...)
}

func words(w ...uint32) (b []byte) {
	for _, x := range w {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

// strl is the header of one stream.
func strl(kind, codec string, scale, rate uint32) []byte {
	strh := slices.Concat([]byte(kind), []byte(codec), words(0, 0, 0, scale, rate, 0, 0, 0, 0, 0, 0))
	strf := slices.Concat(words(40, 24, 16, 24<<16|1), []byte(codec), words(0, 0, 0, 0, 0))
	return listOf("strl", chunkOf("strh", strh), chunkOf("strf", strf))
}

// avih is the file header, for that many microseconds a picture.
func avih(us uint32) []byte {
	return chunkOf("avih", words(us, 0, 0, 0, 0, 0, 1, 0, 24, 16, 0, 0, 0, 0))
}

func hdrl(streams ...[]byte) []byte {
	return listOf("hdrl", append([][]byte{avih(40000)}, streams...)...)
}

// mjpg is the usual video stream, at 25 pictures a second.
func mjpg() []byte { return strl("vids", "MJPG", 1, 25) }

// video makes one chunk of video data for each picture.
func video(pics ...[]byte) (b []byte) {
	for _, p := range pics {
		b = append(b, chunkOf("00dc", p)...)
	}
	return b
}

// write puts a clip into a fresh folder.
func write(tb testing.TB, name string, content ...[]byte) (path string) {
	path = filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, slices.Concat(content...), 0o644); err != nil {
		tb.Fatal(err)
	}
	return path
}

// writeFolder puts each picture into a file of its own: pic1.jpg, pic2.jpg, …
func writeFolder(tb testing.TB, pics [][]byte) (path string) {
	path = tb.TempDir()
	for i, p := range pics {
		if err := os.WriteFile(filepath.Join(path, fmt.Sprintf("pic%d.jpg", i+1)), p, 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return path
}

// openClip opens a clip as the program does; options read "loop=off&framerate=10".
func openClip(tb testing.TB, ctx context.Context, path, options string, firstSeq uint64) (capture.Source, error) {
	q, err := url.ParseQuery(options)
	if err != nil {
		tb.Fatal(err)
	}
	v, err := option.Parse(Scheme().Options, q)
	if err != nil {
		tb.Fatal(err)
	}
	opener, err := Scheme().Remember(capture.Address{Text: "file:" + path, Target: path, Options: v})
	if err != nil {
		return nil, err
	}
	return opener(ctx, firstSeq)
}
