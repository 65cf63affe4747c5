package main

import (
	"runtime"
	"runtime/metrics"
)

// large is the size, in bytes, from which a piece of memory may be a picture or a tensor.
const large = 16 << 10

// heap reads what was allocated so far: bytes, and pieces that are large. Unlike
// runtime.ReadMemStats it tells one tensor from many small things.
type heap struct{ sample []metrics.Sample }

func newHeap() *heap {
	return &heap{[]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/allocs-by-size:bytes"}}}
}

func (h *heap) read() (bytes, pieces uint64) {
	runtime.GC() // what each CPU has counted for itself is added up then
	metrics.Read(h.sample)
	sizes := h.sample[1].Value.Float64Histogram()
	for i, n := range sizes.Counts {
		if sizes.Buckets[i] >= large { // its lower end
			pieces += n
		}
	}
	return h.sample[0].Value.Uint64(), pieces
}
