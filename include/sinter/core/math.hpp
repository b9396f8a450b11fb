// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The elementary functions that primitives call: for float and double here, for simd vectors
/// where target/cpu/simd_math.hpp specialises vector_math, so one generic body serves all. Call
/// them qualified, math::exp(x). At run time a scalar goes to the C library, on a device to
/// CUDA's; in constant evaluation to kernels of our own, good to 2 ulp, which static tests build
/// on. <cmath> stays out: it costs more to read than all of this.

#include <cstdint>
#include <type_traits>

#include "sinter/core/config.hpp"
#include "sinter/core/math_kernels.hpp"
#include "sinter/core/math_pairs.hpp"

#if defined(__CUDA_ARCH__)
#define SINTER_LIBM(function, ...) ::function(__VA_ARGS__)
#else
#define SINTER_LIBM(function, ...) __builtin_##function(__VA_ARGS__)
#endif

namespace sinter::math {

/// The same functions as static members, for a vector type: specialised beside the vector.
template <class V>
struct vector_math;

namespace detail {

template <class T>
inline constexpr bool is_real = std::is_same_v<T, float> || std::is_same_v<T, double>;

/// By its bits in constant evaluation, where nvcc refuses to compare NaNs.
template <class T>
SINTER_HD constexpr bool is_nan(T x) {
  if constexpr (!is_real<T>) {
    return false;
  } else {
    if (!__builtin_is_constant_evaluated()) return x != x;
    return (to_bits(x) & ~format<T>::sign) > to_bits(format<T>::infinity);
  }
}

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
// One instruction that keeps NaN; the comparisons would take three.
__device__ inline float min_on_device(float a, float b) {
  float result;
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(a), "f"(b));
  return result;
}
__device__ inline float max_on_device(float a, float b) {
  float result;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(a), "f"(b));
  return result;
}
#endif

// The functions in constant evaluation: special values first, since an operation that overflows or
// makes a NaN is no constant expression, then the kernel.
namespace constant {

inline constexpr double infinity = format<double>::infinity;
inline constexpr double nan = format<double>::nan;

SINTER_HD constexpr bool negative(double x) { return to_bits(x) >> 63 != 0; }

template <class T>
SINTER_HD constexpr T narrow(double x) {
  if constexpr (std::is_same_v<T, double>) {
    return x;
  } else {
    if (is_nan(x)) return format<float>::nan;
    if (x >= 0x1.ffffffp127) return format<float>::infinity;
    if (x <= -0x1.ffffffp127) return -format<float>::infinity;
    return static_cast<float>(x);
  }
}

SINTER_HD constexpr double exp(double x) {
  if (is_nan(x)) return x;
  if (x > 709.782712893384) return infinity;
  return x < -745.1332191019412 ? 0.0 : exp_kernel(x);
}

SINTER_HD constexpr double expm1(double x) {
  if (is_nan(x) || x == 0) return x;
  if (x > 709.782712893384) return infinity;
  return x < -40 ? -1.0 : expm1_kernel(x);
}

SINTER_HD constexpr double log(double x) {
  if (is_nan(x) || x == infinity) return x;
  if (x <= 0) return x == 0 ? -infinity : nan;
  if (x >= format<double>::smallest_normal) return log_kernel(x);
  const auto part = split(x * 0x1p54);
  return log_kernel(part.m - 1.0, part.exponent - 54.0);
}

SINTER_HD constexpr double log1p(double x) {
  if (is_nan(x) || x == infinity || x == 0) return x;
  if (x <= -1) return x == -1 ? -infinity : nan;
  return log1p_kernel(x);
}

SINTER_HD constexpr double tanh(double x) {
  if (is_nan(x)) return x;
  if (magnitude(x) > format<double>::tanh_one) return x < 0 ? -1.0 : 1.0;
  return with_sign(tanh_kernel(magnitude(x)), x);
}

SINTER_HD constexpr double erf(double x) {
  if (is_nan(x)) return x;
  if (magnitude(x) > format<double>::erf_one) return x < 0 ? -1.0 : 1.0;
  return with_sign(erf_kernel(magnitude(x)), x);
}

/// Newton's iteration on the fraction, until it no longer descends.
SINTER_HD constexpr double sqrt(double x) {
  if (is_nan(x) || x == 0 || x == infinity) return x;
  if (x < 0) return nan;
  const double lift = x < 0x1p-1000 ? 0x1p-54 : 1.0;
  const auto part = split(lift < 1 ? x * 0x1p108 : x);
  const double half = floor_kernel(part.exponent * 0.5);
  const double m = part.exponent - 2 * half > 0 ? part.m * 2 : part.m;  // in [0.7, 2.9)
  double root = 1.7;
  for (double next = 1.7; (next = 0.5 * (root + m / root)) < root;) root = next;
  return root * power_of_two(half) * lift;
}

/// Of a finite x. Beyond sine_largest, 1.6e6, digits are lost in step with |x|.
SINTER_HD constexpr double sine(double x, double quadrant) {
  if (is_nan(x) || magnitude(x) == infinity) return nan;
  const auto angle = reduce_angle(x);
  return sine_of_quadrant(angle.r, angle.n + quadrant);
}

SINTER_HD constexpr double pow(double x, double y) {
  if (y == 0 || x == 1) return 1.0;
  if (is_nan(x) || is_nan(y)) return nan;
  const double a = magnitude(x);
  const bool integer = floor_kernel(y) == y;
  const bool odd = integer && magnitude(y) < 0x1p53 && floor_kernel(y * 0.5) * 2 != y;
  const double sign = negative(x) && odd ? -1.0 : 1.0;
  if (magnitude(y) == infinity) {
    return a == 1 ? 1.0 : (a > 1) == (y > 0) ? infinity : 0.0;
  }
  if (a == 0 || a == infinity) return sign * ((a == 0) == (y < 0) ? infinity : 0.0);
  if (x < 0 && !integer) return nan;
  const bool tiny = a < format<double>::smallest_normal;
  const auto part = split(tiny ? a * 0x1p54 : a);
  const auto log = log_pair(part.m, tiny ? part.exponent - 54.0 : part.exponent);
  const double huge = 0x1p64;  // enough for any x but 1
  const double bounded = y > huge ? huge : y < -huge ? -huge : y;
  const auto power = pair_product(log, {bounded, 0.0});
  if (power.high > 709.79) return sign * infinity;
  if (power.high < -745.2) return sign * 0.0;
  const auto reduced = reduce_exponent(power.high);
  // Where the last factor of two would overflow there is no constant: it stays apart.
  const double lift = reduced.n > 1000 ? 1.0 : 0.0;
  const double fraction = 1.0 + expm1_of_reduced(reduced.r + power.low);
  const double root = scale_by_power(fraction, reduced.n - lift);
  return sign * (lift == 0 ? root : root >= 0x1p1023 ? infinity : root * 2);
}

/// @accuracy 1 ulp; beyond 2^490 the product is rounded apart
SINTER_HD constexpr double fma(double a, double b, double c) {
  if (!(magnitude(a) < 0x1p490 && magnitude(b) < 0x1p490 && magnitude(c) < 0x1p1000)) {
    return a * b + c;
  }
  const auto p = exact_halves(a), q = exact_halves(b);
  const auto first = exact_sum(p.high * q.high, c);
  const auto cross = exact_sum(p.high * q.low, p.low * q.high);
  const auto sum = exact_sum(first.high, cross.high);
  return sum.high + (sum.low + (first.low + (cross.low + p.low * q.low)));
}

}  // namespace constant
}  // namespace detail

