package clip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"freshframe/backend/capture"
	"freshframe/backend/capture/clip/mjpeg"
)

// folderReel is a clip of one file a picture. Its list is made when it is opened; what
// is added later is not seen.
type folderReel struct {
	path  string
	names []string
}

func openFolder(ctx context.Context, path string) (*folderReel, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	r := &folderReel{path: path}
	for {
		entries, err := dir.ReadDir(1024)
		for _, e := range entries {
			if r.isPicture(e) {
				r.names = append(r.names, e.Name())
			}
		}
		if err == io.EOF {
			break
		}
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return nil, err
		}
		if len(r.names) > maxPictures {
			return nil, fmt.Errorf("it holds more than %d pictures", maxPictures)
		}
	}
	if len(r.names) == 0 {
		return nil, &capture.Error{Code: capture.NotACamera, Device: path, Hint: hintCamera, Err: errors.New("the folder holds no .jpg or .jpeg file")}
	}
	slices.SortFunc(r.names, natural)
	return r, nil
}

func (r *folderReel) isPicture(e fs.DirEntry) bool {
	ext := filepath.Ext(e.Name())
	if !strings.EqualFold(ext, ".jpg") && !strings.EqualFold(ext, ".jpeg") || strings.HasPrefix(e.Name(), ".") {
		return false
	}
	if e.Type()&fs.ModeSymlink != 0 {
		st, err := os.Stat(filepath.Join(r.path, e.Name()))
		return err == nil && st.Mode().IsRegular()
	}
	return e.Type().IsRegular()
}

func (r *folderReel) len() int      { return len(r.names) }
func (r *folderReel) rate() float64 { return 0 }
func (r *folderReel) close() error  { return nil }

func (r *folderReel) read(i int, buf []byte) ([]byte, error) {
	buf = buf[:0]
	f, err := os.Open(filepath.Join(r.path, r.names[i]))
	if err != nil {
		return buf, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return buf, err
	}
	if st.Size() > mjpeg.MaxPicture {
		return buf, fmt.Errorf("%s has %d bytes, more than the %d allowed", r.names[i], st.Size(), mjpeg.MaxPicture)
	}
	buf = slices.Grow(buf, int(st.Size()))[:st.Size()]
	n, err := io.ReadFull(f, buf)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return buf[:0], err
	}
	return buf[:n], nil // shorter when it is being written anew: a damaged picture
}

// natural orders names as a person counts: runs of digits by their value, 2 before 10.
func natural(a, b string) int {
	whole := strings.Compare(a, b)
	for a != "" && b != "" {
		da, db := digits(a), digits(b)
		if da == 0 || db == 0 {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		na, nb := strings.TrimLeft(a[:da], "0"), strings.TrimLeft(b[:db], "0")
		if c := cmp.Or(cmp.Compare(len(na), len(nb)), strings.Compare(na, nb)); c != 0 {
			return c
		}
		a, b = a[da:], b[db:]
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), whole) // 01 and 1 are equal so far
}

// digits is how many digits s starts with.
func digits(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}
