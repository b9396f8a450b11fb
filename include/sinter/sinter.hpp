// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The front door: tensors, expressions, operations and the CPU target. What draws pictures, reads
/// files or trains networks is asked for by its own header.

#include "sinter/ops/activation.hpp"
#include "sinter/ops/loss.hpp"
#include "sinter/tensor/fused.hpp"
