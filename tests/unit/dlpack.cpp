// SPDX-License-Identifier: Apache-2.0

// DLPack, both ways, with structures of the library's own declaration and of another's: what is
// shared, who deletes, and what is refused.

#include <doctest/doctest.h>

#include <sinter/dlpack.hpp>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

namespace st = sinter;
using st::dyn;

namespace {

inline constexpr st::axis batch{"batch"};

/// The structures as a header of DLPack declares them.
namespace other {
enum DLDeviceType : std::int32_t { kDLCPU = 1, kDLCUDA = 2 };
struct DLDevice {
  DLDeviceType device_type;
  std::int32_t device_id;
};
struct DLDataType {
  std::uint8_t code, bits;
  std::uint16_t lanes;
};
struct DLTensor {
  void* data;
  DLDevice device;
  std::int32_t ndim;
  DLDataType dtype;
  std::int64_t *shape, *strides;
  std::uint64_t byte_offset;
};
struct DLManagedTensor {
  DLTensor dl_tensor;
  void* manager_ctx;
  void (*deleter)(DLManagedTensor*);
};
}  // namespace other

/// A producer of [2, 3] floats, or of whatever a test makes of it, that counts its deletions.
struct producer {
  float memory[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  std::int64_t shape[8] = {2, 3};
  std::int64_t strides[8] = {3, 1};
  int deleted = 0;
  st::dlpack::managed_tensor_versioned managed{
      {1, 0}, this, release, 0, {memory, {1, 0}, 2, {2, 32, 1}, shape, strides, 0}};

  static void release(st::dlpack::managed_tensor_versioned* m) {
    ++static_cast<producer*>(m->manager_ctx)->deleted;
  }
  st::dlpack::tensor& tensor() { return managed.dl_tensor; }
};

using matrix = st::tensor<float, batch, 3>;
using matrix_view = st::tensor_view<float, batch, 3>;
using reading_view = st::tensor_view<const float, dyn, dyn>;

/// The words of the error that taking a tensor ends with; it then is the producer's as before.
template <class Result, class Error> std::string refused(producer& from) {
  try {
    (void)st::from_dlpack<Result>(&from.managed);
  } catch (const Error& e) {
    return from.deleted == 0 ? e.what() : "deleted";
  }
  return "taken";
}

}  // namespace

TEST_CASE("dlpack: the structures lie in memory as DLPack's do") {
  using namespace st::dlpack;
  static_assert(sizeof(tensor) == 48 && offsetof(tensor, device) == 8);
  static_assert(offsetof(tensor, ndim) == 16 && offsetof(tensor, dtype) == 20);
  static_assert(offsetof(tensor, shape) == 24 && offsetof(tensor, strides) == 32);
  static_assert(offsetof(tensor, byte_offset) == 40);
  static_assert(sizeof(managed_tensor) == 64 && offsetof(managed_tensor, manager_ctx) == 48);
  static_assert(offsetof(managed_tensor, deleter) == 56);
  static_assert(sizeof(managed_tensor_versioned) == 80);
  static_assert(offsetof(managed_tensor_versioned, manager_ctx) == 8);
  static_assert(offsetof(managed_tensor_versioned, deleter) == 16);
  static_assert(offsetof(managed_tensor_versioned, flags) == 24);
  static_assert(offsetof(managed_tensor_versioned, dl_tensor) == 32);
}

TEST_CASE("to_dlpack: what is said of a tensor, and who keeps it") {
  st::dlpack::managed_tensor_versioned* lent = nullptr;
  const float* data = nullptr;
  {
    st::tensor<float, batch, 3> x(2);
    x(1, 2) = 7;
    data = x.data();
    lent = st::to_dlpack(x);
    x(0, 0) = 1;  // both see it
    x = st::tensor<float, batch, 3>(5);
  }
  CHECK(lent->version.major == 1);
  CHECK(lent->flags == 0);
  const st::dlpack::tensor& t = lent->dl_tensor;
  CHECK(t.data == data);
  CHECK(t.device.device_type == 1);
  CHECK(t.device.device_id == 0);
  REQUIRE(t.ndim == 2);
  CHECK(t.shape[0] == 2);
  CHECK(t.shape[1] == 3);
  CHECK(t.strides[0] == 3);
  CHECK(t.strides[1] == 1);
  CHECK(t.byte_offset == 0);
  CHECK(data[5] == 7);
  CHECK(data[0] == 1);
  lent->deleter(lent);
}

TEST_CASE("to_dlpack: const, temporary, empty, scalar and moved-from tensors, and views") {
  const st::tensor<float, 2> fixed{1, 2};
  auto* lent = st::to_dlpack(fixed);
  CHECK(lent->flags == st::dlpack::read_only);
  lent->deleter(lent);
  lent = st::to_dlpack(st::tensor<float, 2>{3, 4});
  CHECK(lent->flags == 0);
  CHECK(static_cast<float*>(lent->dl_tensor.data)[1] == 4);
  lent->deleter(lent);
  lent = st::to_dlpack(st::tensor<float, dyn, 3>(0));
  CHECK(lent->dl_tensor.data == nullptr);
  CHECK(lent->dl_tensor.shape[0] == 0);
  lent->deleter(lent);
  st::tensor<double> s = 5.;
  lent = st::to_dlpack(s);
  CHECK(lent->dl_tensor.ndim == 0);
  lent->deleter(lent);
  const auto gone = std::move(s);
  CHECK_THROWS_AS((void)st::to_dlpack(s), st::value_error);  // NOLINT

  st::tensor<float, 2, 3> x = {1, 2, 3, 4, 5, 6};
  lent = st::to_dlpack(x.slice(1, 0, 3, 2));
  CHECK(lent->dl_tensor.strides[1] == 2);
  CHECK(lent->dl_tensor.shape[1] == 2);
  CHECK(lent->flags == 0);
  lent->deleter(lent);
  lent = st::to_dlpack(std::as_const(x).slice(1, 0, 3, 2));
  CHECK(lent->flags == st::dlpack::read_only);
  lent->deleter(lent);
}

TEST_CASE_TEMPLATE("dlpack: there and back, every type of elements", T, bool, std::uint8_t,
                   std::uint16_t, std::uint32_t, std::uint64_t, std::int8_t, std::int16_t,
                   std::int32_t, std::int64_t, st::f16, st::bf16, float, double) {
  constexpr bool is_float = std::is_same_v<T, st::f16> || std::is_floating_point_v<T>;
  constexpr int code = std::is_same_v<T, bool>       ? 6
                       : std::is_same_v<T, st::bf16> ? 4
                       : is_float                    ? 2
                       : std::is_unsigned_v<T>       ? 1
                                                     : 0;
  st::tensor<T, 2, 2> x;
  x(1, 0) = static_cast<T>(1);
  auto* const lent = st::to_dlpack(x);
  CHECK(lent->dl_tensor.dtype.code == code);
  CHECK(lent->dl_tensor.dtype.bits == 8 * sizeof(T));
  CHECK(lent->dl_tensor.dtype.lanes == 1);
  auto y = st::from_dlpack<st::tensor<T, dyn, 2>>(lent);
  CHECK(y.data() == x.data());
  CHECK(y(1, 0) == static_cast<T>(1));
  y(0, 1) = static_cast<T>(1);
  CHECK(x(0, 1) == static_cast<T>(1));
  y = st::tensor<T, dyn, 2>(1);
  CHECK(x(1, 0) == static_cast<T>(1));
}

TEST_CASE("from_dlpack: a tensor owns it, and its last owner deletes it, once") {
  producer from;
  {
    auto x = st::from_dlpack<matrix>(&from.managed);
    CHECK(x.data() == from.memory);
    CHECK(x.extent(0) == 2);
    CHECK(x(1, 2) == 5);
    x = x + 1;
    CHECK(from.memory[5] == 6);
    const auto lazy = x * 2;
    x = matrix(7);
    CHECK(from.deleted == 0);
    CHECK(st::tensor(lazy)(1, 2) == 12);
  }
  CHECK(from.deleted == 1);
}

TEST_CASE("from_dlpack: a view leaves it to the caller") {
  producer from;
  const auto x = st::from_dlpack<matrix_view>(&from.managed);
  x(0, 1) = 10;
  CHECK(from.memory[1] == 10);
  std::swap(from.strides[0], from.strides[1]);
  std::swap(from.shape[0], from.shape[1]);
  const auto turned = st::from_dlpack<reading_view>(from.tensor());
  CHECK(turned(2, 1) == 5);
  CHECK(turned.stride(1) == 3);
  from.managed.flags = st::dlpack::read_only;
  CHECK(st::from_dlpack<reading_view>(&from.managed)(1, 0) == 10);
  CHECK(from.deleted == 0);
}

TEST_CASE("from_dlpack: no strides, byte offsets, broadcast and reversed axes, nothing to delete") {
  producer from;
  from.tensor().strides = nullptr;
  from.tensor().byte_offset = 8;
  from.managed.deleter = nullptr;
  CHECK(st::from_dlpack<matrix>(&from.managed)(1, 2) == 7);
  from.tensor().strides = from.strides;
  from.strides[0] = 0;
  CHECK(st::from_dlpack<reading_view>(&from.managed)(1, 2) == 4);
  from.strides[0] = -1;
  CHECK(st::from_dlpack<reading_view>(&from.managed)(1, 2) == 3);
  from.shape[0] = 1;  // the stride of one row says nothing
  CHECK(st::from_dlpack<matrix>(&from.managed)(0, 2) == 4);
}

TEST_CASE("from_dlpack: scalars, and tensors without elements") {
  producer from;
  from.tensor().ndim = 0;
  from.tensor().shape = from.tensor().strides = nullptr;
  CHECK(st::from_dlpack<st::tensor<float>>(&from.managed).item() == 0);
  CHECK(from.deleted == 1);

  producer empty;
  empty.tensor().data = nullptr;
  empty.shape[0] = 0;
  empty.strides[1] = 77;
  CHECK(st::from_dlpack<matrix>(&empty.managed).size() == 0);
  CHECK(empty.deleted == 1);
}

TEST_CASE("from_dlpack: structures of another declaration, before version 1") {
  int deleted = 0;
  float memory[6] = {0, 1, 2, 3, 4, 5};
  std::int64_t shape[2] = {3, 2};
  other::DLManagedTensor managed{
      {memory, {other::kDLCPU, 0}, 2, {2, 32, 1}, shape, nullptr, 0}, &deleted,
      [](other::DLManagedTensor* m) { ++*static_cast<int*>(m->manager_ctx); }};
  CHECK(st::from_dlpack<reading_view>(managed.dl_tensor)(2, 1) == 5);
  CHECK(st::from_dlpack<st::tensor<float, 3, 2>>(&managed)(2, 1) == 5);
  CHECK(deleted == 1);

  st::tensor<float, 3, 2> x = {0, 1, 2, 3, 4, 5};
  auto* const lent = st::to_dlpack<other::DLManagedTensor>(x);
  CHECK(lent->dl_tensor.device.device_type == other::kDLCPU);
  CHECK(lent->dl_tensor.strides[0] == 2);
  lent->deleter(lent);
  auto* const old = st::to_dlpack<st::dlpack::managed_tensor>(x);
  CHECK(st::from_dlpack<st::tensor<float, 3, 2>>(old).data() == x.data());
}

TEST_CASE("from_dlpack: what does not fit is refused, and stays the caller's") {
  producer from;
  const auto text = [&] { return refused<matrix, st::error>(from); };
  CHECK(refused<st::tensor<double, 2, 3>, st::value_error>(from) ==
        "from_dlpack: elements f64 were asked for, and there are f32");
  CHECK(refused<st::tensor<float, 3>, st::shape_error>(from) ==
        "from_dlpack: a tensor [3] was asked for, and there is one of rank 2");
  CHECK(refused<st::tensor<float, batch, 4>, st::shape_error>(from) ==
        "from_dlpack: a tensor [batch, 4] was asked for, and there is [2, 3]");
  from.shape[0] = -1;
  CHECK(refused<matrix, st::shape_error>(from) ==
        "from_dlpack: a tensor [batch, 3] was asked for, and there is [-1, 3]");
  from.shape[0] = std::int64_t{1} << 61;
  CHECK(refused<matrix, st::memory_error>(from) != "taken");
  from.shape[0] = 2;

  from.tensor().dtype = {5, 64, 1};
  CHECK(text() == "from_dlpack: elements f32 were asked for, and there are type code 5 of 64 bits "
                  "and 1 lane");
  from.tensor().dtype = {2, 32, 4};
  CHECK(refused<matrix, st::value_error>(from) ==
        "from_dlpack: elements f32 were asked for, and there are type code 2 of 32 bits and 4 "
        "lanes");
  from.tensor().dtype = {2, 32, 1};

  std::swap(from.strides[0], from.strides[1]);
  CHECK(refused<matrix, st::shape_error>(from) ==
        "from_dlpack: a tensor is row-major, and one [2, 3] with strides [1, 3] is not; take it as "
        "a tensor_view, which a tensor can copy");
  std::swap(from.strides[0], from.strides[1]);
  from.strides[0] = INT64_MAX;
  CHECK(refused<reading_view, st::memory_error>(from) != "taken");
  from.strides[0] = 3;

  from.managed.flags = st::dlpack::read_only;
  const char* const read_only =
      "from_dlpack: the tensor is read-only; take it as a tensor_view of const elements";
  CHECK(refused<matrix, st::value_error>(from) == read_only);
  CHECK(refused<matrix_view, st::value_error>(from) == read_only);
  from.managed.flags = 0;

  from.tensor().byte_offset = 2;
  CHECK(refused<matrix, st::value_error>(from) ==
        "from_dlpack: elements f32 lie at multiples of 4 bytes, and the address is none");
  from.tensor().byte_offset = 0;
  from.tensor().data = nullptr;
  CHECK(refused<matrix, st::value_error>(from) ==
        "from_dlpack: no memory was given for the elements [2, 3]: the pointer is null");
  from.tensor().data = from.memory;
  from.tensor().shape = nullptr;
  CHECK(refused<matrix, st::value_error>(from) == "from_dlpack: the shape is null");
  from.tensor().shape = from.shape;

  from.managed.version = {2, 3};
  CHECK(refused<matrix, st::value_error>(from) ==
        "from_dlpack: the tensor is of DLPack 2.3, and what is understood is 1.x");
  from.managed.version = {1, 9};
  CHECK(text() == "taken");
  CHECK(from.deleted == 1);
  st::dlpack::managed_tensor* const none = nullptr;
  CHECK_THROWS_AS((void)st::from_dlpack<matrix>(none), st::value_error);
}

TEST_CASE("from_dlpack: memory of devices, pinned memory, and places that are not understood") {
  producer from;
  from.tensor().device = {3, 0};
  CHECK(st::from_dlpack<reading_view>(&from.managed)(1, 2) == 5);
  for (const std::int32_t kind : {2, 13}) {
    from.tensor().device = {kind, 1};
    CHECK(st::from_dlpack<reading_view>(&from.managed).where() == st::cuda_device(1));
    CHECK(refused<matrix, st::device_error>(from) ==
          "from_dlpack: this program has no CUDA target; include sinter/cuda.hpp, and compile "
          "with nvcc");
  }
  from.tensor().device = {2, -1};
  CHECK(refused<reading_view, st::placement_error>(from) ==
        "from_dlpack: there is no CUDA device -1");
  from.tensor().device = {8, 0};
  CHECK(refused<reading_view, st::placement_error>(from) ==
        "from_dlpack: memory of device type 8, and what is understood is memory of the CPU (1, 3) "
        "and of CUDA (2, 13)");
  float* const there = from.memory;
  auto* const lent =
      st::to_dlpack(st::tensor_view<float, 2, 3>(there, st::cuda_device(1)));
  CHECK(lent->dl_tensor.device.device_type == 2);
  CHECK(lent->dl_tensor.device.device_id == 1);
  lent->deleter(lent);
}
