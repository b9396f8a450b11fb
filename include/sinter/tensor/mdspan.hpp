// SPDX-License-Identifier: Apache-2.0
#pragma once

/// std::mdspan and cuda::std::mdspan: tensors and views as one, and one as a view, with static
/// extents kept and without copies. What is at hand is used: std::mdspan comes with C++23, and
/// cuda::std::mdspan with libcu++, which g++ and clang read as well as nvcc does.

#include <version>

#if defined(__cpp_lib_mdspan)
#include <mdspan>
#endif
#if __has_include(<cuda/std/mdspan>)
#include <cuda/std/mdspan>
#endif
#if !defined(__cpp_lib_mdspan) && !__has_include(<cuda/std/mdspan>)
#error "sinter/mdspan.hpp: want std::mdspan (C++23), or libcu++ on the include path"
#endif

#include "sinter/tensor/evaluate.hpp"

namespace sinter {

// Families of mdspan; `as_mdspan` is told which.

#if defined(__cpp_lib_mdspan)
struct std_mdspan {
  static constexpr std::size_t open = std::dynamic_extent;
  using right = std::layout_right;
  using strided = std::layout_stride;
  template <std::size_t... E> using extents = std::extents<std::int64_t, E...>;
  template <class T, class Extents, class Layout> using type = std::mdspan<T, Extents, Layout>;
  template <std::size_t Rank> using numbers = std::array<std::int64_t, Rank>;
};
#endif
#if __has_include(<cuda/std/mdspan>)
struct cuda_mdspan {
  static constexpr std::size_t open = cuda::std::dynamic_extent;
  using right = cuda::std::layout_right;
  using strided = cuda::std::layout_stride;
  template <std::size_t... E> using extents = cuda::std::extents<std::int64_t, E...>;
  template <class T, class Extents, class Layout>
  using type = cuda::std::mdspan<T, Extents, Layout>;
  template <std::size_t Rank> using numbers = cuda::std::array<std::int64_t, Rank>;
};
#endif

namespace detail {

#if defined(__CUDACC__) || !defined(__cpp_lib_mdspan)
using usual_mdspan = cuda_mdspan;
#else
using usual_mdspan = std_mdspan;
#endif

/// An mdspan of any family whose elements are where its pointer and strides say.
template <class M>
concept strided_mdspan = requires(const M& m) {
  requires std::is_same_v<typename M::data_handle_type, typename M::element_type*>;
  requires std::is_same_v<typename M::reference, typename M::element_type&>;
  requires M::is_always_strided();
  m.mapping();
  M::static_extent(0);
};

template <class M, std::size_t... I>
auto mdspan_view(std::index_sequence<I...>)
    -> tensor_view<typename M::element_type,
                   (M::static_extent(I) == static_cast<std::size_t>(-1)
                        ? dyn
                        : static_cast<extent_t>(M::static_extent(I)))...>;

template <class Family, extent_t... E>
using mdspan_extents =
    typename Family::template extents<(is_static(E) ? static_cast<std::size_t>(E)
                                                    : Family::open)...>;

template <class Extents, std::size_t... I>
constexpr Extents make_extents(const std::int64_t* extents, std::index_sequence<I...>) {
  return Extents(extents[I]...);
}

}  // namespace detail

/// An mdspan as a view: of layout_right, layout_left, layout_stride, or any that is always strided.
/// Static extents stay static. Its memory is on the host unless `where` says otherwise.
/// @errors  as of tensor_view; compile time: more than six axes
/// @example st::tensor y = relu(st::as_view(m));
template <detail::strided_mdspan M> auto as_view(const M& m, placement where = cpu) {
  constexpr int rank = static_cast<int>(M::rank());
  static_assert(rank <= max_rank, "sinter: as_view: at most six axes");
  std::int64_t extents[max_rank]{}, strides[max_rank]{};
  for (int i = 0; i < rank; ++i) {
    const auto axis = static_cast<typename M::rank_type>(i);
    extents[i] = static_cast<std::int64_t>(m.extent(axis));
    if constexpr (rank > 0) strides[i] = static_cast<std::int64_t>(m.stride(axis));
  }
  using view = decltype(detail::mdspan_view<M>(std::make_index_sequence<M::rank()>{}));
  return view(m.data_handle(), extents, strides, where);
}

/// A view as an mdspan of layout_stride; its elements are where the view's are. `Family` is
/// std_mdspan or cuda_mdspan: under nvcc, or where there is no other, the latter.
/// @errors value_error where mdspan has no word for a stride: 0 or negative, of several elements
template <class Family = detail::usual_mdspan, class T, extent_t... E>
auto as_mdspan(const tensor_view<T, E...>& x) {
  using extents = detail::mdspan_extents<Family, E...>;
  using layout = typename Family::strided;
  constexpr std::size_t rank = sizeof...(E);
  const extents shape =
      detail::make_extents<extents>(x.extents(), std::make_index_sequence<rank>{});
  typename Family::template numbers<rank> strides{};
  for (std::size_t i = 0; i < rank; ++i) {
    const int axis = static_cast<int>(i);
    strides[i] = x.extent(axis) > 1 ? x.stride(axis) : 1;
    if (strides[i] < 1)
      fail<value_error>({"as_mdspan: a view ",
                         detail::extents_text(x.extents(), static_cast<int>(rank)),
                         " has stride ", strides[i], " along axis ", axis,
                         ", and those of an mdspan are positive; a tensor can copy it"});
  }
  using mapping = typename layout::template mapping<extents>;
  return typename Family::template type<T, extents, layout>(x.data(), mapping(shape, strides));
}

/// A tensor as an mdspan of layout_right; good as long as the tensor's view would be.
template <class Family = detail::usual_mdspan, class T, extent_t... E>
auto as_mdspan(tensor<T, E...>& x) {
  using extents = detail::mdspan_extents<Family, E...>;
  return typename Family::template type<T, extents, typename Family::right>(
      x.data(),
      detail::make_extents<extents>(x.extents(), std::make_index_sequence<sizeof...(E)>{}));
}
template <class Family = detail::usual_mdspan, class T, extent_t... E>
auto as_mdspan(const tensor<T, E...>& x) {
  using extents = detail::mdspan_extents<Family, E...>;
  return typename Family::template type<const T, extents, typename Family::right>(
      x.data(),
      detail::make_extents<extents>(x.extents(), std::make_index_sequence<sizeof...(E)>{}));
}
template <class Family = detail::usual_mdspan, class T, extent_t... E>
void as_mdspan(const tensor<T, E...>&&) = delete;  // the memory would be gone

}  // namespace sinter
