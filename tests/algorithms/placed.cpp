// SPDX-License-Identifier: Apache-2.0

// What algorithms run on a device, with the host in its place: against what they run on the host.

#include "algorithms/drawn.hpp"

namespace {

const st::detail::host_system here;

/// Shapes with an axis in every position; lines longer than a chunk of a scan.
template <class T> auto shapes() {
  return std::tuple(drawn(1, st::tensor<T, dyn>(700)), drawn(2, st::tensor<T, 3, dyn, 5>(17)),
                    drawn(3, st::tensor<T, dyn, 2>(600)), drawn(4, st::tensor<T, 4, dyn>(0)));
}

template <class T, class F> void for_each_axis(F&& f) {
  std::apply(
      [&](const auto&... x) {
        const auto all = [&](const auto& own) {
          [&]<int... Axis>(std::integer_sequence<int, Axis...>) {
            (f.template operator()<Axis>(own), ...);
          }(std::make_integer_sequence<int, std::remove_cvref_t<decltype(own)>::rank>{});
        };
        (all(x), ...);
      },
      shapes<T>());
}

}  // namespace

TEST_CASE_TEMPLATE("placed: sorts, with ties, NaN and both zeros", T, float, std::int8_t) {
  for_each_axis<T>([]<int Axis>(const auto& x) {
    for (const st::order o : {st::ascending, st::descending}) {
      CHECK(same_elements(st::detail::placed_sort<Axis>(here, x, o), st::sort<Axis>(x, o)));
      const auto wanted = st::argsort<Axis>(x, o);
      using indices = std::remove_cvref_t<decltype(wanted)>;
      CHECK(same_elements(st::detail::placed_argsort<Axis, indices>(here, x, o), wanted));
    }
  });
  const auto x = drawn(6, st::tensor<T, 6, dyn, 3>(40), true);
  const auto wanted = st::top_k<7, 1>(x);
  const auto best = st::detail::placed_top_k<1, std::remove_cvref_t<decltype(wanted)>>(
      here, x, wanted.values.extents());
  CHECK(same_elements(best.values, wanted.values));
  CHECK(same_elements(best.indices, wanted.indices));
}

TEST_CASE_TEMPLATE("placed: scans", T, std::int32_t, double) {
  // Sums of small whole numbers are exact in any order.
  for_each_axis<T>([]<int Axis>(auto x) {
    for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(i * 37 % 11 - 5);
    for (const st::scan kind : {st::inclusive, st::exclusive}) {
      const bool late = kind == st::exclusive;
      auto sums = st::cumulative_sum<Axis>(x, kind);
      const auto wanted = sums;
      sums.clear();
      const st::detail::axis_places places(x, Axis);
      using wide = typename decltype(sums)::element;
      st::detail::placed_scan<wide>(here, x.data(), sums.data(), x.size(), places, late,
                                    st::detail::running_sum{});
      CHECK(same_elements(sums, wanted));
      auto high = x;
      high.clear();
      st::detail::placed_scan<T>(here, x.data(), high.data(), x.size(), places, late,
                                 st::detail::running_max{});
      CHECK(same_elements(high, st::cumulative_max<Axis>(x, kind)));
    }
  });
  // Totals of totals: more chunks than a chunk holds.
  st::tensor<std::int32_t, dyn> ones(256 * 256 + 300);
  for (std::int64_t i = 0; i < ones.size(); ++i) ones(i) = 1;
  st::tensor<std::int64_t, dyn> sums(ones.size());
  st::detail::placed_scan<std::int64_t>(here, ones.data(), sums.data(), ones.size(),
                                        st::detail::axis_places(ones, 0), false,
                                        st::detail::running_sum{});
  bool right = true;
  for (std::int64_t i = 0; i < ones.size(); ++i) right = right && sums(i) == i + 1;
  CHECK(right);
  // An element is itself and not 0 plus it.
  const st::tensor<double, 2> zeros{-0., -0.};
  st::tensor<double, 2> result;
  st::detail::placed_scan<double>(here, zeros.data(), result.data(), 2,
                                  st::detail::axis_places(zeros, 0), false,
                                  st::detail::running_sum{});
  CHECK(std::signbit(result(0)));
}

TEST_CASE_TEMPLATE("placed: different values", T, float, bool) {
  std::apply(
      [](const auto&... x) {
        const auto check = [](const auto& own) {
          CHECK(same_elements(st::detail::placed_runs(here, own).values(), st::unique(own)));
          const auto wanted = st::unique_all(own);
          const auto got =
              st::detail::placed_unique_all<std::remove_cvref_t<decltype(wanted)>>(here, own);
          CHECK(same_elements(got.values, wanted.values));
          CHECK(same_elements(got.indices, wanted.indices));
          CHECK(same_elements(got.counts, wanted.counts));
          CHECK(same_elements(got.inverse, wanted.inverse));
        };
        (check(x), ...);
      },
      shapes<T>());
}

TEST_CASE("placed: searches and counts") {
  auto sorted = sort(drawn(7, st::tensor<float, dyn>(50), true));
  const auto x = drawn(8, st::tensor<float, 6, dyn>(30), true);
  using places = st::tensor<std::int64_t, 6, dyn>;
  for (const bool left : {true, false})
    CHECK(same_elements(
        st::detail::placed_search<places>(here, sorted, x, left),
        searchsorted(sorted, x, left ? st::side::left : st::side::right)));
  const auto wanted = histogram(x, 9, -2, 2);
  st::histogram_counts empty{st::tensor<std::int64_t, dyn>(9), wanted.edges};
  const auto counted = st::detail::placed_histogram<st::detail::find_bin>(here, x, empty);
  CHECK(same_elements(counted.counts, wanted.counts));
}

TEST_CASE("placed: gathers, entries, reversals, partitions") {
  const auto x = drawn(9, st::tensor<float, 4, dyn, 3>(20), true);
  st::tensor<std::int32_t, 4, dyn, 3> which(7);
  for (std::int64_t i = 0; i < which.size(); ++i) which.data()[i] = static_cast<int>(i * 13 % 20);
  st::tensor<float, 4, dyn, 3> there(7);
  st::detail::placed_gather(here, x, which, 1, false, there);
  CHECK(same_elements(there, st::gather<1>(x, which)));
  const st::tensor<std::int64_t, dyn> entries = st::tensor<std::int64_t, 5>{3, 0, 19, 3, 8};
  st::tensor<float, 4, dyn, 3> taken(5);
  st::detail::placed_gather(here, x, entries, 1, true, taken);
  CHECK(same_elements(taken, st::take<1>(x, entries)));
  CHECK(same_elements(st::detail::placed_reverse<1>(here, x), st::reverse<1>(x)));
  CHECK(st::detail::placed_misfit(here, entries.data(), 5, 20) == -1);
  CHECK(st::detail::placed_misfit(here, entries.data(), 5, 19) == 2);
  const st::tensor<bool, 4, dyn, 3> mask = x > 0.f;
  const auto wanted = partition(x, mask);
  const auto parted = st::detail::placed_partition<std::remove_cvref_t<decltype(wanted)>>(
      here, x, mask);
  CHECK(parted.count == wanted.count);
  CHECK(same_elements(parted.values, wanted.values));
}
