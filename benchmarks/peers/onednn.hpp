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
#include <memory>

#include "measure.hpp"

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

/// relu(x w + b), or without activation: x [m, k], w [k, n], b [n] f32, y [m, n].
template <class T> class dnnl_dense {
 public:
  dnnl_dense(const T* x, const T* w, const float* b, T* y, std::int64_t m, std::int64_t k,
             std::int64_t n, bool relu = true)
      : x_(dnnl_memory(x, {m, k}, tag::ab)), b_(dnnl_memory(b, {1, n}, tag::ab)),
        y_(dnnl_memory(y, {m, n}, tag::ab)) {
    const dnnl::memory::desc any({k, n}, dnnl_type<T>(), tag::any);
    const dnnl::matmul::desc what(x_.get_desc(), any, b_.get_desc(), y_.get_desc());
    dnnl::post_ops after;
    if (relu) after.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(after);
    const dnnl::matmul::primitive_desc chosen(what, attributes, dnnl_engine());
    matmul_ = dnnl::matmul(chosen);
    packed_ = dnnl::memory(chosen.weights_desc(), dnnl_engine());
    auto plain = dnnl_memory(w, {k, n}, tag::ab);
    dnnl::reorder(plain, packed_).execute(dnnl_stream(), plain, packed_);
    dnnl_stream().wait();
  }
  void operator()() {
    matmul_.execute(dnnl_stream(), {{DNNL_ARG_SRC, x_}, {DNNL_ARG_WEIGHTS, packed_},
                                    {DNNL_ARG_BIAS, b_}, {DNNL_ARG_DST, y_}});
    dnnl_stream().wait();
  }

 private:
  using tag = dnnl::memory::format_tag;
  dnnl::memory x_, b_, y_, packed_;
  dnnl::matmul matmul_;
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
