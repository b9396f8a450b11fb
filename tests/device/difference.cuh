// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sinter/cuda.hpp>

#include <string>

#include "differential/expected_call.hpp"

namespace sinter::testing {

template <class T> T sent(const T& x) {
  if constexpr (is_tensor<T>) return x.to(cuda);
  else return x;
}

/// Calls a function on the device; the first difference from the reference, in words.
template <class F, class... A>
std::string difference(const fused_function<F>& f, A... args) {
  const expected_call<F, A...> expected(args...);
  std::tuple<A...> there{sent(args)...};
  auto results = std::apply([&](auto&... x) { return f(x...); }, there);
  std::vector<std::vector<double>> got;
  const auto take = [&](const auto& t) {
    using tensor = std::remove_cvref_t<decltype(t)>;
    const auto here = t.to(cpu);
    got.push_back(as_doubles({const_cast<typename tensor::element*>(here.data()), here.extents(),
                              nullptr, dtype_of<typename tensor::element>, cpu},
                             tensor::rank));
  };
  for_each_tensor(take, results);
  const auto updated = [&](auto& t) {
    if constexpr (is_tensor<std::remove_cvref_t<decltype(t)>>) take(t);
  };
  const int returned = static_cast<int>(got.size());
  if (expected.graph.output_count > returned) {  // updates come first among the arguments
    int left = expected.graph.output_count - returned;
    std::apply([&](auto&... x) { ((left-- > 0 ? updated(x) : void()), ...); }, there);
  }
  return expected.difference(got);
}

}  // namespace sinter::testing
