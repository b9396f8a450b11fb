// SPDX-License-Identifier: Apache-2.0

#define NVTX_NO_IMPL  // else the header names the tool
#include <nvtx3/nvToolsExt.h>

#include "recorded/state.hpp"

namespace sinter::testing {

void recorder::restart() {
  const auto lock = locked();
  all().calls.clear();
  all().notes.clear();
  all().ranges.clear();
  all().maps.clear();
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
const std::vector<recorded_map>& recorder::maps() { return all().maps; }
void recorder::has_tensor_maps(bool it_has) { all().has_tensor_maps = it_has; }
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
cudaError_t cudaGetDevice(int* device) {
  *device = current;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t*, int) { return cudaSuccess; }
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
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
