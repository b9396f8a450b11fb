// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A program as the code of one thread. Its values are lanes: `Packs` packs of `Pack` neighbours on
/// the line, `step` elements apart, so that a pack is one access to memory and the packs are
/// independent work. Everything about the program is a constant, so that lanes are registers.
///
/// The bodies in this folder are loops around it:
///   move(row, middle)       addresses of a row, or of a line of one
///   at(column)              the first lane's column
///   compute_line<Pass>      the full values of a pass; folds take them in
///   compute_folded<Stage>   what does not vary along a fold, known before a pass
///   store_folded            the results that a fold leaves

#include "sinter/graph/primitive.hpp"
#include "sinter/kernel/arguments.hpp"
#include "sinter/kernel/fold.hpp"
#include "sinter/kernel/pack.hpp"
#include "sinter/kernel/scan_lanes.hpp"
#include "sinter/kernel/thread_place.hpp"

namespace sinter::device {

/// Where products come from: `get<Product, T>(column, lane)`. Programs without products have none.
/// Those that are `in_registers` hold what a chain keeps there as well (chain_values.hpp).
struct no_products {
  static constexpr bool in_registers = false;
};

template <class Context, class Arguments, lane_layout Layout, class Program,
          class Products = no_products>
class thread_code : public thread_place<Arguments, Layout, Program> {
  using stands = thread_place<Arguments, Layout, Program>;
  using stands::arguments_, stands::active_, stands::index_, stands::leaf_offset_, stands::inside_,
      stands::result_offset_;

 public:
  using P = Program;
  using index = typename stands::index;
  static constexpr int lanes = Layout.lanes();
  static constexpr int line_axis = P::line;
  static constexpr bool folds_rows = P::folds == fold::row;
  /// Lanes of an accumulator: one for a row, the line's for folds that keep it.
  static constexpr int fold_lanes = folds_rows ? 1 : lanes;
  template <int I> using type_of = element_t<P::template instruction_at<I>.type>;

  /// Lanes `step` elements apart from pack to pack.
  SINTER_DEVICE thread_code(Context& context, const Arguments& arguments, index step,
                            Products products = {})
      : stands(arguments), context_(context), products_(products), step_(step),
        line_(number<P::template extent<line_axis>>()) {}

  /// The column of the first lane; of all lanes, those before `end` are there.
  SINTER_DEVICE void at(index column, index end) {
    column_ = column, end_ = end;
  }
  SINTER_DEVICE index line() const { return line_; }
  SINTER_DEVICE void activate(bool active) { active_ = active; }
  SINTER_DEVICE Products& products() { return products_; }

  template <int Pass> SINTER_DEVICE void clear() {
    each_fold<Pass, true>([&]<int I>() {
      constexpr auto start = folds::neutral<P::template instruction_at<I>.op, type_of<I>>();
      SINTER_UNROLL
      for (int k = 0; k < fold_lanes; ++k) accumulator<I>()[k] = start;
    });
  }

  /// The full values of a pass, with `neighbours` in the row. `Once`: each once, and it stays.
  template <int Pass, bool Once, class Neighbours = no_neighbours>
  SINTER_DEVICE void compute_line([[maybe_unused]] Neighbours&& neighbours = {}) {
    unrolled<P::sizes.instructions>([&]<int I>() {
      constexpr instruction i = P::template instruction_at<I>;
      if constexpr (i.what == code::fold) {
        if constexpr (i.stage == Pass) accumulate<I>();
      } else if constexpr (i.full) {
        constexpr bool now = Once ? i.stage == Pass : (P::masks.of[I] >> Pass & 1) != 0;
        if constexpr (now && i.what == code::scan) run_on<I>(neighbours);
        else if constexpr (now) compute<I>();
      }
    });
    unrolled<P::sizes.results>([&]<int R>() {
      if constexpr (P::template result_at<R>.index >= 0) add_scattered<R>();
      else if constexpr (P::template result_at<R>.full && P::template pass_of_result<R> == Pass &&
                         P::template result_at<R>.buffer >= 0)
        store<R>();
    });
  }

  /// What does not vary along a fold, known before pass `Stage`.
  template <int Stage> SINTER_DEVICE void compute_folded() {
    unrolled<P::sizes.instructions>([&]<int I>() {
      constexpr instruction i = P::template instruction_at<I>;
      if constexpr (!i.full && i.what != code::fold && i.stage == Stage) compute<I>();
    });
  }

