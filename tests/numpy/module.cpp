// SPDX-License-Identifier: Apache-2.0

// A shared library for arrays.py: tensors that it hands out, and what it does with those it gets.

#include <sinter/dlpack.hpp>

namespace st = sinter;

namespace {
int freed = 0;
}

extern "C" {

int freed_tensors() { return freed; }

/// 0, 1, ... 5 as [2, 3], in memory that counts when it goes.
void* lend(int versioned) {
  auto* const data = new float[6]{0, 1, 2, 3, 4, 5};
  const auto release = [](float* p) {
    ++freed;
    delete[] p;
  };
  st::tensor<float, st::dyn, 3> x(st::adopt(data, release), 2);
  if (versioned != 0) return st::to_dlpack(x);
  return st::to_dlpack<st::dlpack::managed_tensor>(x);
}

void* lend_constant() {
  const st::tensor<std::int16_t, 3> x{7, 8, 9};
  return st::to_dlpack(x);
}

/// The sum of a matrix of doubles with any strides, before version 1 or of it; -1 if it is refused.
double sum_of(void* managed, int versioned) {
  using matrix = st::tensor_view<const double, st::dyn, st::dyn>;
  try {
    const auto x =
        versioned != 0
            ? st::from_dlpack<matrix>(static_cast<st::dlpack::managed_tensor_versioned*>(managed))
            : st::from_dlpack<matrix>(static_cast<st::dlpack::managed_tensor*>(managed));
    return st::tensor(sum(x)).item();
  } catch (const st::error&) {
    return -1;
  }
}

/// Takes a vector, adds 1 to it in its place, and gives it back; 0 if it is refused.
int raise_all(void* managed, int versioned) {
  using vector = st::tensor<double, st::dyn>;
  try {
    auto x = versioned != 0
                 ? st::from_dlpack<vector>(
                       static_cast<st::dlpack::managed_tensor_versioned*>(managed))
                 : st::from_dlpack<vector>(static_cast<st::dlpack::managed_tensor*>(managed));
    x = x + 1;
    return 1;
  } catch (const st::error&) {
    return 0;
  }
}

}  // extern "C"
