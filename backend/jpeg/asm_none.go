//go:build !amd64 || noasm

package jpeg

// There is no assembly in this build; the Go code does it all.
const useAVX2 = false

func inverseFullAVX2(*[64]int32, *byte, int) { panic(noAVX2) }

func inverseCornerAVX2(*[64]int32, *byte, int) { panic(noAVX2) }

func inverse4AVX2(*[64]int32, *byte, int) { panic(noAVX2) }

func forwardQuantizeAVX2(*byte, int, *quantizer, *[64]int16) uint64 { panic(noAVX2) }

func blockBMI2(*bitWriter, *encodeTable, *encodeTable, int32, *[64]int16, uint64) bool {
	panic(noAVX2)
}

const noAVX2 = "jpeg: assembly that is not there"
