// SPDX-License-Identifier: Apache-2.0
#pragma once

/// simd<T, N>: N lanes of T with the operators of T, so that a primitive's generic body runs on a
/// scalar and on a vector alike. A thin dress over the compilers' vector extensions: no intrinsic
/// is needed, any N that is a power of two works, and the compiler picks the instructions.
///
/// A comparison gives a mask, lanes as wide as what was compared, so that compare and select are
/// two instructions. simd<bool, N>, which tensors of bool are loaded into, holds bytes 0 and 1;
/// masks convert to it and back. What primitives use is host and device for nvcc's sake only.

#include <cstdint>
#include <type_traits>
#include <utility>

#include "sinter/core/config.hpp"
#include "sinter/core/math_kernels.hpp"
#include "sinter/target/cpu/simd_vector.hpp"

namespace sinter {

template <class T, int N>
struct simd;

/// The answer of a comparison, all bits of a lane set or none. `Bytes`: width of a lane.
template <int Bytes, int N>
struct mask {
  using vector = typename detail::vector_of<detail::signed_of<Bytes>, N>::type;
  static constexpr int size = N;
  vector v;

  mask() = default;
  SINTER_HD SINTER_INLINE explicit mask(vector x) : v(x) {}
  SINTER_HD SINTER_INLINE mask(bool x) : v(vector{} - detail::signed_of<Bytes>(x)) {}
  template <int Other>
  SINTER_HD SINTER_INLINE explicit mask(mask<Other, N> x)
      : v(detail::cast_lanes<detail::signed_of<Bytes>, N>(x.v)) {}
  SINTER_HD SINTER_INLINE explicit mask(simd<bool, N> x);

  SINTER_HD SINTER_INLINE bool get(int i) const { return v[i] != 0; }
};

/// N lanes of an arithmetic type other than bool.
template <class T, int N>
struct simd {
  static_assert(std::is_arithmetic_v<T>, "simd: want an arithmetic type; f16 and bf16 use float");
  using value_type = T;
  using vector = typename detail::vector_of<T, N>::type;
  /// Integers wrap, as in NumPy: sums and products are computed unsigned, where that is defined.
  using modular = typename detail::vector_of<detail::modular_of<T>, N>::type;
  using mask_type = mask<static_cast<int>(sizeof(T)), N>;
  static constexpr int size = N;
  static constexpr bool integral = std::is_integral_v<T>;
  vector v;

  simd() = default;
  SINTER_HD SINTER_INLINE explicit simd(vector x) : v(x) {}
  /// Every lane x. (Minus zero, since plus zero would lose the sign of a negative one.)
  SINTER_HD SINTER_INLINE simd(T x) : v(x - vector{}) {}

  SINTER_HD SINTER_INLINE T get(int i) const { return v[i]; }
  SINTER_HD SINTER_INLINE void set(int i, T x) { v[i] = x; }

  SINTER_INLINE static simd load(const T* from) { return simd(detail::load_vector<vector>(from)); }
  /// The first n <= N elements; zeros behind them. Nothing beyond is touched.
  SINTER_INLINE static simd load_first(const T* from, int n) {
    return simd(detail::load_first_lanes<vector, N>(from, n));
  }
  SINTER_INLINE void store(T* to) const { __builtin_memcpy(to, &v, sizeof(v)); }
  SINTER_INLINE void store_first(T* to, int n) const { detail::store_first_lanes<N>(to, v, n); }
  /// A store past the caches. Aligned to the vector; stream_fence() before others may read it.
  SINTER_INLINE void stream(T* to) const { detail::stream_vector(to, v); }
  /// 0, 1, 2, ...
  SINTER_INLINE static simd iota() { return load(detail::lane_numbers<T, N>.lane); }

