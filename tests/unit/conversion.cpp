// SPDX-License-Identifier: Apache-2.0

// Elements of files in another type than the tensor's: every pair of types at the edges of what
// they hold, in long double, and each format.

#include "unit/files.hpp"

#include <sinter/csv.hpp>
#include <sinter/idx.hpp>
#include <sinter/npz.hpp>
#include <sinter/safetensors.hpp>

#include <cmath>
#include <limits>

namespace st = sinter;
using st::conversion;
using st::dyn;

namespace {

/// What is special to some type: ends of ranges, ties of roundings, what is no number.
std::vector<double> edges() {
  std::vector<double> all{0, -0.0, 0.5, 1, 1.5, 2.5, 0.1, 1e-310, 0x1p-149, 0x1p-150, 0x1p-24,
                          447, 448, 464, 465, 57344, 61439, 61440, 65504, 65519, 65520,
                          0x1.fep127, 0x1.feffp127, 0x1.ffp127, 0x1.fffffep127, 0x1.ffffffp127,
                          1e300, INFINITY, NAN};
  for (int bits : {7, 8, 10, 11, 15, 16, 24, 31, 32, 53, 63, 64})
    for (double next : {-1.0, 0.0, 0.5, 1.0}) all.push_back(std::ldexp(1, bits) + next);
  const std::size_t count = all.size();
  for (std::size_t i = 0; i < count; ++i) all.push_back(-all[i]);
  return all;
}

template <class T> constexpr long double largest() {
  if constexpr (std::is_same_v<T, st::e4m3>) return 448;
  else if constexpr (std::is_same_v<T, st::e5m2>) return 57344;
  else if constexpr (std::is_same_v<T, st::f16>) return 65504;
  else if constexpr (std::is_same_v<T, st::bf16>) return 0x1.fep127L;
  else return std::numeric_limits<T>::max();
}
template <class T> constexpr int digits() {
  if constexpr (std::is_same_v<T, st::e4m3>) return 4;
  else if constexpr (std::is_same_v<T, st::e5m2>) return 3;
  else if constexpr (std::is_same_v<T, st::f16>) return 11;
  else if constexpr (std::is_same_v<T, st::bf16>) return 8;
  else return std::numeric_limits<T>::digits;
}
template <class T> constexpr int least_exponent() {  // of the last bit
  if constexpr (std::is_same_v<T, st::e4m3>) return -9;
  else if constexpr (std::is_same_v<T, st::e5m2>) return -16;
  else if constexpr (std::is_same_v<T, st::f16>) return -24;
  else if constexpr (std::is_same_v<T, st::bf16>) return -133;
  else return std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits;
}

/// What a type makes of a number, by its definition; NaN in `fits` if it holds no such number.
template <class T> long double rounded(long double x, bool& fits) {
  fits = true;
  if constexpr (std::is_same_v<T, bool>) return x != 0;
  else if constexpr (std::is_integral_v<T>) {
    const long double whole = std::trunc(x);
    fits = whole >= static_cast<long double>(std::numeric_limits<T>::min()) &&
           whole <= static_cast<long double>(std::numeric_limits<T>::max());
    return whole;
  } else {
    if (std::isnan(x)) return x;
    if (std::isinf(x)) {
      fits = !std::is_same_v<T, st::e4m3> && !std::is_same_v<T, st::e5m2>;
      return x;
    }
    if (x == 0) return x;
    const int last = std::max(std::ilogb(x) + 1 - digits<T>(), least_exponent<T>());
    const long double value = std::ldexp(std::nearbyint(std::ldexp(x, -last)), last);
    fits = std::abs(value) <= largest<T>();
    return value;
  }
}

template <class T> std::string text_of(const T& x) {
  return {reinterpret_cast<const char*>(&x), sizeof x};
}

template <class From, class To> void check_pair() {
  CAPTURE(st::properties(st::dtype_of<From>).name);
  CAPTURE(st::properties(st::dtype_of<To>).name);
  int wrong = 0;
  double last = 0;
  for (const double edge : edges()) {
    bool exists = false;
    const long double stored = rounded<From>(edge, exists);
    if (!exists || (std::is_integral_v<From> && std::isnan(edge))) continue;
    From from;
    if constexpr (std::is_integral_v<From>) from = static_cast<From>(stored);
    else from = static_cast<From>(edge);
    const long double x = static_cast<long double>(from);
    bool fits = false;
    const long double want = rounded<To>(x, fits);
    const bool exactly = fits && (want == x || (std::isnan(x) && std::isnan(want)));
    for (const bool lossless : {false, true}) {
      To to{};
      std::string value;
      const auto* const bytes = reinterpret_cast<const unsigned char*>(&from);
      const bool done = st::detail::convert_elements(st::dtype_of<From>, bytes, 1, lossless, &to,
                                                     value) == 1;
      const long double got = static_cast<long double>(to);
      const bool same = got == want || (std::isnan(got) && std::isnan(want));
      if (done == (lossless ? exactly : fits) && (same || !done)) continue;
      ++wrong;
      last = edge;
    }
  }
  CAPTURE(last);
  CHECK(wrong == 0);
}
template <class From> void check_all() {
  const auto to = []<class... To>(std::tuple<To...>*) { (check_pair<From, To>(), ...); };
  to(static_cast<std::tuple<bool, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t,
                            std::int8_t, std::int16_t, std::int32_t, std::int64_t, st::e4m3,
                            st::e5m2, st::f16, st::bf16, float, double>*>(nullptr));
}

}  // namespace

