// SPDX-License-Identifier: Apache-2.0

// Eigen: matrices, arrays, maps and blocks as views and as memory of tensors, tensors and views as
// maps; types, strides, constants, lifetimes, and what is refused.

#include <sinter/eigen.hpp>

#include <doctest/doctest.h>

#include <type_traits>
#include <vector>

namespace {

namespace st = sinter;
using st::dyn;
inline constexpr st::axis batch{"batch"};

template <class T, int R, int C> using row_major = Eigen::Matrix<T, R, C, Eigen::RowMajor>;
using any_stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;

template <class M> using view_of = decltype(st::as_view(std::declval<M>()));
template <class M> concept adoptable = requires { st::adopt(std::declval<M>()); };
template <class M> concept viewed = requires { st::as_view(std::declval<M>()); };

template <class M> M counted(Eigen::Index rows, Eigen::Index columns) {
  M m(rows, columns);
  for (Eigen::Index i = 0; i < rows; ++i)
    for (Eigen::Index j = 0; j < columns; ++j)
      m(i, j) = static_cast<typename M::Scalar>(10 * i + j);
  return m;
}

/// Whether a view has the elements 10 i + j, and an expression of it.
template <class View> bool is_counted(const View& v) {
  const st::tensor twice = v * 2;
  bool right = true;
  for (std::int64_t i = 0; i < v.extent(0); ++i)
    for (std::int64_t j = 0; j < v.extent(1); ++j) {
      const auto want = static_cast<typename View::element>(10 * i + j);
      right = right && v(i, j) == want && twice(i, j) == 2 * want;
    }
  return right;
}

}  // namespace

TEST_CASE("eigen: views of matrices and arrays, in both orders, fixed and dynamic") {
  static_assert(std::is_same_v<view_of<Eigen::MatrixXf&>, st::tensor_view<float, dyn, dyn>>);
  static_assert(std::is_same_v<view_of<const Eigen::Matrix<double, 2, Eigen::Dynamic>&>,
                               st::tensor_view<const double, 2, dyn>>);
  static_assert(std::is_same_v<view_of<Eigen::Array<int, 3, 4>&>, st::tensor_view<int, 3, 4>>);
  static_assert(std::is_same_v<view_of<Eigen::VectorXf&>, st::tensor_view<float, dyn>>);
  static_assert(std::is_same_v<view_of<Eigen::RowVector3f&>, st::tensor_view<float, 3>>);

  auto columns = counted<Eigen::MatrixXf>(5, 7);
  auto rows = counted<row_major<float, Eigen::Dynamic, Eigen::Dynamic>>(5, 7);
  const auto fixed = counted<Eigen::Matrix<std::int64_t, 3, 4>>(3, 4);
  const auto array = counted<Eigen::Array<double, Eigen::Dynamic, 4, Eigen::RowMajor>>(2, 4);
  CHECK(is_counted(st::as_view(columns)));
  CHECK(is_counted(st::as_view(rows)));
  CHECK(is_counted(st::as_view(array)));
  CHECK(st::as_view(fixed)(2, 3) == 23);
  CHECK(st::as_view(columns).stride(0) == 1);
  CHECK(st::as_view(rows).stride(0) == 7);
  CHECK(st::as_view(columns).data() == columns.data());

  const auto view = st::as_view(columns);
  view = view + 1;
  CHECK(columns(4, 6) == 47);
  // The product of both in one expression, against Eigen's.
  const st::tensor product = matmul(st::as_view(columns), transpose(st::as_view(rows)));
  const Eigen::MatrixXf want = columns * rows.transpose();
  CHECK((st::as_eigen(product) - want).cwiseAbs().maxCoeff() <= 1e-3f);  // sums of 7 below 2e4

  Eigen::VectorXf line = Eigen::VectorXf::LinSpaced(6, 0, 5);
  const Eigen::RowVectorXf lying = line.transpose();
  CHECK(st::as_view(line)(5) == 5);
  CHECK(st::as_view(lying)(4) == 4);
  const Eigen::MatrixXf none(0, 3);
  CHECK(st::as_view(none).extent(1) == 3);
}