  SINTER_HD SINTER_INLINE friend simd operator+(simd a, simd b) {
    return simd((vector)((modular)a.v + (modular)b.v));
  }
  SINTER_HD SINTER_INLINE friend simd operator-(simd a, simd b) {
    return simd((vector)((modular)a.v - (modular)b.v));
  }
  SINTER_HD SINTER_INLINE friend simd operator*(simd a, simd b) {
    return simd((vector)((modular)a.v * (modular)b.v));
  }
  SINTER_HD SINTER_INLINE friend simd operator/(simd a, simd b) { return simd(a.v / b.v); }
  /// One expression, so that every compiler may fuse it.
  SINTER_HD SINTER_INLINE friend simd multiply_add(simd a, simd b, simd c) {
    return simd((vector)((modular)a.v * (modular)b.v + (modular)c.v));
  }
  SINTER_HD SINTER_INLINE friend simd operator%(simd a, simd b) requires integral {
    return simd(a.v % b.v);
  }
  SINTER_HD SINTER_INLINE friend simd operator&(simd a, simd b) requires integral {
    return simd(a.v & b.v);
  }
  SINTER_HD SINTER_INLINE friend simd operator|(simd a, simd b) requires integral {
    return simd(a.v | b.v);
  }
  SINTER_HD SINTER_INLINE friend simd operator^(simd a, simd b) requires integral {
    return simd(a.v ^ b.v);
  }
  SINTER_HD SINTER_INLINE friend simd operator<<(simd a, int n) requires integral {
    return simd(a.v << simd(static_cast<T>(n)).v);
  }
  SINTER_HD SINTER_INLINE friend simd operator>>(simd a, int n) requires integral {
    return simd(a.v >> simd(static_cast<T>(n)).v);
  }
  /// Lane by lane, by less than the bits of a lane.
  SINTER_HD SINTER_INLINE friend simd operator<<(simd a, simd n) requires integral {
    return simd((vector)((modular)a.v << (modular)n.v));
  }
  SINTER_HD SINTER_INLINE friend simd operator>>(simd a, simd n) requires integral {
    return simd(a.v >> n.v);
  }
  SINTER_HD SINTER_INLINE friend simd operator~(simd a) requires integral {
    return simd(~a.v);
  }
  SINTER_HD SINTER_INLINE friend simd operator-(simd a) {
    return simd((vector)(-(modular)a.v));
  }
  SINTER_HD SINTER_INLINE friend simd operator+(simd a) { return a; }

  SINTER_HD SINTER_INLINE simd& operator+=(simd b) { return *this = *this + b; }
  SINTER_HD SINTER_INLINE simd& operator-=(simd b) { return *this = *this - b; }
  SINTER_HD SINTER_INLINE simd& operator*=(simd b) { return *this = *this * b; }
  SINTER_HD SINTER_INLINE simd& operator/=(simd b) { return *this = *this / b; }

  SINTER_HD SINTER_INLINE friend mask_type operator<(simd a, simd b) {
    return mask_type(a.v < b.v);
  }
  SINTER_HD SINTER_INLINE friend mask_type operator>(simd a, simd b) {
    return mask_type(a.v > b.v);
  }
  SINTER_HD SINTER_INLINE friend mask_type operator<=(simd a, simd b) {
    return mask_type(a.v <= b.v);
  }
  SINTER_HD SINTER_INLINE friend mask_type operator>=(simd a, simd b) {
    return mask_type(a.v >= b.v);
  }
  SINTER_HD SINTER_INLINE friend mask_type operator==(simd a, simd b) {
    return mask_type(a.v == b.v);
  }
  SINTER_HD SINTER_INLINE friend mask_type operator!=(simd a, simd b) {
    return mask_type(a.v != b.v);
  }

