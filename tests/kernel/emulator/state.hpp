// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The state of a launch: threads, warps, blocks and clusters, and what they wait for.

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "kernel/emulator/clock.hpp"
#include "kernel/emulator/fiber.hpp"
#include "kernel/emulator/memory.hpp"
#include "kernel/emulator/shadow.hpp"
#include "kernel/emulator/site.hpp"
#include "sinter/kernel/memory_model.hpp"

namespace sinter::emulator {

class engine;
struct block;
struct cluster;
struct accumulator_base;
using device::scope;

/// What a releasing thread knew, and among whom it released it.
struct publication {
  scope reach;
  std::uint32_t block;
  std::uint32_t cluster;
  clock_pointer known;
};

/// One `copy_async`, on its way. The first `valid` of its bytes come from memory.
struct copy_item {
  shared_place to;
  const char* from;
  unsigned bytes, valid;
  std::uint16_t location;
};

/// What has been handed to an engine of copies or products in one group, and up to which of the
/// engine's steps it is done.
struct bulk_group {
  std::uint32_t ticket;
  std::uint32_t read_time, write_time;
};
struct product_group {
  std::vector<accumulator_base*> results;
  std::uint32_t time;
};

struct thread {
  enum class status : std::uint8_t { ready, blocked, finished };

  engine* machine = nullptr;
  block* home = nullptr;
  int index = 0;  ///< in its block
  fiber context;
  std::size_t stack = 0;
  char* stack_limit = nullptr;
  status state = status::ready;
  const char* waiting = "";  ///< for what, while it is blocked or spins
  std::uint16_t waiting_at = 0;

  std::uint32_t time = 1;
  clock_pointer known;
  const times* own = nullptr;  ///< the part of `known` about its own block
  std::uint32_t fenced_shared = 0, fenced_global = 0;  ///< time of the last proxy fences
  std::array<clock_pointer, 3> fenced;                 ///< known at the last fence, by its scope
  std::vector<publication> observed;                   ///< read by relaxed atomics, for a fence

  unsigned declared = 0;  ///< shared arrays so far
  std::vector<copy_item> open_copies;
  std::deque<std::vector<copy_item>> copy_groups;

  unsigned bulk_reader = 0, bulk_writer = 0;  ///< actors for its bulk stores; 0 until needed
  std::uint16_t bulk_at = 0;
  bool bulk_open = false;
  std::uint32_t bulk_ticket = 1;
  std::deque<bulk_group> bulk_groups;

  std::uint32_t register_fences = 0;
  std::uint16_t product_at = 0;
  std::vector<accumulator_base*> open_products;
  std::deque<product_group> product_groups;
};

/// Lanes that gather for one operation of their warp. The last one to come carries it out for all.
struct gathering {
  using operation = void (*)(engine&, thread* const* lanes, std::uint32_t mask, void* const* data);

  std::uint32_t mask = 0, present = 0;
  call kind = call::other;
  std::uint16_t location = 0;
  operation run = nullptr;
  std::array<thread*, 32> lanes{};
  std::array<void*, 32> data{};
};

struct warp {
  std::vector<gathering> gatherings;
  std::uint32_t exited = 0;
};

/// The same for the four warps of a group that multiply together.
struct warpgroup {
  std::vector<thread*> present;
  std::vector<void*> data;
  std::uint16_t location = 0;
  unsigned actors = 0;  ///< the tensor cores of its four warps, in a row; 0 until needed
};

struct barrier_state {
  int expected = 0;  ///< 0: every thread of the block
  std::vector<thread*> waiting;
  std::vector<std::uint16_t> locations;  ///< of all that have come
  int arrived = 0;                       ///< those that wait and those that do not
  clock_builder known;
};

struct mbarrier_state {
  int count = 0, pending = 0;
  std::int64_t bytes = 0;
  std::uint32_t phase = 0;
  bool published = false;  ///< fenced since it was initialised
  thread* initialiser = nullptr;
  unsigned actor = 0;  ///< the engine of the copies that it counts
  clock_builder arriving;
  clock_pointer finished;
  std::vector<thread*> waiting;
};

/// An array of shared memory, with what is remembered about it.
struct shared_array {
  std::uint32_t offset, bytes;
  shadow cells;
  std::uint16_t location;
};

/// An access from another block of the cluster: it must be over before this block ends.
struct remote_access {
  epoch at;
};

struct block {
  std::uint32_t serial = 0;
  int x = 0, y = 0, z = 0;
  cluster* group = nullptr;
  int rank = 0;
  int live = 0;
  bool ended = false;
  std::vector<thread*> threads;
  std::vector<warp> warps;
  std::vector<warpgroup> warpgroups;
  std::vector<unsigned char> shared;
  std::vector<shared_array> arrays;
  std::uint32_t shared_top = 0;
  std::map<int, barrier_state> barriers;
  std::map<std::uint64_t, mbarrier_state> mbarriers;
  times actor_times;  ///< of the actors that are not threads, which follow the threads
  std::vector<remote_access> visitors;

  int size() const { return static_cast<int>(threads.size()); }
  unsigned new_actor() {
    actor_times.push_back(0);
    return static_cast<unsigned>(threads.size() + actor_times.size() - 1);
  }
  std::uint32_t& actor_time(unsigned actor) { return actor_times[actor - threads.size()]; }
};

struct cluster {
  std::uint32_t serial = 0;
  std::vector<block*> blocks;
  barrier_state barrier;
  int live = 0;  ///< blocks
};

/// The registers of a product in flight, 32 bits each. While it is, they hold a value that no
/// product gives, and the real ones wait beside them.
struct accumulator_base {
  unsigned char* registers = nullptr;
  unsigned char* results = nullptr;
  int count = 0;
  int flights = 0;  ///< groups that may still write it
  std::uint16_t issued_at = 0;
  std::uint32_t touched = 0;  ///< register fences that its thread had made when it was touched
};

}  // namespace sinter::emulator
