// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a training loop needs beside its step: shuffled batches, the accuracy of scores, an end
/// where nothing improves.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "sinter/core/message.hpp"
#include "sinter/tensor/evaluate.hpp"
#include "sinter/tensor/random.hpp"
#include "sinter/tensor/tensor.hpp"

namespace sinter {

/// The numbers 0 ... count - 1 in an order that seed and epoch decide, each order as likely as any
/// other up to 2^-64 * count. It takes none of the random numbers that random::seed begins.
/// @source Fisher and Yates 1938; Durstenfeld 1964, Algorithm 235
inline std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed,
                                          std::uint64_t epoch = 0) {
  if (count < 0) fail<value_error>({"shuffled: the count is ", count});
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::uint64_t i = order.size(); i > 1; --i) {
    const random::block b = random::philox(seed, epoch, i);
    std::swap(order[i - 1], order[(std::uint64_t{b.word[0]} << 32 | b.word[1]) % i]);
  }
  return order;
}

/// The given rows of a tensor on the host, in that order, whose type is the tensor's with the first
/// extent open: rows(images, std::span(order).subspan(first, size)).
/// @shape  [N, ...] -> [rows, ...]; the tensor's first extent has to be open
/// @errors shape_error for a row that is not there; placement_error for a tensor on a device
template <class T, extent_t First, extent_t... E>
tensor<T, First, E...> rows(const tensor<T, First, E...>& x, std::span<const std::int64_t> which) {
  static_assert(First < 0, "sinter: rows: the tensor's first extent must be open");
  if (!x.where().is_host())
    fail<placement_error>({"rows: the tensor lies on a device; copy it to the host first"});
  std::int64_t given[max_rank + 1] = {};
  std::copy(x.extents(), x.extents() + 1 + sizeof...(E), given);
  const std::int64_t count = given[0];
  given[0] = static_cast<std::int64_t>(which.size());
  auto result = detail::make_tensor<tensor<T, First, E...>>(given);
  const std::int64_t length = count > 0 ? x.size() / count : 0;
  T* to = result.data();
  for (const std::int64_t row : which) {
    if (row < 0 || row >= count)
      fail<shape_error>({"rows: there is no row ", row, " of ", count});
    to = std::copy_n(x.data() + row * length, length, to);
  }
  return result;
}

/// The share of rows whose label is among the k greatest scores; of equal scores the first counts
/// as greater, as in argmax. A label that is no column, or whose score is NaN, is not found. NaN
/// without rows.
/// @shape  scores [N, classes], labels [N], on the host
/// @errors shape_error where the numbers of rows differ; value_error for k below 1
template <class T, extent_t N, extent_t Classes, class Label, extent_t M>
double accuracy(const tensor<T, N, Classes>& scores, const tensor<Label, M>& labels, int k = 1) {
  const std::int64_t count = scores.extents()[0], classes = scores.extents()[1];
  if (labels.extents()[0] != count)
    fail<shape_error>({"accuracy: ", count, " rows of scores and ", labels.extents()[0],
                       " labels"});
  if (k < 1) fail<value_error>({"accuracy: k is ", k, "; expected 1 or more"});
  if (!scores.where().is_host() || !labels.where().is_host())
    fail<placement_error>({"accuracy: an operand lies on a device; copy it to the host first"});
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto label = static_cast<std::int64_t>(labels.data()[i]);
    if (label < 0 || label >= classes) continue;
    const T* const row = scores.data() + i * classes;
    const auto own = static_cast<double>(row[label]);
    std::int64_t before = own == own ? 0 : k;
    for (std::int64_t j = 0; j < classes; ++j) {
      const auto other = static_cast<double>(row[j]);
      before += !(other <= own) || (other == own && j < label);
    }
    right += before < k;
  }
  return count > 0 ? static_cast<double>(right) / static_cast<double>(count)
                   : std::numeric_limits<double>::quiet_NaN();
}

/// Says when to stop: stopping(loss) is true once the loss has not fallen by more than `least`
/// below the best one for `patience` calls in a row. NaN is no fall.
struct early_stopping {
  int patience = 10;
  double least = 0;
  double best = std::numeric_limits<double>::infinity();
  int waited = 0;

  constexpr bool operator()(double loss) {
    if (loss < best - least) {
      best = loss;
      waited = 0;
    } else {
      ++waited;
    }
    return waited >= patience;
  }
};

}  // namespace sinter
