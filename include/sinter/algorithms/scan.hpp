// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Running sums, products and maxima along an axis, of tensors; those of ops/cumulative.hpp are
/// nodes of a graph, which fuse and have gradients.
///
/// On the host a line is scanned from its beginning to its end by one thread, so the rounding of
/// floats is that of the plain loop and the same for any number of threads. Lines are shared among
/// threads. On a device parts of a line are scanned side by side (placed_scan.hpp).

#include "sinter/algorithms/lines.hpp"
#include "sinter/algorithms/order.hpp"
#include "sinter/algorithms/placed_scan.hpp"

namespace sinter {

/// Whether element i of the result takes in element i of the operand, or what precedes it only.
enum class scan { inclusive, exclusive };
inline constexpr scan inclusive = scan::inclusive;
inline constexpr scan exclusive = scan::exclusive;

namespace detail {

// The operations, in the type that values are accumulated in. Integers wrap, as in NumPy.

template <class T> SINTER_HD auto wrapping(T x) {
  if constexpr (std::is_integral_v<T>) return static_cast<std::make_unsigned_t<T>>(x);
  else return x;
}
struct running_sum {
  template <class T> SINTER_HD static constexpr T neutral() { return T(0); }
  template <class T> SINTER_HD T operator()(T a, T b) const {
    return static_cast<T>(wrapping(a) + wrapping(b));
  }
};
struct running_product {
  template <class T> SINTER_HD static constexpr T neutral() { return T(1); }
  template <class T> SINTER_HD T operator()(T a, T b) const {
    return static_cast<T>(wrapping(a) * wrapping(b));
  }
};
/// Keeps the first of equal values, and a NaN once there is one.
struct running_max {
  template <class T> SINTER_HD static constexpr T neutral() {
    if constexpr (std::is_floating_point_v<T>) return static_cast<T>(-__builtin_huge_val());
    else if constexpr (std::is_same_v<T, bool>) return false;
    else if constexpr (std::is_signed_v<T>)
      return static_cast<T>(std::make_unsigned_t<T>{1} << (8 * sizeof(T) - 1));
    else return 0;
  }
  template <class T> SINTER_HD T operator()(T a, T b) const { return before{}(a, b) ? b : a; }
};

template <class T> using accumulator_t = element_t<accumulator(dtype_of<T>)>;

/// Integers are summed in 64 bits, as `sum` does; floats keep their type.
template <class Tensor> struct sums_of {
  using element = typename Tensor::element;
  using type =
      std::conditional_t<is_floating_element<element>, Tensor,
                         with_element_t<Tensor, accumulator_t<element>>>;
};

/// An element in the type of a scan, and the way back.
template <class To> struct converted {
  template <class From> SINTER_HD To operator()(const From& x) const { return static_cast<To>(x); }
};

/// A line's elements by their places, in the type of a scan.
template <class To, class From> struct line_values {
  line<From> of;
  SINTER_HD To operator()(std::int64_t i) const { return static_cast<To>(of.first[i * of.step]); }
};

template <int Axis, name_code Name, class Result, class X, class Operation>
Result scan_lines(const X& x, scan kind, Operation operation) {
  const auto& values = in_memory(x);
  using element = std::remove_const_t<typename std::remove_cvref_t<decltype(values)>::element>;
  using target = typename Result::element;
  // A maximum is one of the values, and needs no wider type.
  using computed = std::conditional_t<std::is_same_v<Operation, running_max>,
                                      register_t<dtype_of<element>>,
                                      accumulator_t<element>>;
  if constexpr (on_devices)
    if (const placement where = values.where(); !where.is_host()) {
      const auto& all = contiguous(values, Name);
      Result result = make_tensor<Result>(all.extents(), where);
      placed_scan<computed>(system_at(where), all.data(), result.data(), all.size(),
                            axis_places(all, Axis), kind == scan::exclusive, operation);
      return result;
    }
  const auto from = elements_of(values, Name);
  Result result = make_tensor<Result>(values.extents());
  const auto to = elements_of(result, Name);
  const line_space space(to, Axis);
  run_lines(space.count, from.size(), [&](std::int64_t i) {
    const auto in = line_of(from, space, i);
    const line<target> out = line_of(to, space, i);
    tensor<target, dyn> beside(out.step == 1 ? 0 : space.length);
    target* const begin = out.step == 1 ? out.first : beside.data();
    const auto first = thrust::make_transform_iterator(
        thrust::make_counting_iterator(std::int64_t{0}),
        line_values<computed, const element>{{in.first, in.step}});
    const auto into = thrust::make_transform_output_iterator(begin, converted<target>{});
    if (kind == scan::inclusive)
      thrust::inclusive_scan(thrust::cpp::par, first, first + space.length, into, operation);
    else
      thrust::exclusive_scan(thrust::cpp::par, first, first + space.length, into,
                             Operation::template neutral<computed>(), operation);
    if (out.step != 1) copy_line(line<target>{begin, 1}, out, space.length);
  });
  return result;
}

}  // namespace detail

/// The running sum along an axis. An exclusive one begins with 0.
/// @shape   x: [..., N, ...] -> the same
/// @dtype   any; integers and bool give 64 bits and wrap; f16, bf16 and f32 accumulate in f32
/// @errors  compile time: "cumsum: there is no such axis"; run time: memory_error
/// @cost    reads N, writes N
/// @source  Thrust, inclusive_scan and exclusive_scan
/// @example examples/12_algorithms.cpp
template <int Axis = -1, operand X>
constexpr detail::axis_result<pack_name("cumsum"), Axis, detail::sums_of, X> cumulative_sum(
    X&& x, scan kind = inclusive) {
  using value = detail::axis_result<pack_name("cumsum"), Axis, detail::sums_of, X>;
  if constexpr (detail::lacks_elements<value>)
    return detail::no_elements<value, pack_name("cumsum")>(x);
  else return detail::scan_lines<Axis, pack_name("cumsum"), value>(x, kind, detail::running_sum{});
}

/// The running product along an axis; otherwise as cumulative_sum. An exclusive one begins with 1.
template <int Axis = -1, operand X>
constexpr detail::axis_result<pack_name("cumprod"), Axis, detail::sums_of, X> cumulative_product(
    X&& x, scan kind = inclusive) {
  using value = detail::axis_result<pack_name("cumprod"), Axis, detail::sums_of, X>;
  if constexpr (detail::lacks_elements<value>)
    return detail::no_elements<value, pack_name("cumprod")>(x);
  else
    return detail::scan_lines<Axis, pack_name("cumprod"), value>(x, kind,
                                                                 detail::running_product{});
}

/// The greatest value so far along an axis, NaN from the first NaN on. An exclusive one begins with
/// the least value of the type, for floats minus infinity.
/// @shape   x: [..., N, ...] -> the same
/// @dtype   any, and the same
/// @errors  compile time: "cummax: there is no such axis"; run time: memory_error
/// @cost    reads N, writes N
template <int Axis = -1, operand X>
constexpr detail::axis_result<pack_name("cummax"), Axis, detail::same_tensor, X> cumulative_max(
    X&& x, scan kind = inclusive) {
  using value = detail::axis_result<pack_name("cummax"), Axis, detail::same_tensor, X>;
  if constexpr (detail::lacks_elements<value>)
    return detail::no_elements<value, pack_name("cummax")>(x);
  else return detail::scan_lines<Axis, pack_name("cummax"), value>(x, kind, detail::running_max{});
}

}  // namespace sinter
