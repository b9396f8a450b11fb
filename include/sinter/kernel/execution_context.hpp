// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a kernel body may ask of the context it runs over. A body is a struct with
///
///     template <class Context> SINTER_DEVICE void operator()(Context& context, ...) const;
///
/// that touches memory and other threads through the context alone: explicit loads and stores, no
/// `operator[]`, so that every access has a line of its own that can be named in a report. Over
/// `cuda_context` each call is one instruction; over the tests' emulated context each call is
/// checked. Bodies declare `block_threads`, a constant.
///
/// - `thread lane warp threads`
///       place in the block; `threads` is the block's size
/// - `block_x block_y block_z grid_x grid_y grid_z`
///       place in the grid
/// - `shared<T>(count, alignment)`
///       the next array of the block's shared memory; every thread makes the same calls in the same
///       order, at the top of the body
/// - `global(p, n0, n1, n2)`
///       a pointer that the kernel was given, and the extents behind it
/// - `cast<U>(p)`
///       the same place as another type, such as a pack
/// - `load<caching>(p)` `store<caching>(p, v)`
///       one access
/// - `atomic_load atomic_store atomic_add atomic_exchange atomic_compare_exchange <order, scope>`
///       atomics; the read-modify-write ones return the old value
/// - `fence<scope>()`
///       acquire and release fence
/// - `fence_proxy_async()` `fence_proxy_async_global()`
///       ordinary writes by this thread, before asynchronous copies and `wgmma` may read them
/// - `sync()` `sync_named(id, n)` `arrive_named(id, n)`
///       barriers of the block, ids 1 to 15
/// - `sync_warp(mask)` `elect()`
///       the warp; `elect` is true in one lane
/// - `shuffle shuffle_xor shuffle_up shuffle_down ballot any all`
///       registers of other lanes; they order no memory
/// - `copy_async<Bytes>(to, from, valid)`
///       4, 8 or 16 bytes to shared memory; what is beyond `valid` bytes is zero
/// - `commit_copies()` `wait_copies<N>()`
///       groups of such copies of this thread; all but the last N have arrived
/// - `load_matrix<Count, Transposed>(r, p)` `store_matrix<...>(p, r)`
///       8 x 8 tiles of 16-bit elements, row i of tile j by lane 8 j + i
/// - `multiply<T>(c, a, b)`
///       one `mma.sync`: bf16, f16 (m16n8k16), tf32 (m16n8k8), i8 (m16n8k32)
/// - `mbarrier_init mbarrier_arrive mbarrier_expect mbarrier_wait mbarrier_test`
///       see mbarrier.hpp; `expect` arrives and announces bytes
/// - `mbarrier_arrive_after_copies(b)`
///       an arrival when this thread's earlier `copy_async` have come, within the count
/// - `fence_mbarrier_init()`
///       makes initialisations known to asynchronous copies and to the cluster
/// - `bulk_load(to, from, bytes, b)` `tensor_load(to, map, place, b)`
///       asynchronous, counted in bytes on `b`; a `box_place` has as many indices as the map axes
/// - `tensor_load_multicast(to, map, place, b, blocks)`
///       to the same place in each block of a mask
/// - `bulk_store(to, from, bytes)` `tensor_store(map, place, from)`
///       asynchronous, in groups of this thread
/// - `bulk_commit()` `bulk_wait<N>()` `bulk_wait_read<N>()`
///       all but the last N groups are written, or have read their source
/// - `wgmma_fence(d)` `wgmma<T, Left, Right>(d, a, b, accumulate)` `wgmma_commit()`
///   `wgmma_wait<G>(d)`
///       64 x N x 16 products of a warpgroup; `d` is an `accumulator<N>`, `a` a tile or four
///       registers; `Left` and `Right` say what neighbours are in tiles, see tile.hpp
/// - `raise_registers<N>()` `lower_registers<N>()`
///       registers handed between warpgroups
/// - `cluster_rank cluster_size` `cluster_sync()`
///       the cluster
/// - `remote(p, rank)` `mbarrier_arrive_remote(b, rank)`
///       shared memory of another block of the cluster
/// - `wait_for_previous_grid()` `allow_next_grid()`
///       overlap of dependent launches
/// - `exp(x) maximum(a, b)`
///       the device's fast forms

#include <concepts>
#include <cstdint>

#include "sinter/kernel/mbarrier.hpp"
#include "sinter/kernel/memory_model.hpp"
#include "sinter/kernel/pack.hpp"

namespace sinter::device {

/// The part of the contract that every architecture has. What is missing on one, such as `wgmma`
/// before sm_90a, is a template there that must not be instantiated.
template <class C>
concept execution_context = requires(C& c, float* p, const float* q, float v, std::uint32_t mask) {
  typename C::tensor_map;
  { c.thread() } -> std::same_as<int>;
  { c.lane() } -> std::same_as<int>;
  { c.warp() } -> std::same_as<int>;
  { c.threads() } -> std::same_as<int>;
  { c.block_x() } -> std::same_as<int>;
  { c.grid_x() } -> std::same_as<int>;
  { c.load(c.global(q, std::size_t{1})) } -> std::same_as<float>;
  c.store(c.global(p, std::size_t{1}), v);
  c.template shared<float>(1, 16);
  c.template cast<pack<float, 4>>(c.template shared<float>(4, 16));
  { c.template atomic_add<order::relaxed, scope::device>(c.global(p, std::size_t{1}), v) } ->
      std::same_as<float>;
  c.template fence<scope::device>();
  c.sync();
  c.sync_named(1, 32);
  c.sync_warp(mask);
  { c.shuffle_xor(v, 1) } -> std::same_as<float>;
  { c.ballot(true) } -> std::same_as<std::uint32_t>;
  c.template copy_async<16>(c.template shared<float>(4, 16), c.global(q, std::size_t{4}), 16);
  c.commit_copies();
  c.template wait_copies<0>();
  c.mbarrier_init(c.template shared<mbarrier>(1, 8), 1);
};

}  // namespace sinter::device
