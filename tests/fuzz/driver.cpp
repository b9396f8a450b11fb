// SPDX-License-Identifier: Apache-2.0

// Runs a fuzz target on changed seeds:
//
//   fuzz_NAME [--seconds N | --rounds N] [--seed S] [--keep FOLDER]
//   fuzz_NAME --round R [--seed S]    that file again
//   fuzz_NAME --file PATH             any file
//   fuzz_NAME --seeds FOLDER          writes the files to begin with, for libFuzzer
//
// A file depends on seed and round alone, so what is found does not depend on how far a machine
// comes in its time. What is found is kept in FOLDER: by exceptions that are no io_error, signals,
// sanitizers, more than a minute or more than a gibibyte. Without a number it runs for
// SINTER_FUZZ_SECONDS, else 5; without a seed by SINTER_SEED, else 1.

#include "fuzz/fuzz.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>

#if defined(__SANITIZE_ADDRESS__)
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

namespace {

std::uint64_t state = 1;
std::size_t next(std::size_t n) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<std::size_t>(state >> 33) % n;
}

/// Bytes that readers treat apart: signs, ends of ranges, notation.
char letter() {
  constexpr char special[] = "\0\1\x7f\x80\xff\xfe(){}[]',:\"\\ 0129<>PK";
  return next(2) > 0 ? special[next(sizeof special - 1)] : static_cast<char>(next(256));
}

void change(std::string& bytes, const std::vector<std::string>& seeds) {
  const std::size_t size = bytes.size();
  const std::size_t at = size > 0 ? next(next(2) > 0 ? size : std::min<std::size_t>(size, 64)) : 0;
  const std::size_t length = size > at ? 1 + next(std::min<std::size_t>(size - at, 32)) : 0;
  switch (next(8)) {
    case 0: bytes.resize(at); break;
    case 1: bytes.insert(at, 1 + next(8), letter()); break;
    case 2: bytes.erase(at, length); break;
    case 3: bytes.insert(size > 0 ? next(size) : 0, bytes.substr(at, length)); break;
    case 4: {
      const std::string& other = seeds[next(seeds.size())];
      if (!other.empty()) bytes.replace(at, length, other.substr(next(other.size()), length));
      break;
    }
    case 5:
      for (std::size_t i = 0; i < length && i < 8; ++i) bytes[at + i] = letter();
      break;
    default:
      if (size > 0) bytes[at] = letter();
  }
}

/// What is being read, where it is kept, and how it can be read again: made beforehand, since a
/// program that dies does not allocate.
struct reading {
  std::vector<std::uint8_t> bytes;
  std::string path, again;
};
reading now;

void keep() {
  const auto say = [](const std::string& text) {
    (void)!::write(STDERR_FILENO, text.data(), text.size());
  };
  if (now.path.empty()) return;
  const int file = ::open(now.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  const bool kept = file >= 0 && ::write(file, now.bytes.data(), now.bytes.size()) ==
                                     static_cast<ssize_t>(now.bytes.size());
  say(kept ? "fuzz: the file is kept as " : "fuzz: the file could not be kept as ");
  say(now.path);
  say(now.again);
  now.path.clear();
}

void on_signal(int number) {
  if (number == SIGALRM) (void)!::write(STDERR_FILENO, "fuzz: more than a minute\n", 25);
  keep();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

bool fails(const std::string& why) {
  std::fprintf(stderr, "fuzz: %s\n", why.c_str());
  keep();
  return false;
}

/// Reads `bytes`, which lie on the heap and in their very size, so that the address sanitizer sees
/// a step beyond.
bool run(const std::string& bytes) {
  now.bytes = std::vector<std::uint8_t>(bytes.begin(), bytes.end());
  ::alarm(60);
  try {
    LLVMFuzzerTestOneInput(now.bytes.data(), now.bytes.size());
  } catch (const std::exception& e) {
    return fails(std::string("no io_error but: ") + e.what());
  }
  struct ::rusage used {};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss <= 1 << 20 || fails("more than a gibibyte");  // in kibibytes
}

std::string made(const std::vector<std::string>& seeds, std::uint64_t seed, std::uint64_t round) {
  std::string bytes = seeds[round % seeds.size()];
  state = (seed * 0x9e3779b97f4a7c15u ^ round) * 0xbf58476d1ce4e5b9u;
  if (round >= seeds.size())
    for (std::size_t changes = 1 + next(5); changes > 0; --changes) change(bytes, seeds);
  return bytes;
}

int usage(const char* name) {
  std::fprintf(stderr, "usage: %s [--seconds N | --rounds N | --round R | --file PATH | --seeds "
                       "FOLDER] [--seed S] [--keep FOLDER]\n", name);
  return 2;
}

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr && *text != 0 ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> seeds = fuzz_seeds();
  std::string what = "--seconds", value = std::to_string(setting("SINTER_FUZZ_SECONDS", 5));
  std::string folder = ".";
  std::uint64_t seed = setting("SINTER_SEED", 1);
  for (int i = 1; i < count; i += 2) {
    const std::string word = words[i];
    if (i + 1 == count) return usage(words[0]);
    if (word == "--seed") seed = std::strtoull(words[i + 1], nullptr, 10);
    else if (word == "--keep") folder = words[i + 1];
    else if (word == "--seconds" || word == "--rounds" || word == "--round" || word == "--file" ||
             word == "--seeds")
      what = word, value = words[i + 1];
    else return usage(words[0]);
  }
  if (what == "--seeds") {
    for (std::size_t i = 0; i < seeds.size(); ++i)
      std::ofstream(value + "/seed" + std::to_string(i), std::ios::binary) << seeds[i];
    return 0;
  }
  for (const int number : {SIGABRT, SIGALRM}) std::signal(number, on_signal);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(keep);  // it reports the other signals itself
#else
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(number, on_signal);
#endif
  if (what == "--file") {
    std::ifstream in(value, std::ios::binary);
    if (!in) return usage(words[0]);
    return run({std::istreambuf_iterator<char>(in), {}}) ? 0 : 1;
  }
  const std::uint64_t limit = std::strtoull(value.c_str(), nullptr, 10);
  if (what == "--round") return run(made(seeds, seed, limit)) ? 0 : 1;

  const std::string name = words[0], plain = name.substr(name.rfind('/') + 1);
  const std::string kept = folder + '/' + plain + ".found." + std::to_string(seed) + '.';
  const auto begin = std::chrono::steady_clock::now();
  const auto is_over = [&](std::uint64_t round) {
    return what == "--rounds"
               ? round >= limit
               : std::chrono::steady_clock::now() - begin >= std::chrono::seconds(limit);
  };
  std::uint64_t round = 0;
  for (; !is_over(round); ++round) {
    const std::string number = std::to_string(round);
    now.path = kept + number;
    now.again = "; again: " + plain + " --seed " + std::to_string(seed) + " --round " + number +
                '\n';
    if (!run(made(seeds, seed, round))) return 1;
  }
  std::printf("%llu files of seed %llu were read or refused\n",
              static_cast<unsigned long long>(round), static_cast<unsigned long long>(seed));
}
