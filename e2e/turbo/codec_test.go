//go:build turbo

package turbo_test

import (
	"bytes"
	"image"
	"testing"

	"freshframe/backend/jpeg"
	"freshframe/e2e/turbo"
)

// Whatever libjpeg-turbo encodes, we decode to the same samples, bit for bit.
func TestDecodeIsBitExact(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			d := newDuel(t)
			for i, size := range sizes() {
				im := picture(size[0], size[1], k, i%len(contents))
				for _, restart := range restarts(k.mcusAcross(size[0])) {
					for _, quality := range qualities {
						for _, optimized := range []bool{false, true} {
							o := turbo.Options{Quality: quality, Gray: k.gray, Accurate: true, Restart: restart, Optimized: optimized}
							data, err := d.encode(im, o)
							if err != nil {
								t.Fatalf("%v, %+v: %v", size, o, err)
							}
							if marked := bytes.Contains(data, []byte{0xff, 0xdd, 0, 4, byte(restart >> 8), byte(restart)}); marked != (restart > 0) {
								t.Fatalf("%v, %+v: the options had no effect", size, o)
							}
							if err := d.decodeBoth(k, data); err != nil {
								t.Fatalf("%s, %v, %+v: %v", contents[i%len(contents)].name, size, o, err)
							}
						}
					}
				}
			}
			if d.optimized >= d.typical {
				t.Errorf("Huffman tables made for the picture took %d bytes, the typical ones %d", d.optimized, d.typical)
			}
		})
	}
}

// What we encode, libjpeg-turbo decodes without a word of warning, and to what we do.
func TestEncodedDecodesTheSame(t *testing.T) {
	for _, k := range kinds {
		if k.gray {
			continue // Encode has none
		}
		t.Run(k.name, func(t *testing.T) {
			d := newDuel(t)
			for _, quality := range qualities {
				e := jpeg.NewEncoder(quality)
				var data []byte
				for i, size := range sizes() {
					for c := range contents {
						var err error
						if data, err = e.Encode(data[:0], picture(size[0], size[1], k, c)); err != nil {
							t.Fatal(err)
						}
						if err := d.decodeBoth(k, data); err != nil {
							t.Fatalf("size %d, %v, %s at quality %d: %v", i, size, contents[c].name, quality, err)
						}
					}
				}
			}
		})
	}
}

// duel is both codecs, and how many bytes one of them made with which tables.
type duel struct {
	theirs             *turbo.Codec
	ours               jpeg.Decoder
	data               []byte
	im, want           *image.YCbCr
	typical, optimized int
}

func newDuel(t *testing.T) *duel { return &duel{theirs: newCodec(t)} }

func (d *duel) encode(im *image.YCbCr, o turbo.Options) (data []byte, err error) {
	if d.data, err = d.theirs.Encode(d.data[:0], im, o); err != nil {
		return nil, err
	}
	if o.Optimized {
		d.optimized += len(d.data)
	} else {
		d.typical += len(d.data)
	}
	return d.data, nil
}

func (d *duel) decodeBoth(k kind, data []byte) (err error) {
	if d.want, err = d.theirs.Decode(data, d.want); err != nil {
		return err
	}
	if d.im, err = d.ours.Decode(data, d.im); err != nil {
		return err
	}
	return k.compare(d.im, d.want)
}
