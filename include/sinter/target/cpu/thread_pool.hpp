// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The threads of kernels where the compiler knows no OpenMP: one pool for the program, started
/// with the first loop that wants it. Its threads watch for the next loop for some microseconds,
/// then sleep. POSIX threads and not <thread>, which takes a fifth of a second to read.

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>

namespace sinter::detail {

class thread_pool {
 public:
  /// One part of a loop: `run(body, index, size)` is part `index` of `size`.
  using part = void (*)(const void* body, int index, int size);

  static thread_pool& instance() {
    // Never destroyed: its threads may outlive every static object.
    static thread_pool& only = *new thread_pool;
    return only;
  }

  /// Processors that this process may use, or as many as OMP_NUM_THREADS says.
  static int processors() {
    static const int count = [] {
      const char* wanted = std::getenv("OMP_NUM_THREADS");
      if (const int n = wanted != nullptr ? std::atoi(wanted) : 0; n > 0) return n;
#if defined(CPU_COUNT)
      cpu_set_t set;
      if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
      const long online = sysconf(_SC_NPROCESSORS_ONLN);
      return online > 0 ? static_cast<int>(online) : 1;
    }();
    return count;
  }

  /// Whether the calling thread is within a part: loops inside run serially.
  static bool& inside() {
    thread_local bool value = false;
    return value;
  }

  /// Runs `size` parts, the first on the calling thread, and returns when all are done. False, and
  /// nothing was run, if the pool serves another thread, or has no thread to give. Fewer parts are
  /// made where fewer threads could be started.
  bool run(int size, part what, const void* body) {
    if (inside() || pthread_mutex_trylock(&serving_) != 0) return false;
    if (started_by_ != getpid()) forget();
    while (count_ < size - 1 && start()) {}
    if (size > count_ + 1) size = count_ + 1;
    if (size > 1) {
      pthread_mutex_lock(&lock_);
      what_ = what;
      body_ = body;
      size_ = size;
      __atomic_store_n(&left_, size - 1, __ATOMIC_RELAXED);
      __atomic_add_fetch(&round_, 1, __ATOMIC_RELEASE);
      pthread_cond_broadcast(&wake_);
      pthread_mutex_unlock(&lock_);
      inside() = true;
      what(body, 0, size);
      inside() = false;
      for (int i = 0; i < patience && __atomic_load_n(&left_, __ATOMIC_ACQUIRE) != 0; ++i) pause();
      pthread_mutex_lock(&lock_);
      while (__atomic_load_n(&left_, __ATOMIC_ACQUIRE) != 0) pthread_cond_wait(&done_, &lock_);
      pthread_mutex_unlock(&lock_);
    }
    pthread_mutex_unlock(&serving_);
    return size > 1;
  }

 private:
  static constexpr int patience = 4000;  // about 20 us

  struct worker {
    thread_pool* pool;
    int index;
    unsigned seen;
  };

  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  /// After a fork there is the calling thread alone.
  void forget() {
    count_ = 0;
    lock_ = PTHREAD_MUTEX_INITIALIZER;
    wake_ = done_ = PTHREAD_COND_INITIALIZER;
    started_by_ = getpid();
  }

  bool start() {
    auto* const own = new worker{this, count_ + 1, round_};
    pthread_t thread;
    if (pthread_create(&thread, nullptr, &work, own) != 0) {
      delete own;
      return false;
    }
    pthread_detach(thread);
    ++count_;
    return true;
  }

  static void* work(void* argument) {
    auto* const own = static_cast<worker*>(argument);
    const int index = own->index;
    unsigned seen = own->seen;
    thread_pool& pool = *own->pool;
    delete own;
    inside() = true;
    for (;;) {
      for (int i = 0; i < patience && __atomic_load_n(&pool.round_, __ATOMIC_ACQUIRE) == seen; ++i)
        pause();
      pthread_mutex_lock(&pool.lock_);
      while (__atomic_load_n(&pool.round_, __ATOMIC_ACQUIRE) == seen)
        pthread_cond_wait(&pool.wake_, &pool.lock_);
      seen = __atomic_load_n(&pool.round_, __ATOMIC_ACQUIRE);
      const part what = pool.what_;
      const void* const body = pool.body_;
      const int size = pool.size_;
      pthread_mutex_unlock(&pool.lock_);
      if (index >= size) continue;
      what(body, index, size);
      if (__atomic_sub_fetch(&pool.left_, 1, __ATOMIC_ACQ_REL) != 0) continue;
      // The lock, so that the caller does not fall asleep between its look and this signal.
      pthread_mutex_lock(&pool.lock_);
      pthread_cond_signal(&pool.done_);
      pthread_mutex_unlock(&pool.lock_);
    }
  }

  pthread_mutex_t serving_ = PTHREAD_MUTEX_INITIALIZER;  ///< held by the thread that is served
  pthread_mutex_t lock_ = PTHREAD_MUTEX_INITIALIZER;     ///< of all below
  pthread_cond_t wake_ = PTHREAD_COND_INITIALIZER, done_ = PTHREAD_COND_INITIALIZER;
  part what_ = nullptr;
  const void* body_ = nullptr;
  int size_ = 0, left_ = 0;
  unsigned round_ = 0;
  int count_ = 0;  ///< of threads, beside the caller
  pid_t started_by_ = getpid();
};

}  // namespace sinter::detail
