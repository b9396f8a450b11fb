// SPDX-License-Identifier: Apache-2.0
#pragma once

// Layers as the library's own operations one by one, through tensors that exist already: what
// fusion is compared with, on every target.

#include <sinter/sinter.hpp>

namespace bench::one_by_one {

template <class Z, class X, class S, class B, class R>
void chain(Z& z, const X& x, const S& scale, const B& shift, const R& rest) {
  z = x * scale;
  z = z + shift;
  z = relu(z);
  z = z * 0.5f;
  z = z + rest;
}

/// `fold`: a value for each row.
template <class Z, class X, class Fold> void softmax(Z& z, const X& x, Fold& fold) {
  fold = sinter::max<sinter::keep, -1>(x);
  z = x - fold;
  z = exp(z);
  fold = sinter::sum<sinter::keep, -1>(z);
  z = z / fold;
}

template <class Z, class X, class S, class B, class Fold>
void layer_norm(Z& z, const X& x, const S& scale, const B& shift, Z& squares, Fold& fold) {
  fold = sinter::mean<sinter::keep, -1>(x);
  z = x - fold;
  squares = square(z);
  fold = sinter::mean<sinter::keep, -1>(squares);
  fold = sqrt(fold + 1e-5f);
  z = z / fold;
  z = z * scale;
  z = z + shift;
}

}  // namespace bench::one_by_one
