// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Groups that share a kernel and yet stay what they are. Maps that do not need each other run over
/// a space each: the update of a whole network by its optimiser, the casts of all weights. A
/// kernel's start costs more than small maps do, and large ones lose nothing. Products that need
/// each other in the same rows become a chain (chain.hpp), with what sums over these.

#include "sinter/plan/chain_sums.hpp"

namespace sinter {

/// Maps that one kernel holds at the most: more would make its name and its arguments long.
inline constexpr int most_companions = 32;

namespace detail {

/// For each group the first one of its kernel, and how many groups it needs: in the order of these
/// numbers, none comes before what it needs.
struct companions {
  list<int> first, needs;
  list<char> across;        ///< what sums over the rows of its chain
  list<chain_limit> apart;  ///< why a product that reads others is not part of their chain

  /// Puts a group into a list that is in this order, behind those that need as many.
  constexpr void insert(list<int>& order, int k) const {
    order.push_back(k);
    for (std::size_t i = order.size() - 1; i > 0 && needs[order[i - 1]] > needs[k]; --i)
      std::swap(order[i - 1], order[i]);
  }
};

class companion_finder : chain_sum_rules {
 public:
  constexpr companion_finder(planning_graph& g, const grouping& groups)
      : chain_sum_rules(g, groups) {}

  /// `writer_of`: for each input the group that overwrites it in place, or -1; `stores`: for each
  /// group whether it stores anything.
  constexpr companions run(const list<int>& writer_of, const list<char>& stores) {
    const int count = static_cast<int>(result_.groups.size());
    companions found;
    list<int>& first = found.first;
    list<int> parts;
    for (int k = 0; k < count; ++k) {
      first.push_back(k);
      parts.push_back(1);
      reaches_.add();
    }
    find_needs(writer_of);
    for (int k = 0; k < count; ++k) {
      found.needs.push_back(0);
      for (int other = 0; other < count; ++other)
        found.needs[k] += other != k && reaches_(other, k);
    }
    find_chains(found, stores);
    find_heads(found, stores);
    find_sums(found, stores);
    list<int> leaders;
    for (int k = 0; k < count; ++k) {
      const group& own = result_.groups[k];
      if (!stores[k] || own.folded != 0 || own.products > 0 || own.scatters) continue;
      if (first[k] != k) continue;
      int home = -1;
      for (int at : leaders)
        if (home < 0 && parts[at] < most_companions && !reaches_(at, k) && !reaches_(k, at))
          home = at;
      if (home < 0) {
        leaders.push_back(k);
        continue;
      }
      first[k] = home;
      ++parts[home];
      reaches_.merge(home, k);
    }
    return found;
  }

 private:
  /// What a group reads of another one comes before it, and an old value before the new one.
  constexpr void find_needs(const list<int>& writer_of) {
    for (int i = 0; i < g_.size(); ++i) {
      const int at = result_.group_of[i];
      if (at < 0) continue;
      for (int s : sources_of(i)) reaches_.connect(result_.group_of[s], at);
    }
    for (int i = 0; i < g_.size(); ++i) {
      const int at = result_.group_of[i];
      for (int j = 0; at >= 0 && j < g_[i].arity(); ++j) protect(g_[i].operand[j], at, writer_of);
    }
  }

  /// Each product joins the chain that gives what it reads, where it can.
  constexpr void find_chains(companions& found, const list<char>& stores) {
    const int count = static_cast<int>(result_.groups.size());
    list<int> order;
    length_.assign(static_cast<std::size_t>(count), 1);
    found.apart.assign(static_cast<std::size_t>(count), chain_limit::none);
    found.across.assign(static_cast<std::size_t>(count), 0);
    for (int k = 0; k < count; ++k)
      if (stores[k] && result_.groups[k].products > 0) found.insert(order, k);
    for (int k : order) {
      const int home = home_of(k, found.first, found.needs, found.apart[k]);
      if (home < 0) continue;
      if (length_[home] == most_of_chain) found.apart[k] = chain_limit::length;
      else if (waits_between(home, k, found.first)) found.apart[k] = chain_limit::between;
      else join(found, k, home);
    }
  }

  constexpr void join(companions& found, int k, int home) {
    found.first[k] = home;
    ++length_[home];
    reaches_.merge(home, k);
  }

