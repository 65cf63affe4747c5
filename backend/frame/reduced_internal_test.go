package frame

import (
	"image"
	"testing"

	"freshframe/backend/jpeg"
)

// Whoever decodes the one picture does not make those wait who want the other: here it goes
// on for ever.
func TestPlanesAndReducedDoNotWaitForEachOther(t *testing.T) {
	data, err := jpeg.NewEncoder(80).Encode(nil, image.NewYCbCr(image.Rect(0, 0, 64, 48), image.YCbCrSubsampleRatio422))
	if err != nil {
		t.Fatal(err)
	}
	fresh := func() *Frame { return &Frame{Format: JPEG, Width: 64, Height: 48, Data: data} }

	f := fresh()
	f.mu.Lock()
	if im, err := f.Reduced(32, 24); err != nil || im.Rect.Dx() != 32 {
		t.Errorf("while the planes are being decoded: %v, %v", im, err)
	}
	f.mu.Unlock()

	f = fresh()
	f.reductions.mu.Lock()
	if im, err := f.Planes(); err != nil || im.Rect.Dx() != 64 {
		t.Errorf("while a reduction is being decoded: %v, %v", im, err)
	}
	if im, err := f.Reduced(32, 24); err != nil || im.Rect.Dx() != 64 {
		t.Errorf("the planes being at hand: %v, %v", im, err)
	}
	f.reductions.mu.Unlock()
}
