// Compiled elementwise kernels, each for float and double and for the instruction sets of the
// processor.
#ifndef REGAN_KERNELS_HPP
#define REGAN_KERNELS_HPP

#include <cstdint>

namespace regan {

// A kernel on n entries; none if n is 0. Its operands are the inputs, then the outputs, as they are
// declared: contiguous, aligned as their type is, and any two of them the same or disjoint. Of each
// entry all are read before any is written.
typedef void (*KernelFunction)(std::int64_t n, char* const* operands);

// What regan.backends.native.text.signature gives for each kernel; a null pointer ends it.
extern const char* const kernel_signatures[];

// The kernel at this place in kernel_signatures; dtype 0 is float, 1 double.
KernelFunction kernel_function(int index, int dtype);

// What kernel_function gives kernels for: "AVX-512", "AVX2" or "baseline", the best there is.
const char* instruction_set();

// Let it give those for another one, of that name; null if the processor or the build has none.
const char* choose_instruction_set(const char* name);

}  // namespace regan

#endif