  /// What gives a chain its rows joins it. A single product stays alone: its rows would run through
  /// fewer blocks of threads than its tiles do.
  constexpr void find_heads(companions& found, const list<char>& stores) {
    const int count = static_cast<int>(result_.groups.size());
    for (int k = count; k-- > 0;) {
      if (!stores[k] || !may_lead(k)) continue;
      for (int home = 0; home < count && found.first[k] == k; ++home) {
        if (home == k || found.first[home] != home || length_[home] < 2) continue;
        if (length_[home] == most_of_chain || !gives(k, home, found.first)) continue;
        if (waits_between(k, home, found.first)) continue;
        found.first[k] = home;
        bool fits = true;
        for (int part = 0; part < count && fits; ++part)
          if (found.first[part] == home) fits = stays_in_rows(part, home, found.first);
        if (fits) join(found, k, home);
        else found.first[k] = k;
      }
    }
  }

  /// What sums over the rows of a chain joins it, what takes little room first.
  constexpr void find_sums(companions& found, const list<char>& stores) {
    const int count = static_cast<int>(result_.groups.size());
    list<row_sum> sums;
    for (int k = 0; k < count; ++k) {
      if (!stores[k] || found.first[k] != k || length_[k] > 1) continue;
      row_sum sum;
      bool found_one = false;
      for (int home = 0; home < count && !found_one; ++home)
        found_one = found.first[home] == home && length_[home] > 1 &&
                    sums_over(k, home, found.first, sum);
      if (!found_one) continue;
      sums.push_back(sum);
      for (std::size_t i = sums.size() - 1; i > 0 && sums[i - 1].bytes > sums[i].bytes; --i)
        std::swap(sums[i - 1], sums[i]);
    }
    list<int> parts(static_cast<std::size_t>(count), 0);
    list<extent_t> room(static_cast<std::size_t>(count), 0);
    for (const row_sum& sum : sums) {
      const int k = sum.group, home = sum.home;
      chain_limit& limit = found.apart[k];
      const int parts_now = length_[home] + parts[home];
      limit = sum.bytes < 0                           ? chain_limit::columns
              : room[home] + sum.bytes > room_of_sums ? chain_limit::room
              : parts_now >= most_parts_of_chain      ? chain_limit::sums
              : waits_between(home, k, found.first) || reads_sum(k, home, found) ?
                  chain_limit::between : chain_limit::none;
      if (limit != chain_limit::none) continue;
      found.first[k] = home;
      found.across[k] = 1;
      ++parts[home];
      room[home] += sum.bytes;
      reaches_.merge(home, k);
    }
  }

  /// Whether a group reads what another one sums over the same rows.
  constexpr bool reads_sum(int k, int home, const companions& found) {
    for (int i = 0; i < g_.size(); ++i) {
      if (result_.group_of[i] != k) continue;
      for (int s : sources_of(i)) {
        const int at = result_.group_of[s];
        if (found.across[at] && found.first[at] == home) return true;
      }
    }
    return false;
  }

  /// Whether a chain reads what a group stores; to need it, for an update in place, is not enough.
  constexpr bool gives(int k, int home, const list<int>& first) {
    for (int i = 0; i < g_.size(); ++i) {
      const int at = result_.group_of[i];
      if (at < 0 || first[at] != home) continue;
      for (int s : sources_of(i))
        if (result_.group_of[s] == k) return true;
    }
    return false;
  }

  /// Whether a group needs a chain's values through kernels that are not part of it.
  constexpr bool waits_between(int home, int k, const list<int>& first) const {
    if (reaches_(k, home)) return true;
    for (int other = 0; other < static_cast<int>(first.size()); ++other)
      if (other != home && other != k && reaches_(home, other) && reaches_(other, k)) return true;
    return false;
  }

  list<int> length_;  ///< of the chain that begins with a group

  constexpr void protect(int i, int reader, const list<int>& writer_of) {
    if (result_.group_of[i] >= 0) return;
    if (g_[i].what() == kind::input) {
      const int writer = writer_of[static_cast<int>(g_[i].attribute[0])];
      // Where the new value is needed for what reads the old one, the update takes a detour.
      if (writer >= 0 && !reaches_(writer, reader)) reaches_.connect(reader, writer);
    }
    for (int j = 0; j < g_[i].arity(); ++j) protect(g_[i].operand[j], reader, writer_of);
  }
};

}  // namespace detail
}  // namespace sinter
