// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tensors as std::mdspan or cuda::std::mdspan, and the other way: st::as_mdspan, st::as_view.

#include "sinter/sinter.hpp"
#include "sinter/tensor/mdspan.hpp"
