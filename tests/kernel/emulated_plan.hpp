// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs a plan's kernels in the emulator, each buffer an allocation of its own, and holds the
/// outputs against the reference.

#include <memory>
#include <string>
#include <vector>

#include "differential/expected_call.hpp"
#include "kernel/emulator/context.hpp"
#include "sinter/kernel/launch.hpp"

namespace sinter::testing {

/// What a kernel_launch calls: bodies run at once.
class emulated_launcher {
 public:
  explicit emulated_launcher(emulator::options chosen) : options_(chosen) {}

  template <class Body, class Arguments, class Shape>
  void operator()(const Body& body, std::int64_t grid, const Arguments& arguments,
                  const Shape& shape) {
    std::size_t shared = 0;
    if constexpr (requires { Body::shared_bytes; }) shared = Body::shared_bytes;
    keep(emulator::emulate(options_,
                           {.threads = Body::block_threads, .shared_bytes = shared,
                            .grid_x = static_cast<int>(grid)},
                           body, arguments, shape));
  }

  bool has_shared(int bytes) const { return bytes <= device::most_shared_bytes_sm90; }

  /// Whether bodies of warpgroups are to run; else what older devices run does.
  template <class Body, class Arguments> bool runs() const { return warpgroups; }
  bool warpgroups = false;

  /// Blocks that take several pieces of work, where there are some.
  template <class Body, class Maps, class Arguments, class Shape>
  void persistent(const Body& body, std::int64_t pieces, const Maps& boxes,
                  const Arguments& arguments, const Shape& shape) {
    device::operand_maps<emulator::tensor_map, Body::count> maps;
    maps.left = map_of(boxes.left);
    for (int i = 0; i < Body::count; ++i) maps.right[i] = map_of(boxes.right[i]);
    const std::int64_t clusters = pieces < 4 ? 1 : 2;
    keep(emulator::emulate(options_,
                           {.threads = Body::block_threads, .shared_bytes = Body::shared_bytes,
                            .grid_x = static_cast<int>(clusters * Body::cluster),
                            .cluster = Body::cluster},
                           body, maps, arguments, shape));
  }

  /// Whether all counters are 0 again.
  bool counters_are_zero() const {
    for (const auto& finished : finished_)
      for (std::size_t i = 0; i < finished->size(); ++i)
        if ((*finished)[i] != 0) return false;
    return true;
  }

  void scratch(device::part_memory& memory, std::int64_t words, std::int64_t counters) {
    memory.partial = partial_.emplace_back(std::make_unique<emulator::buffer<std::uint64_t>>(
        static_cast<std::size_t>(words)))->data();
    memory.finished = finished_.emplace_back(std::make_unique<emulator::buffer<unsigned>>(
        std::vector<unsigned>(static_cast<std::size_t>(counters))))->data();
  }

  emulator::report found;  ///< of all launches

 private:
  void keep(const emulator::report& r) {
    found.calls += r.calls;
    found.altered += r.altered;
    found.sites.insert(found.sites.end(), r.sites.begin(), r.sites.end());
    found.diagnostics.insert(found.diagnostics.end(), r.diagnostics.begin(), r.diagnostics.end());
  }
  static emulator::tensor_map map_of(const device::box_map& from) {
    const int size = properties(from.type).size;
    emulator::tensor_map map{};
    map.memory = emulator::allocation::find(from.address);
    map.base = static_cast<const char*>(from.address);
    map.rank = from.rank;
    for (int a = 0; a < from.rank; ++a) {
      map.extent[a] = static_cast<int>(from.extent[a]);
      map.stride_bytes[a] = from.stride[a] * size;
    }
    map.box_columns = from.box[0];
    map.box_rows = from.box[1];
    map.element_bytes = size;
    map.swizzle = true;
    map.to_tf32 = from.type == dtype::f32;
    return map;
  }

