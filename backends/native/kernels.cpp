#include "kernels.hpp"

#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>

// iterations do not depend on one another
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"  // loops of double with calls stay as they are
#define REGAN_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define REGAN_INDEPENDENT _Pragma("GCC ivdep")
#elif defined(_MSC_VER)
#define REGAN_INDEPENDENT __pragma(loop(ivdep))
#else
#define REGAN_INDEPENDENT
#endif

// no products and sums in one where the text has two: entries do not depend on where they lie
#ifdef _MSC_VER
#pragma fp_contract(off)
#endif

// a loop with a call in it is no vector code
#ifdef _MSC_VER
#define REGAN_INLINE static __forceinline
#else
#define REGAN_INLINE static inline __attribute__((always_inline))
#endif

// several instruction sets in one file, chosen when it runs (not on Windows, where GCC does not
// align the stack as AVX needs it)
#if defined(__x86_64__) && defined(__GNUC__) && !defined(_WIN32) && !defined(REGAN_ONE_SET)
#define REGAN_SEVERAL_SETS
#endif

namespace regan {

const char* const kernel_signatures[] = {
#define REGAN_SIGNATURES
#include "kernels.inc"
#undef REGAN_SIGNATURES
    nullptr,
};

namespace {

namespace baseline {
#if defined(__aarch64__) && defined(__GNUC__)
#define REGAN_FMA(a, b, c) __builtin_fmaf(a, b, c)
#else
#define REGAN_FMA(a, b, c) ((a) * (b) + (c))
#endif
#include "instruction_set.inc"
#undef REGAN_FMA
}  // namespace baseline

#ifdef REGAN_SEVERAL_SETS
#define REGAN_FMA(a, b, c) __builtin_fmaf(a, b, c)

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
namespace avx2 {
#include "instruction_set.inc"
}  // namespace avx2
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#ifdef __clang__
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512")
#endif
namespace avx512 {
#include "instruction_set.inc"
}  // namespace avx512
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#undef REGAN_FMA
#endif

struct InstructionSet {
    const char* name;
    const KernelFunction* kernels[2];
    bool (*available)();
};

bool always() { return true; }

#ifdef REGAN_SEVERAL_SETS
bool has_avx2() {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool has_avx512() {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
#endif

// the best one first
const InstructionSet INSTRUCTION_SETS[] = {
#ifdef REGAN_SEVERAL_SETS
    {"AVX-512", {avx512::of_float::KERNELS, avx512::of_double::KERNELS}, has_avx512},
    {"AVX2", {avx2::of_float::KERNELS, avx2::of_double::KERNELS}, has_avx2},
#endif
    {"baseline", {baseline::of_float::KERNELS, baseline::of_double::KERNELS}, always},
};

const InstructionSet* best() {
    const InstructionSet* set = INSTRUCTION_SETS;
    while (!set->available()) ++set;
    return set;
}

std::atomic<const InstructionSet*>& chosen() {
    static std::atomic<const InstructionSet*> set{best()};
    return set;
}

}  // namespace

KernelFunction kernel_function(int index, int dtype) {
    return chosen().load()->kernels[dtype][index];
}

const char* instruction_set() { return chosen().load()->name; }

const char* choose_instruction_set(const char* name) {
    for (const InstructionSet& set : INSTRUCTION_SETS) {
        if (std::strcmp(set.name, name) == 0 && set.available()) {
            chosen().store(&set);
            return set.name;
        }
    }
    return nullptr;
}

}  // namespace regan
