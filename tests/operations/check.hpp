// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Holds an operation of the tables to what they say: on the CPU in f32 and f64, and in the
/// reference, against the table's own formula in long double; first and second derivatives against
/// differences in the reference.

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "operations/elements.hpp"
#include "sinter/ops/gradient.hpp"
#include "sinter/target/reference/evaluate.hpp"
#include "unit/ulps.hpp"

namespace sinter::testing {

/// A function of symbols as a graph over inputs of type f64.
class traced_operation {
 public:
  /// `labels`: the number of the operand that is of type i32, or -1.
  template <class F>
  traced_operation(F f, const std::vector<shape>& extents, int labels = -1) : extents_(extents) {
    std::vector<symbol> x;
    for (const shape& s : extents) {
      const auto number = static_cast<int>(x.size());
      extent_t declared[max_rank]{};
      for (int a = 0; a < s.rank; ++a) declared[a] = s[a];
      const dtype type = number == labels ? dtype::i32 : dtype::f64;
      x.push_back({&graph_, rules::input(graph_, type, declared, s.rank, false)});
    }
    if constexpr (std::is_invocable_v<F, symbol>) result_ = f(x[0]).index;
    else if constexpr (std::is_invocable_v<F, symbol, symbol>) result_ = f(x[0], x[1]).index;
    else result_ = f(x[0], x[1], x[2]).index;
  }

  const graph_builder& graph() const { return graph_; }
  bool is_floating() const { return sinter::is_floating(graph_[result_].type); }

  /// Replaces the result by its gradient with respect to an input, of the sum of its elements.
  void differentiate(int input) {
    const symbol total = sum(symbol{&graph_, result_});
    list<int> wrt;
    wrt.push_back(graph_.inputs[input]);
    const auto gradients = sinter::differentiate(graph_, total.index, wrt);
    result_ = gradients[0];
  }

  std::vector<double> operator()(const std::vector<std::vector<double>>& inputs) const {
    graph_builder g = graph_;
    g.outputs.clear();
    g.outputs.push_back({result_, -1});
    return reference::evaluate(prune(g), inputs, extents_)[0].elements;
  }

