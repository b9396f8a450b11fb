// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The CUDA context, third part: asynchronous copies and the barriers that count them. `copy_async`
/// and barriers exist from sm_80; bulk and tensor copies, and bytes on a barrier, from sm_90. For
/// nvcc alone.

#include "sinter/kernel/mbarrier.hpp"
#include "sinter/kernel/tile.hpp"
#include "sinter/target/cuda/warp.cuh"

namespace sinter::cuda_target {

using device::box_place;
using device::mbarrier;

class copy_calls : public warp_calls {
 public:
  template <int Bytes>
  SINTER_DEVICE void copy_async(void* to, const void* from, int valid = Bytes) const {
    static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16, "copy_async: want 4, 8 or 16 bytes");
    if constexpr (Bytes == 16) {
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)),
                   "l"(global_address(from)), "r"(valid)
                   : "memory");
    } else {
      asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(shared_address(to)),
                   "l"(global_address(from)), "n"(Bytes), "r"(valid)
                   : "memory");
    }
  }
  SINTER_DEVICE void commit_copies() const {
    asm volatile("cp.async.commit_group;" ::: "memory");
  }
  template <int N>
  SINTER_DEVICE void wait_copies() const {
    asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
  }

  // --- Barriers in shared memory --------------------------------------------------------------

  SINTER_DEVICE void mbarrier_init(mbarrier* b, int count) const {
    asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(shared_address(b)), "r"(count)
                 : "memory");
  }
  SINTER_DEVICE void fence_mbarrier_init() const {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
  }
  SINTER_DEVICE void mbarrier_arrive(mbarrier* b) const {
    asm volatile("{ .reg .b64 state; mbarrier.arrive.shared.b64 state, [%0]; }" ::"r"(
                     shared_address(b))
                 : "memory");
  }
  SINTER_DEVICE void mbarrier_arrive_remote(mbarrier* b, int rank) const {
    asm volatile(
        "{ .reg .b32 there;\n"
        "mapa.shared::cluster.u32 there, %0, %1;\n"
        "mbarrier.arrive.release.cluster.shared::cluster.b64 _, [there]; }" ::"r"(
            shared_address(b)),
        "r"(rank)
        : "memory");
  }
  SINTER_DEVICE void mbarrier_expect(mbarrier* b, int bytes) const {
    asm volatile(
        "{ .reg .b64 state; mbarrier.arrive.expect_tx.shared::cta.b64 state, [%0], %1; }" ::"r"(
            shared_address(b)),
        "r"(bytes)
        : "memory");
  }
  SINTER_DEVICE void mbarrier_arrive_after_copies(mbarrier* b) const {
    asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(shared_address(b))
                 : "memory");
  }
  SINTER_DEVICE bool mbarrier_test(mbarrier* b, int parity) const {
    std::uint32_t done;
    asm volatile(
        "{ .reg .pred p;\n"
        "mbarrier.test_wait.parity.shared.b64 p, [%1], %2;\n"
        "selp.u32 %0, 1, 0, p; }"
        : "=r"(done)
        : "r"(shared_address(b)), "r"(parity)
        : "memory");
    return done != 0;
  }
  SINTER_DEVICE void mbarrier_wait(mbarrier* b, int parity) const {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile(
        "{ .reg .pred p;\n"
        "again: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n"
        "@p bra done;\n"
        "bra again;\n"
        "done: }" ::"r"(shared_address(b)),
        "r"(parity)
        : "memory");
#else
    asm volatile(
        "{ .reg .pred p;\n"
        "again: mbarrier.test_wait.parity.shared.b64 p, [%0], %1;\n"
        "@p bra done;\n"
        "bra again;\n"
        "done: }" ::"r"(shared_address(b)),
        "r"(parity)
        : "memory");
#endif
  }

  // --- Bulk copies ------------------------------------------------------------------------------

  SINTER_DEVICE void bulk_load(void* to, const void* from, int bytes, mbarrier* b) const {
    asm volatile(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, "
        "[%3];" ::"r"(shared_address(to)),
        "l"(global_address(from)), "r"(bytes), "r"(shared_address(b))
        : "memory");
  }
  // The instructions differ by the number of axes in text alone: Form(axes, text and operands of
  // the box's place, four operand numbers after these).
