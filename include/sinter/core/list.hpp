// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A growing array for the passes, in constant evaluation and at run time. Compilers bound the
/// steps of a constant evaluation (clang: a million), and every access to a std::vector takes
/// several, because the standard library checks it; here it takes one.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace sinter {

template <class T> class list {
 public:
  constexpr list() = default;
  constexpr list(std::size_t count, const T& value) { assign(count, value); }
  constexpr list(std::initializer_list<T> values) { append(values.begin(), values.end()); }
  constexpr list(const list& other) { append(other.begin(), other.end()); }
  constexpr list(list&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  constexpr list& operator=(list other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  constexpr ~list() { delete[] data_; }

  constexpr T& operator[](std::size_t i) { return data_[i]; }
  constexpr const T& operator[](std::size_t i) const { return data_[i]; }
  constexpr T* data() { return data_; }
  constexpr const T* data() const { return data_; }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr T* begin() { return data_; }
  constexpr T* end() { return data_ + size_; }
  constexpr const T* begin() const { return data_; }
  constexpr const T* end() const { return data_ + size_; }
  constexpr T& back() { return data_[size_ - 1]; }
  constexpr const T& back() const { return data_[size_ - 1]; }

  constexpr void reserve(std::size_t wanted) {
    if (wanted <= capacity_) return;
    T* const fresh = new T[wanted]();
    for (std::size_t i = 0; i < size_; ++i) fresh[i] = std::move(data_[i]);
    delete[] data_;
    data_ = fresh;
    capacity_ = wanted;
  }
  constexpr void push_back(T value) {
    if (size_ == capacity_) reserve(capacity_ == 0 ? 8 : 2 * capacity_);
    data_[size_++] = std::move(value);
  }
  constexpr void append(const T* first, const T* last) {
    reserve(size_ + static_cast<std::size_t>(last - first));
    for (; first != last; ++first) data_[size_++] = *first;
  }
  /// Elements beyond the old size are T{}.
  constexpr void resize(std::size_t count) {
    reserve(count);
    for (; size_ < count; ++size_) data_[size_] = T{};
    size_ = count;
  }
  constexpr void assign(std::size_t count, const T& value) {
    if (count > static_cast<std::size_t>(INT32_MAX)) __builtin_unreachable();  // for g++'s warnings
    clear();
    reserve(count);
    for (; size_ < count; ++size_) data_[size_] = value;
  }
  constexpr void clear() { size_ = 0; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace sinter
