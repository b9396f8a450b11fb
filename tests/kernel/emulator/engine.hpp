// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The emulator proper: runs the threads of a launch as fibers, some blocks at a time, and judges
/// what they do. Every order of threads that a schedule can choose is one that a device may choose;
/// a body is right if it is clean and correct under all of them. Nothing here runs in parallel.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "kernel/emulator/report.hpp"
#include "kernel/emulator/state.hpp"

namespace sinter::emulator {

/// Which of the threads that can run is run next: the one that has waited longest, the one that has
/// waited least, or any.
enum class schedule { fifo, lifo, random };

struct options {
  schedule policy = schedule::fifo;
  std::uint64_t seed = 1;
  double preempt = 0;              ///< probability that a call lets others run first
  bool deliver_late = true;        ///< asynchronous copies arrive only when nothing else can move
  std::size_t stack_bytes = 64 * 1024;
  int resident_threads = 1024;     ///< how many threads of blocks are in flight together
  /// Whether `wgmma` adds products of 8-bit floats as Hopper does: aligned to the largest addend of
  /// an instruction, and cut off below its 14 highest bits (DeepSeek-AI 2024, arXiv:2412.19437,
  /// section 3.5.2). Else it adds them in f32.
  bool short_sums = false;
  bool stop_at_fault = false;  ///< whether a launch ends at the call after its first fault
  mutation altered;
};

struct shape {
  int threads = 32;  ///< of a block
  std::size_t shared_bytes = 0;
  int grid_x = 1, grid_y = 1, grid_z = 1;
  int cluster = 1;  ///< blocks along x that form one
};

/// What tensor cores multiply.
enum class operand { bf16, f16, tf32, i8, e4m3, e5m2 };

/// Elements of a 32-bit register of that kind, and one of them.
int elements_in(operand kind);
float operand_value(operand kind, std::uint32_t bits, int element);

/// One `wgmma` as a thread calls it: 64 x columns, times 32 bytes of terms, with the left operand
/// from shared memory or from registers.
struct product_call {
  operand kind;
  int columns;
  accumulator_base* d;
  const std::uint32_t* registers;  ///< of the left operand, or null
  shared_place a, b;
  bool accumulate;
  device::neighbours left = device::neighbours::terms, right = device::neighbours::terms;
};

class engine {
 public:
  using body = std::function<void(thread&)>;

  engine(const options& chosen, const shape& launched);
  ~engine();
  void run(const body& code);

  report result;
  std::vector<call_site> call_sites() const;

  /// The engine and the thread that run at the moment; for registers, which no call passes to.
  static engine* current();
  thread& running() { return *running_; }

  // --- Every call of a body begins here ---------------------------------------------------------
  site enter(thread& t, call kind, source at);
  void found(fault kind, thread* t, std::uint16_t at, std::uint16_t other, std::string detail);
  source where(std::uint16_t location) const;
  /// The change that was asked for makes no difference to this call.
  void unaltered() { --result.altered; }
  const shape& launched() const { return shape_; }

  // --- Scheduling (engine.cpp) ------------------------------------------------------------------
  void wait(thread& t, const char* reason, std::uint16_t location);
  void wake(thread& t);
  void yield(thread& t);
  /// As yield, by a thread that looks again and again until another one has done something.
  void spin(thread& t, const char* reason, std::uint16_t location);
  void progressed() { spins_ = 0; }
  [[noreturn]] void abandon();

  // --- Order (order.cpp) ------------------------------------------------------------------------
  epoch now(const thread& t, std::uint16_t location, std::uint16_t flags = 0) const;
  bool ordered(const thread& t, const epoch& e) const;
  void release(thread& t, clock_builder& into);
  void acquire(thread& t, const clock_pointer& from);
  void learn(thread& t, clock_pointer known);
  /// Each of them knows afterwards what all of them and `also` knew.
  void join(const std::vector<thread*>& members, clock_builder also = {});

