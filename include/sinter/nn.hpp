// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Networks: layers, initialisers, optimisers.

#include "sinter/nn/layer.hpp"
#include "sinter/nn/optimizer.hpp"
#include "sinter/sinter.hpp"
