// What the operations of a program do.

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels.hpp"
#include "program.hpp"

namespace regan {

Blas blas;

namespace {

const Word BLOCK = 512;        // entries of each operand at a time: they stay in the first cache
const Word NARROW = 32;        // rows shorter than this are joined to blocks
const Word MOST_OPERANDS = 40;

inline char* address(Word word) { return reinterpret_cast<char*>(static_cast<std::intptr_t>(word)); }

// ---- Copies between strided memory and blocks

template <typename T>
void gather(T* block, const char* from, Word stride, Word n) {
  if (stride == 0) {
    const T value = *reinterpret_cast<const T*>(from);
    for (Word i = 0; i < n; ++i) block[i] = value;
  } else if (stride == Word(sizeof(T))) {
    std::memcpy(block, from, n * sizeof(T));
  } else {
    for (Word i = 0; i < n; ++i) block[i] = *reinterpret_cast<const T*>(from + i * stride);
  }
}

template <typename T>
void scatter(const T* block, char* to, Word stride, Word n) {
  if (stride == Word(sizeof(T))) {
    std::memcpy(to, block, n * sizeof(T));
  } else {
    for (Word i = 0; i < n; ++i) *reinterpret_cast<T*>(to + i * stride) = block[i];
  }
}

// ---- Elementwise operations

struct Elementwise {
  KernelFunction function;
  Word n_operands, n_inputs, n_outer, n_inner;
  const Word* lengths;   // of the outer dimensions
  const Word* operands;  // per operand: address, inner stride, outer strides

  const Word* operand(Word j) const { return operands + j * (2 + n_outer); }

  // Whether nobody reads output j.
  bool thrown_away(Word j) const {
    const Word* about = operand(j);
    bool moves = about[1] != 0 && n_inner > 1;
    Word n = n_inner;
    for (Word d = 0; d < n_outer; ++d) {
      moves = moves || about[2 + d] != 0;
      n *= lengths[d];
    }
    return n > 1 && !moves;
  }

