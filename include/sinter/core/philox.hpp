// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Counter-based random words, and the numbers that are made of them: element i of stream s under
/// seed k is a function of (k, s, i), so it is the same on every machine, for any number of
/// threads, in a loop that fills a tensor and in a kernel.
/// @source Philox 4x32-10: Salmon, Moraes, Dror and Shaw, SC 2011, doi:10.1145/2063384.2063405

#include <cstdint>
#include <type_traits>

#include "sinter/core/math.hpp"

namespace sinter::random {

/// Four random words of a counter.
struct block {
  std::uint32_t word[4];
};

namespace detail {

/// Words as lanes of 64 bits: a scalar or a vector.
template <class Word> struct wide_block {
  Word word[4];
};

template <class Word>
SINTER_HD SINTER_INLINE constexpr wide_block<Word> philox(Word seed, Word stream, Word counter) {
  const Word low(std::uint64_t{0xffffffffu});
  Word k0 = seed & low, k1 = seed >> 32;
  Word w0 = counter & low, w1 = counter >> 32, w2 = stream & low, w3 = stream >> 32;
  for (int round = 0; round < 10; ++round) {
    const Word p0 = Word(std::uint64_t{0xD2511F53u}) * w0;
    const Word p1 = Word(std::uint64_t{0xCD9E8D57u}) * w2;
    w0 = (p1 >> 32) ^ w1 ^ k0;
    w1 = p1 & low;
    w2 = (p0 >> 32) ^ w3 ^ k1;
    w3 = p0 & low;
    k0 = (k0 + Word(std::uint64_t{0x9E3779B9u})) & low;
    k1 = (k1 + Word(std::uint64_t{0xBB67AE85u})) & low;
  }
  return {{w0, w1, w2, w3}};
}

/// All bits where bit `bit` of x is set.
template <class Word> SINTER_HD SINTER_INLINE constexpr Word spread_bit(Word x, int bit) {
  return Word(std::uint64_t{0}) - ((x >> bit) & Word(std::uint64_t{1}));
}
template <class Word> SINTER_HD SINTER_INLINE constexpr Word choose(Word mask, Word a, Word b) {
  return b ^ ((a ^ b) & mask);
}

/// The upper 24 bits of the two words of the pair that an element is in, the even one's below.
template <class Word>
SINTER_HD SINTER_INLINE constexpr Word pair_of(Word seed, Word stream, Word element) {
  const wide_block<Word> b = philox(seed, stream, element >> 2);
  const Word upper = spread_bit(element, 1);
  const Word even = choose(upper, b.word[2], b.word[0]), odd = choose(upper, b.word[3], b.word[1]);
  return (even >> 8) | ((odd >> 8) << 24);
}

/// The upper 24 bits of an element's word.
template <class Word>
SINTER_HD SINTER_INLINE constexpr Word bits_of(Word seed, Word stream, Word element) {
  const wide_block<Word> b = philox(seed, stream, element >> 2);
  const Word upper = spread_bit(element, 1), odd = spread_bit(element, 0);
  return choose(odd, choose(upper, b.word[3], b.word[1]), choose(upper, b.word[2], b.word[0])) >> 8;
}

}  // namespace detail

constexpr block philox(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
  const detail::wide_block<std::uint64_t> b = detail::philox(seed, stream, counter);
  return {{static_cast<std::uint32_t>(b.word[0]), static_cast<std::uint32_t>(b.word[1]),
           static_cast<std::uint32_t>(b.word[2]), static_cast<std::uint32_t>(b.word[3])}};
}

/// In (0, 1), from 24 bits.
constexpr double to_unit(std::uint32_t word) { return ((word >> 8) + 0.5) / 16777216.0; }

/// cos(2 pi turn). On a device by a function without the case of huge arguments, which needs a
/// stack.
template <class T> SINTER_HD SINTER_INLINE constexpr T cosine_of_turn(T turn) {
#if defined(__CUDA_ARCH__)
  if constexpr (std::is_same_v<T, double>) return ::cospi(2 * turn);
#endif
  return math::cos(T(6.283185307179586) * turn);
}

/// A standard normal number of two uniform ones; the second of a pair has `turn` less a quarter.
/// @source Box and Muller 1958, doi:10.1214/aoms/1177706645
template <class T> SINTER_HD SINTER_INLINE constexpr T normal_of(T unit, T turn) {
  return math::sqrt(T(-2) * math::log(unit)) * cosine_of_turn(turn);
}

}  // namespace sinter::random
