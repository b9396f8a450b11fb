// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The errors that a program can catch. Each message says what was asked, what was found and what
/// to do. Every check precedes the first write, so a failed call leaves its outputs as they were.
/// Mistakes that the compiler can see are reported by `graph/mistake.hpp` instead.

#include <stdexcept>

namespace sinter {

struct error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Extents that disagree, axes or indices outside their range.
struct shape_error : error {
  using error::error;
};

/// Operands that live in different places.
struct placement_error : error {
  using error::error;
};

/// An allocation that is too large, or whose size overflows.
struct memory_error : error {
  using error::error;
};

/// A device that is missing, unsuitable or failed.
struct device_error : error {
  using error::error;
};

/// A file that is missing, malformed or cannot be written; the message holds its path and line.
struct io_error : error {
  using error::error;
};

/// Values outside what an operation is defined for, such as a label outside its classes.
struct value_error : error {
  using error::error;
};

}  // namespace sinter
