// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The operations that random graphs are made of. Each member draws operands from the pool and
/// returns a candidate, or none where nothing fits; arguments are mapped into the domain first.

#include "random_scans.hpp"
#include "sinter/ops/activation.hpp"
#include "sinter/ops/bitwise.hpp"
#include "sinter/ops/loss.hpp"
#include "sinter/ops/rounding.hpp"
#include "sinter/ops/special.hpp"
#include "sinter/ops/trigonometric.hpp"

namespace sinter::testing {

class random_operations : public random_scans {
 public:
  using random_scans::random_scans;

  candidate operation() {
    struct choice {
      int weight;
      candidate (random_operations::*make)();
      bool smooth;
    };
    using self = random_operations;
    constexpr choice choices[] = {
        {26, &self::unary, true},      {22, &self::binary, true},  {4, &self::comparison, false},
        {14, &self::function, true},   {4, &self::activation, true}, {4, &self::jump, false},
        {3, &self::bits, false},
        {4, &self::selection, true},   {6, &self::conversion, false},
        {13, &self::reduction, true},  {6, &self::row, true},      {3, &self::cross_entropy, true},
        {11, &self::product, true},    {2, &self::layers, true},
        {6, &self::permutation, true}, {5, &self::regroup, true},
        {4, &self::part, true},        {3, &self::repeat, true},   {1, &self::detached, false},
        {4, &self::stepped, true},     {3, &self::joined, true},   {1, &self::padded, true},
        {4, &self::looked_up, true},   {2, &self::drawn, true},       {2, &self::lettered, true},
        {1, &self::counted, true},     {5, &self::running, true}};
    int total = 0;
    for (const choice& c : choices) total += c.smooth || !options.smooth ? c.weight : 0;
    int drawn = r.below(total);
    for (const choice& c : choices) {
      if (options.smooth && !c.smooth) continue;
      if ((drawn -= c.weight) < 0) return (this->*c.make)();
    }
    return {};
  }

 private:
  /// A positive value that grows with |x|.
  symbol positive(symbol x, double bound) {
    if (options.smooth || (bound < 50 && r.chance(0.3))) return x * x;
    return abs(x);
  }

  candidate unary() {
    const candidate c = draw_number();
    if (!c) return {};
    const symbol x = at(c);
    const double b = c.bound;
    const bool narrow = is_float8(type_of(c)), half = type_of(c) == dtype::f16;
    const double widest = options.smooth ? 2 : narrow ? 5 : half ? 8 : 30;
    const double exponential = options.smooth ? 8 : narrow ? 150 : half ? 3000 : 1.1e13;
    const auto calm = [&] { return b <= widest ? x : b < 1e6 ? x * (widest / b) : tanh(x); };
    const double factor = static_cast<double>(r.between(-20, 20)) / 8;
    const double negated = type_of(c) == dtype::u64 ? 2e19 : b;
    switch (r.below(20)) {
      case 0: return made(-x, negated);
      case 1: return made(abs(x), b);
      case 2: return made(exp(calm()), exponential);
      case 3: return made(expm1(calm()), exponential);
      case 4: return made(log(positive(x, b) + 1), b < 90 ? b : 90);
      case 5: return made(log1p(positive(x, b)), b < 90 ? b : 90);
      case 6: return made(tanh(x), 1);
      case 7: return made(sqrt(positive(x, b) + 0.5), b + 1);
      case 8: return made(erf(x), 1);
      case 9: return made(relu(x), b);
      case 10: return made(sigmoid(x), 1);
      case 11: return made(silu(x), b + 1);
      case 12: return made(gelu(x), b + 1);
      case 13: return made(softplus(x), b + 1);
      case 14: return made(square(x), b * b);
      case 15: return made(x * factor, b * 2.5);
      case 16: return made(x + factor, b + 2.5);
      case 17: return made(1 / (positive(x, b) + 1), 1);
      case 18: return made(maximum(x, factor), b + 2.5);
      default: return made(is_floating(x.type()) ? x - 1 : x * 3 + 1, b * 3 + 1);
    }
  }

  /// A value within +-bound; what is wider is scaled, or goes through a tanh.
  symbol within(candidate c, double bound) {
    const symbol x = at(c);
    return c.bound <= bound ? x : c.bound < 1e6 ? x * (bound / c.bound) : tanh(x) * bound;
  }

