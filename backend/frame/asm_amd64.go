//go:build amd64 && !noasm

package frame

import "golang.org/x/sys/cpu"

// useAVX2 chooses the assembly, which gives the same bytes as the Go code. Tests switch it
// off; the build tag noasm leaves the assembly out.
var useAVX2 = cpu.X86.HasAVX2

// unpackYUYVAVX2 splits n > 0 times 64 bytes, which are 32 pixels.
//
//go:noescape
func unpackYUYVAVX2(src, y, cb, cr *byte, n int)

// deinterleaveAVX2 splits n > 0 times 64 bytes, which are 32 pairs.
//
//go:noescape
func deinterleaveAVX2(src, cb, cr *byte, n int)
