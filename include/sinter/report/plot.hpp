// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The pictures of the library, as SVG: lines, a matrix, a grid of images. Each function returns a
/// `svg::canvas`, whose `save` writes the file.

#include "sinter/report/heat_map.hpp"
#include "sinter/report/image_grid.hpp"
#include "sinter/report/line_plot.hpp"
