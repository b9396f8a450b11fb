// SPDX-License-Identifier: Apache-2.0
// Three bodies over the context, and beside each the same kernel written in plain CUDA and PTX. The
// tests artefact.cost compare what the compiler makes of the two: the context must cost nothing.
#include <cstdint>

#include "../kernel/bodies/matrix_product.hpp"
#include "../kernel/bodies/pipeline.hpp"
#include "../kernel/bodies/row_softmax.hpp"
#include "sinter/target/cuda/context.cuh"

#define EVERY_LANE 0xffffffffu

namespace sinter::cuda_target {

constexpr bool bulk = SINTER_ARCHITECTURE >= 90;

template __global__ void launch_body<bodies::row_softmax>(const float*, float*, int, int);
template __global__ void launch_body<bodies::matrix_product>(const bf16*, const bf16*, const float*,
                                                             float*, int, int, int);
template __global__ void launch_body<bodies::pipeline<bulk>>(const float*, const float*, float*,
                                                             int, int);

}  // namespace sinter::cuda_target

namespace {

extern __shared__ __align__(1024) unsigned char memory[];

__device__ __forceinline__ uint32_t place(const void* p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

__device__ __forceinline__ void copy_16(void* to, const void* from, int valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(place(to)),
               "l"(__cvta_generic_to_global(from)), "r"(valid)
               : "memory");
}

__device__ __forceinline__ void wait(uint64_t* b, int parity) {
  asm volatile(
      "{ .reg .pred p;\n"
      "again:\n"
#if __CUDA_ARCH__ >= 900
      "mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n"
#else
      "mbarrier.test_wait.parity.shared.b64 p, [%0], %1;\n"
#endif
      "@p bra done;\n"
      "bra again;\n"
      "done: }" ::"r"(place(b)),
      "r"(parity)
      : "memory");
}

}  // namespace

extern "C" __global__ void __launch_bounds__(128, 1)
    row_softmax_by_hand(const float* in, float* out, int rows, int columns) {
  float* row = reinterpret_cast<float*>(memory);
  float2* partial = reinterpret_cast<float2*>(memory + 4096);
  const size_t base = static_cast<size_t>(static_cast<int>(blockIdx.x)) * columns;
  const int t = static_cast<int>(threadIdx.x);
  float highest = -3.0e38f, sum = 0;
  for (int i = t; i < columns; i += 128) {
    const float x = in[base + i];
    if (i < 1024) row[i] = x;
    const float both = fmaxf(highest, x);
    sum = sum * __expf(highest - both) + 1.f * __expf(x - both);
    highest = both;
  }
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    const float other = __shfl_xor_sync(EVERY_LANE, highest, distance);
    const float other_sum = __shfl_xor_sync(EVERY_LANE, sum, distance);
    const float both = fmaxf(highest, other);
    sum = sum * __expf(highest - both) + other_sum * __expf(other - both);
    highest = both;
  }
  if ((threadIdx.x & 31) == 0) partial[threadIdx.x >> 5] = make_float2(highest, sum);
  __syncthreads();
  highest = -3.0e38f;
  sum = 0;
#pragma unroll
  for (int w = 0; w < 4; ++w) {
    const float2 other = partial[w];
    const float both = fmaxf(highest, other.x);
    sum = sum * __expf(highest - both) + other.y * __expf(other.x - both);
    highest = both;
  }
  const float scale = 1 / sum;
  for (int i = t; i < columns; i += 128) {
    const float x = i < 1024 ? row[i] : in[base + i];
    out[base + i] = __expf(x - highest) * scale;
  }
}

extern "C" __global__ void __launch_bounds__(128, 1)
    matrix_product_by_hand(const uint16_t* a, const uint16_t* b, const float* bias, float* out,
                           int m, int n, int k) {
  uint16_t* left = reinterpret_cast<uint16_t*>(memory);
  uint16_t* right = reinterpret_cast<uint16_t*>(memory + 2 * 64 * 32 * 2);
  const size_t columns = static_cast<size_t>(n), depth = static_cast<size_t>(k);
  const int t = static_cast<int>(threadIdx.x), lane = static_cast<int>(threadIdx.x & 31);
  const int warp = static_cast<int>(threadIdx.x >> 5);
  const int row0 = static_cast<int>(blockIdx.y) * 64, column0 = static_cast<int>(blockIdx.x) * 64;
  const int warp_row = warp % 2 * 32, warp_column = warp / 2 * 32;
  const auto fetch = [&](int step) {
    const int stage = step % 2;
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      const int row = (t + i * 128) / 4, chunk = t % 4;
      const int at_row = row0 + row, at_k = step * 32 + chunk * 8;
      const bool there = at_row < m && at_k < k;
      copy_16(left + stage * 2048 + row * 32 + (chunk ^ (row / 2 % 4)) * 8,
              a + (there ? size_t(at_row) * depth + at_k : 0), there ? 16 : 0);
    }
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      const int row = (t + i * 128) / 8, chunk = t % 8;
      const int at_k = step * 32 + row, at_column = column0 + chunk * 8;
      const bool there = at_k < k && at_column < n;
      copy_16(right + stage * 2048 + row * 64 + (chunk ^ row % 8) * 8,
              b + (there ? size_t(at_k) * columns + at_column : 0), there ? 16 : 0);
    }
  };
  float sums[2][4][4] = {};
  const int steps = (k + 31) / 32;
  fetch(0);
  asm volatile("cp.async.commit_group;" ::: "memory");
  for (int step = 0; step < steps; ++step) {
    if (step + 1 < steps) fetch(step + 1);
    asm volatile("cp.async.commit_group;" ::: "memory");
    asm volatile("cp.async.wait_group 1;" ::: "memory");
    __syncthreads();
    const uint16_t* left_tile = left + step % 2 * 2048;
    const uint16_t* right_tile = right + step % 2 * 2048;
#pragma unroll
    for (int kk = 0; kk < 2; ++kk) {
      uint32_t fa[2][4], fb[2][4];
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const int row = warp_row + 16 * i + lane % 16, chunk = 2 * kk + lane / 16;
        const uint16_t* p = left_tile + row * 32 + (chunk ^ (row / 2 % 4)) * 8;
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(fa[i][0]), "=r"(fa[i][1]), "=r"(fa[i][2]), "=r"(fa[i][3])
                     : "r"(place(p))
                     : "memory");
      }
