// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What tests of files have in common: a folder of their own, files in it, mistakes, damage.

#include <doctest/doctest.h>

#include <sinter/core/error.hpp>

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <string>

/// A folder of this test, removed at the end. With the environment's variable it is that folder,
/// and stays.
struct test_folder {
  std::filesystem::path path;
  bool stays;
  explicit test_folder(const char* variable) : stays(std::getenv(variable) != nullptr) {
    path = stays ? std::filesystem::path(std::getenv(variable))
                 : std::filesystem::temp_directory_path() /
                       ("sinter_files_" + std::to_string(::getpid()));
    std::filesystem::create_directories(path);
  }
  ~test_folder() {
    if (!stays) std::filesystem::remove_all(path);
  }
  std::string file(const std::string& name) const { return (path / name).string(); }
};

/// A file that a script has put into an .inc beside it.
struct stored_file {
  const char *name, *bytes;
  std::size_t size;
};
template <std::size_t N>
std::map<std::string, std::string> by_name(const stored_file (&files)[N]) {
  std::map<std::string, std::string> all;
  for (const stored_file& f : files) all.emplace(f.name, std::string(f.bytes, f.size));
  return all;
}

inline std::string file_content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

template <class F> std::string io_mistake(F&& f) {
  try {
    f();
  } catch (const sinter::io_error& e) {
    return e.what();
  }
  return "none";
}

inline void check_says(const std::string& text, const char* part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
}
