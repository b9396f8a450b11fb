// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What files of several named tensors have in common: tensors with names on their way out, and
/// structures whose tensors are named by their place. The first member of the second member of a
/// structure is "1.0"; a structure that has `static constexpr const char* member_names[]` gives its
/// members those names, so that the weight of a network's first layer is "0.weight".

#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "sinter/io/conversion.hpp"
#include "sinter/tensor/structure.hpp"
#include "sinter/tensor/tensor.hpp"

namespace sinter {

/// A tensor and its name, to be written. It refers to the tensor's memory; what is on a device is
/// copied to the host.
class named_tensor {
 public:
  template <class T, extent_t... E>
  named_tensor(std::string name, const tensor<T, E...>& x) : name_(std::move(name)) {
    type_ = dtype_of<T>;
    extents_.assign(x.extents(), x.extents() + sizeof...(E));
    using reference = tensor_reference<const tensor<T, E...>>;
    const auto host = x.where().is_host() ? std::make_shared<reference>(x)
                                          : std::make_shared<reference>(x.to(cpu));
    elements_ = {static_cast<const char*>(host->data()),
                 static_cast<std::size_t>(x.size()) * sizeof(T)};
    memory_ = host;
  }

  const std::string& name() const { return name_; }
  dtype type() const { return type_; }
  const std::vector<std::int64_t>& extents() const { return extents_; }
  /// The bytes of all elements, in row-major order.
  std::string_view elements() const { return elements_; }

 private:
  std::string name_;
  dtype type_;
  std::vector<std::int64_t> extents_;
  std::string_view elements_;
  std::shared_ptr<const void> memory_;
};

namespace detail {

template <class T> std::string member_name(std::size_t i) {
  if constexpr (requires { std::remove_cv_t<T>::member_names[0]; })
    return std::remove_cv_t<T>::member_names[i];
  else return std::to_string(i);
}

/// Calls `visit` with the name and the tensor of all tensors, in the order of for_each_tensor.
template <class F, class T> void for_each_named(F&& visit, T& x, const std::string& name = "") {
  const auto below = [&](const std::string& member) {
    return name.empty() ? member : name + '.' + member;
  };
  if constexpr (is_tensor<std::remove_cv_t<T>>) {
    visit(name.empty() ? std::string("0") : name, x);
  } else if constexpr (std::is_array_v<T>) {
    for (std::size_t i = 0; i < std::extent_v<T>; ++i)
      for_each_named(visit, x[i], below(std::to_string(i)));
  } else if constexpr (std::is_class_v<T>) {
    std::apply(
        [&](auto&... m) {
          std::size_t i = 0;
          (for_each_named(visit, m, below(member_name<T>(i++))), ...);
        },
        members_of(x));
  }
}

template <class Structure>
std::vector<named_tensor> named_tensors(const Structure& x, const std::string& name = "") {
  std::vector<named_tensor> all;
  for_each_named([&](std::string of, const auto& t) { all.emplace_back(std::move(of), t); }, x,
                 name);
  return all;
}

/// The tensors of a structure from a file, where they were before, in a copy; their names leave
/// `rest`.
template <conversion How = conversion::none, class Structure, class File>
Structure loaded(const Structure& x, const File& file, std::vector<std::string>& rest,
                 const std::string& of = "") {
  Structure result = x;
  for_each_named(
      [&](const std::string& name, auto& t) {
        using type = std::remove_cvref_t<decltype(t)>;
        const placement where = t.where();
        t = file.template load<type, How>(name);
        if (!where.is_host()) t = t.to(where);
        std::erase(rest, name);
      },
      result, of);
  return result;
}
template <class File> void check_none(const std::vector<std::string>& rest, const File& file) {
  if (!rest.empty())
    file.fail("it has a tensor '" + rest.front() + "', which the structure has not");
}

/// A structure from a file that has its tensors and no others.
template <class Structure, conversion How, class File>
Structure load_structure(const File& file) {
  std::vector<std::string> rest = file.names();
  Structure result = loaded<How>(Structure{}, file, rest);
  check_none(rest, file);
  return result;
}

/// Names as an error lists them, the first few.
inline std::string listed(const std::vector<std::string>& names) {
  if (names.empty()) return "none";
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < 8; ++i)
    text += (i > 0 ? ", '" : "'") + names[i] + "'";
  return text + (names.size() > 8 ? " and others" : "");
}

}  // namespace detail

}  // namespace sinter