template <class T>
SINTER_HD SINTER_INLINE constexpr T exp(T x) {
  if constexpr (!detail::is_real<T>) {
    return vector_math<T>::exp(x);
  } else {
    if (__builtin_is_constant_evaluated()) {
      return detail::constant::narrow<T>(detail::constant::exp(x));
    }
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(expf, x);
    else return SINTER_LIBM(exp, x);
  }
}

/// e^x - 1, with all digits near zero.
template <class T>
SINTER_HD SINTER_INLINE constexpr T expm1(T x) {
  if constexpr (!detail::is_real<T>) {
    return vector_math<T>::expm1(x);
  } else {
    if (__builtin_is_constant_evaluated()) {
      return detail::constant::narrow<T>(detail::constant::expm1(x));
    }
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(expm1f, x);
    else return SINTER_LIBM(expm1, x);
  }
}

template <class T>
SINTER_HD SINTER_INLINE constexpr T log(T x) {
  if constexpr (!detail::is_real<T>) {
    return vector_math<T>::log(x);
  } else {
    if (__builtin_is_constant_evaluated()) {
      return detail::constant::narrow<T>(detail::constant::log(x));
    }
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(logf, x);
    else return SINTER_LIBM(log, x);
  }
}

/// log(1 + x), with all digits near zero.
template <class T>
SINTER_HD SINTER_INLINE constexpr T log1p(T x) {
  if constexpr (!detail::is_real<T>) {
    return vector_math<T>::log1p(x);
  } else {
    if (__builtin_is_constant_evaluated()) {
      return detail::constant::narrow<T>(detail::constant::log1p(x));
    }
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(log1pf, x);
    else return SINTER_LIBM(log1p, x);
  }
}

template <class T>
SINTER_HD SINTER_INLINE constexpr T tanh(T x) {
  if constexpr (!detail::is_real<T>) {
    return vector_math<T>::tanh(x);
  } else {
    if (__builtin_is_constant_evaluated()) {
      return detail::constant::narrow<T>(detail::constant::tanh(x));
    }
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(tanhf, x);
    else return SINTER_LIBM(tanh, x);
  }
}

