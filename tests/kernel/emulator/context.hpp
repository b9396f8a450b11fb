// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The emulated context, last part: tensor cores; and `emulate`, which launches a body over it.
/// What is not emulated: speed, registers and their number, the order in which a tensor core adds,
/// and how operands and descriptors are encoded in instructions.

#include <type_traits>

#include "kernel/emulator/copy_calls.hpp"
#include "sinter/core/float8.hpp"

namespace sinter::emulator {

/// The N columns of a thread's part of a 64 x N product. It is touched through `at`, so that a
/// touch while a product may still write it is seen where it happens.
template <int N, class T = float>
class accumulator : public accumulator_base {
 public:
  accumulator() {
    registers = reinterpret_cast<unsigned char*>(values_);
    results = reinterpret_cast<unsigned char*>(results_);
    count = N / 2;
  }
  accumulator(const accumulator&) = delete;
  accumulator& operator=(const accumulator&) = delete;

  T& at(int i, source here = source::here()) {
    touch(here);
    return values_[i];
  }
  T at(int i, source here = source::here()) const {
    const_cast<accumulator*>(this)->check(here);
    return values_[i];
  }

 private:
  void check(source here) {
    if (flights == 0) return;
    engine& machine = *engine::current();
    const site s = machine.enter(machine.running(), call::other, here);
    machine.found(fault::accumulator, &machine.running(), s.location, issued_at,
                  "a product may still write it");
  }
  void touch(source here) {
    check(here);
    touched = engine::current()->running().register_fences;
  }

  T values_[N / 2];
  T results_[N / 2];
};

class emulated_context : public copy_calls {
 public:
  using copy_calls::copy_calls;
  template <int N, class T = float> using accumulator = emulator::accumulator<N, T>;

  template <int Count, bool Transposed, class T>
  void load_matrix(std::uint32_t (&r)[Count], shared_pointer<T> p, source at = source::here()) {
    static_assert(Count == 1 || Count == 2 || Count == 4, "load_matrix: want 1, 2 or 4 tiles");
    engine_->load_matrix(*thread_, r, p, Count, Transposed, enter(call::load_matrix, at));
  }
  template <int Count, bool Transposed, class T>
  void store_matrix(shared_pointer<T> p, const std::uint32_t (&r)[Count],
                    source at = source::here()) {
    static_assert(Count == 1 || Count == 2 || Count == 4, "store_matrix: want 1, 2 or 4 tiles");
    engine_->store_matrix(*thread_, r, p, Count, Transposed, enter(call::store_matrix, at));
  }

