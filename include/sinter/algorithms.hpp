// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Sorts, scans, searches, selections and permutations of tensors, views and expressions, by
/// Thrust, which must be on the include path: CMake's `sinter::algorithms` sees to that. Nothing
/// else of the library includes this header or needs Thrust.

// Compilers tell how they came to a header in which they find an error: these come first.
#include "sinter/graph/mistake.hpp"
#include "sinter/sinter.hpp"

#include "sinter/algorithms/scan.hpp"
#include "sinter/algorithms/search.hpp"
#include "sinter/algorithms/select.hpp"
#include "sinter/algorithms/sort.hpp"
#include "sinter/algorithms/unique.hpp"
