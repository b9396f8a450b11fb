// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A program as code. `static_code<program_words<...>>` unrolls the instructions of a program that
/// is known at compile time; the kernels in this folder are loops around it, through this interface
/// only:
///
///   view()                          the program
///   width                           lanes at a time
///   folded(state, stage, c, n)      values that a fold leaves, known before pass `stage`
///   line(state, pass, begin, end)   full values of a pass along a part of the line
///   clear, finish(state, pass)      accumulators of the folds of a pass
///   keep, recall, merge             accumulators in memory, for folds in parts
///   column(state, begin, end, kept) a line of a fold that keeps the line: accumulators in memory
///   settle(state)                   accumulators as values, lane by lane
///   store_folded(state, c, n)       results that a fold leaves

#include <utility>

#include "sinter/plan/words.hpp"
#include "sinter/target/cpu/code_steps.hpp"
#include "sinter/target/cpu/cursor.hpp"
#include "sinter/target/cpu/passes.hpp"

namespace sinter::cpu_target {

/// `Abreast`: as rows_abreast has it.
template <class Words, bool Abreast = false> struct static_code {
  static constexpr program_sizes sizes = encoded_sizes(Words::words);
  using decoded = decoded_program<sizes.instructions, sizes.leaves, sizes.results, sizes.products>;
  static constexpr decoded program = Abreast ? laid_abreast(decoded(Words::words))
                                             : decoded(Words::words);
  static constexpr program_view viewed = program.view();
  static_assert(sums_rows(viewed) == encoded_sums_rows(Words::words));
  static constexpr const program_view& view() { return viewed; }
  static constexpr int width = program_lanes(program.view());
  static constexpr bool abreast = Abreast;
  static constexpr bool backwards = runs_backwards(program.view());
  static constexpr auto place = allocate<sizes.instructions>(program.view());

  // Spelled twice: g++ 12 does not take the counts as one argument, clang no part of them.
  static constexpr const int* count = place.counts.of;
  static constexpr const int* folds = place.accumulators.of;
  using file = register_file<width, count[0], count[1], count[2], count[3], count[4], count[5],
                             count[6], count[7], count[8], count[13], count[14], count[15],
                             count[16], count[17], count[18]>;
  using accumulators = register_file<width, folds[0], folds[1], folds[2], folds[3], folds[4],
                                     folds[5], folds[6], folds[7], folds[8], folds[13], folds[14],
                                     folds[15], folds[16], folds[17], folds[18]>;

  /// Lanes of what a fold of rows leaves, a value for each row: square roots and quotients of a
  /// whole vector take several times as long as those of 16 bytes.
  static constexpr int folded_width =
      program.folds == fold::row && width * 16 > native_bytes ? width * 16 / native_bytes : width;
  using folded_file =
      register_file<folded_width, count[0], count[1], count[2], count[3], count[4], count[5],
                    count[6], count[7], count[8], count[13], count[14], count[15], count[16],
                    count[17], count[18]>;

  static constexpr int vectors_beside = 4;

  struct state : cursor<sizes.leaves, sizes.results, sizes.products, program.row_buffers> {
    file value{};
    folded_file left{};
    accumulators partial{};
    accumulators beside[any_beside(program.view()) ? vectors_beside - 1 : 1]{};
  };

  /// The choice of the pass stands outside the loop, so that the loop is straight code.
  SINTER_INLINE static void line(state& s, int pass, std::int64_t begin, std::int64_t end) {
    choose_pass(s, pass, begin, end, std::make_integer_sequence<int, program.passes>{});
  }

  SINTER_INLINE static void folded(state& s, int stage, std::int64_t c, int n) {
    each([&]<int I>() SINTER_LAMBDA { folded_step<I>(s, stage, c, n); });
  }

  SINTER_INLINE static void column(state& s, std::int64_t begin, std::int64_t end, void* kept) {
    char* at = static_cast<char*>(kept);
    state own = s;  // as in a line
    std::int64_t c = begin;
    const std::int64_t whole = begin + (end - begin) / width * width;
    const auto vectors = [&]<bool Past>() SINTER_LAMBDA {
      for (; c < whole; c += width, at += bytes_kept) {
        recall(own, at);
        one_pass<0, false, 0, Past>(own, c, width);
        keep(own, at);
      }
    };
    constexpr bool may_go_past = may_go_past_caches(program.view(), 0);
    if (may_go_past && own.past_caches) vectors.template operator()<may_go_past>();
    else vectors.template operator()<false>();
    if (c == end) return;
    recall(own, at);
    one_pass<0, true>(own, c, static_cast<int>(end - c));
    keep(own, at);
  }

  SINTER_INLINE static void clear(state& s, int pass) {
    each_carry([&]<int I>() SINTER_LAMBDA {
      if (program.instruction_store[I].stage != pass) return;
      acc<I>(s) = sum_t<I>(folds::neutral<op<I>(), element<I>>());
      if constexpr (program.instruction_store[I].what == code::scan) acc<I, 1>(s) = acc<I>(s);
    });
  }

  /// Folds the lanes: afterwards every lane of the value holds the result.
  SINTER_INLINE static void finish(state& s, int pass) {
    each_fold([&]<int I>() SINTER_LAMBDA {
      if (program.instruction_store[I].stage == pass)
        reg<I>(s) = value_t<I>(detail::fold_lanes<op<I>()>(acc<I>(s)));
    });
  }

  /// Accumulators in memory: `bytes_kept` for each vector of lanes.
  static constexpr int bytes_kept = [] {
    int bytes = 0;
    for (int i = 0; i < sizes.instructions; ++i)
      if (carries(program.instruction_store[i].what)) bytes += 8 * width;
    return bytes;
  }();
  SINTER_INLINE static void keep(const state& s, void* to) {
    char* p = static_cast<char*>(to);
    each_carry([&]<int I>() SINTER_LAMBDA {
      acc<I>(const_cast<state&>(s)).store(reinterpret_cast<element<I>*>(p));
      p += 8 * width;
    });
  }
  SINTER_INLINE static void recall(state& s, const void* from) {
    const char* p = static_cast<const char*>(from);
    each_carry([&]<int I>() SINTER_LAMBDA {
      acc<I>(s) = sum_t<I>::load(reinterpret_cast<const element<I>*>(p));
      p += 8 * width;
    });
  }
  /// Combines kept accumulators into the present ones.
  SINTER_INLINE static void merge(state& s, const void* from) {
    const char* p = static_cast<const char*>(from);
    each_fold([&]<int I>() SINTER_LAMBDA {
      const auto other = sum_t<I>::load(reinterpret_cast<const element<I>*>(p));
      acc<I>(s) = folds::combine<op<I>()>(acc<I>(s), other);
      p += 8 * width;
    });
  }
  /// Accumulators as values, lane by lane: for folds that keep the line.
  SINTER_INLINE static void settle(state& s) {
    each_fold([&]<int I>() SINTER_LAMBDA { reg<I>(s) = acc<I>(s); });
  }

  SINTER_INLINE static void store_folded(state& s, std::int64_t c, int n) {
    each_result([&]<int R>() SINTER_LAMBDA {
      if constexpr (!program.result_store[R].full) store<R, true>(s, c, n);
    });
  }

 protected:
  using steps = code_steps<static_code>;
  friend steps;

  template <int I> static constexpr int lanes = program.instruction_store[I].full ? width
                                                                                 : folded_width;
  template <int I> using value_t = lanes_t<place.kind[I], lanes<I>>;
  template <int I> using sum_t = lanes_t<place.kind[I], width>;
  template <int I> using element = element_t<static_cast<dtype>(place.kind[I])>;
  template <int I> static constexpr name_code op() { return program.instruction_store[I].op; }

  template <int I> SINTER_INLINE static value_t<I>& reg(state& s) {
    if constexpr (program.instruction_store[I].full)
      return s.value.template get<place.kind[I]>(place.slot[I]);
    else return s.left.template get<place.kind[I]>(place.slot[I]);
  }
  /// A value as an operand of N lanes: a row's only value is that of all of them.
  template <int I, int N> SINTER_INLINE static lanes_t<place.kind[I], N> as_operand(state& s) {
    if constexpr (lanes<I> == N) return reg<I>(s);
    else return lanes_t<place.kind[I], N>(reg<I>(s).get(0));
  }
  template <int I, int Beside = 0> SINTER_INLINE static sum_t<I>& acc(state& s) {
    accumulators& own = Beside == 0 ? s.partial : s.beside[Beside > 0 ? Beside - 1 : 0];
    return own.template get<place.kind[I]>(place.accumulator[I]);
  }

  template <class F> SINTER_INLINE static void each(F&& f) {
    [&]<int... I>(std::integer_sequence<int, I...>) SINTER_LAMBDA {
      (void)std::initializer_list<int>{(f.template operator()<I>(), 0)...};
    }(std::make_integer_sequence<int, sizes.instructions>{});
  }
  template <class F> SINTER_INLINE static void each_fold(F&& f) {
    each([&]<int I>() SINTER_LAMBDA {
      if constexpr (program.instruction_store[I].what == code::fold) f.template operator()<I>();
    });
  }
  template <class F> SINTER_INLINE static void each_carry(F&& f) {
    each([&]<int I>() SINTER_LAMBDA {
      if constexpr (carries(program.instruction_store[I].what)) f.template operator()<I>();
    });
  }
  template <int Pass, class F> SINTER_INLINE static void each_fold_of(F&& f) {
    each_fold([&]<int I>() SINTER_LAMBDA {
      if constexpr (program.instruction_store[I].stage == Pass) f.template operator()<I>();
    });
  }
  template <class F> SINTER_INLINE static void each_result(F&& f) {
    [&]<int... R>(std::integer_sequence<int, R...>) SINTER_LAMBDA {
      (void)std::initializer_list<int>{(f.template operator()<R>(), 0)...};
    }(std::make_integer_sequence<int, sizes.results>{});
  }

  template <int... P>
  SINTER_INLINE static void choose_pass(state& s, int pass, std::int64_t begin, std::int64_t end,
                                        std::integer_sequence<int, P...>) {
    (void)std::initializer_list<int>{(P == pass ? whole_line<P>(s, begin, end) : void(), 0)...};
  }

  template <int Pass>
  SINTER_INLINE static void whole_line(state& s, std::int64_t begin, std::int64_t end) {
    // A copy that nobody else can see stays in registers.
    state own = s;
    std::int64_t c = begin;
    const std::int64_t whole = begin + (end - begin) / width * width;
    constexpr bool back = goes_back(program.view(), Pass);
    const auto vectors_in_steps = [&]<bool Past, int Step>() SINTER_LAMBDA {
      own.step = Step;
      // Of every other element what is between the last two vectors' is read as well.
      const std::int64_t last = Step == 2 ? end - 1 : end;
      if constexpr (is_beside(program.view(), Pass)) c = vectors_of_line<Pass, Past>(own, c, last);
      for (; c + width <= last; c += width) one_pass<Pass, false, 0, Past>(own, c, width);
    };
    const auto vectors = [&]<bool Past>() SINTER_LAMBDA {
      if constexpr (back) {
        for (c = whole; c > begin;) one_pass<Pass, false, 0, Past>(own, c -= width, width);
      } else {
        // Loops for the usual steps have no choice inside.
        if constexpr (any_stepped(program.view())) {
          const std::int64_t apart = common_step(own);
          if (apart == 1) vectors_in_steps.template operator()<Past, 1>();
          // Not of folds in several accumulators, whose order it would change.
          constexpr bool beside = is_beside(program.view(), Pass);
          if (!beside && apart == 2) vectors_in_steps.template operator()<Past, beside ? 0 : 2>();
        }
        vectors_in_steps.template operator()<Past, 0>();
      }
    };
    if constexpr (back)
      if (whole < end) one_pass<Pass, true>(own, whole, static_cast<int>(end - whole));
    constexpr bool may_go_past = may_go_past_caches(program.view(), Pass);
    if (may_go_past && own.past_caches) vectors.template operator()<may_go_past>();
    else vectors.template operator()<false>();
    if constexpr (!back)
      if (c < end) one_pass<Pass, true>(own, c, static_cast<int>(end - c));
    each_fold_of<Pass>([&]<int I>() SINTER_LAMBDA { acc<I>(s) = acc<I>(own); });
  }

  /// The step of all that is read in steps, or 0 where they differ.
  SINTER_INLINE static std::int64_t common_step(const state& s) {
    std::int64_t step = 0;
    bool first = true;
    const auto meet = [&]<int L>() SINTER_LAMBDA {
      constexpr leaf from = program.leaf_store[L];
      if constexpr (is_stepped(program.view(), from)) {
        const std::int64_t own = s.in_tile[L] ? 1 : s.args->number(from.stride[program.line()]);
        step = first || step == own ? own : 0;
        first = false;
      }
    };
    [&]<int... L>(std::integer_sequence<int, L...>) SINTER_LAMBDA {
      (void)std::initializer_list<int>{(meet.template operator()<L>(), 0)...};
    }(std::make_integer_sequence<int, sizes.leaves>{});
    return step;
  }

  /// Takes what it can of a line in several vectors at a time, and gives the end of that.
  template <int Pass, bool Past>
  SINTER_INLINE static std::int64_t vectors_of_line(state& s, std::int64_t c, std::int64_t end) {
    constexpr int step = vectors_beside * width;
    static_assert(vectors_beside == 4);
    if (c + step > end) return c;
    clear_beside<Pass>(s);
    for (; c + step <= end; c += step) {
      one_pass<Pass, false, 0, Past>(s, c, width);
      one_pass<Pass, false, 1, Past>(s, c + width, width);
      one_pass<Pass, false, 2, Past>(s, c + 2 * width, width);
      one_pass<Pass, false, 3, Past>(s, c + 3 * width, width);
    }
    merge_beside<Pass>(s);
    return c;
  }
  template <int Pass> SINTER_INLINE static void clear_beside(state& s) {
    each_fold_of<Pass>([&]<int I>() SINTER_LAMBDA {
      acc<I, 1>(s) = acc<I, 2>(s) = acc<I, 3>(s) =
          sum_t<I>(folds::neutral<op<I>(), element<I>>());
    });
  }
  template <int Pass> SINTER_INLINE static void merge_beside(state& s) {
    each_fold_of<Pass>([&]<int I>() SINTER_LAMBDA {
      acc<I>(s) = folds::combine<op<I>()>(folds::combine<op<I>()>(acc<I>(s), acc<I, 1>(s)),
                                          folds::combine<op<I>()>(acc<I, 2>(s), acc<I, 3>(s)));
    });
  }

  /// `Beside`: which of the accumulators. `Past`: whether results are stored past the caches.
  template <int Pass, bool Tail, int Beside = 0, bool Past = false>
  SINTER_INLINE static void one_pass(state& s, std::int64_t c, int n) {
    each([&]<int I>() SINTER_LAMBDA { full_step<I, Pass, Tail, Beside>(s, c, n); });
    each_result([&]<int R>() SINTER_LAMBDA {
      if constexpr (program.result_store[R].full && pass_of_result(program.view(), R) == Pass)
        store<R, Tail, Past>(s, c, n);
    });
  }

  template <int R, bool Tail, bool Past = false>
  SINTER_INLINE static void store(state& s, std::int64_t c, int n) {
    constexpr result r = program.result_store[R];
    constexpr std::int64_t fixed = r.stride[program.line()];
    const std::int64_t stride = fixed == 1 ? 1 : s.args->number(fixed);
    if constexpr (r.index >= 0) {
      constexpr bool apart = varies_along_line(program.view(), r.index);
      detail::add_lanes<r.type, Tail, apart>(
          s.result[R], c, stride, n, as_operand<r.instruction, width>(s),
          as_operand<r.index, width>(s),
          s.args->number(r.index_stride), s.args->number(r.index_end));
      return;
    }
    // A folded result of a whole row is one element.
    if constexpr (!r.full && program.folds == fold::row)
      detail::store_lanes<r.type, true>(s.result[R], 0, 1, 1, reg<r.instruction>(s));
    else
      detail::store_lanes<r.type, Tail, Past>(s.result[R], c, stride, n,
                                              as_operand<r.instruction, width>(s));
  }

  /// A value that does not vary along what a fold removes.
  template <int I>
  SINTER_INLINE static void folded_step(state& s, int stage, std::int64_t c, int n) {
    constexpr instruction i = program.instruction_store[I];
    if constexpr (!i.full && i.what != code::fold)
      if (i.stage == stage) steps::template compute<I, true>(s, c, n < lanes<I> ? n : lanes<I>);
  }

  template <int I, int Pass, bool Tail, int Beside>
  SINTER_INLINE static void full_step(state& s, std::int64_t c, int n) {
    constexpr instruction i = program.instruction_store[I];
    if constexpr (i.what == code::fold) {
      if constexpr (i.stage == Pass) accumulate<I, Tail, Beside>(s, n);
    } else if constexpr (i.full && (i.passes >> Pass & 1)) {
      if constexpr (i.saved >= 0 && i.stage != Pass) {
        reload<I, Tail>(s, c, n);
      } else {
        steps::template compute<I, Tail>(s, c, n);
        if constexpr (i.saved >= 0) save<I, Tail>(s, c, n);
      }
    }
  }

  /// What a row buffer keeps of an instruction: masks as bytes.
  template <int I>
  using kept = std::conditional_t<program.instruction_store[I].type == dtype::boolean, bool,
                                  element_t<program.instruction_store[I].type>>;

  template <int I, bool Tail> SINTER_INLINE static void save(state& s, std::int64_t c, int n) {
    kept<I>* to = static_cast<kept<I>*>(s.row_buffer[program.instruction_store[I].saved]) + c;
    if constexpr (Tail) simd<kept<I>, width>(reg<I>(s)).store_first(to, n);
    else simd<kept<I>, width>(reg<I>(s)).store(to);
  }
  template <int I, bool Tail> SINTER_INLINE static void reload(state& s, std::int64_t c, int n) {
    using lanes = simd<kept<I>, width>;
    const auto* from = static_cast<kept<I>*>(s.row_buffer[program.instruction_store[I].saved]) + c;
    reg<I>(s) = value_t<I>(Tail ? lanes::load_first(from, n) : lanes::load(from));
  }

  template <int I, bool Tail, int Beside>
  SINTER_INLINE static void accumulate(state& s, int n) {
    constexpr int x = program.instruction_store[I].operand[0];
    constexpr auto start = folds::neutral<op<I>(), element<I>>();
    auto v = as_operand<x, width>(s);
    // A fold that keeps the line has no lanes to hide: those of a tail are never stored.
    if constexpr (Tail && program.folds == fold::row)
      v = math::select(first_lanes<element<I>, width>(n), v, sum_t<I>(start));
    acc<I, Beside>(s) = folds::combine<op<I>()>(acc<I, Beside>(s), v);
  }
};

}  // namespace sinter::cpu_target
