// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Several tensors in NumPy's archives: st::save_npz, st::load_npz, st::npz_file.

#include "sinter/io/npz.hpp"
#include "sinter/sinter.hpp"
