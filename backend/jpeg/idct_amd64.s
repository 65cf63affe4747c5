//go:build amd64 && !noasm

#include "dct_amd64.h"

CONSTANT(columnRound, const_columnRound)
CONSTANT(rowRound, const_rowRound)

// What is left of the odd half for a corner: o0 = corner10*c1 + corner30*c3, and so on.
CONSTANT(fix1306, (const_fix0541+const_fix0765))
CONSTANT(corner10, (const_fix1175-const_fix0899))
CONSTANT(corner30, (const_fix1175-const_fix1961))
CONSTANT(corner11, (const_fix1175-const_fix0390))
CONSTANT(corner31, (const_fix1175-const_fix2562))
CONSTANT(corner32, (const_fix3072-const_fix2562-const_fix1961+const_fix1175))
CONSTANT(corner13, (const_fix1501-const_fix0899+const_fix1175-const_fix0390))

// Where each byte comes from when four columns of four bytes become rows.
DATA byRows<>+0(SB)/8, $0x0d0905010c080400
DATA byRows<>+8(SB)/8, $0x0f0b07030e0a0602
DATA byRows<>+16(SB)/8, $0x0d0905010c080400
DATA byRows<>+24(SB)/8, $0x0f0b07030e0a0602
GLOBL byRows<>(SB), RODATA|NOPTR, $32

// PASS transforms c0..c7 in place, eight one-dimensional transforms at once. First comes the
// even half, which leaves e0..e3 of idct.go in c0, t0, c4 and c2, then the odd one, with
// o0..o3 in c7, c5, c3 and c1, and then their sums and differences.
#define PASS(c0, c1, c2, c3, c4, c5, c6, c7, t0, t1, t2, t3, t4, round, shift) \
	VPADDD c6, c2, t0; \
	VPMULLD fix0541<>(SB), t0, t0; \
	VPMULLD fix1847<>(SB), c6, c6; \
	VPMULLD fix0765<>(SB), c2, c2; \
	VPSUBD c6, t0, c6; \
	VPADDD c2, t0, c2; \
	VPADDD c4, c0, t0; \
	VPSUBD c4, c0, c4; \
	VPSLLD $const_fixBits, t0, t0; \
	VPSLLD $const_fixBits, c4, c4; \
	VPADDD round<>(SB), t0, t0; \
	VPADDD round<>(SB), c4, c4; \
	VPADDD c2, t0, c0; \
	VPSUBD c2, t0, c2; \
	VPADDD c6, c4, t0; \
	VPSUBD c6, c4, c4; \
	VPADDD c3, c7, c6; \
	VPADDD c1, c5, t1; \
	VPADDD t1, c6, t2; \
	VPMULLD fix1175<>(SB), t2, t2; \
	VPMULLD fix1961<>(SB), c6, c6; \
	VPMULLD fix0390<>(SB), t1, t1; \
	VPSUBD c6, t2, c6; \
	VPSUBD t1, t2, t1; \
	VPADDD c1, c7, t2; \
	VPADDD c3, c5, t3; \
	VPMULLD fix0899<>(SB), t2, t2; \
	VPMULLD fix2562<>(SB), t3, t3; \
	VPMULLD fix0298<>(SB), c7, c7; \
	VPMULLD fix3072<>(SB), c3, c3; \
	VPMULLD fix2053<>(SB), c5, c5; \
	VPMULLD fix1501<>(SB), c1, c1; \
	VPSUBD t2, c6, t4; \
	VPADDD t4, c7, c7; \
	VPSUBD t3, c6, t4; \
	VPADDD t4, c3, c3; \
	VPSUBD t3, t1, t4; \
	VPADDD t4, c5, c5; \
	VPSUBD t2, t1, t4; \
	VPADDD t4, c1, c1; \
	VPADDD c7, c2, t2; \
	VPSUBD c7, c2, t3; \
	VPSUBD c1, c0, c7; \
	VPADDD c1, c0, c0; \
	VPADDD c3, t0, c1; \
	VPSUBD c3, t0, c6; \
	VPADDD c5, c4, c2; \
	VPSUBD c5, c4, c5; \
	VPSRAD $shift, c0, c0; \
	VPSRAD $shift, c1, c1; \
	VPSRAD $shift, c2, c2; \
	VPSRAD $shift, t2, c3; \
	VPSRAD $shift, t3, c4; \
	VPSRAD $shift, c5, c5; \
	VPSRAD $shift, c6, c6; \
	VPSRAD $shift, c7, c7

// CORNER is PASS for Y0..Y7 of which only the first four differ from zero: e0..e3 come to
// Y8..Y11, o0..o3 to Y4..Y7.
#define CORNER(round, shift) \
	VPSLLD $const_fixBits, Y0, Y0; \
	VPADDD round<>(SB), Y0, Y0; \
	VPMULLD fix0541<>(SB), Y2, Y4; \
	VPMULLD fix1306<>(SB), Y2, Y2; \
	VPADDD Y2, Y0, Y8; \
	VPADDD Y4, Y0, Y9; \
	VPSUBD Y4, Y0, Y10; \
	VPSUBD Y2, Y0, Y11; \
	VPMULLD corner10<>(SB), Y1, Y4; \
	VPMULLD corner30<>(SB), Y3, Y12; \
	VPMULLD corner11<>(SB), Y1, Y5; \
	VPMULLD corner31<>(SB), Y3, Y13; \
	VPMULLD fix1175<>(SB), Y1, Y6; \
	VPMULLD corner32<>(SB), Y3, Y14; \
	VPMULLD corner13<>(SB), Y1, Y7; \
	VPMULLD fix1175<>(SB), Y3, Y15; \
	VPADDD Y12, Y4, Y4; \
	VPADDD Y13, Y5, Y5; \
	VPADDD Y14, Y6, Y6; \
	VPADDD Y15, Y7, Y7; \
	VPADDD Y7, Y8, Y0; \
	VPADDD Y6, Y9, Y1; \
	VPADDD Y5, Y10, Y2; \
	VPADDD Y4, Y11, Y3; \
	VPSUBD Y4, Y11, Y4; \
	VPSUBD Y5, Y10, Y5; \
	VPSUBD Y6, Y9, Y6; \
	VPSUBD Y7, Y8, Y7; \
	VPSRAD $shift, Y0, Y0; \
	VPSRAD $shift, Y1, Y1; \
	VPSRAD $shift, Y2, Y2; \
	VPSRAD $shift, Y3, Y3; \
	VPSRAD $shift, Y4, Y4; \
	VPSRAD $shift, Y5, Y5; \
	VPSRAD $shift, Y6, Y6; \
	VPSRAD $shift, Y7, Y7