TEST_CASE("eigen: views of maps and blocks with strides, constants and temporaries") {
  std::vector<float> memory(40);
  for (int i = 0; i < 40; ++i) memory[static_cast<std::size_t>(i)] = static_cast<float>(i);
  const auto map = Eigen::Map<Eigen::MatrixXf, 0, any_stride>(memory.data(), 3, 4, {10, 2});
  static_assert(std::is_same_v<view_of<decltype(map)>, st::tensor_view<const float, dyn, dyn>>,
                "a constant map gives constants, as in Eigen");
  CHECK(st::as_view(map).stride(0) == 2);
  CHECK(st::as_view(map).stride(1) == 10);
  CHECK(st::as_view(map)(2, 3) == 34);
  CHECK(st::as_view(Eigen::Map<Eigen::ArrayXf, 0, Eigen::InnerStride<3>>(memory.data(), 5))(4) ==
        12);
  const auto constant = st::as_view(Eigen::Map<const Eigen::Matrix2f>(memory.data()));
  static_assert(std::is_same_v<std::remove_const_t<decltype(constant)>,
                               st::tensor_view<const float, 2, 2>>);

  auto m = counted<Eigen::MatrixXd>(4, 5);
  CHECK(st::as_view(m.block(1, 2, 2, 3))(1, 2) == 24);
  CHECK(st::as_view(m.transpose())(4, 3) == 34);
  st::as_view(m.row(2)) = st::as_view(m.row(3)) * 0;
  CHECK(m.row(2).isZero());
  CHECK(m(3, 4) == 34);
  const Eigen::Ref<Eigen::MatrixXd> reference = m;
  CHECK(st::as_view(reference).extent(1) == 5);

  static_assert(viewed<Eigen::MatrixXf&> && viewed<const Eigen::Matrix3d&>);
  static_assert(!viewed<Eigen::MatrixXf> && !viewed<Eigen::Matrix3d>, "their memory would be gone");
  static_assert(!viewed<Eigen::Ref<const Eigen::MatrixXf>>, "it may own a copy");
  static_assert(!viewed<decltype(m * m)&> && !viewed<decltype(m + m)&>, "not in memory");
}

TEST_CASE("eigen: tensors adopt what is row-major, and give it back") {
  auto m = counted<row_major<float, Eigen::Dynamic, 3>>(5, 3);
  const float* const memory = m.data();
  st::tensor<float, batch, 3> x(st::adopt(std::move(m)));
  CHECK(x.data() == memory);
  CHECK((x.extent(0) == 5 && x(4, 2) == 42));
  x = x + 1;
  CHECK(x.data() == memory);
  auto fixed = counted<row_major<double, 2, 2>>(2, 2);
  const st::tensor<double, 2, 2> y(st::adopt(std::move(fixed)));
  CHECK(y(1, 0) == 10);
  const st::tensor<float, dyn> z(st::adopt(Eigen::VectorXf(Eigen::VectorXf::Ones(4))));
  CHECK(z(3) == 1);
  CHECK_THROWS_AS((st::tensor<float, dyn, 3>(st::adopt(Eigen::VectorXf(4)))), st::shape_error);

  static_assert(adoptable<row_major<float, 2, 2>> && adoptable<Eigen::ArrayXd>);
  static_assert(!adoptable<Eigen::MatrixXf>, "columns first");
  using view = st::tensor_view<float, dyn, 3>;
  static_assert(!std::is_constructible_v<view, Eigen::MatrixXf&, int>, "its order would be lost");
  static_assert(std::is_constructible_v<view, row_major<float, 2, 3>&, int>);
}

