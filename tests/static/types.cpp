// SPDX-License-Identifier: Apache-2.0

// What an expression's own tensor is: extents, names and element types, deduced by the compiler.

#include <sinter/sinter.hpp>

#include <type_traits>

namespace st = sinter;
using st::dyn;

namespace static_types {

inline constexpr st::axis batch{"batch"};
inline constexpr st::axis item{"item"};

template <class T, st::extent_t... E> using t = st::tensor<T, E...>;

/// The tensor that `st::tensor y = expression` declares. Never run: operands are only named.
template <class X> using own = decltype(st::tensor(std::declval<X>()));
template <class Got, class Want> inline constexpr bool same = std::is_same_v<Got, Want>;

#define SINTER_OWN(...) own<decltype(__VA_ARGS__)>

// Operands, by the letters of their extents.
extern t<float> scalar;
extern t<float, 3> x3;
extern t<float, 2, 3> x23;
extern t<float, 3, 4> x34;
extern t<float, 1, 3> x13;
extern t<float, dyn, 3> xd3;
extern t<float, batch, 3> xb3;
extern t<float, batch> xb;
extern t<int, batch> label;
extern t<float, item, batch> xib;
extern t<double, 2, 2, 2, 2, 2, 2> x6;
extern t<std::int8_t, 5, 1, 4, 1> x4;

// Elementwise, with NumPy's broadcasting.
static_assert(same<SINTER_OWN(relu(x23)), t<float, 2, 3>>, "relu: [2,3]");
static_assert(same<SINTER_OWN(x23 + x3), t<float, 2, 3>>, "add: [2,3] + [3]");
static_assert(same<SINTER_OWN(x3 + x23), t<float, 2, 3>>, "add: [3] + [2,3]");
static_assert(same<SINTER_OWN(x23 * x13), t<float, 2, 3>>, "mul: [2,3] * [1,3]");
static_assert(same<SINTER_OWN(xd3 + x13), t<float, dyn, 3>>, "add: [dyn,3] + [1,3]");
static_assert(same<SINTER_OWN(xd3 + x23), t<float, 2, 3>>, "add: [dyn,3] + [2,3] is 2 rows");
static_assert(same<SINTER_OWN(xb3 * scalar), t<float, batch, 3>>, "mul: a named axis stays");
static_assert(same<SINTER_OWN(xb3 - xd3), t<float, batch, 3>>, "sub: a name wins over dyn");
static_assert(same<SINTER_OWN(x6 + scalar), t<double, 2, 2, 2, 2, 2, 2>>, "add: rank 6");
static_assert(same<SINTER_OWN(scalar + 1), t<float>>, "add: rank 0");

// Products.
static_assert(same<SINTER_OWN(matmul(x23, x34)), t<float, 2, 4>>, "matmul: [2,3] x [3,4]");
static_assert(same<SINTER_OWN(matmul(xb3, x34)), t<float, batch, 4>>, "matmul: named rows");
static_assert(same<SINTER_OWN(matmul(xib, xb3)), t<float, item, 3>>, "matmul: named inner axis");
static_assert(same<SINTER_OWN(matmul(x3, x34)), t<float, 4>>, "matmul: a row");
static_assert(same<SINTER_OWN(matmul(x23, x3)), t<float, 2>>, "matmul: a column");
static_assert(same<SINTER_OWN(matmul(x3, x3)), t<float>>, "matmul: row by column");
static_assert(same<SINTER_OWN(matmul(x6, x6)), t<double, 2, 2, 2, 2, 2, 2>>, "matmul: batches");

// Views and reductions.
static_assert(same<SINTER_OWN(transpose(xb3)), t<float, 3, batch>>, "transpose: [batch,3]");
static_assert(same<SINTER_OWN(st::permute<3, 0, 1, 2>(x4)), t<std::int8_t, 1, 5, 1, 4>>);
static_assert(same<SINTER_OWN(st::reshape<3, 2>(x23)), t<float, 3, 2>>, "reshape: [2,3]");
static_assert(same<SINTER_OWN(st::reshape<dyn>(x23)), t<float, 6>>, "reshape: dyn is what is left");
static_assert(same<SINTER_OWN(st::reshape<dyn, 3>(xd3)), t<float, dyn, 3>>, "reshape: [dyn,3]");
static_assert(same<SINTER_OWN(st::reshape<batch, 3, 1>(xb3)), t<float, batch, 3, 1>>);
static_assert(same<SINTER_OWN(st::slice<1, 1, -1>(x34)), t<float, 3, 2>>, "slice: [3,4]");
static_assert(same<SINTER_OWN(st::unsqueeze<-1>(xb)), t<float, batch, 1>>, "unsqueeze: [batch]");
static_assert(same<SINTER_OWN(st::broadcast<5, 2, 3>(x13)), t<float, 5, 2, 3>>);
static_assert(same<SINTER_OWN(sum(x23)), t<float>>, "sum: of everything");
static_assert(same<SINTER_OWN(st::sum<0>(xb3)), t<float, 3>>, "sum: a named axis");
static_assert(same<SINTER_OWN(st::sum<st::keep, -1>(xb3)), t<float, batch, 1>>, "sum: kept axis");
static_assert(same<SINTER_OWN(st::max<1, 3, 5>(x6)), t<double, 2, 2, 2>>, "max: three axes");
static_assert(same<SINTER_OWN(argmax(xb3)), t<int, batch>>, "argmax: [batch,3] -> [batch], i32");
static_assert(same<SINTER_OWN(softmax(xb3)), t<float, batch, 3>>, "softmax: keeps its shape");
static_assert(same<SINTER_OWN(cross_entropy(xb3, label)), t<float, batch>>, "cross_entropy");
static_assert(same<SINTER_OWN(mean(cross_entropy(xb3, label))), t<float>>, "mean: of a loss");

// Element types.
template <class A, class B> using sum_type = typename SINTER_OWN(
    std::declval<const t<A, 2>&>() + std::declval<const t<B, 2>&>())::element;
static_assert(same<sum_type<st::f16, st::f16>, st::f16>, "add: f16 + f16 is stored as f16");
static_assert(same<sum_type<st::f16, st::bf16>, float>, "add: f16 + bf16");
static_assert(same<sum_type<st::bf16, float>, float>, "add: bf16 + f32");
static_assert(same<sum_type<float, double>, double>, "add: f32 + f64");
static_assert(same<sum_type<std::int64_t, st::f16>, st::f16>, "add: i64 + f16 stays narrow");
static_assert(same<sum_type<std::uint8_t, std::int8_t>, std::int16_t>, "add: u8 + i8");
static_assert(same<sum_type<std::uint64_t, int>, std::int64_t>, "add: u64 + i32");
static_assert(same<sum_type<bool, std::uint8_t>, std::uint8_t>, "add: bool + u8");

static_assert(same<SINTER_OWN(x3 * 2), t<float, 3>>, "mul: a number takes the tensor's type");
static_assert(same<SINTER_OWN(x3 * 2.0), t<float, 3>>, "mul: a double does not widen f32");
static_assert(same<SINTER_OWN(x4 * 2), t<std::int8_t, 5, 1, 4, 1>>, "mul: nor an int i8");
static_assert(same<SINTER_OWN(label * 0.5), t<float, batch>>, "mul: a fraction makes floats");
static_assert(same<SINTER_OWN(label / 2), t<float, batch>>, "div: of integers is f32");
static_assert(same<SINTER_OWN(exp(label)), t<float, batch>>, "exp: of integers is f32");
static_assert(same<SINTER_OWN(x3 < 1), t<bool, 3>>, "less: is bool");
static_assert(same<SINTER_OWN(x3 < 1 && x3 != 0), t<bool, 3>>, "and: is bool");
static_assert(same<SINTER_OWN(where(x3 < 0, 0, x3)), t<float, 3>>, "where: a number and f32");
static_assert(same<SINTER_OWN(st::cast<st::bf16>(x23)), t<st::bf16, 2, 3>>, "cast: to bf16");
static_assert(same<SINTER_OWN(sum(x4)), t<std::int64_t>>, "sum: of i8 is i64");
static_assert(same<SINTER_OWN(mean(x4)), t<float>>, "mean: of i8 is f32");
static_assert(same<SINTER_OWN(sum(x3 < 1)), t<std::int64_t>>, "sum: of bool counts");
static_assert(same<SINTER_OWN(st::max<0>(x3 < 1)), t<bool>>, "max: of bool is any");

// Names and extents.
static_assert(st::axis_name(batch) != st::axis_name(item));
static_assert(!st::is_static(batch) && st::is_named(batch) && !st::is_named(dyn));
static_assert(t<float, batch, 3>::rank == 2 && t<float>::rank == 0);
static_assert(st::name_text(st::axis_name(batch)).length == 5);

// The members of structures, built-in arrays among them.
struct arrays {
  t<float, 4, 4> block[33];
  t<float> scale;
  t<float, 2> one[1];
  t<float, 2> grid[2][3];
  int count;
};
struct nested {
  arrays inner;
  t<float> outer;
  double numbers[7];
};
struct nothing {};
static_assert(st::detail::member_count<arrays>() == 5);
static_assert(st::detail::member_count<nested>() == 3);
static_assert(st::detail::member_count<nothing>() == 0);

}  // namespace static_types
