// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Memory of the host that tensors gave back and others may want again: a result that is computed
/// over and over takes the place of the one before it. The C library gives large pieces back to
/// the system, and fetching them again page by page takes several times as long as computing what
/// they hold.

#include <cstddef>
#include <cstdint>
#include <new>

namespace sinter {

namespace detail {

/// Not under the sanitizers, which would no longer see who uses what is gone, nor where a program
/// is built for Valgrind with the macro defined as false.
#if !defined(SINTER_KEEPS_MEMORY) && defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(hwaddress_sanitizer) || \
    __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define SINTER_KEEPS_MEMORY false
#endif
#endif
#if !defined(SINTER_KEEPS_MEMORY)
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_HWADDRESS__) || \
    defined(__SANITIZE_THREAD__)
#define SINTER_KEEPS_MEMORY false
#else
#define SINTER_KEEPS_MEMORY true
#endif
#endif

/// A thread's own, so that nobody waits: whichever thread releases a piece keeps it. Small pieces
/// come in few sizes, and each size has a list: the C library takes 80 ns for one that is aligned.
class block_cache {
 public:
  /// Of a small piece.
  static constexpr std::size_t most_small = std::size_t{32} << 10;
  /// Of all that a thread keeps, but for small ones.
  static constexpr std::size_t most = std::size_t{128} << 20;
  static constexpr std::size_t alignment = 64;

  block_cache() = default;
  block_cache(const block_cache&) = delete;
  block_cache& operator=(const block_cache&) = delete;
  ~block_cache() { clear(); }

  /// The calling thread's, or null when it is ending.
  static block_cache* of_thread() {
    if (closed()) return nullptr;
    struct closing_cache : block_cache {
      ~closing_cache() { closed() = true; }
    };
    thread_local closing_cache own;
    return &own;
  }

  /// The size of the small pieces that serve for `bytes`: there are four in each power of two.
  static constexpr std::size_t small_size(std::size_t bytes) { return small(bytes).bytes; }

  /// A piece of at least `bytes`, whose size it becomes, and not of twice as many; or null.
  void* take(std::size_t& bytes) {
    if (bytes <= most_small) {
      const small_class size = small(bytes);
      bytes = size.bytes;
      small_piece* const first = small_[size.number];
      if (first == nullptr) return nullptr;
      small_[size.number] = first->next;
      --small_count_[size.number];
      return first;
    }
    int found = -1;
    for (int i = 0; i < count_; ++i)
      if (kept_[i].bytes >= bytes && kept_[i].bytes / 2 < bytes &&
          (found < 0 || kept_[i].bytes <= kept_[found].bytes))
        found = i;
    if (found < 0) return nullptr;
    bytes = kept_[found].bytes;
    return remove(found);
  }

  /// Keeps a piece, in place of those that have waited longest. False: it is the caller's to free.
  bool keep(void* at, std::size_t bytes) {
    if (bytes <= most_small) {
      const small_class size = small(bytes);
      if (size.bytes != bytes || small_count_[size.number] == small_slots) return false;
      small_[size.number] = new (at) small_piece{small_[size.number]};
      ++small_count_[size.number];
      return true;
    }
    if (bytes > most) return false;
    while (count_ == slots || total_ + bytes > most) free(remove(0));
    kept_[count_++] = {at, bytes};
    total_ += bytes;
    return true;
  }

  void clear() {
    while (count_ > 0) free(remove(0));
    for (int i = 0; i < small_classes; ++i) {
      while (small_piece* const first = small_[i]) {
        small_[i] = first->next;
        free(first);
      }
      small_count_[i] = 0;
    }
  }

  static void free(void* at) { ::operator delete(at, std::align_val_t{alignment}); }

 private:
  struct piece {
    void* at;
    std::size_t bytes;
  };
  static constexpr int slots = 16;

  struct small_piece {
    small_piece* next;
  };
  struct small_class {
    int number;
    std::size_t bytes;
  };
  /// Of 1 ... most_small bytes. Sizes are multiples of 64 up to 512, then of an eighth of the next
  /// power of two.
  static constexpr small_class small(std::size_t bytes) {
    const int width = 64 - __builtin_clzll((bytes - 1) | 1);
    const int unit = width > 9 ? width - 3 : 6;
    const std::size_t units = ((bytes - 1) >> unit) + 1;
    return {4 * (unit - 6) + static_cast<int>(units) - 1, units << unit};
  }
  static constexpr int small_classes = 32, small_slots = 16;

  /// Static objects outlive what a thread keeps, and release their memory after it.
  static bool& closed() {
    thread_local bool value = false;
    return value;
  }

  void* remove(int i) {
    void* const at = kept_[i].at;
    total_ -= kept_[i].bytes;
    for (--count_; i < count_; ++i) kept_[i] = kept_[i + 1];
    return at;
  }

  small_piece* small_[small_classes]{};
  int small_count_[small_classes]{};
  piece kept_[slots];
  int count_ = 0;
  std::size_t total_ = 0;
};

/// As operator new with an alignment of 64, from what the thread keeps where that fits; null where
/// there is no memory. `bytes` becomes what the piece holds.
inline void* allocate_cached(std::size_t& bytes) {
  const auto fresh = [&] {
    return ::operator new(bytes, std::align_val_t{block_cache::alignment}, std::nothrow);
  };
  if constexpr (SINTER_KEEPS_MEMORY) {
    if (block_cache* const cache = block_cache::of_thread()) {
      if (void* const at = cache->take(bytes)) return at;
      if (void* const at = fresh()) return at;
      cache->clear();  // what is kept may be what is missing
    }
  }
  return fresh();
}
inline void release_cached(void* at, [[maybe_unused]] std::size_t bytes) {
  if constexpr (SINTER_KEEPS_MEMORY) {
    block_cache* const cache = block_cache::of_thread();
    if (cache != nullptr && cache->keep(at, bytes)) return;
  }
  block_cache::free(at);
}

}  // namespace detail

/// Gives back to the system what the calling thread keeps of tensors' memory: up to 128 MiB, for
/// tensors to come.
inline void release_kept_memory() {
  if (detail::block_cache* const cache = detail::block_cache::of_thread()) cache->clear();
}

}  // namespace sinter
