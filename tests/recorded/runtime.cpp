// SPDX-License-Identifier: Apache-2.0

#include "recorded/runtime.hpp"

#include <cuda_runtime_api.h>
#define NVTX_NO_IMPL  // else the header names the tool
#include <nvtx3/nvToolsExt.h>

#include <cstring>
#include <map>
#include <memory>
#include <mutex>

namespace sinter::testing {

namespace {

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
  int left = 0, error = 0, pinned = 0;
  bool events_done = false;
};
state& all() {
  static state s;
  return s;
}
thread_local int current = 0;
thread_local cudaError_t last = cudaSuccess;

cudaError_t fail_with(cudaError_t error) { return last = error; }

/// Notes a call; the failure that was planted for it, if its turn has come. The mutex is held.
cudaError_t note(cuda_call what, const void* stream, std::size_t bytes = 0) {
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
allocation* find(const void* address) {
  auto& memory = all().memory;
  auto next = memory.upper_bound(static_cast<const char*>(address));
  if (next == memory.begin()) return nullptr;
  auto& [begin, own] = *--next;
  return static_cast<const char*>(address) < begin + own.bytes ? &own : nullptr;
}

void check_range(const void* address, std::size_t bytes, const char* what) {
  const allocation* const own = find(address);
  if (own == nullptr || bytes == 0) return;  // the host's
  const auto offset = static_cast<std::size_t>(static_cast<const char*>(address) -
                                               own->memory.get());
  if (own->freed) all().notes.push_back(std::string(what) + " of memory that was freed");
  else if (offset + bytes > own->bytes)
    all().notes.push_back(std::string(what) + " beyond an allocation");
}

std::lock_guard<std::mutex> locked() { return std::lock_guard<std::mutex>(all().mutex); }

}  // namespace

void recorder::restart() {
  const auto lock = locked();
  all().calls.clear();
  all().notes.clear();
  all().ranges.clear();
  all().left = 0;
}
const std::vector<recorded_call>& recorder::calls() { return all().calls; }
int recorder::count(cuda_call what) {
  int n = 0;
  for (const recorded_call& c : all().calls) n += c.what == what;
  return n;
}
void recorder::plant(cuda_call what, int nth, int error) {
  const auto lock = locked();
  all().planted = what;
  all().left = nth;
  all().error = error;
}
bool recorder::is_planted() { return all().left > 0; }
const std::vector<std::string>& recorder::notes() { return all().notes; }
const std::vector<std::string>& recorder::ranges() { return all().ranges; }
int recorder::living() {
  int n = 0;
  for (const auto& [begin, own] : all().memory) n += !own.freed;
  return n + all().pinned;
}
void recorder::finish_events(bool done) { all().events_done = done; }

}  // namespace sinter::testing

using namespace sinter::testing;

extern "C" {

// What nvcc's host code calls.

void** __cudaRegisterFatBinary(void*) {
  static void* handle = nullptr;
  return &handle;
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
char __cudaInitModule(void**) { return 1; }
void __cudaRegisterFunction(void**, const char*, char*, const char*, int, uint3*, uint3*, dim3*,
                            dim3*, int*) {}

thread_local struct {
  dim3 grid, block;
  std::size_t shared;
  cudaStream_t stream;
} configuration;

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, std::size_t shared,
                                     cudaStream_t stream) {
  configuration = {grid, block, shared, stream};
  return 0;
}
cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, std::size_t* shared,
                                       void* stream) {
  *grid = configuration.grid;
  *block = configuration.block;
  *shared = configuration.shared;
  *static_cast<cudaStream_t*>(stream) = configuration.stream;
  return cudaSuccess;
}
cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* function) {
  *kernel = static_cast<cudaKernel_t>(const_cast<void*>(function));
  return cudaSuccess;
}
cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void**,
                               std::size_t shared, cudaStream_t stream) {
  const auto lock = locked();
  state& s = all();
  if (const cudaError_t e = note(cuda_call::launch, stream, shared)) return e;
  const auto allowed = s.shared_memory.find(kernel);
  const std::size_t most =
      allowed == s.shared_memory.end() ? 48 * 1024 : static_cast<std::size_t>(allowed->second);
  const bool sound = grid.x > 0 && grid.x <= 0x7fffffff && grid.y == 1 && grid.z == 1 &&
                     block.x > 0 && block.x <= 1024 && shared <= most;
  if (sound) return cudaSuccess;
  s.notes.push_back("a launch that no device takes");
  return fail_with(cudaErrorInvalidConfiguration);
}

// The runtime.

