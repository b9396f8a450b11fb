// SPDX-License-Identifier: Apache-2.0
#pragma once

// oneDNN as a peer: primitives made once, weights in the layout that it asks for, scratch memory of
// its own, activations as post-operations.

#if defined(BENCH_ONEDNN)
#include <oneapi/dnnl/dnnl.hpp>
#if DNNL_VERSION_MAJOR != 2  // what is called here changed with 3
#undef BENCH_ONEDNN
#endif
#endif

#if defined(BENCH_ONEDNN)
#include <cmath>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "peers/product.hpp"

namespace bench {

inline dnnl::engine& dnnl_engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}
inline dnnl::stream& dnnl_stream() {
  static dnnl::stream stream(dnnl_engine());
  return stream;
}

template <class T> constexpr dnnl::memory::data_type dnnl_type() {
  using type = dnnl::memory::data_type;
  return std::is_same_v<T, float>         ? type::f32
         : std::is_same_v<T, std::int32_t> ? type::s32
         : std::is_same_v<T, std::int8_t>  ? type::s8
                                           : type::bf16;
}

template <class T> dnnl::memory dnnl_memory(const T* data, std::initializer_list<std::int64_t> dims,
                                            dnnl::memory::format_tag tag) {
  return {{dims, dnnl_type<T>(), tag}, dnnl_engine(), const_cast<T*>(data)};
}

/// What follows a product whose results are T, element by element.
template <class T> struct dnnl_after {
  const std::conditional_t<std::is_integral_v<T>, T, float>* bias = nullptr;  ///< [n]
  bool relu = false, swish = false;
  const T* times = nullptr;  ///< [m, n]
};

/// A product and what follows it. Weights that stay are packed once, in the layout it asks for.
template <class T, class Result = T> class dnnl_product {
 public:
  dnnl_product(const product& p, const T* a, const T* b, Result* c,
               const dnnl_after<Result>& then = {}, bool pack = false)
      : arguments_{{DNNL_ARG_SRC, dnnl_memory(a, {p.m, p.k}, p.turned_a ? tag::ba : tag::ab)},
                   {DNNL_ARG_DST, dnnl_memory(c, {p.m, p.n}, tag::ab)}} {
    auto plain = dnnl_memory(b, {p.k, p.n}, p.turned_b ? tag::ba : tag::ab);
    const auto left = arguments_.at(DNNL_ARG_SRC).get_desc();
    const auto right = pack ? desc({p.k, p.n}, dnnl_type<T>(), tag::any) : plain.get_desc();
    const auto result = arguments_.at(DNNL_ARG_DST).get_desc();
    dnnl::matmul::desc what(left, right, result);
    if (then.bias) {
      arguments_.insert({DNNL_ARG_BIAS, dnnl_memory(then.bias, {1, p.n}, tag::ab)});
      what = {left, right, arguments_.at(DNNL_ARG_BIAS).get_desc(), result};
    }
    dnnl::post_ops after;
    if (then.relu) after.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
    if (then.swish) after.append_eltwise(1, dnnl::algorithm::eltwise_swish, 1, 0);
    if (then.times) {
      const auto times = dnnl_memory(then.times, {p.m, p.n}, tag::ab);
      arguments_.insert({DNNL_ARG_ATTR_MULTIPLE_POST_OP(after.len()) | DNNL_ARG_SRC_1, times});
      after.append_binary(dnnl::algorithm::binary_mul, times.get_desc());
    }
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(after);
    const dnnl::matmul::primitive_desc chosen(what, attributes, dnnl_engine());
    matmul_ = dnnl::matmul(chosen);
    auto packed = pack ? dnnl::memory(chosen.weights_desc(), dnnl_engine()) : plain;
    if (pack) dnnl::reorder(plain, packed).execute(dnnl_stream(), plain, packed);
    arguments_.insert({DNNL_ARG_WEIGHTS, packed});
    dnnl_stream().wait();
  }
  void operator()() const {
    matmul_.execute(dnnl_stream(), arguments_);
    dnnl_stream().wait();
  }

 private:
  using tag = dnnl::memory::format_tag;
  using desc = dnnl::memory::desc;
  std::unordered_map<int, dnnl::memory> arguments_;
  dnnl::matmul matmul_;
};

/// Products whose operands change between calls: primitives are made once for each result's place.
struct onednn : by_products {
  static constexpr const char* name = "oneDNN";
  void multiply(const product& p, const float* a, const float* b, float* c) {
    made.try_emplace(c, p, a, b, c).first->second();
  }
  static void layer(onednn& own, const float* x, const float* w, const float* b, float* y,
                    std::int64_t m, std::int64_t k, std::int64_t n, bool relu) {
    own.made.try_emplace(y, product{m, k, n}, x, w, y, dnnl_after<float>{b, relu}).first->second();
  }
  std::map<const float*, dnnl_product<float>> made;
};

