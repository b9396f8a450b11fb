// SPDX-License-Identifier: Apache-2.0

// Thrust's vectors as views and as memory of tensors, and tensors under Thrust's algorithms. Its
// device is the host here; tests/device runs the same on a device.

#include <sinter/thrust.hpp>

#include <thrust/reduce.h>
#include <thrust/sort.h>
#include <thrust/universal_vector.h>

#include <doctest/doctest.h>

#include <type_traits>
#include <utility>

namespace {

namespace st = sinter;
using st::dyn;
inline constexpr st::axis batch{"batch"};

template <class Vector> Vector counted(std::size_t count) {
  Vector v(count);
  for (std::size_t i = 0; i < count; ++i) v[i] = static_cast<float>(i);
  return v;
}

}  // namespace

TEST_CASE_TEMPLATE("thrust: views of its vectors, and tensors that adopt them", Vector,
                   thrust::host_vector<float>, thrust::device_vector<float>,
                   thrust::universal_vector<float>) {
  auto v = counted<Vector>(6);
  const float* const data = thrust::raw_pointer_cast(v.data());
  const st::tensor_view<float, batch, 3> x(v);
  CHECK(x.data() == data);
  CHECK(x.where() == st::cpu);
  CHECK(x.extent(0) == 2);
  x = x * 2;
  CHECK(v[5] == 10);
  CHECK(st::tensor_view<const float, 3, 2>(std::as_const(v))(2, 1) == 10);
  CHECK_THROWS_WITH_AS((st::tensor_view<float, dyn, 4>(v)), "view: 6 elements do not fill [dyn, 4]",
                       st::shape_error);
  static_assert(!std::is_constructible_v<st::tensor_view<float, dyn>, const Vector&>);
  static_assert(!std::is_constructible_v<st::tensor_view<const float, dyn>, Vector>);
  static_assert(!std::is_constructible_v<st::tensor_view<double, dyn>, Vector&>);

  st::tensor<float, dyn, 3> y(st::adopt(std::move(v)));
  CHECK(y.data() == data);
  CHECK(y(1, 2) == 10);
  y = y + 1;
  CHECK(y.data() == data);
  CHECK_THROWS_AS((st::tensor<float, 2, 2>(st::adopt(counted<Vector>(6)))), st::shape_error);
  CHECK(st::tensor<float, dyn>(st::adopt(Vector())).size() == 0);
}

TEST_CASE("device_begin: tensors and contiguous views under Thrust's algorithms") {
  st::tensor<float, 2, 3> x = {5, 3, 1, 4, 2, 0};
  CHECK(thrust::reduce(st::device_begin(x), st::device_end(x)) == 15);
  thrust::sort(st::device_begin(x), st::device_end(x));
  CHECK(x(1, 2) == 5);
  const auto& constant = x;
  using pointer = decltype(st::device_begin(constant));
  static_assert(std::is_same_v<pointer, thrust::device_ptr<const float>>);
  const auto row = x.slice(0, 1, 2);
  CHECK(thrust::reduce(st::device_begin(row), st::device_end(row)) == 12);
  CHECK_THROWS_WITH_AS((void)st::device_end(x.slice(1, 0, 2)),
                       "device_begin: a view [2, 2] with strides [3, 1] has gaps; a tensor can "
                       "copy it",
                       st::shape_error);
  const st::tensor<float, dyn, 3> none(0);
  CHECK(st::device_begin(none) == st::device_end(none));
  const st::tensor_view<float, 2, 3> there(x.data(), st::cuda);
  CHECK_THROWS_WITH_AS((void)st::device_begin(there),
                       "device_begin: the tensor is on cuda:0, where Thrust's device is not; this "
                       "program's Thrust knows the host alone",
                       st::placement_error);
}
