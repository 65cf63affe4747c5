package clip

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"freshframe/backend/capture/clip/mjpeg"
)

// mjpegCodes are the codec names under which AVI files carry JPEGs, in capitals.
var mjpegCodes = []string{"MJPG", "JPEG", "AVRN", "DMB1", "IJPG"}

// aviFile reads the chunks of a RIFF file (Microsoft's AVI, with OpenDML's further RIFF
// parts beyond the first gigabyte). The index chunks are not needed: walking the chunk
// headers finds the same, and finds it in files whose index is missing.
type aviFile struct {
	r    io.ReaderAt
	size int64
	ctx  context.Context // of the opening; it ends the walk

	usPerFrame uint32 // avih: microseconds a picture
	streams    int    // strl lists so far
	tag        string // two digits that start the chunk names of the video, "" until found
	scale      uint32 // strh: scale/rate seconds a picture
	rate       uint32
	other      string // the codec of a video stream that is not ours
}

// chunk is one piece of a RIFF file. A list has its kind, and its content starts behind that.
type chunk struct {
	id, kind   [4]byte
	at         int64 // where the header starts
	start, end int64 // of the content
}

func (c chunk) isList(kind string) bool {
	return string(c.id[:]) == "LIST" && string(c.kind[:]) == kind
}

// addAVI finds the pictures of the first MJPEG stream and returns its frame rate, 0 if
// the file does not name one.
func (x *index) addAVI(ctx context.Context, r io.ReaderAt, size int64) (fps float64, err error) {
	a := &aviFile{r: r, size: size, ctx: ctx}
	for at := int64(0); at+12 <= size; {
		var h [12]byte
		if _, err := r.ReadAt(h[:], at); err != nil {
			return 0, fmt.Errorf("the part at offset %d cannot be read: %w", at, err)
		}
		if id, kind := string(h[:4]), string(h[8:]); id != "RIFF" || at > 0 && kind != "AVIX" {
			break // whatever was appended to the file
		}
		c, err := a.chunkAt(at, size)
		if err != nil {
			return 0, err
		}
		err = a.each(c, func(c chunk) error {
			switch {
			case c.isList("hdrl"):
				return a.each(c, a.header)
			case c.isList("movi"):
				return a.pictures(c, x)
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		at = c.end + (c.end-c.at)&1
	}
	return a.fps(), nil
}

// chunkAt reads the chunk header at an offset within a list that ends at limit.
func (a *aviFile) chunkAt(at, limit int64) (c chunk, err error) {
	if err := a.ctx.Err(); err != nil {
		return c, err
	}
	var h [12]byte
	want := min(12, limit-at)
	if _, err := a.r.ReadAt(h[:want], at); err != nil {
		return c, fmt.Errorf("the chunk header at offset %d cannot be read: %w", at, err)
	}
	n := int64(binary.LittleEndian.Uint32(h[4:]))
	c.at, c.start, c.end = at, at+8, at+8+n
	copy(c.id[:], h[:4])
	if c.end > limit {
		return c, fmt.Errorf("the chunk %q at offset %d should end at offset %d, but what holds it ends at %d (the file at %d): the recording was cut short or is damaged", c.id[:], at, c.end, limit, a.size)
	}
	if id := string(c.id[:]); id == "LIST" || id == "RIFF" {
		if n < 4 {
			return c, fmt.Errorf("the list at offset %d says that it has %d bytes, which is no list: the recording was not finished", at, n)
		}
		copy(c.kind[:], h[8:])
		c.start += 4
	}
	return c, nil
}

// each visits the chunks of a list.
func (a *aviFile) each(list chunk, visit func(chunk) error) error {
	for at := list.start; at+8 <= list.end; {
		c, err := a.chunkAt(at, list.end)
		if err != nil {
			return err
		}
		if err := visit(c); err != nil {
			return err
		}
		at = c.end + (c.end-c.at)&1 // chunks start at even offsets
	}
	return nil
}

// header takes a chunk of the hdrl list.
func (a *aviFile) header(c chunk) error {
	switch {
	case string(c.id[:]) == "avih":
		h, err := a.content(c, 4)
		if err == nil {
			a.usPerFrame = binary.LittleEndian.Uint32(h)
		}
		return err
	case c.isList("strl"):
		return a.stream(c)
	}
	return nil
}

// stream takes a strl list: what one stream is.
func (a *aviFile) stream(list chunk) error {
	number := a.streams
	a.streams++
	var video bool
	var codecs []string
	var scale, rate uint32
	err := a.each(list, func(c chunk) error {
		switch string(c.id[:]) {
		case "strh":
			h, err := a.content(c, 28)
			if err != nil {
				return err
			}
			video = string(h[:4]) == "vids"
			codecs = append(codecs, string(h[4:8]))
			scale, rate = binary.LittleEndian.Uint32(h[20:]), binary.LittleEndian.Uint32(h[24:])
		case "strf":
			if !video {
				return nil
			}
			h, err := a.content(c, 20)
			if err != nil {
				return err
			}
			codecs = append(codecs, string(h[16:20]))
		}
		return nil
	})
	if err != nil || !video || a.tag != "" {
		return err
	}
	for _, code := range codecs {
		if slices.Contains(mjpegCodes, strings.ToUpper(code)) {
			a.tag, a.scale, a.rate = fmt.Sprintf("%02d", number), scale, rate
			return nil
		}
	}
	a.other = strings.Join(codecs, "/")
	return nil
}

// content reads the first n bytes of a chunk.
func (a *aviFile) content(c chunk, n int) ([]byte, error) {
	if c.end-c.start < int64(n) {
		return nil, fmt.Errorf("the chunk %q at offset %d has %d bytes, but needs %d", c.id[:], c.at, c.end-c.start, n)
	}
	b := make([]byte, n)
	if _, err := a.r.ReadAt(b, c.start); err != nil {
		return nil, fmt.Errorf("the chunk %q at offset %d cannot be read: %w", c.id[:], c.at, err)
	}
	return b, nil
}

// pictures takes a movi list: the data of all streams, here and there grouped in rec lists.
func (a *aviFile) pictures(movi chunk, x *index) error {
	switch {
	case a.tag == "" && a.other != "":
		return fmt.Errorf("its video is %q, not MJPG", a.other)
	case a.tag == "":
		return errors.New("its header names no video stream")
	}
	take := func(c chunk) error { return a.picture(c, x) }
	return a.each(movi, func(c chunk) error {
		if c.isList("rec ") {
			return a.each(c, take)
		}
		return take(c)
	})
}

func (a *aviFile) picture(c chunk, x *index) error {
	if string(c.id[:2]) != a.tag || c.id[2] != 'd' || c.id[3] != 'c' && c.id[3] != 'b' {
		return nil // sound, an index, …
	}
	size := c.end - c.start
	switch {
	case size > mjpeg.MaxPicture:
		return fmt.Errorf("the picture at offset %d has %d bytes, more than the %d allowed", c.start, size, mjpeg.MaxPicture)
	case size > 0:
		return x.add(mjpeg.Span{Off: c.start, Size: int(size)})
	case len(x.spans) > 0: // an empty chunk repeats the picture before it
		return x.add(x.spans[len(x.spans)-1])
	}
	return nil
}

// fps is what the stream header says, else the file header.
func (a *aviFile) fps() float64 {
	if a.scale > 0 && a.rate > 0 {
		return float64(a.rate) / float64(a.scale)
	}
	if a.usPerFrame > 0 {
		return 1e6 / float64(a.usPerFrame)
	}
	return 0
}