/// A function of each of n elements.
class dnnl_each {
 public:
  dnnl_each(dnnl::algorithm what, const float* x, float* y, std::int64_t n)
      : x_(dnnl_memory(x, {n}, dnnl::memory::format_tag::a)),
        y_(dnnl_memory(y, {n}, dnnl::memory::format_tag::a)),
        each_({{dnnl::prop_kind::forward_inference, what, x_.get_desc(), 0, 0}, dnnl_engine()}) {}
  void operator()() {
    each_.execute(dnnl_stream(), {{DNNL_ARG_SRC, x_}, {DNNL_ARG_DST, y_}});
    dnnl_stream().wait();
  }

 private:
  dnnl::memory x_, y_;
  dnnl::eltwise_forward each_;
};

/// Softmax of rows, or its logarithm, as `Forward` says.
template <class Forward> class dnnl_softmax_of {
 public:
  dnnl_softmax_of(const float* x, float* y, std::int64_t rows, std::int64_t columns)
      : x_(dnnl_memory(x, {rows, columns}, dnnl::memory::format_tag::ab)),
        y_(dnnl_memory(y, {rows, columns}, dnnl::memory::format_tag::ab)),
        softmax_({{dnnl::prop_kind::forward_inference, x_.get_desc(), 1}, dnnl_engine()}) {}
  void operator()() {
    softmax_.execute(dnnl_stream(), {{DNNL_ARG_SRC, x_}, {DNNL_ARG_DST, y_}});
    dnnl_stream().wait();
  }

 private:
  dnnl::memory x_, y_;
  Forward softmax_;
};
using dnnl_softmax = dnnl_softmax_of<dnnl::softmax_forward>;
using dnnl_log_softmax = dnnl_softmax_of<dnnl::logsoftmax_forward>;

/// Attention by blocks of rows, each in one thread: their scores stay in cache. Threads have
/// primitives of their own, whose scratch memory is theirs too.
class dnnl_attention {
 public:
  dnnl_attention(const float* q, const float* k, const float* v, float* y, std::int64_t heads,
                 std::int64_t length, std::int64_t width)
      : q_(q), k_(k), v_(v), y_(y), size_(length * width),
        block_(rows_in_cache(length) * width), blocks_(heads * size_ / block_),
        threads_(team(heads * size_)) {
    for (int t = 0; t < threads_; ++t)
      own_.push_back(std::make_unique<head>(block_ / width, length, width));
  }
  void operator()() const {
BENCH_PRAGMA(omp parallel for num_threads(threads_) if(threads_ > 1))
    for (int t = 0; t < threads_; ++t)
      for (std::int64_t b = blocks_ * t / threads_; b < blocks_ * (t + 1) / threads_; ++b) {
        const std::int64_t at = b * block_, all = at / size_ * size_;
        own_[static_cast<std::size_t>(t)]->run(q_ + at, k_ + all, v_ + all, y_ + at);
      }
  }

 private:
  using tag = dnnl::memory::format_tag;
  using desc = dnnl::memory::desc;
  struct step {
    dnnl::primitive what;
    dnnl::memory scratch;
    template <class Description> explicit step(const Description& d)
        : what(d), scratch(d.scratchpad_desc(), dnnl_engine()) {}
    void run(dnnl::stream& stream, std::unordered_map<int, dnnl::memory> arguments) const {
      arguments.insert({DNNL_ARG_SCRATCHPAD, scratch});
      what.execute(stream, arguments);
    }
  };
  class head {
   public:
    head(std::int64_t rows, std::int64_t length, std::int64_t width)
        : q_(plain(rows, width), dnnl_engine(), DNNL_MEMORY_NONE),
          k_(desc({width, length}, dnnl_type<float>(), tag::ba), dnnl_engine(), DNNL_MEMORY_NONE),
          v_(plain(length, width), dnnl_engine(), DNNL_MEMORY_NONE),
          y_(plain(rows, width), dnnl_engine(), DNNL_MEMORY_NONE),
          scores_(plain(rows, length), dnnl_engine()),
          into_scores_(product_of(q_, k_, scores_, 1 / std::sqrt(static_cast<float>(width)))),
          softmax_(dnnl::softmax_forward::primitive_desc(
              {dnnl::prop_kind::forward_inference, scores_.get_desc(), 1}, own_scratch(1),
              dnnl_engine())),
          out_of_scores_(product_of(scores_, v_, y_, 1)) {}
    void run(const float* q, const float* k, const float* v, float* y) {
      const auto set = [](dnnl::memory& m, const float* data) {
        m.set_data_handle(const_cast<float*>(data));
      };
      set(q_, q), set(k_, k), set(v_, v), set(y_, y);
      into_scores_.run(stream_, {{DNNL_ARG_SRC, q_}, {DNNL_ARG_WEIGHTS, k_},
                                 {DNNL_ARG_DST, scores_}});
      softmax_.run(stream_, {{DNNL_ARG_SRC, scores_}, {DNNL_ARG_DST, scores_}});
      out_of_scores_.run(stream_, {{DNNL_ARG_SRC, scores_}, {DNNL_ARG_WEIGHTS, v_},
                                   {DNNL_ARG_DST, y_}});
      stream_.wait();
    }

