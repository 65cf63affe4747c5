package uvcsim

import (
	"image"
	"slices"
	"time"
)

// probeSize is the length of the probe and commit controls in UVC 1.1 (UVC 4.3.1.1).
const probeSize = 34

// setting is what host and camera agree on: what to stream.
type setting struct {
	format   Format
	size     Size
	indexes  [2]byte // of format and size, from 1
	interval uint32  // ticks
}

func (s setting) frameInterval() time.Duration { return time.Duration(s.interval) * tick }
func (s setting) point() image.Point           { return s.size.point() }

// maxBytes is the most that a frame takes.
func (s setting) maxBytes() int { return s.format.Pixels.bytes(s.point()) }

// negotiate finds what the camera has nearest to what the host wishes, whatever bytes that
// wish is: a short one is completed with zeros, which wish for nothing in particular.
func negotiate(formats []Format, wish []byte) setting {
	var p [probeSize]byte
	copy(p[:], wish)
	s := setting{indexes: [2]byte{p[2], p[3]}}
	if n := int(s.indexes[0]); n < 1 || n > len(formats) {
		s.indexes[0] = 1
	}
	s.format = formats[s.indexes[0]-1]
	if n := int(s.indexes[1]); n < 1 || n > len(s.format.Sizes) {
		s.indexes[1] = 1
	}
	s.size = s.format.Sizes[s.indexes[1]-1]
	s.interval = s.size.nearest(le.Uint32(p[4:]))
	return s
}

// nearest is the frame interval offered that is nearest to the one wished for; 0 wishes for
// the default.
func (s Size) nearest(wish uint32) uint32 {
	offered := s.intervals()
	if wish == 0 {
		return offered[0]
	}
	if step := uint32(s.Step / tick); step > 0 {
		short, long := slices.Min(offered), slices.Max(offered)
		wish = min(max(wish, short), long)
		return short + (wish-short)/step*step
	}
	return slices.MinFunc(offered, func(a, b uint32) int {
		return int(distance(a, wish)) - int(distance(b, wish))
	})
}

func distance(a, b uint32) uint32 { return max(a, b) - min(a, b) }

// answer is what the camera says of a setting.
func (s setting) answer(payload int) []byte {
	p := make([]byte, probeSize)
	p[0] = 1 // the frame interval shall stay as it is
	p[2], p[3] = s.indexes[0], s.indexes[1]
	le.PutUint32(p[4:], s.interval)
	le.PutUint32(p[18:], uint32(s.maxBytes()))
	le.PutUint32(p[22:], uint32(payload))
	le.PutUint32(p[26:], clockHz)
	p[30] = 3 // payload headers tell frames apart and say where they end
	return p
}
