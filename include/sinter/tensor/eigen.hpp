// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Eigen: its matrices, arrays, maps and blocks as views, its matrices as memory that tensors
/// adopt, and tensors and views as maps. Nothing is copied; constants stay constants; extents that
/// the types know stay known.

#include <Eigen/Core>

#include <concepts>
#include <limits>

#include "sinter/tensor/evaluate.hpp"

namespace sinter {

namespace detail {

/// What has elements in memory, one stride for each axis: no product, no sum.
template <class M>
concept eigen_direct = std::derived_from<M, Eigen::DenseBase<M>> &&
                       (M::Flags & Eigen::DirectAccessBit) != 0;

/// What owns its elements.
template <class M>
inline constexpr bool eigen_owns = std::derived_from<M, Eigen::PlainObjectBase<M>>;
/// A reference to constants may hold a copy of what it was made of.
template <class M, int Options, class Stride>
inline constexpr bool eigen_owns<Eigen::Ref<const M, Options, Stride>> = true;

template <int Extent>
inline constexpr extent_t eigen_extent = Extent == Eigen::Dynamic ? dyn : extent_t{Extent};

/// A vector has one axis, whichever way it stands.
template <class T, class M> constexpr auto eigen_view() {
  constexpr extent_t rows = eigen_extent<M::RowsAtCompileTime>;
  constexpr extent_t columns = eigen_extent<M::ColsAtCompileTime>;
  if constexpr (!M::IsVectorAtCompileTime)
    return std::type_identity<tensor_view<T, rows, columns>>{};
  else if constexpr (columns == 1) return std::type_identity<tensor_view<T, rows>>{};
  else return std::type_identity<tensor_view<T, columns>>{};
}

template <extent_t E> constexpr int eigen_size() {
  static_assert(E <= std::numeric_limits<int>::max(),
                "sinter: as_eigen: Eigen's types know extents below 2^31; use an open one");
  return is_static(E) ? static_cast<int>(E) : Eigen::Dynamic;
}

/// Rows are contiguous in tensors; a single column, Eigen wants in its own order, which is the same
/// memory.
template <class T, extent_t... E> constexpr auto eigen_matrix() {
  static_assert(std::is_arithmetic_v<T>,
                "sinter: as_eigen: Eigen computes with C++'s own types; cast f16 and the like");
  static_assert(sizeof...(E) == 1 || sizeof...(E) == 2,
                "sinter: as_eigen: Eigen has one or two axes; slice or reshape what has more");
  constexpr int size[] = {eigen_size<E>()..., 1};
  constexpr bool is_column = size[1] == 1 && size[0] != 1;
  return std::type_identity<
      Eigen::Matrix<T, size[0], size[1], is_column ? Eigen::ColMajor : Eigen::RowMajor>>{};
}

template <class T, extent_t... E>
using eigen_matrix_of = std::conditional_t<
    std::is_const_v<T>,
    const typename decltype(eigen_matrix<std::remove_const_t<T>, E...>())::type,
    typename decltype(eigen_matrix<std::remove_const_t<T>, E...>())::type>;

/// Row-major elements of a matrix or vector that owns them.
template <class M>
  requires(eigen_direct<M> && std::derived_from<M, Eigen::PlainObjectBase<M>> &&
           (bool{M::IsRowMajor} || bool{M::IsVectorAtCompileTime}))
struct lender<M> {
  static auto* data(M& m) { return m.data(); }
  static placement where(M&) { return cpu; }
};

}  // namespace detail

/// A matrix, array, map, reference or block of Eigen as a view, in either order of axes and with
/// any strides; what is a vector by its type has one axis. Temporaries only if they own nothing, as
/// a map does; what it refers to must outlive the view. Row-major matrices and vectors that move
/// can be adopted by a tensor: st::tensor<float, st::dyn, 3> x(st::adopt(std::move(m)), rows).
/// @errors  as of tensor_view; compile time: products and other expressions that are not in memory
/// @example st::tensor y = relu(st::as_view(m));
template <class M>
  requires(detail::eigen_direct<std::remove_cvref_t<M>> &&
           (std::is_lvalue_reference_v<M> || !detail::eigen_owns<std::remove_cvref_t<M>>))
auto as_view(M&& m) {
  using matrix = std::remove_cvref_t<M>;
  using element = std::remove_pointer_t<decltype(m.data())>;
  static_assert(is_element_type<std::remove_const_t<element>>,
                "sinter: as_view: tensors have no elements of this type");
  constexpr bool is_row = matrix::IsVectorAtCompileTime && matrix::ColsAtCompileTime != 1;
  std::int64_t extents[max_rank] = {m.rows(), m.cols()};
  std::int64_t strides[max_rank] = {m.rowStride(), m.colStride()};
  if (is_row) extents[0] = m.cols(), strides[0] = m.colStride();
  using view = typename decltype(detail::eigen_view<element, matrix>())::type;
  return view(m.data(), extents, strides);
}

/// A view of one or two axes as a map: one axis is a column vector. Its elements are where the
/// view's are, so the memory must outlive it.
/// @errors  placement_error on a device; value_error where a stride is negative, which Eigen's maps
///          have no word for
/// @example st::as_eigen(x) = st::as_eigen(a).ldlt().solve(st::as_eigen(b));
template <class T, extent_t... E> auto as_eigen(const tensor_view<T, E...>& x) {
  using matrix = detail::eigen_matrix_of<T, E...>;
  using stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  detail::require_host(x.where());
  constexpr int rank = sizeof...(E);
  for (int i = 0; i < rank; ++i)
    if (x.extent(i) > 1 && x.stride(i) < 0)
      fail<value_error>({"as_eigen: a view ", detail::extents_text(x.extents(), rank),
                         " has stride ", x.stride(i), " along axis ", i,
                         ", and those of a map are not negative; a tensor can copy it"});
  const auto own = [&](int i) {  // of axes that are never walked along, any will do
    return i >= rank || x.extent(i) <= 1 ? std::int64_t{1} : x.stride(i);
  };
  const stride strides =
      matrix::IsRowMajor ? stride(own(0), own(1)) : stride(own(1), own(0));
  return Eigen::Map<matrix, Eigen::Unaligned, stride>(x.data(), x.extent(0),
                                                      rank > 1 ? x.extent(rank - 1) : 1, strides);
}

/// A tensor as a map; good as long as the tensor's view would be.
template <class T, extent_t... E> auto as_eigen(tensor<T, E...>& x) {
  detail::require_host(x.where());
  return Eigen::Map<detail::eigen_matrix_of<T, E...>>(
      x.data(), x.extent(0), sizeof...(E) > 1 ? x.extent(sizeof...(E) - 1) : 1);
}
template <class T, extent_t... E> auto as_eigen(const tensor<T, E...>& x) {
  detail::require_host(x.where());
  return Eigen::Map<detail::eigen_matrix_of<const T, E...>>(
      x.data(), x.extent(0), sizeof...(E) > 1 ? x.extent(sizeof...(E) - 1) : 1);
}
template <class T, extent_t... E>
void as_eigen(const tensor<T, E...>&&) = delete;  // the memory would be gone

}  // namespace sinter
