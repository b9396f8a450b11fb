// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Views: memory of others as a tensor, whoever owns it.

#include "sinter/tensor/adopt.hpp"

namespace sinter {

template <class T, extent_t... E> class tensor;

namespace detail {
/// Evaluates an expression into a tensor or a view: defined where plans run.
template <class Target, class X> constexpr void assign(Target& target, X&& x);
/// `verdict` is the assignment, or the mistake that it would make. Asking for its size reports it
/// in the line that assigns.
template <class Target, class X> struct assignment;
}  // namespace detail

/// Memory of others as a tensor: no copy, no owner, so the memory must outlive the view. Strides
/// count elements; they may be 0, or negative, as the pointer is that of element [0, ..., 0]. Where
/// elements share memory, nothing can be assigned.
/// @errors shape_error: extents that disagree with the type or the number of elements;
///         value_error: a null pointer to elements, or one not aligned to them;
///         memory_error: extents and strides that overflow
template <class T, extent_t... E> class tensor_view {
  static_assert(is_element_type<std::remove_const_t<T>>);

 public:
  using element = T;
  static constexpr int rank = sizeof...(E);
  static constexpr extent_t declared[sizeof...(E) + 1] = {E...};

  /// Contiguous memory, row-major, on the host. Extents: those that the type leaves open, in order.
  template <std::integral... N>
    requires(sizeof...(N) == detail::open_extents<E...>)
  explicit tensor_view(T* data, N... open) : tensor_view(data, cpu, open...) {}
  /// The same, there: `st::tensor_view<float, st::dyn, 64>(pointer, st::cuda, 512)`.
  template <std::integral... N>
    requires(sizeof...(N) == detail::open_extents<E...>)
  tensor_view(T* data, placement where, N... open) : data_(data), where_(where) {
    const std::int64_t given[] = {static_cast<std::int64_t>(open)..., 0};
    detail::fill_extents<E...>(extents_, given);
    contiguous();
  }
  /// All elements of a container: std::vector, std::array, std::span, or one of Thrust with
  /// sinter/thrust.hpp. A single open extent may be left out.
  template <class Container, std::integral... N>
    requires(detail::lends<Container, T> && detail::tells_extents<sizeof...(N), E...>)
  explicit tensor_view(Container&& c, N... open) {
    using lender = detail::lender<std::remove_reference_t<Container>>;
    data_ = lender::data(c);
    where_ = lender::where(c);
    const std::int64_t given[] = {static_cast<std::int64_t>(open)..., 0};
    detail::fit_extents("view", extents_, declared, rank,
                        sizeof...(N) < detail::open_extents<E...> ? nullptr : given,
                        static_cast<std::int64_t>(c.size()));
    contiguous();
  }
  /// Any strides: one for each axis.
  tensor_view(T* data, const std::int64_t (&extents)[max_rank],
              const std::int64_t (&strides)[max_rank], placement where = cpu)
      : data_(data), where_(where) {
    for (int i = 0; i < rank; ++i) {
      detail::check_extent(declared[i], extents[i], i);
      extents_[i] = extents[i];
      strides_[i] = strides[i];
    }
    detail::check_reach(extents_, strides_, rank, sizeof(T));
    detail::check_address("view", data_, extents_, rank, dtype_of<std::remove_const_t<T>>);
  }
  /// The same memory with constant elements, or with its extents declared in other words.
  template <class U, extent_t... F>
    requires(std::is_convertible_v<U (*)[], T (*)[]> && sizeof...(F) == sizeof...(E) &&
             detail::may_be(declared, tensor_view<U, F...>::declared, rank))
  explicit(!detail::must_be(declared, tensor_view<U, F...>::declared, rank))
      tensor_view(const tensor_view<U, F...>& other)
      : data_(other.data()), where_(other.where()) {
    for (int i = 0; i < rank; ++i) {
      detail::check_extent(declared[i], other.extent(i), i);
      extents_[i] = other.extent(i);
      strides_[i] = other.stride(i);
    }
  }

  T* data() const { return data_; }
  placement where() const { return where_; }
  std::int64_t extent(int axis) const { return extents_[axis]; }
  std::int64_t stride(int axis) const { return strides_[axis]; }
  const std::int64_t* extents() const { return extents_; }
  const std::int64_t* strides() const { return strides_; }

  /// One element; indices are checked.
  template <std::integral... I>
    requires(sizeof...(I) == sizeof...(E))
  T& operator()(I... index) const {
    detail::require_host(where_);
    return data_[detail::offset<rank>({static_cast<std::int64_t>(index)...}, extents_, strides_)];
  }

  /// Elements start, start + step, ... before stop along an axis; a view of the same memory.
  auto slice(int axis, std::int64_t start, std::int64_t stop, std::int64_t step = 1) const {
    return detail::slice_view<T, rank>(*this, axis, start, stop, step);
  }

  /// Evaluates an expression into this memory.
  template <class X>
    requires(operand_or_number<X> && !std::is_const_v<T>)
  const tensor_view& operator=(X&& x) const {
    (void)sizeof(typename detail::assignment<tensor_view, X>::verdict);
    detail::assign(*this, std::forward<X>(x));
    return *this;
  }
  const tensor_view& operator=(const tensor_view& other) const
    requires(!std::is_const_v<T>)
  {
    detail::assign(*this, other);
    return *this;
  }
  tensor_view(const tensor_view&) = default;

 private:
  void contiguous() {
    (void)detail::checked_bytes(extents_, rank, sizeof(T));
    detail::check_address("view", data_, extents_, rank, dtype_of<std::remove_const_t<T>>);
    detail::fill_strides(strides_, extents_, rank);
  }

  T* data_ = nullptr;
  placement where_;
  std::int64_t extents_[max_rank]{};
  std::int64_t strides_[max_rank]{};
};

}  // namespace sinter