#pragma unroll
      for (int j = 0; j < 2; ++j) {
        const int row = 16 * kk + lane % 16, chunk = warp_column / 8 + 2 * j + lane / 16;
        const uint16_t* p = right_tile + row * 64 + (chunk ^ row % 8) * 8;
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(fb[j][0]), "=r"(fb[j][1]), "=r"(fb[j][2]), "=r"(fb[j][3])
                     : "r"(place(p))
                     : "memory");
      }
#pragma unroll
      for (int i = 0; i < 2; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          float* c = sums[i][j];
          asm volatile(
              "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, "
              "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
              : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
              : "r"(fa[i][0]), "r"(fa[i][1]), "r"(fa[i][2]), "r"(fa[i][3]),
                "r"(fb[j / 2][j % 2 * 2]), "r"(fb[j / 2][j % 2 * 2 + 1]));
        }
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < 2; ++i) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
#pragma unroll
      for (int h = 0; h < 2; ++h) {
        const int row = row0 + warp_row + 16 * i + (lane / 4 + 8 * h);
        const int column = column0 + warp_column + 8 * j + lane % 4 * 2;
        if (!(row >= m || column >= n)) {
          const float x = sums[i][j][2 * h] + bias[column];
          const float y = sums[i][j][2 * h + 1] + bias[column + 1];
          *reinterpret_cast<float2*>(out + (size_t(row) * columns + column)) =
              make_float2(x > 0 ? x : 0, y > 0 ? y : 0);
        }
      }
    }
  }
}

extern "C" __global__ void __launch_bounds__(160, 1)
    pipeline_by_hand(const float* a, const float* x, float* y, int m, int k) {
  float* tiles = reinterpret_cast<float*>(memory);
  uint64_t* full = reinterpret_cast<uint64_t*>(memory + 16384);
  uint64_t* empty = reinterpret_cast<uint64_t*>(memory + 16400);
  const auto lane = [] { return static_cast<int>(threadIdx.x & 31); };
  const int row0 = static_cast<int>(blockIdx.x) * 64;
  const int rows = m - row0 < 64 ? m - row0 : 64, steps = (k + 31) / 32;
  constexpr bool bulk = SINTER_ARCHITECTURE >= 90;
  const auto width = [&](int step) {
    const int left = k - step * 32;
    return left < 32 ? left : 32;
  };
  if (static_cast<int>(threadIdx.x) == 0) {
    for (int stage = 0; stage < 2; ++stage) {
      const int producers = bulk ? 1 : 32, consumers = 4;
      asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(place(full + stage)), "r"(producers)
                   : "memory");
      asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(place(empty + stage)), "r"(consumers)
                   : "memory");
    }
#if __CUDA_ARCH__ >= 900
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
  }
  __syncthreads();
  if (static_cast<int>(threadIdx.x >> 5) == 4) {
    for (int step = 0; step < steps; ++step) {
      const int stage = step % 2, use = step / 2 % 2;
      wait(empty + stage, use ^ 1);
      const int bytes = width(step) * 4;
      float* tile = tiles + stage * 2048;
#if __CUDA_ARCH__ >= 900
      if (lane() == 0) {
        asm volatile(
            "{ .reg .b64 state; mbarrier.arrive.expect_tx.shared::cta.b64 state, [%0], %1; }" ::"r"(
                place(full + stage)),
            "r"(rows * bytes)
            : "memory");
      }
#endif
      for (int row = lane(); row < rows; row += 32) {
        float* to = tile + row * 32;
        const float* from = a + (size_t(row0 + row) * size_t(k) + step * 32);
#if __CUDA_ARCH__ >= 900
        asm volatile(
            "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, "
            "[%3];" ::"r"(place(to)),
            "l"(__cvta_generic_to_global(from)), "r"(bytes), "r"(place(full + stage))
            : "memory");
#else
        for (int i = 0; i < bytes / 4; i += 4) copy_16(to + i, from + i, 16);
#endif
      }
#if __CUDA_ARCH__ < 900
      asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(place(full + stage))
                   : "memory");
#endif
    }
  } else {
    const int t = static_cast<int>(threadIdx.x), row = t / 2, half = t % 2;
    float sum = 0;
    for (int step = 0; step < steps; ++step) {
      const int stage = step % 2, use = step / 2 % 2;
      wait(full + stage, use);
      const float* tile = tiles + (stage * 64 + row) * 32;
      for (int i = half; row < rows && i < width(step); i += 2) {
        const float factor = x[step * 32 + i];
        sum += factor * tile[i];
      }
      __syncwarp();
      if (lane() == 0) {
        asm volatile("{ .reg .b64 state; mbarrier.arrive.shared.b64 state, [%0]; }" ::"r"(
                         place(empty + stage))
                     : "memory");
      }
    }
    sum += __shfl_xor_sync(EVERY_LANE, sum, 1);
    if (half == 0 && row < rows) y[row0 + row] = sum;
  }
}
