// SPDX-License-Identifier: Apache-2.0
// Attention, softmax(q k^T / sqrt(width)) v, by general operations, against other C++ libraries:
// heads that lie behind one another, each [length, width].

#include <sinter/sinter.hpp>

#include <cmath>
#include <memory>

#include "accuracy.hpp"
#include "measure.hpp"
#include "peers/eigen.hpp"
#include "peers/onednn.hpp"
#include "peers/openblas.hpp"
#include "peers/torch.hpp"

namespace st = sinter;
using bench::side;

/// The result has its memory already, as the peers' has.
constexpr auto attend = st::fused([](auto q, auto k, auto v, auto scale, auto& y) {
  y = matmul(softmax(matmul(q, transpose(k)) * scale), v);
});

template <std::int64_t Heads, std::int64_t Length, std::int64_t Width> struct operands {
  using part = st::tensor<float, Heads, Length, Width>;
  part q = st::random::normal(), k = st::random::normal(), v = st::random::normal(), y, z;
  st::tensor<float> scale = 1 / std::sqrt(float{Width});
};

template <std::int64_t Heads, std::int64_t Length, std::int64_t Width> bench::workload attention() {
  const auto o = std::shared_ptr<operands<Heads, Length, Width>>(
      new operands<Heads, Length, Width>);
  constexpr double size = double{Heads} * Length;
  bench::workload w{"attention", std::to_string(Heads) + "x" + std::to_string(Length) + "x" +
                                     std::to_string(Width),
                    "f32", 16 * size * Width, size * Length * (4 * Width + 18), {}, {}};
  w.written = 4 * size * Width;
  w.exponentials = size * Length;
  w.contestants.push_back({"sinter", side::ours, [o] {
    attend(o->q, o->k, o->v, o->scale, o->y);
  }});
  const float *q = o->q.data(), *k = o->k.data(), *v = o->v.data();
  float* z = o->z.data();
  (void)q, (void)k, (void)v, (void)z;
#if defined(BENCH_ONEDNN)
  const auto peer = std::make_shared<bench::dnnl_attention>(q, k, v, z, Heads, Length, Width);
  w.contestants.push_back({"oneDNN", side::peer, [o, peer] { (*peer)(); }});
#endif
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [=] {
    constexpr std::int64_t rows = bench::rows_in_cache(Length);
    const int parts = bench::team(Heads * Length * Width);
BENCH_PRAGMA(omp parallel for num_threads(parts) if(parts > 1))
    for (std::int64_t block = 0; block < Heads * Length / rows; ++block) {
      thread_local st::tensor<float, rows, Length> scores;
      const std::int64_t at = block * rows * Width, head = at / (Length * Width) * Length * Width;
      const auto part = [](const float* x, std::int64_t count) {
        return bench::eigen_matrix(const_cast<float*>(x), count, Width);
      };
      bench::eigen_matrix s(scores.data(), rows, Length);
      s.noalias() = (o->scale.item() * part(q + at, rows)) * part(k + head, Length).transpose();
      for (std::int64_t i = 0; i < rows; ++i)
        bench::eigen_softmax(s.row(i).data(), s.row(i).data(), Length);
      part(z + at, rows).noalias() = s * part(v + head, Length);
    }
  }});
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::attention(q, k, v, z, Heads, Length, Width)});
#endif
  w.difference = [o] { return bench::difference(o->y, o->z); };
  bench::tell_errors(
      w, [o]() -> const auto& { return o->y; }, [o]() -> const auto& { return o->z; },
      {Heads * Length * Width, [=](std::int64_t element) {
         const std::int64_t head = element / (Length * Width) * Length * Width;
         const float* row = q + element / Width * Width;
         std::vector<double> scores(Length);
         for (std::int64_t j = 0; j < Length; ++j)
           scores[static_cast<std::size_t>(j)] =
               bench::exact_dot(row, 1, k + head + j * Width, 1, Width) / std::sqrt(double{Width});
         const bench::exact_exponentials all(scores.data(), Length);
         double sum = 0;
         for (std::int64_t j = 0; j < Length; ++j)
           sum += std::exp(scores[static_cast<std::size_t>(j)] - all.most) / all.sum *
                  double{v[head + j * Width + element % Width]};
         return sum;
       }});
  return w;
}

int main(int argc, char** argv) {
  return bench::run_main(argc, argv, bench::this_cpu, [](bench::runner& runner) {
    for (const auto& make : {attention<8, 128, 64>, attention<8, 512, 64>, attention<4, 2048, 64>,
                             attention<64, 64, 32>})
      runner.run(make());
  });
}
