//go:build amd64 && !noasm

#include "dct_amd64.h"

CONSTANT(rowsRound, (1<<(const_fixBits-const_passBits-1)))
CONSTANT(columnsRound, (1<<(const_fixBits+const_passBits-1)))
CONSTANT(plainRound, (1<<(const_passBits-1)))

// The level shift (A.3.1) of 64 samples, for DC alone.
DATA level<>+0(SB)/8, $8192
DATA level<>+8(SB)/8, $0
DATA level<>+16(SB)/8, $0
DATA level<>+24(SB)/8, $0
GLOBL level<>(SB), RODATA|NOPTR, $32

// pick0..3 say which byte of rows 0 and 2, 1 and 3, 4 and 6, 5 and 7 goes to which place of
// the zig-zag sequence (figure A.6).
DATA pick0<>+0(SB)/8, $0x8003028008800100
DATA pick0<>+8(SB)/8, $0x0504800a80808009
DATA pick0<>+16(SB)/8, $0x8080808080800b80
DATA pick0<>+24(SB)/8, $0x800d800706800c80
DATA pick0<>+32(SB)/8, $0x8080808080808080
DATA pick0<>+40(SB)/8, $0x808080800f800e80
DATA pick0<>+48(SB)/8, $0x8080808080808080
DATA pick0<>+56(SB)/8, $0x8080808080808080
GLOBL pick0<>(SB), RODATA|NOPTR, $64
DATA pick1<>+0(SB)/8, $0x0280800180008080
DATA pick1<>+8(SB)/8, $0x8080038009800880
DATA pick1<>+16(SB)/8, $0x80808080800a8004
DATA pick1<>+24(SB)/8, $0x0c8006808005800b
DATA pick1<>+32(SB)/8, $0x8080808080808080
DATA pick1<>+40(SB)/8, $0x8080800e8007800d
DATA pick1<>+48(SB)/8, $0x80800f8080808080
DATA pick1<>+56(SB)/8, $0x8080808080808080
GLOBL pick1<>(SB), RODATA|NOPTR, $64
DATA pick2<>+0(SB)/8, $0x8080808080808080
DATA pick2<>+8(SB)/8, $0x8080808080008080
DATA pick2<>+16(SB)/8, $0x0280088001808080
DATA pick2<>+24(SB)/8, $0x8080808080808080
DATA pick2<>+32(SB)/8, $0x04800a8080098003
DATA pick2<>+40(SB)/8, $0x0b80058080808080
DATA pick2<>+48(SB)/8, $0x80078006800c8080
DATA pick2<>+56(SB)/8, $0x80800f800e80800d
GLOBL pick2<>(SB), RODATA|NOPTR, $64
DATA pick3<>+0(SB)/8, $0x8080808080808080
DATA pick3<>+8(SB)/8, $0x8080808080808080
DATA pick3<>+16(SB)/8, $0x8001800080808080
DATA pick3<>+24(SB)/8, $0x8080808080808080
DATA pick3<>+32(SB)/8, $0x8003800908800280
DATA pick3<>+40(SB)/8, $0x8004808080808080
DATA pick3<>+48(SB)/8, $0x0680808005800b0a
DATA pick3<>+56(SB)/8, $0x0f0e8007800d0c80
GLOBL pick3<>(SB), RODATA|NOPTR, $64

// PASS transforms c0..c7 in place, eight one-dimensional transforms at once, but for c0 and
// c4: those have no fractional bits to take away and are left in t2 and t3.
#define PASS(c0, c1, c2, c3, c4, c5, c6, c7, t0, t1, t2, t3, t4, round, shift) \
	VPADDD c7, c0, t0; \
	VPADDD c6, c1, t1; \
	VPADDD c5, c2, t2; \
	VPADDD c4, c3, t3; \
	VPSUBD c7, c0, c7; \
	VPSUBD c6, c1, c6; \
	VPSUBD c5, c2, c5; \
	VPSUBD c4, c3, c4; \
	VPADDD t3, t0, c0; \
	VPSUBD t3, t0, t0; \
	VPADDD t2, t1, c1; \
	VPSUBD t2, t1, t1; \
	VPADDD c1, c0, t2; \
	VPSUBD c1, c0, t3; \
	VPADDD t1, t0, c2; \
	VPMULLD fix0541<>(SB), c2, c2; \
	VPMULLD fix0765<>(SB), t0, t0; \
	VPMULLD fix1847<>(SB), t1, t1; \
	VPADDD round<>(SB), c2, c2; \
	VPSUBD t1, c2, t1; \
	VPADDD t0, c2, c2; \
	VPADDD c6, c4, c0; \
	VPADDD c7, c5, c1; \
	VPADDD c1, c0, t0; \
	VPMULLD fix1175<>(SB), t0, t0; \
	VPMULLD fix1961<>(SB), c0, c0; \
	VPMULLD fix0390<>(SB), c1, c1; \
	VPADDD round<>(SB), t0, t0; \
	VPSUBD c0, t0, c0; \
	VPSUBD c1, t0, c1; \
	VPADDD c7, c4, c3; \
	VPADDD c6, c5, t0; \
	VPMULLD fix0899<>(SB), c3, c3; \
	VPMULLD fix2562<>(SB), t0, t0; \
	VPMULLD fix0298<>(SB), c4, c4; \
	VPMULLD fix2053<>(SB), c5, c5; \
	VPMULLD fix3072<>(SB), c6, c6; \
	VPMULLD fix1501<>(SB), c7, c7; \
	VPSUBD c3, c0, t4; \
	VPADDD t4, c4, c4; \
	VPSUBD c3, c1, c3; \
	VPADDD c3, c7, c7; \
	VPSUBD t0, c0, t4; \
	VPADDD t4, c6, c6; \
	VPSUBD t0, c1, t0; \
	VPADDD t0, c5, c5; \
	VPSRAD $shift, c7, c1; \
	VPSRAD $shift, c2, c2; \
	VPSRAD $shift, c6, c3; \
	VPSRAD $shift, c5, c5; \
	VPSRAD $shift, t1, c6; \
	VPSRAD $shift, c4, c7

