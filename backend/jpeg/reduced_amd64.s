//go:build amd64 && !noasm

#include "dct_amd64.h"

CONSTANT(columnRound, const_columnRound)
CONSTANT(rowRound, const_rowRound)
CONSTANT(fix1282, const_fix1282)
CONSTANT(fix0531, const_fix0531)
CONSTANT(fix0924, const_fix0924)
CONSTANT(fix0450, const_fix0450)
CONSTANT(fix1086, const_fix1086)

// Where each byte comes from when four columns of four bytes become rows.
DATA byRows<>+0(SB)/8, $0x0d0905010c080400
DATA byRows<>+8(SB)/8, $0x0f0b07030e0a0602
GLOBL byRows<>(SB), RODATA|NOPTR, $16

// PASS4 transforms X0..X3 in place, four one-dimensional transforms at once: e0 and e1 of
// inverse4 come to X4 and X0, o0 and o1 to X5 and X1.
#define PASS4(round, shift) \
	VPSLLD $const_fixBits, X0, X0; \
	VPADDD round<>(SB), X0, X0; \
	VPMULLD fix0924<>(SB), X2, X2; \
	VPADDD X2, X0, X4; \
	VPSUBD X2, X0, X0; \
	VPMULLD fix1282<>(SB), X1, X5; \
	VPMULLD fix0450<>(SB), X3, X6; \
	VPMULLD fix0531<>(SB), X1, X1; \
	VPMULLD fix1086<>(SB), X3, X3; \
	VPADDD X6, X5, X5; \
	VPSUBD X3, X1, X1; \
	VPSUBD X5, X4, X3; \
	VPADDD X5, X4, X4; \
	VPSUBD X1, X0, X2; \
	VPADDD X1, X0, X1; \
	VPSRAD $shift, X4, X0; \
	VPSRAD $shift, X1, X1; \
	VPSRAD $shift, X2, X2; \
	VPSRAD $shift, X3, X3

// func inverse4AVX2(coef *[64]int32, dst *byte, stride int)
TEXT ·inverse4AVX2(SB), NOSPLIT, $0-24
	MOVQ coef+0(FP), AX
	MOVQ dst+8(FP), DI
	MOVQ stride+16(FP), BX
	VMOVDQU 0(AX), X0
	VMOVDQU 32(AX), X1
	VMOVDQU 64(AX), X2
	VMOVDQU 96(AX), X3
	VPXOR X7, X7, X7
	VMOVDQU X7, 0(AX)
	VMOVDQU X7, 32(AX)
	VMOVDQU X7, 64(AX)
	VMOVDQU X7, 96(AX)
	PASS4(columnRound, const_columnShift)
	VPUNPCKLDQ X1, X0, X4
	VPUNPCKHDQ X1, X0, X5
	VPUNPCKLDQ X3, X2, X6
	VPUNPCKHDQ X3, X2, X7
	VPUNPCKLQDQ X6, X4, X0
	VPUNPCKHQDQ X6, X4, X1
	VPUNPCKLQDQ X7, X5, X2
	VPUNPCKHQDQ X7, X5, X3
	PASS4(rowRound, const_rowShift)
	VPACKSSDW X1, X0, X0
	VPACKSSDW X3, X2, X2
	VPACKUSWB X2, X0, X0
	VPSHUFB byRows<>(SB), X0, X0
	LEAQ (BX)(BX*2), R8
	VMOVD X0, (DI)
	VPEXTRD $1, X0, (DI)(BX*1)
	VPEXTRD $2, X0, (DI)(BX*2)
	VPEXTRD $3, X0, (DI)(R8*1)
	RET
