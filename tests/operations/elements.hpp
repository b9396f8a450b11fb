// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Every operation with one value for each element, once: how it is written, what it is, where it
/// is sampled, how far it may be off. tests/unit holds the operations to it, and docs/operations.md
/// is printed from it.

#include <cmath>

#include <sinter/sinter.hpp>

namespace sinter::testing {

using real = long double;

enum class operand_types { any, floating, integers };

/// What is known of an operation of up to three operands.
struct element_facts {
  const char* spelling;
  const char* meaning;
  operand_types types = operand_types::floating;
  double low[3] = {-3, -3, -3};   ///< samples lie between, apart from special values
  double high[3] = {3, 3, 3};
  double f32 = 0, f64 = 0;        ///< greatest error, in units in the last place
  double floor = 0;               ///< smaller results are as far off as one of this size
  bool special = true;            ///< the C library agrees on infinities, NaN and huge numbers
};

/// By the recurrence up to 30 and the asymptotic series, for positive x; so its derivative.
inline real digamma_truth(real x) {
  real below = 0;
  for (; x < 30; x += 1) below += 1 / x;
  const real z = 1 / (x * x);
  return std::log(x) - 1 / (2 * x) - below -
         z * (1.0L / 12 - z * (1.0L / 120 - z * (1.0L / 252 - z * (1.0L / 240 - z / 132))));
}

inline real trigamma_truth(real x) {
  real below = 0;
  for (; x < 30; x += 1) below += 1 / (x * x);
  const real z = 1 / (x * x);
  return 1 / x + z / 2 + below +
         z / x * (1.0L / 6 - z * (1.0L / 30 - z * (1.0L / 42 - z * (1.0L / 30 - z * 5 / 66))));
}

/// Arithmetic and bounds.
template <class Visit> void arithmetic_operations(Visit visit) {
  visit({.spelling = "x + y", .meaning = "sum", .types = operand_types::any,
         .f32 = 0.5, .f64 = 0.5},
        [](auto x, auto y) { return x + y; }, [](real x, real y) -> real { return x + y; });
  visit({.spelling = "x - y", .meaning = "difference", .types = operand_types::any,
         .f32 = 0.5, .f64 = 0.5},
        [](auto x, auto y) { return x - y; }, [](real x, real y) -> real { return x - y; });
  visit({.spelling = "x * y", .meaning = "product", .types = operand_types::any,
         .f32 = 0.5, .f64 = 0.5},
        [](auto x, auto y) { return x * y; }, [](real x, real y) -> real { return x * y; });
  visit({.spelling = "x / y", .meaning = "quotient", .f32 = 0.5, .f64 = 0.5},
        [](auto x, auto y) { return x / y; }, [](real x, real y) -> real { return x / y; });
  visit({.spelling = "-x", .meaning = "negative", .types = operand_types::any, .f32 = 0, .f64 = 0},
        [](auto x) { return -x; }, [](real x) -> real { return -x; });
  visit({.spelling = "abs(x)", .meaning = "magnitude", .types = operand_types::any,
         .f32 = 0, .f64 = 0},
        [](auto x) { return abs(x); }, [](real x) -> real { return std::fabs(x); });
  visit({.spelling = "square(x)", .meaning = "x^2", .types = operand_types::any,
         .f32 = 0.5, .f64 = 0.5},
        [](auto x) { return square(x); }, [](real x) -> real { return x * x; });
  visit({.spelling = "reciprocal(x)", .meaning = "1 / x", .f32 = 0.5, .f64 = 0.5},
        [](auto x) { return reciprocal(x); }, [](real x) -> real { return 1 / x; });
  visit({.spelling = "maximum(x, y)", .meaning = "the greater one; NaN if either is",
         .types = operand_types::any, .f32 = 0, .f64 = 0},
        [](auto x, auto y) { return maximum(x, y); },
        [](real x, real y) -> real { return x != x || y != y ? NAN : std::fmax(x, y); });
  visit({.spelling = "minimum(x, y)", .meaning = "the smaller one; NaN if either is",
         .types = operand_types::any, .f32 = 0, .f64 = 0},
        [](auto x, auto y) { return minimum(x, y); },
        [](real x, real y) -> real { return x != x || y != y ? NAN : std::fmin(x, y); });
  visit({.spelling = "clamp(x, y, z)", .meaning = "x within y and z; NaN if any is",
         .types = operand_types::any, .low = {-3, -2, 0}, .high = {3, 0, 2}, .f32 = 0, .f64 = 0},
        [](auto x, auto y, auto z) { return clamp(x, y, z); },
        [](real x, real y, real z) -> real {
          return x != x || y != y || z != z ? NAN : std::fmin(std::fmax(x, y), z);
        });
  visit({.spelling = "fma(x, y, z)", .meaning = "x y + z, rounded once",
         .f32 = 0.5001, .f64 = 0.5001, .special = false},
        [](auto x, auto y, auto z) { return fma(x, y, z); },
        [](real x, real y, real z) -> real { return std::fma(x, y, z); });
  visit({.spelling = "hypot(x, y)", .meaning = "sqrt(x^2 + y^2)", .f32 = 0.51, .f64 = 1.5},
        [](auto x, auto y) { return hypot(x, y); },
        [](real x, real y) -> real { return std::hypot(x, y); });
}

/// Exponentials, logarithms, powers, roots, special functions.
template <class Visit> void exponential_operations(Visit visit) {
  visit({.spelling = "exp(x)", .meaning = "e^x", .f32 = 1.1, .f64 = 1.1},
        [](auto x) { return exp(x); }, [](real x) -> real { return std::exp(x); });
  visit({.spelling = "exp2(x)", .meaning = "2^x", .f32 = 1.1, .f64 = 1.1},
        [](auto x) { return exp2(x); }, [](real x) -> real { return std::exp2(x); });
  visit({.spelling = "expm1(x)", .meaning = "e^x - 1", .f32 = 2, .f64 = 2},
        [](auto x) { return expm1(x); }, [](real x) -> real { return std::expm1(x); });
  visit({.spelling = "log(x)", .meaning = "natural logarithm", .low = {0.01}, .high = {9},
         .f32 = 1, .f64 = 1},
        [](auto x) { return log(x); }, [](real x) -> real { return std::log(x); });
  visit({.spelling = "log2(x)", .meaning = "logarithm to base 2", .low = {0.01}, .high = {9},
         .f32 = 0.51, .f64 = 0.6},
        [](auto x) { return log2(x); }, [](real x) -> real { return std::log2(x); });
  visit({.spelling = "log10(x)", .meaning = "logarithm to base 10", .low = {0.01}, .high = {9},
         .f32 = 0.51, .f64 = 0.6},
        [](auto x) { return log10(x); }, [](real x) -> real { return std::log10(x); });
  visit({.spelling = "log1p(x)", .meaning = "log(1 + x)", .low = {-0.9}, .high = {9},
         .f32 = 1.5, .f64 = 1.5},
        [](auto x) { return log1p(x); }, [](real x) -> real { return std::log1p(x); });
  visit({.spelling = "pow(x, y)", .meaning = "x^y, with the special cases of C99",
         .low = {0.1, -3}, .high = {5, 3}, .f32 = 0.51, .f64 = 1.2},
        [](auto x, auto y) { return pow(x, y); },
        [](real x, real y) -> real { return std::pow(x, y); });
  visit({.spelling = "sqrt(x)", .meaning = "square root", .low = {0.01}, .high = {9},
         .f32 = 0.5, .f64 = 0.501},
        [](auto x) { return sqrt(x); }, [](real x) -> real { return std::sqrt(x); });
  visit({.spelling = "rsqrt(x)", .meaning = "1 / sqrt(x)", .low = {0.01}, .high = {9},
         .f32 = 1.5, .f64 = 1.5},
        [](auto x) { return rsqrt(x); }, [](real x) -> real { return 1 / std::sqrt(x); });
  visit({.spelling = "cbrt(x)", .meaning = "cube root", .f32 = 0.51, .f64 = 1},
        [](auto x) { return cbrt(x); }, [](real x) -> real { return std::cbrt(x); });
  visit({.spelling = "sigmoid(x)", .meaning = "1 / (1 + e^-x)", .f32 = 3, .f64 = 3,
         .special = false},
        [](auto x) { return sigmoid(x); }, [](real x) -> real { return 1 / (1 + std::exp(-x)); });
  visit({.spelling = "erf(x)", .meaning = "error function", .f32 = 2, .f64 = 1.2},
        [](auto x) { return erf(x); }, [](real x) -> real { return std::erf(x); });
  visit({.spelling = "erfc(x)", .meaning = "1 - erf(x)", .f32 = 4, .f64 = 6},
        [](auto x) { return erfc(x); }, [](real x) -> real { return std::erfc(x); });
  visit({.spelling = "lgamma(x)", .meaning = "log \\|gamma(x)\\|", .low = {0.1}, .high = {9},
         .f32 = 4, .f64 = 6, .floor = 1},
        [](auto x) { return lgamma(x); }, [](real x) -> real { return std::lgamma(x); });
  visit({.spelling = "digamma(x)", .meaning = "derivative of lgamma", .low = {0.1}, .high = {9},
         .f32 = 1, .f64 = 6, .floor = 1, .special = false},
        [](auto x) { return digamma(x); }, [](real x) -> real { return digamma_truth(x); });
  visit({.spelling = "trigamma(x)", .meaning = "second derivative of lgamma", .low = {0.1},
         .high = {9}, .f32 = 0.51, .f64 = 4, .special = false},
        [](auto x) { return trigamma(x); }, [](real x) -> real { return trigamma_truth(x); });
}

/// Circular and hyperbolic functions.
template <class Visit> void circular_operations(Visit visit) {
  visit({.spelling = "sin(x)", .meaning = "sine, of any angle", .f32 = 2, .f64 = 2},
        [](auto x) { return sin(x); }, [](real x) -> real { return std::sin(x); });
  visit({.spelling = "cos(x)", .meaning = "cosine, of any angle", .f32 = 2, .f64 = 2},
        [](auto x) { return cos(x); }, [](real x) -> real { return std::cos(x); });
  visit({.spelling = "tan(x)", .meaning = "tangent, of any angle", .f32 = 0.51, .f64 = 4},
        [](auto x) { return tan(x); }, [](real x) -> real { return std::tan(x); });
  visit({.spelling = "asin(x)", .meaning = "arcsine", .low = {-0.95}, .high = {0.95},
         .f32 = 0.51, .f64 = 2},
        [](auto x) { return asin(x); }, [](real x) -> real { return std::asin(x); });
  visit({.spelling = "acos(x)", .meaning = "arccosine", .low = {-0.95}, .high = {0.95},
         .f32 = 0.51, .f64 = 1.5},
        [](auto x) { return acos(x); }, [](real x) -> real { return std::acos(x); });
  visit({.spelling = "atan(x)", .meaning = "arctangent", .f32 = 0.51, .f64 = 2},
        [](auto x) { return atan(x); }, [](real x) -> real { return std::atan(x); });
  visit({.spelling = "atan2(y, x)", .meaning = "the angle of the point (x, y)",
         .f32 = 0.51, .f64 = 2},
        [](auto x, auto y) { return atan2(x, y); },
        [](real x, real y) -> real { return std::atan2(x, y); });
  visit({.spelling = "sinh(x)", .meaning = "hyperbolic sine", .f32 = 0.51, .f64 = 2.5},
        [](auto x) { return sinh(x); }, [](real x) -> real { return std::sinh(x); });
  visit({.spelling = "cosh(x)", .meaning = "hyperbolic cosine", .f32 = 0.51, .f64 = 2.5},
        [](auto x) { return cosh(x); }, [](real x) -> real { return std::cosh(x); });
  visit({.spelling = "tanh(x)", .meaning = "hyperbolic tangent", .f32 = 2.5, .f64 = 2.5},
        [](auto x) { return tanh(x); }, [](real x) -> real { return std::tanh(x); });
  visit({.spelling = "asinh(x)", .meaning = "inverse of sinh", .f32 = 0.51, .f64 = 3},
        [](auto x) { return asinh(x); }, [](real x) -> real { return std::asinh(x); });
  visit({.spelling = "acosh(x)", .meaning = "inverse of cosh", .low = {1.1}, .high = {9},
         .f32 = 0.51, .f64 = 3},
        [](auto x) { return acosh(x); }, [](real x) -> real { return std::acosh(x); });
  visit({.spelling = "atanh(x)", .meaning = "inverse of tanh", .low = {-0.95}, .high = {0.95},
         .f32 = 0.51, .f64 = 3},
        [](auto x) { return atanh(x); }, [](real x) -> real { return std::atanh(x); });
}

/// Comparisons, logic, selection.
template <class Visit> void comparison_operations(Visit visit) {
  visit({.spelling = "x < y", .meaning = "less; with >", .types = operand_types::any,
         .f32 = 0, .f64 = 0},
        [](auto x, auto y) { return x < y; }, [](real x, real y) -> real { return x < y; });
  visit({.spelling = "x <= y", .meaning = "not greater; with >=", .types = operand_types::any,
         .f32 = 0, .f64 = 0},
        [](auto x, auto y) { return x <= y; }, [](real x, real y) -> real { return x <= y; });
  visit({.spelling = "x == y", .meaning = "equal", .types = operand_types::any, .f32 = 0, .f64 = 0},
        [](auto x, auto y) { return x == y; }, [](real x, real y) -> real { return x == y; });
  visit({.spelling = "x != y", .meaning = "not equal", .types = operand_types::any,
         .f32 = 0, .f64 = 0},
        [](auto x, auto y) { return x != y; }, [](real x, real y) -> real { return x != y; });
  visit({.spelling = "x && y", .meaning = "both are other than 0", .types = operand_types::any,
         .f32 = 0, .f64 = 0},
        [](auto x, auto y) { return x && y; },
        [](real x, real y) -> real { return x != 0 && y != 0; });
  visit({.spelling = "x \\|\\| y", .meaning = "either is", .types = operand_types::any,
         .f32 = 0, .f64 = 0},
        [](auto x, auto y) { return x || y; },
        [](real x, real y) -> real { return x != 0 || y != 0; });
  visit({.spelling = "!x", .meaning = "x is 0", .types = operand_types::any, .f32 = 0, .f64 = 0},
        [](auto x) { return !x; }, [](real x) -> real { return x == 0; });
  visit({.spelling = "logical_xor(x, y)", .meaning = "one is, and not the other",
         .types = operand_types::any, .f32 = 0, .f64 = 0},
        [](auto x, auto y) { return logical_xor(x, y); },
        [](real x, real y) -> real { return (x != 0) != (y != 0); });
  visit({.spelling = "isnan(x)", .meaning = "is no number", .types = operand_types::any,
         .f32 = 0, .f64 = 0},
        [](auto x) { return isnan(x); }, [](real x) -> real { return x != x; });
  visit({.spelling = "isinf(x)", .meaning = "is infinite", .types = operand_types::any,
         .f32 = 0, .f64 = 0},
        [](auto x) { return isinf(x); }, [](real x) -> real { return std::fabs(x) == HUGE_VAL; });
  visit({.spelling = "isfinite(x)", .meaning = "is neither", .types = operand_types::any,
         .f32 = 0, .f64 = 0},
        [](auto x) { return isfinite(x); }, [](real x) -> real { return std::fabs(x) < HUGE_VAL; });
  visit({.spelling = "where(c, x, y)", .meaning = "x where the condition holds, else y",
         .types = operand_types::any, .f32 = 0, .f64 = 0},
        [](auto x, auto y) { return where(x < y, x, y + y); },
        [](real x, real y) -> real { return x < y ? x : y + y; });
}

/// Rounding, signs, remainders.
template <class Visit> void rounding_operations(Visit visit) {
  visit({.spelling = "floor(x)", .meaning = "the largest integer not above",
         .types = operand_types::any, .f32 = 0, .f64 = 0},
        [](auto x) { return floor(x); }, [](real x) -> real { return std::floor(x); });
  visit({.spelling = "ceil(x)", .meaning = "the smallest integer not below",
         .types = operand_types::any, .f32 = 0, .f64 = 0},
        [](auto x) { return ceil(x); }, [](real x) -> real { return std::ceil(x); });
  visit({.spelling = "trunc(x)", .meaning = "without the fraction", .types = operand_types::any,
         .f32 = 0, .f64 = 0},
        [](auto x) { return trunc(x); }, [](real x) -> real { return std::trunc(x); });
  visit({.spelling = "round(x)", .meaning = "the nearest integer, ties to even",
         .types = operand_types::any, .f32 = 0, .f64 = 0},
        [](auto x) { return round(x); }, [](real x) -> real { return std::nearbyint(x); });
  visit({.spelling = "sign(x)", .meaning = "1, 0 or -1; NaN stays", .types = operand_types::any,
         .f32 = 0, .f64 = 0},
        [](auto x) { return sign(x); }, [](real x) -> real { return x > 0 ? 1 : x < 0 ? -1 : x; });
  visit({.spelling = "copysign(x, y)", .meaning = "\\|x\\| with the sign of y", .f32 = 0, .f64 = 0},
        [](auto x, auto y) { return copysign(x, y); },
        [](real x, real y) -> real { return std::copysign(x, y); });
  visit({.spelling = "fmod(x, y)", .meaning = "the remainder with the sign of x",
         .types = operand_types::any, .low = {-9, 1}, .high = {9, 3}, .f32 = 0, .f64 = 0},
        [](auto x, auto y) { return fmod(x, y); },
        [](real x, real y) -> real { return std::fmod(x, y); });
  visit({.spelling = "remainder(x, y)", .meaning = "the remainder with the sign of y",
         .types = operand_types::any, .low = {-9, 1}, .high = {9, 3}, .f32 = 0.5, .f64 = 0.5,
         .special = false},
        [](auto x, auto y) { return remainder(x, y); },
        [](real x, real y) -> real { return x - std::floor(x / y) * y; });
  visit({.spelling = "floor_divide(x, y)", .meaning = "floor(x / y)", .types = operand_types::any,
         .low = {-9, 1}, .high = {9, 3}, .f32 = 0, .f64 = 0, .special = false},
        [](auto x, auto y) { return floor_divide(x, y); },
        [](real x, real y) -> real { return std::floor(x / y); });
}

/// Activations, but for glu and swiglu, which halve an axis.
template <class Visit> void activation_operations(Visit visit) {
  visit({.spelling = "relu(x)", .meaning = "max(x, 0)", .types = operand_types::any,
         .f32 = 0, .f64 = 0},
        [](auto x) { return relu(x); }, [](real x) -> real { return x <= 0 ? 0 : x; });
  visit({.spelling = "leaky_relu(x, y)", .meaning = "x, or x y below 0", .low = {-3, 0.05},
         .high = {3, 0.3}, .f32 = 0.5, .f64 = 0.5},
        [](auto x, auto y) { return leaky_relu(x, y); },
        [](real x, real y) -> real { return x > 0 ? x : x * y; });
  visit({.spelling = "elu(x, y)", .meaning = "x, or y (e^x - 1) below 0", .low = {-3, 0.5},
         .high = {3, 2}, .f32 = 3, .f64 = 3, .special = false},
        [](auto x, auto y) { return elu(x, y); },
        [](real x, real y) -> real { return x > 0 ? x : y * std::expm1(x); });
  visit({.spelling = "celu(x, y)", .meaning = "x, or y (e^(x/y) - 1) below 0", .low = {-3, 0.5},
         .high = {3, 2}, .f32 = 5, .f64 = 5, .special = false},
        [](auto x, auto y) { return celu(x, y); },
        [](real x, real y) -> real { return x > 0 ? x : y * std::expm1(x / y); });
  visit({.spelling = "selu(x)", .meaning = "1.0507 elu(x, 1.6733)", .f32 = 4, .f64 = 5},
        [](auto x) { return selu(x); },
        [](real x) -> real {
          return 1.0507009873554804934193349852946L * (x > 0 ? x :
                 1.6732632423543772848170429916717L * std::expm1(x));
        });
  visit({.spelling = "gelu(x)", .meaning = "x (1 + erf(x / sqrt(2))) / 2", .f32 = 5, .f64 = 5,
         .floor = 1, .special = false},
        [](auto x) { return gelu(x); },
        [](real x) -> real { return x / 2 * (1 + std::erf(x * 0.70710678118654752440L)); });
  visit({.spelling = "gelu_tanh(x)", .meaning = "gelu by tanh", .f32 = 8, .f64 = 8, .floor = 1,
         .special = false},
        [](auto x) { return gelu_tanh(x); },
        [](real x) -> real {
          return x / 2 * (1 + std::tanh(0.797884560802865355879892119869L * (x +
                 0.044715L * x * x * x)));
        });
  visit({.spelling = "silu(x)", .meaning = "x sigmoid(x)", .f32 = 4, .f64 = 4, .special = false},
        [](auto x) { return silu(x); }, [](real x) -> real { return x / (1 + std::exp(-x)); });
  visit({.spelling = "softplus(x)", .meaning = "log(1 + e^x)", .f32 = 4, .f64 = 4,
         .special = false},
        [](auto x) { return softplus(x); }, [](real x) -> real { return std::log1p(std::exp(x)); });
  visit({.spelling = "log_sigmoid(x)", .meaning = "-log(1 + e^-x)", .f32 = 4, .f64 = 4,
         .special = false},
        [](auto x) { return log_sigmoid(x); },
        [](real x) -> real { return -std::log1p(std::exp(-x)); });
  visit({.spelling = "mish(x)", .meaning = "x tanh(log(1 + e^x))", .f32 = 6, .f64 = 6,
         .special = false},
        [](auto x) { return mish(x); },
        [](real x) -> real { return x * std::tanh(std::log1p(std::exp(x))); });
  visit({.spelling = "relu6(x)", .meaning = "x within 0 and 6", .low = {-4}, .high = {9},
         .f32 = 0, .f64 = 0},
        [](auto x) { return relu6(x); },
        [](real x) -> real { return x <= 0 ? 0 : x >= 6 ? 6 : x; });
  visit({.spelling = "hard_tanh(x)", .meaning = "x within -1 and 1", .f32 = 0, .f64 = 0},
        [](auto x) { return hard_tanh(x); },
        [](real x) -> real { return x <= -1 ? -1 : x >= 1 ? 1 : x; });
  visit({.spelling = "hard_sigmoid(x)", .meaning = "relu6(x + 3) / 6", .low = {-5}, .high = {5},
         .f32 = 2, .f64 = 2, .floor = 0.25},
        [](auto x) { return hard_sigmoid(x); },
        [](real x) -> real { return (x <= -3 ? 0 : x >= 3 ? 6 : x + 3) / 6; });
  visit({.spelling = "hard_swish(x)", .meaning = "x hard_sigmoid(x)", .low = {-5}, .high = {5},
         .f32 = 3, .f64 = 3, .floor = 0.25},
        [](auto x) { return hard_swish(x); },
        [](real x) -> real { return x * (x <= -3 ? 0 : x >= 3 ? 6 : x + 3) / 6; });
  visit({.spelling = "softsign(x)", .meaning = "x / (1 + \\|x\\|)", .f32 = 1.5, .f64 = 1.5,
         .special = false},
        [](auto x) { return softsign(x); }, [](real x) -> real { return x / (1 + std::fabs(x)); });
}

/// Losses of single elements.
template <class Visit> void loss_operations(Visit visit) {
  visit({.spelling = "binary_cross_entropy(x, y)",
         .meaning = "-y log(sigmoid(x)) - (1 - y) log(1 - sigmoid(x))", .low = {-9, 0},
         .high = {9, 1}, .f32 = 6, .f64 = 6, .floor = 4, .special = false},
        [](auto x, auto y) { return binary_cross_entropy(x, y); },
        [](real x, real y) -> real { return std::log1p(std::exp(x)) - x * y; });
  visit({.spelling = "huber(x, y, z)", .meaning = "d^2 / 2, linear beyond z; d = x - y",
         .low = {-3, -3, 0.5}, .high = {3, 3, 2}, .f32 = 6, .f64 = 6, .floor = 1, .special = false},
        [](auto x, auto y, auto z) { return huber(x, y, z); },
        [](real x, real y, real z) -> real {
          return std::fabs(x - y) <= z ? (x - y) * (x - y) / 2 : z * (std::fabs(x - y) -
                 z / 2);
        });
  visit({.spelling = "hinge(x, y)", .meaning = "max(0, 1 - x y)", .low = {-3, -1}, .high = {3, 1},
         .f32 = 2, .f64 = 2, .floor = 1, .special = false},
        [](auto x, auto y) { return hinge(x, y); },
        [](real x, real y) -> real { return x * y >= 1 ? 0 : 1 - x * y; });
}

}  // namespace sinter::testing
