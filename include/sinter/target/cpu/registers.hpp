// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The values of one program in flight: for each instruction a vector of lanes of its own type.
/// Registers are banked by type and addressed by numbers known at compile time, so that the
/// compiler keeps them in machine registers; one class per type, not one per instruction.

#include "sinter/core/dtype.hpp"
#include "sinter/plan/program_values.hpp"
#include "sinter/target/cpu/simd.hpp"

namespace sinter::cpu_target {

/// What a register holds: a value of a type, or the answer of a comparison, which is as wide as
/// what was compared.
enum class lane : std::uint8_t {
  boolean, u8, u16, u32, u64, i8, i16, i32, i64, unused_e4m3, unused_e5m2, unused_f16,
  unused_bf16, f32, f64, mask1, mask2, mask4, mask8
};

inline constexpr int lane_kinds = 19;

constexpr lane lane_of(dtype type) { return static_cast<lane>(type); }
constexpr lane mask_of(int bytes) {
  return bytes == 1 ? lane::mask1 : bytes == 2 ? lane::mask2 : bytes == 4 ? lane::mask4
                                                                          : lane::mask8;
}
constexpr bool is_mask(lane l) { return l >= lane::mask1; }
constexpr bool is_logical(lane l) { return is_mask(l) || l == lane::boolean; }
constexpr int lane_bytes(lane l) {
  if (is_mask(l)) return 1 << (static_cast<int>(l) - static_cast<int>(lane::mask1));
  return properties(static_cast<dtype>(l)).size;
}

namespace detail {
template <lane L, int N> struct lanes {
  using type = simd<element_t<static_cast<dtype>(L)>, N>;
};
template <lane L, int N>
  requires(is_mask(L))
struct lanes<L, N> {
  using type = mask<lane_bytes(L), N>;
};
}  // namespace detail

template <lane L, int N> using lanes_t = typename detail::lanes<L, N>::type;

/// The number of registers of each kind.
struct register_counts {
  int of[lane_kinds]{};
  friend constexpr bool operator==(const register_counts&, const register_counts&) = default;
};

namespace detail {
template <lane L, int N, int Count> struct bank {
  lanes_t<L, N> value[Count];
};
template <lane L, int N> struct bank<L, N, 0> {};
}  // namespace detail

template <int N, int B, int U8, int U16, int U32, int U64, int I8, int I16, int I32, int I64,
          int F32, int F64, int M1, int M2, int M4, int M8>
struct register_file : detail::bank<lane::boolean, N, B>, detail::bank<lane::u8, N, U8>,
                       detail::bank<lane::u16, N, U16>, detail::bank<lane::u32, N, U32>,
                       detail::bank<lane::u64, N, U64>, detail::bank<lane::i8, N, I8>,
                       detail::bank<lane::i16, N, I16>, detail::bank<lane::i32, N, I32>,
                       detail::bank<lane::i64, N, I64>, detail::bank<lane::f32, N, F32>,
                       detail::bank<lane::f64, N, F64>, detail::bank<lane::mask1, N, M1>,
                       detail::bank<lane::mask2, N, M2>, detail::bank<lane::mask4, N, M4>,
                       detail::bank<lane::mask8, N, M8> {
  static constexpr int width = N;

  template <lane L, int Count>
  SINTER_INLINE lanes_t<L, N>& pick(detail::bank<L, N, Count>& b, int slot) {
    return b.value[slot];
  }
  template <lane L> SINTER_INLINE lanes_t<L, N>& get(int slot) { return pick<L>(*this, slot); }
};

/// Where each instruction's value lies, and the accumulator of each fold in a file of its own.
template <int Instructions> struct allocation {
  lane kind[Instructions + 1]{};
  int slot[Instructions + 1]{};
  int accumulator[Instructions + 1]{};
  register_counts counts, accumulators;
};

template <int Instructions>
constexpr allocation<Instructions> allocate(const program_view& p) {
  allocation<Instructions> a;
  for (int i = 0; i < Instructions; ++i) {
    const instruction& n = p.instructions[i];
    lane kind = lane_of(n.type);
    if (n.what == code::element && n.type == dtype::boolean) {
      const lane operand = a.kind[n.operand[0]];
      // A selection between booleans gives bytes; logic keeps its operand's form.
      if (n.operand[2] < 0) kind = is_logical(operand) ? operand : mask_of(lane_bytes(operand));
    }
    a.kind[i] = kind;
    a.slot[i] = a.counts.of[static_cast<int>(kind)]++;
    if (carries(n.what)) a.accumulator[i] = a.accumulators.of[static_cast<int>(kind)]++;
  }
  return a;
}

/// Lanes of a program: as many as fill a machine register with its widest values that are counted
/// in numbers, so that a program of floats is not halved by a mask or an index beside them.
constexpr int program_lanes(const program_view& p) {
  int widest = 1;
  for (int i = 0; i < p.instruction_count; ++i) {
    const instruction& n = p.instructions[i];
    const bool counts = n.full || n.what == code::fold;
    if (counts && properties(n.type).size > widest) widest = properties(n.type).size;
  }
  const int lanes = native_bytes / widest;
  return lanes > 32 ? 32 : lanes;
}

}  // namespace sinter::cpu_target
