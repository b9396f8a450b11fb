// SPDX-License-Identifier: Apache-2.0
// Every call of the CUDA context, in every form that is one instruction of its own: the assembler
// must accept them all. What is computed makes no sense.
#include <utility>

#include "sinter/target/cuda/context.cuh"

namespace sinter {

using device::caching;
using device::mbarrier;
using device::neighbours;
using device::order;
using device::pack;
using device::scope;

// sm_80: memory, atomics, warps, copies, barriers in shared memory, mma.sync.
struct first_calls {
  static constexpr int block_threads = 128;

  template <scope Scope, order Order, class Context, class T>
  SINTER_DEVICE static void atomics(Context& ctx, T* p) {
    const T one = ctx.template atomic_add<Order, Scope>(p, T(1));
    const T two = ctx.template atomic_exchange<Order, Scope>(p + 1, one);
    if constexpr (!std::is_same_v<T, float>) {
      ctx.template atomic_compare_exchange<Order, Scope>(p + 2, one, two);
    }
  }
  template <scope Scope, class Context, class T>
  SINTER_DEVICE static void all_atomics(Context& ctx, T* p) {
    atomics<Scope, order::relaxed>(ctx, p);
    atomics<Scope, order::acquire>(ctx, p);
    atomics<Scope, order::release>(ctx, p);
    atomics<Scope, order::acquire_release>(ctx, p);
    const T seen = ctx.template atomic_load<order::acquire, Scope>(p);
    ctx.template atomic_store<order::release, Scope>(p + 3, seen);
    ctx.template atomic_load<order::relaxed, Scope>(p);
    ctx.template atomic_store<order::relaxed, Scope>(p + 3, seen);
    ctx.template fence<Scope>();
  }

  template <int Count, class Context>
  SINTER_DEVICE static void matrices(Context& ctx, bf16* tile, unsigned* out) {
    std::uint32_t r[Count], transposed[Count];
    ctx.template load_matrix<Count, false>(r, tile);
    ctx.template load_matrix<Count, true>(transposed, tile);
    for (int i = 0; i < Count; ++i) ctx.store(out + i, r[i] + transposed[i]);
#if SINTER_ARCHITECTURE >= 90
    ctx.template store_matrix<Count, false>(tile, transposed);
    ctx.template store_matrix<Count, true>(tile, r);
#endif
  }

  template <class Context>
  SINTER_DEVICE void operator()(Context& ctx, float* p, unsigned* u, unsigned long long* wide,
                                const float* q) const {
    auto near = ctx.template shared<float>(256, 128);
    auto tile = ctx.template shared<bf16>(256, 16);
    auto barrier = ctx.template shared<mbarrier>(1, 8);
    const int t = ctx.thread();
    all_atomics<scope::block>(ctx, u);
    all_atomics<scope::device>(ctx, u);
    all_atomics<scope::device>(ctx, wide);
    all_atomics<scope::device>(ctx, p);

    const auto four = ctx.template cast<pack<float, 4>>(q + 4 * t);
    const auto sum = ctx.template load<caching::read_only>(four);
    const auto streamed = ctx.template load<caching::streaming>(four);
    ctx.template store<caching::streaming>(ctx.template cast<pack<float, 4>>(p + 4 * t), sum);
    ctx.store(p, streamed[1] + ctx.exp(ctx.maximum(sum[0], sum[3])));

    ctx.template copy_async<4>(near, q, 0);
    ctx.template copy_async<8>(near, q);
    ctx.template copy_async<16>(near, q, 8);
    ctx.commit_copies();
    ctx.template wait_copies<1>();
    if (t == 0) ctx.mbarrier_init(barrier, ctx.threads());
    ctx.fence_mbarrier_init();
    ctx.sync();
    ctx.mbarrier_arrive(barrier);
    ctx.mbarrier_wait(barrier, 0);
    ctx.mbarrier_arrive_after_copies(barrier);
    ctx.store(u, ctx.mbarrier_test(barrier, 1));
    ctx.sync_named(1, 64);
    ctx.arrive_named(2, 64);
    ctx.sync_warp(0xffffu);

    float x = ctx.shuffle(sum[0], 3) + ctx.shuffle_up(sum[1], 1) + ctx.shuffle_down(sum[2], 2);
    const auto pair = ctx.shuffle_xor(pack<float, 2>{{x, x}}, 4);
    x += pair[1] + static_cast<float>(ctx.ballot(x > 0)) + ctx.any(x > 1) + ctx.all(x > 2);
    x += static_cast<float>(ctx.elect() + ctx.block_y() + ctx.block_z() + ctx.grid_x() +
                            ctx.grid_y() + ctx.grid_z() + ctx.block_x() + ctx.lane() + ctx.warp());
    ctx.store(p + 1, x);

    matrices<1>(ctx, tile, u);
    matrices<2>(ctx, tile, u);
    matrices<4>(ctx, tile, u);
    const std::uint32_t a[4] = {u[0], u[1], u[2], u[3]}, b[2] = {u[4], u[5]};
    float c[4] = {};
    std::int32_t d[4] = {};
    ctx.template multiply<bf16>(c, a, b);
    ctx.template multiply<f16>(c, a, b);
    ctx.template multiply<device::tf32>(c, a, b);
    ctx.template multiply<std::int8_t>(d, a, b);
    for (int i = 0; i < 4; ++i) ctx.store(p + i, c[i] + static_cast<float>(d[i]));
  }
};

template __global__ void cuda_target::launch_body<first_calls>(float*, unsigned*,
                                                               unsigned long long*, const float*);

#if SINTER_ARCHITECTURE >= 90

// sm_90: bulk and tensor copies, clusters, dependent launches.
struct second_calls {
  static constexpr int block_threads = 128;

