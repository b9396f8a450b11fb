// SPDX-License-Identifier: Apache-2.0

// The dispatched source: functions as a user's, and one that tells which copy of it runs.

#include "layer.hpp"

namespace st = sinter;

template <> struct st::primitive<st::id("bytes")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static T value(T x) {
    return x * T(0.f) + T(static_cast<float>(sizeof(T)));
  }
  static constexpr st::no_gradient derivative(auto, auto) { return {}; }
  static constexpr st::cost cost{.flops = 1};
};

void forward(const matrix& x, const matrix& w, matrix& y) { y = softmax(matmul(x, w)); }

void multiply(const halves& a, const halves& b, halves& c) { c = matmul(a, b); }

void vector_bytes(const matrix& x, matrix& y) { y = st::element<st::id("bytes")>(x); }
