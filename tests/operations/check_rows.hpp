// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Holds an operation on rows to what operations/rows.hpp says, as operations/check.hpp does.

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "operations/check.hpp"
#include "operations/rows.hpp"

namespace sinter::testing {

/// The operands of a call, as doubles that are floats; labels one for each row, weights one row.
struct row_operands {
  static constexpr int n = 38;
  int rows;
  std::vector<shape> extents;
  std::vector<std::vector<double>> values;
  int labels = -1;

  template <char... Kind>
  row_operands(const row_facts& facts, operand_kinds<Kind...>) : rows(facts.rows) {
    (add(Kind), ...);
  }

  /// An operand of one row.
  std::vector<real> row(int operand, int index) const {
    std::vector<real> result;
    if (operand >= static_cast<int>(values.size())) return result;
    const std::vector<double>& x = values[operand];
    if (extents[operand].rank == 2)
      for (int i = 0; i < n; ++i) result.push_back(x[index * n + i]);
    else if (operand == labels) result.push_back(x[index]);
    else result.assign(x.begin(), x.end());
    return result;
  }

  template <class T, char Kind> auto make(int operand) const {
    const auto fill = [&](auto x) {
      using element = std::remove_reference_t<decltype(*x.data())>;
      for (extent_t i = 0; i < x.size(); ++i)
        x.data()[i] = static_cast<element>(values[operand][i]);
      return x;
    };
    if constexpr (Kind == 'l') return fill(tensor<std::int32_t, dyn>(rows));
    else if constexpr (Kind == 'w') return fill(tensor<T, n>());
    else return fill(tensor<T, dyn, n>(rows));
  }

 private:
  void add(char kind) {
    const int count = kind == 'l' ? rows : kind == 'w' ? n : rows * n;
    std::vector<double> x;
    for (int i = 0; i < count; ++i) {
      const auto drawn = static_cast<float>(next_());
      if (kind == 'l') x.push_back(3 * i % n);
      else if (kind == 'r') x.push_back(double{drawn * 2});
      else if (kind == 'z') x.push_back(i < n || drawn > 0 ? double{drawn} : 0.0);
      else x.push_back(double{drawn * 0.4f + 0.5f});
    }
    if (kind == 'z')  // a row with no zero, some with some, one with nothing else
      for (int i = 0; i < n; ++i) x[static_cast<std::size_t>((rows - 1) * n + i)] = 0;
    if (kind == 'l') labels = static_cast<int>(values.size());
    extents.push_back(kind == 'l' ? shape{1, {rows}} : kind == 'w' ? shape{1, {n}}
                                                                   : shape{2, {rows, n}});
    values.push_back(x);
  }

  sequence next_{29};
};

struct check_rows {
  template <char... Kind, class F, class Truth>
  void operator()(operand_kinds<Kind...> kinds, const row_facts& facts, F f, Truth truth) {
    const row_operands all(facts, kinds);
    const traced_operation traced(f, all.extents, all.labels);
    const std::vector<double> reference = traced(all.values);
    check_type<float>(facts, facts.f32, all, f, truth, kinds, reference);
    check_type<double>(facts, facts.f64, all, f, truth, kinds, reference);
    if (!traced.is_floating()) return;
    for (int j = 0; j < static_cast<int>(all.values.size()); ++j) {
      if (j == all.labels) continue;
      traced_operation first = traced;
      first.differentiate(j);
      REQUIRE(!first.graph().first_mistake);
      for (int i = 0; i < 6; ++i) check_element(facts, traced, first, all, j, i * 17 % all.n);
    }
  }

 private:
  template <class T, class F, class Truth, char... Kind>
  void check_type(const row_facts& facts, double bound, const row_operands& all, F f, Truth truth,
                  operand_kinds<Kind...>, const std::vector<double>& reference) {
    const auto got = [&]<int... I>(std::integer_sequence<int, I...>) {
      const tensor result = f(all.make<T, Kind>(I)...);
      return std::vector<double>(result.data(), result.data() + result.size());
    }(std::make_integer_sequence<int, sizeof...(Kind)>{});
    REQUIRE(static_cast<int>(got.size()) == facts.rows);
    for (int r = 0; r < facts.rows; ++r) {
      const std::vector<real> a = all.row(0, r), b = all.row(1, r), c = all.row(2, r);
      const real want = truth(a.data(), b.data(), c.data(), all.n);
      INFO(std::string(facts.spelling), " in ", sizeof(T) * 8, " bits, row ", r, ": ", got[r],
           " for ", static_cast<double>(want));
      CHECK(distance<T>(got[r], want, facts.floor) <= bound);
      CHECK(distance<double>(reference[r], want, facts.floor) <= std::fmax(facts.f64, 2));
    }
  }

  /// The derivative with respect to one element, against differences.
  static void check_element(const row_facts& facts, const traced_operation& function,
                            const traced_operation& derivative, const row_operands& all,
                            int operand, int at) {
    std::vector<std::vector<double>> x = all.values;
    const double middle = x[operand][at];
    const auto total = [&](double value) {
      x[operand][at] = value;
      double result = 0;
      for (const double y : function(x)) result += y;
      return result;
    };
    const auto difference = [&](double h) {
      return (total(middle + h) - total(middle - h)) / (2 * h);
    };
    const double wide = difference(1e-3), narrow = difference(5e-4);
    const double want = narrow + (narrow - wide) / 3, got = derivative(all.values)[at];
    INFO(std::string(facts.spelling), ", operand ", operand, ", element ", at);
    CHECK(std::fabs(got - want) <= 1e-6 * (std::fabs(want) + std::fabs(total(middle)) + 1));
  }
};

}  // namespace sinter::testing
