// SPDX-License-Identifier: Apache-2.0
// Memory that is not ours, without copies: seen as a tensor, adopted by one, and shared with other
// libraries by DLPack, as PyTorch, NumPy, JAX and CuPy exchange arrays.

#include <sinter/dlpack.hpp>

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};

/// Stands for another library: it doubles what it is given, and says when it is done with it.
void other_library(st::dlpack::managed_tensor_versioned* x) {
  auto* const data = static_cast<float*>(x->dl_tensor.data);
  for (int i = 0; i < 4; ++i) data[i] *= 2;
  x->deleter(x);
}

int main() {
  // Seen: the vector stays the program's, and what is assigned goes there.
  std::vector<float> samples(32 * 64, 1.f);
  const st::tensor_view<float, batch, 64> seen(samples);
  seen = seen * 2;
  std::printf("seen: %g\n", static_cast<double>(samples[7]));

  // Any strides: every second row, from the last one up.
  const st::tensor_view<const float, 16, 64> rows(&samples[31 * 64], {16, 64}, {-2 * 64, 1});
  const st::tensor total = sum(rows);
  std::printf("every second row: %g\n", static_cast<double>(total.item()));

  // Owned: the vector moves into a tensor; other memory comes with what gives it back.
  st::tensor<float, batch, 64> x(st::adopt(std::move(samples)));
  auto* const memory = static_cast<float*>(std::calloc(10, sizeof(float)));
  st::tensor<float, st::dyn> zeros(st::adopt(memory, [](float* p) { std::free(p); }), 10);
  zeros = zeros + 1;  // in the same place
  std::printf("owned: %g, %g\n", static_cast<double>(x(31, 63)), static_cast<double>(memory[9]));

  // Shared: the other side keeps the memory as long as it needs it.
  st::tensor<float, 2, 2> shared{1, 2, 3, 4};
  other_library(st::to_dlpack(shared));
  std::printf("shared: %g\n", static_cast<double>(shared(1, 1)));

  // And from there: a tensor that owns what it is given, once type and extents are as they must be.
  auto* const given = st::to_dlpack(st::tensor<float, 3>{5, 6, 7});
  try {
    (void)st::from_dlpack<st::tensor<double, st::dyn>>(given);
  } catch (const st::value_error& e) {
    std::printf("%s\n", e.what());
  }
  const auto taken = st::from_dlpack<st::tensor<float, st::dyn>>(given);

  const bool right = x(31, 63) == 2 && total.item() == 2 * 16 * 64 && memory[9] == 1 &&
                     shared(1, 1) == 8 && taken(2) == 7;
  return right ? 0 : 1;
}
