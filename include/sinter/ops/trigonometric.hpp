// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Circular and hyperbolic functions and their inverses; angles in radians. Integers become f32.

#include "sinter/core/math_functions.hpp"
#include "sinter/ops/power.hpp"

namespace sinter {

template <> struct primitive<id("sin")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::sin(x);
  }
  static constexpr auto derivative(auto x, auto) { return cos(x); }
  static constexpr sinter::cost cost{.flops = 24};
};

template <> struct primitive<id("cos")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::cos(x);
  }
  static constexpr auto derivative(auto x, auto) { return -sin(x); }
  static constexpr sinter::cost cost{.flops = 24};
};

template <> struct primitive<id("tan")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::tan(x);
  }
  static constexpr auto derivative(auto, auto y) { return 1 + y * y; }
  static constexpr sinter::cost cost{.flops = 40};
};

template <> struct primitive<id("asin")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::asin(x);
  }
  static constexpr auto pullback(auto g, auto x, auto) { return g * rsqrt((1 - x) * (1 + x)); }
  static constexpr sinter::cost cost{.flops = 40};
};

template <> struct primitive<id("acos")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::acos(x);
  }
  static constexpr auto pullback(auto g, auto x, auto) { return -(g * rsqrt((1 - x) * (1 + x))); }
  static constexpr sinter::cost cost{.flops = 40};
};

template <> struct primitive<id("atan")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::atan(x);
  }
  static constexpr auto pullback(auto g, auto x, auto) { return g / (1 + x * x); }
  static constexpr sinter::cost cost{.flops = 36};
};

template <> struct primitive<id("sinh")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::sinh(x);
  }
  static constexpr auto derivative(auto x, auto) { return cosh(x); }
  static constexpr sinter::cost cost{.flops = 40};
};

template <> struct primitive<id("cosh")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::cosh(x);
  }
  static constexpr auto derivative(auto x, auto) { return sinh(x); }
  static constexpr sinter::cost cost{.flops = 36};
};

template <> struct primitive<id("asinh")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::asinh(x);
  }
  static constexpr auto pullback(auto g, auto x, auto) { return g * rsqrt(x * x + 1); }
  static constexpr sinter::cost cost{.flops = 50};
};

template <> struct primitive<id("acosh")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::acosh(x);
  }
  static constexpr auto pullback(auto g, auto x, auto) { return g * rsqrt((x - 1) * (x + 1)); }
  static constexpr sinter::cost cost{.flops = 50};
};

template <> struct primitive<id("atanh")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::atanh(x);
  }
  static constexpr auto pullback(auto g, auto x, auto) { return g / ((1 - x) * (1 + x)); }
  static constexpr sinter::cost cost{.flops = 40};
};

template <> struct primitive<id("atan2")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T y, T x) {
    return math::atan2(y, x);
  }
  static constexpr auto pullback(auto g, auto y, auto x, auto) {
    auto scaled = g / (x * x + y * y);
    return partials{scaled * x, -(scaled * y)};
  }
  static constexpr sinter::cost cost{.flops = 44};
};

/// Sine of an angle of any size; NaN for infinities.
template <operand X> constexpr element_call<id("sin"), X> sin(X&& x) {
  return element<id("sin")>(std::forward<X>(x));
}
/// Cosine of an angle of any size; NaN for infinities.
template <operand X> constexpr element_call<id("cos"), X> cos(X&& x) {
  return element<id("cos")>(std::forward<X>(x));
}
/// Tangent of an angle of any size; NaN for infinities.
template <operand X> constexpr element_call<id("tan"), X> tan(X&& x) {
  return element<id("tan")>(std::forward<X>(x));
}
/// Arcsine in [-pi/2, pi/2]; NaN outside [-1, 1].
template <operand X> constexpr element_call<id("asin"), X> asin(X&& x) {
  return element<id("asin")>(std::forward<X>(x));
}
/// Arccosine in [0, pi]; NaN outside [-1, 1].
template <operand X> constexpr element_call<id("acos"), X> acos(X&& x) {
  return element<id("acos")>(std::forward<X>(x));
}
/// Arctangent in [-pi/2, pi/2].
template <operand X> constexpr element_call<id("atan"), X> atan(X&& x) {
  return element<id("atan")>(std::forward<X>(x));
}
/// The angle of the point (b, a) in [-pi, pi], by the signs of both, those of zeros too, as C's.
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("atan2"), A, B> atan2(A&& a, B&& b) {
  return element<id("atan2")>(std::forward<A>(a), std::forward<B>(b));
}
/// Hyperbolic sine.
template <operand X> constexpr element_call<id("sinh"), X> sinh(X&& x) {
  return element<id("sinh")>(std::forward<X>(x));
}
/// Hyperbolic cosine.
template <operand X> constexpr element_call<id("cosh"), X> cosh(X&& x) {
  return element<id("cosh")>(std::forward<X>(x));
}
/// Inverse of sinh.
template <operand X> constexpr element_call<id("asinh"), X> asinh(X&& x) {
  return element<id("asinh")>(std::forward<X>(x));
}
/// Inverse of cosh, not negative; NaN below 1.
template <operand X> constexpr element_call<id("acosh"), X> acosh(X&& x) {
  return element<id("acosh")>(std::forward<X>(x));
}
/// Inverse of tanh; infinite at 1 and -1, NaN beyond.
template <operand X> constexpr element_call<id("atanh"), X> atanh(X&& x) {
  return element<id("atanh")>(std::forward<X>(x));
}

}  // namespace sinter
