// SPDX-License-Identifier: Apache-2.0
#pragma once

/// DLPack: tensors to and from PyTorch, NumPy, JAX, CuPy and others, without copies. The structures
/// that programs exchange are declared here, in layout as DLPack has them, and the functions take
/// those of any other declaration just as well, so this header and a <dlpack/dlpack.h> of any
/// version may meet in one program.
/// @source dmlc.github.io/dlpack/latest/c_api.html, versions 0.x and 1.x

#include "sinter/tensor/evaluate.hpp"

namespace sinter {

namespace dlpack {

/// Kinds of places and of element types, as far as they are understood here.
inline constexpr std::int32_t on_cpu = 1, on_cuda = 2, on_pinned = 3, on_managed = 13;
inline constexpr std::uint8_t is_int = 0, is_uint = 1, is_float = 2, is_bfloat = 4, is_bool = 6,
                              is_e4m3 = 10, is_e5m2 = 12;
inline constexpr std::uint64_t read_only = 1;  ///< a flag

struct device {
  std::int32_t device_type;
  std::int32_t device_id;
};
struct data_type {
  std::uint8_t code;
  std::uint8_t bits;
  std::uint16_t lanes;
};
/// Memory, and how elements lie in it. Strides count elements; none are row-major ones.
struct tensor {
  void* data;
  dlpack::device device;
  std::int32_t ndim;
  data_type dtype;
  std::int64_t* shape;
  std::int64_t* strides;
  std::uint64_t byte_offset;
};
/// A tensor and who keeps it, as before version 1; the capsule "dltensor".
struct managed_tensor {
  tensor dl_tensor;
  void* manager_ctx;
  void (*deleter)(managed_tensor*);
};
struct version_number {
  std::uint32_t major;
  std::uint32_t minor;
};
/// A tensor and who keeps it, of version 1; the capsule "dltensor_versioned".
struct managed_tensor_versioned {
  version_number version;
  void* manager_ctx;
  void (*deleter)(managed_tensor_versioned*);
  std::uint64_t flags;
  tensor dl_tensor;
};

}  // namespace dlpack

namespace detail {

template <class Managed>
concept dlpack_managed = requires(Managed& m) {
  m.dl_tensor.byte_offset;
  m.deleter(&m);
  m.manager_ctx = nullptr;
};
template <class Managed>
concept dlpack_versioned = dlpack_managed<Managed> && requires(Managed& m) {
  m.version.major;
  m.flags;
};
template <class Managed, class T>
inline constexpr bool says_constant = dlpack_versioned<Managed> || !std::is_const_v<T>;
template <class Tensor>
concept dlpack_plain = requires(const Tensor& t) {
  t.byte_offset;
  t.device.device_id;
  t.dtype.lanes;
};

constexpr dlpack::data_type dlpack_type(dtype type) {
  const auto bits = static_cast<std::uint8_t>(8 * properties(type).size);
  if (type == dtype::boolean) return {dlpack::is_bool, bits, 1};
  if (type == dtype::bf16) return {dlpack::is_bfloat, bits, 1};
  if (type == dtype::e4m3) return {dlpack::is_e4m3, bits, 1};
  if (type == dtype::e5m2) return {dlpack::is_e5m2, bits, 1};
  if (is_floating(type)) return {dlpack::is_float, bits, 1};
  return {is_signed_integer(type) ? dlpack::is_int : dlpack::is_uint, bits, 1};
}

/// A DLPack tensor of whatever declaration, as it was found.
struct dlpack_found {
  dlpack::tensor t;
  bool read_only = false;
  placement where{};
  std::int64_t extents[max_rank]{};
  std::int64_t strides[max_rank]{};
};

template <class Tensor> dlpack_found found_in(const Tensor& t) {
  return {{t.data,
           {static_cast<std::int32_t>(t.device.device_type), t.device.device_id},
           t.ndim,
           {t.dtype.code, t.dtype.bits, t.dtype.lanes},
           t.shape,
           t.strides,
           t.byte_offset}};
}
template <class Managed> dlpack_found found_in_managed(const Managed* managed) {
  if (managed == nullptr) fail<value_error>({"from_dlpack: the pointer to the tensor is null"});
  if constexpr (dlpack_versioned<Managed>) {
    // Of another major version, all but the deleter may lie elsewhere.
    if (managed->version.major != 1)
      fail<value_error>({"from_dlpack: the tensor is of DLPack ", managed->version.major, ".",
                         managed->version.minor, ", and what is understood is 1.x"});
  }
  dlpack_found found = found_in(managed->dl_tensor);
  if constexpr (dlpack_versioned<Managed>)
    found.read_only = (managed->flags & dlpack::read_only) != 0;
  return found;
}

/// "f32"; what no dtype is, by its numbers.
__attribute__((noinline, cold)) inline std::string dlpack_name(dlpack::data_type found) {
  for (int i = 0; i < dtype_count; ++i) {
    const dlpack::data_type own = dlpack_type(static_cast<dtype>(i));
    if (own.code == found.code && own.bits == found.bits && found.lanes == 1)
      return properties(static_cast<dtype>(i)).name;
  }
  return message({"type code ", found.code, " of ", found.bits, " bits and ", found.lanes,
                  found.lanes == 1 ? " lane" : " lanes"});
}

/// Checks what was found against what was asked for, and completes it.
inline void check_dlpack(dlpack_found& found, dtype type, const extent_t* declared, int rank,
                         bool for_writing) {
  const dlpack::tensor& t = found.t;
  const dlpack::data_type own = dlpack_type(type);
  if (t.dtype.code != own.code || t.dtype.bits != own.bits || t.dtype.lanes != 1)
    fail<value_error>({"from_dlpack: elements ", properties(type).name,
                       " were asked for, and there are ", dlpack_name(t.dtype)});
  const std::int32_t place = t.device.device_type;
  const bool on_device = place == dlpack::on_cuda || place == dlpack::on_managed;
  if (on_device) found.where = cuda_device(t.device.device_id);
  else if (place != dlpack::on_cpu && place != dlpack::on_pinned)
    fail<placement_error>({"from_dlpack: memory of device type ", place,
                           ", and what is understood is memory of the CPU (1, 3) and of CUDA (2, "
                           "13)"});
  if (on_device && t.device.device_id < 0)
    fail<placement_error>({"from_dlpack: there is no CUDA device ", t.device.device_id});
  if (t.ndim != rank)
    fail<shape_error>({"from_dlpack: a tensor ", declared_text(declared, rank),
                       " was asked for, and there is one of rank ", t.ndim});
  if (rank > 0 && t.shape == nullptr) fail<value_error>({"from_dlpack: the shape is null"});
  for (int i = 0; i < rank; ++i) found.extents[i] = t.shape[i];
  if (!extents_fit(found.extents, declared, rank))
    fail<shape_error>({"from_dlpack: a tensor ", declared_text(declared, rank),
                       " was asked for, and there is ", extents_text(found.extents, rank)});
  (void)checked_bytes(found.extents, rank, 1);
  fill_strides(found.strides, found.extents, rank);
  if (t.strides != nullptr)
    for (int i = 0; i < rank; ++i) found.strides[i] = t.strides[i];
  if (for_writing && found.read_only)
    fail<value_error>({"from_dlpack: the tensor is read-only; take it as a tensor_view of const "
                       "elements"});
  if (t.data != nullptr) found.t.data = static_cast<char*>(t.data) + t.byte_offset;
  check_address("from_dlpack", found.t.data, found.extents, rank, type);
}

inline void check_row_major(const dlpack_found& found, int rank) {
  if (!is_row_major(found.extents, found.strides, rank))
    fail<shape_error>({"from_dlpack: a tensor is row-major, and one ",
                       extents_text(found.extents, rank), " with strides ",
                       extents_text(found.strides, rank),
                       " is not; take it as a tensor_view, which a tensor can copy"});
}

template <class> struct dlpack_result;
template <class T, extent_t... E> struct dlpack_result<tensor_view<T, E...>> {
  static tensor_view<T, E...> make(dlpack_found found) {
    using view = tensor_view<T, E...>;
    check_dlpack(found, dtype_of<std::remove_const_t<T>>, view::declared, view::rank,
                 !std::is_const_v<T>);
    return view(static_cast<T*>(found.t.data), found.extents, found.strides, found.where);
  }
};

/// A managed tensor may come without a deleter.
struct dlpack_deleter {
  template <class Managed> void operator()(Managed* managed) const {
    if (managed->deleter != nullptr) managed->deleter(managed);
  }
};

template <class T, extent_t... E> struct dlpack_result<tensor<T, E...>> {
  template <class Managed> static tensor<T, E...> make(dlpack_found found, Managed* managed) {
    using own = tensor<T, E...>;
    check_dlpack(found, dtype_of<T>, own::declared, own::rank, true);
    check_row_major(found, own::rank);
    (void)checked_bytes(found.extents, own::rank, sizeof(T));
    deleted_pointer<Managed, dlpack_deleter> owner(managed, {});
    try {
      return tensor_access<own>::adopt(
          adopt_memory("from_dlpack", std::move(owner), found.where,
                       [&](auto&) { return found.t.data; }),
          found.extents);
    } catch (...) {
      owner.owns = false;  // still the caller's
      throw;
    }
  }
};

/// What is handed out: the structure, and what keeps the memory that it speaks of.
template <class Managed> struct dlpack_lent {
  Managed managed{};
  shared_memory memory;
  std::int64_t extents[max_rank]{};
  std::int64_t strides[max_rank]{};

  static void release(Managed* managed) { delete static_cast<dlpack_lent*>(managed->manager_ctx); }
};

template <class Managed, class T, extent_t... E>
Managed* lend_as_dlpack(const tensor_view<T, E...>& x, const shared_memory& memory) {
  constexpr int rank = sizeof...(E);
  auto* const lent = new (std::nothrow) dlpack_lent<Managed>;
  if (lent == nullptr) fail<memory_error>({"to_dlpack: no memory for a few words on the host"});
  lent->memory = memory;
  copy_elements(x.extents(), lent->extents, rank);
  copy_elements(x.strides(), lent->strides, rank);
  auto& t = lent->managed.dl_tensor;
  constexpr dlpack::data_type type = dlpack_type(dtype_of<std::remove_const_t<T>>);
  t.data = nullptr;
  if (has_elements(x.extents(), rank)) t.data = const_cast<std::remove_const_t<T>*>(x.data());
  t.device.device_type = static_cast<decltype(t.device.device_type)>(
      x.where().is_host() ? dlpack::on_cpu : dlpack::on_cuda);
  t.device.device_id = x.where().is_host() ? 0 : x.where().device;
  t.ndim = rank;
  t.dtype.code = type.code;
  t.dtype.bits = type.bits;
  t.dtype.lanes = type.lanes;
  t.shape = lent->extents;
  t.strides = lent->strides;
  t.byte_offset = 0;
  lent->managed.manager_ctx = lent;
  lent->managed.deleter = dlpack_lent<Managed>::release;
  if constexpr (dlpack_versioned<Managed>) {
    lent->managed.version.major = 1;
    lent->managed.version.minor = 0;
    lent->managed.flags = std::is_const_v<T> ? dlpack::read_only : 0;
  }
  return &lent->managed;
}

template <class Managed, class Tensor> Managed* share_as_dlpack(Tensor& x) {
  const shared_memory& memory = tensor_access<std::remove_const_t<Tensor>>::memory(x);
  if (!memory.exists())
    fail<value_error>({"to_dlpack: the tensor holds no memory: it was moved from"});
  return lend_as_dlpack<Managed>(x.view(), memory);
}

}  // namespace detail

/// A managed DLPack tensor as a tensor, which owns it from now on and calls its deleter when the
/// memory is no longer used; it must be row-major, and not read-only. Or as a view, with any
/// strides: the managed tensor stays the caller's and must outlive it. Memory on the host is taken
/// as it is, pinned or not; managed memory as memory of its device. On a device, what its producer
/// has enqueued is to be waited for as DLPack has it: the current stream is not told.
/// @errors  value_error, shape_error, placement_error, device_error, memory_error; the managed
///          tensor is then the caller's, untouched
/// @cost    no copy
/// @example auto x = st::from_dlpack<st::tensor<float, batch, 64>>(managed);
template <class Result, detail::dlpack_managed Managed> Result from_dlpack(Managed* managed) {
  const detail::dlpack_found found = detail::found_in_managed(managed);
  if constexpr (is_tensor<Result>) return detail::dlpack_result<Result>::make(found, managed);
  else return detail::dlpack_result<Result>::make(found);
}
/// The same of a tensor that nobody manages: a view.
template <class View, detail::dlpack_plain Tensor>
  requires(!is_tensor<View>)
View from_dlpack(const Tensor& t) {
  return detail::dlpack_result<View>::make(detail::found_in(t));
}

/// A tensor for others, who call its deleter when they are done: they share the memory and keep it,
/// whatever becomes of `x`, and what either side writes, both see. That of a const tensor says that
/// it is read-only. Of a device's memory, work that the current stream was given may still be under
/// way.
/// @tparam  Managed the structure: version 1 unless said otherwise; dlpack::managed_tensor, or one
///          of <dlpack/dlpack.h>
/// @errors  value_error of a tensor that was moved from, memory_error
/// @cost    no copy
template <detail::dlpack_managed Managed = dlpack::managed_tensor_versioned, class T, extent_t... E>
Managed* to_dlpack(tensor<T, E...>& x) {
  return detail::share_as_dlpack<Managed>(x);
}
template <detail::dlpack_managed Managed = dlpack::managed_tensor_versioned, class T, extent_t... E>
Managed* to_dlpack(tensor<T, E...>&& x) {
  return detail::share_as_dlpack<Managed>(x);
}
template <detail::dlpack_managed Managed = dlpack::managed_tensor_versioned, class T, extent_t... E>
Managed* to_dlpack(const tensor<T, E...>& x) {
  static_assert(detail::says_constant<Managed, const T>,
                "sinter: to_dlpack: before version 1, DLPack has no word for read-only tensors");
  return detail::share_as_dlpack<Managed>(x);
}
/// Of a view, with its strides. It keeps nothing: the memory must outlive what others do with it.
template <detail::dlpack_managed Managed = dlpack::managed_tensor_versioned, class T, extent_t... E>
Managed* to_dlpack(const tensor_view<T, E...>& x) {
  static_assert(detail::says_constant<Managed, T>,
                "sinter: to_dlpack: before version 1, DLPack has no word for read-only tensors");
  return detail::lend_as_dlpack<Managed>(x, {});
}

}  // namespace sinter
