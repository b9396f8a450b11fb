// SPDX-License-Identifier: Apache-2.0

// Kernels of plans for the mutation suite: each body of the library once at least, small enough to
// be run some thousand times.

#include <algorithm>

#include "differential/network_functions.hpp"
#include "kernel/body_case.hpp"
#include "kernel/altered_launcher.hpp"
#include "kernel/filled.hpp"

namespace sinter::kernel_test {

namespace {

namespace st = sinter;
using st::dyn;
using st::testing::filled;

template <class Launcher = testing::emulated_launcher, class F, class... A>
outcome judge_call(const options& o, const st::fused_function<F>& f, A&&... operands) {
  testing::emulated_call call = testing::call_emulated<Launcher>(o, f, operands...);
  return {std::move(call.found), call.difference.empty() ? 0.0 : 2.0};
}

constexpr auto scaled = st::fused([](auto x, auto b) { return relu(x * 2 + b); });
constexpr auto companions = st::fused([](auto x, auto b) {
  return std::tuple(x * 2, exp(b), transpose(x) + 1);
});
constexpr auto soft = st::fused([](auto x) { return softmax(x); });
constexpr auto total = st::fused([](auto x) { return sum(x * x); });
constexpr auto columns = st::fused([](auto x) {
  return std::tuple(st::sum<0>(x), st::max<0>(x));
});
constexpr auto rows = st::fused([](auto table, auto which) {
  const auto found = st::embedding(table, which);
  return std::tuple(found * 2, st::gradient(sum(found * found), table));
});
constexpr auto along = st::fused([](auto x, auto which) {
  return st::gradient(sum(square(st::lookup_along<1>(x, which))), x);
});
constexpr auto running = st::fused([](auto x) { return cumsum(x) / st::sum<st::keep, 1>(x * x); });
constexpr auto from_the_end = st::fused([](auto x) { return st::cumsum<st::backwards, 1>(x); });
constexpr auto down = st::fused([](auto x) { return st::cummax<st::backwards, 0>(x) * 2; });
constexpr auto dense = st::fused([](auto x, auto w, auto b) { return relu(matmul(x, w) + b); });
constexpr auto scores = st::fused([](auto x, auto w) { return softmax(matmul(x, w)); });

constexpr auto gated = st::fused([](auto x, auto w, auto v) {
  return matmul(x, w) * matmul(x, v);
});
constexpr auto coarse = st::fused([](auto x, auto w) {
  return matmul(st::tf32(x), st::tf32(w));
});
constexpr auto split = st::fused([](auto x, auto w) {
  return matmul(st::tf32x3(x), st::tf32x3(w));
});
constexpr auto gated_turned = st::fused([](auto x, auto w, auto v) {
  return matmul(x, transpose(w)) * matmul(x, transpose(v));
});
constexpr auto whole = st::fused([](auto x, auto w) {
  return matmul(st::cast<int>(x), transpose(st::cast<int>(w)));
});
constexpr auto coarse_turned = st::fused([](auto x, auto w) {
  return matmul(st::tf32(x), transpose(st::tf32(w)));
});
constexpr auto turned = st::fused([](auto x, auto w) {
  return matmul(transpose(x), transpose(w));
});

using cut = testing::altered_launcher<testing::alteration{.shortest_part = 32}>;
using large = testing::altered_launcher<testing::alteration{.large = true}>;
using in_two_blocks = testing::altered_launcher<testing::alteration{.chain_blocks = 2}>;
using on_warpgroups =
    testing::altered_launcher<testing::alteration{.warpgroup_columns = 64}>;
using of_few_rows = testing::altered_launcher<testing::alteration{.shortest_part = 64,
                                                                  .few_rows = 8}>;
using in_clusters = testing::altered_launcher<testing::alteration{
    .shortest_part = 64, .warpgroup_columns = 128, .cluster = 2}>;

const body_case cases[] = {
    {"plan: map [3, 20], aligned", [](const options& o) {
       return judge_call(o, scaled, filled<st::tensor<float, 3, 20>>(),
                         filled<st::tensor<float, 20>>());
     }},
    {"plan: map [5, 7]", [](const options& o) {
       return judge_call(o, scaled, filled<st::tensor<float, 5, 7>>(),
                         filled<st::tensor<float, 7>>());
     }},
    {"plan: maps [3, 20], [7] and [20, 3]", [](const options& o) {
       return judge_call(o, companions, filled<st::tensor<float, 3, 20>>(),
                         filled<st::tensor<float, 7>>());
     }},
    {"plan: row [5, 300], a warp each", [](const options& o) {
       return judge_call(o, soft, filled<st::tensor<float, 5, 300>>());
     }},
    {"plan: row [2, 1500], across warps", [](const options& o) {
       return judge_call(o, soft, filled<st::tensor<float, 2, 1500>>());
     }},
    {"plan: row [2, dyn]", [](const options& o) {
       return judge_call(o, soft, filled<st::tensor<float, 2, dyn>>(130));
     }},
    {"plan: running sums of [3, 300], a warp each", [](const options& o) {
       return judge_call(o, running, filled<st::tensor<float, 3, 300>>());
     }},
    {"plan: running sums of [2, 700], across warps", [](const options& o) {
       return judge_call(o, running, filled<st::tensor<float, 2, 700>>());
     }},
    {"plan: running sums of [2, dyn], from the end", [](const options& o) {
       return judge_call(o, from_the_end, filled<st::tensor<float, 2, dyn>>(130));
     }},
    {"plan: running sums of [1, dyn], from the end, across warps", [](const options& o) {
       return judge_call(o, from_the_end, filled<st::tensor<float, 1, dyn>>(1100));
     }},
    {"plan: greatest so far of the columns of [6, 9], upwards", [](const options& o) {
       return judge_call(o, down, filled<st::tensor<float, 6, 9>>());
     }},
    {"plan: sum of 9000, in parts", [](const options& o) {
       return judge_call(o, total, filled<st::tensor<float, 9000>>());
     }},
    {"plan: sum of the rows of [150, 9], in parts", [](const options& o) {
       return judge_call(o, columns, filled<st::tensor<float, 150, 9>>());
     }},
    {"plan: rows [9] of a table [5, 7], and their gradient", [](const options& o) {
       st::tensor<int, 9> which{4, 0, 1, 1, 3, 4, 4, 0, 1};
       return judge_call(o, rows, filled<st::tensor<float, 5, 7>>(), which);
     }},
    {"plan: gradient of one of each row of [5, 7]", [](const options& o) {
       st::tensor<std::uint8_t, 5, 3> which{6, 0, 1, 1, 3, 4, 4, 0, 1, 2, 2, 2, 5, 6, 6};
       return judge_call(o, along, filled<st::tensor<float, 5, 7>>(), which);
     }},
    {"plan: product in tf32 [18, 20] x [20, 12]", [](const options& o) {
       return judge_call(o, coarse, filled<st::tensor<float, 18, 20>>(),
                         filled<st::tensor<float, 20, 12>>());
     }},
    {"plan: product of split operands [18, 20] x [20, 12]", [](const options& o) {
       return judge_call(o, split, filled<st::tensor<float, 18, 20>>(),
                         filled<st::tensor<float, 20, 12>>());
     }},
    {"plan: dense [64, 20] x [20, 64]", [](const options& o) {
       return judge_call(o, dense, filled<st::tensor<float, 64, 20>>(),
                         filled<st::tensor<float, 20, 64>>(), filled<st::tensor<float, 64>>());
     }},
    {"plan: softmax of [64, 17] x [17, 64]", [](const options& o) {
       return judge_call(o, scores, filled<st::tensor<float, 64, 17>>(),
                         filled<st::tensor<float, 17, 64>>());
     }},
    {"plan: dense [64, 40] x [40, 64], bf16", [](const options& o) {
       return judge_call(o, dense, filled<st::tensor<st::bf16, 64, 40>>(),
                         filled<st::tensor<st::bf16, 40, 64>>(),
                         filled<st::tensor<st::bf16, 64>>());
     }},
    {"plan: chain [20, 40] x [40, 24] x [24, 10], softmax", [](const options& o) {
       return judge_call(o, testing::classify, filled<st::tensor<st::bf16, 20, 40>>(),
                         filled<st::tensor<st::bf16, 40, 24>>(), filled<st::tensor<st::bf16, 24>>(),
                         filled<st::tensor<st::bf16, 24, 10>>());
     }},
    {"plan: chain there and back, [20, 16] x [16, 24] x [24, 16]", [](const options& o) {
       return judge_call(o, testing::both_ways, filled<st::tensor<st::f16, 20, 16>>(),
                         filled<st::tensor<st::f16, 16, 24>>(),
                         filled<st::tensor<st::f16, 24, 16>>());
     }},
    {"plan: chain of f32, cast, [20, 37] x [37, 21] x [21, 12]", [](const options& o) {
       return judge_call(o, testing::narrowed<st::bf16>, filled<st::tensor<float, 20, 37>>(),
                         filled<st::tensor<float, 37, 21>>(), filled<st::tensor<float, 21>>(),
                         filled<st::tensor<float, 21, 12>>());
     }},
    {"plan: chain of what it gives, twice as much, [20, 16] x [16, 24] x [24, 16]",
     [](const options& o) {
       return judge_call(o, testing::doubled, filled<st::tensor<st::bf16, 20, 16>>(),
                         filled<st::tensor<st::bf16, 16, 24>>(),
                         filled<st::tensor<st::bf16, 24, 16>>());
     }},
    {"plan: chain of rows with a norm, [20, 16] x [16, 16] twice", [](const options& o) {
       return judge_call(o, testing::pre_normed, filled<st::tensor<st::bf16, 20, 16>>(),
                         filled<st::tensor<st::bf16, 16, 16>>(),
                         filled<st::tensor<st::bf16, 16, 16>>());
     }},
    {"plan: sums over the rows of a chain, [300, 16] x [16, 24] x [24, 10]", [](const options& o) {
       auto x = filled<st::tensor<st::f16, 300, 16>>();
       return judge_call<in_two_blocks>(o, testing::row_sums, x,
                                        filled<st::tensor<st::f16, 16, 24>>(),
                                        filled<st::tensor<st::f16, 24, 10>>());
     }},
    {"plan: sums of what other lanes computed, [20, 16] x [16, 24] x [24, 10]",
     [](const options& o) {
       return judge_call(o, testing::lane_sums, filled<st::tensor<st::f16, 20, 16>>(),
                         filled<st::tensor<st::f16, 16, 24>>(),
                         filled<st::tensor<st::f16, 24, 10>>());
     }},
    {"plan: softmax of [64, 72] x [72, 64], sums in parts", [](const options& o) {
       return judge_call<cut>(o, scores, filled<st::tensor<float, 136, 72>>(),
                              filled<st::tensor<float, 72, 64>>());
     }},
    {"plan: dense [64, 72] x [72, 64], bf16, sums in parts", [](const options& o) {
       return judge_call<cut>(o, dense, filled<st::tensor<st::bf16, 64, 72>>(),
                              filled<st::tensor<st::bf16, 72, 64>>(),
                              filled<st::tensor<st::bf16, 64>>());
     }},
    {"plan: dense [128, 168] x [168, 128], bf16, a large tile", [](const options& o) {
       return judge_call<large>(o, dense, filled<st::tensor<st::bf16, 128, 168>>(),
                                filled<st::tensor<st::bf16, 168, 128>>(),
                                filled<st::tensor<st::bf16, 128>>());
     }},
    {"plan: gates [128, 104] x [104, 64], bf16, large tiles of two products", [](const options& o) {
       return judge_call<large>(o, gated, filled<st::tensor<st::bf16, 128, 104>>(),
                                filled<st::tensor<st::bf16, 104, 64>>(),
                                filled<st::tensor<st::bf16, 104, 64>>());
     }},
    {"plan: scores [128, 40] x [40, 128], f16, both turned, a large tile", [](const options& o) {
       return judge_call<large>(o, turned, filled<st::tensor<st::f16, 40, 128>>(),
                                filled<st::tensor<st::f16, 128, 40>>());
     }},
    {"plan: dense [128, 200] x [200, 136], bf16, on warpgroups", [](const options& o) {
       return judge_call<on_warpgroups>(o, dense, filled<st::tensor<st::bf16, 128, 200>>(),
                                        filled<st::tensor<st::bf16, 200, 136>>(),
                                        filled<st::tensor<st::bf16, 136>>());
     }},
    {"plan: gates [128, 272] x [272, 136], e4m3, on warpgroups", [](const options& o) {
       auto w = filled<st::tensor<st::e4m3, 136, 272>>(), v = w;
       std::reverse(v.data(), v.data() + v.size());
       return judge_call<on_warpgroups>(o, gated_turned, filled<st::tensor<st::e4m3, 128, 272>>(),
                                        w, v);
     }},
    {"plan: product [5, 2064] x [2064, 136], i8, sums in parts, few rows on warpgroups",
     [](const options& o) {
       return judge_call<of_few_rows>(o, whole, filled<st::tensor<std::int8_t, 5, 2064>>(),
                                      filled<st::tensor<std::int8_t, 136, 2064>>());
     }},
    {"plan: product [128, 72] x [72, 136], tf32, on warpgroups", [](const options& o) {
       return judge_call<on_warpgroups>(o, coarse_turned, filled<st::tensor<float, 128, 72>>(),
                                        filled<st::tensor<float, 136, 72>>());
     }},
    {"plan: gates [5, 456] x [456, 136], bf16, sums in parts, few rows on warpgroups",
     [](const options& o) {
       return judge_call<of_few_rows>(o, gated, filled<st::tensor<st::bf16, 5, 456>>(),
                                      filled<st::tensor<st::bf16, 456, 136>>(),
                                      filled<st::tensor<st::bf16, 456, 136>>());
     }},
    {"plan: scores [144, 328] x [328, 264], both turned, sums in parts, on warpgroups of a cluster",
     [](const options& o) {
       return judge_call<in_clusters>(o, turned, filled<st::tensor<st::bf16, 328, 144>>(),
                                      filled<st::tensor<st::bf16, 264, 328>>());
     }},
};

}  // namespace

}  // namespace sinter::kernel_test
