// Programs: what a replay does, as a sequence of words of 64 bits.
//
// Each operation begins with its code and its length in words. Addresses are words, strides are in
// bytes, and dtype is 0 for float and 1 for double.
//
//   ELEMENTWISE  function, itemsize, operands, outputs, outer dimensions, inner length,
//                outer lengths..., per operand: address, inner stride, outer strides...
//                (an output of several entries without strides is thrown away)
//   PRODUCT      dtype, m, n, k, accumulate, batch, per matrix of a, b, c:
//                address, step of the batch, stride of rows, stride of columns
//   SUM          dtype, kept dimensions, summed dimensions, address of the input, of the output,
//                per kept dimension: length, stride in the input, stride in the output,
//                per summed dimension: length, stride
//   TAKE         bytes of a row, rows of the index, its columns, address of the input, its rows,
//                its stride, address of the index, its strides of rows and columns, address of the
//                output, whose rows are contiguous
//
// Whoever changes this raises LAYOUT, here and in lowering.py.
#pragma once

#include <cstdint>

namespace regan {

typedef std::int64_t Word;

const int LAYOUT = 1;

enum Code : Word { ELEMENTWISE, PRODUCT, SUM, TAKE };

// The functions of BLAS, as Fortran has them.
struct Blas {
  void (*sgemm)(char*, char*, int*, int*, int*, float*, float*, int*, float*, int*, float*, float*,
                int*);
  void (*dgemm)(char*, char*, int*, int*, int*, double*, double*, int*, double*, int*, double*,
                double*, int*);
  void (*sgemv)(char*, int*, int*, float*, float*, int*, float*, int*, float*, float*, int*);
  void (*dgemv)(char*, int*, int*, double*, double*, int*, double*, int*, double*, double*, int*);
  float (*sdot)(int*, float*, int*, float*, int*);
  double (*ddot)(int*, double*, int*, double*, int*);
};

extern Blas blas;

// Do what the words say, up to `stop`.
void play(const Word* words, const Word* stop);

}  // namespace regan