  /// c += a b for one warp.
  template <class T>
  void multiply(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                source at = source::here()) {
    static_assert(sizeof(T) != 1 || std::is_same_v<T, device::tf32>,
                  "multiply: want bf16, f16 or tf32");
    engine_->multiply(*thread_, kind_of<T>(), c, a, b, enter(call::multiply, at));
  }
  template <class T>
  void multiply(std::int32_t (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                source at = source::here()) {
    static_assert(std::is_same_v<T, std::int8_t>, "multiply: integers are 8 bits wide");
    engine_->multiply(*thread_, operand::i8, c, a, b, enter(call::multiply, at));
  }

  void wgmma_fence(source at = source::here()) {
    if (!enter(call::wgmma_fence, at).is(change::drop)) ++thread_->register_fences;
  }
  template <int N, class T>
  void wgmma_fence(accumulator<N, T>&, source at = source::here()) {
    wgmma_fence(at);
  }
  template <int N, int M>
  void wgmma_fence(accumulator<N>&, accumulator<M>&, source at = source::here()) {
    wgmma_fence(at);
  }
  template <int N, class T, int Count>
  void wgmma_fence(accumulator<N, T> (&)[Count], source at = source::here()) {
    wgmma_fence(at);
  }
  template <class T, device::neighbours Left = device::neighbours::terms,
            device::neighbours Right = device::neighbours::terms, int N, class Sum, class U,
            class V>
  void wgmma(accumulator<N, Sum>& d, shared_pointer<U> a, shared_pointer<V> b, bool accumulate,
             source at = source::here()) {
    check_columns<N>();
    constexpr bool in_16_bits = std::is_same_v<T, bf16> || std::is_same_v<T, f16>;
    static_assert(in_16_bits || (Left == device::neighbours::terms &&
                                 Right == device::neighbours::terms),
                  "wgmma: only lines of 16-bit elements may be neighbours");
    static_assert(std::is_same_v<
                  Sum, std::conditional_t<std::is_same_v<T, std::int8_t>, std::int32_t, float>>);
    engine_->product(*thread_, {kind_of<T>(), N, &d, nullptr, a, b, accumulate, Left, Right},
                     enter(call::wgmma, at));
  }
  template <class T, device::neighbours Right = device::neighbours::terms, int N, class V>
  void wgmma(accumulator<N>& d, const std::uint32_t (&a)[4], shared_pointer<V> b, bool accumulate,
             source at = source::here()) {
    check_columns<N>();
    engine_->product(*thread_,
                     {kind_of<T>(), N, &d, a, b, b, accumulate, device::neighbours::terms, Right},
                     enter(call::wgmma, at));
  }
  void wgmma_commit(source at = source::here()) {
    engine_->product_commit(*thread_, enter(call::wgmma_commit, at));
  }
  template <int Groups>
  void wgmma_wait(source at = source::here()) {
    engine_->product_wait(*thread_, Groups, enter(call::wgmma_wait, at));
  }
  /// With the accumulators that are then done, so that the compiler knows it too.
  template <int Groups, int N, class T>
  void wgmma_wait(accumulator<N, T>& d, source at = source::here()) {
    wgmma_wait<Groups>(at);
    check_done(d, at);
  }
  template <int Groups, int N, int M>
  void wgmma_wait(accumulator<N>& d, accumulator<M>& e, source at = source::here()) {
    wgmma_wait<Groups>(at);
    check_done(d, at);
    check_done(e, at);
  }
  template <int Groups, int N, class T, int Count>
  void wgmma_wait(accumulator<N, T> (&several)[Count], source at = source::here()) {
    wgmma_wait<Groups>(at);
    for (const accumulator<N, T>& d : several) check_done(d, at);
  }

 private:
  template <class T>
  static constexpr operand kind_of() {
    if constexpr (std::is_same_v<T, bf16>) {
      return operand::bf16;
    } else if constexpr (std::is_same_v<T, f16>) {
      return operand::f16;
    } else if constexpr (std::is_same_v<T, e4m3>) {
      return operand::e4m3;
    } else if constexpr (std::is_same_v<T, e5m2>) {
      return operand::e5m2;
    } else if constexpr (std::is_same_v<T, std::int8_t>) {
      return operand::i8;
    } else {
      static_assert(std::is_same_v<T, device::tf32>, "multiply: no such format");
      return operand::tf32;
    }
  }
  void check_done(const accumulator_base& d, source at) {
    if (d.flights == 0) return;
    const site s = enter(call::wgmma_wait, at);
    engine_->found(fault::accumulator, thread_, s.location, d.issued_at, "it is not done yet");
  }
  template <int N>
  static constexpr void check_columns() {
    static_assert(N % 8 == 0 && N >= 8 && N <= 256,
                  "wgmma: want a multiple of 8 columns up to 256");
  }
};

/// Runs a body for every thread of a launch. Pointers among the arguments are those of buffers.
template <class Body, class... Arguments>
report emulate(const options& chosen, const shape& launched, const Body& body,
               const Arguments&... arguments) {
  engine machine(chosen, launched);
  machine.run([&](thread& t) {
    emulated_context context(t);
    body(context, arguments...);
  });
  machine.result.sites = machine.call_sites();
  return std::move(machine.result);
}

}  // namespace sinter::emulator
