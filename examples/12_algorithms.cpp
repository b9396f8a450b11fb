// SPDX-License-Identifier: Apache-2.0
// Sorting, scanning and selecting, of tensors and of expressions. These algorithms run at once:
// what some of them give has extents that depend on values. They need Thrust's headers; nothing
// else of the library does.

#include <sinter/algorithms.hpp>
#include <sinter/report/print.hpp>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};

int main() {
  bool right = true;

  // The three likeliest classes of each row: `probability` is evaluated in one kernel, then sorted.
  st::tensor<float, batch, 5> scores(2);
  scores = st::tensor<float, 2, 5>{1, 4, 2, 0, 3, 2, 0, 5, 2, 1};
  auto probability = softmax(scores);
  const auto [values, classes] = st::top_k<3>(probability);  // [batch, 3] each
  st::print(values);
  st::print(classes);
  right &= classes(0, 0) == 1 && classes(1, 1) == 0;

  // Along an axis, in either direction; equal values keep their order, and NaN is greatest.
  st::print(st::sort<0>(scores));
  const auto places = argsort(scores, st::descending);
  right &= gather(scores, places)(1, 0) == 5;

  // Running sums take in their own element, or what precedes it.
  st::tensor<int, 4> lengths{3, 1, 4, 1};
  const auto offsets = cumulative_sum(lengths, st::exclusive);
  st::print(offsets);
  right &= offsets(3) == 8;

  // The elements that a mask picks, first.
  const auto [parts, count] = partition(scores, scores > 2.f);
  st::print(parts);
  right &= count == 3;

  // Labels: which occur, and how often.
  st::tensor<int, 7> labels{4, 2, 4, 4, 7, 2, 4};
  const auto found = unique_all(labels);
  st::print(found.values);
  st::print(found.counts);
  right &= found.values(0) == 2 && found.counts(1) == 4;
  st::print(histogram(labels, 3, 2, 8).counts);

  // A new order for an epoch: its seed determines it on every machine, for images as for labels.
  const auto order = st::permutation(7, /*seed=*/1);
  right &= take(labels, order)(0) == shuffle(labels, 1)(0);
  st::print(order);
  return right ? 0 : 1;
}
