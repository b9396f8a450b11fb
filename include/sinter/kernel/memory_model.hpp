// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How one memory access relates to others: its order, the threads that are to see it, and what it
/// leaves in the caches. All three are template arguments of calls, so they cost nothing.

namespace sinter::device {

/// As in C++. `relaxed` orders nothing by itself; a fence before or after it does.
enum class order { relaxed, acquire, release, acquire_release };

/// The threads among which an order holds. Later ones include earlier ones.
enum class scope { block, cluster, device };

/// What an access to global memory leaves in the caches. `read_only` may not be used for memory
/// that the same kernel writes.
enum class caching { normal, streaming, read_only };

constexpr bool acquires(order o) { return o == order::acquire || o == order::acquire_release; }
constexpr bool releases(order o) { return o == order::release || o == order::acquire_release; }

}  // namespace sinter::device
