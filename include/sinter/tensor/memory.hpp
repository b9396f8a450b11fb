// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The memory of tensors, and the checks on extents that precede its use.

#include <cstddef>
#include <initializer_list>
#include <new>
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

#include "sinter/core/message.hpp"
#include "sinter/core/placement.hpp"
#include "sinter/graph/expression.hpp"
#include "sinter/tensor/block_cache.hpp"

namespace sinter {

template <class T, extent_t... E>
class tensor_view;

namespace detail {

template <class>
struct tensor_access;

struct memory_block;
class transfer;

/// How memory of one kind of place is had and moved. The host's is below; that of CUDA devices
/// comes with their target.
struct memory_kind {
  /// A block with one owner, its bytes as they come; null if there is no memory.
  memory_block* (*allocate)(std::size_t bytes, placement where);
  void (*release)(memory_block* block);
  /// Between places of this kind, or from and to the host; done when it returns if the host takes
  /// part.
  void (*copy)(const void* from, placement source, void* to, placement target, std::size_t bytes);
  void (*clear)(void* at, placement where, std::size_t bytes);
  /// Brings bytes from the host while other work goes on; the caller owns it.
  transfer* (*new_transfer)(placement where) = nullptr;
};

struct memory_block {
  std::int64_t owners = 1;
  void* data = nullptr;
  placement where;
  const memory_kind* kind = nullptr;
  /// Of memory that came from elsewhere: instead of the kind's `release`.
  void (*give_back)(memory_block* block) = nullptr;
  /// Of the host's own: what was allocated, this block included.
  std::size_t bytes = 0;
};

/// The block stands in the line before its bytes.
inline memory_block* allocate_on_host(std::size_t bytes, placement);
inline void release_on_host(memory_block* block) {
  release_cached(block, block->bytes);
}
inline void copy_on_host(const void* from, placement, void* to, placement, std::size_t bytes) {
  __builtin_memcpy(to, from, bytes);
}
inline void clear_on_host(void* at, placement, std::size_t bytes) {
  __builtin_memset(at, 0, bytes);
}
inline constexpr memory_kind host_memory{allocate_on_host, release_on_host, copy_on_host,
                                         clear_on_host};

inline memory_block* allocate_on_host(std::size_t bytes, placement) {
  constexpr std::size_t header = 64;
  static_assert(sizeof(memory_block) <= header);
  if (bytes > SIZE_MAX - header) return nullptr;
  std::size_t held = bytes + header;
  void* const fresh = allocate_cached(held);
  if (fresh == nullptr) return nullptr;
  auto* const block = new (fresh) memory_block;
  block->data = static_cast<char*>(fresh) + header;
  block->kind = &host_memory;
  block->bytes = held;
  return block;
}

/// Set by the CUDA target where a program has it.
inline const memory_kind* device_memory = nullptr;

inline const memory_kind& kind_of(placement where, const char* what = "to") {
  if (where.is_host()) return host_memory;
  if (device_memory == nullptr)
    fail<device_error>({what, ": this program has no CUDA target; include sinter/cuda.hpp, and "
                        "compile with nvcc"});
  return *device_memory;
}

/// For what reads elements one by one, which is possible on the host only.
inline void require_host(placement where) {
  if (!where.is_host())
    fail<placement_error>({"the elements of a tensor on ", describe(where),
                           " are out of reach; bring it here by to(st::cpu)"});
}

/// Whether the process has had one thread so far, as far as the C library tells: then nobody else
/// counts, and a count takes one cycle in place of twenty.
inline bool is_only_thread() {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded != 0;
#else
  return false;
#endif
}

/// Aligned memory that its last owner frees: a tensor, or an expression that mentions it
/// and may outlive it. Empty in constant evaluation.
class shared_memory {
 public:
  constexpr shared_memory() = default;
  /// The first owner of a block.
  explicit shared_memory(memory_block* block) : block_(block) {}
  /// One more owner of the same memory.
  constexpr shared_memory(const shared_memory& other) : block_(other.block_) {
    if (block_ != nullptr) add_owner();
  }
  constexpr shared_memory(shared_memory&& other) noexcept : block_(other.block_) {
    other.block_ = nullptr;
  }
  constexpr shared_memory& operator=(shared_memory other) noexcept {
    exchange(other);
    return *this;
  }
  constexpr ~shared_memory() {
    if (block_ != nullptr) release(block_);
  }

  /// Of an empty one: one more owner of the same memory.
  void share(const shared_memory& other) {
    block_ = other.block_;
    if (block_ != nullptr) add_owner();
  }
  constexpr void exchange(shared_memory& other) noexcept {
    memory_block* const mine = block_;
    block_ = other.block_;
    other.block_ = mine;
  }
  /// Takes fresh memory, whose bytes are as they come; the old one stays if there is none.
  void allocate(std::size_t bytes, placement where = cpu) {
    shared_memory fresh(kind_of(where).allocate(bytes, where));
    if (fresh.block_ == nullptr)
      fail<memory_error>({"tensor: no memory for ", bytes, " bytes on ", describe(where),
                          "; use smaller extents or a narrower element type"});
    exchange(fresh);
  }
  /// Fresh memory with the same bytes.
  shared_memory copied_to(placement where, std::size_t bytes) const {
    shared_memory fresh;
    fresh.allocate(bytes, where);
    const memory_kind& kind = where.is_host() ? *block_->kind : kind_of(where);
    if (bytes > 0) kind.copy(get(), block_->where, fresh.get(), where, bytes);
    return fresh;
  }
  void clear(std::size_t bytes) {
    if (block_ != nullptr && bytes > 0) block_->kind->clear(get(), block_->where, bytes);
  }

