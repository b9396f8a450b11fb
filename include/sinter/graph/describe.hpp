// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Shapes and broken constraints in words, for run-time errors, so that every target says the same.
/// `numbers` are the values of the graph's dimensions, as the call found them.

#include <string>

#include "sinter/graph/node.hpp"

namespace sinter {

/// "32", or "batch=32" where the axis has a name.
inline std::string describe_extent(extent_t extent, const dimension* dimensions,
                                   const extent_t* numbers) {
  if (is_static(extent)) return std::to_string(extent);
  const name_code name = dimensions[-1 - extent].name;
  const std::string number = std::to_string(numbers[-1 - extent]);
  return name == 0 ? number : name_text(name).c_str() + ("=" + number);
}

/// "[batch=32, 784]".
inline std::string describe(const shape& s, const dimension* dimensions,
                            const extent_t* numbers) {
  std::string text = "[";
  for (int i = 0; i < s.rank; ++i)
    text += (i > 0 ? ", " : "") + describe_extent(s[i], dimensions, numbers);
  return text + "]";
}

/// A shape whose extents are numbers.
inline std::string describe(const shape& s) { return describe(s, nullptr, nullptr); }

/// What a call says whose extents break a constraint: the operation, both shapes, both extents.
inline std::string describe(const constraint& c, const dimension* dimensions,
                            const extent_t* numbers) {
  const std::string left = describe_extent(c.left, dimensions, numbers);
  const std::string right = describe_extent(c.right, dimensions, numbers);
  const std::string op = name_text(c.op).c_str();
  if (c.op == pack_name("input")) {  // a name that two operands carry
    const auto place = [&](extent_t e) {
      const dimension& d = dimensions[-1 - e];
      return "operand " + std::to_string(d.left) + ", axis " + std::to_string(d.right);
    };
    return left + " in " + place(c.left) + ", but " + right + " in " + place(c.right) +
           ": a named axis has one extent throughout a call";
  }
  if (c.nonzero)
    return op + ": " + describe(c.left_shape, dimensions, numbers) +
           ": an empty axis has no such value";
  if (c.op == pack_name("assign"))
    return op + ": " + describe(c.right_shape, dimensions, numbers) + " cannot hold " +
           describe(c.left_shape, dimensions, numbers);
  const std::string both = describe(c.left_shape, dimensions, numbers) + " and " +
                           describe(c.right_shape, dimensions, numbers);
  if (c.op == pack_name("reshape"))
    return op + ": " + both + " hold " + left + " and " + right +
           " elements: the number of elements must stay the same";
  return op + ": " + both + " do not fit: " + left + " against " + right +
         "; a run-time extent never broadcasts";
}

}  // namespace sinter