// QUANTIZE divides two rows of 16-bit coefficients, offset bytes into a block of them.
#define QUANTIZE(c, offset) \
	VPERMQ $0xd8, c, c; \
	VPABSW c, Y12; \
	VPADDW (offset+0)(CX), Y12, Y12; \
	VPMULHUW (offset+128)(CX), Y12, Y12; \
	VPMULHUW (offset+256)(CX), Y12, Y12; \
	VPSIGNW c, Y12, c; \
	VMOVDQU c, offset(DI)

// func forwardQuantizeAVX2(src *byte, stride int, q *quantizer, out *[64]int16) uint64
TEXT ·forwardQuantizeAVX2(SB), NOSPLIT, $0-40
	MOVQ src+0(FP), AX
	MOVQ stride+8(FP), BX
	MOVQ q+16(FP), CX
	MOVQ out+24(FP), DI
	LEAQ (BX)(BX*2), R8
	LEAQ (AX)(BX*4), R9
	VPMOVZXBD (AX), Y0
	VPMOVZXBD (AX)(BX*1), Y1
	VPMOVZXBD (AX)(BX*2), Y2
	VPMOVZXBD (AX)(R8*1), Y3
	VPMOVZXBD (R9), Y4
	VPMOVZXBD (R9)(BX*1), Y5
	VPMOVZXBD (R9)(BX*2), Y6
	VPMOVZXBD (R9)(R8*1), Y7
	TRANSPOSE
	PASS(Y8, Y9, Y10, Y11, Y4, Y5, Y6, Y7, Y0, Y1, Y2, Y3, Y12, rowsRound, (const_fixBits-const_passBits))
	VPSLLD $const_passBits, Y3, Y4
	VPSLLD $const_passBits, Y2, Y0
	VMOVDQA Y9, Y1
	VMOVDQA Y10, Y2
	VMOVDQA Y11, Y3
	TRANSPOSE
	PASS(Y8, Y9, Y10, Y11, Y4, Y5, Y6, Y7, Y0, Y1, Y2, Y3, Y12, columnsRound, (const_fixBits+const_passBits))
	VPADDD plainRound<>(SB), Y2, Y2
	VPADDD plainRound<>(SB), Y3, Y3
	VPSRAD $const_passBits, Y2, Y8
	VPSRAD $const_passBits, Y3, Y4
	VPSUBD level<>(SB), Y8, Y8

	// Rows 0 and 1 to Y0, 2 and 3 to Y2, 4 and 5 to Y4, 6 and 7 to Y6.
	VPACKSSDW Y9, Y8, Y0
	VPACKSSDW Y11, Y10, Y2
	VPACKSSDW Y5, Y4, Y4
	VPACKSSDW Y7, Y6, Y6
	QUANTIZE(Y0, 0)
	QUANTIZE(Y2, 32)
	QUANTIZE(Y4, 64)
	QUANTIZE(Y6, 96)

	// As bytes, which saturate, but not to zero: rows 0 and 2 to Y8, 1 and 3 to Y9, 4 and 6
	// to Y10, 5 and 7 to Y11, each twice. Then each half of Y0 and Y1 takes its sixteen
	// places of the zig-zag sequence from all of them.
	VPACKSSWB Y2, Y0, Y0
	VPACKSSWB Y6, Y4, Y4
	VPERMQ $0x44, Y0, Y8
	VPERMQ $0xee, Y0, Y9
	VPERMQ $0x44, Y4, Y10
	VPERMQ $0xee, Y4, Y11
	VPSHUFB pick0<>+0(SB), Y8, Y0
	VPSHUFB pick1<>+0(SB), Y9, Y1
	VPSHUFB pick2<>+0(SB), Y10, Y2
	VPSHUFB pick3<>+0(SB), Y11, Y3
	VPOR Y1, Y0, Y0
	VPOR Y3, Y2, Y2
	VPOR Y2, Y0, Y0
	VPSHUFB pick0<>+32(SB), Y8, Y4
	VPSHUFB pick1<>+32(SB), Y9, Y5
	VPSHUFB pick2<>+32(SB), Y10, Y6
	VPSHUFB pick3<>+32(SB), Y11, Y7
	VPOR Y5, Y4, Y4
	VPOR Y7, Y6, Y6
	VPOR Y6, Y4, Y1
	VPXOR Y2, Y2, Y2
	VPCMPEQB Y2, Y0, Y0
	VPCMPEQB Y2, Y1, Y1
	VPMOVMSKB Y0, AX
	VPMOVMSKB Y1, BX
	SHLQ $32, BX
	ORQ BX, AX
	NOTQ AX
	MOVQ AX, mask+32(FP)
	VZEROUPPER
	RET