  // --- Memory (access.cpp) ----------------------------------------------------------------------
  unsigned declare_shared(thread& t, std::uint32_t bytes, std::uint32_t element_bytes,
                          std::uint32_t alignment, std::uint16_t location);
  bool inside(thread& t, const shared_place& p, std::int64_t bytes, int alignment,
              std::uint16_t location);
  bool inside(thread& t, const global_place& p, std::int64_t bytes, int alignment,
              std::uint16_t location);
  /// Checks and records an access by a step of t, or of an engine that acts for t.
  void note_read(thread& t, const shared_place& p, std::int64_t bytes, const epoch& as);
  void note_read(thread& t, const global_place& p, std::int64_t bytes, const epoch& as);
  void note_write(thread& t, const shared_place& p, std::int64_t bytes, const epoch& as);
  void note_write(thread& t, const global_place& p, std::int64_t bytes, const epoch& as);
  /// An asynchronous write that was noted has been delivered: it is now e.
  void settle(const shared_place& p, std::int64_t bytes, const epoch& e);
  void settle(const global_place& p, std::int64_t bytes, const epoch& e);
  /// Ordinary writes to what the asynchronous proxy is about to touch must have been fenced.
  void check_proxy(thread& t, const shared_place& p, std::int64_t bytes, std::uint16_t location);
  void check_proxy(thread& t, const global_place& p, std::int64_t bytes, std::uint16_t location);
  static unsigned char* address(const shared_place& p);
  static unsigned char* address(const global_place& p) {
    return reinterpret_cast<unsigned char*>(p.address());
  }
  // --- Atomics and fences (atomic.cpp) ----------------------------------------------------------
  void atomic_access(thread& t, const void* address, bool reads, bool writes, bool releases,
                     bool acquires, scope reach);
  void fence(thread& t, scope reach);

  // --- Barriers and warps (barrier.cpp, warp.cpp) -----------------------------------------------
  void barrier(thread& t, int id, int expected, bool waits, const site& s);
  void cluster_barrier(thread& t, const site& s);
  void gather(thread& t, call kind, std::uint32_t mask, void* data, bool aligned, const site& s,
              gathering::operation carry_out);
  /// True in the thread that came last; the data of all are then in the warpgroup.
  bool gather_warpgroup(thread& t, void* data, const site& s);
  void meet_warpgroup(thread& t, const site& s);
  void dismiss(warpgroup& g, thread* last);
  warpgroup& group_of(thread& t);

  // --- Barriers in shared memory (mbarrier.cpp) -------------------------------------------------
  void mbarrier_init(thread& t, const shared_place& p, int count, const site& s);
  void mbarrier_fence(thread& t);
  mbarrier_state* find_mbarrier(thread& t, const shared_place& p, std::uint16_t location,
                                bool asynchronous = false);
  void mbarrier_arrive(thread& t, const shared_place& p, std::int64_t bytes, const site& s);
  bool mbarrier_done(thread& t, const shared_place& p, int parity, bool waits, const site& s);
  void mbarrier_check(mbarrier_state& m);

  // --- Copies (copies.cpp) ----------------------------------------------------------------------
  void copy(thread& t, const copy_item& item, const site& s);
  void wait_copies(thread& t, std::size_t left);
  void arrive_after_copies(thread& t, const shared_place& barrier, const site& s);
  void bulk_load(thread& t, const shared_place& to, const global_place& from, std::int64_t bytes,
                 const shared_place& barrier, const site& s);
  void tensor_load(thread& t, const shared_place& to, const tensor_map& map, const int* place,
                   const shared_place& barrier, unsigned blocks, const site& s);
  void bulk_store(thread& t, const global_place& to, const shared_place& from, std::int64_t bytes,
                  const site& s);
  void tensor_store(thread& t, const tensor_map& map, const int* place, const shared_place& from,
                    const site& s);
  void bulk_commit(thread& t);
  void bulk_wait(thread& t, std::size_t left, bool read_only);

