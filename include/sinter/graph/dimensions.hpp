// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Arithmetic on extents of which some are known at run time only: a number that is not known is an
/// entry of a table, equal entries have one code, and so extents can be compared.

#include "sinter/core/list.hpp"
#include "sinter/graph/node.hpp"

namespace sinter {

class dimension_table {
 public:
  list<dimension> dimensions;
  bool overflow = false;  ///< a product of static extents did not fit 63 bits

  /// The code of a run-time number: the same for equal entries.
  constexpr extent_t code(const dimension& entry) {
    for (std::size_t i = 0; i < dimensions.size(); ++i)
      if (dimensions[i] == entry || (entry.name != 0 && dimensions[i].name == entry.name))
        return -1 - static_cast<extent_t>(i);
    dimensions.push_back(entry);
    return -static_cast<extent_t>(dimensions.size());
  }

  constexpr extent_t times(extent_t a, extent_t b) {
    if (a == 1 || b == 0) return b;
    if (b == 1 || a == 0) return a;
    if (is_static(a) && is_static(b)) {
      if (a <= INT64_MAX / b) return a * b;
      overflow = true;
      return 0;
    }
    if (a < b) std::swap(a, b);  // one order, so that equal products have one code
    return code({dimension::origin::product, 0, a, b});
  }

  constexpr extent_t plus(extent_t a, extent_t b) {
    if (is_static(a) && is_static(b)) return a + b;
    return a == 0 ? b : b == 0 ? a : code({dimension::origin::sum, 0, a, b});
  }

  constexpr extent_t minus(extent_t a, extent_t b) {
    if (b == 0) return a;
    if (is_static(a) && is_static(b) && a >= b) return a - b;
    return code({dimension::origin::difference, 0, a, b});
  }

  constexpr extent_t elements(const shape& s) {
    extent_t product = 1;
    for (int i = 0; i < s.rank; ++i) product = times(product, s[i]);
    return product;
  }

  constexpr name_code name_of(extent_t e) const {
    return is_static(e) ? 0 : dimensions[-1 - e].name;
  }
};

}  // namespace sinter
