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
#include <map>
#include <memory>
#include <unordered_map>

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
  return std::is_same_v<T, float> ? dnnl::memory::data_type::f32 : dnnl::memory::data_type::bf16;
}

template <class T> dnnl::memory dnnl_memory(const T* data, std::initializer_list<std::int64_t> dims,
                                            dnnl::memory::format_tag tag) {
  return {{dims, dnnl_type<T>(), tag}, dnnl_engine(), const_cast<T*>(data)};
}

/// What follows a product, element by element.
template <class T> struct dnnl_after {
  const float* bias = nullptr;  ///< [n]
  bool relu = false, swish = false;
  const T* times = nullptr;  ///< [m, n]
};

/// A product and what follows it. Weights that stay are packed once, in the layout it asks for.
template <class T> class dnnl_product {
 public:
  dnnl_product(const product& p, const T* a, const T* b, T* c, const dnnl_after<T>& then = {},
               bool pack = false)
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

class dnnl_softmax {
 public:
  dnnl_softmax(const float* x, float* y, std::int64_t rows, std::int64_t columns)
      : x_(dnnl_memory(x, {rows, columns}, dnnl::memory::format_tag::ab)),
        y_(dnnl_memory(y, {rows, columns}, dnnl::memory::format_tag::ab)),
        softmax_({{dnnl::prop_kind::forward_inference, x_.get_desc(), 1}, dnnl_engine()}) {}
  void operator()() {
    softmax_.execute(dnnl_stream(), {{DNNL_ARG_SRC, x_}, {DNNL_ARG_DST, y_}});
    dnnl_stream().wait();
  }

 private:
  dnnl::memory x_, y_;
  dnnl::softmax_forward softmax_;
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

}  // namespace bench
#endif
