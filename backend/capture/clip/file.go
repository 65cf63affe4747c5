package clip

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"freshframe/backend/capture/clip/mjpeg"
)

// fileReel is a clip in one file.
type fileReel struct {
	path  string
	file  *os.File
	info  os.FileInfo // when it was indexed
	spans []mjpeg.Span
	fps   float64
}

func openFile(ctx context.Context, path string) (*fileReel, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := &fileReel{path: path, file: f}
	if err := r.index(ctx); err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

// index finds the pictures, by what the file holds and not by its name.
func (r *fileReel) index(ctx context.Context) (err error) {
	if r.info, err = r.file.Stat(); err != nil {
		return err
	}
	head := make([]byte, 16)
	n, err := r.file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	x := index{limit: maxPictures}
	switch kind := sniff(head[:n]); kind {
	case "AVI":
		r.fps, err = x.addAVI(ctx, r.file, r.info.Size())
	case "":
		err = x.addRun(ctx, io.NewSectionReader(r.file, 0, r.info.Size()))
	default:
		err = fmt.Errorf("it is %s, not MJPEG", kind)
	}
	if err == nil && len(x.spans) == 0 {
		err = fmt.Errorf("there is no JPEG picture in its %d bytes", r.info.Size())
	}
	r.spans = slices.Clip(x.spans)
	return err
}

// sniff names what a file is by its first bytes, "" where it may be a run of JPEGs. The
// foreign kinds are those that people try, and that may hold JPEGs as cover pictures.
func sniff(head []byte) string {
	at := func(off int, magic string) bool {
		return len(head) >= off && bytes.HasPrefix(head[off:], []byte(magic))
	}
	switch {
	case at(0, "RIFF") && at(8, "AVI "):
		return "AVI"
	case at(0, "RIFF"):
		return "a RIFF file of another kind than AVI"
	case at(4, "ftyp"), at(4, "moov"), at(4, "mdat"):
		return "MP4 or QuickTime"
	case at(0, "\x1A\x45\xDF\xA3"):
		return "Matroska or WebM"
	case at(0, "OggS"):
		return "Ogg"
	case at(0, "FLV\x01"):
		return "Flash video"
	case at(0, "\x89PNG"):
		return "a PNG picture"
	}
	return ""
}

func (r *fileReel) len() int      { return len(r.spans) }
func (r *fileReel) rate() float64 { return r.fps }
func (r *fileReel) close() error  { return r.file.Close() }

func (r *fileReel) read(i int, buf []byte) ([]byte, error) {
	if err := r.unchanged(); err != nil {
		return buf, err
	}
	s := r.spans[i]
	buf = slices.Grow(buf[:0], s.Size)[:s.Size]
	if _, err := r.file.ReadAt(buf, s.Off); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return buf[:0], fmt.Errorf("picture %d, %d bytes at offset %d, cannot be read: %w", i+1, s.Size, s.Off, err)
	}
	return buf, nil
}

// unchanged makes sure that the index still fits what the path names. Without it a file
// written anew would play as noise, and a replaced one would never be noticed.
func (r *fileReel) unchanged() error {
	now, err := os.Stat(r.path)
	switch {
	case err != nil:
		return fmt.Errorf("it went away while it was played: %w", bare(r.path, err))
	case !os.SameFile(r.info, now):
		return errors.New("it was replaced by another file while it was played")
	case now.Size() < r.info.Size():
		return fmt.Errorf("it was cut from %d to %d bytes while it was played", r.info.Size(), now.Size())
	case now.Size() != r.info.Size() || !now.ModTime().Equal(r.info.ModTime()):
		return errors.New("it was written to while it was played")
	}
	return nil
}

// index gathers the places of pictures, up to a limit.
type index struct {
	spans []mjpeg.Span
	limit int
}

func (x *index) add(s mjpeg.Span) error {
	if len(x.spans) >= x.limit {
		return fmt.Errorf("it holds more than %d pictures (the next one is at offset %d)", x.limit, s.Off)
	}
	x.spans = append(x.spans, s)
	return nil
}

// addRun finds the pictures of concatenated JPEGs.
func (x *index) addRun(ctx context.Context, r io.Reader) error {
	var split mjpeg.Splitter
	buf := make([]byte, 256<<10)
	for {
		n, err := r.Read(buf)
		for b := buf[:n]; len(b) > 0; {
			k, s, ok := split.Next(b)
			b = b[k:]
			if ok {
				if err := x.add(s); err != nil {
					return err
				}
			}
		}
		if err == io.EOF {
			break
		}
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
	}
	if s, ok := split.Flush(); ok {
		return x.add(s)
	}
	return nil
}
