// SPDX-License-Identifier: Apache-2.0
// Operations of a whole warp or warpgroup: lanes gather, and the last to come acts for all.
#include <algorithm>

#include "kernel/emulator/engine.hpp"

namespace sinter::emulator {

void engine::gather(thread& t, call kind, std::uint32_t mask, void* data, bool aligned,
                    const site& s, gathering::operation carry_out) {
  block& b = *t.home;
  const int lane = t.index % 32;
  warp& w = b.warps[static_cast<std::size_t>(t.index / 32)];
  const int lanes = std::min(32, b.size() - t.index / 32 * 32);
  const std::uint32_t exist = lanes == 32 ? ~0u : (1u << lanes) - 1;
  const std::uint32_t mine = 1u << lane;
  if (!(mask & mine)) {
    found(fault::bad_mask, &t, s.location, 0, "its lane is not in the mask");
    mask |= mine;
  }
  if (mask & ~exist) {
    // A full mask in the last, partial warp is what everyone writes and the device accepts.
    if (mask != ~0u) found(fault::bad_mask, &t, s.location, 0, "names lanes that do not exist");
    mask &= exist;
  }
  if (mask & w.exited) {
    found(fault::warp_divergence, &t, s.location, 0, "the mask names lanes that have ended");
  }
  std::size_t which = w.gatherings.size();
  for (std::size_t i = 0; i < w.gatherings.size(); ++i) {
    const gathering& g = w.gatherings[i];
    if (!(g.mask & mask)) continue;
    if (g.mask != mask || g.kind != kind) {
      found(fault::warp_divergence, &t, s.location, g.location,
            g.mask != mask ? "masks overlap and differ"
                           : std::string(name(kind)) + " against " + std::string(name(g.kind)));
      abandon();
    }
    if (aligned && g.location != s.location) {
      found(fault::warp_divergence, &t, s.location, g.location, "one operation, two lines");
    }
    which = i;
  }
  if (which == w.gatherings.size()) {
    w.gatherings.emplace_back();
    w.gatherings.back().mask = mask;
    w.gatherings.back().kind = kind;
    w.gatherings.back().location = s.location;
    w.gatherings.back().run = carry_out;
  }
  gathering& g = w.gatherings[which];
  g.present |= mine;
  g.lanes[static_cast<std::size_t>(lane)] = &t;
  g.data[static_cast<std::size_t>(lane)] = data;
  if ((mask & ~w.exited) == g.present) {
    run_gathering(w, which, &t);
  } else {
    wait(t, name(kind).data(), s.location);
  }
}

void engine::run_gathering(warp& w, std::size_t which, thread* last) {
  const gathering g = w.gatherings[which];
  w.gatherings.erase(w.gatherings.begin() + static_cast<std::ptrdiff_t>(which));
  g.run(*this, g.lanes.data(), g.present, g.data.data());
  for (std::size_t i = 0; i < 32; ++i) {
    if ((g.present >> i & 1) && g.lanes[i] != last) wake(*g.lanes[i]);
  }
}

warpgroup& engine::group_of(thread& t) {
  return t.home->warpgroups[static_cast<std::size_t>(t.index / 128)];
}

bool engine::gather_warpgroup(thread& t, void* data, const site& s) {
  warpgroup& g = group_of(t);
  if (t.home->size() < t.index / 128 * 128 + 128) {
    found(fault::warp_divergence, &t, s.location, 0, "a warpgroup has 128 threads");
    abandon();
  }
  if (!g.present.empty() && g.location != s.location) {
    found(fault::warp_divergence, &t, s.location, g.location, "one operation, two lines");
    abandon();
  }
  g.location = s.location;
  g.present.push_back(&t);
  g.data.push_back(data);
  if (g.present.size() == 128) return true;
  wait(t, "wgmma", s.location);
  return false;
}

}  // namespace sinter::emulator