template <class T>
SINTER_HD SINTER_INLINE constexpr T sqrt(T x) {
  if constexpr (!detail::is_real<T>) {
    return vector_math<T>::sqrt(x);
  } else {
    if (__builtin_is_constant_evaluated()) {
      return detail::constant::narrow<T>(detail::constant::sqrt(x));
    }
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(sqrtf, x);
    else return SINTER_LIBM(sqrt, x);
  }
}

template <class T>
SINTER_HD SINTER_INLINE constexpr T erf(T x) {
  if constexpr (!detail::is_real<T>) {
    return vector_math<T>::erf(x);
  } else {
    if (__builtin_is_constant_evaluated()) {
      return detail::constant::narrow<T>(detail::constant::erf(x));
    }
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(erff, x);
    else return SINTER_LIBM(erf, x);
  }
}

template <class T>
SINTER_HD SINTER_INLINE constexpr T sin(T x) {
  if constexpr (!detail::is_real<T>) {
    return vector_math<T>::sin(x);
  } else {
    if (__builtin_is_constant_evaluated()) {
      return detail::constant::narrow<T>(detail::constant::sine(x, 0.0));
    }
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(sinf, x);
    else return SINTER_LIBM(sin, x);
  }
}

template <class T>
SINTER_HD SINTER_INLINE constexpr T cos(T x) {
  if constexpr (!detail::is_real<T>) {
    return vector_math<T>::cos(x);
  } else {
    if (__builtin_is_constant_evaluated()) {
      return detail::constant::narrow<T>(detail::constant::sine(x, 1.0));
    }
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(cosf, x);
    else return SINTER_LIBM(cos, x);
  }
}

/// The largest integer not above x.
template <class T>
SINTER_HD SINTER_INLINE constexpr T floor(T x) {
  if constexpr (!detail::is_real<T>) {
    return vector_math<T>::floor(x);
  } else {
    if (__builtin_is_constant_evaluated()) {
      return detail::constant::narrow<T>(detail::floor_kernel(static_cast<double>(x)));
    }
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(floorf, x);
    else return SINTER_LIBM(floor, x);
  }
}

template <class T>
SINTER_HD SINTER_INLINE constexpr T pow(T x, T y) {
  if constexpr (!detail::is_real<T>) {
    return vector_math<T>::pow(x, y);
  } else {
    if (__builtin_is_constant_evaluated()) {
      return detail::constant::narrow<T>(detail::constant::pow(x, y));
    }
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(powf, x, y);
    else return SINTER_LIBM(pow, x, y);
  }
}

/// a * b + c, rounded once.
template <class T>
SINTER_HD SINTER_INLINE constexpr T fma(T a, T b, T c) {
  if constexpr (!detail::is_real<T>) {
    return vector_math<T>::fma(a, b, c);
  } else {
    if (__builtin_is_constant_evaluated()) {
      return detail::constant::narrow<T>(detail::constant::fma(a, b, c));
    }
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(fmaf, a, b, c);
    else return SINTER_LIBM(fma, a, b, c);
  }
}

/// |x|; of the smallest integer, itself.
template <class T>
SINTER_HD SINTER_INLINE constexpr T abs(T x) {
  if constexpr (detail::is_real<T>) {
    if (__builtin_is_constant_evaluated()) return detail::magnitude(x);
    if constexpr (sizeof(T) == 4) return SINTER_LIBM(fabsf, x);
    else return SINTER_LIBM(fabs, x);
  } else if constexpr (std::is_unsigned_v<T>) {
    return x;
  } else if constexpr (std::is_integral_v<T>) {
    using unsigned_type = std::make_unsigned_t<T>;
    return x < 0 ? static_cast<T>(unsigned_type(0) - static_cast<unsigned_type>(x)) : x;
  } else {
    return vector_math<T>::abs(x);
  }
}

/// The smaller one; NaN if either is, as NumPy's minimum.
template <class T>
SINTER_HD SINTER_INLINE constexpr T min(T a, T b) {
  if constexpr (std::is_arithmetic_v<T>) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    if constexpr (std::is_same_v<T, float>) {
      if (!__builtin_is_constant_evaluated()) return detail::min_on_device(a, b);
    }
#endif
    return detail::is_nan(a) ? a : detail::is_nan(b) ? b : b < a ? b : a;
  } else {
    return vector_math<T>::min(a, b);
  }
}

/// The larger one; NaN if either is, as NumPy's maximum.
template <class T>
SINTER_HD SINTER_INLINE constexpr T max(T a, T b) {
  if constexpr (std::is_arithmetic_v<T>) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    if constexpr (std::is_same_v<T, float>) {
      if (!__builtin_is_constant_evaluated()) return detail::max_on_device(a, b);
    }
#endif
    return detail::is_nan(a) ? a : detail::is_nan(b) ? b : a < b ? b : a;
  } else {
    return vector_math<T>::max(a, b);
  }
}

}  // namespace sinter::math

#undef SINTER_LIBM
