// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Random numbers inside expressions: element i is a function of a seed, a stream and i, which is
/// its number in row-major order, so a kernel computes it where it is used and stores nothing. Seed
/// and stream are operands, numbers or tensors of one integer; whoever calls counts the stream up.
/// They are the numbers of `random::uniform` and `random::normal` for that seed and stream. Inside
/// one function equal arguments are one value: a gradient has the mask of its forward pass.

#include "sinter/core/philox.hpp"
#include "sinter/ops/exponential.hpp"
#include "sinter/ops/grid.hpp"

namespace sinter {

/// The 24 random bits of an element: seed, stream, element.
template <> struct primitive<id("random24")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr T value(T seed, T stream, T element) {
    if constexpr (std::is_arithmetic_v<T>)
      return static_cast<T>(random::detail::bits_of<std::uint64_t>(
          static_cast<std::uint64_t>(seed), static_cast<std::uint64_t>(stream),
          static_cast<std::uint64_t>(element)));
    else return random::detail::bits_of(seed, stream, element);
  }
  static constexpr auto pullback(auto, auto, auto, auto, auto) {
    return partials{none, none, none};
  }
  static constexpr no_gradient none{};
  static constexpr sinter::cost cost{.flops = 120};
};

/// Those of the pair that it is in, 48.
template <> struct primitive<id("random48")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr T value(T seed, T stream, T element) {
    if constexpr (std::is_arithmetic_v<T>)
      return static_cast<T>(random::detail::pair_of<std::uint64_t>(
          static_cast<std::uint64_t>(seed), static_cast<std::uint64_t>(stream),
          static_cast<std::uint64_t>(element)));
    else return random::detail::pair_of(seed, stream, element);
  }
  static constexpr auto pullback(auto, auto, auto, auto, auto) {
    return partials{none, none, none};
  }
  static constexpr no_gradient none{};
  static constexpr sinter::cost cost{.flops = 120};
};

/// A standard normal number of 48 random bits and an element's number, in f64.
template <> struct primitive<id("normal48")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T bits, T element) {
    const T high = math::floor(bits * T(0x1p-24)), low = bits - high * T(0x1p24);
    const T odd = element - T(2) * math::floor(element * T(0.5));
    return random::normal_of((low + T(0.5)) * T(0x1p-24),
                             (high + T(0.5)) * T(0x1p-24) - odd * T(0.25));
  }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
  static constexpr sinter::cost cost{.flops = 50};
};

/// @source Wichura 1988, Algorithm AS 241, doi:10.2307/2347330
template <> struct primitive<id("quantile")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T p) {
    const T q = p - T(0.5), inner = T(0.180625) - q * q;
    const T middle =
        q * ratio(inner, 2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
                  45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
                  133.14166789178437745, 3.387132872796366608, 5226.495278852854561,
                  28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
                  5394.1960214247511077, 687.1870074920579083, 42.313330701600911252);
    const T side = math::select(q < T(0), p, T(1) - p);
    const T r = math::sqrt(-math::log(side)), near = r - T(1.6), far = r - T(5);
    const T tail = math::select(
        r <= T(5),
        ratio(near, 7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
              1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055,
              4.6303378461565452959, 1.42343711074968357734, 1.05075007164441684324e-9,
              5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
              0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187),
        ratio(far, 2.01033439929228813265e-7, 2.71155556874348757815e-5,
              0.0012426609473880784386, 0.026532189526576123093, 0.29656057182850489123,
              1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
              2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
              7.868691311456132591e-4, 0.0148753612908506148525, 0.13692988092273580531,
              0.59983220655588793769));
    const T size = math::select(r <= T(30), tail, r);  // beyond it is infinite, or NaN
    return math::select(inner >= T(0), middle, math::select(q < T(0), -size, size));
  }
  /// sqrt(2 pi) exp(y^2 / 2)
  static constexpr auto derivative(auto, auto y) { return exp(y * y * 0.5) * 2.5066282746310002; }
  static constexpr sinter::cost cost{.flops = 100};

 private:
  /// A polynomial of degree 7, the highest coefficient first, over one whose last is 1.
  template <class T, class... C>
  SINTER_HD static constexpr T ratio(T x, double a, double b, double c, double d, double e,
                                     double f, double g, double h, C... below) {
    T over = T(a);
    for (const double next : {b, c, d, e, f, g, h}) over = over * x + T(next);
    T under = T(0);
    for (const double next : {below..., 1.0}) under = under * x + T(next);
    return over / under;
  }
};