  // --- Tensor cores (matrix.cpp, product.cpp) ---------------------------------------------------
  void load_matrix(thread& t, std::uint32_t* registers, const shared_place& p, int count,
                   bool transposed, const site& s);
  void store_matrix(thread& t, const std::uint32_t* registers, const shared_place& p, int count,
                    bool transposed, const site& s);
  void multiply(thread& t, operand kind, void* c, const std::uint32_t* a, const std::uint32_t* b,
                const site& s);
  void product(thread& t, const product_call& p, const site& s);
  void product_commit(thread& t, const site& s);
  void product_wait(thread& t, std::size_t left, const site& s);

 private:
  struct pending {
    thread* issuer;
    std::uint32_t ticket;  ///< of its group of bulk stores; 0 for loads
    std::uint16_t location;
    std::function<void()> deliver;
  };
  struct location_entry {
    source at;
    std::uint64_t kinds;
  };

  static void thread_main(void* argument);
  void admit();
  void start(cluster& group);
  void finish(thread& t);
  void finish_block(block& b);
  thread* pick();
  void leave(thread& t, bool last = false);
  void deliver(std::size_t i);
  void report_deadlock(const char* reason);
  std::uint16_t locate(source at, call kind);
  std::uint64_t random();
  bool chance(double probability);
  std::size_t any(std::size_t count) { return static_cast<std::size_t>(random() % count); }

  void read_cells(thread& t, shadow& cells, std::int64_t offset, std::int64_t bytes,
                  const epoch& as, bool shared);
  void write_cells(thread& t, shadow& cells, std::int64_t offset, std::int64_t bytes,
                   const epoch& as, bool shared);
  void proxy_cells(thread& t, shadow& cells, std::int64_t offset, std::int64_t bytes,
                   std::uint16_t location, bool shared);
  void race(thread& t, const epoch& mine, const epoch& theirs, const char* kind, bool shared);
  bool conflicts(const thread& t, const epoch& mine, const epoch& theirs) const;
  void visit(thread& t, const shared_place& p, const epoch& as);
  void complete_barrier(barrier_state& b, thread* last, block& home);
  void check_barrier(block& b, int id, thread* last);
  void complete_cluster(cluster& group, thread* last);
  void run_gathering(warp& w, std::size_t which, thread* last);
  void read_tile(thread& reader, const shared_place& p, device::neighbours along, operand kind,
                 int first_line, int line_count, const epoch& as, float* out);
  void run_product(warpgroup& g, const site& s);
  void deliver_copies(thread& t, std::vector<copy_item>& group, const epoch* as);
  void post(thread& t, std::uint32_t ticket, std::uint16_t location, std::function<void()> work);
  void deliver_bulk(thread& t, std::uint32_t ticket);
  void begin_bulk(thread& t);

  options options_;
  shape shape_;
  const body* code_ = nullptr;
  std::uint32_t first_serial_ = 0;
  std::vector<std::unique_ptr<cluster>> clusters_;
  std::vector<std::unique_ptr<block>> blocks_;
  std::vector<std::unique_ptr<thread>> threads_;
  std::vector<std::unique_ptr<stack>> stacks_;
  std::vector<std::size_t> free_stacks_;
  std::vector<std::size_t> waiting_clusters_;
  std::vector<thread*> finished_;
  int resident_ = 0;
  fiber host_;
  fiber* previous_ = nullptr;
  thread* running_ = nullptr;
  bool abandoned_ = false;
  std::deque<thread*> ready_;
  std::vector<pending> pending_;
  std::uint64_t random_state_;
  std::uint64_t spins_ = 0;
  std::vector<location_entry> locations_;
  std::vector<std::uint16_t> location_table_;
  std::uint16_t altered_location_ = 0;
  thread* altered_thread_ = nullptr;
  std::map<std::tuple<fault, std::uint16_t, std::uint16_t>, std::size_t> seen_;
  std::map<const void*, std::vector<publication>> published_;
};

}  // namespace sinter::emulator
