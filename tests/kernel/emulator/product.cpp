// SPDX-License-Identifier: Apache-2.0
// Products of a warpgroup: wgmma. They read shared memory and write registers on their own time;
// until a wait says otherwise, neither may be touched.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "kernel/emulator/engine.hpp"

namespace sinter::emulator {

namespace {

constexpr int rows = 64;

// Terms of an instruction: 32 bytes of them.
int depth_of(operand kind) { return device::wgmma_term_bytes / 4 * elements_in(kind); }

// What registers hold while a product may write them: a NaN that no computation begins with.
constexpr std::uint32_t taken = 0x7fed5a5au;

// 16 bytes of neighbours, from a line and a term on, of a swizzled tile that begins at p.
shared_place chunk(const shared_place& p, device::neighbours along, operand kind, int line,
                   int term) {
  const std::int64_t base = p.home->arrays[p.array].offset;
  const bool lines = along == device::neighbours::lines;
  const int row = lines ? term : line, element = lines ? line % 64 : term;
  const int block = lines ? line / 64 * device::warpgroup_block_bytes : 0;
  const std::int64_t plain = base + p.offset + block + row / 8 * device::swizzled_tile_alignment +
                             row % 8 * device::swizzled_row_bytes +
                             element * 4 / elements_in(kind);
  return {p.home, p.array, device::swizzled(static_cast<int>(plain)) - base};
}

// A sum as Hopper adds products of 8-bit floats: `options::short_sums`.
float short_sum(float before, const std::vector<double>& terms) {
  double largest = std::abs(before);
  for (const double t : terms) largest = std::max(largest, std::abs(t));
  if (!(largest > 0) || !std::isfinite(largest)) return static_cast<float>(before + largest);
  const double unit = std::ldexp(1.0, std::ilogb(largest) - 13);
  double sum = std::trunc(before / unit) * unit;
  for (const double t : terms) sum += std::trunc(t / unit) * unit;
  return static_cast<float>(sum);
}

// d = a b, or added to d, for one thread's registers. Integers wrap.
template <class Number>
void add_products(int at, const product_call& call, bool short_sums, const std::vector<float>& a,
                  const std::vector<float>& b) {
  const auto depth = static_cast<std::size_t>(depth_of(call.kind));
  std::vector<double> terms(short_sums ? depth : 0);
  for (int i = 0; i < call.columns / 2; ++i) {
    const int row = at / 32 * 16 + device::accumulator_row(at % 32, i / 2 % 2);
    const int column = device::accumulator_column(at % 32, i / 4) + i % 2;
    const float* left = a.data() + static_cast<std::size_t>(row) * depth;
    const float* right = b.data() + static_cast<std::size_t>(column) * depth;
    Number sum{};
    if (call.accumulate) std::memcpy(&sum, call.d->results + 4 * i, 4);
    if constexpr (std::is_integral_v<Number>) {
      auto bits = static_cast<std::uint32_t>(sum);
      for (std::size_t k = 0; k < depth; ++k)
        bits += static_cast<std::uint32_t>(static_cast<Number>(left[k]) *
                                           static_cast<Number>(right[k]));
      sum = static_cast<Number>(bits);
    } else if (short_sums) {
      for (std::size_t k = 0; k < depth; ++k) terms[k] = static_cast<double>(left[k]) * right[k];
      sum = short_sum(sum, terms);
    } else {
      for (std::size_t k = 0; k < depth; ++k) sum += left[k] * right[k];
    }
    std::memcpy(call.d->results + 4 * i, &sum, 4);
  }
}

}  // namespace

// Writes (line, term) to out.
void engine::read_tile(thread& reader, const shared_place& p, device::neighbours along,
                       operand kind, int first_line, int line_count, const epoch& as, float* out) {
  const bool lines = along == device::neighbours::lines;
  const int depth = depth_of(kind), width = 4 * elements_in(kind);
  const std::int64_t begin = p.home->arrays[p.array].offset + p.offset;
  if (begin % device::swizzled_tile_alignment >= (lines ? 16 : device::swizzled_row_bytes)) {
    found(fault::misaligned, &reader, as.location, 0, "the tile begins at no multiple of 1024");
  }
  for (int line = first_line; line < first_line + line_count; line += lines ? width : 1) {
    for (int term = 0; term < depth; term += lines ? 1 : width) {
      const shared_place c = chunk(p, along, kind, line, term);
      std::uint32_t pairs[4] = {~0u, ~0u, ~0u, ~0u};  // NaN in all types
      if (inside(reader, c, 16, 16, as.location)) {
        note_read(reader, c, 16, as);
        check_proxy(reader, c, 16, as.location);
        std::memcpy(pairs, address(c), 16);
      }
      for (int e = 0; e < width; ++e) {
        const int at = (line + (lines ? e : 0)) * depth + term + (lines ? 0 : e);
        out[at] = operand_value(kind, pairs[e * 4 / width], e % (width / 4));
      }
    }
  }
}

void engine::run_product(warpgroup& g, const site& s) {
  block& home = *g.present[0]->home;
  if (!g.actors) {
    g.actors = home.new_actor();
    for (int w = 1; w < 4; ++w) home.new_actor();
  }
  thread* members[128];
  const product_call* calls[128];
  for (std::size_t i = 0; i < 128; ++i) {
    const auto at = static_cast<std::size_t>(g.present[i]->index % 128);
    members[at] = g.present[i];
    calls[at] = static_cast<const product_call*>(g.data[i]);
  }
  const product_call& first = *calls[0];
  const bool same = std::all_of(calls, calls + 128, [&](const product_call* c) {
    return c->b.array == first.b.array && c->b.offset == first.b.offset &&
           c->a.offset == first.a.offset && c->accumulate == first.accumulate;
  });
  if (!same) found(fault::warp_divergence, members[0], s.location, 0, "operands differ");
  const int depth = depth_of(first.kind);
  std::vector<float> a(static_cast<std::size_t>(rows * depth));
  std::vector<float> b(static_cast<std::size_t>(first.columns * depth));
  for (int w = 0; w < 4; ++w) {
    // Each warp reads its rows of a and all of b, when it comes to it.
    const auto actor = static_cast<std::uint16_t>(g.actors + static_cast<unsigned>(w));
    const epoch e{++home.actor_time(actor), home.serial, actor, s.location};
    thread& leader = *members[32 * w];
    read_tile(leader, first.b, first.right, first.kind, 0, first.columns, e, b.data());
    if (!first.registers) {
      read_tile(leader, first.a, first.left, first.kind, 16 * w, 16, e, a.data());
      continue;
    }
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < 8; ++i) {
        const int row = 16 * w + lane / 4 + 8 * (i / 2 & 1);
        const int k = lane % 4 * 2 + i % 2 + 8 * (i / 4);
        a[static_cast<std::size_t>(row * depth + k)] =
            operand_value(first.kind, calls[32 * w + lane]->registers[i / 2], i % 2);
      }
    }
  }
  const bool in_8_bits = first.kind == operand::e4m3 || first.kind == operand::e5m2;
  for (int at = 0; at < 128; ++at) {
    if (first.kind == operand::i8)
      add_products<std::int32_t>(at, *calls[at], false, a, b);
    else
      add_products<float>(at, *calls[at], in_8_bits && options_.short_sums, a, b);
  }
}

