// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Matrices from CSV files: st::load_csv.

#include "sinter/io/csv_tensor.hpp"
#include "sinter/sinter.hpp"
