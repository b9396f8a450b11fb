// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Global memory, as buffers that the emulator knows, and the pointers that bodies handle: they
/// carry what they may point into, so an access outside is seen even where it hits something else.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <vector>

#include "kernel/emulator/shadow.hpp"
#include "sinter/core/half.hpp"
#include "sinter/kernel/tile.hpp"

namespace sinter::emulator {

struct block;

/// A piece of global memory. What the host has put there counts as written before any launch.
struct allocation {
  allocation(std::size_t bytes, std::size_t element_bytes, bool initialised);
  ~allocation();
  allocation(const allocation&) = delete;
  allocation& operator=(const allocation&) = delete;

  /// The allocation that an address lies in, or null.
  static allocation* find(const void* address);

  std::size_t bytes;
  char* base;
  shadow cells;
};

/// An array of T in global memory, for a test to hand to a body.
template <class T>
class buffer {
 public:
  /// Not initialised: a body that reads an element before it is written is reported.
  explicit buffer(std::size_t count)
      : count_(count), memory_(count * sizeof(T), sizeof(T), false) {}

  template <class U>
  explicit buffer(const std::vector<U>& values)
      : count_(values.size()), memory_(count_ * sizeof(T), sizeof(T), true) {
    for (std::size_t i = 0; i < count_; ++i) data()[i] = static_cast<T>(values[i]);
  }

  T* data() { return reinterpret_cast<T*>(memory_.base); }
  const T* constant() const { return reinterpret_cast<const T*>(memory_.base); }
  T& operator[](std::size_t i) { return data()[i]; }
  std::size_t size() const { return count_; }

 private:
  std::size_t count_;
  allocation memory_;
};

/// A place in global memory, within the `bytes` behind `base` that the kernel was given.
struct global_place {
  char* base;
  std::int64_t bytes;
  std::int64_t offset;
  allocation* memory;

  char* address() const { return base + offset; }
};

/// A place in an array of shared memory, of this block or of another one of the cluster.
struct shared_place {
  block* home;
  unsigned array;
  std::int64_t offset;  ///< bytes
};

/// The two with the type of what lies there.
template <class T>
struct global_pointer : global_place {
  global_pointer operator+(std::int64_t i) const {
    return {{base, bytes, offset + i * static_cast<std::int64_t>(sizeof(T)), memory}};
  }
};
template <class T>
struct shared_pointer : shared_place {
  shared_pointer operator+(std::int64_t i) const {
    return {{home, array, offset + i * static_cast<std::int64_t>(sizeof(T))}};
  }
};

/// A tensor in global memory of two to five axes, the innermost first, and the box of its first two
/// axes that a tensor copy moves, swizzled in rows of 128 bytes or row by row; what lies outside
/// the tensor arrives as zero and is not stored.
struct tensor_map {
  static constexpr int most_axes = 5;
  allocation* memory;
  const char* base;
  int rank;
  int extent[most_axes];
  std::int64_t stride_bytes[most_axes];
  int box_columns, box_rows;
  int element_bytes;
  bool swizzle;
  bool to_tf32 = false;  ///< f32 is rounded on the way

  int box_row_bytes() const { return box_columns * element_bytes; }
  int box_bytes() const { return box_row_bytes() * box_rows; }
  int place(int row, int column) const {
    const int offset = row * box_row_bytes() + column * element_bytes;
    return swizzle ? device::swizzled(offset) : offset;
  }
};

template <class T>
tensor_map map_matrix(buffer<T>& matrix, int rows, int columns, int box_rows, int box_columns,
                      bool swizzle = true) {
  constexpr auto size = static_cast<std::int64_t>(sizeof(T));
  return {allocation::find(matrix.data()), reinterpret_cast<const char*>(matrix.data()), 2,
          {columns, rows}, {size, columns * size}, box_columns, box_rows, sizeof(T), swizzle};
}

}  // namespace sinter::emulator
