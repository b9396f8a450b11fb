// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The front door: tensors, expressions, operations and the CPU target. What draws pictures, reads
/// files or trains networks is asked for by its own header.

// Compilers tell how they came to a header in which they find an error: these come first.
#include "sinter/core/extents.hpp"
#include "sinter/graph/mistake.hpp"
#include "sinter/tensor/tensor.hpp"
#include "sinter/ops/activation.hpp"
#include "sinter/ops/bitwise.hpp"
#include "sinter/ops/cumulative.hpp"
#include "sinter/ops/loss.hpp"
#include "sinter/ops/einsum.hpp"
#include "sinter/ops/grid.hpp"
#include "sinter/ops/rounding.hpp"
#include "sinter/ops/special.hpp"
#include "sinter/ops/statistics.hpp"
#include "sinter/ops/trigonometric.hpp"
#include "sinter/ops/join.hpp"
#include "sinter/ops/random.hpp"
#include "sinter/tensor/captured.hpp"
#include "sinter/tensor/feed.hpp"
#include "sinter/tensor/random.hpp"
