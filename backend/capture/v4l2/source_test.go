//go:build linux

package v4l2

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"freshframe/backend/capture"
	"freshframe/backend/frame"
	"freshframe/backend/option"
)

const bootTime = time.Hour // on the driver's clock, when a test reads

func sourceOf(r *fakeRing) *source {
	return &source{path: "/dev/video0", stream: fakeStream(r), nextSeq: 1,
		clock: func() (time.Time, time.Duration) { return time.Unix(1000, 0), bootTime }}
}

// buf is a buffer from ms milliseconds ago.
func buf(index, sequence uint32, ms int) filled {
	return filled{index: index, data: bytes.Repeat([]byte{byte(sequence)}, 8), sequence: sequence,
		timestamp: bootTime - time.Duration(ms)*time.Millisecond, monotonic: true}
}

func TestReadCountsEveryFrame(t *testing.T) {
	type got struct {
		seq, lost uint64
		pixel     byte
	}
	for _, tt := range []struct {
		name  string
		wakes [][]filled
		want  []got
	}{
		{"one by one", [][]filled{{buf(0, 0, 5)}, {buf(1, 1, 5)}, {buf(2, 2, 5)}}, []got{{1, 0, 0}, {2, 0, 1}, {3, 0, 2}}},
		{"the first number is no gap", [][]filled{{buf(0, 9, 5)}, {buf(1, 10, 5)}}, []got{{1, 0, 9}, {2, 0, 10}}},
		{"a gap of the driver's", [][]filled{{buf(0, 0, 5)}, {buf(1, 4, 5)}}, []got{{1, 0, 0}, {5, 3, 4}}},
		{"drained to the newest", [][]filled{{buf(0, 0, 5)}, {buf(1, 1, 70), buf(2, 2, 40), buf(3, 3, 5)}}, []got{{1, 0, 0}, {4, 2, 3}}},
		{"drained at the very first", [][]filled{{buf(0, 0, 40), buf(1, 1, 5)}}, []got{{2, 1, 1}}},
		{"both", [][]filled{{buf(0, 0, 5)}, {buf(1, 2, 40), buf(2, 5, 5)}}, []got{{1, 0, 0}, {6, 4, 5}}},
		{"wrap-around", [][]filled{{buf(0, 0xffffffff, 5)}, {buf(1, 1, 5)}}, []got{{1, 0, 0xff}, {3, 1, 1}}},
		{"a driver that does not count", [][]filled{{buf(0, 0, 5)}, {buf(1, 0, 40), buf(2, 0, 5)}}, []got{{1, 0, 0}, {3, 1, 0}}},
		{"a driver that counts anew", [][]filled{{buf(0, 700, 5)}, {buf(1, 0, 5)}, {buf(2, 1, 5)}}, []got{{1, 0, 188}, {2, 0, 0}, {3, 0, 1}}},
		{"an empty wake", [][]filled{{}, {buf(0, 0, 5)}}, []got{{1, 0, 0}}},
		{"after a pause a fresh one is awaited",
			[][]filled{{buf(0, 0, 5)}, {buf(1, 1, 900), buf(2, 2, 870), buf(3, 3, 840)}, {buf(0, 30, 5)}}, []got{{1, 0, 0}, {31, 29, 30}}},
		{"but only once", [][]filled{{buf(0, 0, 500)}, {buf(1, 1, 500)}, {buf(2, 2, 500)}, {buf(3, 3, 500)}}, []got{{2, 1, 1}, {4, 1, 3}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &fakeRing{t: t, wakes: tt.wakes, last: unix.ENODEV}
			s := sourceOf(r)
			var pool frame.Pool
			for i, want := range tt.want {
				f := pool.Get()
				f.Damaged, f.Data = errors.New("of an earlier use"), append(f.Data, 1, 2, 3)
				if err := s.Read(t.Context(), f); err != nil {
					t.Fatal(err)
				}
				// The ring has overwritten its memory by now.
				if !bytes.Equal(f.Data, bytes.Repeat([]byte{want.pixel}, 8)) {
					t.Errorf("frame %d: data % x, want eight times %#x", i, f.Data, want.pixel)
				}
				if f.Seq != want.seq || f.Lost != want.lost {
					t.Errorf("frame %d: seq %d after %d lost, want %d after %d", i, f.Seq, f.Lost, want.seq, want.lost)
				}
				if f.Damaged != nil || f.Format != frame.YUYV || f.Width != 2 || f.Height != 2 {
					t.Errorf("frame %d: damaged %v, %v %dx%d", i, f.Damaged, f.Format, f.Width, f.Height)
				}
				f.Release()
			}
			f := pool.Get()
			defer f.Release()
			if err := s.Read(t.Context(), f); err == nil {
				t.Error("there were more frames than wanted")
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestReadDrainIsBounded(t *testing.T) {
	var endless []filled
	for i := range uint32(3 * maxDrain) {
		endless = append(endless, buf(i, i, 5))
	}
	r := &fakeRing{t: t, wakes: [][]filled{endless}}
	var pool frame.Pool
	f := pool.Get()
	defer f.Release()
	if err := sourceOf(r).Read(t.Context(), f); err != nil || f.Seq != maxDrain {
		t.Errorf("seq %d, %v; want %d", f.Seq, err, maxDrain)
	}
}

func TestTimes(t *testing.T) {
	at := time.Unix(1000, 0)
	for _, tt := range []struct {
		name  string
		stamp time.Duration
		mono  bool
		want  time.Time
		by    frame.Origin
	}{
		{"the driver's", bootTime - 20*time.Millisecond, true, at.Add(-20 * time.Millisecond), frame.ByDriver},
		{"this very moment", bootTime, true, at, frame.ByDriver},
		{"no timestamp", 0, true, at, frame.ByDequeue},
		{"a little ahead, computed from the camera's clock", bootTime + overshoot, true, at, frame.ByDriver},
		{"far ahead", bootTime + overshoot + 1, true, at, frame.ByDequeue},
		{"on an unknown clock", bootTime - 20*time.Millisecond, false, at, frame.ByDequeue},
		{"the wall clock's under a wrong flag", 50 * 365 * 24 * time.Hour, true, at, frame.ByDequeue},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := buf(0, 0, 0)
			b.timestamp, b.monotonic = tt.stamp, tt.mono
			s := sourceOf(&fakeRing{t: t, wakes: [][]filled{{b}}})
			var pool frame.Pool
			f := pool.Get()
			defer f.Release()
			if err := s.Read(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			if !f.Captured.Equal(tt.want) || f.CapturedBy != tt.by || !f.Dequeued.Equal(at) {
				t.Errorf("captured %v by %v, dequeued %v; want %v by %v, %v", f.Captured, f.CapturedBy, f.Dequeued, tt.want, tt.by, at)
			}
		})
	}
}

// Stamps that are wrong now and then do not make the times alternate, and a driver that comes
// to its senses is believed again.
func TestStampsDoNotFlap(t *testing.T) {
	var wakes [][]filled
	wrong := map[int]bool{3: true, 5: true, 20: true}
	const last = 20 + redeem
	for i := range last + 3 {
		b := buf(uint32(i%4), uint32(i), 20)
		if wrong[i] {
			b.timestamp += time.Hour
		}
		wakes = append(wakes, []filled{b})
	}
	s := sourceOf(&fakeRing{t: t, wakes: wakes})
	var pool frame.Pool
	f := pool.Get()
	defer f.Release()
	for i := range wakes {
		if err := s.Read(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		want, age := frame.ByDriver, 20*time.Millisecond
		if i >= 3 && i < last {
			want, age = frame.ByDequeue, 0
		}
		if f.CapturedBy != want || f.Dequeued.Sub(f.Captured) != age {
			t.Fatalf("frame %d: captured by %v, %v old; want %v, %v", i, f.CapturedBy, f.Dequeued.Sub(f.Captured), want, age)
		}
	}
}

// A clock that began somewhere else makes every frame look like one from before a pause: one
// is given up for that, the others come through.
func TestStampsOfAnotherClock(t *testing.T) {
	for _, rate := range []float64{30, 0} {
		var wakes [][]filled
		for i := range uint32(6) {
			wakes = append(wakes, []filled{buf(i%4, i, 50*60*1000)})
		}
		s := sourceOf(&fakeRing{t: t, wakes: wakes})
		s.stream.rate = rate
		var pool frame.Pool
		f := pool.Get()
		defer f.Release()
		for i := range uint64(5) {
			if err := s.Read(t.Context(), f); err != nil || f.Seq != i+2 || f.CapturedBy != frame.ByDequeue {
				t.Fatalf("rate %v: seq %d captured by %v, %v; want %d by dequeue", rate, f.Seq, f.CapturedBy, err, i+2)
			}
		}
	}
}

// The clocks that translate timestamps must be read close together and run alike.
func TestNow(t *testing.T) {
	t1, c1 := now()
	t2, c2 := now()
	if d := t2.Sub(t1) - (c2 - c1); c1 <= 0 || c2 < c1 || d.Abs() > 50*time.Millisecond {
		t.Errorf("the clocks read %v and %v, %v apart", c1, c2, d)
	}
}

func TestReadFlagsDamage(t *testing.T) {
	bad := buf(0, 0, 5)
	bad.damaged = true
	s := sourceOf(&fakeRing{t: t, wakes: [][]filled{{bad}, {buf(1, 1, 5)}}})
	var pool frame.Pool
	f := pool.Get()
	defer f.Release()
	for _, want := range []error{errDamaged, nil} {
		if err := s.Read(t.Context(), f); err != nil || f.Damaged != want {
			t.Errorf("damaged %v, %v; want %v", f.Damaged, err, want)
		}
	}
}

func TestReadEndsWithTheCamera(t *testing.T) {
	for _, tt := range []struct {
		name     string
		ring     fakeRing
		maxWaits int
		is       error
	}{
		{"unplugged", fakeRing{last: unix.ENODEV}, 1, unix.ENODEV},
		{"internal error", fakeRing{last: unix.EIO}, 1, unix.EIO},
		{"announces what it has not", fakeRing{last: unix.EAGAIN}, maxEmpty, errSpins},
		{"takes no buffer back", fakeRing{wakes: [][]filled{{buf(0, 0, 5)}}, refuse: unix.ENODEV}, 1, unix.ENODEV},
		{"takes no old buffer back", fakeRing{wakes: [][]filled{{buf(0, 0, 5), buf(1, 1, 5)}}, refuse: unix.EIO}, 1, unix.EIO},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.ring
			r.t = t
			s := sourceOf(&r)
			var pool frame.Pool
			f := pool.Get()
			defer f.Release()
			err := s.Read(t.Context(), f)
			e, ok := errors.AsType[*capture.Error](err)
			if !ok || e.Code != capture.CameraLost || e.Device != "/dev/video0" || !errors.Is(err, tt.is) {
				t.Errorf("error %v, want camera_lost for %v", err, tt.is)
			}
			if r.waits > tt.maxWaits {
				t.Errorf("%d waits before it was noticed, want at most %d", r.waits, tt.maxWaits)
			}
		})
	}
}

func TestReadHonoursContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sourceOf(&fakeRing{t: t}) // silent for ever
		ctx, cancel := context.WithTimeout(t.Context(), 333*time.Millisecond)
		defer cancel()
		var pool frame.Pool
		f := pool.Get()
		defer f.Release()
		begin := time.Now()
		err := s.Read(ctx, f)
		if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took > 333*time.Millisecond+250*time.Millisecond {
			t.Errorf("%v after %v", err, took)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRing{t: t, hang: make(chan struct{})}
		s := sourceOf(r)
		begin := time.Now()
		if err := s.Close(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a driver that hangs: %v", err)
		}
		if took := time.Since(begin); took > 500*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
		close(r.hang)
		synctest.Wait()
		if !r.closed {
			t.Error("the rest of the Close never happened")
		}
		if err := s.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
		var pool frame.Pool
		f := pool.Get()
		defer f.Release()
		if err := s.Read(t.Context(), f); err != errClosed {
			t.Errorf("Read after Close: %v", err)
		}
	})
}

func TestAppendPictureLeavesPaddingBehind(t *testing.T) {
	count := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(i)
		}
		return b
	}
	size := option.Dimensions{Width: 2, Height: 2}
	for _, tt := range []struct {
		name string
		s    stream
		src  []byte
		want []byte
	}{
		{"jpeg as it is", stream{format: frame.JPEG, size: size}, count(11), count(11)},
		{"yuyv packed", stream{format: frame.YUYV, size: size, stride: 4}, count(8), count(8)},
		{"yuyv longer than the picture", stream{format: frame.YUYV, size: size, stride: 4}, count(12), count(8)},
		{"yuyv padded", stream{format: frame.YUYV, size: size, stride: 6}, count(12), []byte{0, 1, 2, 3, 6, 7, 8, 9}},
		{"yuyv padded, the last row not", stream{format: frame.YUYV, size: size, stride: 6}, count(10), []byte{0, 1, 2, 3, 6, 7, 8, 9}},
		{"yuyv too short", stream{format: frame.YUYV, size: size, stride: 6}, count(7), []byte{0, 1, 2, 3, 6}},
		{"yuyv without a stride", stream{format: frame.YUYV, size: size}, count(8), count(8)},
		{"nv12 padded", stream{format: frame.NV12, size: size, stride: 3}, count(9), []byte{0, 1, 3, 4, 6, 7}},
		{"nv12 of odd size", stream{format: frame.NV12, size: option.Dimensions{Width: 3, Height: 3}, stride: 4}, count(20),
			[]byte{0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19}},
		{"i420 padded", stream{format: frame.I420, size: size, stride: 4}, count(12), []byte{0, 1, 4, 5, 8, 10}},
		{"nothing", stream{format: frame.I420, size: size, stride: 4}, nil, []byte{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := appendPicture([]byte{}, tt.src, &tt.s); !slices.Equal(got, tt.want) {
				t.Errorf("got % d, want % d", got, tt.want)
			}
		})
	}
}

func FuzzAppendPicture(f *testing.F) {
	f.Add(uint8(frame.JPEG), 2, 2, 0, []byte{1, 2, 3})
	f.Add(uint8(frame.YUYV), 2, 2, 6, make([]byte, 12))
	f.Add(uint8(frame.NV12), 3, 3, 4, make([]byte, 20))
	f.Add(uint8(frame.I420), 1, 1, 0, []byte{})
	f.Add(uint8(frame.I420), 65535, 65535, 1<<20, []byte{7})
	f.Fuzz(func(t *testing.T, format uint8, w, h, stride int, src []byte) {
		if w < 0 || h < 0 || w > 65535 || h > 65535 || stride < 0 || stride > 1<<20 {
			t.Skip("no driver's number")
		}
		s := stream{format: frame.Format(format), size: option.Dimensions{Width: w, Height: h}, stride: stride}
		got := appendPicture(nil, src, &s)
		if len(got) > len(src) {
			t.Errorf("%d bytes out of %d", len(got), len(src))
		}
	})
}
