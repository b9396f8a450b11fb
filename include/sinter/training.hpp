// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Networks and what a training loop needs: checkpoints, batches, accuracy, early stopping.

#include "sinter/nn.hpp"  // first, so that errors come with few lines

#include "sinter/nn/checkpoint.hpp"
#include "sinter/nn/training.hpp"