  /// Calls combine<Op>(partial) for each fold of a pass and lane; what it gives is the value.
  template <int Pass, class F> SINTER_DEVICE void finish(F&& combine) {
    each_fold<Pass>([&]<int I>() {
      SINTER_UNROLL
      for (int k = 0; k < fold_lanes; ++k)
        value<I>()[k] = combine.template operator()<P::template instruction_at<I>.op>(
            accumulator<I>()[k]);
    });
  }

  /// Calls f<I>(accumulators) for each fold of a pass: to move partial results.
  template <int Pass, class F> SINTER_DEVICE void partial_results(F&& f) {
    each_fold<Pass>([&]<int I>() { f.template operator()<I>(accumulator<I>()); });
  }

  /// The value of a fold, once it is finished.
  template <int I> SINTER_DEVICE auto folded_value() { return value<I>()[0]; }

  /// A lane of the one result of an operand of a product; 0 beyond the end.
  SINTER_DEVICE auto operand(int k) {
    constexpr int I = P::template result_at<0>.instruction;
    const auto x = lane<I>(k);
    return k % Layout.pack < present(k / Layout.pack) ? x : decltype(x)(0);
  }

  /// Where the row begins, of a program that is nothing but memory.
  SINTER_DEVICE auto plain_row() {
    constexpr leaf l = P::template leaf_at<0>;
    return memory<const element_t<l.type>>(l.buffer) + leaf_offset_[0];
  }

  SINTER_DEVICE void store_folded() {
    unrolled<P::sizes.results>([&]<int R>() {
      if constexpr (!P::template result_at<R>.full) store<R>();
    });
  }

  /// Sets to 0 what the lane may be added to.
  SINTER_DEVICE void clear_scattered() {
    unrolled<P::sizes.results>([&]<int R>() {
      constexpr result r = P::template result_at<R>;
      for (index i = 0; i < number<r.index_end>(); ++i)
        context_.store(scattered<R>(i), element_t<r.type>(0));
    });
  }

 private:
  template <std::int64_t X> SINTER_DEVICE index number() const {
    return stands::template number<X>();
  }

  template <int Pass, bool Scans = false, class F> SINTER_DEVICE void each_fold(F&& f) {
    unrolled<P::sizes.instructions>([&]<int I>() {
      constexpr instruction i = P::template instruction_at<I>;
      if constexpr ((i.what == code::fold && i.stage == Pass) || (Scans && i.what == code::scan))
        f.template operator()<I>();
    });
  }

  template <int I> SINTER_DEVICE auto& value() {
    return values_.template get<P::template instruction_at<I>.type>(P::template slot<I>);
  }
  template <int I> SINTER_DEVICE auto& accumulator() {
    return accumulators_.template get<P::template instruction_at<I>.type>(P::template fold_slot<I>);
  }
  template <int I> SINTER_DEVICE auto lane(int k) {
    if constexpr (P::template has_lanes<I>) return value<I>()[k];
    else return value<I>()[0];
  }

  /// How many lanes of pack e are there.
  SINTER_DEVICE int present(int e) const {
    const index left = end_ - (column_ + e * step_);
    if (!active_ || left <= 0) return 0;
    return left < Layout.pack ? static_cast<int>(left) : Layout.pack;
  }

  template <int I> SINTER_DEVICE void accumulate() {
    constexpr instruction i = P::template instruction_at<I>;
    constexpr int x = i.operand[0];
    SINTER_UNROLL
    for (int k = 0; k < lanes; ++k) {
      auto& to = accumulator<I>()[folds_rows ? 0 : k];
      if (k % Layout.pack < present(k / Layout.pack)) to = folds::combine<i.op>(to, lane<x>(k));
    }
  }

  template <int I, class Neighbours> SINTER_DEVICE void run_on(Neighbours& neighbours) {
    constexpr instruction i = P::template instruction_at<I>;
    scan_lanes<i.op, i.backwards, folds_rows, Layout>(
        value<I>(), accumulator<I>(), neighbours, [&](int k) { return lane<i.operand[0]>(k); },
        [&](int e) { return present(e); });
  }

  template <int I> SINTER_DEVICE void compute() {
    constexpr instruction i = P::template instruction_at<I>;
    using T = type_of<I>;
    if constexpr (i.what == code::load) {
      load<I>();
    } else if constexpr (i.what == code::gather) {
      gather<I>();
    } else {
      constexpr int count = P::template has_lanes<I> ? lanes : 1;
      SINTER_UNROLL
      for (int k = 0; k < count; ++k) value<I>()[k] = static_cast<T>(evaluate<I>(k));
    }
  }