   private:
    static desc plain(std::int64_t rows, std::int64_t columns) {
      return {{rows, columns}, dnnl_type<float>(), tag::ab};
    }
    static dnnl::primitive_attr own_scratch(float scale) {
      dnnl::primitive_attr attributes;
      attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
      if (scale != 1) attributes.set_output_scales(0, {scale});
      return attributes;
    }
    static dnnl::matmul::primitive_desc product_of(const dnnl::memory& a, const dnnl::memory& b,
                                                   const dnnl::memory& c, float scale) {
      return {{a.get_desc(), b.get_desc(), c.get_desc()}, own_scratch(scale), dnnl_engine()};
    }
    dnnl::stream stream_{dnnl_engine()};
    dnnl::memory q_, k_, v_, y_, scores_;
    step into_scores_, softmax_, out_of_scores_;
  };

  const float *q_, *k_, *v_;
  float* y_;
  std::int64_t size_, block_, blocks_;
  int threads_;
  std::vector<std::unique_ptr<head>> own_;
};

/// Over the last axis, with scale and shift.
class dnnl_layer_norm {
 public:
  dnnl_layer_norm(const float* x, const float* scale, const float* shift, float* y,
                  std::int64_t rows, std::int64_t columns)
      : x_(dnnl_memory(x, {rows, columns}, dnnl::memory::format_tag::ab)),
        y_(dnnl_memory(y, {rows, columns}, dnnl::memory::format_tag::ab)),
        scale_(dnnl_memory(scale, {columns}, dnnl::memory::format_tag::a)),
        shift_(dnnl_memory(shift, {columns}, dnnl::memory::format_tag::a)),
        norm_({{dnnl::prop_kind::forward_inference, x_.get_desc(), 1e-5f,
                dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift},
               dnnl_engine()}) {}
  void operator()() {
    norm_.execute(dnnl_stream(), {{DNNL_ARG_SRC, x_}, {DNNL_ARG_DST, y_},
                                  {DNNL_ARG_SCALE, scale_}, {DNNL_ARG_SHIFT, shift_}});
    dnnl_stream().wait();
  }

 private:
  dnnl::memory x_, y_, scale_, shift_;
  dnnl::layer_normalization_forward norm_;
};

/// Windows of 3 x 3 over images [side + 2, side + 2, from] that have their border; channels last.
class dnnl_convolution {
 public:
  dnnl_convolution(const float* x, const float* w, float* y, std::int64_t images,
                   std::int64_t side, std::int64_t from, std::int64_t to)
      : x_(dnnl_memory(x, {images, from, side + 2, side + 2}, tag::nhwc)),
        y_(dnnl_memory(y, {images, to, side, side}, tag::nhwc)) {
    const dnnl::memory::dims step = {1, 1}, border = {0, 0};
    const dnnl::memory::desc any({to, from, 3, 3}, dnnl_type<float>(), tag::any);
    const dnnl::convolution_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_auto, x_.get_desc(), any,
         y_.get_desc(), step, border, border}, dnnl_engine());
    convolution_ = dnnl::convolution_forward(chosen);
    packed_ = dnnl::memory(chosen.weights_desc(), dnnl_engine());
    auto plain = dnnl_memory(w, {to, from, 3, 3}, tag::hwio);
    dnnl::reorder(plain, packed_).execute(dnnl_stream(), plain, packed_);
    dnnl_stream().wait();
  }
  void operator()() {
    convolution_.execute(dnnl_stream(), {{DNNL_ARG_SRC, x_}, {DNNL_ARG_WEIGHTS, packed_},
                                         {DNNL_ARG_DST, y_}});
    dnnl_stream().wait();
  }

 private:
  using tag = dnnl::memory::format_tag;
  dnnl::memory x_, y_, packed_;
  dnnl::convolution_forward convolution_;
};

}  // namespace bench
#endif
