//go:build amd64 && !noasm

#include "textflag.h"
#include "go_asm.h"

// func blockBMI2(w *bitWriter, dc, ac *encodeTable, diff int32, coef *[64]int16, mask uint64) (ok bool)
//
// AX is acc, BX n, DI the address of the next byte, CX coef, DX ac, SI mask, R8 the position
// after the coefficient before, R9 zigzag. A code and its value are made in R10 (a code, then
// all bits), R11 (v, less one where negative), R12 (their length) and R13 (size).
TEXT ·blockBMI2(SB), NOSPLIT, $8-49
	MOVQ w+0(FP), R13
	MOVQ bitWriter_acc(R13), AX
	MOVQ bitWriter_n(R13), BX
	MOVQ bitWriter_buf(R13), DI
	MOVQ (bitWriter_buf+8)(R13), R12
	LEAQ -16(DI)(R12*1), R12
	MOVQ R12, limit-8(SP) // the last place with room for eight bytes and as many zeros
	ADDQ bitWriter_pos(R13), DI
	MOVQ dc+8(FP), R10
	MOVQ ac+16(FP), DX
	MOVLQSX diff+24(FP), R11
	MOVQ coef+32(FP), CX
	MOVQ mask+40(FP), SI
	LEAQ ·zigzag(SB), R9
	ANDQ $-2, SI
	MOVL $1, R8

	MOVL R11, R13
	SARL $31, R13
	ADDL R13, R11
	XORL R11, R13 // the difference without its sign
	LZCNTL R13, R12
	MOVL $32, R13
	SUBL R12, R13
	MOVL (R10)(R13*4), R10
	JMP value

coefficient:
	TZCNTQ SI, R12
	MOVQ R12, R10
	SUBQ R8, R10 // the run of zeros
	CMPQ R10, $15
	JHI zeros
	LEAQ 1(R12), R8
	BLSRQ SI, SI
	MOVBLZX (R9)(R12*1), R12
	MOVWLSX (CX)(R12*2), R11
	MOVL R11, R13
	SARL $31, R13
	ADDL R13, R11
	XORL R11, R13 // the coefficient without its sign
	LZCNTL R13, R12
	MOVL $32, R13
	SUBL R12, R13
	SHLL $4, R10
	ORL R13, R10
	MOVBLZX R10, R10
	MOVL (DX)(R10*4), R10

value:
	BZHIL R13, R11, R11
	MOVL R10, R12
	SHRL $16, R12
	MOVWLZX R10, R10
	SHLXQ R13, R10, R10
	ORQ R11, R10
	ADDL R13, R12

append:
	LEAQ (BX)(R12*1), R13
	CMPQ R13, $64
	JAE full
	SHLXQ R12, AX, AX
	ORQ R10, AX
	MOVQ R13, BX

next:
	TESTQ SI, SI
	JNE coefficient
	CMPQ R8, $64
	JEQ done
	MOVL $64, R8
	MOVL (DX), R10 // EOB
	JMP bare

zeros:
	ADDQ $16, R8
	MOVL (4*0xf0)(DX), R10 // ZRL

bare:
	MOVL R10, R12
	SHRL $16, R12
	MOVWLZX R10, R10
	JMP append

full: // and R13-64 bits more
	CMPQ DI, limit-8(SP)
	JHI overflow
	SUBQ $64, R13
	NEGQ BX
	SHLXQ BX, AX, AX
	SHRXQ R13, R10, R12
	ORQ R12, AX
	MOVQ R13, BX
	MOVQ $0x0101010101010101, R13
	MOVQ AX, R12
	NOTQ R12
	SUBQ R13, R12 // as in putStuffed
	ANDQ AX, R12
	SHLQ $7, R13
	TESTQ R13, R12
	JNE stuff
	BSWAPQ AX
	MOVQ AX, (DI)
	ADDQ $8, DI
	MOVQ R10, AX
	JMP next

stuff:
	MOVL $8, R12
byte:
	ROLQ $8, AX
	MOVBLZX AX, R13
	MOVW R13, (DI) // and a zero
	INCQ DI
	CMPB R13, $0xff
	JNE plain
	INCQ DI
plain:
	DECL R12
	JNE byte
	MOVQ R10, AX
	JMP next

done:
	MOVQ w+0(FP), R13
	SUBQ bitWriter_buf(R13), DI
	MOVQ DI, bitWriter_pos(R13)
	MOVQ AX, bitWriter_acc(R13)
	MOVQ BX, bitWriter_n(R13)
	MOVB $1, ok+48(FP)
	RET

overflow:
	MOVB $0, ok+48(FP)
	RET
