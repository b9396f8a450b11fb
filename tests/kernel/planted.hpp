// SPDX-License-Identifier: Apache-2.0
#pragma once

/// For tests that plant a bug: the line that has it sets a mark on itself, as in
///
///     bug = source::here(), ctx.load(array + 8);
///
/// and the report must name that line. Beside each bug stands the correct form, which is clean.

#include <doctest/doctest.h>

#include <type_traits>
#include <vector>

#include "kernel/body_case.hpp"
#include "sinter/kernel/mbarrier.hpp"
#include "sinter/kernel/pack.hpp"

namespace sinter::kernel_test {

using device::order;
using device::scope;
using std::size_t;

template <class Body, class... Arguments>
report launch(const shape& s, const Body& body, const Arguments&... arguments) {
  return emulate(options{}, s, body, arguments...);
}

inline void check_clean(const report& r) {
  INFO(r.text());
  CHECK(r.clean());
}

inline void check_found(const report& r, fault kind, source at) {
  INFO(r.text());
  CHECK(r.has(kind, at));
}

inline std::vector<float> numbers(size_t count) { return std::vector<float>(count, 1.5f); }

}  // namespace sinter::kernel_test