  /// The bits of a lane as an unsigned integer, and back: what math's kernels compute with.
  SINTER_HD SINTER_INLINE friend auto to_bits(simd a) requires(!integral) {
    using bits = simd<detail::unsigned_of<sizeof(T)>, N>;
    return bits((typename bits::vector)a.v);
  }
  SINTER_HD SINTER_INLINE friend auto from_bits(simd a) requires(integral && sizeof(T) >= 4) {
    using real = simd<std::conditional_t<sizeof(T) == 4, float, double>, N>;
    return real((typename real::vector)a.v);
  }
};

/// N lanes of bool: bytes 0 and 1.
template <int N>
struct simd<bool, N> {
  using value_type = bool;
  using vector = typename detail::vector_of<std::uint8_t, N>::type;
  static constexpr int size = N;
  vector v;

  simd() = default;
  SINTER_HD SINTER_INLINE explicit simd(vector x) : v(x) {}
  SINTER_HD SINTER_INLINE simd(bool x) : v(vector{} + static_cast<std::uint8_t>(x)) {}
  template <int Bytes>
  SINTER_HD SINTER_INLINE simd(mask<Bytes, N> x)
      : v(detail::cast_lanes<std::uint8_t, N>(x.v) & vector(simd(true).v)) {}

  SINTER_HD SINTER_INLINE bool get(int i) const { return v[i] != 0; }
  SINTER_HD SINTER_INLINE void set(int i, bool x) { v[i] = x; }