  // Where row `row` of operand j begins; rows are counted in C order.
  char* row(Word j, Word row) const {
    const Word* about = operand(j);
    char* at = address(about[0]);
    for (Word d = n_outer - 1; d >= 0; --d) {
      at += (row % lengths[d]) * about[2 + d];
      row /= lengths[d];
    }
    return at;
  }
};

// Rows of at least NARROW entries, or one row: operands that are contiguous within it stay in place.
template <typename T>
void by_rows(const Elementwise& op, T (*blocks)[BLOCK], Word n_rows) {
  char* at[MOST_OPERANDS];
  char* begin[MOST_OPERANDS];
  const char* spread[MOST_OPERANDS] = {};  // of which value a block is full
  bool stays[MOST_OPERANDS];               // an output's block is not copied
  Word count[8] = {};
  for (Word j = 0; j < op.n_operands; ++j) {
    begin[j] = address(op.operand(j)[0]);
    stays[j] = op.operand(j)[1] == Word(sizeof(T)) || (j >= op.n_inputs && op.thrown_away(j));
  }
  for (Word row = 0; row < n_rows; ++row) {
    for (Word start = 0; start < op.n_inner; start += BLOCK) {
      const Word n = std::min(BLOCK, op.n_inner - start);
      for (Word j = 0; j < op.n_operands; ++j) {
        const Word stride = op.operand(j)[1];
        if (stride == Word(sizeof(T))) {
          at[j] = begin[j] + start * sizeof(T);
          continue;
        }
        at[j] = reinterpret_cast<char*>(blocks[j]);
        if (stays[j]) continue;
        if (stride == 0 && j < op.n_inputs) {
          if (spread[j] == begin[j]) continue;
          gather<T>(blocks[j], begin[j], 0, std::min(BLOCK, op.n_inner));
          spread[j] = begin[j];
        } else {
          gather<T>(blocks[j], begin[j] + start * stride, stride, n);
        }
      }
      op.function(n, at);
      for (Word j = op.n_inputs; j < op.n_operands; ++j) {
        const Word stride = op.operand(j)[1];
        if (!stays[j]) scatter<T>(blocks[j], begin[j] + start * stride, stride, n);
      }
    }
    for (Word d = op.n_outer - 1; d >= 0; --d) {  // the next row of each operand
      const bool last = ++count[d] == op.lengths[d];
      const Word steps = last ? 1 - op.lengths[d] : 1;
      for (Word j = 0; j < op.n_operands; ++j) begin[j] += steps * op.operand(j)[2 + d];
      if (!last) break;
      count[d] = 0;
    }
  }
}

// Short rows, as many as fit into a block.
template <typename T>
void by_blocks(const Elementwise& op, T (*blocks)[BLOCK], Word n_rows) {
  char* at[MOST_OPERANDS];
  bool whole[MOST_OPERANDS];  // contiguous over all rows
  bool unread[MOST_OPERANDS];
  for (Word j = 0; j < op.n_operands; ++j) {
    Word expected = sizeof(T) * op.n_inner;
    whole[j] = op.operand(j)[1] == Word(sizeof(T)) || op.n_inner == 1;
    for (Word d = op.n_outer - 1; d >= 0; --d) {
      whole[j] = whole[j] && op.operand(j)[2 + d] == expected;
      expected *= op.lengths[d];
    }
    unread[j] = j >= op.n_inputs && op.thrown_away(j);
  }
  const Word most = BLOCK / op.n_inner;
  for (Word first = 0; first < n_rows; first += most) {
    const Word rows = std::min(most, n_rows - first);
    for (Word j = 0; j < op.n_operands; ++j) {
      if (whole[j]) {
        at[j] = address(op.operand(j)[0]) + first * op.n_inner * sizeof(T);
        continue;
      }
      at[j] = reinterpret_cast<char*>(blocks[j]);
      if (unread[j]) continue;
      for (Word r = 0; r < rows; ++r) {
        gather<T>(blocks[j] + r * op.n_inner, op.row(j, first + r), op.operand(j)[1], op.n_inner);
      }
    }
    op.function(rows * op.n_inner, at);
    for (Word j = op.n_inputs; j < op.n_operands; ++j) {
      if (whole[j] || unread[j]) continue;
      for (Word r = 0; r < rows; ++r) {
        scatter<T>(blocks[j] + r * op.n_inner, op.row(j, first + r), op.operand(j)[1], op.n_inner);
      }
    }
  }
}

template <typename T>
void elementwise(const Elementwise& op) {
  alignas(64) static thread_local T blocks[MOST_OPERANDS][BLOCK];
  Word n_rows = 1;
  for (Word d = 0; d < op.n_outer; ++d) n_rows *= op.lengths[d];
  if (n_rows > 1 && op.n_inner < NARROW) {
    by_blocks<T>(op, blocks, n_rows);
  } else {
    by_rows<T>(op, blocks, n_rows);
  }
}

void elementwise(const Word* w) {
  Elementwise op;
  op.function = reinterpret_cast<KernelFunction>(static_cast<std::intptr_t>(w[0]));
  op.n_operands = w[2];
  op.n_inputs = w[2] - w[3];
  op.n_outer = w[4];
  op.n_inner = w[5];
  op.lengths = w + 6;
  op.operands = w + 6 + w[4];
  if (w[1] == Word(sizeof(float))) {
    elementwise<float>(op);
  } else {
    elementwise<double>(op);
  }
}

// ---- Products

inline void gemm(char ta, char tb, int m, int n, int k, float* a, int lda, float* b, int ldb,
                 float beta, float* c, int ldc) {
  float one = 1;
  blas.sgemm(&ta, &tb, &m, &n, &k, &one, a, &lda, b, &ldb, &beta, c, &ldc);
}
inline void gemm(char ta, char tb, int m, int n, int k, double* a, int lda, double* b, int ldb,
                 double beta, double* c, int ldc) {
  double one = 1;
  blas.dgemm(&ta, &tb, &m, &n, &k, &one, a, &lda, b, &ldb, &beta, c, &ldc);
}
inline void gemv(char t, int m, int n, float* a, int lda, float* x, int dx, float beta, float* y,
                 int dy) {
  float one = 1;
  blas.sgemv(&t, &m, &n, &one, a, &lda, x, &dx, &beta, y, &dy);
}
inline void gemv(char t, int m, int n, double* a, int lda, double* x, int dx, double beta,
                 double* y, int dy) {
  double one = 1;
  blas.dgemv(&t, &m, &n, &one, a, &lda, x, &dx, &beta, y, &dy);
}
inline float dot(int n, float* x, int dx, float* y, int dy) {
  return blas.sdot(&n, x, &dx, y, &dy);
}
inline double dot(int n, double* x, int dx, double* y, int dy) {
  return blas.ddot(&n, x, &dx, y, &dy);
}

// A matrix, of which rows or columns are contiguous: BLAS sees one with rows as its transpose.
struct Matrix {
  char* at;
  int rows, columns;
  Word down, across;  // strides in entries

