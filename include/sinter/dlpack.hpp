// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tensors to and from other libraries by DLPack: st::to_dlpack, st::from_dlpack.

#include "sinter/sinter.hpp"
#include "sinter/tensor/dlpack.hpp"
