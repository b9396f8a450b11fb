// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Networks: layers, initialisers, optimisers.

#include "sinter/sinter.hpp"  // first, so that errors come with few lines
#include "sinter/nn/through_time.hpp"  // likewise

#include "sinter/nn/back_through_time.hpp"
#include "sinter/nn/layer.hpp"
#include "sinter/nn/normalisation.hpp"
#include "sinter/nn/optimizer.hpp"
#include "sinter/nn/precision.hpp"
#include "sinter/nn/recurrent.hpp"
#include "sinter/nn/schedule.hpp"
#include "sinter/nn/sequential.hpp"
#include "sinter/nn/stacked.hpp"