TEST_CASE("eigen: maps of tensors, without strides, of one axis and two") {
  st::tensor<float, batch, 3> x(2);
  x(1, 2) = 5;
  const auto map = st::as_eigen(x);
  static_assert(std::is_same_v<std::remove_const_t<decltype(map)>,
                               Eigen::Map<row_major<float, Eigen::Dynamic, 3>>>);
  CHECK(map.data() == x.data());
  CHECK((map.rows() == 2 && map(1, 2) == 5));
  st::as_eigen(x).col(0).setConstant(7);
  CHECK((x(0, 0) == 7 && x(1, 0) == 7 && x(1, 1) == 0));

  const st::tensor<double, 2, 2> fixed{2, 0, 0, 4};
  const auto constant = st::as_eigen(fixed);
  static_assert(std::is_same_v<std::remove_const_t<decltype(constant)>,
                               Eigen::Map<const row_major<double, 2, 2>>>);
  CHECK((constant * constant)(1, 1) == 16);
  const st::tensor<float, 3> line{1, 2, 3};
  static_assert(decltype(st::as_eigen(line))::RowsAtCompileTime == 3);
  CHECK(st::as_eigen(line).squaredNorm() == 14);
  st::tensor<float, dyn, 1> column(4);
  st::as_eigen(column).setOnes();
  CHECK(column(3, 0) == 1);
  const st::tensor<float, 1, 1> one{3};
  CHECK(st::as_eigen(one)(0, 0) == 3);
  CHECK(st::as_eigen(st::tensor<float, dyn, 3>(0).view()).rows() == 0);
  const auto lends = [](auto&& t) { return requires { st::as_eigen(std::move(t)); }; };
  static_assert(!lends(st::tensor<float, 2>()), "a temporary would be gone");
}

TEST_CASE("eigen: maps of views with strides, and what a map has no word for") {
  st::tensor<float, 4, 6> x;
  for (int i = 0; i < 24; ++i) x.data()[i] = static_cast<float>(i);
  const auto part = st::as_eigen(x.slice(0, 1, 4, 2).slice(1, 0, 6, 3));  // rows 1 3, columns 0 3
  CHECK((part.rows() == 2 && part.cols() == 2 && part(1, 1) == 21 && part(0, 1) == 9));
  const st::tensor<float, 4, 6> same = x;
  CHECK(st::as_eigen(same.slice(1, 0, 6, 2))(3, 2) == 22);

  float memory[6] = {0, 1, 2, 3, 4, 5};
  using matrix = st::tensor_view<float, 2, 3>;
  const auto turned = st::as_eigen(matrix(memory, {2, 3}, {1, 2}));
  CHECK((turned(0, 1) == 2 && turned(1, 2) == 5));
  const auto repeated = st::as_eigen(st::tensor_view<const float, 2, 3>(memory, {2, 3}, {0, 1}));
  CHECK(repeated.sum() == 2 * (0 + 1 + 2));
  using column = st::tensor_view<float, dyn, 1>;
  CHECK(st::as_eigen(column(memory, {3, 1}, {2, 9})).sum() == 0 + 2 + 4);
  CHECK(st::as_eigen(st::tensor_view<float, dyn>(memory, {3}, {2})).sum() == 0 + 2 + 4);
  CHECK_THROWS_WITH_AS((void)st::as_eigen(matrix(memory + 3, {2, 3}, {-3, 1})),
                       "as_eigen: a view [2, 3] has stride -3 along axis 0, and those of a map are "
                       "not negative; a tensor can copy it",
                       st::value_error);
  CHECK_THROWS_AS((void)st::as_eigen(matrix(memory, {2, 3}, {3, 1}, st::cuda)),
                  st::placement_error);
  // There and back.
  CHECK(st::as_view(st::as_eigen(x)).data() == x.data());
  CHECK(st::as_view(st::as_eigen(x.slice(1, 0, 6, 2)))(3, 2) == 22);
}
