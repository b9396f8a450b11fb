// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One instruction on one vector of lanes. Each step is a function of kinds and numbers only, never
/// of the program around it, so programs share them and symbols stay short.

#include "sinter/graph/primitive.hpp"
#include "sinter/kernel/fold.hpp"
#include "sinter/target/cpu/registers.hpp"
#include "sinter/target/cpu/simd_functions.hpp"
#include "sinter/target/cpu/simd_math.hpp"
#include "sinter/target/cpu/simd_memory.hpp"

namespace sinter::cpu_target::detail {

using sinter::detail::is_logical;

/// How a leaf is read along the line. `every_other`: where the element behind the last may be read
/// as well.
enum class reading : std::uint8_t { uniform, contiguous, strided, every_other };

template <class Storage, int N, class Register>
SINTER_INLINE simd<Register, N> splat_from(const Storage* from) {
  return simd<Register, N>(static_cast<Register>(*from));
}

/// Lanes that lie apart, each index a constant: set one by one they would go through memory.
template <class V, class Storage, int... I>
SINTER_INLINE V lanes_apart(const Storage* p, std::int64_t stride,
                            std::integer_sequence<int, I...>) {
  using value = typename V::value_type;
  return V(typename V::vector{static_cast<value>(p[I * stride])...});
}

/// Every other lane of two vectors, of which the second may begin one early, so that nothing beyond
/// is read.
template <int Early, class V, int... I>
SINTER_INLINE V every_other(V low, V high, std::integer_sequence<int, I...>) {
  constexpr int n = sizeof...(I);
  return V(typename V::vector{(2 * I < n ? low.v[2 * I % n] : high.v[(2 * I + Early) % n])...});
}

template <class V, int... I>
SINTER_INLINE V reversed(V x, std::integer_sequence<int, I...>) {
  constexpr int n = sizeof...(I);
  return V(typename V::vector{x.v[n - 1 - I]...});
}

/// n lanes from memory, n = N unless Tail.
template <dtype Type, int N, bool Tail>
SINTER_INLINE auto load_lanes(const void* base, std::int64_t at, std::int64_t stride, int n,
                              reading how) {
  using storage = element_t<Type>;
  using value = register_t<Type>;
  const storage* p = static_cast<const storage*>(base) + at * stride;
  if (how == reading::uniform) return splat_from<storage, N, value>(p);
  if (how == reading::contiguous) {
    if constexpr (Tail) return load_as_first<value, N>(p, n);
    else return load_as<value, N>(p);
  }
  if constexpr (std::is_same_v<value, bool> || N == 1) {
    simd<value, N> result(value(0));
    for (int i = 0; i < n; ++i) result.set(i, static_cast<value>(p[i * stride]));
    return result;
  } else if constexpr (Tail) {
    constexpr auto lanes = std::make_integer_sequence<int, N>();
    if (stride == 2) {
      const int most = 2 * n - 1, low = most < N ? most : N, high = most - low;
      return every_other<0>(load_as_first<value, N>(p, low),
                            load_as_first<value, N>(p + (high > 0 ? N : 0), high), lanes);
    }
    simd<value, N> result(value(0));
    for (int i = 0; i < n; ++i) result.set(i, static_cast<value>(p[i * stride]));
    return result;
  } else {
    constexpr auto lanes = std::make_integer_sequence<int, N>();
    if (how == reading::every_other)
      return every_other<0>(load_as<value, N>(p), load_as<value, N>(p + N), lanes);
    if (stride == -1) return reversed(load_as<value, N>(p - (N - 1)), lanes);
    if (stride == 2)
      return every_other<1>(load_as<value, N>(p), load_as<value, N>(p + N - 1), lanes);
    return lanes_apart<simd<value, N>>(p, stride, lanes);
  }
}

/// As above where indices outside [begin, end) give 0 without touching memory.
template <dtype Type, int N>
SINTER_INLINE auto load_guarded(const void* base, std::int64_t at, std::int64_t stride, int n,
                                std::int64_t begin, std::int64_t end) {
  using storage = element_t<Type>;
  using value = register_t<Type>;
  const storage* p = static_cast<const storage*>(base);
  simd<value, N> result(value(0));
  if (stride == 1 && n == N) {  // mostly whole vectors are inside, or outside
    if (at >= begin && at + N <= end) return load_as<value, N>(p + (at - begin));
    if (at + N <= begin || at >= end) return result;
  }
  for (int i = 0; i < n; ++i)
    if (at + i >= begin && at + i < end)
      result.set(i, static_cast<value>(p[(at + i - begin) * stride]));
  return result;
}

/// Elements whose place along another axis each lane's index says; 0 where it is outside. `Apart`:
/// the indices of the lanes may differ.
template <dtype Type, int N, bool Tail, bool Apart, class Index>
SINTER_INLINE auto gather_lanes(const void* base, std::int64_t at, std::int64_t stride, int n,
                                Index index, std::int64_t step, std::int64_t end) {
  using storage = element_t<Type>;
  using value = register_t<Type>;
  const storage* p = static_cast<const storage*>(base);
  if constexpr (!Apart) {
    const auto own = static_cast<std::int64_t>(index.get(0));
    if (own < 0 || own >= end) return simd<value, N>(value(0));
    const reading how = stride == 0   ? reading::uniform
                        : stride == 1 ? reading::contiguous
                                      : reading::strided;
    return load_lanes<Type, N, Tail>(p + own * step, at, stride, n, how);
  } else {
    simd<value, N> result(value(0));
    for (int i = 0; i < n; ++i) {
      const auto own = static_cast<std::int64_t>(index.get(i));
      if (own < 0 || own >= end) continue;
      result.set(i, static_cast<value>(p[(at + i) * stride + own * step]));
    }
    return result;
  }
}

/// Adds lanes to memory where their indices say, the first lane first.
template <dtype Type, bool Tail, bool Apart, class V, class Index>
SINTER_INLINE void add_lanes(void* base, std::int64_t at, std::int64_t stride, int n, V x,
                             Index index, std::int64_t step, std::int64_t end) {
  using storage = element_t<Type>;
  storage* p = static_cast<storage*>(base) + at * stride;
  const auto inside = [&](int i, storage*& to) SINTER_LAMBDA {
    const auto own = static_cast<std::int64_t>(index.get(i));
    to = p + own * step;
    return own >= 0 && own < end;
  };
  storage* to = p;
  if (!Apart && stride == 1) {
    if (!inside(0, to)) return;
    using value = typename V::value_type;
    if constexpr (Tail) store_as_first(to, load_as_first<value, V::size>(to, n) + x, n);
    else store_as(to, load_as<value, V::size>(to) + x);
    return;
  }
  for (int i = 0; i < n; ++i)
    if (inside(i, to))
      to[i * stride] = static_cast<storage>(to[i * stride] + static_cast<storage>(x.get(i)));
}

/// `Past`: past the caches, where the result lies side by side at a multiple of its vectors.
template <dtype Type, bool Tail, bool Past = false, class V>
SINTER_INLINE void store_lanes(void* base, std::int64_t at, std::int64_t stride, int n, V x) {
  using storage = element_t<Type>;
  storage* p = static_cast<storage*>(base) + at * stride;
  if constexpr (Past && V::size * sizeof(storage) >= 16 && requires { stream_as(p, x); }) {
    stream_as(p, x);
  } else if (stride != 1) {
    for (int i = 0; i < n; ++i) p[i * stride] = static_cast<storage>(x.get(i));
  } else if constexpr (Tail) {
    store_as_first(p, x, n);
  } else {
    store_as(p, x);
  }
}

/// The form in which a primitive takes an operand: masks as they are, beside them nothing else.
template <class Want, class Have> SINTER_INLINE Want as(Have x) {
  if constexpr (std::is_same_v<Want, Have>) return x;
  else return Want(x);
}

template <class P> constexpr bool has_vectors() {
  if constexpr (requires { P::vectors; }) return P::vectors;
  else return false;
}

/// The value of a primitive on vectors; lane by lane if it is written for scalars only.
template <name_code Op, class R, class A, class B, class C>
SINTER_INLINE R apply(A a, B b, C c) {
  using P = primitive<Op>;
  constexpr int arity = sinter::detail::arity_of<P>();
  if constexpr (has_vectors<P>()) {
    if constexpr (sinter::detail::selects_of<P>()) return as<R>(P::value(a, as<R>(b), as<R>(c)));
    else if constexpr (arity == 1) return as<R>(P::value(a));
    else if constexpr (arity == 2) return as<R>(P::value(a, as<A>(b)));
    else return as<R>(P::value(a, as<A>(b), as<A>(c)));
  } else {
    using element = typename A::value_type;
    constexpr int n = A::size;
    using flat = std::conditional_t<is_logical<R>, simd<bool, n>, R>;
    flat result;
    for (int i = 0; i < n; ++i) {
      if constexpr (arity == 1) result.set(i, P::value(static_cast<element>(a.get(i))));
      else if constexpr (arity == 2)
        result.set(i, P::value(static_cast<element>(a.get(i)), static_cast<element>(b.get(i))));
      else
        result.set(i, P::value(static_cast<element>(a.get(i)), static_cast<element>(b.get(i)),
                               static_cast<element>(c.get(i))));
    }
    return as<R>(result);
  }
}

/// Moved by `Distance` lanes to later ones, or earlier ones if `Backwards`; those that come in are
/// the lanes of `start`.
template <int Distance, bool Backwards, class V, int... I>
SINTER_INLINE V moved_lanes(V x, V start, std::integer_sequence<int, I...>) {
  constexpr int n = sizeof...(I);
  constexpr int by = Backwards ? Distance : -Distance;
  return V(typename V::vector{(I + by >= 0 && I + by < n ? x.v[(I + by + n) % n] : start.v[I])...});
}

/// Each lane the fold of itself and those before it, or behind it if `Backwards`, by distances of
/// 1, 2, 4, ...
template <name_code Op, bool Backwards, int Distance = 1, class T, int N>
SINTER_INLINE simd<T, N> scan_lanes(simd<T, N> x, simd<T, N> start) {
  if constexpr (Distance >= N) {
    return x;
  } else {
    constexpr auto lanes = std::make_integer_sequence<int, N>();
    const auto before = moved_lanes<Distance, Backwards>(x, start, lanes);
    return scan_lanes<Op, Backwards, 2 * Distance>(folds::combine<Op>(before, x), start);
  }
}

/// The running fold at a vector of a row: the lanes' own, behind what is carried from vector to
/// vector. Sums and products carry no more than a block, and what was before it apart, so that few
/// of a long row's roundings add up: `begins` says that this vector is a block's first.
template <name_code Op, bool Backwards, class T, int N>
SINTER_INLINE simd<T, N> run_on(simd<T, N> x, simd<T, N>& carried, simd<T, N>& before,
                                bool begins) {
  using folds::combine;
  constexpr bool rounds = std::is_floating_point_v<T> && !folds::takes_greatest<Op> &&
                          !folds::takes_least<Op> && !folds::adds_exponentials<Op>;
  const simd<T, N> start(folds::neutral<Op, T>());
  const simd<T, N> own = scan_lanes<Op, Backwards>(x, start);
  if (rounds && begins) {
    before = combine<Op>(before, carried);
    carried = start;
  }
  const simd<T, N> value = combine<Op>(carried, own);
  carried = combine<Op>(carried, simd<T, N>(own.get(Backwards ? 0 : N - 1)));
  if constexpr (rounds) return combine<Op>(before, value);
  else return value;
}

/// The fold of the lanes of a partial result.
template <name_code Op, class T, int N> SINTER_INLINE T fold_lanes(simd<T, N> x) {
  return reduce_lanes([](auto a, auto b) { return folds::combine<Op>(a, b); }, x);
}

}  // namespace sinter::cpu_target::detail
