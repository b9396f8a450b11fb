// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Every operation that folds rows, once, as operations/elements.hpp has those of elements. Where
/// an operation gives rows, a weighted sum of them is what is compared.

#include <cmath>

#include "operations/elements.hpp"

namespace sinter::testing {

/// What each operand is: r real numbers, p positive ones below 1, l a label for each row, w weights
/// for all rows, z real numbers of which some are 0.
template <char... Kind> struct operand_kinds {};

/// What is known of an operation on rows of length n.
struct row_facts {
  const char* spelling;
  const char* meaning;
  double f32 = 0, f64 = 0;  ///< greatest error, in units in the last place
  double floor = 0;         ///< smaller results are as far off as one of this size
  int rows = 3;
};

/// Folds of a row in long double.
template <class F> real fold(int n, F f) {
  real total = 0;
  for (int i = 0; i < n; ++i) total += f(i);
  return total;
}
template <class F> real most(int n, F f) {
  real best = f(0);
  for (int i = 1; i < n; ++i) best = std::fmax(best, f(i));
  return best;
}
inline real mean_of(const real* a, int n) {
  return fold(n, [&](int i) { return a[i]; }) / n;
}
inline real squares_apart(const real* a, int n) {
  const real mean = mean_of(a, n);
  return fold(n, [&](int i) { return (a[i] - mean) * (a[i] - mean); });
}
inline real log_sum_exp(const real* a, int n) {
  return std::log(fold(n, [&](int i) { return std::exp(a[i]); }));
}
/// The sum of what f folds up to each element, weighted.
template <class F> real weighted(const real* weights, int n, F f) {
  return fold(n, [&](int i) { return weights[i] * f(i + 1); });
}
inline real dot(const real* a, const real* b, int n) {
  return fold(n, [&](int i) { return a[i] * b[i]; });
}
inline real place_of(const real* a, int n, real sign) {
  int best = 0;
  for (int i = 1; i < n; ++i)
    if (sign * a[i] > sign * a[best]) best = i;
  return best;
}
/// The cross entropy at a label, of which a part is spread over all classes, weighted by w.
inline real entropy_of(const real* a, int label, real smoothing, const real* w, int n) {
  const real all = log_sum_exp(a, n);
  const auto term = [&](int i) { return (w == nullptr ? 1 : w[i]) * (all - a[i]); };
  return (1 - smoothing) * term(label) + smoothing * fold(n, term) / n;
}
inline real distance_of(const real* a, const real* b, int n) {
  return std::sqrt(fold(n, [&](int i) {
    const real d = a[i] - b[i] + 1e-6L;
    return d * d;
  }));
}

/// Folds along the last axis; others are named as template arguments.
template <class Visit> void row_reductions(Visit visit) {
  visit(operand_kinds<'r'>{}, {.spelling = "sum(x)", .meaning = "sum", .f32 = 4, .f64 = 4,
         .floor = 8},
        [](auto x) { return sum<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return fold(n, [&](int i) { return a[i]; });
        });
  visit(operand_kinds<'r'>{}, {.spelling = "mean(x)", .meaning = "mean", .f32 = 4, .f64 = 4,
         .floor = 1},
        [](auto x) { return mean<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real { return mean_of(a, n); });
  visit(operand_kinds<'p'>{}, {.spelling = "prod(x)", .meaning = "product", .f32 = 40, .f64 = 40},
        [](auto x) { return prod<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return std::exp(fold(n, [&](int i) { return std::log(a[i]); }));
        });
  visit(operand_kinds<'r'>{}, {.spelling = "max(x)", .meaning = "greatest", .f32 = 0, .f64 = 0},
        [](auto x) { return max<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return most(n, [&](int i) { return a[i]; });
        });
  visit(operand_kinds<'r'>{}, {.spelling = "min(x)", .meaning = "least", .f32 = 0, .f64 = 0},
        [](auto x) { return min<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return -most(n, [&](int i) { return -a[i]; });
        });
  visit(operand_kinds<'r'>{}, {.spelling = "argmax(x)", .meaning = "place of the greatest",
         .f32 = 0, .f64 = 0},
        [](auto x) { return argmax(x); },
        [](const real* a, const real*, const real*, int n) -> real { return place_of(a, n, 1); });
  visit(operand_kinds<'r'>{}, {.spelling = "argmin(x)", .meaning = "place of the least",
         .f32 = 0, .f64 = 0},
        [](auto x) { return argmin(x); },
        [](const real* a, const real*, const real*, int n) -> real { return place_of(a, n, -1); });
  visit(operand_kinds<'z'>{}, {.spelling = "any(x)", .meaning = "whether one is not 0",
         .f32 = 0, .f64 = 0},
        [](auto x) { return any<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return fold(n, [&](int i) { return a[i] != 0; }) > 0;
        });
  visit(operand_kinds<'z'>{}, {.spelling = "all(x)", .meaning = "whether none is 0",
         .f32 = 0, .f64 = 0},
        [](auto x) { return all<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return fold(n, [&](int i) { return a[i] == 0; }) == 0;
        });
  visit(operand_kinds<'z'>{}, {.spelling = "count_nonzero(x)", .meaning = "how many are not 0",
         .f32 = 0, .f64 = 0},
        [](auto x) { return count_nonzero<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return fold(n, [&](int i) { return a[i] != 0; });
        });
  visit(operand_kinds<'r'>{}, {.spelling = "variance(x)",
         .meaning = "squares beside the mean, over n - 1", .f32 = 6, .f64 = 6},
        [](auto x) { return variance<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return squares_apart(a, n) / (n - 1);
        });
  visit(operand_kinds<'r'>{}, {.spelling = "variance<biased>(x)", .meaning = "the same over n",
         .f32 = 6, .f64 = 6},
        [](auto x) { return variance<biased, -1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return squares_apart(a, n) / n;
        });
  visit(operand_kinds<'r'>{}, {.spelling = "standard_deviation(x)",
         .meaning = "root of the variance", .f32 = 4, .f64 = 4},
        [](auto x) { return standard_deviation<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return std::sqrt(squares_apart(a, n) / (n - 1));
        });
  visit(operand_kinds<'r'>{}, {.spelling = "norm(x)", .meaning = "root of the sum of squares",
         .f32 = 4, .f64 = 4},
        [](auto x) { return norm<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return std::sqrt(dot(a, a, n));
        });
  visit(operand_kinds<'r'>{}, {.spelling = "l1_norm(x)", .meaning = "sum of magnitudes",
         .f32 = 4, .f64 = 4},
        [](auto x) { return l1_norm<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return fold(n, [&](int i) { return std::fabs(a[i]); });
        });
  visit(operand_kinds<'r'>{}, {.spelling = "max_norm(x)", .meaning = "greatest magnitude",
         .f32 = 0, .f64 = 0},
        [](auto x) { return max_norm<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real {
          return most(n, [&](int i) { return std::fabs(a[i]); });
        });
  visit(operand_kinds<'r'>{}, {.spelling = "logsumexp(x)", .meaning = "log of the sum of e^x",
         .f32 = 4, .f64 = 4},
        [](auto x) { return logsumexp<-1>(x); },
        [](const real* a, const real*, const real*, int n) -> real { return log_sum_exp(a, n); });
  visit(operand_kinds<'r', 'w'>{}, {.spelling = "cumsum(x)",
         .meaning = "sum of what is up to each", .f32 = 8, .f64 = 8, .floor = 8},
        [](auto x, auto y) { return sum<-1>(cumsum(x) * y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return weighted(b, n, [&](int up_to) {
            return fold(up_to, [&](int i) { return a[i]; });
          });
        });
  visit(operand_kinds<'p', 'w'>{}, {.spelling = "cumprod(x)",
         .meaning = "product of what is up to each", .f32 = 8, .f64 = 8, .floor = 1},
        [](auto x, auto y) { return sum<-1>(cumprod(x) * y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return weighted(b, n, [&](int up_to) {
            return std::exp(fold(up_to, [&](int i) { return std::log(a[i]); }));
          });
        });
  visit(operand_kinds<'r', 'w'>{}, {.spelling = "cummax(x)", .meaning = "greatest so far",
         .f32 = 8, .f64 = 8, .floor = 8},
        [](auto x, auto y) { return sum<-1>(cummax(x) * y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return weighted(b, n, [&](int up_to) {
            return most(up_to, [&](int i) { return a[i]; });
          });
        });
  visit(operand_kinds<'r', 'w'>{}, {.spelling = "cummin(x)", .meaning = "least so far",
         .f32 = 8, .f64 = 8, .floor = 8},
        [](auto x, auto y) { return sum<-1>(cummin(x) * y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return weighted(b, n, [&](int up_to) {
            return -most(up_to, [&](int i) { return -a[i]; });
          });
        });
  visit(operand_kinds<'r', 'w'>{}, {.spelling = "logcumsumexp(x)",
         .meaning = "log of the sum of e^x up to each", .f32 = 8, .f64 = 8, .floor = 8},
        [](auto x, auto y) { return sum<-1>(logcumsumexp(x) * y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return weighted(b, n, [&](int up_to) { return log_sum_exp(a, up_to); });
        });
  visit(operand_kinds<'r', 'w'>{}, {.spelling = "softmax(x)", .meaning = "e^x over its sum",
         .f32 = 8, .f64 = 8},
        [](auto x, auto y) { return sum<-1>(softmax(x) * y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return fold(n, [&](int i) { return b[i] * std::exp(a[i] - log_sum_exp(a, n));
                 });
        });
  visit(operand_kinds<'r', 'w'>{}, {.spelling = "log_softmax(x)", .meaning = "its logarithm",
         .f32 = 8, .f64 = 8},
        [](auto x, auto y) { return sum<-1>(log_softmax(x) * y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return fold(n, [&](int i) { return b[i] * (a[i] - log_sum_exp(a, n)); });
        });
  visit(operand_kinds<'r', 'w'>{}, {.spelling = "layer_norm(x)",
         .meaning = "less its mean, over its deviation", .f32 = 8, .f64 = 8, .floor = 8},
        [](auto x, auto y) { return sum<-1>(layer_norm(x) * y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return fold(n, [&](int i) { return b[i] * (a[i] - mean_of(a, n)) /
                 std::sqrt(squares_apart(a, n) / n + 1e-5L); });
        });
  visit(operand_kinds<'r'>{}, {.spelling = "glu(x)",
         .meaning = "a sigmoid(b), of halves a and b", .f32 = 8, .f64 = 8, .floor = 8},
        [](auto x) { return sum<-1>(glu(x)); },
        [](const real* a, const real*, const real*, int n) -> real {
          return fold(n / 2, [&](int i) { return a[i] / (1 + std::exp(-a[n / 2 + i])); });
        });
  visit(operand_kinds<'r'>{}, {.spelling = "swiglu(x)",
         .meaning = "silu(a) b, of halves a and b", .f32 = 8, .f64 = 8, .floor = 8},
        [](auto x) { return sum<-1>(swiglu(x)); },
        [](const real* a, const real*, const real*, int n) -> real {
          return fold(n / 2, [&](int i) { return a[i] / (1 + std::exp(-a[i])) * a[n / 2 +
                 i]; });
        });
}

/// Losses of rows.
template <class Visit> void row_losses(Visit visit) {
  visit(operand_kinds<'r', 'l'>{}, {.spelling = "cross_entropy(x, l)",
         .meaning = "-log(softmax(x)) at a label", .f32 = 6, .f64 = 6, .floor = 2},
        [](auto x, auto y) { return cross_entropy(x, y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return entropy_of(a, static_cast<int>(b[0]), 0, nullptr, n);
        });
  visit(operand_kinds<'r', 'l'>{}, {.spelling = "cross_entropy(x, l, e)",
         .meaning = "with a part e of the label for all classes", .f32 = 6, .f64 = 6, .floor = 2},
        [](auto x, auto y) { return cross_entropy(x, y, 0.125); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return entropy_of(a, static_cast<int>(b[0]), 0.125L, nullptr, n);
        });
  visit(operand_kinds<'r', 'l'>{}, {.spelling = "cross_entropy<3>(x, l)",
         .meaning = "0 where the label is 3", .f32 = 6, .f64 = 6, .floor = 2},
        [](auto x, auto y) { return cross_entropy<3>(x, y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return b[0] == 3 ? 0 : entropy_of(a, static_cast<int>(b[0]), 0, nullptr, n);
        });
  visit(operand_kinds<'r', 'l', 'w'>{}, {.spelling = "weighted_cross_entropy(x, l, w)",
         .meaning = "times the weight of the label", .f32 = 8, .f64 = 8, .floor = 2},
        [](auto x, auto y, auto z) { return weighted_cross_entropy(x, y, z); },
        [](const real* a, const real* b, const real* c, int n) -> real {
          return c[static_cast<int>(b[0])] * entropy_of(a, static_cast<int>(b[0]), 0,
                 nullptr, n);
        });
  visit(operand_kinds<'r', 'l', 'w'>{}, {.spelling = "weighted_cross_entropy(x, l, w, e)",
         .meaning = "the same, smoothed", .f32 = 8, .f64 = 8, .floor = 2},
        [](auto x, auto y, auto z) { return weighted_cross_entropy(x, y, z, 0.125); },
        [](const real* a, const real* b, const real* c, int n) -> real {
          return entropy_of(a, static_cast<int>(b[0]), 0.125L, c, n);
        });
  visit(operand_kinds<'r', 'p'>{}, {.spelling = "soft_cross_entropy(x, p)",
         .meaning = "for probabilities in place of a label", .f32 = 8, .f64 = 8, .floor = 2},
        [](auto x, auto y) { return soft_cross_entropy(x, y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return -fold(n, [&](int i) { return b[i] * (a[i] - log_sum_exp(a, n)); });
        });
  visit(operand_kinds<'r', 'p'>{}, {.spelling = "kl_divergence(x, p)",
         .meaning = "sum of p (log p - x)", .f32 = 8, .f64 = 8, .floor = 8},
        [](auto x, auto y) { return kl_divergence(x, y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return fold(n, [&](int i) { return b[i] * (std::log(b[i]) - a[i]); });
        });
  visit(operand_kinds<'r', 'r'>{}, {.spelling = "cosine_similarity(x, y)",
         .meaning = "cosine of the angle between", .f32 = 6, .f64 = 6, .floor = 1},
        [](auto x, auto y) { return cosine_similarity(x, y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return dot(a, b, n) / std::sqrt(dot(a, a, n) * dot(b, b, n));
        });
  visit(operand_kinds<'r', 'r', 'r'>{}, {.spelling = "triplet_margin(x, y, z)",
         .meaning = "max(0, \\|x - y\\| - \\|x - z\\| + 1)", .f32 = 6, .f64 = 6, .floor = 8},
        [](auto x, auto y, auto z) { return triplet_margin(x, y, z); },
        [](const real* a, const real* b, const real* c, int n) -> real {
          return std::fmax(0.0L, distance_of(a, b, n) - distance_of(a, c, n) + 1);
        });
  visit(operand_kinds<'r', 'r'>{}, {.spelling = "mse(x, y)",
         .meaning = "mean of (x - y)^2, over everything", .f32 = 4, .f64 = 4, .rows = 1},
        [](auto x, auto y) { return mse(x, y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return fold(n, [&](int i) { return (a[i] - b[i]) * (a[i] - b[i]); }) / n;
        });
  visit(operand_kinds<'r', 'r'>{}, {.spelling = "mae(x, y)",
         .meaning = "mean of \\|x - y\\|, over everything", .f32 = 4, .f64 = 4, .rows = 1},
        [](auto x, auto y) { return mae(x, y); },
        [](const real* a, const real* b, const real*, int n) -> real {
          return fold(n, [&](int i) { return std::fabs(a[i] - b[i]); }) / n;
        });
}

}  // namespace sinter::testing