// PUT clamps columns c0..c7, which packing does, and stores their rows at DI, BX apart. c0
// and c4 get four columns of bytes each, rows 0..3 in the low half and 4..7 in the high one.
#define PUT(c0, c1, c2, c3, c4, c5, c6, c7) \
	VPACKSSDW c1, c0, c0; \
	VPACKSSDW c3, c2, c2; \
	VPACKSSDW c5, c4, c4; \
	VPACKSSDW c7, c6, c6; \
	VPACKUSWB c2, c0, c0; \
	VPACKUSWB c6, c4, c4; \
	VPSHUFB byRows<>(SB), c0, c0; \
	VPSHUFB byRows<>(SB), c4, c4; \
	VPUNPCKLDQ c4, c0, Y12; \
	VPUNPCKHDQ c4, c0, Y13; \
	VEXTRACTI128 $1, Y12, X14; \
	VEXTRACTI128 $1, Y13, X15; \
	LEAQ (BX)(BX*2), R8; \
	LEAQ (DI)(BX*4), R9; \
	VMOVQ X12, (DI); \
	VPEXTRQ $1, X12, (DI)(BX*1); \
	VMOVQ X13, (DI)(BX*2); \
	VPEXTRQ $1, X13, (DI)(R8*1); \
	VMOVQ X14, (R9); \
	VPEXTRQ $1, X14, (R9)(BX*1); \
	VMOVQ X15, (R9)(BX*2); \
	VPEXTRQ $1, X15, (R9)(R8*1)

// func inverseFullAVX2(coef *[64]int32, dst *byte, stride int)
TEXT ·inverseFullAVX2(SB), NOSPLIT, $0-24
	MOVQ coef+0(FP), AX
	MOVQ dst+8(FP), DI
	MOVQ stride+16(FP), BX
	VMOVDQU 0(AX), Y0
	VMOVDQU 32(AX), Y1
	VMOVDQU 64(AX), Y2
	VMOVDQU 96(AX), Y3
	VMOVDQU 128(AX), Y4
	VMOVDQU 160(AX), Y5
	VMOVDQU 192(AX), Y6
	VMOVDQU 224(AX), Y7
	VPXOR Y15, Y15, Y15
	VMOVDQU Y15, 0(AX)
	VMOVDQU Y15, 32(AX)
	VMOVDQU Y15, 64(AX)
	VMOVDQU Y15, 96(AX)
	VMOVDQU Y15, 128(AX)
	VMOVDQU Y15, 160(AX)
	VMOVDQU Y15, 192(AX)
	VMOVDQU Y15, 224(AX)
	PASS(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, columnRound, const_columnShift)
	TRANSPOSE
	PASS(Y8, Y9, Y10, Y11, Y4, Y5, Y6, Y7, Y0, Y1, Y2, Y3, Y12, rowRound, const_rowShift)
	PUT(Y8, Y9, Y10, Y11, Y4, Y5, Y6, Y7)
	VZEROUPPER
	RET

// func inverseCornerAVX2(coef *[64]int32, dst *byte, stride int)
TEXT ·inverseCornerAVX2(SB), NOSPLIT, $0-24
	MOVQ coef+0(FP), AX
	MOVQ dst+8(FP), DI
	MOVQ stride+16(FP), BX
	VMOVDQU 0(AX), X0 // columns 0..3, and the high halves zero
	VMOVDQU 32(AX), X1
	VMOVDQU 64(AX), X2
	VMOVDQU 96(AX), X3
	VPXOR X15, X15, X15
	VMOVDQU X15, 0(AX)
	VMOVDQU X15, 32(AX)
	VMOVDQU X15, 64(AX)
	VMOVDQU X15, 96(AX)
	CORNER(columnRound, const_columnShift)
	VINSERTI128 $1, X4, Y0, Y0 // rows 0 and 4, 1 and 5, 2 and 6, 3 and 7
	VINSERTI128 $1, X5, Y1, Y1
	VINSERTI128 $1, X6, Y2, Y2
	VINSERTI128 $1, X7, Y3, Y3
	VPUNPCKLDQ Y1, Y0, Y8
	VPUNPCKHDQ Y1, Y0, Y9
	VPUNPCKLDQ Y3, Y2, Y10
	VPUNPCKHDQ Y3, Y2, Y11
	VPUNPCKLQDQ Y10, Y8, Y0
	VPUNPCKHQDQ Y10, Y8, Y1
	VPUNPCKLQDQ Y11, Y9, Y2
	VPUNPCKHQDQ Y11, Y9, Y3
	CORNER(rowRound, const_rowShift)
	PUT(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7)
	VZEROUPPER
	RET
