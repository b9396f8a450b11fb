// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Chains in the emulator, and what they are launched as.

#include <string>

#include "differential/chain_functions.hpp"
#include "kernel/emulated_plan.hpp"

namespace sinter::testing {

/// Counts what a chain is launched as.
template <int Shared = device::most_shared_bytes_sm90>
struct counting_launcher : emulated_launcher {
  using emulated_launcher::emulated_launcher;
  static inline std::string launched;  ///< a word for each body

  bool has_shared(int bytes) const { return bytes <= Shared; }

  template <bool Fast, int Down, class Values, class Sums, class... Stages, class Arguments>
  void operator()(const device::chain_body<Fast, Down, Values, Sums, Stages...>& body,
                  std::int64_t grid, const Arguments& arguments,
                  device::chain_shape shape) {
    launched += (Fast ? "fast" : "slow") + std::to_string(sizeof...(Stages)) +
                (Sums::count > 0 ? '+' + std::to_string(Sums::count) : "") + ' ';
    emulated_launcher::operator()(body, grid, arguments, shape);
  }
  template <bool Fast, class Sums, class Arguments>
  void operator()(const device::chain_end_body<Fast, Sums>& body, std::int64_t grid,
                  const Arguments& arguments, device::chain_shape shape) {
    launched += "sums ";
    emulated_launcher::operator()(body, grid, arguments, shape);
  }
  template <class Body, class Arguments>
  void operator()(const Body& body, std::int64_t grid, const Arguments& arguments,
                  device::reduce_shape shape) {
    launched += "fold ";
    emulated_launcher::operator()(body, grid, arguments, shape);
  }
  template <class Body, class Arguments>
  void operator()(const Body& body, std::int64_t grid, const Arguments& arguments,
                  device::contract_shape shape) {
    launched += "product ";
    emulated_launcher::operator()(body, grid, arguments, shape);
  }
  template <class Body, class Arguments>
  void operator()(const Body& body, std::int64_t grid, const Arguments& arguments,
                  device::row_shape shape) {
    launched += "row ";
    emulated_launcher::operator()(body, grid, arguments, shape);
  }
};

template <int Shared = device::most_shared_bytes_sm90, class F, class... A>
std::string launched_as(const fused_function<F>& f, A&... operands) {
  using launcher = counting_launcher<Shared>;
  launcher::launched.clear();
  const std::string difference = emulated_difference<launcher>({}, f, operands...);
  return difference.empty() ? launcher::launched : difference;
}

}  // namespace sinter::testing
