// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a product would be launched as.

#include <cstdint>

#include "sinter/kernel/launch.hpp"
#include "sinter/sinter.hpp"

namespace sinter::testing {

/// What the library would launch where there are warpgroups, or where there are none.
struct launch_record {
  bool has_warpgroups = true;
  bool on_warpgroups = false;
  int rows = 0, columns = 0, cluster = 0;
  std::int64_t parts = 0;

  template <class Body, class Arguments> bool runs() const { return has_warpgroups; }
  template <class Body, class Arguments>
  void operator()(const Body&, std::int64_t, const Arguments&,
                  const device::contract_shape&) {}
  template <class Body, class Maps, class Arguments>
  void persistent(const Body&, std::int64_t, const Maps&, const Arguments&,
                  const device::contract_shape& shape) {
    on_warpgroups = true;
    rows = Body::tile_rows;
    columns = Body::tile_columns;
    cluster = Body::cluster;
    parts = shape.parts;
  }
  void scratch(device::part_memory&, std::int64_t, std::int64_t) {}
};
template <class F, class... A>
launch_record record(const fused_function<F>&, launch_record launch, std::uintptr_t address,
                     A*...) {
  device::kernel_arguments<5, 0> arguments{};
  arguments.address[0] = reinterpret_cast<void*>(address);
  using plan = plan_of<sinter::detail::fused_call<F, A...>>;
  device::kernel_launch<typename plan::template kernel<0>>::run(arguments, launch);
  return launch;
}

}  // namespace sinter::testing