  candidate function() {
    const candidate c = draw_number();
    if (!c) return {};
    const symbol small = within(c, 0.9), middle = within(c, 3);
    switch (r.below(options.smooth ? 18 : 20)) {  // the last two have no second derivative
      case 0: return made(sin(middle), 1);
      case 1: return made(cos(middle), 1);
      case 2: return made(tan(small), 1.3);
      case 3: return made(asin(small), 1.2);
      case 4: return made(acos(small), 2.8);
      case 5: return made(atan(middle), 1.3);
      case 6: return made(sinh(middle), 11);
      case 7: return made(cosh(middle), 11);
      case 8: return made(asinh(middle), 2);
      case 9: return made(acosh(middle * middle + 1.5), 4);
      case 10: return made(atanh(small), 1.5);
      case 11: return made(exp2(middle), 8);
      case 12: return made(log2(middle * middle + 0.5), 4);
      case 13: return made(log10(middle * middle + 0.5), 1);
      case 14: return made(rsqrt(middle * middle + 0.5), 1.5);
      case 15: return made(cbrt(middle * middle + 0.5), 2.2);
      case 16: return made(erfc(middle), 2);
      case 17: return made(lgamma(middle * middle + 0.5), 13);
      case 18: return made(digamma(middle * middle + 0.5), 2.4);
      default: return made(trigamma(middle * middle + 0.5), 5);
    }
  }

  candidate activation() {
    const candidate c = draw_number();
    if (!c || type_of(c) == dtype::u64) return {};
    const symbol x = within(c, 20);
    const double b = c.bound < 20 ? c.bound : 20;
    switch (r.below(8)) {
      case 0: return made(gelu_tanh(x), b);
      case 1: return made(mish(x), b);
      case 2: return made(log_sigmoid(x), b + 1);
      case 3: return made(elu(x, 0.75), b);
      case 4: return made(selu(x), b * 1.1 + 2);
      case 5: return made(leaky_relu(x), b);
      case 6: return made(hard_swish(x), b);
      default: return made(softsign(x), 1);
    }
  }

  /// What is constant in parts.
  candidate jump() {
    const candidate c = draw_number();
    if (!c) return {};
    const symbol x = at(c);
    const double b = c.bound + 1;
    switch (r.below(7)) {
      case 0: return made(floor(x), b);
      case 1: return made(ceil(x), b);
      case 2: return made(trunc(x), b);
      case 3: return made(round(x), b);
      case 4: return made(sign(x), 1);
      case 5: return made(remainder(x, 3), 3);
      default: return made(clamp(x, 1, 2), 2);
    }
  }

  candidate bits() {
    const candidate c = draw([&](candidate x) { return is_signed_integer(type_of(x)); });
    if (!c || c.bound > 1e6) return {};
    const symbol x = at(c);
    const double b = 2 * c.bound + 64;  // no bit beyond those of the operands
    switch (r.below(8)) {
      case 0: return made(x & 21, b);
      case 1: return made(x | 12, b);
      case 2: return made(x ^ 35, b);
      case 3: return made(~x, b);
      case 4: return made(x << 2, 4 * c.bound);
      case 5: return made(x >> 1, c.bound);
      case 6: return made(floor_divide(x, 3), c.bound + 1);
      default: return made(remainder(x, 5), 5);
    }
  }

  candidate binary() {
    const candidate a = draw_number();
    if (!a) return {};
    const candidate b = partner(a);
    const symbol x = at(a), y = at(b);
    const double low = x.type() == dtype::u64 || y.type() == dtype::u64 ? 2e19 : 0;
    switch (r.below(7)) {
      case 0:
      case 1: return made(x + y, a.bound + b.bound);
      case 2: return made(x - y, a.bound + b.bound + low);
      case 3: return made(x * y, a.bound * b.bound);
      case 4: return made(x / (positive(y, b.bound) + 0.5), a.bound * 2);
      case 5: return made(maximum(x, y), a.bound + b.bound);
      default: return made(minimum(x, y), a.bound + b.bound);
    }
  }