  template <class Context>
  SINTER_DEVICE void operator()(Context& ctx, const CUtensorMap& map, float* p,
                                unsigned* u) const {
    auto near = ctx.template shared<float>(256, 1024);
    auto barrier = ctx.template shared<mbarrier>(1, 8);
    ctx.wait_for_previous_grid();
    ctx.allow_next_grid();
    first_calls::all_atomics<scope::cluster>(ctx, u);
    ctx.mbarrier_expect(barrier, 1024);
    ctx.bulk_load(near, p, 1024, barrier);
    ctx.tensor_load(near, &map, device::box_place{1, 2}, barrier);
    ctx.tensor_load_multicast(near, &map, device::box_place{1, 2}, barrier, 3);
    ctx.tensor_load(near, &map, device::box_place{1, 2, 3}, barrier);
    ctx.tensor_load(near, &map, device::box_place{1, 2, 3, 4}, barrier);
    ctx.tensor_load_multicast(near, &map, device::box_place{1, 2, 3, 4, 5}, barrier, 3);
    ctx.mbarrier_wait(barrier, 0);
    ctx.mbarrier_arrive_remote(barrier, ctx.cluster_rank() ^ 1);
    ctx.cluster_sync();
    ctx.store(p, ctx.load(ctx.remote(near, ctx.cluster_size() - 1)));
    ctx.fence_proxy_async();
    ctx.fence_proxy_async_global();
    ctx.bulk_store(p, near, 1024);
    ctx.tensor_store(&map, device::box_place{3, 4}, near);
    ctx.bulk_commit();
    ctx.template bulk_wait_read<1>();
    ctx.template bulk_wait<0>();
  }
};

template __global__ void cuda_target::launch_body_with_maps<second_calls>(
    const __grid_constant__ CUtensorMap, float*, unsigned*);

#endif

#ifdef SINTER_WGMMA

// sm_90a: products of a warpgroup in every width.
template <class T, int N, bool FromRegisters, neighbours Left = neighbours::terms,
          neighbours Right = neighbours::terms>
struct product_calls {
  static constexpr int block_threads = 128;

  template <class Context>
  SINTER_DEVICE void operator()(Context& ctx, const uint4* q, float* p) const {
    auto a = ctx.template shared<std::uint16_t>(64 * 64, 1024);
    auto b = ctx.template shared<std::uint16_t>(64 * N, 1024);
    using sum = std::conditional_t<std::is_same_v<T, std::int8_t>, std::int32_t, float>;
    typename Context::template accumulator<N, sum> d;
    SINTER_UNROLL
    for (int i = 0; i < N / 2; ++i) d.at(i) = 0;
    const uint4 loaded = ctx.load(q + ctx.thread());
    const std::uint32_t left[4] = {loaded.x, loaded.y, loaded.z, loaded.w};
    ctx.wgmma_fence(d);
    if constexpr (FromRegisters) {
      ctx.template wgmma<T, Right>(d, left, b, true);
    } else {
      ctx.template wgmma<T, Left, Right>(d, a, b, true);
    }
    ctx.wgmma_commit();
    ctx.template wgmma_wait<0>(d);
    SINTER_UNROLL
    for (int i = 0; i < N / 2; ++i)
      ctx.store(p + (i * 128 + ctx.thread()), static_cast<float>(d.at(i)));
  }
};

template <class T, bool FromRegisters, int... I>
auto every_width(std::integer_sequence<int, I...>) {
  return std::pair(
      ((void)&cuda_target::launch_body<product_calls<T, 8 * I + 8, FromRegisters>, const uint4*,
                                       float*>,
       ...,
       0),
      0);
}

// In the widths that bodies have.
template <class T, int... N> void some_widths() {
  ((void)&cuda_target::launch_body<product_calls<T, N, false>, const uint4*, float*>, ...);
}
void every_format() {
  some_widths<e4m3, 8, 16, 32, 64, 128>();
  some_widths<e5m2, 8, 16, 32, 64, 128>();
  some_widths<device::tf32, 8, 16, 32, 64, 128, 192, 256>();
  some_widths<std::int8_t, 8, 16, 32, 64, 128, 192, 256>();
}

void every_product() {
  every_width<bf16, false>(std::make_integer_sequence<int, 32>{});
  every_width<bf16, true>(std::make_integer_sequence<int, 32>{});
  every_width<f16, false>(std::make_integer_sequence<int, 32>{});
  every_width<f16, true>(std::make_integer_sequence<int, 32>{});
}

// And in every orientation.
template __global__ void cuda_target::launch_body<
    product_calls<bf16, 128, false, neighbours::lines, neighbours::terms>>(const uint4*, float*);
template __global__ void cuda_target::launch_body<
    product_calls<f16, 64, false, neighbours::terms, neighbours::lines>>(const uint4*, float*);
template __global__ void cuda_target::launch_body<
    product_calls<bf16, 192, false, neighbours::lines, neighbours::lines>>(const uint4*, float*);
template __global__ void cuda_target::launch_body<
    product_calls<f16, 256, true, neighbours::terms, neighbours::lines>>(const uint4*, float*);

#endif

}  // namespace sinter