const char* cudaGetErrorString(cudaError_t) { return "a planted error"; }
cudaError_t cudaGetLastError() {
  const cudaError_t e = last;
  last = cudaSuccess;
  return e;
}
cudaError_t cudaSetDevice(int device) {
  const auto lock = locked();
  if (const cudaError_t e = note(cuda_call::set_device, nullptr)) return e;
  if (device < 0 || device > 1) return fail_with(cudaErrorInvalidDevice);
  current = device;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t*, int) { return cudaSuccess; }
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute, int value) {
  const auto lock = locked();
  all().shared_memory[function] = value;
  return cudaSuccess;
}
cudaError_t cudaMallocAsync(void** to, std::size_t bytes, cudaStream_t stream) {
  const auto lock = locked();
  if (const cudaError_t e = note(cuda_call::allocate, stream, bytes)) return e;
  allocation own{std::make_unique<char[]>(bytes), bytes, current, false};
  std::memset(own.memory.get(), 0xa5, bytes);
  char* const begin = own.memory.get();
  all().memory.emplace(begin, std::move(own));
  *to = begin;
  return cudaSuccess;
}
cudaError_t cudaFreeAsync(void* address, cudaStream_t stream) {
  const auto lock = locked();
  if (const cudaError_t e = note(cuda_call::free, stream)) return e;
  allocation* const own = find(address);
  if (own == nullptr || own->freed || own->memory.get() != address)
    all().notes.push_back("a free of what is not allocated");
  else own->freed = true;
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t stream) {
  const auto lock = locked();
  if (const cudaError_t e = note(cuda_call::copy, stream, bytes)) return e;
  check_range(to, bytes, "a copy to");
  check_range(from, bytes, "a copy from");
  if (all().notes.empty() && !all().calls.back().captured) std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemcpyPeerAsync(void* to, int, const void* from, int, std::size_t bytes,
                                cudaStream_t stream) {
  return cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream);
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  const auto lock = locked();
  if (const cudaError_t e = note(cuda_call::clear, stream, bytes)) return e;
  check_range(to, bytes, "a clear");
  if (all().notes.empty() && !all().calls.back().captured) std::memset(to, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const auto lock = locked();
  return note(cuda_call::synchronize, stream);
}
cudaError_t cudaEventCreate(cudaEvent_t* event) {
  static int next = 0;
  *event = reinterpret_cast<cudaEvent_t>(static_cast<std::size_t>(++next));
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  return cudaEventCreate(event);
}
cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t stream) {
  const auto lock = locked();
  return note(cuda_call::record_event, stream);
}
cudaError_t cudaEventQuery(cudaEvent_t) {
  return all().events_done ? cudaSuccess : cudaErrorNotReady;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t, unsigned) {
  const auto lock = locked();
  return note(cuda_call::wait_event, stream);
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t, cudaEvent_t) {
  *milliseconds = 1;
  return cudaSuccess;
}

// Graphs: what is captured does nothing, whether it copies or not.

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const auto lock = locked();
  *stream = reinterpret_cast<cudaStream_t>(all().next++);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  const auto lock = locked();
  if (stream == nullptr || stream == cudaStreamLegacy)
    return fail_with(cudaErrorStreamCaptureUnsupported);
  all().captures[stream] = {};
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const auto lock = locked();
  state& s = all();
  *graph = reinterpret_cast<cudaGraph_t>(s.next++);
  s.graphs[*graph] = s.captures[stream];
  s.captures.erase(stream);
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* ready, cudaGraph_t graph, unsigned long long) {
  const auto lock = locked();
  if (const cudaError_t e = note(cuda_call::instantiate, nullptr)) return e;
  *ready = reinterpret_cast<cudaGraphExec_t>(all().next++);
  all().graphs[*ready] = all().graphs[graph];
  return cudaSuccess;
}
cudaError_t cudaGraphExecUpdate(cudaGraphExec_t ready, cudaGraph_t graph,
                                cudaGraphExecUpdateResultInfo*) {
  const auto lock = locked();
  if (const cudaError_t e = note(cuda_call::update, nullptr)) return e;
  if (all().graphs[ready] != all().graphs[graph])
    return fail_with(cudaErrorGraphExecUpdateFailure);
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t ready, cudaStream_t stream) {
  const auto lock = locked();
  if (all().graphs.find(ready) == all().graphs.end())
    all().notes.push_back("a launch of no graph");
  return note(cuda_call::launch_graph, stream);
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  const auto lock = locked();
  if (all().graphs.erase(graph) == 0) all().notes.push_back("no graph to destroy");
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t ready) {
  const auto lock = locked();
  if (all().graphs.erase(ready) == 0) all().notes.push_back("no graph to destroy");
  return cudaSuccess;
}

// Pinned memory.

cudaError_t cudaHostAlloc(void** to, std::size_t bytes, unsigned) {
  const auto lock = locked();
  if (const cudaError_t e = note(cuda_call::allocate, nullptr, bytes)) return e;
  *to = ::operator new(bytes);
  ++all().pinned;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* memory) {
  const auto lock = locked();
  ::operator delete(memory);
  --all().pinned;
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) {
  const auto lock = locked();
  return note(cuda_call::synchronize, nullptr);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  std::strcpy(properties->name, "recorder");
  properties->major = 9;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) {
  *value = 1;
  return cudaSuccess;
}

// NVTX asks a program for a tool that listens, by this name.

static int push_range(const char* name) {
  const auto lock = locked();
  all().ranges.push_back(name);
  return 0;
}
static int listen_to_ranges(NvtxGetExportTableFunc_t table_of) {
  const auto* const callbacks =
      static_cast<const NvtxExportTableCallbacks*>(table_of(NVTX_ETID_CALLBACKS));
  NvtxFunctionTable functions{};
  unsigned size = 0;
  if (callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE, &functions, &size) == 0) return 0;
  *functions[NVTX_CBID_CORE_RangePushA] = reinterpret_cast<NvtxFunctionPointer>(push_range);
  return 1;
}
extern NvtxInitializeInjectionNvtxFunc_t InitializeInjectionNvtx2_fnptr;
NvtxInitializeInjectionNvtxFunc_t InitializeInjectionNvtx2_fnptr = listen_to_ranges;

}  // extern "C"
