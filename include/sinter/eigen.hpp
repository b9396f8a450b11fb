// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Matrices and vectors of Eigen as views and as memory that tensors adopt, and tensors as maps of
/// Eigen: st::as_view, st::adopt, st::as_eigen.

#include "sinter/sinter.hpp"
#include "sinter/tensor/eigen.hpp"
