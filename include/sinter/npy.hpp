// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tensors in NumPy's files: st::save_npy, st::load_npy.

#include "sinter/io/npy.hpp"
#include "sinter/sinter.hpp"
