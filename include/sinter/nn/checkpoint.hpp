// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Training that stops and goes on: network, optimiser, random numbers and step in one file, and a
/// look at whether the user asks to stop.

#include <signal.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sinter/io/safetensors.hpp"
#include "sinter/tensor/random.hpp"

namespace sinter {

/// Writes a safetensors file with all that training needs to go on to the same bits: the network's
/// tensors as "network...", the optimiser's as "optimizer...", the calling thread's random numbers
/// and the step. The file appears whole or not at all: one that was there before stays until the
/// new one is complete.
/// @errors  io_error with the path and the reason
template <class Network, class Optimizer>
void save_checkpoint(const std::string& path, const Network& net, const Optimizer& optimizer,
                     std::int64_t step) {
  std::vector<named_tensor> all = detail::named_tensors(net, "network");
  for (named_tensor& t : detail::named_tensors(optimizer, "optimizer"))
    all.push_back(std::move(t));
  const random::generator_state& r = random::state();
  all.emplace_back("random", tensor<std::uint64_t, 2>{r.seed, r.stream});
  all.emplace_back("step", tensor<std::int64_t>(step));
  detail::write_safetensors(path, all, {});
}

/// Reads it again, each tensor to where it was, and returns the step.
/// @errors  io_error where the file is missing, damaged or of another network or optimiser;
///          network, optimiser and random numbers are then as they were
template <class Network, class Optimizer>
std::int64_t load_checkpoint(const std::string& path, Network& net, Optimizer& optimizer) {
  const safetensors_file file(path);
  std::vector<std::string> rest = file.names();
  Network new_net = detail::loaded(net, file, rest, "network");
  Optimizer new_optimizer = detail::loaded(optimizer, file, rest, "optimizer");
  const auto r = file.load<tensor<std::uint64_t, 2>>("random");
  const std::int64_t step = file.load<tensor<std::int64_t>>("step").item();
  std::erase(rest, "random");
  std::erase(rest, "step");
  detail::check_none(rest, file);
  net = std::move(new_net);
  optimizer = std::move(new_optimizer);
  random::state() = {r(0), r(1)};
  return step;
}

namespace detail {

inline volatile sig_atomic_t interruption = 0;
inline void note_interruption(int) { interruption = 1; }

}  // namespace detail

/// Whether the user has pressed Ctrl-C (SIGINT) since the first call, which begins to watch:
/// for (; step < steps && !interrupted(); ++step) ...; save_checkpoint(...). A second time ends the
/// program as usual.
inline bool interrupted() {
  static const bool watches = [] {
    struct ::sigaction action {};
    action.sa_handler = detail::note_interruption;
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
    return ::sigaction(SIGINT, &action, nullptr) == 0;
  }();
  return watches && detail::interruption != 0;
}

}  // namespace sinter
