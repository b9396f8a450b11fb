// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Several tensors in safetensors files: st::save_safetensors, st::load_safetensors,
/// st::safetensors_file.

#include "sinter/io/safetensors.hpp"
#include "sinter/sinter.hpp"
