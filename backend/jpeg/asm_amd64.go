//go:build amd64 && !noasm

package jpeg

import "golang.org/x/sys/cpu"

// useAVX2 chooses the assembly, which gives the same results as the Go code, bit for bit.
// Tests switch it off; the build tag noasm leaves the assembly out. Every processor with
// AVX2 and BMI2 has LZCNT too.
var useAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasBMI2

// inverseFullAVX2 is inverseFull. It writes 8 bytes in each of 8 rows at dst.
//
//go:noescape
func inverseFullAVX2(coef *[64]int32, dst *byte, stride int)

// inverseCornerAVX2 is inverseCorner. It writes 8 bytes in each of 8 rows at dst.
//
//go:noescape
func inverseCornerAVX2(coef *[64]int32, dst *byte, stride int)

// inverse4AVX2 is inverse4. It writes 4 bytes in each of 4 rows at dst.
//
//go:noescape
func inverse4AVX2(coef *[64]int32, dst *byte, stride int)

// forwardQuantizeAVX2 is forward and quantize. It reads 8 bytes in each of 8 rows at src.
//
//go:noescape
func forwardQuantizeAVX2(src *byte, stride int, q *quantizer, out *[64]int16) (mask uint64)

// blockBMI2 is blockGo. It is not ok where buf is too short; then w is of no more use.
//
//go:noescape
func blockBMI2(w *bitWriter, dc, ac *encodeTable, diff int32, coef *[64]int16, mask uint64) (ok bool)
