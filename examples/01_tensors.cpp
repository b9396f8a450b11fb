// SPDX-License-Identifier: Apache-2.0
// Tensors: element type and extents are the type; an extent is a number, a named axis or `dyn`.
// A view is the memory of a tensor, or of anything else, under other extents and strides.

#include <sinter/report/print.hpp>
#include <sinter/sinter.hpp>

#include <cstdio>
#include <type_traits>
#include <vector>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};

int main() {
  // Numbers in row-major order; a fresh tensor is zero.
  st::tensor<float, 2, 3> a{1, 2, 3, 4, 5, 6};
  st::tensor<int, 4> zeros;
  st::print(a);
  st::print(zeros);

  // Extents that the type leaves open are given to the constructor, in order. A named axis must
  // have the same extent wherever its name occurs in an expression; `dyn` is known to nobody.
  st::tensor<double, batch, 3> x(2);
  st::tensor<st::f16, st::dyn, st::dyn> h(5, 7);
  st::tensor<float, batch, 1000> noise = st::random::normal(8);
  std::printf("x: %ld x %ld, h: %ld x %ld\n", x.extent(0), x.extent(1), h.extent(0), h.extent(1));
  st::print(noise);

  // One element, checked; the deduced type of an expression's value.
  a(1, 2) = 60;
  st::tensor t = transpose(a) * 2;
  static_assert(std::is_same_v<decltype(t), st::tensor<float, 3, 2>>);
  st::print(t);

  // Inside expressions, transpose, reshape, slice and broadcast are read through other strides:
  // none of them copies.
  st::tensor flat = st::reshape<6>(a);
  st::tensor last = st::slice<1, 1, 3>(a);
  st::print(flat);
  st::print(last);

  // A slice of memory at run time is a view: writing to it writes to the tensor.
  auto column = a.slice(1, 0, 1);
  column = column * 10;
  st::print(a);

  // Memory of others, with strides of its own: every second element, seen as 2 x 2.
  std::vector<float> theirs{1, -1, 2, -1, 3, -1, 4, -1};
  const st::tensor_view<float, 2, 2> seen(theirs.data(), {2, 2}, {4, 2});
  st::tensor total = sum(seen);
  st::print(seen);
  std::printf("their sum: %g\n", static_cast<double>(total.item()));

  const bool right = st::to_string(a) == "[[10.  2.  3.]\n [40.  5. 60.]]" && total.item() == 10 &&
                     t(2, 1) == 120 && flat(5) == 60 && last(1, 0) == 5 && noise.size() == 8000;
  return right ? 0 : 1;
}
