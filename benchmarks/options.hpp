// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a benchmark is told on its command line. The numbers are checked here: a benchmark that ran
// for minutes on what was misread would be worse than none.

#include <sinter/core/error.hpp>

#include <charconv>
#include <string>

namespace bench {

struct options {
  std::string filter, json;
  int rounds = 21;
  double milliseconds = 20;  ///< of a round
  int threads = 0;           ///< 0: as many as OpenMP gives
};

namespace detail {

/// All of `text` as a number that is at least `least`.
/// @errors value_error, with the option and what it wants
template <class T>
T number(const std::string& option, const std::string& text, T least, const char* wants) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [rest, mistake] = std::from_chars(text.data(), end, value);
  if (mistake != std::errc{} || rest != end || !(value >= least))
    throw sinter::value_error(option + " wants " + wants + ", and got '" + text + "'");
  return value;
}

}  // namespace detail

/// --filter PATTERN, --json FILE, --rounds N, --ms N, --threads N.
/// @errors value_error: an option that there is none of, or that has no value or a wrong one
inline options parse(int argc, const char* const* argv) {
  options o;
  for (int i = 1; i < argc; i += 2) {
    const std::string key = argv[i];
    const bool known = key == "--filter" || key == "--json" || key == "--rounds" || key == "--ms" ||
                       key == "--threads";
    if (!known)
      throw sinter::value_error("there is no option '" + key + "'; there are --filter PATTERN, "
                                "--json FILE, --rounds N, --ms N and --threads N");
    if (i + 1 == argc) throw sinter::value_error(key + " wants a value");
    const std::string value = argv[i + 1];
    constexpr const char* whole = "a whole number from 1 on";
    if (key == "--filter") o.filter = value;
    if (key == "--json") o.json = value;
    if (key == "--rounds") o.rounds = detail::number(key, value, 1, whole);
    if (key == "--threads") o.threads = detail::number(key, value, 1, whole);
    if (key == "--ms")
      o.milliseconds = detail::number(key, value, 0.01, "milliseconds, 0.01 or more");
  }
  return o;
}

}  // namespace bench
