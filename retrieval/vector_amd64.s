#include "textflag.h"

// func addScaledFours(into, row *float32, n int, w float32)
TEXT ·addScaledFours(SB), NOSPLIT, $0-28
	MOVQ   into+0(FP), DI
	MOVQ   row+8(FP), SI
	MOVQ   n+16(FP), CX
	MOVSS  w+24(FP), X0
	SHUFPS $0, X0, X0

four:
	MOVUPS (SI), X1
	MULPS  X0, X1
	MOVUPS (DI), X2
	ADDPS  X1, X2
	MOVUPS X2, (DI)
	ADDQ   $16, SI
	ADDQ   $16, DI
	SUBQ   $4, CX
	JNZ    four
	RET

// func dotFours(a, b *float32, n int) float32
TEXT ·dotFours(SB), NOSPLIT, $0-28
	MOVQ  a+0(FP), SI
	MOVQ  b+8(FP), DI
	MOVQ  n+16(FP), CX
	XORPS X0, X0

four:
	MOVUPS (SI), X1
	MOVUPS (DI), X2
	MULPS  X2, X1
	ADDPS  X1, X0
	ADDQ   $16, SI
	ADDQ   $16, DI
	SUBQ   $4, CX
	JNZ    four

	// (s0 + s1) + (s2 + s3)
	MOVAPS X0, X1
	SHUFPS $0xB1, X1, X1 // s1 s0 s3 s2
	ADDPS  X1, X0
	MOVHLPS X0, X1       // s2 + s3
	ADDSS  X1, X0
	MOVSS  X0, ret+24(FP)
	RET