  template <int I> SINTER_DEVICE auto evaluate([[maybe_unused]] int k) {
    constexpr instruction i = P::template instruction_at<I>;
    using T = type_of<I>;
    if constexpr (i.what == code::constant) {
      if constexpr (P::template is_floating<I>) return __builtin_bit_cast(double, i.attribute);
      else return i.attribute;
    } else if constexpr (i.what == code::integer) {
      return number<i.attribute>();
    } else if constexpr (i.what == code::iota) {
      if constexpr (i.attribute == line_axis)
        return column_ + k / Layout.pack * step_ + k % Layout.pack;
      else return index_[i.attribute];
    } else if constexpr (i.what == code::cast) {
      if constexpr (i.type == dtype::boolean) return lane<i.operand[0]>(k) != 0;
      else return static_cast<T>(lane<i.operand[0]>(k));
    } else if constexpr (i.what == code::product) {
      const int e = k / Layout.pack;
      return k % Layout.pack < present(e)
                 ? products_.template get<static_cast<int>(i.attribute), T>(
                       column_ + e * step_ + k % Layout.pack, k)
                 : T(0);
    } else {
      static_assert(i.what == code::element);
      return [&]<int... J>(std::integer_sequence<int, J...>) {
        return primitive<i.op>::value(lane<i.operand[J]>(k)...);
      }(std::make_integer_sequence<int, P::template arity<I>>{});
    }
  }

  template <class T> SINTER_DEVICE auto memory(int buffer) {
    using element = std::remove_const_t<T>;
    void* const address = arguments_.address[buffer];
    const auto bytes = static_cast<std::size_t>(address == nullptr ? 0 : arguments_.bytes[buffer]);
    return context_.global(static_cast<T*>(address), bytes / sizeof(element));
  }

  /// The place of a result of a scatter.
  template <int R> SINTER_DEVICE auto scattered(index which) {
    constexpr result r = P::template result_at<R>;
    return memory<element_t<r.type>>(r.buffer) +
           (result_offset_[R] + which * number<r.index_stride>() +
            column_ * number<r.stride[line_axis]>());
  }

  /// An element of a leaf; a number is no memory.
  template <int L, class Pointer> SINTER_DEVICE auto element(Pointer from) {
    constexpr leaf l = P::template leaf_at<L>;
    using storage = element_t<l.type>;
    if constexpr (P::template is_one_element<L>)
      if (arguments_.address[l.buffer] == nullptr)
        return number_of_bits<storage>(arguments_.bytes[l.buffer]);
    return static_cast<storage>(context_.load(from));
  }

  template <int I> SINTER_DEVICE void load() {
    constexpr instruction i = P::template instruction_at<I>;
    constexpr int L = static_cast<int>(i.attribute);
    constexpr leaf l = P::template leaf_at<L>;
    using storage = element_t<l.type>;
    using T = type_of<I>;
    constexpr std::int64_t fixed = l.stride[line_axis];
    constexpr bool guards_line =
        l.guarded && (l.begin[line_axis] > 0 || l.end[line_axis] != INT64_MAX);
    [[maybe_unused]] constexpr auto end_of_guard = static_cast<index>(
        Layout.wide || l.end[line_axis] < INT32_MAX ? l.end[line_axis] : INT32_MAX);
    auto& to = value<I>();
    if constexpr (l.inside && Products::in_registers)
      if constexpr (Products::template keeps<l.buffer>) {
        SINTER_UNROLL
        for (int k = 0; k < lanes; ++k)
          to[k] = static_cast<T>(products_.template inside<l.buffer, storage>(k));
        return;
      }
    const bool there = active_ && inside_[L];
    const auto from = memory<const storage>(l.buffer) + leaf_offset_[L];
    if constexpr (!P::template has_lanes<I> || (fixed == 0 && !guards_line)) {
      T x{};
      if (there) x = static_cast<T>(element<L>(from));
      constexpr int count = P::template has_lanes<I> ? lanes : 1;
      SINTER_UNROLL
      for (int k = 0; k < count; ++k) to[k] = x;
    } else {
      SINTER_UNROLL
      for (int e = 0; e < Layout.packs; ++e) {
        const index column = column_ + e * step_;
        const int n = there ? present(e) : 0;
        if constexpr (fixed == 1 && Layout.aligned && Layout.pack > 1 && !l.guarded) {
          pack<storage, Layout.pack> together{};
          if (n > 0)
            together = context_.load(
                context_.template cast<pack<storage, Layout.pack>>(from + column));
          SINTER_UNROLL
          for (int k = 0; k < Layout.pack; ++k)
            to[e * Layout.pack + k] = static_cast<T>(together[k]);
        } else {
          SINTER_UNROLL
          for (int k = 0; k < Layout.pack; ++k) {
            bool take = k < n;
            index place = column + k;
            if constexpr (guards_line) {
              take = take && place >= static_cast<index>(l.begin[line_axis]) &&
                     place < end_of_guard;
              place -= static_cast<index>(l.begin[line_axis]);
            }
            T x{};
            if (take) x = static_cast<T>(element<L>(from + place * number<fixed>()));
            to[e * Layout.pack + k] = x;
          }
        }
      }
    }
  }

