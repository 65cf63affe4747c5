//go:build amd64 && !noasm

#include "textflag.h"

// The low byte of every 16-bit number.
DATA lowBytes<>+0(SB)/8, $0x00ff00ff00ff00ff
DATA lowBytes<>+8(SB)/8, $0x00ff00ff00ff00ff
DATA lowBytes<>+16(SB)/8, $0x00ff00ff00ff00ff
DATA lowBytes<>+24(SB)/8, $0x00ff00ff00ff00ff
GLOBL lowBytes<>(SB), RODATA|NOPTR, $32

// SPLIT divides the bytes of Y0, Y1 into the even ones, in Y2, and the odd ones, in Y0.
// Packing works on halves of registers: VPERMQ puts their quarters in order.
#define SPLIT \
	VPAND Y0, Y15, Y2; \
	VPAND Y1, Y15, Y3; \
	VPSRLW $8, Y0, Y0; \
	VPSRLW $8, Y1, Y1; \
	VPACKUSWB Y3, Y2, Y2; \
	VPACKUSWB Y1, Y0, Y0; \
	VPERMQ $0xd8, Y2, Y2; \
	VPERMQ $0xd8, Y0, Y0

// func unpackYUYVAVX2(src, y, cb, cr *byte, n int)
TEXT ·unpackYUYVAVX2(SB), NOSPLIT, $0-40
	MOVQ src+0(FP), SI
	MOVQ y+8(FP), DI
	MOVQ cb+16(FP), R8
	MOVQ cr+24(FP), R9
	MOVQ n+32(FP), CX
	VMOVDQU lowBytes<>(SB), Y15

pixels:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	SPLIT
	VMOVDQU Y2, (DI)
	VPAND Y0, Y15, Y2 // Cb
	VPSRLW $8, Y0, Y0 // Cr
	VPACKUSWB Y0, Y2, Y2
	VPERMQ $0xd8, Y2, Y2
	VMOVDQU X2, (R8)
	VEXTRACTI128 $1, Y2, (R9)
	ADDQ $64, SI
	ADDQ $32, DI
	ADDQ $16, R8
	ADDQ $16, R9
	DECQ CX
	JNE pixels
	VZEROUPPER
	RET

// func deinterleaveAVX2(src, cb, cr *byte, n int)
TEXT ·deinterleaveAVX2(SB), NOSPLIT, $0-32
	MOVQ src+0(FP), SI
	MOVQ cb+8(FP), R8
	MOVQ cr+16(FP), R9
	MOVQ n+24(FP), CX
	VMOVDQU lowBytes<>(SB), Y15

pairs:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	SPLIT
	VMOVDQU Y2, (R8)
	VMOVDQU Y0, (R9)
	ADDQ $64, SI
	ADDQ $32, R8
	ADDQ $32, R9
	DECQ CX
	JNE pairs
	VZEROUPPER
	RET
