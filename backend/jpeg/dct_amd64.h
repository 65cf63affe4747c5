// What the two transforms share. Their arithmetic is that of idct.go and fdct.go, term by
// term: it gives the same numbers, and even wraps around like theirs.

#include "textflag.h"
#include "go_asm.h" // the constants of the Go code, const_ before their names

// TRANSPOSE turns an 8x8 matrix of 32-bit numbers in rows Y0..Y7 into its columns
// Y8, Y9, Y10, Y11, Y4, Y5, Y6, Y7. It uses all the registers.
#define TRANSPOSE \
	VPUNPCKLDQ Y1, Y0, Y8; \
	VPUNPCKHDQ Y1, Y0, Y9; \
	VPUNPCKLDQ Y3, Y2, Y10; \
	VPUNPCKHDQ Y3, Y2, Y11; \
	VPUNPCKLDQ Y5, Y4, Y12; \
	VPUNPCKHDQ Y5, Y4, Y13; \
	VPUNPCKLDQ Y7, Y6, Y14; \
	VPUNPCKHDQ Y7, Y6, Y15; \
	VPUNPCKLQDQ Y10, Y8, Y0; \
	VPUNPCKHQDQ Y10, Y8, Y1; \
	VPUNPCKLQDQ Y11, Y9, Y2; \
	VPUNPCKHQDQ Y11, Y9, Y3; \
	VPUNPCKLQDQ Y14, Y12, Y4; \
	VPUNPCKHQDQ Y14, Y12, Y5; \
	VPUNPCKLQDQ Y15, Y13, Y6; \
	VPUNPCKHQDQ Y15, Y13, Y7; \
	VPERM2I128 $0x20, Y4, Y0, Y8; \
	VPERM2I128 $0x20, Y5, Y1, Y9; \
	VPERM2I128 $0x20, Y6, Y2, Y10; \
	VPERM2I128 $0x20, Y7, Y3, Y11; \
	VPERM2I128 $0x31, Y4, Y0, Y4; \
	VPERM2I128 $0x31, Y5, Y1, Y5; \
	VPERM2I128 $0x31, Y6, Y2, Y6; \
	VPERM2I128 $0x31, Y7, Y3, Y7

// CONSTANT defines the symbol name as eight times the 32-bit number v.
#define CONSTANT(name, v) \
	DATA name<>+0(SB)/4, $v; \
	DATA name<>+4(SB)/4, $v; \
	DATA name<>+8(SB)/4, $v; \
	DATA name<>+12(SB)/4, $v; \
	DATA name<>+16(SB)/4, $v; \
	DATA name<>+20(SB)/4, $v; \
	DATA name<>+24(SB)/4, $v; \
	DATA name<>+28(SB)/4, $v; \
	GLOBL name<>(SB), RODATA|NOPTR, $32

CONSTANT(fix0298, const_fix0298)
CONSTANT(fix0390, const_fix0390)
CONSTANT(fix0541, const_fix0541)
CONSTANT(fix0765, const_fix0765)
CONSTANT(fix0899, const_fix0899)
CONSTANT(fix1175, const_fix1175)
CONSTANT(fix1501, const_fix1501)
CONSTANT(fix1847, const_fix1847)
CONSTANT(fix1961, const_fix1961)
CONSTANT(fix2053, const_fix2053)
CONSTANT(fix2562, const_fix2562)
CONSTANT(fix3072, const_fix3072)
