// SPDX-License-Identifier: Apache-2.0
#pragma once

// Memory of others on a device: pointers, Thrust's vectors, DLPack and mdspan, as operands of
// kernels and as what they write. Part of device.cu.

#include <sinter/cuda.hpp>
#include <sinter/dlpack.hpp>
#include <sinter/mdspan.hpp>
#include <sinter/thrust.hpp>

#include <thrust/sequence.h>
#include <thrust/sort.h>
#include <thrust/universal_vector.h>

#include <doctest/doctest.h>

#include "device/common.cuh"

namespace sinter::testing {

/// Device memory with 0, 1, 2, ...
inline float* allocated_there(int count) {
  float* data = nullptr;
  if (cudaMalloc(&data, static_cast<std::size_t>(count) * sizeof(float)) != cudaSuccess)
    return nullptr;
  const thrust::device_ptr<float> begin(data);
  thrust::sequence(begin, begin + count);
  return data;
}

using matrix_there = decltype(as_mdspan(std::declval<tensor<float, dyn, 4>&>()));

__global__ void double_elements(matrix_there x) {
  for (int i = 0; i < x.extent(0); ++i) x(i, static_cast<int>(threadIdx.x)) *= 2;
}

}  // namespace sinter::testing

TEST_CASE("device: memory of cudaMalloc, seen and adopted" *
          doctest::skip(!sinter::testing::has_device())) {
  namespace st = sinter;
  int freed = 0;
  float* const data = st::testing::allocated_there(12);
  {
    const st::tensor_view<float, st::dyn, 4> seen(data, st::cuda, 3);
    seen = seen * 2 + 1;
    const auto deleter = [&](float* p) { freed += cudaFree(p) == cudaSuccess; };
    st::tensor<float, st::dyn, 4> x(st::adopt(data, deleter, st::cuda), 3);
    CHECK(x.to(st::cpu)(2, 3) == 23);
    x = x + x;
    CHECK(x.data() == data);
    const st::tensor total = sum(x);
    CHECK(total.to(st::cpu).item() == 288);
  }
  CHECK(freed == 1);
}

TEST_CASE("device: Thrust's vectors, and tensors under its algorithms" *
          doctest::skip(!sinter::testing::has_device())) {
  namespace st = sinter;
  thrust::device_vector<float> v(6);
  thrust::sequence(v.begin(), v.end());
  const st::tensor_view<float, st::dyn, 3> seen(v);
  CHECK(seen.where() == st::cuda);
  seen = 10 - seen;
  CHECK(static_cast<float>(v[5]) == 5);
  thrust::universal_vector<float> shared(3, 2.f);
  CHECK(st::tensor(seen + st::tensor_view<float, 3>(shared)).to(st::cpu)(0, 0) == 12);
  st::tensor<float, st::dyn> x(st::adopt(std::move(v)));
  thrust::sort(st::device_begin(x), st::device_end(x));
  CHECK(x.to(st::cpu)(0) == 5);
  CHECK_THROWS_AS((void)st::device_begin(st::tensor<float, 2>()), st::placement_error);
}

TEST_CASE("device: DLPack, and mdspan in a kernel of the user's" *
          doctest::skip(!sinter::testing::has_device())) {
  namespace st = sinter;
  st::tensor<float, st::dyn, 4> x = st::tensor<float, st::dyn, 4>(3).to(st::cuda);
  x = x + 1;
  auto* const lent = st::to_dlpack(x);
  CHECK(lent->dl_tensor.device.device_type == 2);
  CHECK(lent->dl_tensor.device.device_id == 0);
  auto same = st::from_dlpack<st::tensor<float, 3, 4>>(lent);
  CHECK(same.where() == st::cuda);
  st::testing::double_elements<<<1, 4>>>(st::as_mdspan(x));
  const st::tensor total = sum(same);
  CHECK(total.to(st::cpu).item() == 24);
  CHECK(st::as_view(st::as_mdspan(x), st::cuda).extent(0) == 3);
}
