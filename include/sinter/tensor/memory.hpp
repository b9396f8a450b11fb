// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The memory of tensors, and the checks on extents that precede its use.

#include <cstddef>
#include <initializer_list>
#include <new>

#include "sinter/core/message.hpp"
#include "sinter/graph/expression.hpp"

namespace sinter {

template <class T, extent_t... E>
class tensor_view;

namespace detail {

template <class>
struct tensor_access;

/// Aligned, zeroed memory that its last owner frees: a tensor, or an expression that mentions it
/// and may outlive it. Empty in constant evaluation.
class shared_memory {
 public:
  constexpr shared_memory() = default;
  /// One more owner of the same memory.
  constexpr shared_memory(const shared_memory& other) : memory_(other.memory_) {
    if (memory_ != nullptr) __atomic_add_fetch(owners(), 1, __ATOMIC_RELAXED);
  }
  constexpr shared_memory(shared_memory&& other) noexcept : memory_(other.memory_) {
    other.memory_ = nullptr;
  }
  constexpr shared_memory& operator=(shared_memory other) noexcept {
    exchange(other);
    return *this;
  }
  constexpr ~shared_memory() {
    if (memory_ != nullptr) release();
  }

  constexpr void exchange(shared_memory& other) noexcept {
    void* const mine = memory_;
    memory_ = other.memory_;
    other.memory_ = mine;
  }
  /// Takes fresh memory; the old one stays if there is none.
  void allocate(std::size_t bytes) {
    char* const block = bytes > SIZE_MAX - header
                            ? nullptr
                            : static_cast<char*>(::operator new(
                                  bytes + header, std::align_val_t{header}, std::nothrow));
    if (block == nullptr)
      fail<memory_error>({"tensor: no memory for ", bytes,
                          " bytes; use smaller extents or a narrower element type"});
    shared_memory fresh;
    fresh.memory_ = block + header;
    *fresh.owners() = 1;
    __builtin_memset(fresh.memory_, 0, bytes);
    exchange(fresh);
  }
  constexpr void* get() const { return memory_; }

 private:
  /// The number of owners stands before the elements, in a line of its own.
  static constexpr std::size_t header = 64;

  std::int64_t* owners() const {
    return reinterpret_cast<std::int64_t*>(static_cast<char*>(memory_) - header);
  }
  void release() {
    if (__atomic_sub_fetch(owners(), 1, __ATOMIC_ACQ_REL) == 0)
      ::operator delete(static_cast<char*>(memory_) - header, std::align_val_t{header});
  }

  void* memory_ = nullptr;
};

/// Elements of tensors are plain bytes.
template <class T>
void copy_elements(const T* from, T* to, std::int64_t count) {
  if (count > 0 && from != nullptr)
    __builtin_memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
}

inline constexpr std::int64_t no_extents[max_rank + 1]{};

/// "[3, 4]".
__attribute__((noinline, cold)) inline std::string extents_text(const std::int64_t* extents,
                                                                int rank) {
  std::string text = "[";
  for (int i = 0; i < rank; ++i) text = message({text, i > 0 ? ", " : "", extents[i]});
  return message({text, "]"});
}

/// Extents as a tensor's type spells them: "[batch, 784]".
__attribute__((noinline, cold)) inline std::string declared_text(const extent_t* declared,
                                                                 int rank) {
  std::string text = "[";
  for (int i = 0; i < rank; ++i) {
    const extent_t e = declared[i];
    const std::string own = is_static(e)  ? message({e})
                            : is_named(e) ? message({name_text(axis_name(e)).c_str()})
                                          : "dyn";
    text = message({text, i > 0 ? ", " : "", own});
  }
  return message({text, "]"});
}

/// Bytes of a tensor, or memory_error where their number overflows.
inline std::size_t checked_bytes(const std::int64_t* extents, int rank, std::size_t element) {
  std::size_t bytes = element;
  for (int i = 0; i < rank; ++i) {
    if (extents[i] < 0)
      fail<shape_error>(
          {"tensor: extents ", extents_text(extents, rank), ": an extent must not be negative"});
    if (extents[i] == 0) return 0;
  }
  for (int i = 0; i < rank; ++i)
    if (__builtin_mul_overflow(bytes, static_cast<std::size_t>(extents[i]), &bytes) ||
        bytes > static_cast<std::size_t>(INT64_MAX))
      fail<memory_error>({"tensor: extents ", extents_text(extents, rank),
                          ": their product overflows; no machine holds that many bytes"});
  return bytes;
}

/// The extents of a type, with its open ones given in order.
template <extent_t... E>
void fill_extents(std::int64_t* out, const std::int64_t* open) {
  constexpr extent_t declared[] = {E..., 0};
  constexpr int rank = sizeof...(E);
  for (int i = 0; i < rank; ++i) out[i] = is_static(declared[i]) ? declared[i] : *open++;
}

inline void check_extent(extent_t declared, std::int64_t found, int axis) {
  if (is_static(declared) && declared != found)
    fail<shape_error>({"view: axis ", axis, " has extent ", declared, " by its type, but ", found,
                       " elements were given"});
}

inline void check_count(std::int64_t found, std::int64_t wanted) {
  if (found != wanted) fail<shape_error>({"tensor: ", found, " values for ", wanted, " elements"});
}

/// Where an element lies; shape_error for an index outside its axis.
template <int Rank>
std::int64_t offset(std::initializer_list<std::int64_t> index, const std::int64_t* extents,
                    const std::int64_t* strides) {
  std::int64_t at = 0;
  int axis = 0;
  for (std::int64_t i : index) {
    if (i < 0 || i >= extents[axis])
      fail<shape_error>(
          {"index ", i, " is outside axis ", axis, " of a tensor ", extents_text(extents, Rank)});
    at += i * strides[axis++];
  }
  return at;
}

template <class T, int Rank, std::size_t... I>
auto dynamic_view(std::index_sequence<I...>) -> tensor_view<T, ((void)I, dyn)...>;

/// A slice of a view: extents are dynamic, the memory is the same.
template <class T, int Rank>
auto slice_view(T* data, const std::int64_t* extents, const std::int64_t* strides, int axis,
                std::int64_t start, std::int64_t stop, std::int64_t step) {
  const int a = normal_axis(axis, Rank);
  if (a < 0)
    fail<shape_error>({"slice: no axis ", axis, " in a tensor ", extents_text(extents, Rank)});
  const std::int64_t extent = extents[a];
  const std::int64_t first = start < 0 ? start + extent : start;
  const std::int64_t last = stop < 0 ? stop + extent : stop;
  if (first < 0 || last < first || last > extent || step < 1)
    fail<shape_error>({"slice: ", start, " to ", stop, " by ", step, " is outside axis ", a,
                       " of a tensor ", extents_text(extents, Rank)});
  std::int64_t new_extents[max_rank]{}, new_strides[max_rank]{};
  for (int i = 0; i < Rank; ++i) {
    new_extents[i] = extents[i];
    new_strides[i] = strides[i];
  }
  new_extents[a] = (last - first + step - 1) / step;
  new_strides[a] = strides[a] * step;
  using view = decltype(dynamic_view<T, Rank>(std::make_index_sequence<Rank>{}));
  return view(data + first * strides[a], new_extents, new_strides);
}

}  // namespace detail
}  // namespace sinter