 private:
  graph_builder graph_;
  std::vector<shape> extents_;
  int result_ = -1;
};

/// |got - want| in units in the last place of T, at `floor` where `want` is smaller.
template <class T> double distance(double got, real want, double floor) {
  const auto rounded = static_cast<T>(want);
  if (want != want || got != got) return (want != want) == (got != got) ? 0 : HUGE_VAL;
  if (std::isinf(rounded) || std::isinf(got)) {
    const double far = std::isinf(got) ? double{rounded} : got;
    if (got == double{rounded}) return 0;
    return std::fabs(far) == double{std::numeric_limits<T>::max()} ? 1 : HUGE_VAL;
  }
  int exponent = 0;
  (void)std::frexp(std::fmax(std::fabs(want), real{floor}), &exponent);
  exponent = std::max(exponent, std::numeric_limits<T>::min_exponent);
  return static_cast<double>(
      std::fabs(std::ldexp(real{got} - want, std::numeric_limits<T>::digits - exponent)));
}

template <class F> constexpr int arity_of() {
  if constexpr (std::is_invocable_v<F, symbol>) return 1;
  else if constexpr (std::is_invocable_v<F, symbol, symbol>) return 2;
  else return 3;
}

/// Calls f on the first of three operands.
template <int Arity, class F, class T> auto call(F f, const T& x, const T& y, const T& z) {
  if constexpr (Arity == 1) return f(x);
  else if constexpr (Arity == 2) return f(x, y);
  else return f(x, y, z);
}

/// Samples between the bounds, and behind them special values in all combinations of two.
template <class T> std::vector<std::vector<T>> samples(const element_facts& facts, int arity) {
  std::vector<std::vector<T>> all(3);
  sequence next(17);
  for (int i = 0; i < 2000; ++i)
    for (int j = 0; j < 3; ++j)
      all[j].push_back(static_cast<T>(facts.low[j] + (next() + 1) / 2 *
                                                         (facts.high[j] - facts.low[j])));
  using limits = std::numeric_limits<T>;
  const T special[] = {T(0), -T(0), T(1), T(-1), T(0.5), T(-2.5), T(100), T(-100), limits::max(),
                       limits::lowest(), limits::min(), limits::denorm_min(), limits::infinity(),
                       -limits::infinity(), limits::quiet_NaN()};
  if (!facts.special) return all;
  for (const T a : special)
    for (const T b : special) {
      if (arity == 1 && (b != T(0) || std::signbit(b))) continue;
      all[0].push_back(a);
      all[1].push_back(b);
      all[2].push_back(T(1));
    }
  return all;
}

template <class T, class F, class Truth>
void check_values(const element_facts& facts, double bound, F f, Truth truth) {
  constexpr int arity = arity_of<F>();
  const auto x = samples<T>(facts, arity);
  const auto size = static_cast<extent_t>(x[0].size());
  tensor<T, dyn> operand[3] = {tensor<T, dyn>(size), tensor<T, dyn>(size), tensor<T, dyn>(size)};
  std::vector<std::vector<double>> inputs(arity);
  for (int j = 0; j < 3; ++j)
    for (extent_t i = 0; i < size; ++i) {
      operand[j](i) = x[j][i];
      if (j < arity) inputs[j].push_back(double{x[j][i]});
    }
  const tensor got = call<arity>(f, operand[0], operand[1], operand[2]);
  const traced_operation traced(f, std::vector<shape>(inputs.size(), {1, {size}}));
  const std::vector<double> reference = traced(inputs);
  double worst = 0, worst_reference = 0;
  extent_t at = 0;
  for (extent_t i = 0; i < size; ++i) {
    const real want = call<arity>(truth, real{x[0][i]}, real{x[1][i]}, real{x[2][i]});
    const double off = distance<T>(static_cast<double>(got(i)), want, facts.floor);
    if (off > worst) worst = off, at = i;
    if constexpr (sizeof(T) == 8)
      worst_reference = std::fmax(worst_reference, distance<T>(reference[i], want, facts.floor));
  }
  INFO(std::string(facts.spelling), " in ", sizeof(T) * 8, " bits: ", worst, " ulp at ",
       double{x[0][at]}, ", ", double{x[1][at]}, ", ", double{x[2][at]}, ": ",
       static_cast<double>(got(at)));
  CHECK(worst <= bound);
  // The reference calls the C library, whose cube root errs by more, or composes the same.
  CHECK(worst_reference <= std::fmax(bound, 3));
}

/// A derivative against Richardson's extrapolation of central differences of the function that it
/// is one of, at points where these agree among each other.
inline void check_derivative(const char* name, const traced_operation& function, int input,
                             std::vector<std::vector<double>> x) {
  traced_operation derivative = function;
  derivative.differentiate(input);
  REQUIRE(!derivative.graph().first_mistake);
  const std::vector<double> got = derivative(x), here = function(x);
  const std::vector<double> middle = x[input];
  const auto difference = [&](double h) {
    std::vector<double> result;
    for (std::size_t i = 0; i < middle.size(); ++i) x[input][i] = middle[i] + h;
    const std::vector<double> up = function(x);
    for (std::size_t i = 0; i < middle.size(); ++i) x[input][i] = middle[i] - h;
    const std::vector<double> down = function(x);
    for (std::size_t i = 0; i < up.size(); ++i) result.push_back((up[i] - down[i]) / (2 * h));
    return result;
  };
  const std::vector<double> wide = difference(1e-3), narrow = difference(5e-4);
  int skipped = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double want = narrow[i] + (narrow[i] - wide[i]) / 3;
    const double size = std::fabs(want) + std::fabs(here[i]) * 1e-3 + 1e-3;
    const double apart = std::fabs(narrow[i] - wide[i]);
    if (!(apart <= 1e-3 * size)) {
      ++skipped;
      continue;
    }
    INFO(std::string(name), ", operand ", input, ", at ", middle[i]);
    CHECK(std::fabs(got[i] - want) <= 1e-5 * size + apart * 0.1);
  }
  CHECK(skipped * 8 <= static_cast<int>(got.size()));
}

template <class F> void check_derivatives(const element_facts& facts, F f) {
  constexpr int arity = arity_of<F>();
  const extent_t size = 100;
  std::vector<std::vector<double>> x(arity);
  sequence next(23);
  for (int j = 0; j < arity; ++j)
    for (int i = 0; i < size; ++i)
      x[j].push_back(facts.low[j] + (next() + 1) / 2 * (facts.high[j] - facts.low[j]));
  const traced_operation function(f, std::vector<shape>(arity, {1, {size}}));
  for (int j = 0; j < arity && function.is_floating(); ++j) {
    traced_operation first = function;
    first.differentiate(j);
    if (first.graph().first_mistake) {
      CHECK(first.graph().first_mistake.broken == rule::no_gradient);
      continue;
    }
    check_derivative(facts.spelling, function, j, x);
    traced_operation second = first;
    second.differentiate(j);
    if (!second.graph().first_mistake) check_derivative(facts.spelling, first, j, x);
  }
}

/// What a test passes to a table.
struct check_operation {
  template <class F, class Truth> void operator()(const element_facts& facts, F f, Truth truth) {
    check_values<float>(facts, facts.f32, f, truth);
    check_values<double>(facts, facts.f64, f, truth);
    check_derivatives(facts, f);
  }
};

}  // namespace sinter::testing