  SINTER_INLINE static simd load(const bool* from) {
    return simd(detail::load_vector<vector>(from));
  }
  /// The first n <= N elements; zeros behind them. Nothing beyond is touched.
  SINTER_INLINE static simd load_first(const bool* from, int n) {
    return simd(detail::load_first_lanes<vector, N>(from, n));
  }
  SINTER_INLINE void store(bool* to) const { __builtin_memcpy(to, &v, sizeof(v)); }
  SINTER_INLINE void store_first(bool* to, int n) const { detail::store_first_lanes<N>(to, v, n); }
};

template <int Bytes, int N>
SINTER_HD SINTER_INLINE mask<Bytes, N>::mask(simd<bool, N> x)
    : v(detail::cast_lanes<detail::signed_of<Bytes>, N>(
          (typename detail::vector_of<std::int8_t, N>::type)(0 - x.v))) {}

namespace detail {

template <class>
inline constexpr bool is_logical = false;
template <int Bytes, int N>
inline constexpr bool is_logical<mask<Bytes, N>> = true;
template <int N>
inline constexpr bool is_logical<simd<bool, N>> = true;

}  // namespace detail

/// A mask or a simd of bool. Two of a kind combine to that kind, two kinds to the first's.
template <class M>
concept logical_simd = detail::is_logical<M>;

template <logical_simd A, logical_simd B>
SINTER_HD SINTER_INLINE A operator&(A a, B b) {
  return A(a.v & A(b).v);
}
template <logical_simd A, logical_simd B>
SINTER_HD SINTER_INLINE A operator|(A a, B b) {
  return A(a.v | A(b).v);
}
template <logical_simd A, logical_simd B>
SINTER_HD SINTER_INLINE A operator^(A a, B b) {
  return A(a.v ^ A(b).v);
}
template <logical_simd A, logical_simd B>
SINTER_HD SINTER_INLINE A operator==(A a, B b) {
  return !(a ^ b);
}
template <logical_simd A, logical_simd B>
SINTER_HD SINTER_INLINE A operator!=(A a, B b) {
  return a ^ b;
}
/// As on scalars, but both sides are computed.
template <logical_simd A, logical_simd B>
SINTER_HD SINTER_INLINE A operator&&(A a, B b) {
  return a & b;
}
template <logical_simd A, logical_simd B>
SINTER_HD SINTER_INLINE A operator||(A a, B b) {
  return a | b;
}
template <logical_simd A>
SINTER_HD SINTER_INLINE A operator!(A a) {
  return a ^ A(true);
}
template <logical_simd A>
SINTER_HD SINTER_INLINE A operator~(A a) {
  return !a;
}

/// Lane by lane: a where c holds, else b. math::select finds it by its arguments.
template <logical_simd C, class T, int N>
SINTER_HD SINTER_INLINE simd<T, N> blend(C c, simd<T, N> a, simd<T, N> b) {
  if constexpr (std::is_same_v<T, bool>) {
    const simd<bool, N> choice(c);
    return (choice & a) | (~choice & b);
  } else {
    return simd<T, N>(mask<static_cast<int>(sizeof(T)), N>(c).v ? a.v : b.v);
  }
}
template <logical_simd C, int Bytes, int N>
SINTER_HD SINTER_INLINE mask<Bytes, N> blend(C c, mask<Bytes, N> a, mask<Bytes, N> b) {
  const mask<Bytes, N> choice(c);
  return (choice & a) | (~choice & b);
}

/// static_cast, lane by lane: floats lose their fraction, and to bool is "not zero".
template <class U, class T, int N>
SINTER_HD SINTER_INLINE simd<U, N> convert(simd<T, N> x) {
  if constexpr (std::is_same_v<U, T>) {
    return x;
  } else if constexpr (std::is_same_v<U, bool>) {
    return x != simd<T, N>(T(0));
  } else {
    return simd<U, N>(detail::cast_lanes<U, N>(x.v));
  }
}
template <class U, int Bytes, int N>
SINTER_HD SINTER_INLINE simd<U, N> convert(mask<Bytes, N> x) {
  return convert<U>(simd<bool, N>(x));
}

/// Applies a scalar function to every lane: the slow path for what has no vector form.
template <class F, class T, int N, class... Rest>
SINTER_HD SINTER_INLINE simd<T, N> map_lanes(F f, simd<T, N> x, Rest... rest) {
  simd<T, N> result;
  for (int i = 0; i < N; ++i) result.set(i, f(x.get(i), rest.get(i)...));
  return result;
}

template <class V>
struct halves {
  V low, high;
};

/// The lower and the upper lanes.
template <class T, int N>
SINTER_HD SINTER_INLINE halves<simd<T, N / 2>> split_lanes(simd<T, N> x) {
  using half = simd<T, N / 2>;
  constexpr auto index = std::make_integer_sequence<int, N / 2>();
  return {half(detail::take_lanes<T, N / 2, 0>(x.v, index)),
          half(detail::take_lanes<T, N / 2, N / 2>(x.v, index))};
}
template <class T, int N>
SINTER_HD SINTER_INLINE simd<T, 2 * N> join_lanes(simd<T, N> low, simd<T, N> high) {
  constexpr auto index = std::make_integer_sequence<int, N>();
  return simd<T, 2 * N>(detail::append_lanes<T, 2 * N>(low.v, high.v, index));
}

/// Folds the lanes, always in the same order: upper half onto lower half.
template <class F, class T, int N>
SINTER_HD SINTER_INLINE T reduce_lanes(F f, simd<T, N> x) {
  if constexpr (N == 1) {
    return x.get(0);
  } else if constexpr (N == 2) {
    // In registers: a choice between scalars may be a branch, which nobody can foretell.
    return f(x, simd<T, N>(typename simd<T, N>::vector{x.v[1], x.v[0]})).get(0);
  } else {
    const auto part = split_lanes(x);
    return reduce_lanes(f, f(part.low, part.high));
  }
}

/// Set in the first n lanes, as wide as T.
template <class T, int N>
SINTER_INLINE mask<static_cast<int>(sizeof(T)), N> first_lanes(int n) {
  using index = simd<detail::signed_of<sizeof(T)>, N>;
  return index::iota() < index(static_cast<typename index::value_type>(n));
}

/// Any lane set?
template <logical_simd M>
SINTER_HD SINTER_INLINE bool any_lane(M x) {
  return detail::any_bit(x.v);
}

/// Orders streamed stores before what follows.
inline void stream_fence() {
#if defined(__SSE__)
  __builtin_ia32_sfence();
#else
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

}  // namespace sinter