void engine::product(thread& t, const product_call& p, const site& s) {
  if (s.is(change::drop)) return;
  product_call made = p;
  if (s.is(change::shift)) made.b.offset += device::wgmma_term_bytes;
  if (s.is(change::flip)) made.accumulate = !made.accumulate;
  accumulator_base& d = *p.d;
  t.product_at = s.location;
  if (d.flights == 0) {
    if (t.register_fences <= d.touched) {
      found(fault::accumulator, &t, s.location, 0, "no wgmma_fence since its registers were used");
    }
    std::memcpy(d.results, d.registers, static_cast<std::size_t>(4 * d.count));
    for (int i = 0; i < d.count; ++i) std::memcpy(d.registers + 4 * i, &taken, 4);
  }
  d.issued_at = s.location;
  auto& open = t.open_products;
  if (std::find(open.begin(), open.end(), &d) == open.end()) {
    open.push_back(&d);
    ++d.flights;
  }
  if (!gather_warpgroup(t, &made, s)) return;
  warpgroup& g = group_of(t);
  run_product(g, s);
  dismiss(g, &t);
}

void engine::product_commit(thread& t, const site& s) {
  if (s.is(change::drop)) return;
  const unsigned actor = group_of(t).actors;
  const std::uint32_t time = actor ? t.home->actor_time(actor) : 0;
  t.product_groups.push_back({std::move(t.open_products), time});
  t.open_products.clear();
}

void engine::product_wait(thread& t, std::size_t left, const site& s) {
  if (s.is(change::drop)) return;
  if (s.is(change::more)) ++left;
  while (t.product_groups.size() > left) {
    const product_group g = std::move(t.product_groups.front());
    t.product_groups.pop_front();
    for (accumulator_base* d : g.results) {
      if (--d->flights > 0) continue;
      bool written = false;
      for (int i = 0; i < d->count; ++i)
        written = written || std::memcmp(d->registers + 4 * i, &taken, 4) != 0;
      if (written) {
        found(fault::accumulator, &t, s.location, d->issued_at, "registers were written in flight");
      }
      std::memcpy(d->registers, d->results, static_cast<std::size_t>(4 * d->count));
    }
    if (!g.time) continue;
    clock_builder known;
    known.absorb(t.known);
    const unsigned own = group_of(t).actors + static_cast<unsigned>(t.index / 32 % 4);
    known.advance(t.home->serial, own, g.time);
    learn(t, known.finish());
  }
}

}  // namespace sinter::emulator