  candidate comparison() {
    const candidate mask = draw([&](candidate c) { return type_of(c) == dtype::boolean; });
    if (mask && r.chance(0.4)) {
      const candidate other = partner(mask);
      const symbol x = at(mask), y = at(other);
      const int which = r.below(3);
      return made(which == 0 ? x && y : which == 1 ? x || y : !x, 1);
    }
    const candidate a = draw_number();
    if (!a) return {};
    const candidate b = partner(a);
    const symbol x = at(a), y = at(b);
    switch (r.below(5)) {
      case 0: return made(x < y, 1);
      case 1: return made(x <= y, 1);
      case 2: return made(x == y, 1);
      case 3: return made(x != y, 1);
      default: return made(x > 0, 1);
    }
  }

  candidate selection() {
    const candidate a = draw_number();
    if (!a) return {};
    const candidate b = partner(a);
    const symbol x = at(a), y = at(b);
    const double bound = a.bound + b.bound + 1;
    if (options.smooth || r.chance(0.5)) return made(where(x < y, x, y * 0.5), bound);
    const candidate mask = draw([&](candidate c) {
      return type_of(c) == dtype::boolean && broadcast_together(extents_of(c), extents_of(a)) &&
             broadcast_together(extents_of(c), extents_of(b));
    });
    return mask ? made(where(at(mask), x, y), bound) : made(where(x > 1, x, 0), bound);
  }

  candidate conversion() {
    const candidate c = draw([](candidate) { return true; });
    constexpr dtype rare[] = {dtype::u8, dtype::u16, dtype::u32, dtype::u64, dtype::i8,
                              dtype::i16};
    const dtype to = r.chance(0.12) ? r.one_of(rare) : random_type();
    // What does not fit is undefined from a floating type, and wraps from an integer.
    if (is_floating(type_of(c)) && is_integer(to) && (c.bound > 2e9 || is_unsigned_integer(to)))
      return {};
    if (to == dtype::u64 && is_signed_integer(type_of(c))) return {};
    return made({&g, rules::cast(g, c.node, to)}, to == dtype::boolean ? 1 : c.bound);
  }

  candidate reduction() {
    const candidate c = draw_number();
    if (!c || extents_of(c).rank == 0) return {};
    const int rank = extents_of(c).rank;
    const unsigned all = (1u << rank) - 1;
    const unsigned mask = r.chance(0.25) ? all : 1u + static_cast<unsigned>(r.below(all));
    const int which = r.below(5);
    return reduce(c, which, {mask, r.chance(0.4)});
  }

  candidate reduce(candidate c, int which, sinter::detail::reduced_axes axes) {
    symbol x = at(c);
    double count = 1;
    for (int i = 0; i < x.rank(); ++i)
      if (axes.mask >> i & 1) count *= static_cast<double>(number(x.extents()[i]));
    using sinter::detail::reduce;
    if (which == 4) {
      double product = 1;
      for (double i = 0; i < count && product < 1e12; ++i) product *= c.bound < 1 ? 1 : c.bound;
      return product < 1e4 ? made(reduce(x, prod_operation, axes), product) : candidate{};
    }
    if (which == 0) return made(reduce(x, max_operation, axes), c.bound);
    if (which == 1) return made(reduce(x, min_operation, axes), c.bound);
    const double total = c.bound * count + 1;
    if (which == 2) return made(reduce(x, sum_operation, axes), total);
    if (!is_floating(x.type())) x.index = rules::cast(g, x.index, dtype::f32);
    if (total > limit(x.type())) return {};
    return made(reduce(x, sum_operation, axes) / sinter::detail::count_of(x, axes.mask, x.type()),
                c.bound + 1);
  }

  candidate row() {
    const candidate c = draw_floating(1);
    if (!c) return {};
    const symbol x = at(c);
    const auto count = static_cast<double>(number(x.extents().last()));
    double root = 1;
    while (root * root < count) ++root;
    const int axis = r.chance(0.6) ? 1 : r.below(3);
    switch (r.below(3)) {
      case 0:
        return made(axis == 0 ? softmax<0>(x) : axis == 2 && x.rank() > 1 ? softmax<-2>(x)
                                                                          : softmax(x), 1);
      case 1: return made(axis == 0 ? log_softmax<0>(x) : log_softmax(x), 2 * c.bound + 12);
      default:
        if (4 * c.bound * c.bound * count > limit(x.type())) return {};
        return made(layer_norm(x), root);
    }
  }