TEST_CASE_TEMPLATE("convert: edges of every type to every type, against long double", T, bool,
                   std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t, std::int8_t,
                   std::int16_t, std::int32_t, std::int64_t, st::e4m3, st::e5m2, st::f16, st::bf16,
                   float, double) {
  check_all<T>();
}

TEST_CASE("convert: npy, both orders of bytes and of axes, and what does not fit by its place") {
  const test_folder here("SINTER_CONVERT_FOLDER");
  st::tensor<std::int64_t, dyn, 3> x(4000);  // more than a piece
  for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = i % 100 - 50;
  st::save_npy(here.file("x.npy"), x);
  const auto y = st::load_npy<st::tensor<float, dyn, 3>, conversion::lossless>(here.file("x.npy"));
  int wrong = 0;
  for (std::int64_t i = 0; i < x.size(); ++i)
    wrong += y.data()[i] != static_cast<float>(i % 100 - 50);
  CHECK(wrong == 0);
  x(3333, 1) = 128;
  st::save_npy(here.file("x.npy"), x);
  const auto refusal = [&]<class Tensor, conversion How>() {
    return io_mistake([&] { (void)st::load_npy<Tensor, How>(here.file("x.npy")); });
  };
  check_says(refusal.operator()<st::tensor<std::int8_t, dyn, 3>, conversion::any>(),
             "its element at [3333, 1] is 128, which i8 does not hold");
  check_says(refusal.operator()<st::tensor<float, dyn, 3>, conversion::none>(),
             "its elements are '<i8', and the tensor's f32; conversion::lossless or");

  // Columns first, big endian: [[1, 2.5], [-3, 1e10]].
  std::string bytes = "\x93NUMPY\x01";
  const std::string header = "{'descr': '>f8', 'fortran_order': True, 'shape': (2, 2), }      \n";
  bytes += std::string{'\0', static_cast<char>(header.size()), '\0'} + header;
  for (double v : {1.0, -3.0, 2.5, 1e10}) {
    std::string number = text_of(v);
    std::reverse(number.begin(), number.end());
    bytes += number;
  }
  using pair = st::tensor<float, 2, 2>;
  const auto z = st::load_npy<pair, conversion::lossless>(bytes_of(bytes));
  CHECK((z(0, 0) == 1 && z(0, 1) == 2.5f && z(1, 0) == -3 && z(1, 1) == 1e10f));
  using whole = st::tensor<std::int16_t, 2, 2>;
  check_says(io_mistake([&] { (void)st::load_npy<whole, conversion::lossless>(bytes_of(bytes)); }),
             "its element at [0, 1] is 2.5, which i16 does not hold as it is; conversion::any");
  check_says(io_mistake([&] { (void)st::load_npy<whole, conversion::any>(bytes_of(bytes)); }),
             "its element at [1, 1] is 1e+10, which i16 does not hold");
  const auto low = st::load_npy<st::tensor<st::bf16, 2, 2>, conversion::any>(bytes_of(bytes));
  CHECK(static_cast<float>(low(0, 1)) == 2.5f);
  CHECK(st::load_npy<st::tensor<bool, 2, 2>, conversion::any>(bytes_of(bytes))(1, 1));
}

TEST_CASE("convert: npz and structures, safetensors, idx, csv") {
  const test_folder here("SINTER_CONVERT_FOLDER");
  struct stored {
    st::tensor<double, 2> a{0.1, 2};
    st::tensor<std::uint8_t, 3> b{1, 2, 255};
  };
  struct wanted {
    st::tensor<float, 2> a;
    st::tensor<float, dyn> b;
  };
  st::save_npz(here.file("x.npz"), stored{});
  st::save_safetensors(here.file("x.safetensors"), stored{});
  const auto a = st::load_npz<wanted, conversion::any>(here.file("x.npz"));
  const auto b = st::load_safetensors<wanted, conversion::any>(here.file("x.safetensors"));
  CHECK((a.a(0) == 0.1f && a.b(2) == 255 && b.a(0) == 0.1f && b.b(2) == 255));
  check_says(io_mistake([&] {
               (void)st::load_safetensors<wanted, conversion::lossless>(here.file("x.safetensors"));
             }),
             "its element at [0] is 0.1, which f32 does not hold as it is");
  const st::npz_file file(here.file("x.npz"));
  CHECK(file.load<st::tensor<st::f16, 3>, conversion::lossless>("1")(1) == 2);
  check_says(io_mistake([&] { (void)file.load<st::tensor<st::f16, 3>>("1"); }),
             "its elements are '|u1', and the tensor's f16");

  const std::string idx{0, 0, 8, 1, 0, 0, 0, 2, 7, '\xff'};
  const auto pixels = st::load_idx<st::tensor<st::bf16, dyn>, conversion::lossless>(bytes_of(idx));
  CHECK((static_cast<float>(pixels(0)) == 7 && static_cast<float>(pixels(1)) == 255));
  check_says(io_mistake([&] {
               (void)st::load_idx<st::tensor<std::int8_t, dyn>, conversion::any>(bytes_of(idx));
             }),
             "its element at [1] is 255, which i8 does not hold");

  const std::string csv = "1.5,-0.1\n";
  const auto cut = st::load_csv<st::tensor<int, 1, 2>, conversion::any>(bytes_of(csv));
  CHECK((cut(0, 0) == 1 && cut(0, 1) == 0));
  using line = st::tensor<float, 1, 2>;
  CHECK(st::load_csv<line>(bytes_of(csv))(0, 1) == -0.1f);
  check_says(io_mistake([&] { (void)st::load_csv<line, conversion::lossless>(bytes_of(csv)); }),
             "row 1, column 2: -0.1 is no f32");
}
