// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The lines of an array along one axis: what algorithms with an axis work on, several at a time
/// where threads pay. A line is worked on by one thread, so its result does not depend on theirs.

#include "sinter/algorithms/operand.hpp"

namespace sinter::detail {

/// The other axes, and how long a line is.
struct line_space {
  int rank = 0;
  int axis = 0;
  std::int64_t extents[max_rank + 1]{};
  std::int64_t count = 1;   ///< of lines
  std::int64_t length = 1;  ///< of each

  template <class T>
  line_space(const strided<T>& x, int along) : rank(x.rank), axis(normal_axis(along, x.rank)) {
    for (int a = 0; a < rank; ++a) {
      extents[a] = x.extents[a];
      if (a == axis) length = extents[a];
      else count *= extents[a];
    }
  }
  /// Where a line begins in memory with these strides.
  std::int64_t begin(std::int64_t line, const std::int64_t* strides) const {
    std::int64_t at = 0;
    for (int a = rank; a-- > 0;) {
      if (a == axis) continue;
      at += line % extents[a] * strides[a];
      line /= extents[a];
    }
    return at;
  }
};

/// One line in memory.
template <class T> struct line {
  T* first;
  std::int64_t step;
  T& operator[](std::int64_t i) const { return first[i * step]; }
};
template <class T> line<T> line_of(const strided<T>& x, const line_space& space, std::int64_t at) {
  const bool has_axis = space.axis >= 0;  // a scalar is one line of one element
  return {x.data + space.begin(at, x.strides), has_axis ? x.strides[space.axis] : 1};
}

template <class From, class To>
void copy_line(const line<From>& from, const line<To>& to, std::int64_t length) {
  if (static_cast<const void*>(from.first) == to.first && from.step == to.step) return;
  for (std::int64_t i = 0; i < length; ++i) to[i] = from[i];
}

/// Calls body(i) for i in [0, count), on several threads where `work` elements are worth it. What a
/// body needs besides may be more than there is: that is told when all are done.
template <class Body> void run_lines(std::int64_t count, std::int64_t work, const Body& body) {
  const auto none_left = [&] {
    fail<memory_error>({"no memory to work on ", count, " lines of ", work,
                        " elements in all; use smaller extents or fewer threads"});
  };
  try {
    parallel_for(count, [&body](std::int64_t i) { body(i); }, work);
  } catch (const memory_error&) {
    none_left();
  } catch (const std::bad_alloc&) {
    none_left();
  }
}

/// All elements in row-major order: in place where they lie so, else copied.
template <class T> class flat_elements {
 public:
  explicit flat_elements(const strided<const T>& x) : data_(x.data), size_(x.size()) {
    if (x.contiguous()) return;
    copy_ = tensor<T, dyn>(size_);
    const line_space space(x, -1);
    T* const to = copy_.data();
    const strided<const T>* const from = &x;
    run_lines(space.count, size_, [=](std::int64_t i) {
      copy_line(line_of(*from, space, i), line<T>{to + i * space.length, 1}, space.length);
    });
    data_ = to;
  }
  flat_elements(const flat_elements&) = delete;
  flat_elements& operator=(const flat_elements&) = delete;

  const T* data() const { return data_; }
  std::int64_t size() const { return size_; }

 private:
  const T* data_;
  std::int64_t size_;
  tensor<T, dyn> copy_;
};
template <class T> flat_elements(const strided<T>&) -> flat_elements<std::remove_const_t<T>>;

/// An operand's value in a tensor of its own, to be worked on in place.
template <name_code Name, class X> auto own_tensor(const X& x) {
  if constexpr (is_call<X>) {
    return in_memory(x);
  } else {
    using value = output_tensor<sinter::applied<any_operand_rule, const X&>>;
    const auto from = elements_of(x, Name);
    value to = make_tensor<value>(x.extents());
    const line_space space(from, -1);
    run_lines(space.count, from.size(), [&, data = to.data()](std::int64_t i) {
      using element = typename value::element;
      copy_line(line_of(from, space, i), line<element>{data + i * space.length, 1}, space.length);
    });
    return to;
  }
}

}  // namespace sinter::detail
