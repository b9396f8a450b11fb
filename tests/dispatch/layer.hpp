// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sinter/sinter.hpp>

using matrix = sinter::tensor<float, sinter::dyn, sinter::dyn>;
using halves = sinter::tensor<sinter::bf16, sinter::dyn, sinter::dyn>;

/// softmax(x w), by rows.
void forward(const matrix& x, const matrix& w, matrix& y);
void multiply(const halves& a, const halves& b, halves& c);
/// In each element, the bytes of the vectors that the kernel computes with.
void vector_bytes(const matrix& x, matrix& y);
