// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Memory that is not the library's own: what is checked before a view or a tensor takes it, how a
/// container lends its elements, and how a tensor becomes the owner of memory that came with its
/// own way to be given back.

#include <type_traits>
#include <utility>

#include "sinter/tensor/memory.hpp"

namespace sinter {

namespace detail {

/// An address where elements of a type can lie. Without elements any will do, also none.
inline void check_address(const char* what, const void* data, const std::int64_t* extents, int rank,
                          dtype type) {
  if (!has_elements(extents, rank)) return;
  if (data == nullptr)
    fail<value_error>({what, ": no memory was given for the elements ",
                       extents_text(extents, rank), ": the pointer is null"});
  const int size = properties(type).size;
  if (reinterpret_cast<std::uintptr_t>(data) % static_cast<unsigned>(size) != 0)
    fail<value_error>({what, ": elements ", properties(type).name,
                       " lie at multiples of ", size, " bytes, and the address is none"});
}

/// Extents of memory that holds `count` elements: the open ones as given, or the only one as the
/// count tells it.
inline void fit_extents(const char* what, std::int64_t* out, const extent_t* declared, int rank,
                        const std::int64_t* open, std::int64_t count) {
  int untold = -1;
  for (int i = 0; i < rank; ++i) {
    if (!is_static(declared[i]) && open == nullptr) untold = i;
    out[i] = is_static(declared[i]) ? declared[i] : open == nullptr ? 1 : *open++;
  }
  const auto known = static_cast<std::int64_t>(checked_bytes(out, rank, 1));
  if (untold < 0 ? known != count : known == 0 ? count != 0 : count % known != 0)
    fail<shape_error>({what, ": ", count, " elements do not fill ",
                       untold < 0 ? extents_text(out, rank) : declared_text(declared, rank)});
  if (untold >= 0) out[untold] = known == 0 ? 0 : count / known;
}

/// Whether so many numbers say the open extents of memory whose number of elements is known.
template <std::size_t Given, extent_t... E>
inline constexpr bool tells_extents =
    Given == open_extents<E...> || (Given == 0 && open_extents<E...> == 1);

/// Whether memory with the one's extents can have the other's, as far as types say, and whether
/// that needs no look at the numbers.
constexpr bool may_be(const extent_t* to, const extent_t* from, int rank) {
  for (int i = 0; i < rank; ++i)
    if (is_static(to[i]) && is_static(from[i]) && to[i] != from[i]) return false;
  return true;
}
constexpr bool must_be(const extent_t* to, const extent_t* from, int rank) {
  for (int i = 0; i < rank; ++i)
    if (to[i] != dyn && to[i] != from[i]) return false;
  return true;
}

/// How a container lends its elements: `data` and `where`. Empty for what is none.
template <class Container> struct lender {};

/// Contiguous elements on the host. What has strides of its own, such as a matrix of Eigen, says
/// more than data and size do.
template <class Container>
  requires(requires(Container& c) {
    c.size();
    { *c.data() };
    requires std::is_pointer_v<decltype(c.data())>;
  } && !requires(Container& c) { c.outerStride(); } && !operand<std::remove_const_t<Container>>)
struct lender<Container> {
  static auto* data(Container& c) { return c.data(); }
  static placement where(Container&) { return cpu; }
};

template <class Container> concept is_lender = requires(Container& c) {
  lender<Container>::data(c);
};
template <class Container>
using lent_element = std::remove_pointer_t<decltype(lender<Container>::data(
    std::declval<Container&>()))>;

/// A container of elements of a type; as `const T` also one of T. Temporaries only if they own
/// nothing, as a span does.
template <class Container, class T>
concept lends = is_lender<std::remove_reference_t<Container>> &&
                std::is_convertible_v<lent_element<std::remove_reference_t<Container>> (*)[],
                                      T (*)[]> &&
                (std::is_lvalue_reference_v<Container> ||
                 (std::is_trivially_copyable_v<Container> && !std::is_aggregate_v<Container>));

/// A block whose memory is `owner`'s, and goes with it.
template <class Owner> struct adopted_block : memory_block {
  Owner owner;

  explicit adopted_block(Owner&& from) : owner(std::move(from)) { give_back = release; }
  static void release(memory_block* block) { delete static_cast<adopted_block*>(block); }
};

/// Makes `owner` the owner of a tensor's memory; `data_of` says where that is once it has moved.
/// @errors memory_error, device_error; the owner then is as it was
template <class Owner, class Data>
shared_memory adopt_memory(const char* what, Owner&& owner, placement where, Data data_of) {
  const memory_kind& kind = kind_of(where, what);
  auto* const block = new (std::nothrow) adopted_block<Owner>(std::move(owner));
  if (block == nullptr) fail<memory_error>({what, ": no memory for a few words on the host"});
  block->data = data_of(block->owner);
  block->where = where;
  block->kind = &kind;
  return shared_memory(block);
}

/// A pointer and what gives its memory back, once.
template <class T, class Deleter> struct deleted_pointer {
  T* data;
  Deleter deleter;
  bool owns = true;

  deleted_pointer(T* pointer, Deleter&& with) : data(pointer), deleter(std::move(with)) {}
  deleted_pointer(deleted_pointer&& other)
      : data(other.data),
        deleter(std::move(other.deleter)),
        owns(std::exchange(other.owns, false)) {}
  deleted_pointer& operator=(deleted_pointer&&) = delete;
  ~deleted_pointer() {
    if (owns) deleter(data);
  }
};

}  // namespace detail

/// Memory on its way into a tensor: what `adopt` gives and a tensor's constructor takes. Goes back
/// to where it came from if no tensor takes it.
template <class T> struct adopted {
  detail::shared_memory memory;
  std::int64_t count = -1;  ///< of elements; -1 where the extents of the tensor say it
};

/// Memory for a tensor to own, without a copy. Its last owner, a tensor or an expression that
/// mentions it, calls `deleter(data)`; so does this function, and the tensor's constructor, if they
/// fail. Work that a device was given may still use memory that the deleter gives back.
/// @errors  device_error: `where` is a device, and the program has no CUDA target
/// @example st::tensor<float, st::dyn, 64> x(st::adopt(p, [](float* q) { std::free(q); }), 512);
template <class T, class Deleter>
  requires std::is_invocable_v<Deleter&, T*>
adopted<std::remove_const_t<T>> adopt(T* data, Deleter deleter, placement where = cpu) {
  static_assert(!std::is_const_v<T>, "sinter: adopt: a tensor may write to what it owns; constant "
                                     "memory is seen through a tensor_view");
  detail::deleted_pointer<T, Deleter> owner(data, std::move(deleter));
  return {detail::adopt_memory("adopt", std::move(owner), where, [](const auto& o) {
    return const_cast<std::remove_const_t<T>*>(o.data);
  })};
}

/// The elements of a container, which moves: std::vector, or Thrust's with sinter/thrust.hpp. The
/// tensor's only open extent may be left out: the number of elements tells it.
/// @example st::tensor<float, st::dyn, 64> x(st::adopt(std::move(vector)));
template <class Container>
  requires(!std::is_reference_v<Container> && !std::is_const_v<Container> &&
           !std::is_trivially_copyable_v<Container> && detail::is_lender<Container>)
adopted<detail::lent_element<Container>> adopt(Container&& container) {
  using lender = detail::lender<Container>;
  const auto count = static_cast<std::int64_t>(container.size());
  const placement where = lender::where(container);
  return {detail::adopt_memory("adopt", std::move(container), where, lender::data), count};
}

}  // namespace sinter
