// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Shapes and broken constraints in words, for run-time errors, so that every target says the same.
/// `numbers` are the values of the graph's dimensions, as the call found them.

#include "sinter/core/message.hpp"
#include "sinter/graph/node.hpp"

namespace sinter {

/// "32", or "batch=32" where the axis has a name.
inline std::string describe_extent(extent_t extent, const dimension* dimensions,
                                   const extent_t* numbers) {
  if (is_static(extent)) return message({extent});
  const name_code name = dimensions[-1 - extent].name;
  const extent_t number = numbers[-1 - extent];
  return name == 0 ? message({number}) : message({name_text(name).c_str(), "=", number});
}

/// "[batch=32, 784]".
inline std::string describe(const shape& s, const dimension* dimensions, const extent_t* numbers) {
  std::string text = "[";
  for (int i = 0; i < s.rank; ++i)
    text = message({text, i > 0 ? ", " : "", describe_extent(s[i], dimensions, numbers)});
  return message({text, "]"});
}

/// A shape whose extents are numbers.
inline std::string describe(const shape& s) { return describe(s, nullptr, nullptr); }

/// What a call says whose extents break a constraint: the operation, both shapes, both extents.
__attribute__((cold)) inline std::string describe(const constraint& c, const dimension* dimensions,
                                                  const extent_t* numbers) {
  const std::string left = describe_extent(c.left, dimensions, numbers);
  const std::string right = describe_extent(c.right, dimensions, numbers);
  if (c.op == pack_name("input")) {  // a name that two operands carry
    const dimension &first = dimensions[-1 - c.left], &second = dimensions[-1 - c.right];
    return message({left, " in operand ", first.left, ", axis ", first.right, ", but ", right,
                    " in operand ", second.left, ", axis ", second.right,
                    ": a named axis has one extent throughout a call"});
  }
  const name_text op(c.op);
  const std::string one = describe(c.left_shape, dimensions, numbers);
  if (c.nonzero) return message({op.c_str(), ": ", one, ": an empty axis has no such value"});
  const std::string other = describe(c.right_shape, dimensions, numbers);
  if (c.op == pack_name("assign")) return message({"assign: ", other, " cannot hold ", one});
  if (c.op == pack_name("reshape"))
    return message({"reshape: ", one, " and ", other, " hold ", left, " and ", right,
                    " elements: the number of elements must stay the same"});
  return message({op.c_str(), ": ", one, " and ", other, " do not fit: ", left, " against ", right,
                  "; a run-time extent never broadcasts"});
}

}  // namespace sinter