/// The x below which a standard normal number lies with probability p; infinite at 0 and 1, NaN
/// outside. @accuracy relative 1e-15 in f64
template <operand P> constexpr element_call<id("quantile"), P> normal_quantile(P&& p) {
  return element<id("quantile")>(std::forward<P>(p));
}

namespace detail {

/// Probabilities that are operands are checked before anything runs; a constant one now.
constexpr symbol checked_probability(symbol p, name_code op) {
  graph_builder& g = *p.graph;
  if (const node* n = uniform(g, p.index); n != nullptr) {
    const double value = constant_of(*n);
    if (!(value >= 0 && value <= 1)) return failed(p, rule::probability, op);
    return in_type(p, dtype::f64);
  }
  node checked = rules::make(probability_operation, p.type(), p.extents(), p.index);
  checked.attribute[2] = op;
  return in_type({&g, add(g, checked)}, dtype::f64);
}

/// The number of each element in row-major order.
constexpr symbol element_number(graph_builder& g, const shape s) {
  symbol number{&g, rules::broadcast(g, rules::constant(g, dtype::u64, 0), s)};
  extent_t step = 1;
  for (int axis = s.rank; axis-- > 0; step = g.times(step, s[axis])) {
    if (s[axis] == 1) continue;
    const symbol each = extent_value(g, step, dtype::u64);
    number = number + in_type(index_along(g, s, axis), dtype::u64) * each;
  }
  return number;
}

/// Random bits of a stream, for each element of a shape.
struct random_bits {
  symbol seed, stream, element;
  bool sound = true;

  constexpr random_bits(symbol own_seed, symbol own_stream, const shape s, name_code op) {
    graph_builder& g = *own_seed.graph;
    for (symbol* state : {&own_seed, &own_stream})
      if (state->rank() != 0 || !is_integer(state->type())) {
        failed(*state, rule::state, op);
        sound = false;
      }
    if (!sound) return;
    seed = in_type(own_seed, dtype::u64);
    stream = in_type(own_stream, dtype::u64);
    element = element_number(g, s);
  }
  /// (k + 1/2) / 2^24, exactly, in f64.
  constexpr symbol unit() const {
    const symbol k = add_element<id("random24")>(seed, stream, element);
    return (in_type(k, dtype::f64) + 0.5) * 0x1p-24;
  }
  constexpr symbol normal() const {
    const symbol pair = add_element<id("random48")>(seed, stream, element);
    return add_element<id("normal48")>(in_type(pair, dtype::f64), in_type(element, dtype::f64));
  }
};

constexpr dtype floating_of(symbol like) {
  return is_floating(like.type()) ? like.type() : dtype::f32;
}

struct uniform_rule {
  constexpr symbol operator()(symbol like, symbol seed, symbol stream) const {
    const random_bits bits(seed, stream, like.extents(), pack_name("uniform"));
    return bits.sound ? in_type(bits.unit(), floating_of(like)) : like;
  }
  constexpr symbol operator()(symbol like, symbol low, symbol high, symbol seed,
                              symbol stream) const {
    const random_bits bits(seed, stream, like.extents(), pack_name("uniform"));
    if (!bits.sound) return like;
    low = in_type(low, dtype::f64), high = in_type(high, dtype::f64);
    return in_type(low + (high - low) * bits.unit(), floating_of(like));
  }
};

struct normal_rule {
  constexpr symbol operator()(symbol like, symbol seed, symbol stream) const {
    const random_bits bits(seed, stream, like.extents(), pack_name("normal"));
    return bits.sound ? in_type(bits.normal(), floating_of(like)) : like;
  }
};

struct truncated_rule {
  constexpr symbol operator()(symbol like, symbol low, symbol high, symbol seed,
                              symbol stream) const {
    const random_bits bits(seed, stream, like.extents(), pack_name("truncated"));
    if (!bits.sound) return like;
    low = in_type(low, dtype::f64), high = in_type(high, dtype::f64);
    const auto below = [](symbol x) { return 0.5 + 0.5 * erf(x * 0.70710678118654752); };
    const symbol from = below(low);
    const symbol x = normal_quantile(from + (below(high) - from) * bits.unit());
    return in_type(minimum(maximum(x, low), high), floating_of(like));
  }
};

struct bernoulli_rule {
  constexpr symbol operator()(symbol p, symbol seed, symbol stream) const {
    constexpr name_code name = pack_name("bernoulli");
    const symbol wanted = checked_probability(p, name);
    if (p.graph->first_mistake) return p;
    const random_bits bits(seed, stream, p.extents(), name);
    return bits.sound ? bits.unit() < wanted : p;
  }
};

struct dropout_rule {
  constexpr symbol operator()(symbol x, symbol p, symbol seed, symbol stream) const {
    constexpr name_code name = pack_name("dropout");
    x = as_floating(x);
    if (p.rank() != 0) return failed(p, rule::scalar, name);
    const symbol lost = checked_probability(p, name);
    if (x.graph->first_mistake) return x;
    const random_bits bits(seed, stream, x.extents(), name);
    if (!bits.sound) return x;
    // Nothing is kept where p is 1: not 0 times an infinite factor.
    const node* known = uniform(*x.graph, lost.index);
    const double constant = known != nullptr ? constant_of(*known) : 0;
    const symbol factor =
        known == nullptr ? where(lost < 1, 1 / (1 - lost), 0)
                         : literal(x.graph, constant < 1 ? 1 / (1 - constant) : 0.0);
    return where(lost <= bits.unit(), x * in_type(factor, x.type()), 0);
  }
};

}  // namespace detail

