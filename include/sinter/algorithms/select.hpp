// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Elements in another order, and some of them: by indices, by a mask, by chance, from the end.
/// Where the work is to copy through an index, this is a loop over lines.

#include "sinter/algorithms/placed_select.hpp"
#include "sinter/algorithms/sort.hpp"
#include "sinter/tensor/random.hpp"

namespace sinter {

/// The elements for which a mask holds, then the others, each in the order in which they stood.
template <class Values> struct partitioned {
  Values values;
  std::int64_t count;  ///< for how many the mask holds
};

namespace detail {

/// The element type of `x` in the extents of `indices`.
template <int Axis> struct gather_rule {
  constexpr symbol operator()(symbol x, symbol indices) const {
    graph_builder& g = *x.graph;
    const int axis = normal_axis(Axis, x.rank());
    rule broken = rule::none;
    if (axis < 0) broken = rule::axis;
    else if (!is_integer(indices.type())) broken = rule::indices;
    else if (shapes_differ(x, indices, axis)) broken = rule::same_shape;
    if (broken != rule::none)
      g.fail({broken, pack_name("gather"), x.extents(), indices.extents()});
    return {&g, rules::cast(g, indices.index, x.type())};
  }
};

/// `x` with the extent of `indices` along an axis.
template <int Axis> struct take_rule {
  constexpr symbol operator()(symbol x, symbol indices) const {
    graph_builder& g = *x.graph;
    const int axis = normal_axis(Axis, x.rank());
    rule broken = rule::none;
    if (axis < 0) broken = rule::axis;
    else if (!is_integer(indices.type())) broken = rule::indices;
    else if (indices.rank() != 1) broken = rule::list;
    if (broken != rule::none) {
      g.fail({broken, pack_name("take"), x.extents(), indices.extents()});
      return x;
    }
    shape extents = x.extents();
    extents[axis] = indices.extents()[0];
    return {&g, g.store(rules::make(input_operation, x.type(), extents))};
  }
};

struct partition_rule {
  constexpr symbol operator()(symbol x, symbol mask) const {
    rule broken = rule::none;
    if (mask.type() != dtype::boolean) broken = rule::condition;
    else if (shapes_differ(x, mask)) broken = rule::same_shape;
    if (broken != rule::none)
      x.graph->fail({broken, pack_name("partition"), x.extents(), mask.extents()});
    return x;
  }
};

template <class Tensor> struct partition_value {
  using type = partitioned<tensor<typename Tensor::element, dyn>>;
};

/// An index is in range, or the call has no result.
template <class T>
void check_indices(const flat_elements<T>& indices, name_code name, std::int64_t length) {
  for (std::int64_t i = 0; i < indices.size(); ++i)
    if (integer_less(indices.data()[i], 0) || !integer_less(indices.data()[i], length))
      fail<value_error>({name_text(name).c_str(), ": index ", indices.data()[i], " at position ",
                         i, " is outside an axis of ", length, " elements"});
}

/// The same of indices on a device.
template <class System, class Indices>
void check_placed_indices(const System& system, const Indices& indices, name_code name,
                          std::int64_t length) {
  const std::int64_t at = placed_misfit(system, indices.data(), indices.size(), length);
  if (at < 0) return;
  const auto here = indices.to(cpu);
  check_indices(flat_elements(elements_of(here, name)), name, length);
}

inline void check_same_extents(name_code name, const std::int64_t* x, const std::int64_t* y,
                               int rank, int except = -1) {
  for (int a = 0; a < rank; ++a)
    if (a != except && x[a] != y[a])
      fail<shape_error>({name_text(name).c_str(), ": the extents of ", extents_text(x, rank),
                         " and ", extents_text(y, rank), " differ along axis ", a});
}

template <int Axis, class Value, class X, class Indices>
Value gather(const X& x, const Indices& which) {
  const auto& source = in_memory(x);
  const auto& places = in_memory(which);
  if constexpr (on_devices)
    if (const placement where = place_of(pack_name("gather"), source, places);
        !where.is_host()) {
      const auto system = system_at(where);
      const auto& values = contiguous(source, pack_name("gather"));
      const auto& indices = contiguous(places, pack_name("gather"));
      const int axis = normal_axis(Axis, Value::rank);
      check_same_extents(pack_name("gather"), values.extents(), indices.extents(), Value::rank,
                         axis);
      check_placed_indices(system, indices, pack_name("gather"), values.extent(axis));
      Value value = make_tensor<Value>(indices.extents(), where);
      placed_gather(system, values, indices, axis, false, value);
      return value;
    }
  const auto from = elements_of(source, pack_name("gather"));
  const auto indices = elements_of(places, pack_name("gather"));
  const line_space lines(from, Axis), space(indices, Axis);
  check_same_extents(pack_name("gather"), from.extents, indices.extents, from.rank, lines.axis);
  check_indices(flat_elements(indices), pack_name("gather"), lines.length);
  Value value = make_tensor<Value>(places.extents());
  const auto to = elements_of(value, pack_name("gather"));
  run_lines(space.count, value.size(), [&](std::int64_t i) {
    const auto in = line_of(from, lines, i);
    const auto at = line_of(indices, space, i);
    const auto out = line_of(to, space, i);
    for (std::int64_t j = 0; j < space.length; ++j) out[j] = in[static_cast<std::int64_t>(at[j])];
  });
  return value;
}

/// One copy for each index: an array of the other axes.
template <int Axis, class Value, class X, class Indices>
Value take(const X& x, const Indices& which) {
  const auto& source = in_memory(x);
  const auto& places = in_memory(which);
  if constexpr (on_devices)
    if (const placement where = place_of(pack_name("take"), source, places); !where.is_host()) {
      const auto system = system_at(where);
      const auto& values = contiguous(source, pack_name("take"));
      const auto& indices = contiguous(places, pack_name("take"));
      const int axis = normal_axis(Axis, Value::rank);
      check_placed_indices(system, indices, pack_name("take"), values.extent(axis));
      std::int64_t extents[max_rank + 1]{};
      copy_elements(values.extents(), extents, Value::rank);
      extents[axis] = indices.size();
      Value value = make_tensor<Value>(extents, where);
      placed_gather(system, values, indices, axis, true, value);
      return value;
    }
  const auto from = elements_of(source, pack_name("take"));
  const flat_elements indices(elements_of(places, pack_name("take")));
  const line_space lines(from, Axis);
  check_indices(indices, pack_name("take"), lines.length);
  std::int64_t extents[max_rank + 1]{};
  copy_elements(from.extents, extents, max_rank);
  extents[lines.axis] = indices.size();
  Value value = make_tensor<Value>(extents);
  const auto to = elements_of(value, pack_name("take"));
  const line_space space(to, Axis);
  const std::int64_t in_step = from.strides[lines.axis], out_step = to.strides[lines.axis];
  run_lines(indices.size(), value.size(), [&, at = indices.data()](std::int64_t j) {
    // Along the last axis first: there neighbours lie side by side.
    for (std::int64_t i = 0; i < space.count; ++i)
      to.data[space.begin(i, to.strides) + j * out_step] =
          from.data[lines.begin(i, from.strides) + static_cast<std::int64_t>(at[j]) * in_step];
  });
  return value;
}

template <class Value, class X, class Mask> Value partition(const X& x, const Mask& holds) {
  const auto& source = in_memory(x);
  const auto& mask = in_memory(holds);
  if constexpr (on_devices)
    if (const placement where = place_of(pack_name("partition"), source, mask);
        !where.is_host()) {
      check_same_extents(pack_name("partition"), source.extents(), mask.extents(),
                         std::remove_cvref_t<decltype(source)>::rank);
      return placed_partition<Value>(system_at(where),
                                     contiguous(source, pack_name("partition")),
                                     contiguous(mask, pack_name("partition")));
    }
  const auto elements = elements_of(source, pack_name("partition"));
  const auto conditions = elements_of(mask, pack_name("partition"));
  check_same_extents(pack_name("partition"), elements.extents, conditions.extents, elements.rank);
  const flat_elements values(elements);
  const flat_elements flags(conditions);
  const std::int64_t n = values.size();
  Value value{decltype(Value::values)(n), 0};
  with_policy(n, [&](const auto& policy) {
    value.count = split_by_mask(policy, values.data(), flags.data(), n, value.values.data());
  });
  return value;
}

template <int Axis, class Value, class X> Value reverse(const X& x) {
  const auto& source = in_memory(x);
  if constexpr (on_devices)
    if (!source.where().is_host())
      return placed_reverse<Axis>(system_at(source.where()),
                                  contiguous(source, pack_name("reverse")));
  const auto from = elements_of(source, pack_name("reverse"));
  Value value = make_tensor<Value>(source.extents());
  const auto to = elements_of(value, pack_name("reverse"));
  const line_space space(from, Axis);
  run_lines(space.count, from.size(), [&](std::int64_t i) {
    const auto in = line_of(from, space, i);
    const auto out = line_of(to, space, i);
    for (std::int64_t j = 0; j < space.length; ++j) out[j] = in[space.length - 1 - j];
  });
  return value;
}

/// The stream of random numbers that permutations use; tensors are filled from streams 0, 1, ...
inline constexpr std::uint64_t permutation_stream = ~std::uint64_t{0};

}  // namespace detail

/// The elements of an axis from its end to its beginning.
/// @shape   x: [..., N, ...] -> the same
/// @dtype   any
/// @errors  compile time: "reverse: there is no such axis"; run time: memory_error
/// @cost    reads N, writes N
template <int Axis = -1, operand X>
constexpr detail::axis_result<pack_name("reverse"), Axis, detail::same_tensor, X> reverse(
    X&& x) {
  using value = detail::axis_result<pack_name("reverse"), Axis, detail::same_tensor, X>;
  if constexpr (detail::lacks_elements<value>)
    return detail::no_elements<value, pack_name("reverse")>(x);
  else return detail::reverse<Axis, value>(x);
}

/// Along an axis, the elements that stand at the indices there, as NumPy's take_along_axis.
/// @shape   x: [..., N, ...], indices: [..., M, ...] -> [..., M, ...], the other extents equal
/// @dtype   any; indices are integers
/// @errors  compile time: "the operands must have the same extents", "indices must be integers";
///          run time: shape_error; value_error for an index outside 0 ... N-1
/// @cost    reads M indices and elements, writes M
template <int Axis = -1, operand X, operand Indices>
constexpr algorithm_result<detail::gather_rule<Axis>, detail::same_tensor, X, Indices> gather(
    X&& x, Indices&& indices) {
  using value = algorithm_result<detail::gather_rule<Axis>, detail::same_tensor, X, Indices>;
  if constexpr (detail::lacks_elements<value>)
    return detail::no_elements<value, pack_name("gather")>(x, indices);
  else return detail::gather<Axis, value>(x, indices);
}

/// The entries of an axis with these indices: rows of a table, unless another axis is named.
/// @shape   x: [..., N, ...], indices: [M] -> [..., M, ...]
/// @dtype   any; indices are integers
/// @errors  compile time: "indices must be integers", "a list has one axis"; run time: value_error
///          for an index outside 0 ... N-1
/// @cost    reads and writes M entries
template <int Axis = 0, operand X, operand Indices>
constexpr algorithm_result<detail::take_rule<Axis>, detail::same_tensor, X, Indices> take(
    X&& x, Indices&& indices) {
  using value = algorithm_result<detail::take_rule<Axis>, detail::same_tensor, X, Indices>;
  if constexpr (detail::lacks_elements<value>)
    return detail::no_elements<value, pack_name("take")>(x, indices);
  else return detail::take<Axis, value>(x, indices);
}

/// The elements for which a mask holds, then the others, in row-major order; and how many it holds
/// for. Stable: `values` begins with what NumPy calls x[mask].
/// @shape   x: S, mask: S -> values: [dyn]
/// @dtype   any; the mask is bool
/// @errors  compile time: "the condition must be boolean", "the operands must have the same
///          extents"; run time: shape_error
/// @cost    reads each mask twice and each element once, writes each element once
/// @source  Thrust, stable_partition_copy
template <operand X, operand Mask>
constexpr algorithm_result<detail::partition_rule, detail::partition_value, X, Mask> partition(
    X&& x, Mask&& mask) {
  using value = algorithm_result<detail::partition_rule, detail::partition_value, X, Mask>;
  if constexpr (detail::lacks_elements<value>)
    return detail::no_elements<value, pack_name("partition")>(x, mask);
  else return detail::partition<value>(x, mask);
}

/// 0 ... n-1 in an order that follows from the seed, and is the same on every machine: each number
/// draws 64 random bits, and these are sorted. (Thrust has a shuffle of its own, whose results are
/// no part of its interface.)
/// @shape   -> [n]
/// @dtype   i64
/// @errors  run time: value_error for a negative n
/// @cost    a sort by digits
/// @source  Philox, see sinter/tensor/random.hpp; Thrust, stable_sort_by_key
inline tensor<std::int64_t, dyn> permutation(std::int64_t n, std::uint64_t seed) {
  if (n < 0) fail<value_error>({"permutation: of ", n, " numbers; want 0 or more"});
  tensor<std::uint64_t, dyn> keys(n);
  tensor<std::int64_t, dyn> numbers(n);
  std::uint64_t* const key = keys.data();
  std::int64_t* const number = numbers.data();
  parallel_for((n + 4095) / 4096, [=](std::int64_t part) {
    for (std::int64_t i = part * 4096; i < n && i < (part + 1) * 4096; ++i) {
      const random::block b =
          random::philox(seed, detail::permutation_stream, static_cast<std::uint64_t>(i));
      key[i] = b.word[0] | std::uint64_t{b.word[1]} << 32;
      number[i] = i;
    }
  }, 32 * n);
  detail::sort_with_keys(key, number, n);
  return numbers;
}

/// The entries along the first axis (or another) in the order of permutation(N, seed).
/// @shape   x: [N, ...] -> the same
/// @dtype   any
/// @errors  compile time: "shuffle: there is no such axis"; run time: memory_error
/// @cost    a permutation, and a copy in its order
template <int Axis = 0, operand X>
constexpr detail::axis_result<pack_name("shuffle"), Axis, detail::same_tensor, X> shuffle(
    X&& x, std::uint64_t seed) {
  using value = detail::axis_result<pack_name("shuffle"), Axis, detail::same_tensor, X>;
  if constexpr (detail::lacks_elements<value>) {
    return detail::no_elements<value, pack_name("shuffle")>(x);
  } else {
    const auto& source = detail::in_memory(x);
    const int axis = normal_axis(Axis, value::rank);
    const tensor<std::int64_t, dyn> places = permutation(source.extent(axis), seed);
    if constexpr (detail::on_devices)
      if (!source.where().is_host())
        return detail::take<Axis, value>(source, places.to(source.where()));
    return detail::take<Axis, value>(source, places);
  }
}

}  // namespace sinter