  /// Elements whose place along another axis an index says; 0 where it is outside.
  template <int I> SINTER_DEVICE void gather() {
    constexpr instruction i = P::template instruction_at<I>;
    constexpr leaf l = P::template leaf_at<static_cast<int>(i.attribute)>;
    using storage = element_t<l.type>;
    const auto from = memory<const storage>(l.buffer) + leaf_offset_[i.attribute];
    constexpr int count = P::template has_lanes<I> ? lanes : 1;
    SINTER_UNROLL
    for (int k = 0; k < count; ++k) {
      const int e = k / Layout.pack, in_pack = k % Layout.pack;
      const bool there = count == 1 ? active_ : in_pack < present(e);
      const auto which = static_cast<std::int64_t>(lane<i.operand[0]>(k));
      storage x{};
      if (there && which >= 0 && which < number<l.index_end>())
        x = context_.load(from + (static_cast<index>(which) * number<l.index_stride>() +
                                  (column_ + e * step_ + in_pack) * number<l.stride[line_axis]>()));
      value<I>()[k] = static_cast<type_of<I>>(x);
    }
  }

  /// Adds the lane of a result where its index says: this thread's place alone.
  template <int R> SINTER_DEVICE void add_scattered() {
    constexpr result r = P::template result_at<R>;
    const auto which = static_cast<std::int64_t>(lane<r.index>(0));
    if (which < 0 || which >= number<r.index_end>()) return;
    const auto to = scattered<R>(static_cast<index>(which));
    context_.store(to, static_cast<element_t<r.type>>(context_.load(to) +
                                                      lane<r.instruction>(0)));
  }

  template <int R> SINTER_DEVICE void store() {
    constexpr result r = P::template result_at<R>;
    constexpr int I = r.instruction;
    using storage = element_t<r.type>;
    constexpr std::int64_t fixed = r.stride[line_axis];
    if constexpr (Products::in_registers) {
      if constexpr (Products::template keeps<r.buffer>)
        products_.template keep<r.buffer>([&](int k) { return stored_lane<R>(k); });
      if constexpr (r.inside && Products::template stays<r.buffer>) return;
    }
    const auto to = memory<storage>(r.buffer) + result_offset_[R];
    if constexpr (!r.full && folds_rows) {  // a folded result of a whole row is one element
      if (active_) context_.store(to, static_cast<storage>(value<I>()[0]));
    } else {
      SINTER_UNROLL
      for (int e = 0; e < Layout.packs; ++e) {
        const index column = column_ + e * step_;
        const int n = present(e);
        if constexpr (fixed == 1 && Layout.aligned && Layout.pack > 1) {
          pack<storage, Layout.pack> together;
          SINTER_UNROLL
          for (int k = 0; k < Layout.pack; ++k)
            together[k] = static_cast<storage>(lane<I>(e * Layout.pack + k));
          if (n > 0)
            context_.store(context_.template cast<pack<storage, Layout.pack>>(to + column),
                           together);
        } else {
          SINTER_UNROLL
          for (int k = 0; k < Layout.pack; ++k)
            if (k < n)
              context_.store(to + (column + k) * number<fixed>(),
                             static_cast<storage>(lane<I>(e * Layout.pack + k)));
        }
      }
    }
  }

  /// A lane of a result as memory would hold it; 0 beyond the end of the line.
  template <int R> SINTER_DEVICE auto stored_lane(int k) {
    using storage = element_t<P::template result_at<R>.type>;
    if (column_ + k / Layout.pack * step_ + k % Layout.pack >= end_) return storage{};
    return static_cast<storage>(lane<P::template result_at<R>.instruction>(k));
  }

  Context& context_;
  Products products_;
  index step_, line_, column_ = 0, end_ = 0;
  typename P::template values<lanes> values_;
  typename P::template accumulators<fold_lanes> accumulators_;
};

}  // namespace sinter::device
