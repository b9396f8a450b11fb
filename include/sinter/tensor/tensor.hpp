// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tensors: an element type and extents, each a number, `dyn` or a named axis. A tensor owns its
/// memory; a view refers to memory of others, with any strides. Both are operands of expressions,
/// and an expression runs when it meets one.
///
/// While a function is traced (in constant evaluation) a tensor holds no memory but a symbol, so
/// structures of tensors take part in a trace as they are.

#include <algorithm>
#include <initializer_list>
#include <string>
#include <type_traits>

#include "sinter/tensor/structure.hpp"
#include "sinter/tensor/view.hpp"

namespace sinter {

namespace detail {

/// The address of what is gone, which is no constant.
struct gone {
  const void* at;
  constexpr gone() : at(this) {}
};

/// Extents, 0 at first. In constant evaluation, where a tensor has no memory, something takes their
/// place that is no constant: were a tensor one, the compiler could initialise a global one without
/// memory. (What has no value at all is a constant to g++ 12 once a function has returned it.)
template <int Count> union run_time_extents {
  std::int64_t of[Count];
  const void* none;

  constexpr run_time_extents() {
    if (std::is_constant_evaluated()) none = gone().at;
    else std::fill_n(of, Count, 0);
  }
  std::int64_t& operator[](int axis) { return of[axis]; }
  std::int64_t operator[](int axis) const { return of[axis]; }
};

}  // namespace detail

/// A tensor of rank sizeof...(E), row-major. Fresh elements are 0.
template <class T, extent_t... E> class tensor {
  static_assert(is_element_type<T>, "sinter: tensor: the element type must be one of bool, "
                                    "integers, float, double, f16, bf16, e4m3 and e5m2");
  static_assert(sizeof...(E) <= max_rank, "sinter: tensor: at most six axes");

 public:
  using element = T;
  static constexpr int rank = sizeof...(E);
  static constexpr extent_t declared[sizeof...(E) + 1] = {E...};

  /// Zeros; extents that the type leaves open are 0.
  constexpr tensor() {
    if (!std::is_constant_evaluated()) allocate(detail::no_extents);
  }
  /// Zeros, with the extents that the type leaves open, in order.
  template <std::integral... N>
    requires(sizeof...(N) > 0 && sizeof...(N) == (0 + ... + !is_static(E)))
  constexpr explicit tensor(N... open) {
    if (std::is_constant_evaluated()) return;
    const std::int64_t given[] = {static_cast<std::int64_t>(open)..., 0};
    allocate(given);
  }
  /// Elements in row-major order. No type is deduced from them, so `tensor{expression}` has that of
  /// the expression.
  constexpr tensor(std::initializer_list<std::type_identity_t<T>> values)
    requires(sizeof...(E) > 0 && (is_static(E) && ...))
  {
    if (std::is_constant_evaluated()) return;
    allocate(detail::no_extents);
    detail::check_count(static_cast<std::int64_t>(values.size()), size());
    detail::copy_elements(values.begin(), data(), static_cast<std::int64_t>(values.size()));
  }
  constexpr tensor(std::initializer_list<std::type_identity_t<T>> values)
    requires(sizeof...(E) == 1 && !(is_static(E) && ...))
  {
    if (std::is_constant_evaluated()) return;
    const std::int64_t given[] = {static_cast<std::int64_t>(values.size())};
    allocate(given);
    detail::copy_elements(values.begin(), data(), static_cast<std::int64_t>(values.size()));
  }
  /// A scalar.
  template <number N>
    requires(rank == 0)
  constexpr tensor(N value) {
    if (std::is_constant_evaluated()) return;
    allocate(detail::no_extents);
    *data() = static_cast<T>(value);
  }
  /// Memory that was adopted, row-major: it is not copied. Open extents in order; a single one may
  /// be left out where a container was adopted.
  /// @errors shape_error, value_error, memory_error as of a view; the memory is given back then
  template <std::integral... N>
    requires(detail::tells_extents<sizeof...(N), E...>)
  explicit tensor(adopted<T>&& memory, N... open) {
    constexpr bool told = sizeof...(N) == detail::open_extents<E...>;
    const std::int64_t given[] = {static_cast<std::int64_t>(open)..., 0};
    std::int64_t extents[max_rank]{};
    if (!told && memory.count < 0)
      fail<shape_error>({"tensor: of memory that a pointer leads to, say the open extent of ",
                         detail::declared_text(declared, rank)});
    const std::int64_t* const said = told ? given : nullptr;
    if (memory.count < 0) detail::fill_extents<E...>(extents, given);
    else detail::fit_extents("tensor", extents, declared, rank, said, memory.count);
    adopt(std::move(memory.memory), extents);
  }
  /// The value of an expression.
  template <class X>
    requires(operand<X> && !std::same_as<std::remove_cvref_t<X>, tensor>)
  constexpr tensor(X&& x) {
    (void)sizeof(typename detail::assignment<tensor, X>::verdict);
    detail::assign(*this, std::forward<X>(x));
  }
  /// What a generator such as random::normal fills.
  template <class F>
    requires requires(const F& f, T* p) { f.fill(p, std::int64_t{}, f.open); }
  constexpr tensor(const F& filler) {
    if (std::is_constant_evaluated()) return;
    allocate(filler.open);
    filler.fill(data(), size(), extents_.of);
  }

  constexpr tensor(const tensor& other) : symbol_(other.symbol_) {
    if (std::is_constant_evaluated()) return;
    if (other.memory_.exists()) memory_ = other.memory_.copied_to(other.where(), other.bytes());
    copy_extents(other);
  }
  constexpr tensor(tensor&& other) noexcept
      : symbol_(other.symbol_), memory_(std::move(other.memory_)) {
    if (!std::is_constant_evaluated()) exchange_extents(other);
  }
  constexpr tensor& operator=(const tensor& other) {
    if (std::is_constant_evaluated()) symbol_ = other.symbol_;
    else if (this != &other) *this = tensor(other);
    return *this;
  }
  constexpr tensor& operator=(tensor&& other) noexcept {
    symbol_ = other.symbol_;
    if (std::is_constant_evaluated()) return *this;
    memory_.exchange(other.memory_);
    exchange_extents(other);
    return *this;
  }
  /// Evaluates an expression into this tensor, which takes the expression's extents.
  template <class X>
    requires(operand_or_number<X> && !std::same_as<std::remove_cvref_t<X>, tensor>)
  constexpr tensor& operator=(X&& x) {
    (void)sizeof(typename detail::assignment<tensor, X>::verdict);
    detail::assign(*this, std::forward<X>(x));
    return *this;
  }
  constexpr ~tensor() = default;

  /// Where the elements lie, and the same elements elsewhere. Copies between the host and a device
  /// are done when `to` returns.
  placement where() const { return memory_.where(); }
  tensor to(placement target) const {
    tensor copy{no_memory{}};
    if (memory_.exists()) copy.memory_ = memory_.copied_to(target, bytes());
    copy.copy_extents(*this);
    return copy;
  }

  T* data() { return static_cast<T*>(memory_.get()); }
  const T* data() const { return static_cast<const T*>(memory_.get()); }
  std::int64_t extent(int axis) const { return extents_[axis]; }
  const std::int64_t* extents() const { return extents_.of; }
  std::int64_t size() const {
    std::uint64_t count = 1;  // may wrap on the way to 0
    for (int i = 0; i < rank; ++i) count *= static_cast<std::uint64_t>(extents_[i]);
    return static_cast<std::int64_t>(count);
  }

  /// One element; indices are checked.
  template <std::integral... I>
    requires(sizeof...(I) == sizeof...(E))
  T& operator()(I... index) {
    detail::require_host(where());
    return data()[flat({static_cast<std::int64_t>(index)...})];
  }
  template <std::integral... I>
    requires(sizeof...(I) == sizeof...(E))
  const T& operator()(I... index) const {
    detail::require_host(where());
    return data()[flat({static_cast<std::int64_t>(index)...})];
  }
  /// The value of a scalar.
  T item() const
    requires(rank == 0)
  {
    detail::require_host(where());
    if (data() == nullptr)
      fail<value_error>({"item: the tensor holds no memory: it was moved from"});
    return *data();
  }

  /// The same memory as a view; good while this tensor lives and nothing is assigned to it.
  tensor_view<T, E...> view() { return view_of<tensor_view<T, E...>>(data()); }
  tensor_view<const T, E...> view() const { return view_of<tensor_view<const T, E...>>(data()); }
  auto slice(int axis, std::int64_t start, std::int64_t stop, std::int64_t step = 1) {
    return view().slice(axis, start, stop, step);
  }
  auto slice(int axis, std::int64_t start, std::int64_t stop, std::int64_t step = 1) const {
    return view().slice(axis, start, stop, step);
  }

  /// Its symbol while a function is traced.
  constexpr symbol traced() const { return symbol_; }
  constexpr void trace(symbol s) { symbol_ = s; }

  /// Sets every element to 0.
  void clear() { memory_.clear(bytes()); }
  /// Gives the open extents new values, in order; elements are 0 afterwards.
  template <std::integral... N>
    requires(sizeof...(N) == (0 + ... + !is_static(E)))
  void resize(N... open) {
    const std::int64_t given[] = {static_cast<std::int64_t>(open)..., 0};
    allocate(given);
  }

 private:
  struct no_memory {};
  explicit tensor(no_memory) {}

  template <class View> View view_of(typename View::element* data) const {
    std::int64_t strides[max_rank]{};
    detail::fill_strides(strides, extents_.of, rank);
    return View(data, extents_.of, strides, where());
  }
  std::int64_t flat(std::initializer_list<std::int64_t> index) const {
    std::int64_t strides[max_rank]{};
    detail::fill_strides(strides, extents_.of, rank);
    return detail::offset<rank>(index, extents_.of, strides);
  }
  std::size_t bytes() const { return static_cast<std::size_t>(size()) * sizeof(T); }
  void allocate(const std::int64_t* open) {
    std::int64_t wanted[max_rank]{};
    detail::fill_extents<E...>(wanted, open);
    detail::shared_memory fresh;
    const std::size_t bytes = detail::checked_bytes(wanted, rank, sizeof(T));
    fresh.allocate(bytes, where());
    fresh.clear(bytes);
    memory_.exchange(fresh);
    detail::copy_elements(wanted, extents_.of, max_rank);
  }
  void adopt(detail::shared_memory memory, const std::int64_t* extents) {
    (void)detail::checked_bytes(extents, rank, sizeof(T));
    detail::check_address("tensor", memory.get(), extents, rank, dtype_of<T>);
    memory_.exchange(memory);
    detail::copy_elements(extents, extents_.of, rank);
  }
  constexpr void copy_extents(const tensor& other) {
    extents_ = other.extents_;
  }
  /// Extents go where their memory goes: a tensor that was moved from stays consistent.
  constexpr void exchange_extents(tensor& other) {
    std::swap(extents_, other.extents_);
  }

  symbol symbol_;
  detail::shared_memory memory_;
  detail::run_time_extents<max_rank> extents_;

  template <class> friend struct detail::tensor_access;
  template <class> friend class tensor_reference;
};

template <class T, extent_t... E> inline constexpr bool is_tensor<tensor<T, E...>> = true;

/// What an expression keeps of a tensor: its memory, which stays while the expression does, and its
/// extents. In constant evaluation there is no memory, and what counts is the tensor's symbol; that
/// of a variable is looked up when it is needed, as the variable itself need not be constant.
///
/// Each operator moves its operands' references into what it returns, so at run time no more is
/// written and copied than what is needed then.
template <class Tensor> class tensor_reference {
 public:
  constexpr tensor_reference(Tensor& t) {
    if (std::is_constant_evaluated()) refer(&t, {});
    else share(t);
  }
  constexpr tensor_reference(std::remove_const_t<Tensor>&& t) {
    if (std::is_constant_evaluated()) refer(nullptr, t.traced());
    else share(t);
  }
  constexpr tensor_reference(const tensor_reference& other) : memory_(other.memory_) {
    copy(other);
  }
  constexpr tensor_reference(tensor_reference&& other) noexcept
      : memory_(std::move(other.memory_)) {
    copy(other);
  }
  constexpr tensor_reference& operator=(tensor_reference other) noexcept {
    memory_.exchange(other.memory_);
    copy(other);
    return *this;
  }
  constexpr ~tensor_reference() = default;

  constexpr symbol traced() const {
    return tensor_ != nullptr ? tensor_->traced() : symbol{graph_, index_, weak_};
  }
  void* data() const { return memory_.get(); }
  const std::int64_t* extents() const { return extents_.of; }
  placement where() const { return memory_.where(); }

 private:
  void share(const Tensor& t) {
    memory_.share(t.memory_);
    for (int a = 0; a < Tensor::rank; ++a) extents_[a] = t.extents_[a];
  }
  constexpr void refer(Tensor* tensor, symbol own) {
    tensor_ = tensor;
    graph_ = own.graph;
    index_ = own.index;
    weak_ = own.weak;
  }
  constexpr void copy(const tensor_reference& other) {
    if (std::is_constant_evaluated()) {
      refer(other.tensor_, {other.graph_, other.index_, other.weak_});
      return;
    }
    for (int a = 0; a < Tensor::rank; ++a) extents_[a] = other.extents_[a];
  }

  detail::shared_memory memory_;
  Tensor* tensor_;
  graph_builder* graph_;  // a symbol, member by member: this has no value at run time
  int index_;
  bool weak_;
  detail::run_time_extents<Tensor::rank + 1> extents_;
};

}  // namespace sinter
