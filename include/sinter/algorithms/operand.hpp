// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How an algorithm meets its operands: what it returns for them, where their elements lie, and the
/// lines along an axis.
///
/// Algorithms run at once and return tensors, as what they give may have extents that depend on
/// values. Tensors and views are read where they are. An expression is evaluated into a tensor
/// first, in its own kernels: these compute in vectors, and whole rows where there are folds, so
/// elements cannot be had one by one through an iterator; one such tensor is written and read once,
/// which is what a sort does to its memory several times. A sort takes that tensor for its result.

#include <new>

#include "sinter/tensor/evaluate.hpp"
#include "sinter/target/cpu/parallel.hpp"

namespace sinter {

namespace detail {

/// The operand, or the mistake of an axis that it does not have.
template <name_code Name, int Axis> struct axis_rule {
  constexpr symbol operator()(symbol x) const {
    if (normal_axis(Axis, x.rank()) < 0) x.graph->fail({rule::axis, Name, x.extents(), {}});
    return x;
  }
};

struct any_operand_rule {
  constexpr symbol operator()(symbol x) const { return x; }
};

/// Whether two extents of one graph are known to differ.
constexpr bool extents_differ(const graph_builder& g, extent_t a, extent_t b) {
  if (is_static(a) && is_static(b)) return a != b;
  const name_code name = g.name_of(a);
  return name != 0 && g.name_of(b) != 0 && g.name_of(b) != name;
}

/// Whether two shapes are known to differ, along `except` excepted.
constexpr bool shapes_differ(symbol x, symbol y, int except = -1) {
  if (x.rank() != y.rank()) return true;
  for (int a = 0; a < x.rank(); ++a)
    if (a != except && extents_differ(*x.graph, x.extents()[a], y.extents()[a])) return true;
  return false;
}

template <class Rule, template <class...> class Result, class... X>
constexpr auto algorithm_value() {
  if constexpr (!(operand<X> && ...)) {
    return std::type_identity<void>{};
  } else if constexpr (any_symbol<X...>) {
    return std::type_identity<symbol>{};
  } else {
    using checked = sinter::applied<Rule, X...>;
    if constexpr (is_mistaken<checked>) return std::type_identity<checked>{};
    else return std::type_identity<typename Result<output_tensor<checked>>::type>{};
  }
}

}  // namespace detail

/// What an algorithm returns: `Result` of the tensor that `Rule` describes, or the mistake in its
/// operands, which is then reported in the line that calls the algorithm.
template <class Rule, template <class...> class Result, class... X>
using algorithm_result = typename decltype(detail::algorithm_value<Rule, Result, X...>())::type;

namespace detail {

/// The same for an algorithm along an axis of one operand.
template <name_code Name, int Axis, template <class...> class Result, class X>
using axis_result = algorithm_result<axis_rule<Name, Axis>, Result, X>;

/// A value for operands that have no elements: a mistake, or a symbol, as inside a fused function.
template <class Value>
inline constexpr bool lacks_elements = is_mistaken<Value> || std::is_same_v<Value, symbol>;

template <class Value, name_code Name, class... X> constexpr Value no_elements(const X&... x) {
  if constexpr (is_mistaken<Value>) {
    return {};
  } else {
    graph_builder* const graph = common_graph(x...);
    const symbol operands[] = {lift(x)...};
    for (const symbol& s : operands)
      if (s.graph != nullptr) {
        graph->fail({rule::traced, Name, s.extents(), {}});
        return s;
      }
    return {};
  }
}

template <class Tensor> struct same_tensor {
  using type = Tensor;
};

template <class Tensor, class U> struct with_element;
template <class T, extent_t... E, class U> struct with_element<tensor<T, E...>, U> {
  using type = tensor<U, E...>;
};
/// The same extents for values of another type.
template <class Tensor, class U> using with_element_t = typename with_element<Tensor, U>::type;

template <class Tensor, int Axis, extent_t Extent,
          class = std::make_index_sequence<Tensor::rank>>
struct with_extent;
template <class T, extent_t... E, int Axis, extent_t Extent, std::size_t... I>
struct with_extent<tensor<T, E...>, Axis, Extent, std::index_sequence<I...>> {
  using type =
      tensor<T, (static_cast<int>(I) == normal_axis(Axis, sizeof...(E)) ? Extent : E)...>;
};
/// Another extent along an axis.
template <class Tensor, int Axis, extent_t Extent>
using with_extent_t = typename with_extent<Tensor, Axis, Extent>::type;

using index_list = tensor<std::int64_t, dyn>;

/// Elements in memory, with a stride for each axis.
template <class T> struct strided {
  T* data = nullptr;
  int rank = 0;
  std::int64_t extents[max_rank + 1]{};
  std::int64_t strides[max_rank + 1]{};

  std::int64_t size() const {
    std::int64_t count = 1;
    for (int a = 0; a < rank; ++a) count *= extents[a];
    return count;
  }
  bool contiguous() const {
    std::int64_t step = 1;
    for (int a = rank; a-- > 0; step *= extents[a])
      if (extents[a] > 1 && strides[a] != step) return false;
    return true;
  }
  std::string text() const { return extents_text(extents, rank); }
};

[[noreturn]] inline void fail_without_memory(name_code name) {
  fail<value_error>({name_text(name).c_str(), ": the operand holds no memory: it was moved from; "
                     "assign to it before it is used"});
}

/// The elements of a tensor or a view: to be written in a tensor that is not const, else to be
/// read. One that was moved from is refused, as in an expression.
template <class X> auto elements_of(X& x, name_code name) {
  using plain = std::remove_const_t<X>;
  using element = std::remove_const_t<typename plain::element>;
  constexpr bool writable = is_tensor<plain> && !std::is_const_v<X>;
  strided<std::conditional_t<writable, element, const element>> result;
  if (!x.where().is_host())
    fail<placement_error>({name_text(name).c_str(), ": the operand is on ", describe(x.where()),
                           ", and algorithms run on the host; bring it here by to(st::cpu)"});
  result.data = x.data();
  result.rank = plain::rank;
  std::int64_t step = 1;
  bool lost = false;
  for (int a = plain::rank; a-- > 0; step *= x.extent(a)) {
    result.extents[a] = x.extent(a);
    if constexpr (is_tensor<plain>) result.strides[a] = step;
    else result.strides[a] = x.stride(a);
    lost = lost || (is_static(plain::declared[a]) && plain::declared[a] != x.extent(a));
  }
  if (lost || (x.data() == nullptr && step != 0)) fail_without_memory(name);
  return result;
}

/// An operand in memory: a tensor or a view itself, of an expression its value.
template <class T, extent_t... E> const tensor<T, E...>& in_memory(const tensor<T, E...>& x) {
  return x;
}
template <class T, extent_t... E> tensor_view<T, E...> in_memory(const tensor_view<T, E...>& x) {
  return x;
}
template <class Rule, class... X>
output_tensor<call<Rule, X...>> in_memory(const call<Rule, X...>& x) {
  return output_tensor<call<Rule, X...>>(x);
}

}  // namespace detail
}  // namespace sinter