/// Uniform numbers in the shape and the type of `like`, whose values are not read: in (0, 1), or
/// from `low` to `high`; f32 may round to a bound.
/// @dtype  seed, stream: single integers; they wrap modulo 2^64
/// @cost   about 120 integer operations an element
/// @example st::tensor noise = st::uniform_like(x, -1, 1, seed, stream++);
template <operand L, operand_or_number Seed, operand_or_number Stream>
constexpr applied<detail::uniform_rule, L, Seed, Stream> uniform_like(L&& like, Seed&& seed,
                                                                      Stream&& stream) {
  return apply(detail::uniform_rule{}, std::forward<L>(like), std::forward<Seed>(seed),
               std::forward<Stream>(stream));
}
template <operand L, operand_or_number A, operand_or_number B, operand_or_number Seed,
          operand_or_number Stream>
constexpr applied<detail::uniform_rule, L, A, B, Seed, Stream> uniform_like(L&& like, A&& low,
                                                                            B&& high, Seed&& seed,
                                                                            Stream&& stream) {
  return apply(detail::uniform_rule{}, std::forward<L>(like), std::forward<A>(low),
               std::forward<B>(high), std::forward<Seed>(seed), std::forward<Stream>(stream));
}

/// Standard normal numbers in the shape and the type of `like`. As `random::normal`, but for the
/// rounding of the logarithm and the cosine, which are a kernel's own: in f32 that shows about once
/// in 10^8 numbers.
template <operand L, operand_or_number Seed, operand_or_number Stream>
constexpr applied<detail::normal_rule, L, Seed, Stream> normal_like(L&& like, Seed&& seed,
                                                                    Stream&& stream) {
  return apply(detail::normal_rule{}, std::forward<L>(like), std::forward<Seed>(seed),
               std::forward<Stream>(stream));
}

/// Standard normal numbers that lie between two bounds, by the inverse of their distribution.
/// @accuracy bounds beyond 6 standard deviations on one side leave few different numbers
template <operand L, operand_or_number A, operand_or_number B, operand_or_number Seed,
          operand_or_number Stream>
constexpr applied<detail::truncated_rule, L, A, B, Seed, Stream> truncated_normal_like(
    L&& like, A&& low, B&& high, Seed&& seed, Stream&& stream) {
  return apply(detail::truncated_rule{}, std::forward<L>(like), std::forward<A>(low),
               std::forward<B>(high), std::forward<Seed>(seed), std::forward<Stream>(stream));
}

/// True with probability p, for each element of p.
/// @errors a probability outside [0, 1]: at compile time where it is a constant; else value_error
///         before anything runs, for those that are operands in the host's memory
template <operand P, operand_or_number Seed, operand_or_number Stream>
constexpr applied<detail::bernoulli_rule, P, Seed, Stream> bernoulli(P&& p, Seed&& seed,
                                                                     Stream&& stream) {
  return apply(detail::bernoulli_rule{}, std::forward<P>(p), std::forward<Seed>(seed),
               std::forward<Stream>(stream));
}

/// 0 with probability p, else x / (1 - p). The gradient has the same mask; where another kernel
/// needs it, it is kept as a byte an element.
/// @source Srivastava et al. 2014, JMLR 15
/// @errors as bernoulli
/// @example auto hidden = st::dropout(relu(first(x)), 0.1, seed, step);
template <operand X, operand_or_number P, operand_or_number Seed, operand_or_number Stream>
constexpr applied<detail::dropout_rule, X, P, Seed, Stream> dropout(X&& x, P&& p, Seed&& seed,
                                                                    Stream&& stream) {
  return apply(detail::dropout_rule{}, std::forward<X>(x), std::forward<P>(p),
               std::forward<Seed>(seed), std::forward<Stream>(stream));
}

}  // namespace sinter
