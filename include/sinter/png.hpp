// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Pictures in PNG files: st::load_png, st::save_png. Needs libpng.

#include "sinter/io/png.hpp"
#include "sinter/sinter.hpp"
