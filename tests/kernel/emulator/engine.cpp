// SPDX-License-Identifier: Apache-2.0
#include "kernel/emulator/engine.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>

namespace sinter::emulator {

namespace {

engine* active = nullptr;

// Serial numbers of blocks are never used twice, so what an earlier launch wrote can be told from
// what this one did. The first two mean: nothing, and the host.
std::uint32_t next_serial = 2;

// Below the stack that a body may use lies room in which an overflow is still harmless: the next
// call of the context sees it. The room is address space, not memory.
constexpr std::size_t overflow_room = 256 * 1024;

// Stacks outlive launches, as mapping them costs more than a small launch.
std::vector<std::unique_ptr<stack>>& stack_pool(std::size_t bytes) {
  static std::map<std::size_t, std::vector<std::unique_ptr<stack>>> pools;
  return pools[bytes];
}

}  // namespace

engine::engine(const options& chosen, const shape& launched)
    : options_(chosen),
      shape_(launched),
      first_serial_(next_serial),
      random_state_(chosen.seed * 0x9e3779b97f4a7c15u | 1u),
      locations_(1),
      location_table_(1024) {}

engine::~engine() {
  auto& pool = stack_pool(options_.stack_bytes);
  for (auto& s : stacks_) pool.push_back(std::move(s));
}

engine* engine::current() { return active; }

std::uint64_t engine::random() {
  random_state_ ^= random_state_ << 13;
  random_state_ ^= random_state_ >> 7;
  random_state_ ^= random_state_ << 17;
  return random_state_;
}

bool engine::chance(double probability) {
  return static_cast<double>(random() >> 11) * 0x1p-53 < probability;
}

std::uint16_t engine::locate(source at, call kind) {
  const auto key = (reinterpret_cast<std::uintptr_t>(at.file) * 31 + at.line) * 2654435761u;
  for (std::size_t i = key >> 22 & 1023;; i = (i + 1) & 1023) {
    std::uint16_t& place = location_table_[i];
    if (!place) {
      if (locations_.size() > 900) std::abort();  // more lines than any body has
      place = static_cast<std::uint16_t>(locations_.size());
      locations_.push_back({at, 0});
      const source wanted = options_.altered.at;
      if (at.line == wanted.line && std::strcmp(at.file, wanted.file) == 0) {
        altered_location_ = place;
      }
    }
    location_entry& entry = locations_[place];
    if (entry.at.file == at.file && entry.at.line == at.line) {
      entry.kinds |= std::uint64_t{1} << static_cast<int>(kind);
      return place;
    }
  }
}

site engine::enter(thread& t, call kind, source at) {
  const std::uint16_t location = locate(at, kind);
  ++result.calls;
  if (options_.stop_at_fault && !result.clean()) abandon();
  if (static_cast<char*>(__builtin_frame_address(0)) < t.stack_limit) {
    found(fault::stack_overflow, &t, location, 0,
          "more than " + std::to_string(options_.stack_bytes) + " bytes");
    abandon();
  }
  if (options_.preempt > 0 && chance(options_.preempt)) yield(t);
  if (location != altered_location_ || kind != options_.altered.kind) return {location};
  // Of the changes that concern some threads only, those are the first to come, each time.
  if (!altered_thread_) altered_thread_ = &t;
  const change c = options_.altered.altered;
  const bool same_warp = t.home == altered_thread_->home &&
                         t.index / 32 == altered_thread_->index / 32;
  if (c == change::skip_thread && altered_thread_ != &t) return {location};
  if (c == change::skip_warp && !same_warp) return {location};
  ++result.altered;
  return {location, c};
}

source engine::where(std::uint16_t location) const { return locations_[location].at; }

void engine::found(fault kind, thread* t, std::uint16_t at, std::uint16_t other,
                   std::string detail) {
  const auto key = std::tuple(kind, at, other);
  if (const auto old = seen_.find(key); old != seen_.end()) {
    ++result.diagnostics[old->second].count;
    return;
  }
  seen_[key] = result.diagnostics.size();
  if (t) {
    const block& b = *t->home;
    std::string who = "thread " + std::to_string(t->index) + " of block " + std::to_string(b.x);
    if (shape_.grid_y > 1 || shape_.grid_z > 1) who += "," + std::to_string(b.y);
    if (shape_.grid_z > 1) who += "," + std::to_string(b.z);
    detail = detail.empty() ? who : who + ", " + detail;
  }
  result.diagnostics.push_back({kind, where(at), where(other), std::move(detail)});
}

std::vector<call_site> engine::call_sites() const {
  std::vector<call_site> sites;
  for (const location_entry& entry : locations_) {
    for (int kind = 0; kind <= static_cast<int>(call::other); ++kind) {
      if (entry.kinds >> kind & 1) sites.push_back({static_cast<call>(kind), entry.at});
    }
  }
  return sites;
}

// --- Threads come and go -------------------------------------------------------------------------

void engine::run(const body& code) {
  engine* const outer = active;
  active = this;
  code_ = &code;
  const int count = shape_.grid_x * shape_.grid_y * shape_.grid_z;
  for (int i = 0; i < count; ++i) {
    auto b = std::make_unique<block>();
    b->serial = next_serial++;
    b->x = i % shape_.grid_x;
    b->y = i / shape_.grid_x % shape_.grid_y;
    b->z = i / shape_.grid_x / shape_.grid_y;
    if (i % shape_.cluster == 0) {
      clusters_.push_back(std::make_unique<cluster>());
      clusters_.back()->serial = b->serial;
    }
    b->group = clusters_.back().get();
    b->rank = i % shape_.cluster;
    b->group->blocks.push_back(b.get());
    blocks_.push_back(std::move(b));
  }
  // The next one to start is taken from the back.
  waiting_clusters_.resize(clusters_.size());
  std::iota(waiting_clusters_.rbegin(), waiting_clusters_.rend(), std::size_t{0});
  if (options_.policy == schedule::lifo) {
    std::reverse(waiting_clusters_.begin(), waiting_clusters_.end());
  } else if (options_.policy == schedule::random) {
    for (std::size_t i = waiting_clusters_.size(); i > 1; --i) {
      std::swap(waiting_clusters_[i - 1], waiting_clusters_[any(i)]);
    }
  }
  while (!abandoned_) {
    admit();
    thread* next = pick();
    if (!next) break;
    previous_ = &host_;
    running_ = next;
    ++result.switches;
    host_.leave_to(next->context);
  }
  if (!abandoned_ && resident_) report_deadlock("nothing can move");
  active = outer;
}

void engine::admit() {
  for (thread* t : finished_) free_stacks_.push_back(t->stack);
  finished_.clear();
  const int size = shape_.cluster * shape_.threads;
  while (!waiting_clusters_.empty() &&
         (resident_ == 0 || resident_ + size <= options_.resident_threads)) {
    start(*clusters_[waiting_clusters_.back()]);
    waiting_clusters_.pop_back();
    resident_ += size;
  }
}

void engine::start(cluster& group) {
  static const auto nothing = std::make_shared<const clock>();
  group.live = static_cast<int>(group.blocks.size());
  for (block* b : group.blocks) {
    b->live = shape_.threads;
    b->warps.resize(static_cast<std::size_t>(shape_.threads + 31) / 32);
    b->warpgroups.resize(static_cast<std::size_t>(shape_.threads + 127) / 128);
    b->shared.assign(shape_.shared_bytes, 0xcd);
    for (int i = 0; i < shape_.threads; ++i) {
      threads_.push_back(std::make_unique<thread>());
      thread& t = *threads_.back();
      t.machine = this;
      t.home = b;
      t.index = i;
      t.known = nothing;
      b->threads.push_back(&t);
      if (free_stacks_.empty()) {
        auto& pool = stack_pool(options_.stack_bytes);
        if (pool.empty()) {
          stacks_.push_back(std::make_unique<stack>(options_.stack_bytes + overflow_room));
        } else {
          stacks_.push_back(std::move(pool.back()));
          pool.pop_back();
        }
        free_stacks_.push_back(stacks_.size() - 1);
      }
      t.stack = free_stacks_.back();
      free_stacks_.pop_back();
      const stack& s = *stacks_[t.stack];
      // Stacks that begin at the same place of a page would compete for the same cache lines.
      const std::size_t size = s.size() - static_cast<std::size_t>(i * 17 % 64) * 64;
      t.stack_limit = s.base() + size - options_.stack_bytes;
      t.context.prepare(s.base(), size, thread_main, &t);
      ready_.push_back(&t);
    }
  }
}

void engine::thread_main(void* argument) {
  thread& t = *static_cast<thread*>(argument);
  engine& machine = *t.machine;
  fiber::entered(*machine.previous_);
  (*machine.code_)(t);
  machine.finish(t);
  machine.leave(t, true);
  std::abort();
}

void engine::finish(thread& t) {
  block& b = *t.home;
  t.state = thread::status::finished;
  finished_.push_back(&t);
  --resident_;
  --b.live;
  progressed();
  if (t.bulk_reader && t.known->time(b.serial, t.bulk_reader) < b.actor_time(t.bulk_reader)) {
    found(fault::in_flight, &t, t.bulk_at, 0, "ends before its bulk stores have read");
  }
  if (!t.open_products.empty() || !t.product_groups.empty()) {
    found(fault::accumulator, &t, t.product_at, 0, "ends before its products are done");
  }
  for (auto& [id, state] : b.barriers) check_barrier(b, id, nullptr);
  warp& w = b.warps[static_cast<std::size_t>(t.index / 32)];
  w.exited |= 1u << t.index % 32;
  for (std::size_t i = 0; i < w.gatherings.size(); ++i) {
    gathering& g = w.gatherings[i];
    if ((g.mask & ~w.exited) != g.present) continue;
    found(fault::warp_divergence, &t, g.location, 0, "ends while lanes wait for it");
    run_gathering(w, i, nullptr);
    break;
  }
  if (b.live == 0) finish_block(b);
}

void engine::finish_block(block& b) {
  clock_builder all;
  for (thread* t : b.threads) release(*t, all);
  const clock_pointer known = all.finish();
  for (const remote_access& v : b.visitors) {
    if (known->time(v.at.block, v.at.index()) < v.at.time) {
      found(fault::lifetime, b.threads[0], v.at.location, 0, "its memory is used by another block");
    }
  }
  for (const pending& p : pending_) {
    if (p.ticket || p.issuer->home != &b) continue;
    found(fault::in_flight, p.issuer, p.location, 0, "the block ends before it has arrived");
  }
  result.shared_bytes = std::max<std::size_t>(result.shared_bytes, b.shared_top);
  b.ended = true;
  --b.group->live;
  complete_cluster(*b.group, nullptr);
}

// --- Scheduling ----------------------------------------------------------------------------------

thread* engine::pick() {
  const bool at_random = options_.policy == schedule::random;
  if (at_random && !options_.deliver_late && !pending_.empty() && (random() & 7) == 0) {
    deliver(any(pending_.size()));
  }
  while (ready_.empty()) {
    if (pending_.empty()) return nullptr;
    deliver(at_random ? any(pending_.size()) : 0);
  }
  thread* t = nullptr;
  if (options_.policy == schedule::lifo) {
    t = ready_.back();
    ready_.pop_back();
    return t;
  }
  if (at_random) std::swap(ready_.front(), ready_[any(ready_.size())]);
  t = ready_.front();
  ready_.pop_front();
  return t;
}

void engine::leave(thread& t, bool last) {
  // A new block may need this very stack, so it is started from the host's.
  const bool room = last && t.home->group->live == 0 && !waiting_clusters_.empty();
  const bool to_host = abandoned_ || room;
  thread* next = to_host ? nullptr : pick();
  if (next == &t) return;
  previous_ = &t.context;
  running_ = next;
  ++result.switches;
  t.context.leave_to(next ? next->context : host_, last);
}

void engine::wait(thread& t, const char* reason, std::uint16_t location) {
  t.state = thread::status::blocked;
  t.waiting = reason;
  t.waiting_at = location;
  leave(t);
}

void engine::wake(thread& t) {
  if (t.state != thread::status::blocked) return;
  t.state = thread::status::ready;
  progressed();
  ready_.push_back(&t);
}

void engine::yield(thread& t) {
  // Behind all others, also where the last to come is the first to run.
  if (options_.policy == schedule::lifo) {
    ready_.push_front(&t);
  } else {
    ready_.push_back(&t);
  }
  leave(t);
}

void engine::spin(thread& t, const char* reason, std::uint16_t location) {
  t.waiting = reason;
  t.waiting_at = location;
  const auto resident = static_cast<std::uint64_t>(resident_);
  if (++spins_ > resident && !pending_.empty()) {
    deliver(options_.policy == schedule::random ? any(pending_.size()) : 0);
  }
  if (spins_ > 64 * resident + 1000) {
    report_deadlock("only loops are left that wait for a change");
    abandon();
  }
  yield(t);
}

void engine::abandon() {
  abandoned_ = true;
  leave(*running_);
  std::abort();
}

void engine::post(thread& t, std::uint32_t ticket, std::uint16_t location,
                  std::function<void()> work) {
  pending_.push_back({&t, ticket, location, std::move(work)});
}

void engine::deliver(std::size_t i) {
  const pending work = std::move(pending_[i]);
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
  progressed();
  work.deliver();
}

void engine::report_deadlock(const char* reason) {
  std::map<std::pair<std::uint16_t, std::string>, std::vector<thread*>> groups;
  for (const auto& t : threads_) {
    if (t->state == thread::status::finished) continue;
    groups[{t->waiting_at, t->waiting}].push_back(t.get());
  }
  std::string detail = reason;
  std::vector<std::uint16_t> lines;
  for (const auto& [place, members] : groups) {
    lines.push_back(place.first);
    detail += "; " + place.second + " at " + emulator::text(where(place.first)) + ": thread";
    for (std::size_t i = 0; i < members.size() && i < 4; ++i) {
      detail += " " + std::to_string(members[i]->home->x) + "/" + std::to_string(members[i]->index);
    }
    if (members.size() > 4) detail += " ... (" + std::to_string(members.size()) + ")";
  }
  lines.resize(2);
  found(fault::deadlock, nullptr, lines[0], lines[1], detail);
}

}  // namespace sinter::emulator
