package frame_test

import (
	"errors"
	"image"
	"reflect"
	"sync"
	"testing"
	"time"

	"freshframe/backend/frame"
)

func TestPoolOwnership(t *testing.T) {
	var p frame.Pool
	f := p.Get()
	if p.Live() != 1 {
		t.Fatalf("%d live after Get", p.Live())
	}
	f.Retain()
	f.Retain()
	for left := range 3 {
		if p.Live() != 1 {
			t.Errorf("%d live with references left", p.Live())
		}
		f.Release()
		if want := map[bool]int{true: 1, false: 0}[left < 2]; p.Live() != want {
			t.Errorf("%d live after Release number %d, want %d", p.Live(), left+1, want)
		}
	}
}

func TestPoolMistakesPanic(t *testing.T) {
	var p frame.Pool
	f := p.Get()
	f.Release()
	wantPanic(t, "Release without a reference", f.Release)

	f = p.Get() // the same frame: the mistake must not follow it to its next owner
	f.Retain()
	f.Release()
	f.Release()
	wantPanic(t, "Retain after the last Release", f.Retain)

	if p.Live() != 0 {
		t.Errorf("%d live: a mistake was counted", p.Live())
	}
	wantPanic(t, "Release without a reference", (&frame.Frame{}).Release)
	wantPanic(t, "Retain after the last Release", (&frame.Frame{}).Retain)
}

// A frame that comes again says nothing of its last picture but keeps the memory.
func TestPoolReset(t *testing.T) {
	var p frame.Pool
	f := p.Get()
	f.Seq, f.Format, f.Width, f.Height, f.Lost = 7, frame.YUYV, 4, 2, 3
	f.Data = append(f.Data, noise(16)...)
	f.Damaged, f.Clip = errors.New("bad"), image.Rect(1, 1, 2, 2)
	f.Captured, f.CapturedBy, f.Dequeued = time.Unix(1, 0), frame.ByDriver, time.Unix(2, 0)
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.IsExported() && v.Field(i).IsZero() {
			t.Fatalf("this test does not set %s", field.Name)
		}
	}
	planes, err := f.Planes()
	if err != nil {
		t.Fatal(err)
	}
	f.Settle(frame.Late)
	f.Release()

	again := p.Get()
	if again != f {
		t.Fatal("the pool did not give the free frame")
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.IsExported() && field.Name != "Data" && !v.Field(i).IsZero() {
			t.Errorf("%s is still %v", field.Name, v.Field(i))
		}
	}
	if len(again.Data) != 0 || cap(again.Data) < 16 {
		t.Errorf("Data has length %d and capacity %d, want 0 and at least 16", len(again.Data), cap(again.Data))
	}
	if again.Fate() != frame.InFlight {
		t.Errorf("the frame is already %v", again.Fate())
	}

	again.Format, again.Width, again.Height = frame.YUYV, 4, 2
	again.Data = append(again.Data, make([]byte, 16)...)
	im, err := again.Planes()
	if err != nil {
		t.Fatal(err)
	}
	wantPixels(t, again, im)
	if im != planes {
		t.Error("the planes were not reused")
	}
}

// A picture that failed does not spoil the next one in the same buffers.
func TestPoolForgetsFailure(t *testing.T) {
	var p frame.Pool
	photo := jpegBytes(t, 48, 20, image.YCbCrSubsampleRatio420)
	for i := range 4 {
		f := p.Get()
		f.Format, f.Width, f.Height = frame.JPEG, 48, 20
		f.Data = append(f.Data, photo[:len(photo)-i%2*len(photo)/4]...)
		if _, err := f.Planes(); (err != nil) != (i%2 == 1) {
			t.Errorf("picture %d: %v", i, err)
		}
		f.Release()
	}
}

// An idle pool keeps six frames, however many were lent at once.
func TestPoolIsBounded(t *testing.T) {
	var p frame.Pool
	lend := func() map[*frame.Frame]bool {
		lent := map[*frame.Frame]bool{}
		for range 20 {
			lent[p.Get()] = true
		}
		if len(lent) != 20 || p.Live() != 20 {
			t.Errorf("%d different frames, %d live, want 20", len(lent), p.Live())
		}
		for f := range lent {
			f.Release()
		}
		return lent
	}
	before, kept := lend(), 0
	for f := range lend() {
		if before[f] {
			kept++
		}
	}
	if kept != 12 || p.Live() != 0 {
		t.Errorf("%d kept, %d live, want 12 and 0", kept, p.Live())
	}
}

// A camera in its stride costs no allocation, whatever it delivers.
func TestPoolDoesNotAllocate(t *testing.T) {
	for _, format := range append([]frame.Format{frame.JPEG}, rawFormats...) {
		var p frame.Pool
		data := jpegBytes(t, 64, 48, image.YCbCrSubsampleRatio422)
		if format != frame.JPEG {
			data = rawFrame(format, 64, 48).Data
		}
		cycle := func() {
			f := p.Get()
			f.Format, f.Width, f.Height = format, 64, 48
			f.Data = append(f.Data, data...)
			if err := f.Check(); err != nil {
				t.Fatal(err)
			}
			if _, err := f.Planes(); err != nil {
				t.Fatal(err)
			}
			f.Release()
		}
		cycle()
		if n := testing.AllocsPerRun(20, cycle); n != 0 {
			t.Errorf("%v: %v allocations a frame", format, n)
		}
	}
}

// A frame belongs to its holders alone: nobody writes into what somebody else still reads.
func TestPoolConcurrently(t *testing.T) {
	var p frame.Pool
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				f := p.Get()
				f.Seq = uint64(g*500 + i)
				f.Format, f.Width, f.Height = frame.I420, 2, 2
				f.Data = append(f.Data, byte(i), byte(i), byte(i), byte(i), 128, 128)
				f.Retain()
				wg.Go(func() {
					im, err := f.Planes()
					if err != nil || im.Y[3] != byte(f.Seq%500) {
						t.Errorf("frame %d: %v, %v", f.Seq, im, err)
					}
					f.Release()
				})
				f.Release()
			}
		})
	}
	wg.Wait()
	if p.Live() != 0 {
		t.Errorf("%d live", p.Live())
	}
}
