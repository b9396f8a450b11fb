// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The tensors that archive_cases.py puts into files, and those files.

#include "unit/files.hpp"

#include <sinter/sinter.hpp>
#include <sinter/io/archive.hpp>

#include <vector>

inline const std::string& archive(const std::string& name) {
  static const stored_file all[] = {
#include "unit/archive_cases.inc"
  };
  static const std::map<std::string, std::string> made = by_name(all);
  return made.at(name);
}

/// The seven tensors of TENSORS.
inline std::vector<sinter::named_tensor> archive_tensors() {
  using namespace sinter;
  return {{"weight", tensor<float, 2, 3>{-2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f}},
          {"bias", tensor<double, 3>{0.5, -1, 3}},
          {"steps", tensor<std::int64_t>(std::int64_t{7})},
          {"mask", tensor<bool, 3>{true, false, true}},
          {"bytes", tensor<std::uint8_t, 5>{0, 1, 2, 3, 4}},
          {"half", tensor<f16, 2>{f16(1.f), f16(-2.f)}},
          {"nothing", tensor<std::int32_t, dyn, 3>(0)}};
}

template <class File> void check_tensors(const File& file) {
  using namespace sinter;
  REQUIRE(file.names().size() == 7);
  const auto weight = file.template load<tensor<float, dyn, 3>>("weight");
  CHECK(weight.extent(0) == 2);
  CHECK(weight(1, 2) == 2.5f);
  CHECK(file.template load<tensor<double, dyn>>("bias")(2) == 3);
  CHECK(file.template load<tensor<std::int64_t>>("steps").item() == 7);
  const auto mask = file.template load<tensor<bool, 3>>("mask");
  CHECK((mask(0) && !mask(1) && mask(2)));
  CHECK(file.template load<tensor<std::uint8_t, 5>>("bytes")(4) == 4);
  CHECK(static_cast<float>(file.template load<tensor<f16, 2>>("half")(1)) == -2);
  CHECK(file.template load<tensor<std::int32_t, dyn, 3>>("nothing").size() == 0);
}
