// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tensors in IDX files, in which MNIST comes: st::load_idx, st::save_idx.

#include "sinter/io/idx.hpp"
#include "sinter/sinter.hpp"