  bool transposed() const { return across == 1; }
  int leading() const { return int(transposed() ? down : across); }
};

template <typename T>
void product(const Matrix& a, const Matrix& b, const Matrix& c, bool accumulate) {
  T *pa = reinterpret_cast<T*>(a.at), *pb = reinterpret_cast<T*>(b.at),
    *pc = reinterpret_cast<T*>(c.at);
  const int m = a.rows, k = a.columns, n = b.columns;
  const T beta = accumulate ? T(1) : T(0);
  if (m == 1 && n == 1) {
    const T value = dot(k, pa, int(a.across), pb, int(b.down));
    *pc = accumulate ? *pc + value : value;
  } else if (n == 1) {
    const bool t = a.transposed();  // rows lie in memory as columns of BLAS
    gemv(t ? 'T' : 'N', t ? k : m, t ? m : k, pa, a.leading(), pb, int(b.down), beta, pc,
         int(c.down));
  } else if (m == 1) {
    const bool t = b.transposed();
    gemv(t ? 'N' : 'T', t ? n : k, t ? k : n, pb, b.leading(), pa, int(a.across), beta, pc,
         int(c.across));
  } else {  // c lies in memory as its transpose, which is that of b times that of a
    gemm(b.transposed() ? 'N' : 'T', a.transposed() ? 'N' : 'T', n, m, k, pb, b.leading(), pa,
         a.leading(), beta, pc, int(c.down));
  }
}

template <typename T>
void products(const Word* w) {
  const Word *a = w + 6, *b = w + 10, *c = w + 14, size = sizeof(T);
  const int m = int(w[1]), n = int(w[2]), k = int(w[3]);
  for (Word i = 0; i < w[5]; ++i) {
    product<T>({address(a[0] + i * a[1]), m, k, a[2] / size, a[3] / size},
               {address(b[0] + i * b[1]), k, n, b[2] / size, b[3] / size},
               {address(c[0] + i * c[1]), m, n, c[2] / size, c[3] / size}, w[4] != 0);
  }
}

// ---- Sums

const Word LANES = 16;

// The sum of `n` entries one after the other; of many, by halves.
template <typename T>
T sum_of_row(const T* a, Word n) {
  if (n > 1024) {
    const Word half = n / 2 / LANES * LANES;
    return sum_of_row(a, half) + sum_of_row(a + half, n - half);
  }
  T lanes[LANES] = {};
  Word i = 0;
  for (; i + LANES <= n; i += LANES) {
    for (Word l = 0; l < LANES; ++l) lanes[l] += a[i + l];
  }
  for (Word l = 0; i + l < n; ++l) lanes[l] += a[i + l];
  for (Word width = LANES / 2; width; width /= 2) {
    for (Word l = 0; l < width; ++l) lanes[l] += lanes[l + width];
  }
  return lanes[0];
}

template <typename T>
T sum_of(const char* a, const Word* dimensions, Word n) {
  if (n == 0) return *reinterpret_cast<const T*>(a);
  const Word length = dimensions[0], stride = dimensions[1];
  if (n == 1 && stride == Word(sizeof(T))) return sum_of_row(reinterpret_cast<const T*>(a), length);
  T total = 0;
  for (Word i = 0; i < length; ++i) total += sum_of<T>(a + i * stride, dimensions + 2, n - 1);
  return total;
}

// Add rows of memory to a row, in the order in which they lie.
template <typename T>
void add_rows(T* total, Word n, const char* a, const Word* dimensions, Word left) {
  if (left == 0) {
    const T* row = reinterpret_cast<const T*>(a);
    for (Word i = 0; i < n; ++i) total[i] += row[i];
    return;
  }
  for (Word i = 0; i < dimensions[0]; ++i) {
    add_rows(total, n, a + i * dimensions[1], dimensions + 2, left - 1);
  }
}

template <typename T>
void sums(const char* a, char* out, const Word* kept, Word n_kept, const Word* summed,
          Word n_summed) {
  if (n_kept == 0) {
    *reinterpret_cast<T*>(out) = sum_of<T>(a, summed, n_summed);
    return;
  }
  const Word length = kept[0], stride = kept[1], out_stride = kept[2];
  if (n_kept == 1 && stride == Word(sizeof(T)) && out_stride == Word(sizeof(T))) {
    for (Word start = 0; start < length; start += BLOCK) {
      T* total = reinterpret_cast<T*>(out) + start;
      const Word n = std::min(BLOCK, length - start);
      for (Word i = 0; i < n; ++i) total[i] = 0;
      add_rows(total, n, a + start * stride, summed, n_summed);
    }
    return;
  }
  for (Word i = 0; i < length; ++i) {
    sums<T>(a + i * stride, out + i * out_stride, kept + 3, n_kept - 1, summed, n_summed);
  }
}

void sum(const Word* w) {
  const Word *kept = w + 5, *summed = kept + 3 * w[1];
  if (w[0] == 0) {
    sums<float>(address(w[3]), address(w[4]), kept, w[1], summed, w[2]);
  } else {
    sums<double>(address(w[3]), address(w[4]), kept, w[1], summed, w[2]);
  }
}

// ---- Rows by their numbers, which go around, as those of NumPy's replay

void take(const Word* w) {
  const Word size = w[0], n = w[4];
  const char *a = address(w[3]), *index = address(w[6]);
  char* out = address(w[9]);
  for (Word i = 0; i < w[1]; ++i) {
    for (Word j = 0; j < w[2]; ++j, out += size) {
      Word row = *reinterpret_cast<const Word*>(index + i * w[7] + j * w[8]);
      if (row < 0 || row >= n) row = (row % n + n) % n;
      std::memcpy(out, a + row * w[5], size);
    }
  }
}

}  // namespace

void play(const Word* words, const Word* stop) {
  for (; words < stop; words += words[1]) {
    const Word* w = words + 2;
    switch (words[0]) {
      case ELEMENTWISE:
        elementwise(w);
        break;
      case PRODUCT:
        w[0] == 0 ? products<float>(w) : products<double>(w);
        break;
      case SUM:
        sum(w);
        break;
      case TAKE:
        take(w);
        break;
    }
  }
}

}  // namespace regan
