// SPDX-License-Identifier: Apache-2.0
// What the compiler can see, it refuses: `matmul` of [2, 3] with [4, 5] does not compile. The rest
// is found out when a call begins, before anything is written, and says what was asked, what was
// found and what to do.

#include <sinter/io/csv.hpp>
#include <sinter/report/print.hpp>
#include <sinter/sinter.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};

/// Whether `run` throws an Error; prints what it says.
template <class Error> bool refuses(auto run) {
  try {
    run();
  } catch (const Error& e) {
    std::printf("- %s\n", e.what());
    return true;
  } catch (const st::error& e) {
    std::printf("- of another kind: %s\n", e.what());
    return false;
  }
  std::printf("- nothing was refused\n");
  return false;
}

int main() {
  bool right = true;

  // Extents that only meet at run time, dynamic or by name.
  st::tensor<float, st::dyn, st::dyn> a(2, 3), b(4, 5);
  st::tensor<float, batch, 8> scores(3);
  st::tensor<std::int32_t, batch> two(2);
  st::tensor<float, st::dyn, st::dyn> result(1, 1);
  result(0, 0) = 7;
  right &= refuses<st::shape_error>([&] { result = matmul(a, b); });
  right &= refuses<st::shape_error>([&] { st::tensor y = cross_entropy(scores, two); });
  right &= refuses<st::shape_error>([&] { a(2, 0) = 1; });
  right &= refuses<st::shape_error>([&] { a.slice(0, 1, 5); });

  // Values outside what an operation is defined for.
  st::tensor<std::int32_t, batch> label{0, 8, 1};
  right &= refuses<st::value_error>([&] { st::tensor y = cross_entropy(scores, label); });

  // Memory that no machine has, and more than this one gives.
  right &= refuses<st::memory_error>([] {
    st::tensor<float, st::dyn, st::dyn>(std::int64_t{1} << 40, std::int64_t{1} << 40);
  });
  right &= refuses<st::memory_error>([] {
    st::tensor<double, st::dyn>(std::int64_t{1} << 58);
  });

  // Files: missing, or malformed in some line.
  right &= refuses<st::io_error>([] { st::read_csv("no/such/file.csv"); });
  const char* folder = std::getenv("SINTER_OUTPUT");
  const std::string path = std::string(folder != nullptr ? folder : ".") + "/malformed.csv";
  std::ofstream(path) << "1,2,3\n4,five,6\n";
  right &= refuses<st::io_error>([&] { st::read_csv(path); });
  std::remove(path.c_str());

  // A failed call left its result as it was.
  right &= result(0, 0) == 7 && result.size() == 1;
  return right ? 0 : 1;
}
