// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The algorithms as they run on a device: over all lines of a contiguous array at once, one thread
/// of many for each element, by Thrust. `System` says where, and what Thrust is told; with one that
/// is the host's, the same code is tested without a device.
///
///     system.where()           the place of operands and results
///     system.run(f)            f(policy), its failures as errors of this library
///
/// Elements are numbered line by line. Sorts are stable, and sums of floats are added in an order
/// that extents alone decide, so results are the same on every device.

#include "sinter/algorithms/operand.hpp"
#include "sinter/algorithms/thrust.hpp"
#if defined(SINTER_CUDA_TARGET)
#include "sinter/algorithms/device.cuh"
#endif

namespace sinter::detail {

/// Where element p lies, line by line, in row-major memory.
struct axis_places {
  std::int64_t length = 1;  ///< of a line
  std::int64_t inner = 1;   ///< extents behind the axis

  axis_places(const std::int64_t* extents, int rank, int along) {
    const int axis = normal_axis(along, rank);
    if (axis < 0) return;
    length = extents[axis];
    for (int a = axis + 1; a < rank; ++a) inner *= extents[a];
  }
  template <class Tensor>
  axis_places(const Tensor& x, int along) : axis_places(x.extents(), Tensor::rank, along) {}
  /// All elements as one line.
  explicit axis_places(std::int64_t n) : length(n) {}

  SINTER_HD std::int64_t operator()(std::int64_t p) const { return at(p / length, p % length); }
  SINTER_HD std::int64_t at(std::int64_t line, std::int64_t j) const {
    return (line / inner * length + j) * inner + line % inner;
  }
};

/// The host as a system, for tests of what devices run.
struct host_system {
  placement where() const { return cpu; }
  template <class F> void run(F&& f) const { f(thrust::cpp::par); }
};

#if defined(SINTER_CUDA_TARGET)
inline constexpr bool on_devices = true;
inline device_system system_at(placement where) { return device_system(where); }
#else
/// Whether the program has a system for devices; where it has none, their operands are refused.
inline constexpr bool on_devices = false;
inline host_system system_at(placement) { return {}; }
#endif

/// The place of an algorithm's operands.
/// @errors placement_error if they are in several
template <class X, class... Same>
placement place_of(name_code name, const X& x, const Same&... others) {
  const auto check = [&](placement where) {
    if (!(where == x.where()))
      fail<placement_error>({name_text(name).c_str(), ": the operands are in different places, ",
                             describe(x.where()), " and ", describe(where),
                             "; bring them together by to(...)"});
  };
  (check(others.where()), ...);
  return x.where();
}

/// The elements in row-major order, where they are.
template <class T, extent_t... E>
const tensor<T, E...>& contiguous(const tensor<T, E...>& x, name_code name) {
  if (x.data() == nullptr && x.size() != 0) fail_without_memory(name);
  return x;
}
template <class T, extent_t... E>
tensor<std::remove_const_t<T>, E...> contiguous(const tensor_view<T, E...>& x, name_code) {
  return x;
}

template <class T> tensor<T, dyn> placed_list(std::int64_t n, placement where) {
  const std::int64_t extents[max_rank]{n};
  return make_tensor<tensor<T, dyn>>(extents, where);
}

/// f(0) ... f(n - 1).
template <class System, class F> void placed_each(const System& system, std::int64_t n, F f) {
  if (n > 0)
    system.run([&](const auto& policy) {
      thrust::for_each_n(policy, thrust::counting_iterator<std::int64_t>(0), n, f);
    });
}

}  // namespace sinter::detail
