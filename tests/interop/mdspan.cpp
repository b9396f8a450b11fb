// SPDX-License-Identifier: Apache-2.0

// mdspan: tensors and views as one, and one as a view; types, strides, and what is refused.

#include <sinter/mdspan.hpp>

#include <doctest/doctest.h>

#include <type_traits>
#include <vector>

namespace {

namespace st = sinter;
using st::dyn;
inline constexpr st::axis batch{"batch"};

#if defined(__cpp_lib_mdspan)
namespace md = std;
using family = st::std_mdspan;
#else
namespace md = cuda::std;
using family = st::cuda_mdspan;
#endif
template <class T, std::size_t... E> using extents = md::extents<T, E...>;
inline constexpr std::size_t open = md::dynamic_extent;

using numbers = std::vector<float>;
template <class Tensor> numbers elements(const Tensor& x) {
  return numbers(x.data(), x.data() + x.size());
}

}  // namespace

TEST_CASE("as_mdspan: a tensor, layout_right, static extents kept") {
  st::tensor<float, batch, 3> x(2);
  x(1, 2) = 5;
  const auto m = st::as_mdspan<family>(x);
  using type = std::remove_const_t<decltype(m)>;
  static_assert(std::is_same_v<type, md::mdspan<float, extents<std::int64_t, open, 3>>>);
  static_assert(type::rank_dynamic() == 1);
  CHECK(m.data_handle() == x.data());
  CHECK(m.extent(0) == 2);
  CHECK(m.stride(0) == 3);
  CHECK(m.data_handle()[m.mapping()(1, 2)] == 5);

  const st::tensor<double, 2, 2, 2> fixed;
  using constant = decltype(st::as_mdspan<family>(fixed));
  static_assert(std::is_same_v<constant, md::mdspan<const double, extents<std::int64_t, 2, 2, 2>>>);
  CHECK(st::as_mdspan<family>(fixed).size() == 8);
  st::tensor<float> s = 3.f;
  CHECK(*st::as_mdspan<family>(s).data_handle() == 3);
  CHECK(st::as_mdspan<family>(st::tensor<float, dyn, 3>(0).view()).size() == 0);
  const auto lends = [](auto&& t) { return requires { st::as_mdspan<family>(std::move(t)); }; };
  static_assert(!lends(st::tensor<float, 2>()), "a temporary would be gone");
}

TEST_CASE("as_mdspan: a view, layout_stride") {
  st::tensor<float, 4, 6> x;
  const auto part = x.slice(0, 1, 4, 2).slice(1, 0, 6, 3);  // rows 1 3, columns 0 3
  const auto m = st::as_mdspan<family>(part);
  CHECK(m.stride(0) == 12);
  CHECK(m.stride(1) == 3);
  m.data_handle()[m.mapping()(1, 1)] = 7;
  CHECK(x(3, 3) == 7);

  float memory[6] = {0, 1, 2, 3, 4, 5};
  using matrix = st::tensor_view<float, dyn, 3>;
  CHECK(st::as_mdspan<family>(matrix(memory, {1, 3}, {0, 1})).extent(0) == 1);
  CHECK_THROWS_WITH_AS((void)st::as_mdspan<family>(matrix(memory, {2, 3}, {0, 1})),
                       "as_mdspan: a view [2, 3] has stride 0 along axis 0, and those of an mdspan "
                       "are positive; a tensor can copy it",
                       st::value_error);
  CHECK_THROWS_AS((void)st::as_mdspan<family>(matrix(memory + 3, {2, 3}, {-3, 1})),
                  st::value_error);
}

TEST_CASE("as_view: layout_right, layout_left and layout_stride, with their strides") {
  float memory[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const md::mdspan<float, extents<int, 2, open>> right(memory, 3);
  const auto rows = st::as_view(right);
  static_assert(std::is_same_v<decltype(rows), const st::tensor_view<float, 2, dyn>>);
  CHECK(elements(st::tensor(rows + 0)) == numbers{0, 1, 2, 3, 4, 5});
  CHECK(rows.where() == st::cpu);

  const md::mdspan<const float, extents<std::size_t, 2, 3>, md::layout_left> left(memory);
  const auto columns = st::as_view(left);
  static_assert(std::is_same_v<decltype(columns), const st::tensor_view<const float, 2, 3>>);
  CHECK(elements(st::tensor(columns + 0)) == numbers{0, 2, 4, 1, 3, 5});
  CHECK(columns.stride(1) == 2);

  using shape = extents<int, open, 2>;
  using mapping = md::layout_stride::mapping<shape>;
  const md::mdspan<float, shape, md::layout_stride> strided(
      memory, mapping(shape(3), md::array<int, 2>{4, 2}));
  st::as_view(strided) = st::as_view(strided) * 10;
  CHECK(numbers(memory, memory + 12) == numbers{0, 1, 20, 3, 40, 5, 60, 7, 80, 9, 100, 11});

  CHECK(st::as_view(right, st::cuda_device(1)).where() == st::cuda_device(1));
  const md::mdspan<float, extents<int>> one(memory + 2);
  CHECK(st::as_view(one)() == 20);
  const md::mdspan<float, extents<int, open, 3>> none(nullptr, 0);
  CHECK(st::as_view(none).extent(0) == 0);
  const md::mdspan<float, extents<int, open>> nothing(nullptr, 3);
  CHECK_THROWS_AS((void)st::as_view(nothing), st::value_error);
  const st::tensor_view<const float, batch, 3> named(st::as_view(left).slice(0, 0, 1));
  CHECK(named(0, 2) == 40);
}

TEST_CASE("as_view: there and back") {
  st::tensor<float, 2, 3> x = {1, 2, 3, 4, 5, 6};
  const auto back = st::as_view(st::as_mdspan<family>(x));
  static_assert(std::is_same_v<decltype(back), const st::tensor_view<float, 2, 3>>);
  CHECK(back.data() == x.data());
  CHECK(elements(st::tensor(back + 0)) == elements(x));
}
