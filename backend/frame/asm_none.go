//go:build !amd64 || noasm

package frame

// There is no assembly in this build; the Go code does it all.
const useAVX2 = false

func unpackYUYVAVX2(_, _, _, _ *byte, _ int) { panic(noAVX2) }

func deinterleaveAVX2(_, _, _ *byte, _ int) { panic(noAVX2) }

const noAVX2 = "frame: assembly that is not there"