  candidate cross_entropy() {
    const candidate c = draw_floating(1);
    if (!c) return {};
    const shape own = extents_of(c);
    const extent_t classes = number(own.last());
    if (classes == 0 || classes > 256) return {};
    shape declared, n;
    for (int i = 0; i + 1 < own.rank; ++i) {
      declared.push(spelled(own[i]));
      n.push(number(own[i]));
    }
    constexpr dtype types[] = {dtype::i32, dtype::i64, dtype::u8};
    const candidate labels = new_input(r.one_of(types), declared, n,
                                       {recipe::origin::labels, classes});
    if (!labels) return {};
    keep_input(labels);
    return made(sinter::cross_entropy(at(c), at(labels)), 2 * c.bound + 12);
  }

  candidate product() {
    const candidate a = draw([&](candidate c) {
      return extents_of(c).rank > 0 && type_of(c) != dtype::boolean &&
             (is_floating(type_of(c)) || r.chance(0.2));
    });
    if (!a) return {};
    const shape left = extents_of(a);
    const extent_t inner = left.last();
    candidate b = draw([&](candidate c) {
      const shape& s = extents_of(c);
      return s.rank > 0 && type_of(c) != dtype::boolean &&
             (meet(s[s.rank > 1 ? s.rank - 2 : 0], inner) || meet(s.last(), inner));
    });
    if (!b || r.chance(0.5)) {
      shape declared, n;
      if (left.rank > 2 && r.chance(0.3))
        for (int i = 0; i + 2 < left.rank; ++i) {
          n.push(number(left[i]));
          declared.push(spelled(left[i]));
        }
      n.push(number(inner));
      declared.push(spelled(inner));
      if (r.chance(0.8)) {
        n.push(extent());
        declared.push(spell(n.last()));
        if (r.chance(0.3)) {
          std::swap(n[n.rank - 1], n[n.rank - 2]);
          std::swap(declared[n.rank - 1], declared[n.rank - 2]);
        }
      }
      if (const candidate made = new_input(input_type(type_of(a)), declared, n))
        b = keep_input(made);
    }
    if (!b) return {};
    symbol y = at(b);
    const shape right = y.extents();
    if (right.rank > 1 && !meet(right[right.rank - 2], inner)) y = transpose(y);
    const double terms = static_cast<double>(number(inner)) + 1;
    return made(product_of(at(a), y), a.bound * b.bound * terms);
  }

  /// A product, at times of operands that may be split.
  symbol product_of(symbol x, symbol y) {
    return r.chance(0.15) ? matmul(tf32x3(x), tf32x3(y)) : matmul(x, y);
  }

  /// Products that follow one another in the same rows, as in a network.
  candidate layers() {
    candidate c = draw([&](candidate x) {
      const int rank = extents_of(x).rank;
      return rank >= 2 && rank <= 4 && is_floating(type_of(x)) && x.bound < 1e3;
    });
    candidate turned;  // the weight of a layer, which may serve again on the way back
    for (int depth = c ? r.between(2, 4) : 0; depth > 0; --depth) {
      symbol x = at(c);
      const extent_t inner = extents_of(c).last();
      if (r.chance(0.3)) x = r.chance(0.5) ? relu(x) : x * 0.5;  // what multiplies is no memory
      symbol y = x;
      if (turned && r.chance(0.5)) {
        y = product_of(x, transpose(at(turned)));
        turned = {};
      } else {
        shape declared, n;
        n.push(number(inner));
        n.push(extent());
        declared.push(spelled(inner));
        declared.push(n.last());
        const candidate w = new_input(input_type(type_of(c)), declared, n);
        if (!w) return {};
        turned = keep_input(w);
        y = product_of(x, at(w));
      }
      y = tanh(y);
      const extent_t columns = y.extents().last();
      if (meet(columns, inner) && r.chance(0.5)) c = made(y + x, c.bound + 1);
      else if (number(columns) > 0 && r.chance(0.3)) c = made(softmax(y), 1);
      else c = made(y, 1);
      if (!c) return {};
      if (depth > 1 && r.chance(0.3)) pool.push_back(c);
    }
    return c;
  }
};

}  // namespace sinter::testing
