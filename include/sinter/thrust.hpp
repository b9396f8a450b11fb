// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Memory shared with Thrust: views of its vectors, tensors that adopt them, st::device_begin. In a
/// program with the CUDA target, after sinter/cuda.hpp. Needs the headers of a CUDA toolkit.

#include "sinter/sinter.hpp"
#include "sinter/tensor/thrust.hpp"