  emulator::options options_;
  std::vector<std::unique_ptr<emulator::buffer<std::uint64_t>>> partial_;
  std::vector<std::unique_ptr<emulator::buffer<unsigned>>> finished_;
};

/// A plan over emulated memory. `Plan` is a plan_of<...>.
template <class Plan> class emulated_plan {
 public:
  explicit emulated_plan(target::execution& call) : call_(call), memory_(Plan::data.buffer_count) {
    const plan_data& plan = Plan::data;
    for (int b = 0; b < plan.buffer_count; ++b) {
      const buffer& own = plan.buffers[b];
      const int input = own.where == buffer::place::input ? own.index
                        : own.where == buffer::place::output ? plan.outputs[own.index].input
                                                             : -1;
      if (own.where == buffer::place::output && input >= 0) {
        memory_[b] = memory_[input];
        continue;
      }
      const auto elements =
          static_cast<std::size_t>(target::number_of(own.elements, call.numbers));
      const auto size = static_cast<std::size_t>(properties(own.type).size);
      memory_[b] = std::make_shared<emulator::allocation>(elements * size, size, input >= 0);
      if (input >= 0 && elements > 0)
        std::memcpy(memory_[b]->base, call.inputs[input].data, elements * size);
    }
  }

  template <class Launcher> emulator::report run(emulator::options chosen) {
    Launcher launcher(chosen);
    run(launcher, std::make_integer_sequence<int, Plan::kernels>{});
    counters_are_zero = launcher.counters_are_zero();
    return std::move(launcher.found);
  }
  bool counters_are_zero = true;  ///< after the run

  /// The elements of an output.
  std::vector<double> output(int o) const {
    const output_data& own = Plan::data.outputs[o];
    std::int64_t extents[max_rank]{};
    for (int a = 0; a < own.extents.rank; ++a)
      extents[a] = target::number_of(own.extents[a], call_.numbers);
    const int b = Plan::data.input_count + o;
    return as_doubles({memory_[b]->base, extents, nullptr, Plan::data.buffers[b].type, cpu},
                      own.extents.rank);
  }

 private:
  template <class Launcher, int... At>
  void run(Launcher& launcher, std::integer_sequence<int, At...>) {
    (run_kernel<At>(launcher), ...);
  }

  template <int At, class Launcher> void run_kernel(Launcher& launcher) {
    using launch = device::kernel_launch<typename Plan::template kernel<At>>;
    constexpr const kernel_data& k = Plan::data.kernels[At];
    device::kernel_arguments<k.buffer_count, k.integer_count> arguments{};
    for (int b = 0; b < k.buffer_count; ++b) {
      const buffer& own = Plan::data.buffers[k.buffers[b]];
      if (own.where == buffer::place::input && call_.inputs[own.index].extents == nullptr) {
        std::memcpy(&arguments.bytes[b], call_.inputs[own.index].data,
                    static_cast<std::size_t>(properties(own.type).size));
        continue;
      }
      arguments.address[b] = memory_[k.buffers[b]]->base;
      arguments.bytes[b] = static_cast<std::int64_t>(memory_[k.buffers[b]]->bytes);
    }
    call_.integers_of(At, arguments.integers);
    launch::run(arguments, launcher);
  }

  target::execution& call_;
  std::vector<std::shared_ptr<emulator::allocation>> memory_;
};

/// The schedules under which a body has to be clean and right.
inline const std::vector<emulator::options>& schedules() {
  static const std::vector<emulator::options> all = [] {
    emulator::options first, last, any;
    first.policy = emulator::schedule::fifo;
    last.policy = emulator::schedule::lifo;
    any.policy = emulator::schedule::random;
    any.seed = 7;
    any.preempt = 0.2;
    return std::vector{first, last, any};
  }();
  return all;
}

/// What the emulator found in a call, and if that is nothing, the first difference of its outputs
/// from the reference.
struct emulated_call {
  emulator::report found;
  std::string difference;

  /// Both in words; empty if there is nothing to say.
  std::string text() const { return found.clean() ? difference : found.text(); }
};

/// A call's operands, gathered and checked as by an evaluation, which would bring the CPU's kernels
/// of every plan to be compiled.
template <class Call> struct gathered_call : target::execution_of<plan_of<Call>> {
  explicit gathered_call(const Call& c) : target::execution_of<plan_of<Call>>(nullptr) {
    target::operand_memory* next = this->inputs;
    sinter::detail::visit_inputs([&](const target::operand_memory& m) { *next++ = m; }, c);
    this->prepare();
  }
};

/// Calls a fused function in the emulator.
template <class Launcher = emulated_launcher, class F, class... A>
emulated_call call_emulated(emulator::options chosen, const fused_function<F>&, A&... args) {
  using call = sinter::detail::fused_call<F, A...>;
  const call c{F{}, {sinter::detail::fused_operand(args)...}};  // holds the numbers among them
  gathered_call<call> e(c);
  emulated_plan<plan_of<call>> plan(e);
  emulated_call result;
  result.found = plan.template run<Launcher>(chosen);
  if (!result.found.clean()) return result;
  const expected_call<F, A...> expected(args...);
  std::vector<std::vector<double>> got;
  for (int o = 0; o < expected.graph.output_count; ++o) got.push_back(plan.output(o));
  result.difference = expected.difference(got);
  if (result.difference.empty() && !plan.counters_are_zero)
    result.difference = "a counter of finished blocks is not 0 again";
  return result;
}

template <class Launcher = emulated_launcher, class F, class... A>
std::string emulated_difference(emulator::options chosen, const fused_function<F>& f, A&... args) {
  return call_emulated<Launcher>(chosen, f, args...).text();
}

}  // namespace sinter::testing