#define SINTER_BOX_2 "r"(place.at[0]), "r"(place.at[1])
#define SINTER_BOX_3 SINTER_BOX_2, "r"(place.at[2])
#define SINTER_BOX_4 SINTER_BOX_3, "r"(place.at[3])
#define SINTER_BOX_5 SINTER_BOX_4, "r"(place.at[4])
#define SINTER_BOX_CASES(Form)                                   \
  Form(2, "%0, %1", SINTER_BOX_2, "2", "3", "4", "5")            \
  Form(3, "%0, %1, %2", SINTER_BOX_3, "3", "4", "5", "6")        \
  Form(4, "%0, %1, %2, %3", SINTER_BOX_4, "4", "5", "6", "7")    \
  Form(5, "%0, %1, %2, %3, %4", SINTER_BOX_5, "5", "6", "7", "8")

  template <int Rank>
  SINTER_DEVICE void tensor_load(void* to, const CUtensorMap* map, const box_place<Rank>& place,
                                 mbarrier* b) const {
#define SINTER_TENSOR_LOAD(Axes, Text, Place, I, J, K, L)                                       \
  if constexpr (Rank == Axes)                                                                   \
    asm volatile("cp.async.bulk.tensor." #Axes "d.shared::cluster.global"                       \
                 ".mbarrier::complete_tx::bytes [%" I "], [%" J ", {" Text "}], [%" K "];"      \
                 :: Place, "r"(shared_address(to)), "l"(map), "r"(shared_address(b))            \
                 : "memory");
    SINTER_BOX_CASES(SINTER_TENSOR_LOAD)
#undef SINTER_TENSOR_LOAD
  }
  template <int Rank>
  SINTER_DEVICE void tensor_load_multicast(void* to, const CUtensorMap* map,
                                           const box_place<Rank>& place, mbarrier* b,
                                           unsigned blocks) const {
#define SINTER_TENSOR_MULTICAST(Axes, Text, Place, I, J, K, L)                                  \
  if constexpr (Rank == Axes)                                                                   \
    asm volatile("cp.async.bulk.tensor." #Axes "d.shared::cluster.global"                       \
                 ".mbarrier::complete_tx::bytes.multicast::cluster"                             \
                 " [%" I "], [%" J ", {" Text "}], [%" K "], %" L ";"                           \
                 :: Place, "r"(shared_address(to)), "l"(map), "r"(shared_address(b)),           \
                    "h"(static_cast<unsigned short>(blocks))                                    \
                 : "memory");
    SINTER_BOX_CASES(SINTER_TENSOR_MULTICAST)
#undef SINTER_TENSOR_MULTICAST
  }
  SINTER_DEVICE void bulk_store(void* to, const void* from, int bytes) const {
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(
                     global_address(to)),
                 "r"(shared_address(from)), "r"(bytes)
                 : "memory");
  }
  template <int Rank>
  SINTER_DEVICE void tensor_store(const CUtensorMap* map, const box_place<Rank>& place,
                                  const void* from) const {
#define SINTER_TENSOR_STORE(Axes, Text, Place, I, J, K, L)                                      \
  if constexpr (Rank == Axes)                                                                   \
    asm volatile("cp.async.bulk.tensor." #Axes "d.global.shared::cta.bulk_group"                \
                 " [%" I ", {" Text "}], [%" J "];"                                             \
                 :: Place, "l"(map), "r"(shared_address(from))                                  \
                 : "memory");
    SINTER_BOX_CASES(SINTER_TENSOR_STORE)
#undef SINTER_TENSOR_STORE
  }
#undef SINTER_BOX_CASES
#undef SINTER_BOX_2
#undef SINTER_BOX_3
#undef SINTER_BOX_4
#undef SINTER_BOX_5
  SINTER_DEVICE void bulk_commit() const {
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
  }
  template <int N>
  SINTER_DEVICE void bulk_wait() const {
    asm volatile("cp.async.bulk.wait_group %0;" ::"n"(N) : "memory");
  }
  template <int N>
  SINTER_DEVICE void bulk_wait_read() const {
    asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(N) : "memory");
  }
};

}  // namespace sinter::cuda_target
