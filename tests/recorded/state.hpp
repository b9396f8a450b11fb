// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the recorder keeps.

#include <cuda_runtime_api.h>

#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "recorded/runtime.hpp"

namespace sinter::testing {

struct allocation {
  std::unique_ptr<char[]> memory;
  std::size_t bytes;
  int device;
  bool freed = false;
};

struct state {
  std::mutex mutex;
  std::vector<recorded_call> calls;
  std::vector<std::string> notes, ranges;
  std::map<const char*, allocation> memory;  // what was freed stays, so that no address comes again
  std::map<const void*, int> shared_memory;  // that a kernel was allowed, by its host function
  std::map<const void*, std::vector<cuda_call>> captures;  // by the stream that is captured
  std::map<const void*, std::vector<cuda_call>> graphs;    // what they do, those that are ready too
  std::size_t next = 1 << 20;                              // of invented handles
  cuda_call planted = cuda_call::allocate;
  std::vector<recorded_map> maps;
  int left = 0, error = 0, pinned = 0;
  bool events_done = false, has_tensor_maps = true;
};
inline state& all() {
  static state s;
  return s;
}
inline thread_local int current = 0;
inline thread_local cudaError_t last = cudaSuccess;

inline cudaError_t fail_with(cudaError_t error) { return last = error; }

/// Notes a call; the failure that was planted for it, if its turn has come. The mutex is held.
inline cudaError_t note(cuda_call what, const void* stream, std::size_t bytes = 0) {
  state& s = all();
  const auto capture = s.captures.find(stream);
  const bool captured = capture != s.captures.end() && stream != nullptr;
  if (captured) {
    const bool fits = what == cuda_call::launch || what == cuda_call::clear ||
                      what == cuda_call::copy;
    if (!fits) s.notes.push_back("a call that a graph cannot hold");
    capture->second.push_back(what);
  }
  s.calls.push_back({what, stream, current, bytes, captured});
  if (s.left > 0 && s.planted == what && --s.left == 0)
    return fail_with(static_cast<cudaError_t>(s.error));
  return cudaSuccess;
}

/// The allocation that holds an address, if a device's does.
inline allocation* find(const void* address) {
  auto& memory = all().memory;
  auto next = memory.upper_bound(static_cast<const char*>(address));
  if (next == memory.begin()) return nullptr;
  auto& [begin, own] = *--next;
  return static_cast<const char*>(address) < begin + own.bytes ? &own : nullptr;
}

inline void check_range(const void* address, std::size_t bytes, const char* what) {
  const allocation* const own = find(address);
  if (own == nullptr || bytes == 0) return;  // the host's
  const auto offset = static_cast<std::size_t>(static_cast<const char*>(address) -
                                               own->memory.get());
  if (own->freed) all().notes.push_back(std::string(what) + " of memory that was freed");
  else if (offset + bytes > own->bytes)
    all().notes.push_back(std::string(what) + " beyond an allocation");
}

inline std::lock_guard<std::mutex> locked() { return std::lock_guard<std::mutex>(all().mutex); }

}  // namespace sinter::testing