  /// Also true of memory without elements.
  constexpr bool exists() const { return block_ != nullptr; }
  constexpr void* get() const { return block_ != nullptr ? block_->data : nullptr; }
  constexpr placement where() const { return block_ != nullptr ? block_->where : cpu; }

 private:
  void add_owner() {
    if (is_only_thread()) ++block_->owners;
    else __atomic_add_fetch(&block_->owners, 1, __ATOMIC_RELAXED);
  }
  /// Out of line: most of what an expression moves its operands from holds nothing any more, which
  /// the compiler sees where no more than that is asked.
  __attribute__((noinline)) static void release(memory_block* block) noexcept {
    if (is_only_thread() ? --block->owners > 0
                         : __atomic_sub_fetch(&block->owners, 1, __ATOMIC_ACQ_REL) > 0)
      return;
    if (block->give_back != nullptr) block->give_back(block);
    else block->kind->release(block);
  }

  memory_block* block_ = nullptr;
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

/// Whether extents that were found are such as a tensor's type declares.
constexpr bool extents_fit(const std::int64_t* extents, const extent_t* declared, int rank) {
  for (int i = 0; i < rank; ++i)
    if (extents[i] < 0 || (is_static(declared[i]) && declared[i] != extents[i])) return false;
  return true;
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

SINTER_INLINE bool has_elements(const std::int64_t* extents, int rank) {
  SINTER_STRAIGHT
  for (int i = 0; i < rank; ++i)
    if (extents[i] == 0) return false;
  return true;
}

/// Where elements with strides may lie is within reach of one pointer, or memory_error. A stride
/// that is never taken may be any number; one that no address can be computed with becomes 0.
inline void check_reach(const std::int64_t* extents, std::int64_t* strides, int rank,
                        std::size_t element) {
  if (!has_elements(extents, rank)) return;
  const std::int64_t most = INT64_MAX / static_cast<std::int64_t>(element);
  for (int i = 0; i < rank; ++i)
    if (extents[i] == 1 && (strides[i] > most || strides[i] < -most)) strides[i] = 0;
  std::int64_t low = 0, high = 0;
  for (int i = 0; i < rank; ++i) {
    std::int64_t reach = 0;
    std::int64_t& side = strides[i] < 0 ? low : high;
    if (__builtin_mul_overflow(extents[i] - 1, strides[i], &reach) ||
        __builtin_add_overflow(side, reach, &side) || side > most || side < -most)
      fail<memory_error>({"view: extents ", extents_text(extents, rank), " with strides ",
                          extents_text(strides, rank), " reach beyond any memory"});
  }
}

/// The strides of contiguous memory, row-major.
inline void fill_strides(std::int64_t* strides, const std::int64_t* extents, int rank) {
  std::uint64_t step = 1;  // may wrap beside an extent of 0
  for (int i = rank; i-- > 0; step *= static_cast<std::uint64_t>(extents[i]))
    strides[i] = static_cast<std::int64_t>(step);
}

/// Whether strides are those of contiguous memory, as far as they are taken.
inline bool is_row_major(const std::int64_t* extents, const std::int64_t* strides, int rank) {
  if (!has_elements(extents, rank)) return true;
  std::int64_t step = 1;
  for (int i = rank; i-- > 0; step *= extents[i])
    if (extents[i] > 1 && strides[i] != step) return false;
  return true;
}

/// How many extents a type leaves open.
template <extent_t... E>
inline constexpr std::size_t open_extents = (std::size_t{0} + ... + !is_static(E));

/// The extents of a type, with its open ones given in order.
template <extent_t... E>
void fill_extents(std::int64_t* out, const std::int64_t* open) {
  constexpr extent_t declared[] = {E..., 0};
  constexpr int rank = sizeof...(E);
  for (int i = 0; i < rank; ++i) out[i] = is_static(declared[i]) ? declared[i] : *open++;
}

inline void check_extent(extent_t declared, std::int64_t found, int axis) {
  if (found < 0)
    fail<shape_error>({"view: axis ", axis, " has extent ", found, ", which is negative"});
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
template <class T, int Rank, class View>
auto slice_view(const View& whole, int axis, std::int64_t start, std::int64_t stop,
                std::int64_t step) {
  const std::int64_t* const extents = whole.extents();
  const std::int64_t* const strides = whole.strides();
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
  new_extents[a] = last > first ? (last - first - 1) / step + 1 : 0;
  if (new_extents[a] > 1) new_strides[a] = strides[a] * step;  // else any: it is never taken
  using view = decltype(dynamic_view<T, Rank>(std::make_index_sequence<Rank>{}));
  return view(whole.data() + first * strides[a], new_extents, new_strides, whole.where());
}

}  // namespace detail
}  // namespace sinter
