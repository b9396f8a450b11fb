// SPDX-License-Identifier: Apache-2.0
// Tensor-core operations of one warp: ldmatrix, stmatrix, mma.sync.
#include <bit>
#include <cmath>
#include <cstring>

#include "kernel/emulator/engine.hpp"
#include "sinter/core/float8.hpp"

namespace sinter::emulator {

namespace {

struct matrix_argument {
  std::uint32_t* registers;
  shared_place place;
  int count;
  bool transposed;
  site at;
};

constexpr int row_bytes = 16;

// Where a register of a lane lies in its 8 x 8 tile, as row and column of its two elements.
struct element_place {
  int row, column;
};
element_place place_of(int lane, int k, bool transposed) {
  const element_place p{lane / 4, lane % 4 * 2 + k};
  return transposed ? element_place{p.column, p.row} : p;
}

// The rows that the lanes point to; a row that is not there is all ones, which is NaN in all types.
void each_row(engine& machine, thread* const* lanes, void* const* data, bool writes,
              unsigned char* (&rows)[32], unsigned char (&nowhere)[row_bytes]) {
  std::memset(nowhere, 0xff, row_bytes);
  const auto& first = *static_cast<const matrix_argument*>(data[0]);
  for (int i = 0; i < 8 * first.count; ++i) {
    const auto& m = *static_cast<const matrix_argument*>(data[i]);
    thread& t = *lanes[i];
    rows[i] = nowhere;
    if (!machine.inside(t, m.place, row_bytes, row_bytes, m.at.location)) continue;
    const epoch e = machine.now(t, m.at.location);
    if (writes) {
      machine.note_write(t, m.place, row_bytes, e);
    } else {
      machine.note_read(t, m.place, row_bytes, e);
    }
    rows[i] = engine::address(m.place);
  }
  for (int tile = 0; tile < first.count; ++tile) {
    unsigned used = 0;
    for (int i = 0; i < 8; ++i) {
      const auto& m = *static_cast<const matrix_argument*>(data[tile * 8 + i]);
      const std::int64_t at = m.place.array < m.place.home->arrays.size()
                                  ? m.place.home->arrays[m.place.array].offset + m.place.offset
                                  : 0;
      const unsigned bank = 1u << (at / row_bytes & 7);
      if (used & bank) ++machine.result.bank_conflicts;
      used |= bank;
    }
  }
}

void run_load(engine& machine, thread* const* lanes, std::uint32_t, void* const* data) {
  unsigned char* rows[32];
  unsigned char nowhere[row_bytes];
  each_row(machine, lanes, data, false, rows, nowhere);
  for (int lane = 0; lane < 32; ++lane) {
    const auto& m = *static_cast<const matrix_argument*>(data[lane]);
    for (int tile = 0; tile < m.count; ++tile) {
      std::uint16_t elements[2];
      for (int k = 0; k < 2; ++k) {
        const element_place p = place_of(lane, k, m.transposed);
        std::memcpy(&elements[k], rows[tile * 8 + p.row] + p.column * 2, 2);
      }
      m.registers[tile] = elements[0] | static_cast<std::uint32_t>(elements[1]) << 16;
    }
  }
}

void run_store(engine& machine, thread* const* lanes, std::uint32_t, void* const* data) {
  unsigned char* rows[32];
  unsigned char nowhere[row_bytes];
  each_row(machine, lanes, data, true, rows, nowhere);
  for (int lane = 0; lane < 32; ++lane) {
    const auto& m = *static_cast<const matrix_argument*>(data[lane]);
    for (int tile = 0; tile < m.count; ++tile) {
      for (int k = 0; k < 2; ++k) {
        const element_place p = place_of(lane, k, m.transposed);
        const auto element = static_cast<std::uint16_t>(m.registers[tile] >> 16 * k);
        std::memcpy(rows[tile * 8 + p.row] + p.column * 2, &element, 2);
      }
    }
  }
}

struct multiply_argument {
  operand kind;
  void* c;
  const std::uint32_t* a;
  const std::uint32_t* b;
};

template <class Number>
void multiply_all(void* const* data, operand kind) {
  const int width = elements_in(kind);
  Number a[16][32], b[32][8], c[16][8];
  for (int lane = 0; lane < 32; ++lane) {
    const auto& m = *static_cast<const multiply_argument*>(data[lane]);
    const int group = lane / 4, quad = lane % 4;
    for (int i = 0; i < 4; ++i) {
      for (int e = 0; e < width; ++e) {
        a[group + 8 * (i & 1)][width * (quad + 4 * (i >> 1)) + e] =
            static_cast<Number>(operand_value(kind, m.a[i], e));
      }
    }
    for (int i = 0; i < 2; ++i) {
      for (int e = 0; e < width; ++e) {
        b[width * (quad + 4 * i) + e][group] = static_cast<Number>(operand_value(kind, m.b[i], e));
      }
    }
    for (int i = 0; i < 4; ++i) {
      c[group + 8 * (i >> 1)][2 * quad + (i & 1)] = static_cast<const Number*>(m.c)[i];
    }
  }
  for (int row = 0; row < 16; ++row) {
    for (int k = 0; k < 8 * width; ++k) {
      for (int column = 0; column < 8; ++column) c[row][column] += a[row][k] * b[k][column];
    }
  }
  for (int lane = 0; lane < 32; ++lane) {
    const auto& m = *static_cast<const multiply_argument*>(data[lane]);
    for (int i = 0; i < 4; ++i) {
      static_cast<Number*>(m.c)[i] = c[lane / 4 + 8 * (i >> 1)][lane % 4 * 2 + (i & 1)];
    }
  }
}

void run_multiply(engine&, thread* const*, std::uint32_t, void* const* data) {
  const operand kind = static_cast<const multiply_argument*>(data[0])->kind;
  if (kind == operand::i8) {
    multiply_all<std::int32_t>(data, kind);
  } else {
    multiply_all<float>(data, kind);
  }
}

}  // namespace

int elements_in(operand kind) {
  return kind == operand::tf32 ? 1 : kind == operand::bf16 || kind == operand::f16 ? 2 : 4;
}

float operand_value(operand kind, std::uint32_t bits, int element) {
  switch (kind) {
    case operand::bf16:
      return bf16::from_bits(static_cast<std::uint16_t>(bits >> 16 * element));
    case operand::f16: return f16::from_bits(static_cast<std::uint16_t>(bits >> 16 * element));
    case operand::e4m3: return e4m3::from_bits(static_cast<std::uint8_t>(bits >> 8 * element));
    case operand::e5m2: return e5m2::from_bits(static_cast<std::uint8_t>(bits >> 8 * element));
    case operand::tf32: return std::bit_cast<float>(bits & 0xffffe000u);
    case operand::i8: break;
  }
  return static_cast<float>(static_cast<std::int8_t>(bits >> 8 * element));
}

void engine::load_matrix(thread& t, std::uint32_t* registers, const shared_place& p, int count,
                         bool transposed, const site& s) {
  matrix_argument m{registers, p, count, transposed != s.is(change::flip), s};
  if (s.is(change::shift)) m.place.offset += row_bytes;
  gather(t, call::load_matrix, ~0u, &m, true, s, run_load);
}

void engine::store_matrix(thread& t, const std::uint32_t* registers, const shared_place& p,
                          int count, bool transposed, const site& s) {
  if (s.is(change::drop)) return;
  std::uint32_t values[4] = {};
  std::memcpy(values, registers, static_cast<std::size_t>(count) * 4);
  matrix_argument m{values, p, count, transposed, s};
  if (s.is(change::shift)) m.place.offset += row_bytes;
  gather(t, call::store_matrix, ~0u, &m, true, s, run_store);
}

void engine::multiply(thread& t, operand kind, void* c, const std::uint32_t* a,
                      const std::uint32_t* b, const site& s) {
  if (s.is(change::drop)) return;
  multiply_argument m{kind, c, a, b};
  gather(t, call::multiply, ~0u, &m, true, s, run_multiply);
}

}  // namespace sinter::emulator
